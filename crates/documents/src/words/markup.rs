//! What a template writes, line by line: `标题：`, `# ` a section, `## heading｜text` a numbered paragraph, `[表 …]`, `[图 …]`, `[附件 …]`,
//! `[签字 …]`; other lines are text, one paragraph up to an empty line of the template or a mark. What comes from data can never be a mark: every value is preceded by a character
//! that is taken out here.

use super::TemplateError;
use crate::text::clean;

/// Stands before every value that a template writes out.
pub(super) const VALUE: char = '\u{e000}';

/// Stands for an empty line of a template, which ends a paragraph; what a template leaves out leaves no such line.
pub(super) const BREAK: char = '\u{e001}';

/// A text as a template wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Title in pieces of sense.
    pub(crate) title: Vec<String>,
    /// The rest in order.
    pub(crate) pieces: Vec<Piece>,
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A section's heading, without its number.
    Section(String),
    /// A paragraph with a heading of its own, without its number.
    Headed(String, String),
    /// A paragraph.
    Paragraph(String),
    /// A table of that name.
    Table(String),
    /// A picture of that name.
    Figure(String),
    /// An attachment with the table of that name.
    Attachment(String),
    /// Lines to sign on.
    Signatures(Vec<String>),
}

/// Reads what was written.
///
/// # Errors
/// A text without a title.
pub(super) fn read(file: &str, text: &str) -> Result<Written, TemplateError> {
    let mut written = Written::default();
    // The next line goes on with the paragraph before.
    let mut open = false;
    for line in text.lines().flat_map(|line| line.split_inclusive(BREAK)) {
        let (line, ends) = (line.trim_end_matches(BREAK).trim(), line.ends_with(BREAK));
        let named = |mark: &str| line.strip_prefix(mark)?.strip_suffix(']').map(plain);
        let piece = if let Some(title) = line.strip_prefix("标题：") {
            written.title = title.split('|').map(plain).filter(|piece| !piece.is_empty()).collect();
            None
        } else if let Some(rest) = line.strip_prefix("## ") {
            let (heading, text) = rest.split_once('｜').unwrap_or((rest, ""));
            Some(Piece::Headed(plain(heading), plain(text)))
        } else if let Some(heading) = line.strip_prefix("# ") {
            Some(Piece::Section(plain(heading)))
        } else if let Some(name) = named("[表 ") {
            Some(Piece::Table(name))
        } else if let Some(name) = named("[图 ") {
            Some(Piece::Figure(name))
        } else if let Some(name) = named("[附件 ") {
            Some(Piece::Attachment(name))
        } else if let Some(names) = named("[签字 ") {
            Some(Piece::Signatures(names.split('、').map(str::to_owned).collect()))
        } else if line.is_empty() {
            None
        } else {
            let more = plain(line);
            match written.pieces.last_mut() {
                Some(Piece::Paragraph(text) | Piece::Headed(_, text)) if open => text.push_str(&more),
                _ if more.is_empty() => {}
                _ => {
                    written.pieces.push(Piece::Paragraph(more));
                    open = true;
                }
            }
            open = open && !ends;
            continue;
        };
        if let Some(piece) = piece {
            open = matches!(piece, Piece::Headed(..));
            written.pieces.push(piece);
        }
        open = open && !ends;
    }
    if written.title.is_empty() {
        let message = "模板没有写出标题行（标题：…）".to_owned();
        return Err(TemplateError { file: file.to_owned(), line: 1, message });
    }
    Ok(written)
}

/// A text without the characters that stand before values, and without what no document may carry.
fn plain(text: &str) -> String {
    clean(text.replace(VALUE, "").trim())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn marks_of_the_template_count_and_those_of_data_do_not() {
        let text = "标题：关于\u{e000}甲县|的通报\n# 总体\n## 进度｜\u{e000}# 不是标题\n\u{e000}# 也不是\n又一句\n[表 滞后清单]\n\u{e000}[附件 x]\n\n同段\n\u{e001}\n另段  \u{e000}  \n";
        let written = read("x.txt", text).unwrap();
        assert_eq!(written.title, ["关于甲县", "的通报"]);
        assert_eq!(
            written.pieces,
            [
                Piece::Section("总体".into()),
                Piece::Headed("进度".into(), "# 不是标题# 也不是又一句".into()),
                Piece::Table("滞后清单".into()),
                Piece::Paragraph("[附件 x]同段".into()),
                Piece::Paragraph("另段".into()),
            ]
        );
        assert_eq!(read("x.txt", "没有标题").unwrap_err().line, 1);
    }
}
