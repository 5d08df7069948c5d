//! A plain table for terminals: columns are as wide as their widest cell, a Chinese character counts as two.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// A table in the making.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings; a heading that begins with `>` stands over a column of numbers, set flush right.
    pub(crate) fn new<const N: usize>(header: [&str; N]) -> Self {
        let right = header.iter().map(|heading| heading.starts_with('>')).collect();
        let header = header.iter().map(|heading| heading.trim_start_matches('>').to_owned()).collect();
        Self { header, right, rows: Vec::new() }
    }

    /// A table whose headings are known only when it is made.
    pub(crate) fn with_headings(headings: Vec<(String, bool)>) -> Self {
        let (header, right) = headings.into_iter().unzip();
        Self { header, right, rows: Vec::new() }
    }

    /// Adds a row; cells beyond the headings are left out.
    pub(crate) fn row<I: IntoIterator<Item = S>, S: Into<String>>(&mut self, cells: I) {
        let cells = cells.into_iter().map(|cell| one_line(&cell.into()));
        self.rows.push(cells.take(self.header.len()).collect());
    }

    /// No rows yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, each line ended.
    pub(crate) fn text(&self) -> String {
        let mut widths: Vec<usize> = self.header.iter().map(|heading| heading.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let mut text = String::new();
        self.line(&mut text, &self.header, &widths);
        let rule: usize = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let _ = writeln!(text, "{}", "-".repeat(rule));
        for row in &self.rows {
            self.line(&mut text, row, &widths);
        }
        text
    }

    fn line(&self, text: &mut String, cells: &[String], widths: &[usize]) {
        let mut line = String::new();
        for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let space = " ".repeat(width.saturating_sub(cell.width()));
            let gap = if index == 0 { "" } else { "  " };
            if self.right.get(index).copied().unwrap_or(false) {
                let _ = write!(line, "{gap}{space}{cell}");
            } else {
                let _ = write!(line, "{gap}{cell}{space}");
            }
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Text of others in one line, without characters that steer a terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_characters_count_as_two_and_numbers_stand_right() {
        let mut table = Table::new(["单位", ">完成"]);
        table.row(["县教育局", "5.0%"]);
        table.row(["jyj", "100.0%"]);
        assert_eq!(table.text(), "单位        完成\n----------------\n县教育局    5.0%\njyj       100.0%\n");
    }

    #[test]
    fn text_of_others_cannot_steer_the_terminal() {
        assert_eq!(one_line("a\u{1b}[2Jb\nc"), "a [2Jb c");
    }
}
