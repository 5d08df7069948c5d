//! Plain text: UTF-8, with or without a mark, UTF-16 with a mark, or GB18030, which offices still write.

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use super::{ExtractedBlock, ExtractedText};
use crate::workbook::CellError;

/// The text that bytes are.
pub(super) fn decode(bytes: &[u8]) -> Result<String, CellError> {
    let encoding = match bytes {
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => return check(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
            Err(_) => GB18030,
        },
    };
    let (text, _, faulty) = encoding.decode(bytes);
    if faulty {
        return Err(CellError::file("FILE_ENCODING", "文件不是UTF-8或GB18030文本，也不是DOCX、PDF"));
    }
    check(text.into_owned())
}

/// Bytes that happen to decode are no text where they hold control characters.
fn check(text: String) -> Result<String, CellError> {
    let odd = text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{b}')).count();
    if odd * 100 > text.chars().count() {
        return Err(CellError::file("FILE_ENCODING", "文件不是文本，也不是DOCX、PDF"));
    }
    Ok(text)
}

pub(super) fn read(text: String) -> ExtractedText {
    ExtractedText { blocks: vec![ExtractedBlock::paragraph(text)], plain: true }
}
