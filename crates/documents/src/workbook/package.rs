//! A workbook's cells as they stand in its bytes: texts, raw numbers, and whether a number is shown as a percentage or a
//! date. Read cell by cell into a sparse map within fixed bounds, so one far cell costs nothing. Relies on guard and xml.

use std::collections::BTreeMap;

use super::guard::Package;
use super::parts::{Parts, Shown, number_of, rich_text};
use super::xml::{MAX_ELEMENTS, Token, Tokens};
use super::{CellError, cell_name};

/// Rows that a sheet may have: a table of 50,000 with its headings.
pub(crate) const MAX_ROWS: u32 = 50_010;
/// Columns that a sheet may have.
pub(crate) const MAX_COLUMNS: u32 = 200;
/// Filled cells that a workbook may have: every village of a province in thirty columns. Larger tables come as JSON.
const MAX_CELLS: usize = 1_000_000;
/// Bytes of all cells' texts: one shared text may stand in many cells.
const MAX_TEXT: usize = 32 << 20;
/// Errors told at most, so that a hostile file cannot fill the answer.
pub(crate) const MAX_ERRORS: usize = 500;

/// What a filled cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Text.
    Text(String),
    /// A number as written in the file.
    Number(String, Shown),
    /// True or false, or an error such as #REF!.
    Other(String),
}

/// A sheet's filled cells by row and column from 0.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    /// Name.
    pub(crate) name: String,
    /// Filled cells.
    pub(crate) cells: BTreeMap<(u32, u32), Content>,
    /// Digits after the point that a number cell's format fixes.
    pub(crate) decimals: BTreeMap<(u32, u32), u8>,
    /// Merged cells, first and last of each.
    pub(crate) merged: Vec<Corners>,
}

/// Row and column from 0 of an area's first and last cell.
pub(crate) type Corners = ((u32, u32), (u32, u32));

/// A workbook's sheets.
#[derive(Debug)]
pub(crate) struct Book {
    /// In order.
    pub(crate) sheets: Vec<Sheet>,
    /// Days count from 1904.
    pub(crate) from_1904: bool,
}

impl Book {
    /// Reads a workbook; all formulas and cells out of bounds are named, up to `MAX_ERRORS`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Book, Vec<CellError>> {
        let mut package = Package::open(bytes).map_err(|error| vec![error])?;
        let mut left = MAX_ELEMENTS;
        let parts = Parts::read(&mut package, &mut left).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        let mut book = Book { sheets: Vec::new(), from_1904: parts.from_1904 };
        let mut room = Room { cells: MAX_CELLS, text: MAX_TEXT };
        for (name, path) in &parts.sheets {
            let text = package.part(path).map_err(|error| vec![error])?.unwrap_or_default();
            let tokens = Tokens::new(&text, path, &mut left);
            let mut reader = SheetReader { name, parts: &parts, tokens, errors: &mut errors, room: &mut room };
            let sheet = reader.read().map_err(|error| vec![error])?;
            book.sheets.push(sheet);
        }
        if errors.is_empty() { Ok(book) } else { Err(errors) }
    }

    /// The sheet of that name.
    pub(crate) fn sheet(&self, name: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.name == name)
    }
}

struct SheetReader<'a, 'b, 'c> {
    name: &'c str,
    parts: &'c Parts,
    tokens: Tokens<'a, 'b>,
    errors: &'c mut Vec<CellError>,
    room: &'c mut Room,
}

/// What the workbook's cells may still take.
struct Room {
    cells: usize,
    text: usize,
}

