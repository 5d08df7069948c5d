//! DOCX: paragraphs with the numbers that lists give them, tables with merged cells. Opened under the guards of workbooks;
//! what was deleted with changes tracked is no text, and nothing but text is looked at.

use super::numbering::Numbering;
use super::{ExtractedBlock, ExtractedCell, ExtractedRow, ExtractedText};
use crate::workbook::{CellError, MAX_ELEMENTS, Package, Tag, Token, Tokens};

const BODY: &str = "word/document.xml";

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<ExtractedText, CellError> {
    let mut package = Package::open_document(bytes)?;
    let mut left = MAX_ELEMENTS;
    let numbers = package.part("word/numbering.xml")?.unwrap_or_default();
    let styles = package.part("word/styles.xml")?.unwrap_or_default();
    let numbering = Numbering::read(&numbers, &styles, &mut left)?;
    let text = package.part(BODY)?.unwrap_or_default();
    let mut reader =
        Reader { tokens: Tokens::new(&text, BODY, &mut left), numbering, blocks: Vec::new(), tables: Vec::new() };
    reader.read()?;
    Ok(ExtractedText { blocks: reader.blocks, plain: false })
}

struct Reader<'a, 'b> {
    tokens: Tokens<'a, 'b>,
    numbering: Numbering,
    blocks: Vec<ExtractedBlock>,
    /// Open tables, the outermost first.
    tables: Vec<Table>,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
    /// Columns left free at the row's beginning.
    before: u32,
    /// It holds another table.
    lays_out: bool,
}

#[derive(Default, Clone)]
struct Cell {
    text: String,
    columns: u32,
    merge: Merge,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Merge {
    #[default]
    None,
    Restart,
    Continue,
}

/// A paragraph while it is read.
#[derive(Default)]
struct Paragraph {
    text: String,
    list: Option<String>,
    level: usize,
    style: Option<String>,
}

impl Reader<'_, '_> {
    fn read(&mut self) -> Result<(), CellError> {
        let mut paragraph: Option<Paragraph> = None;
        let mut in_text = false;
        // Shapes stand twice, for new and for old readers: the second is passed over.
        let mut skipped = 0_u32;
        loop {
            match self.tokens.next()? {
                Token::Start(tag) if tag.name() == "Fallback" || skipped > 0 => skipped += 1,
                Token::End(_) if skipped > 0 => skipped -= 1,
                Token::Text(_) if skipped > 0 => {}
                Token::Start(tag) => match tag.name() {
                    "p" if paragraph.is_none() => paragraph = Some(Paragraph::default()),
                    "t" => in_text = true,
                    "tab" | "br" | "cr" | "noBreakHyphen" => {
                        if let Some(paragraph) = &mut paragraph {
                            paragraph.text.push(match tag.name() {
                                "tab" => ' ',
                                "noBreakHyphen" => '-',
                                _ => '\n',
                            });
                        }
                    }
                    "pStyle" | "numId" | "ilvl" => {
                        if let Some(paragraph) = &mut paragraph {
                            paragraph.list_from(&tag);
                        }
                    }
                    _ => self.table_start(&tag),
                },
                Token::Text(piece) if in_text => {
                    if let Some(paragraph) = &mut paragraph {
                        paragraph.text.push_str(&piece);
                    }
                }
                Token::End(name) => match name.as_str() {
                    "t" => in_text = false,
                    "p" => {
                        if let Some(done) = paragraph.take() {
                            self.paragraph(done);
                        }
                    }
                    "tbl" => self.table_end(),
                    _ => {}
                },
                Token::Eof => break,
                Token::Text(_) => {}
            }
        }
        while !self.tables.is_empty() {
            self.table_end();
        }
        Ok(())
    }

    fn paragraph(&mut self, paragraph: Paragraph) {
        let mark = self.numbering.mark(paragraph.list.as_deref(), paragraph.style.as_deref(), paragraph.level);
        let mark = if paragraph.text.trim().is_empty() { String::new() } else { mark };
        let text = format!("{mark}{}", paragraph.text);
        match self.tables.last_mut().and_then(|table| table.rows.last_mut()).and_then(|row| row.last_mut()) {
            Some(cell) => {
                if !cell.text.is_empty() {
                    cell.text.push('\n');
                }
                cell.text.push_str(text.trim());
            }
            None => self.blocks.push(ExtractedBlock::paragraph(text)),
        }
    }

