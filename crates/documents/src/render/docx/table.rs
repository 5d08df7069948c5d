//! Tables: title, source and units above, heads that repeat on every page, cells by their kind, a note below.

use super::flow::{Flow, Inline, Paragraph};
use super::xml::Xml;
use crate::document::{Cell, Table};
use minsheng_proto::ranking::v1::Light;

/// Styles of head and cell by how many columns share the width.
fn styles(columns: usize) -> (&'static str, &'static str) {
    match columns {
        0..=8 => ("TableHead", "TableCell"),
        9..=12 => ("TableHeadMiddle", "TableCellMiddle"),
        _ => ("TableHeadDense", "TableCellDense"),
    }
}

/// Writes a table across `width`; its title is left out where it has just been said.
pub(super) fn write(flow: &mut Flow, table: &Table, width: i64, titled: bool) {
    if titled {
        flow.push(Paragraph::text("TableTitle", &table.title));
    }
    if !table.source.is_empty() || !table.units.is_empty() {
        let source = Paragraph::text("TableSource", &table.source).tab(width, "right", "none");
        flow.push(source.with(Inline::Tab).with(Inline::Text(table.units.clone())));
    }
    flow.insert(&grid(table, width));
    if !table.note.is_empty() {
        flow.push(Paragraph::text("TableNote", &format!("注：{}", table.note)));
    }
}

/// Widths of the columns in twips; together exactly the whole.
fn column_widths(table: &Table, width: i64) -> Vec<i64> {
    let total: i64 = table.heads.iter().map(|head| i64::from(head.width)).sum::<i64>().max(1);
    let (mut widths, mut before, mut taken) = (Vec::new(), 0, 0);
    for head in &table.heads {
        before += i64::from(head.width);
        let end = width * before / total;
        widths.push(end - taken);
        taken = end;
    }
    widths
}

fn grid(table: &Table, width: i64) -> Xml {
    let widths = column_widths(table, width);
    let (head_style, cell_style) = styles(widths.len());
    let mut xml = Xml::default();
    xml.element("w:tbl", &[], |xml| {
        properties(xml, "DataTable", width, &table.title);
        columns(xml, &widths);
        heads(xml, table, &widths, head_style);
        for cells in &table.rows {
            row(xml, &RowKind::Plain, |xml| {
                for (cell, width) in cells.iter().zip(&widths) {
                    cell_of(xml, &Span::single(*width), |xml| content(cell, cell_style).write(xml, None));
                }
            });
        }
        if table.rows.is_empty() {
            row(xml, &RowKind::Plain, |xml| {
                let span = Span { width, columns: widths.len(), merge: None };
                let none = Paragraph::text(cell_style, "本期没有").aligned("center");
                cell_of(xml, &span, |xml| none.write(xml, None));
            });
        }
    });
    xml
}

/// A table's properties in the order that the schema gives.
pub(super) fn properties(xml: &mut Xml, style: &str, width: i64, description: &str) {
    xml.element("w:tblPr", &[], |xml| {
        xml.value("w:tblStyle", style);
        xml.empty("w:tblW", &[("w:w", &width), ("w:type", &"dxa")]);
        xml.empty("w:tblInd", &[("w:w", &0), ("w:type", &"dxa")]);
        xml.empty("w:tblLayout", &[("w:type", &"fixed")]);
        xml.empty("w:tblLook", &[("w:val", &"0020"), ("w:firstRow", &1)]);
        if !description.is_empty() {
            xml.value("w:tblCaption", description);
        }
    });
}

/// The grid of columns.
pub(super) fn columns(xml: &mut Xml, widths: &[i64]) {
    xml.element("w:tblGrid", &[], |xml| {
        for width in widths {
            xml.empty("w:gridCol", &[("w:w", width)]);
        }
    });
}

/// What a row is.
pub(super) enum RowKind {
    /// It repeats on every page.
    Head,
    /// It comes once.
    Plain,
    /// It comes once and is at least so many twips high.
    AtLeast(i64),
}

/// A row, which no page break divides.
pub(super) fn row(xml: &mut Xml, kind: &RowKind, cells: impl FnOnce(&mut Xml)) {
    xml.element("w:tr", &[], |xml| {
        xml.element("w:trPr", &[], |xml| {
            xml.empty("w:cantSplit", &[]);
            match kind {
                RowKind::Head => xml.empty("w:tblHeader", &[]),
                RowKind::AtLeast(height) => xml.empty("w:trHeight", &[("w:val", height), ("w:hRule", &"atLeast")]),
                RowKind::Plain => {}
            }
        });
        cells(xml);
    });
}

/// The room of a cell.
pub(super) struct Span {
    /// Its width.
    pub(super) width: i64,
    /// Columns it covers.
    pub(super) columns: usize,
    /// Whether it opens or continues a cell over several rows.
    pub(super) merge: Option<&'static str>,
}

impl Span {
    /// One column.
    pub(super) fn single(width: i64) -> Span {
        Span { width, columns: 1, merge: None }
    }
}

/// A cell.
pub(super) fn cell_of(xml: &mut Xml, span: &Span, content: impl FnOnce(&mut Xml)) {
    xml.element("w:tc", &[], |xml| {
        xml.element("w:tcPr", &[], |xml| {
            xml.empty("w:tcW", &[("w:w", &span.width), ("w:type", &"dxa")]);
            if span.columns > 1 {
                xml.value("w:gridSpan", span.columns);
            }
            if let Some(merge) = span.merge {
                xml.value("w:vMerge", merge);
            }
            xml.value("w:vAlign", "center");
        });
        content(xml);
    });
}

/// One or two rows of heads.
fn heads(xml: &mut Xml, table: &Table, widths: &[i64], style: &'static str) {
    let rows = table.head_rows();
    for (number, spanned) in rows.iter().enumerate() {
        row(xml, &RowKind::Head, |xml| {
            let mut column = 0;
            while column < widths.len() {
                let found = spanned.iter().find(|head| head.column == column);
                let covered = found.map_or(1, |head| head.columns);
                let merge = match found {
                    Some(head) if head.rows > 1 => Some("restart"),
                    None if number > 0 => Some("continue"),
                    _ => None,
                };
                let width = widths.iter().skip(column).take(covered).sum();
                let title = found.map_or("", |head| head.title.as_str());
                let span = Span { width, columns: covered, merge };
                cell_of(xml, &span, |xml| Paragraph::text(style, title).write(xml, None));
                column += covered;
            }
        });
    }
}

fn content(cell: &Cell, style: &'static str) -> Paragraph {
    match cell {
        Cell::Text(text) => Paragraph::text(style, text),
        Cell::Number(text) => Paragraph::text(style, text).aligned("right"),
        Cell::Blank => Paragraph::text(style, cell.shown()).aligned("center"),
        Cell::Light(light) => {
            let colour = match light {
                Light::Blue => "0B4F9E",
                Light::Green => "1A6B2D",
                Light::Yellow => "8A5A00",
                Light::Red => "C00000",
                _ => "000000",
            };
            let word = Inline::Coloured(colour, cell.shown().to_owned());
            Paragraph::new(style).with(word).aligned("center")
        }
    }
}
