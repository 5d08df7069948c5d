//! A plain table for a terminal; a Chinese character is two columns wide.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// A table in the making.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_owned).to_vec()] }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(|cell| cell.replace(char::is_control, " ")).to_vec());
    }

    /// The table as text, two blanks before each line.
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::from("  ");
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(line, "{cell}{}", " ".repeat(width + 2 - cell.width()));
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new(["单位", "得分"]);
        table.row(["县教育局", "98.50"]);
        table.row(["x\u{1b}y", "7"]);
        assert_eq!(table.text(), "  单位      得分\n  县教育局  98.50\n  x y       7\n");
    }
}
