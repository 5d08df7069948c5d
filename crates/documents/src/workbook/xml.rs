//! XML of a workbook's part, event by event and bounded: no document type, no deep nesting, no tag of thousands of
//! attributes, a budget of elements for the whole file. Relies on quick-xml's borrowed events; nothing is copied.

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use super::CellError;

/// Elements of a whole workbook: two for each cell that it may have, and its rows and shared texts. A tag beyond
/// `FREE_BYTES` counts once more for each `COUNTED_BYTES`, since every byte is looked at.
pub(crate) const MAX_ELEMENTS: u64 = 2_800_000;
const FREE_BYTES: u64 = 48;
const COUNTED_BYTES: u64 = 8;
const MAX_DEPTH: u32 = 64;
/// Bytes of one tag; the root of a sheet with all its namespaces takes about two thousand.
const MAX_TAG: usize = 8 << 10;
/// Attributes of one tag; the same root has about twenty.
const MAX_ATTRIBUTES: usize = 100;

/// What the reader meets.
pub(crate) enum Token<'a> {
    /// An element begins; every one is also ended, empty ones too.
    Start(Tag<'a>),
    /// An element ends.
    End(String),
    /// Text, entities resolved.
    Text(String),
    /// The part ends.
    Eof,
}

/// A start tag.
pub(crate) struct Tag<'a> {
    start: BytesStart<'a>,
}

impl Tag<'_> {
    /// Name without prefix.
    pub(crate) fn name(&self) -> &str {
        self.start.name().0.rsplit(':').next().unwrap_or_default()
    }

    /// Value of an attribute by its name without prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.start
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.0.rsplit(':').next() == Some(name))
            .map(|attribute| match unescape(&attribute.value) {
                Ok(value) => value.into_owned(),
                Err(_) => attribute.value.into_owned(),
            })
    }
}

/// A bounded reader of one part.
pub(crate) struct Tokens<'a, 'b> {
    reader: Reader<&'a [u8]>,
    path: &'b str,
    depth: u32,
    left: &'b mut u64,
}

impl<'a, 'b> Tokens<'a, 'b> {
    /// Reads `text`, the part at `path`, with `left` elements to go.
    pub(crate) fn new(text: &'a str, path: &'b str, left: &'b mut u64) -> Tokens<'a, 'b> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Tokens { reader, path, depth: 0, left }
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, CellError> {
        loop {
            match self.reader.read_event().map_err(|_| self.refuse("格式错误"))? {
                Event::Start(start) | Event::Empty(start) => {
                    self.enter(&start)?;
                    return Ok(Token::Start(Tag { start }));
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Token::End(end.name().0.rsplit(':').next().unwrap_or_default().to_owned()));
                }
                Event::Text(text) => return Ok(Token::Text(text.to_string())),
                Event::CData(text) => return Ok(Token::Text(text.to_string())),
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|_| self.refuse("字符引用错误"))?;
                    let text = match (character, resolve_predefined_entity(&reference)) {
                        (Some(character), _) => character.to_string(),
                        (None, Some(text)) => text.to_owned(),
                        (None, None) => return Err(self.refuse("含自定义实体")),
                    };
                    return Ok(Token::Text(text));
                }
                Event::DocType(_) => return Err(self.refuse("含文档类型声明")),
                Event::Eof => return Ok(Token::Eof),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), CellError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.refuse("嵌套过深"));
        }
        if start.len() > MAX_TAG || start.bytes().filter(|byte| *byte == b'=').count() > MAX_ATTRIBUTES {
            return Err(self.refuse("单个标签过长或属性过多"));
        }
        let length = u64::try_from(start.len()).unwrap_or(u64::MAX);
        let cost = 1 + length.saturating_sub(FREE_BYTES) / COUNTED_BYTES;
        match self.left.checked_sub(cost) {
            Some(left) => *self.left = left,
            None => return Err(self.refuse("内容过多")),
        }
        Ok(())
    }

    fn refuse(&self, why: &str) -> CellError {
        CellError::file("FILE_XML", format!("文件部件{}{why}，不予读取；请用下载的模板填写", self.path))
    }
}