    fn table_start(&mut self, tag: &Tag<'_>) {
        if tag.name() == "tbl" {
            // A table that holds another lays out the page: what stood in it so far is text.
            for outer in &mut self.tables {
                outer.lays_out = true;
                let texts = std::mem::take(&mut outer.rows).into_iter().flatten().map(|cell| cell.text);
                self.blocks.extend(texts.filter(|text| !text.is_empty()).map(ExtractedBlock::paragraph));
            }
            self.tables.push(Table::default());
            return;
        }
        let Some(table) = self.tables.last_mut() else { return };
        let number = |tag: &Tag<'_>| tag.attribute("val").and_then(|text| text.parse::<u32>().ok());
        match tag.name() {
            "tr" => {
                table.rows.push(Vec::new());
                table.before = 0;
            }
            "gridBefore" => table.before = number(tag).unwrap_or(0).min(100),
            "tc" => {
                if let Some(row) = table.rows.last_mut() {
                    if row.is_empty() && table.before > 0 {
                        row.push(Cell { columns: table.before, ..Cell::default() });
                    }
                    row.push(Cell { columns: 1, ..Cell::default() });
                }
            }
            "gridSpan" | "vMerge" => {
                if let Some(cell) = table.rows.last_mut().and_then(|row| row.last_mut()) {
                    if tag.name() == "gridSpan" {
                        cell.columns = number(tag).unwrap_or(1).clamp(1, 200);
                    } else if tag.attribute("val").as_deref() == Some("restart") {
                        cell.merge = Merge::Restart;
                    } else {
                        cell.merge = Merge::Continue;
                    }
                }
            }
            _ => {}
        }
    }

    /// A table ends and becomes a block; of one that lays out the page what is left becomes text.
    fn table_end(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        if table.lays_out {
            let texts = table.rows.into_iter().flatten().map(|cell| cell.text);
            self.blocks.extend(texts.filter(|text| !text.is_empty()).map(ExtractedBlock::paragraph));
        } else {
            self.blocks.push(ExtractedBlock { paragraph: String::new(), rows: laid_out(&table.rows) });
        }
    }
}

impl Paragraph {
    fn list_from(&mut self, tag: &Tag<'_>) {
        let value = tag.attribute("val");
        match tag.name() {
            "pStyle" => self.style = value,
            "numId" => self.list = value,
            _ => self.level = value.and_then(|level| level.parse().ok()).unwrap_or(0),
        }
    }
}

/// Cells with the rows that they cover; continued ones left out.
fn laid_out(rows: &[Vec<Cell>]) -> Vec<ExtractedRow> {
    let places: Vec<Vec<(u32, &Cell)>> = rows
        .iter()
        .map(|row| {
            let mut column = 0_u32;
            let mut placed = Vec::with_capacity(row.len());
            for cell in row {
                placed.push((column, cell));
                column = column.saturating_add(cell.columns.max(1));
            }
            placed
        })
        .collect();
    let continues =
        |row: &[(u32, &Cell)], column: u32| row.iter().any(|(at, cell)| *at == column && cell.merge == Merge::Continue);
    let mut extracted = Vec::with_capacity(rows.len());
    for (index, row) in places.iter().enumerate() {
        let mut cells = Vec::new();
        for (column, cell) in row.iter().filter(|(_, cell)| cell.merge != Merge::Continue) {
            let below = match cell.merge {
                Merge::Restart => places[index + 1..].iter().take_while(|row| continues(row, *column)).count(),
                _ => 0,
            };
            cells.push(ExtractedCell {
                text: cell.text.trim().to_owned(),
                columns: cell.columns.max(1),
                rows: u32::try_from(below + 1).unwrap_or(1),
            });
        }
        extracted.push(ExtractedRow { cells });
    }
    extracted
}
