//! PDF that holds text: characters with their places and the lines drawn on a page, from pdf-extract; `page` makes
//! paragraphs and tables of them. A file that its parser cannot bear is refused.
#![allow(clippy::float_arithmetic, reason = "places on a page, no figures of the field")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{ColorSpace, Document, MediaBox, OutputDev, OutputError, Path, PathOp, Transform, output_doc};

use super::page::{Glyph, Page, blocks};
use super::rulings::Ruling;
use super::{ExtractedBlock, ExtractedText, MAX_TEXT};
use crate::workbook::CellError;

/// Pages that are read.
const MAX_PAGES: usize = 500;
/// Lines drawn on a page that are looked at.
const MAX_RULINGS: usize = 20_000;
/// A filled rectangle thinner than this is a line.
const THIN: f64 = 3.0;

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<ExtractedText, CellError> {
    // The parser gives up some broken files by a panic; it holds nothing of ours.
    let pages = catch_unwind(AssertUnwindSafe(|| pages(bytes)));
    let pages = pages.unwrap_or_else(|_| Err(damaged()))?;
    let mut extracted: Vec<ExtractedBlock> = Vec::new();
    for page in pages {
        for block in blocks(page) {
            join(&mut extracted, block);
        }
    }
    Ok(ExtractedText { blocks: extracted, plain: false })
}

fn damaged() -> CellError {
    CellError::file("FILE_DAMAGED", "PDF文件已损坏或用了不认识的结构，请另存后再读")
}

fn pages(bytes: &[u8]) -> Result<Vec<Page>, CellError> {
    let document = Document::load_mem(bytes).map_err(|_| damaged())?;
    if document.is_encrypted() {
        return Err(CellError::file("FILE_OLD_OR_LOCKED", "PDF文件加了密码或限制，请取消后再读"));
    }
    if document.get_pages().len() > MAX_PAGES {
        return Err(CellError::file("FILE_PAGES", format!("PDF文件超过{MAX_PAGES}页，不予读取")));
    }
    let mut collector = Collector::default();
    output_doc(&document, &mut collector).map_err(|_| damaged())?;
    Ok(collector.pages)
}

/// A table that goes on upon the next page is one table.
fn join(extracted: &mut Vec<ExtractedBlock>, block: ExtractedBlock) {
    let width = |block: &ExtractedBlock| -> u32 {
        block.rows.iter().map(|row| row.cells.iter().map(|cell| cell.columns).sum()).max().unwrap_or(0)
    };
    match extracted.last_mut() {
        Some(last) if !last.rows.is_empty() && !block.rows.is_empty() && width(last) == width(&block) => {
            last.rows.extend(block.rows);
        }
        _ => extracted.push(block),
    }
}

#[derive(Default)]
struct Collector {
    pages: Vec<Page>,
    text: usize,
}

impl Collector {
    fn ruling(&mut self, from: (f64, f64), to: (f64, f64)) {
        if let Some(page) = self.pages.last_mut().filter(|page| page.rulings.len() < MAX_RULINGS) {
            page.rulings.extend(Ruling::between(from, to));
        }
    }

    /// A path's edges; of filled ones only those that are lines themselves.
    fn path(&mut self, transform: &Transform, path: &Path, filled: bool) {
        let place = |x: f64, y: f64| {
            (
                transform.m11 * x + transform.m21 * y + transform.m31,
                transform.m12 * x + transform.m22 * y + transform.m32,
            )
        };
        let mut shape: Vec<(f64, f64)> = Vec::new();
        let flush = |shape: &mut Vec<(f64, f64)>, collector: &mut Collector| {
            let points = std::mem::take(shape);
            if points.len() < 2 {
                return;
            }
            if filled {
                let bounds = |pick: fn(&(f64, f64)) -> f64| {
                    points
                        .iter()
                        .map(pick)
                        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)))
                };
                let ((left, right), (low, high)) = (bounds(|point| point.0), bounds(|point| point.1));
                if high - low < THIN {
                    collector.ruling((left, (low + high) / 2.0), (right, (low + high) / 2.0));
                } else if right - left < THIN {
                    collector.ruling(((left + right) / 2.0, low), ((left + right) / 2.0, high));
                }
            } else {
                for pair in points.windows(2) {
                    collector.ruling(pair[0], pair[1]);
                }
            }
        };
        for op in path.ops.iter().take(MAX_RULINGS) {
            match *op {
                PathOp::MoveTo(x, y) => {
                    flush(&mut shape, self);
                    shape.push(place(x, y));
                }
                PathOp::LineTo(x, y) => shape.push(place(x, y)),
                PathOp::CurveTo(.., x, y) => {
                    flush(&mut shape, self);
                    shape.push(place(x, y));
                }
                PathOp::Rect(x, y, width, height) => {
                    flush(&mut shape, self);
                    shape.extend([
                        place(x, y),
                        place(x + width, y),
                        place(x + width, y + height),
                        place(x, y + height),
                        place(x, y),
                    ]);
                    flush(&mut shape, self);
                }
                PathOp::Close => {
                    if let Some(first) = shape.first().copied() {
                        shape.push(first);
                    }
                }
            }
        }
        flush(&mut shape, self);
    }
}

impl OutputDev for Collector {
    fn begin_page(&mut self, _: u32, _: &MediaBox, _: Option<(f64, f64, f64, f64)>) -> Result<(), OutputError> {
        self.pages.push(Page::default());
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        trm: &Transform,
        width: f64,
        _: f64,
        size: f64,
        text: &str,
    ) -> Result<(), OutputError> {
        self.text += text.len();
        if self.text > MAX_TEXT {
            return Ok(());
        }
        if let Some(page) = self.pages.last_mut() {
            let height = (trm.m22.abs() + trm.m12.abs()) * size;
            let glyph =
                Glyph { x: trm.m31, y: trm.m32, width: width * size * trm.m11.abs(), height, text: text.to_owned() };
            if [glyph.x, glyph.y, glyph.width, glyph.height].iter().all(|value| value.is_finite()) {
                page.glyphs.push(glyph);
            }
        }
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn stroke(&mut self, ctm: &Transform, _: &ColorSpace, _: &[f64], path: &Path) -> Result<(), OutputError> {
        self.path(ctm, path, false);
        Ok(())
    }

    fn fill(&mut self, ctm: &Transform, _: &ColorSpace, _: &[f64], path: &Path) -> Result<(), OutputError> {
        self.path(ctm, path, true);
        Ok(())
    }
}
