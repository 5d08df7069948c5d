//! The parts of a workbook beside its sheets: which sheets there are, shared texts, how each style shows a number; and that
//! no relation leads outside.

use std::collections::BTreeMap;

use super::CellError;
use super::guard::Package;
use super::xml::{Tag, Token, Tokens};

const MAX_SHEETS: usize = 40;

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// As a number.
    Plain,
    /// As a percentage: 0.95 reads 95%.
    Percent,
    /// As a date or time.
    Date,
}

/// What a style makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// As what it is shown.
    pub(crate) shown: Shown,
    /// Digits after the point that are shown, where the format fixes them.
    pub(crate) decimals: Option<u8>,
}

/// What the other parts say: sheets with their paths, shared texts, how each style shows numbers.
pub(crate) struct Parts {
    /// Names of sheets with their parts' paths, in order.
    pub(crate) sheets: Vec<(String, String)>,
    /// Shared texts.
    pub(crate) strings: Vec<String>,
    /// What each style makes of a number.
    pub(crate) styles: Vec<Style>,
    /// Days count from 1904.
    pub(crate) from_1904: bool,
}

impl Parts {
    /// Reads them all.
    pub(crate) fn read(package: &mut Package<'_>, left: &mut u64) -> Result<Parts, CellError> {
        check_links(package, left)?;
        let workbook = package.part("xl/workbook.xml")?.unwrap_or_default();
        let relations = package.part("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
        let targets = relation_targets(&relations, left)?;
        let mut tokens = Tokens::new(&workbook, "xl/workbook.xml", left);
        let (mut sheets, mut from_1904) = (Vec::new(), false);
        loop {
            match tokens.next()? {
                Token::Start(tag) if tag.name() == "sheet" => {
                    let target = tag.attribute("id").and_then(|id| targets.get(&id).cloned());
                    let name = tag.attribute("name").unwrap_or_default();
                    let path = target.ok_or_else(|| CellError::new(&name, "FILE_DAMAGED", "工作表在文件中找不到"))?;
                    sheets.push((name, path));
                }
                Token::Start(tag) if tag.name() == "workbookPr" => {
                    from_1904 = matches!(tag.attribute("date1904").as_deref(), Some("1" | "true"));
                }
                Token::Eof => break,
                _ => {}
            }
        }
        if sheets.len() > MAX_SHEETS {
            return Err(CellError::file(
                "FILE_SHEETS",
                format!("工作簿有{}张工作表，最多{MAX_SHEETS}张", sheets.len()),
            ));
        }
        let shared = package.part("xl/sharedStrings.xml")?.unwrap_or_default();
        let styles = package.part("xl/styles.xml")?.unwrap_or_default();
        Ok(Parts { sheets, strings: shared_strings(&shared, left)?, styles: cell_styles(&styles, left)?, from_1904 })
    }
}

/// Relations may point outside only as hyperlinks, which nobody follows.
fn check_links(package: &mut Package<'_>, left: &mut u64) -> Result<(), CellError> {
    for path in package.paths().into_iter().filter(|path| path.ends_with(".rels")) {
        let text = package.part(&path)?.unwrap_or_default();
        let mut tokens = Tokens::new(&text, &path, left);
        loop {
            match tokens.next()? {
                Token::Start(tag) if leads_outside(&tag) => {
                    let message = "工作簿链接到外部文件，请断开链接、只保留数值";
                    return Err(CellError::file("FILE_ACTIVE", message));
                }
                Token::Eof => break,
                _ => {}
            }
        }
    }
    Ok(())
}

fn leads_outside(tag: &Tag<'_>) -> bool {
    let outside = tag.attribute("TargetMode").as_deref() == Some("External");
    outside && !tag.attribute("Type").unwrap_or_default().ends_with("/hyperlink")
}

fn relation_targets(text: &str, left: &mut u64) -> Result<BTreeMap<String, String>, CellError> {
    let mut tokens = Tokens::new(text, "xl/_rels/workbook.xml.rels", left);
    let mut targets = BTreeMap::new();
    loop {
        match tokens.next()? {
            Token::Start(tag) if tag.name() == "Relationship" => {
                if let (Some(id), Some(target)) = (tag.attribute("Id"), tag.attribute("Target")) {
                    let path = match target.strip_prefix('/') {
                        Some(absolute) => absolute.to_owned(),
                        None => format!("xl/{target}"),
                    };
                    targets.insert(id, path);
                }
            }
            Token::Eof => return Ok(targets),
            _ => {}
        }
    }
}

/// Shared texts; phonetic hints (rPh) are no part of them.
fn shared_strings(text: &str, left: &mut u64) -> Result<Vec<String>, CellError> {
    let mut tokens = Tokens::new(text, "xl/sharedStrings.xml", left);
    let mut strings = Vec::new();
    loop {
        match tokens.next()? {
            Token::Start(tag) if tag.name() == "si" => strings.push(rich_text(&mut tokens, "si")?),
            Token::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// The text of an element up to its end.
pub(crate) fn rich_text(tokens: &mut Tokens<'_, '_>, until: &str) -> Result<String, CellError> {
    let (mut text, mut in_text, mut phonetic) = (String::new(), false, false);
    loop {
        match tokens.next()? {
            Token::Start(tag) if tag.name() == "t" => in_text = true,
            Token::Start(tag) if tag.name() == "rPh" => phonetic = true,
            Token::Text(piece) if in_text && !phonetic => text.push_str(&piece),
            Token::End(name) if name == "t" => in_text = false,
            Token::End(name) if name == "rPh" => phonetic = false,
            Token::End(name) if name == until => return Ok(text),
            Token::Eof => return Ok(text),
            _ => {}
        }
    }
}

fn cell_styles(text: &str, left: &mut u64) -> Result<Vec<Style>, CellError> {
    let mut tokens = Tokens::new(text, "xl/styles.xml", left);
    let mut custom = BTreeMap::new();
    let (mut styles, mut in_cells) = (Vec::new(), false);
    loop {
        match tokens.next()? {
            Token::Start(tag) if tag.name() == "numFmt" => {
                if let (Some(id), Some(code)) = (number_of(&tag, "numFmtId"), tag.attribute("formatCode")) {
                    custom.insert(id, style_by_code(&code));
                }
            }
            Token::Start(tag) if tag.name() == "cellXfs" => in_cells = true,
            Token::End(name) if name == "cellXfs" => in_cells = false,
            Token::Start(tag) if in_cells && tag.name() == "xf" => {
                let id = number_of(&tag, "numFmtId").unwrap_or(0);
                styles.push(custom.get(&id).copied().unwrap_or_else(|| style_by_id(id)));
            }
            Token::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// An attribute as a number.
pub(crate) fn number_of(tag: &Tag<'_>, name: &str) -> Option<u32> {
    tag.attribute(name)?.parse().ok()
}

/// Built-in formats of ECMA-376 part 1, 18.8.30, with the Chinese ones.
fn style_by_id(id: u32) -> Style {
    let shown = match id {
        9 | 10 => Shown::Percent,
        14..=22 | 27..=36 | 45..=47 | 50..=58 => Shown::Date,
        _ => Shown::Plain,
    };
    let decimals = match id {
        1 | 3 | 9 | 37 | 38 => Some(0),
        2 | 4 | 10 | 39 | 40 => Some(2),
        _ => None,
    };
    Style { shown, decimals }
}

/// A format's code without its quoted and bracketed pieces.
fn style_by_code(code: &str) -> Style {
    let (mut bare, mut quoted, mut bracketed, mut escaped) = (String::new(), false, false, false);
    for character in code.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' | '_' | '*' => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            _ if quoted || bracketed => {}
            _ => bare.push(character.to_ascii_lowercase()),
        }
    }
    let bare = bare.replace("general", "");
    let shown = if bare.contains('%') {
        Shown::Percent
    } else if bare.contains(['y', 'm', 'd', 'h', 's']) {
        Shown::Date
    } else {
        Shown::Plain
    };
    Style { shown, decimals: fixed_decimals(bare.split(';').next().unwrap_or_default()) }
}

/// Digits after the point that a format's first section always shows; none where it fixes none.
fn fixed_decimals(section: &str) -> Option<u8> {
    if !section.contains('0') || section.contains('e') {
        return None;
    }
    let fraction = section.split_once('.').map_or("", |(_, fraction)| fraction);
    u8::try_from(fraction.bytes().take_while(|byte| matches!(byte, b'0' | b'#' | b'?')).count()).ok()
}
