//! HTML as government sites print it: paragraphs by block elements, tables with their merged cells; tables that only lay out
//! a page are passed through. Parsed by html5ever, bounded in tags and depth.

use scraper::node::Node;
use scraper::{ElementRef, Html};

use super::{ExtractedBlock, ExtractedCell, ExtractedRow, ExtractedText};
use crate::workbook::CellError;

/// Tags that a page may have; a parser's time grows with them.
const MAX_TAGS: usize = 200_000;
/// Depth at which nothing more is read.
const MAX_DEPTH: usize = 160;

const PASSED_OVER: &[&str] = &[
    "script", "style", "noscript", "template", "iframe", "object", "select", "button", "textarea", "svg", "nav",
    "head", "audio", "video", "canvas", "map",
];
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "blockquote",
    "pre",
    "form",
    "fieldset",
    "tr",
    "td",
    "th",
    "tbody",
    "thead",
    "tfoot",
    "table",
    "center",
    "hr",
    "body",
    "html",
    "figure",
    "address",
    "caption",
];

/// Whether a text is HTML, by its beginning.
pub(super) fn is_html(text: &str) -> bool {
    let start: String = text.chars().take(4000).collect::<String>().to_ascii_lowercase();
    let first = start.trim_start();
    first.starts_with("<!doctype html")
        || first.starts_with("<html")
        || first.starts_with('<')
            && ["<body", "<div", "<p>", "<p ", "<table", "<head", "<meta"].iter().any(|tag| start.contains(tag))
}

/// Reads a page.
pub(super) fn read(text: &str) -> Result<ExtractedText, CellError> {
    if text.bytes().filter(|byte| *byte == b'<').count() > MAX_TAGS {
        return Err(CellError::file("FILE_HTML", "网页标签过多，不予读取"));
    }
    if deepest(text) > 4 * MAX_DEPTH {
        return Err(CellError::file("FILE_HTML", "网页嵌套过深，不予读取"));
    }
    let page = Html::parse_document(text);
    let mut writer = Writer::default();
    writer.element(page.root_element(), 0);
    writer.end();
    Ok(ExtractedText { blocks: writer.blocks, plain: false })
}

/// How deep tags nest at most, counted by marks alone: what never closes counts as well, except for tags that stand alone.
fn deepest(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for piece in text.split('<').skip(1) {
        let name: String = piece
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .collect::<String>()
            .to_ascii_lowercase();
        let alone = [
            "br", "br/", "img", "hr", "hr/", "meta", "link", "input", "col", "p", "li", "td", "tr", "th", "option",
            "source", "wbr", "area", "base",
        ];
        if let Some(closed) = name.strip_prefix('/') {
            depth = depth.saturating_sub(usize::from(!alone.contains(&closed)));
        } else if !name.is_empty()
            && !alone.contains(&name.as_str())
            && !piece.split('>').next().is_some_and(|tag| tag.ends_with('/'))
        {
            depth += 1;
            most = most.max(depth);
        }
    }
    most
}

#[derive(Default)]
struct Writer {
    blocks: Vec<ExtractedBlock>,
    line: String,
}

impl Writer {
    fn end(&mut self) {
        let line = std::mem::take(&mut self.line);
        for line in line.split('\n') {
            if !line.trim_matches(' ').is_empty() {
                self.blocks.push(ExtractedBlock::paragraph(line.trim_matches(' ')));
            }
        }
    }

    fn element(&mut self, element: ElementRef<'_>, depth: usize) {
        let name = element.value().name();
        if depth > MAX_DEPTH || PASSED_OVER.contains(&name) {
            return;
        }
        if name == "br" {
            self.line.push('\n');
            return;
        }
        if name == "table"
            && let Some(rows) = table(element)
        {
            self.end();
            self.blocks.push(ExtractedBlock { paragraph: String::new(), rows });
            return;
        }
        let block = BLOCKS.contains(&name);
        if block {
            self.end();
        }
        for child in element.children() {
            match child.value() {
                Node::Text(text) => collapse(text, &mut self.line),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(child) {
                        self.element(child, depth + 1);
                    }
                }
                _ => {}
            }
        }
        if block {
            self.end();
        }
    }
}

/// Adds a text with its blanks as one; a non-breaking blank stays, it may be all that an empty cell holds.
fn collapse(text: &str, line: &mut String) {
    for character in text.chars() {
        match character {
            ' ' | '\n' | '\r' | '\t' | '\u{c}' => {
                if !line.is_empty() && !line.ends_with([' ', '\n']) {
                    line.push(' ');
                }
            }
            _ => line.push(character),
        }
    }
}

/// A table's rows; none where it holds another table or only one column, and so lays out the page.
fn table(table: ElementRef<'_>) -> Option<Vec<ExtractedRow>> {
    let mut rows = Vec::new();
    for node in table.descendants().skip(1) {
        let Some(element) = ElementRef::wrap(node) else { continue };
        match element.value().name() {
            "table" => return None,
            "tr" => {
                let cells = element.children().filter_map(ElementRef::wrap);
                let cells = cells.filter(|cell| matches!(cell.value().name(), "td" | "th"));
                rows.push(ExtractedRow { cells: cells.map(cell).collect() });
            }
            _ => {}
        }
    }
    (wide_rows(&rows) >= 2).then_some(rows)
}

/// How many rows have more than one cell, those counted that reach down from above.
fn wide_rows(rows: &[ExtractedRow]) -> usize {
    let mut reaching: Vec<u32> = Vec::new();
    let mut wide = 0;
    for row in rows {
        wide += usize::from(reaching.len() + row.cells.len() > 1);
        reaching.extend(row.cells.iter().map(|cell| cell.rows));
        reaching.iter_mut().for_each(|left| *left = left.saturating_sub(1));
        reaching.retain(|left| *left > 0);
    }
    wide
}

fn cell(cell: ElementRef<'_>) -> ExtractedCell {
    let span = |name: &str| cell.value().attr(name).and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(1);
    let mut writer = Writer::default();
    writer.element(cell, MAX_DEPTH - 40);
    writer.end();
    let text: Vec<String> = writer.blocks.into_iter().map(|block| block.paragraph).collect();
    ExtractedCell {
        text: text.join("\n"),
        columns: span("colspan").clamp(1, 500),
        rows: span("rowspan").clamp(1, 5000),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_page_gives_its_paragraphs_and_its_tables() {
        let page = "<html><head><title>x</title><style>p{}</style></head><body><table><tr><td><p>关于&nbsp;印发<b>清单</b></p>\
                    <script>alert(1)</script><table><tr><th rowspan=2>序号</th><th>名称</th></tr><tr><td>甲<br>乙</td></tr></table>\
                    </td></tr></table></body></html>";
        let blocks = read(page).unwrap().blocks;
        assert_eq!(blocks.len(), 2, "{blocks:?}");
        assert_eq!(blocks[0].paragraph, "关于\u{a0}印发清单");
        assert_eq!(blocks[1].rows[0].cells[0].rows, 2);
        assert_eq!(blocks[1].rows[1].cells[0].text, "甲\n乙");
    }

    #[test]
    fn a_page_that_nests_without_end_is_refused_at_once() {
        let deep = format!("<html><body>{}", "<div>".repeat(100_000));
        assert_eq!(read(&deep).unwrap_err().rule, "FILE_HTML");
    }
}
