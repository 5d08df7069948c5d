//! The numbers that a DOCX gives its paragraphs without writing them: 一、（一）1. of lists and of heading styles.

use std::collections::BTreeMap;

use crate::workbook::{CellError, Token, Tokens};

/// A level of a list.
#[derive(Debug, Clone, Default)]
struct Level {
    form: String,
    text: String,
    start: u32,
}

/// Lists of a document, and how far each has counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// Levels by abstract list.
    levels: BTreeMap<String, BTreeMap<usize, Level>>,
    /// Abstract list by list.
    lists: BTreeMap<String, String>,
    /// List and level by paragraph style.
    styles: BTreeMap<String, (String, usize)>,
    counts: BTreeMap<String, BTreeMap<usize, u32>>,
}

/// Levels that a list may have.
const LEVELS: usize = 9;

impl Numbering {
    /// Reads the parts; both may be empty.
    pub(super) fn read(numbers: &str, styles: &str, left: &mut u64) -> Result<Numbering, CellError> {
        let mut numbering = Numbering::default();
        numbering.lists(Tokens::new(numbers, "word/numbering.xml", left))?;
        numbering.styles(Tokens::new(styles, "word/styles.xml", left))?;
        Ok(numbering)
    }

    fn lists(&mut self, mut tokens: Tokens<'_, '_>) -> Result<(), CellError> {
        let (mut of, mut list, mut level) = (String::new(), String::new(), 0_usize);
        loop {
            match tokens.next()? {
                Token::Start(tag) => {
                    let value = tag.attribute("val").unwrap_or_default();
                    match tag.name() {
                        "abstractNum" => of = tag.attribute("abstractNumId").unwrap_or_default(),
                        "num" => list = tag.attribute("numId").unwrap_or_default(),
                        "abstractNumId" => {
                            self.lists.insert(list.clone(), value);
                        }
                        "lvl" => {
                            level = tag.attribute("ilvl").and_then(|level| level.parse().ok()).unwrap_or(0).min(LEVELS)
                        }
                        "numFmt" | "lvlText" | "start" => {
                            let entry = self.levels.entry(of.clone()).or_default().entry(level).or_default();
                            match tag.name() {
                                "numFmt" => entry.form = value,
                                "lvlText" => entry.text = value,
                                _ => entry.start = value.parse().unwrap_or(1),
                            }
                        }
                        _ => {}
                    }
                }
                Token::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn styles(&mut self, mut tokens: Tokens<'_, '_>) -> Result<(), CellError> {
        let (mut style, mut level) = (String::new(), 0);
        loop {
            match tokens.next()? {
                Token::Start(tag) => {
                    let value = tag.attribute("val").unwrap_or_default();
                    match tag.name() {
                        "style" => {
                            style = tag.attribute("styleId").unwrap_or_default();
                            level = 0;
                        }
                        "ilvl" => level = value.parse().unwrap_or(0).min(LEVELS),
                        "numId" => {
                            self.styles.insert(style.clone(), (value, level));
                        }
                        _ => {}
                    }
                }
                Token::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// The next number of a paragraph's list; empty where it has none, or only a bullet.
    pub(super) fn mark(&mut self, list: Option<&str>, style: Option<&str>, level: usize) -> String {
        let of_style = style.and_then(|style| self.styles.get(style)).cloned();
        let (list, level) = match (list, of_style) {
            (Some(list), _) => (list.to_owned(), level.min(LEVELS)),
            (None, Some((list, own))) => (list, own),
            (None, None) => return String::new(),
        };
        let Some(of) = self.lists.get(&list) else { return String::new() };
        let Some(levels) = self.levels.get(of) else { return String::new() };
        let Some(definition) = levels.get(&level) else { return String::new() };
        // Lists of one abstract list count on together.
        let counts = self.counts.entry(of.clone()).or_default();
        let next = counts.get(&level).map_or(definition.start.max(1), |count| count.saturating_add(1));
        counts.insert(level, next);
        counts.retain(|other, _| *other <= level);
        if definition.form == "bullet" || definition.form == "none" {
            return String::new();
        }
        let mut text = definition.text.clone();
        for (place, other) in (0..=level).enumerate() {
            let form = levels.get(&other).map_or("decimal", |level| level.form.as_str());
            let count = counts.get(&other).copied().unwrap_or(1);
            text = text.replace(&format!("%{}", place + 1), &written(count, form));
        }
        text
    }
}

fn written(count: u32, form: &str) -> String {
    let chinese = form.contains("hinese")
        || form.contains("ideograph")
        || form.contains("japanese")
        || form.contains("taiwanese");
    if !chinese || form.contains("ideographTraditional") || count == 0 || count >= 100 {
        return count.to_string();
    }
    let digit = |value: u32| "零一二三四五六七八九".chars().nth(value as usize).map(String::from).unwrap_or_default();
    match (count / 10, count % 10) {
        (0, ones) => digit(ones),
        (1, 0) => "十".to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, 0) => format!("{}十", digit(tens)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lists_count_as_word_does() {
        let numbers = r#"<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="7">
            <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
            <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>
            </w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>"#;
        let mut numbering = Numbering::read(numbers, "", &mut 10_000).unwrap();
        let marks: Vec<String> =
            [0, 1, 1, 0, 1].into_iter().map(|level| numbering.mark(Some("3"), None, level)).collect();
        assert_eq!(marks, ["一、", "1.", "2.", "二、", "1."]);
        assert_eq!(written(21, "chineseCountingThousand"), "二十一");
    }
}
