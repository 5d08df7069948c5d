//! The text of a document somebody sends, tables kept: plain text, HTML, DOCX, or PDF that holds text. What a file is, its
//! bytes say. Everything is bounded here and again by the worker's memory and time; what cannot be read is refused by name.

mod docx;
mod html;
mod numbering;
mod page;
mod pdf;
mod rulings;
mod text;

use crate::workbook::CellError;

/// Largest document taken.
pub const MAX_DOCUMENT: usize = 16 << 20;
/// Largest text taken out of one, in bytes.
const MAX_TEXT: usize = 512 << 10;

/// A document's blocks in order.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExtractedText {
    /// The blocks.
    #[prost(message, repeated, tag = "1")]
    pub blocks: Vec<ExtractedBlock>,
    /// The file is plain text: its lines are the blocks, and tables may lie in them as lines.
    #[prost(bool, tag = "2")]
    pub plain: bool,
}

/// A paragraph, or a table.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExtractedBlock {
    /// A paragraph's text; of no meaning where there are rows.
    #[prost(string, tag = "1")]
    pub paragraph: String,
    /// A table's rows.
    #[prost(message, repeated, tag = "2")]
    pub rows: Vec<ExtractedRow>,
}

/// A row of a table.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExtractedRow {
    /// Its cells; those covered by a merged one are left out.
    #[prost(message, repeated, tag = "1")]
    pub cells: Vec<ExtractedCell>,
}

/// A cell of a table.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExtractedCell {
    /// Its text; paragraphs are lines.
    #[prost(string, tag = "1")]
    pub text: String,
    /// Columns that it covers.
    #[prost(uint32, tag = "2")]
    pub columns: u32,
    /// Rows that it covers.
    #[prost(uint32, tag = "3")]
    pub rows: u32,
}

impl ExtractedBlock {
    fn paragraph(text: impl Into<String>) -> ExtractedBlock {
        ExtractedBlock { paragraph: text.into(), rows: Vec::new() }
    }
}

/// Reads a document's text.
///
/// # Errors
/// Why the file is refused.
pub fn extract_text(bytes: &[u8]) -> Result<ExtractedText, CellError> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(CellError::file("FILE_SIZE", format!("文件超过{}MB", MAX_DOCUMENT >> 20)));
    }
    let extracted = match bytes {
        [b'P', b'K', 3, 4, ..] => docx::read(bytes)?,
        [b'%', b'P', b'D', b'F', ..] => pdf::read(bytes)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            let message = "文件是旧版.doc、.wps或加了密码，请另存为不加密码的.docx再读";
            return Err(CellError::file("FILE_OLD_OR_LOCKED", message));
        }
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => {
            return Err(CellError::file("FILE_NOT_DOCUMENT", "文件是可执行程序，不是文件正文"));
        }
        _ => {
            let text = text::decode(bytes)?;
            if html::is_html(&text) { html::read(&text)? } else { text::read(text) }
        }
    };
    let length: usize = extracted.blocks.iter().map(size).sum();
    if length > MAX_TEXT {
        return Err(CellError::file("FILE_TEXT_SIZE", format!("文件的文字超过{}KB，不予读取", MAX_TEXT >> 10)));
    }
    if length == 0 {
        let message = "文件里没有文字；扫描件请先作文字识别（OCR）";
        return Err(CellError::file("FILE_NO_TEXT", message));
    }
    Ok(extracted)
}

fn size(block: &ExtractedBlock) -> usize {
    block.paragraph.trim().len()
        + block.rows.iter().flat_map(|row| &row.cells).map(|cell| cell.text.len()).sum::<usize>()
}
