//! A document as it is read: one text, and over it paragraphs and tables whose cells are places in that text. Made from plain
//! text, where tables with tabs or bars are found line by line, or from blocks that a format's reader gives.

use crate::span::{Piece, Span};

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Everything that all spans point into.
    pub text: String,
    /// Its blocks in order.
    pub blocks: Vec<Block>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph, or a line of plain text; blank ones too.
    Paragraph(Span),
    /// A table.
    Table(Grid),
}

/// A table with all its places filled: a merged cell stands at each place that it covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// Rows of cells.
    pub rows: Vec<Vec<Cell>>,
    /// Rows may have lost cells: it was made of lines of text, not of a format's table.
    pub loose: bool,
}

/// A place of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Where its text stands.
    pub span: Span,
    /// It continues the cell above.
    pub from_above: bool,
    /// It continues the cell on its left.
    pub from_left: bool,
}

/// A block as a format's reader gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A paragraph's text.
    Paragraph(String),
    /// A table's rows.
    Table(Vec<Vec<SourceCell>>),
}

/// A table's cell as a format's reader gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceCell {
    /// Its text; paragraphs are lines.
    pub text: String,
    /// Columns that it covers, 0 read as 1.
    pub columns: u32,
    /// Rows that it covers, 0 read as 1.
    pub rows: u32,
}

/// Columns of a table that are read.
const MAX_COLUMNS: usize = 400;
/// Places of a table that are read.
const MAX_PLACES: usize = 500_000;

impl Document {
    /// A document of plain text.
    pub fn from_text(text: impl Into<String>) -> Document {
        let text = text.into();
        let mut lines = Vec::new();
        let mut from = 0;
        for line in text.split_inclusive('\n') {
            let end = from + line.trim_end_matches(['\n', '\r']).len();
            lines.push(Span::new(from, end));
            from += line.len();
        }
        let mut blocks = Vec::new();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let spaced = crate::spaced::tables(&text, &lines);
        for (index, line) in lines.iter().copied().enumerate() {
            if let Some(table) = spaced.iter().find(|table| table.lines.contains(&index)) {
                if table.lines.start == index {
                    flush(&mut blocks, &mut rows);
                    blocks.push(Block::Table(table.grid.clone()));
                }
                continue;
            }
            match columns(&text, line) {
                Some(row) => rows.push(row),
                // A blank line between two rows of a table is none.
                None if line.of(&text).trim().is_empty() && !rows.is_empty() => {}
                None => {
                    flush(&mut blocks, &mut rows);
                    blocks.push(Block::Paragraph(unbarred(&text, line)));
                }
            }
        }
        flush(&mut blocks, &mut rows);
        Document { text, blocks }
    }

    /// A document of blocks.
    pub fn from_blocks(sources: impl IntoIterator<Item = Source>) -> Document {
        let mut document = Document::default();
        for source in sources {
            match source {
                Source::Paragraph(text) => {
                    for line in text.split('\n') {
                        let span = document.push(line);
                        document.text.push('\n');
                        document.blocks.push(Block::Paragraph(span));
                    }
                }
                Source::Table(rows) => {
                    let grid = document.grid(&rows);
                    document.text.push('\n');
                    document.blocks.push(Block::Table(grid));
                }
            }
        }
        document
    }

    fn push(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        Span::new(start, self.text.len())
    }

    /// Lays cells out: each takes the first free place of its row, and all that it covers.
    fn grid(&mut self, source: &[Vec<SourceCell>]) -> Grid {
        let mut rows: Vec<Vec<Option<Cell>>> = vec![Vec::new(); source.len()];
        let mut places = 0;
        for (r, cells) in source.iter().enumerate() {
            let mut column = 0;
            for (index, cell) in cells.iter().enumerate() {
                while rows[r].get(column).is_some_and(Option::is_some) {
                    column += 1;
                }
                if index > 0 {
                    self.text.push('\t');
                }
                let span = self.push(cell.text.trim());
                let wide =
                    usize::try_from(cell.columns.max(1)).unwrap_or(1).min(MAX_COLUMNS.saturating_sub(column).max(1));
                let high = usize::try_from(cell.rows.max(1)).unwrap_or(1).min(source.len() - r);
                for down in 0..high {
                    for right in 0..wide {
                        places += 1;
                        if places > MAX_PLACES {
                            break;
                        }
                        let row = &mut rows[r + down];
                        if row.len() <= column + right {
                            row.resize(column + right + 1, None);
                        }
                        let place = &mut row[column + right];
                        if place.is_none() {
                            *place = Some(Cell { span, from_above: down > 0, from_left: right > 0 });
                        }
                    }
                }
                column += wide;
            }
            self.text.push('\n');
        }
        let width = rows.iter().map(Vec::len).max().unwrap_or(0).min(MAX_COLUMNS);
        let blank = Cell { span: Span::new(self.text.len(), self.text.len()), from_above: false, from_left: false };
        let rows = rows.into_iter().map(|row| {
            let mut row: Vec<Cell> = row.into_iter().take(width).map(|cell| cell.unwrap_or(blank)).collect();
            row.resize(width.min(MAX_PLACES / source.len().max(1)), blank);
            row
        });
        Grid { rows: rows.collect(), loose: false }
    }

