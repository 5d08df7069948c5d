//! XML changed by putting pieces in and taking pieces out, all else byte for byte as it came. Relies on quick-xml for where
//! each child of the root begins and ends.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::workbook::CellError;

/// A child of a part's root.
#[derive(Debug)]
pub(super) struct Child {
    /// Name without prefix.
    pub(super) name: String,
    /// Where it stands.
    pub(super) place: Range<usize>,
}

/// A part's root with its children.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    text: &'a str,
    /// Children in order.
    pub(super) children: Vec<Child>,
    /// Where the root's end tag begins; none where the root is empty.
    close: Option<usize>,
}

impl<'a> Outline<'a> {
    /// Reads a part, or a piece of one that is an element.
    pub(super) fn read(text: &'a str, path: &str) -> Result<Outline<'a>, CellError> {
        let damaged = || CellError::file("FILE_XML", format!("文件部件{path}无法标注"));
        let mut reader = Reader::from_str(text);
        let (mut children, mut depth, mut close, mut open) = (Vec::new(), 0_u32, None, (String::new(), 0));
        loop {
            let before = usize::try_from(reader.buffer_position()).map_err(|_| damaged())?;
            let event = reader.read_event().map_err(|_| damaged())?;
            let after = usize::try_from(reader.buffer_position()).map_err(|_| damaged())?;
            match event {
                Event::Start(tag) => {
                    if depth == 1 {
                        open = (local(tag.name().0), before);
                    }
                    depth += 1;
                }
                Event::Empty(tag) if depth == 1 => {
                    children.push(Child { name: local(tag.name().0), place: before..after });
                }
                Event::End(_) => {
                    depth = depth.checked_sub(1).ok_or_else(damaged)?;
                    match depth {
                        0 => close = Some(before),
                        1 => children.push(Child { name: std::mem::take(&mut open.0), place: open.1..after }),
                        _ => {}
                    }
                }
                Event::Eof => return Ok(Outline { text, children, close }),
                _ => {}
            }
        }
    }

    /// A child's text.
    pub(super) fn of(&self, child: &Child) -> &'a str {
        self.text.get(child.place.clone()).unwrap_or_default()
    }

    /// Where the first child of these names begins, or else the root ends.
    pub(super) fn before(&self, names: &[&str]) -> usize {
        let found = self.children.iter().find(|child| names.contains(&child.name.as_str()));
        found.map_or(self.end(), |child| child.place.start)
    }

    /// Where the root ends.
    pub(super) fn end(&self) -> usize {
        self.close.unwrap_or(self.text.len())
    }

    /// The text with pieces taken out and put in; places are those of the text as it came.
    pub(super) fn changed(&self, out: &[Range<usize>], pieces: &[(usize, String)]) -> String {
        let mut changes: Vec<(Range<usize>, &str)> = out.iter().map(|range| (range.clone(), "")).collect();
        changes.extend(pieces.iter().map(|(place, piece)| (*place..*place, piece.as_str())));
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut text, mut from) = (String::with_capacity(self.text.len()), 0);
        for (range, piece) in changes {
            text.push_str(self.text.get(from..range.start).unwrap_or_default());
            text.push_str(piece);
            from = from.max(range.end);
        }
        text.push_str(self.text.get(from..).unwrap_or_default());
        text
    }
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}
