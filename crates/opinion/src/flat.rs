//! Tables in a text of lines: where a table of tasks or of townships was flattened to one cell a line, or where its rows are
//! lines with blanks between the cells. Says which lines it took, so that nobody reads them as text.

use crate::allocation::{self, Matrix};
use crate::columns::{Column, is_heading, is_task_table, of_heading, settle};
use crate::document::{Block, Document};
use crate::record::{List, annex, caption, kind_of};
use crate::span::Span;
use crate::stream::{self, StreamCell};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Flat {
    /// Tables of tasks.
    pub(crate) lists: Vec<List>,
    /// Tables that divide targets.
    pub(crate) matrices: Vec<Matrix>,
    /// Lines that belong to them, by their block's number.
    pub(crate) taken: Vec<usize>,
    /// Where names and figures follow one another and no width fits them all.
    pub(crate) misaligned: Vec<Span>,
}

/// A line that is or may be a cell.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) block: usize,
    pub(crate) span: Span,
    pub(crate) text: String,
}

/// Finds the tables among a document's paragraphs.
pub(crate) fn find(document: &Document) -> Flat {
    let lines = cells(document);
    let mut found = Flat::default();
    let mut at = 0;
    while at < lines.len() {
        let Some((columns, first)) = header(&lines, at) else {
            at += 1;
            continue;
        };
        let end = end(&lines, at, first);
        let above = lines[..at].iter().rev().map(|line| line.text.as_str());
        let caption = caption(above, found.lists.len() + 1);
        let mut cells = Vec::new();
        let mut index = first;
        while index < end {
            // The header again, on a new page.
            if let Some((again, next)) = header(&lines, index)
                && again == columns
            {
                index = next;
                continue;
            }
            cells.push(StreamCell::new(document, lines[index].span, None));
            index += 1;
        }
        let records = stream::records(&cells, &columns);
        if records.is_empty() {
            at = first;
            continue;
        }
        found.lists.push(List { kind: kind_of(&caption.title), place: caption.place, records, table: true });
        found.taken.extend(lines[at..end].iter().map(|line| line.block));
        at = end;
    }
    let free: Vec<Line> = lines.into_iter().filter(|line| !found.taken.contains(&line.block)).collect();
    allocation::flattened(&free, &mut found);
    found
}

/// Paragraphs as cells. Where cells are divided by empty lines, a line of blanks is an empty cell.
fn cells(document: &Document) -> Vec<Line> {
    let mut lines = Vec::new();
    for (block, it) in document.blocks.iter().enumerate() {
        if let Block::Paragraph(span) = it {
            lines.push(Line { block, span: *span, text: document.piece(*span).text });
        }
    }
    // Figures that follow one another line by line show that an empty line is an empty cell, and no division.
    let digits =
        |line: &Line| !line.text.is_empty() && line.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let close = lines.windows(2).filter(|pair| digits(&pair[0]) && digits(&pair[1])).count();
    let apart = lines
        .windows(3)
        .filter(|three| digits(&three[0]) && three[1].span.start == three[1].span.end && digits(&three[2]));
    if close <= apart.count() {
        lines.retain(|line| line.span.start != line.span.end);
    }
    lines
}

/// A header of one heading a line, or of a whole line with blanks: its columns and the first line after it.
fn header(lines: &[Line], at: usize) -> Option<(Vec<Column>, usize)> {
    let known = |line: &Line| !line.text.is_empty() && line.text.chars().count() <= 18 && is_heading(&line.text);
    if !known(&lines[at]) || lines[at].text.chars().any(|c| c.is_ascii_digit() && lines[at].text.chars().count() < 3) {
        return None;
    }
    let mut next = at;
    let mut columns = Vec::new();
    let mut others = 0;
    while let Some(line) = lines.get(next).filter(|_| next - at < 16) {
        if line.text.is_empty() {
            next += 1;
            continue;
        }
        if known(line) {
            columns.extend(of_heading(&line.text));
        } else {
            // One unknown heading may stand between known ones.
            let more = lines.get(next + 1).is_some_and(known);
            if others > 0 || !more || line.text.chars().count() > 12 || line.text.bytes().any(|b| b.is_ascii_digit()) {
                break;
            }
            others += 1;
            columns.push(Column::Other);
        }
        next += 1;
    }
    settle(&mut columns);
    let serial = columns.first() == Some(&Column::Serial) || columns.len() >= 4;
    (serial && columns.len() >= 3 && is_task_table(&columns)).then_some((columns, next))
}

/// The line at which a table that begins at a line ends.
fn end(lines: &[Line], header_at: usize, first: usize) -> usize {
    let heading = &lines[header_at].text;
    for (offset, line) in lines[first..].iter().enumerate() {
        let text = line.text.as_str();
        let at = first + offset;
        if annex(text).is_some() || is_foot(text) {
            return at;
        }
        // Another table's title above another header.
        let title = text.contains('表') && text.chars().count() <= 60 && !text.ends_with('。');
        let soon = lines[at + 1..].iter().take(6).any(|line| line.text == *heading || line.text.contains("乡镇"));
        if title && soon && (text.ends_with('表') || text.contains("明细") || text.contains("分解")) {
            return at;
        }
    }
    lines.len()
}

/// What stands under a table or a document, and is none of it.
pub(crate) fn is_foot(text: &str) -> bool {
    let marks = [
        "注:",
        "备注:",
        "说明:",
        "责任编辑",
        "打印",
        "抄送",
        "扫一扫",
        "分享到",
        "上一篇",
        "下一篇",
        "关闭窗口",
        "相关链接",
        "主办单位:",
        "版权所有",
        "(此件",
    ];
    marks.iter().any(|mark| text.starts_with(mark))
}