    pub(crate) fn piece(&self, span: Span) -> Piece {
        Piece::new(&self.text, span)
    }
}

/// A line without bars at its ends, where a table's cell was printed as a line; of nothing but bars one remains.
fn unbarred(text: &str, line: Span) -> Span {
    let bars: &[char] = &['|', '｜', '│', ' '];
    let words = line.of(text);
    let kept = words.trim_matches(bars);
    if kept.is_empty() || kept.len() == words.len() {
        return line;
    }
    let start = line.start + (words.len() - words.trim_start_matches(bars).len());
    Span::new(start, start + kept.len())
}

/// A line's cells, where tabs or bars divide it into two or more.
fn columns(text: &str, line: Span) -> Option<Vec<Cell>> {
    let words = line.of(text);
    let bars = words.matches(['|', '｜', '│']).count();
    let tabs = words.trim().matches('\t').count();
    if bars >= 1 && words.chars().all(|c| matches!(c, '|' | '｜' | '│' | ' ')) {
        return None;
    }
    let separators: &[char] = if bars >= 2 {
        &['|', '｜', '│']
    } else if tabs >= 1 {
        &['\t']
    } else {
        return None;
    };
    if words.chars().all(|c| matches!(c, '|' | '-' | '+' | ':' | ' ' | '=')) {
        return Some(Vec::new());
    }
    let mut cells = Vec::new();
    let mut from = line.start;
    for piece in words.split(separators) {
        let lead = piece.len() - piece.trim_start().len();
        let start = from + lead;
        cells.push(Cell { span: Span::new(start, start + piece.trim().len()), from_above: false, from_left: false });
        from += piece.len();
        from += text.get(from..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    if bars >= 2 {
        // Bars at both ends of a line enclose it.
        if words.trim_start().starts_with(['|', '｜', '│']) {
            cells.remove(0);
        }
        if words.trim_end().ends_with(['|', '｜', '│']) && cells.len() > 1 {
            cells.pop();
        }
    }
    Some(cells)
}

/// Rows gathered so far become a table, or paragraphs where they are too few.
fn flush(blocks: &mut Vec<Block>, rows: &mut Vec<Vec<Cell>>) {
    let mut rows = std::mem::take(rows);
    rows.retain(|row| !row.is_empty());
    let wide = rows.iter().filter(|row| row.len() > 1).count();
    if rows.len() < 2 || wide < 2 {
        for row in rows {
            let (Some(first), Some(last)) = (row.first(), row.last()) else { continue };
            blocks.push(Block::Paragraph(Span::new(first.span.start, last.span.end)));
        }
        return;
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(0).min(MAX_COLUMNS);
    let ragged = rows.iter().any(|row| row.len() != width);
    for row in &mut rows {
        row.truncate(width);
    }
    blocks.push(Block::Table(Grid { rows, loose: ragged }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, columns: u32, rows: u32) -> SourceCell {
        SourceCell { text: text.to_owned(), columns, rows }
    }

    #[test]
    fn merged_cells_stand_at_every_place_they_cover() {
        let rows = vec![vec![cell("甲", 1, 2), cell("乙", 2, 1)], vec![cell("丙", 1, 1), cell("丁", 1, 1)]];
        let document = Document::from_blocks([Source::Table(rows)]);
        let Some(Block::Table(grid)) = document.blocks.first() else { panic!("a table") };
        let texts: Vec<Vec<&str>> =
            grid.rows.iter().map(|row| row.iter().map(|cell| cell.span.of(&document.text)).collect()).collect();
        assert_eq!(texts, [["甲", "乙", "乙"], ["甲", "丙", "丁"]]);
        assert!(grid.rows[1][0].from_above && grid.rows[0][2].from_left);
    }

    #[test]
    fn lines_with_tabs_or_bars_are_tables() {
        let text = "标题\n序号\t名称\t单位\n1\t甲\t所\n\n| a | b |\n|---|---|\n| 1 | 2 |\n正文";
        let document = Document::from_text(text);
        let tables: Vec<&Grid> = document
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Table(grid) => Some(grid),
                Block::Paragraph(_) => None,
            })
            .collect();
        assert_eq!(tables.len(), 1, "{:?}", document.blocks);
        assert_eq!(tables[0].rows.len(), 4);
        assert_eq!(tables[0].rows[1][1].span.of(text), "甲");
        assert_eq!(tables[0].rows[2][0].span.of(text), "a");
    }

    #[test]
    fn a_cell_that_covers_everything_costs_nothing() {
        let rows = vec![vec![cell("甲", u32::MAX, u32::MAX)]; 50];
        let document = Document::from_blocks([Source::Table(rows)]);
        assert!(document.text.len() < 1000);
    }
}