impl SheetReader<'_, '_, '_> {
    fn read(&mut self) -> Result<Sheet, CellError> {
        let mut sheet = Sheet { name: self.name.to_owned(), ..Sheet::default() };
        let (mut row, mut column) = (0, 0);
        loop {
            match self.tokens.next()? {
                Token::Start(tag) if tag.name() == "dimension" => {
                    let reference = tag.attribute("ref").unwrap_or_default();
                    let last = reference.rsplit(':').next().and_then(parse_cell);
                    self.check_bounds(last.unwrap_or((0, 0)))?;
                }
                Token::Start(tag) if tag.name() == "row" => {
                    row = number_of(&tag, "r").map_or(row, |number| number.saturating_sub(1));
                    column = 0;
                    self.check_bounds((row, 0))?;
                }
                Token::End(name) if name == "row" => row += 1,
                Token::Start(tag) if tag.name() == "mergeCell" => {
                    let reference = tag.attribute("ref").unwrap_or_default();
                    let (first, last) = reference.split_once(':').unwrap_or((&reference, &reference));
                    sheet.merged.extend(parse_cell(first).zip(parse_cell(last)));
                }
                Token::Start(tag) if tag.name() == "c" => {
                    let place = tag.attribute("r").as_deref().and_then(parse_cell).unwrap_or((row, column));
                    self.check_bounds(place)?;
                    column = place.1 + 1;
                    let (kind, style) = (tag.attribute("t"), number_of(&tag, "s"));
                    let style = style.and_then(|style| self.parts.styles.get(style as usize)).copied();
                    if let Some(content) = self.cell(place, kind.as_deref(), style.map(|style| style.shown))? {
                        self.take_room(&content)?;
                        let decimals = style.and_then(|style| style.decimals);
                        if let (Content::Number(..), Some(decimals)) = (&content, decimals) {
                            sheet.decimals.insert(place, decimals);
                        }
                        sheet.cells.insert(place, content);
                    }
                }
                Token::Eof => return Ok(sheet),
                _ => {}
            }
        }
    }

    fn take_room(&mut self, content: &Content) -> Result<(), CellError> {
        let (Content::Text(text) | Content::Number(text, _) | Content::Other(text)) = content;
        match (self.room.cells.checked_sub(1), self.room.text.checked_sub(text.len())) {
            (Some(cells), Some(text)) => *self.room = Room { cells, text },
            _ => {
                return Err(CellError::new(self.name, "FILE_CELLS", "工作簿内容过多，不予读取；请用下载的模板填写"));
            }
        }
        Ok(())
    }

    fn cell(
        &mut self,
        place: (u32, u32),
        kind: Option<&str>,
        shown: Option<Shown>,
    ) -> Result<Option<Content>, CellError> {
        let (mut raw, mut inline, mut in_value) = (String::new(), None, false);
        loop {
            match self.tokens.next()? {
                Token::Start(tag) if tag.name() == "f" => {
                    let message = "单元格含公式；请用“选择性粘贴—数值”改为数值";
                    if self.errors.len() < MAX_ERRORS {
                        self.errors.push(self.error(place, "CELL_FORMULA", message));
                    }
                }
                Token::Start(tag) if tag.name() == "is" => inline = Some(rich_text(&mut self.tokens, "is")?),
                Token::Start(tag) if tag.name() == "v" => in_value = true,
                Token::Text(piece) if in_value => raw.push_str(&piece),
                Token::End(name) if name == "v" => in_value = false,
                Token::End(name) if name == "c" => break,
                Token::Eof => break,
                _ => {}
            }
        }
        let content = match (kind.unwrap_or("n"), inline) {
            (_, Some(text)) => Content::Text(text),
            ("s", None) if raw.is_empty() => return Ok(None),
            ("s", None) => Content::Text(self.shared(place, &raw)?),
            ("n", None) if raw.is_empty() => return Ok(None),
            ("n", None) => Content::Number(raw, shown.unwrap_or(Shown::Plain)),
            ("b", None) => Content::Other(if raw == "1" { "TRUE" } else { "FALSE" }.to_owned()),
            ("str" | "inlineStr" | "d", None) => Content::Text(raw),
            (_, None) => Content::Other(raw),
        };
        let blank = matches!(&content, Content::Text(text) if text.trim().is_empty());
        Ok(if blank { None } else { Some(content) })
    }

    fn shared(&self, place: (u32, u32), index: &str) -> Result<String, CellError> {
        let found = index.parse::<usize>().ok().and_then(|index| self.parts.strings.get(index));
        found.cloned().ok_or_else(|| self.error(place, "FILE_DAMAGED", "单元格指向不存在的文本，文件已损坏"))
    }

    fn check_bounds(&self, (row, column): (u32, u32)) -> Result<(), CellError> {
        if row < MAX_ROWS && column < MAX_COLUMNS {
            return Ok(());
        }
        let message = format!("工作表超出{MAX_ROWS}行×{MAX_COLUMNS}列；请删除远处的单元格");
        Err(self.error((row, column), "SHEET_SIZE", &message))
    }

    fn error(&self, (row, column): (u32, u32), rule: &str, message: &str) -> CellError {
        CellError::new(format!("{}!{}", self.name, cell_name(row, column)), rule, message)
    }
}

/// Row and column from 0 of a cell's name; none where it is no name.
pub(crate) fn parse_cell(name: &str) -> Option<(u32, u32)> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 || letters > 3 {
        return None;
    }
    let column = name
        .bytes()
        .take(letters)
        .fold(0, |column: u32, letter| column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row: u32 = name[letters..].parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}
