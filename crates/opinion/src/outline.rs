//! The outline of a text: headings 一、（一）1.（1） and their like, bullets, titles without a number, and what stands under
//! each. Nothing is known of any document's own words.

use std::ops::Range;

use crate::number::small;
use crate::record::annex;
use crate::span::Piece;
use crate::target::is_task;
use crate::words::{HOW, PERHAPS_HOW, begins, holds};

/// A paragraph as the outline reads it.
#[derive(Debug, Clone)]
pub(crate) struct Paragraph {
    pub(crate) piece: Piece,
}

/// A heading and what stands under it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    /// 1 for 一、, 2 for （一）, 3 for 1., 4 for （1）; 0 for the whole.
    pub(crate) level: u8,
    /// The mark as printed: 一、, （一）, 1.
    pub(crate) mark: String,
    /// Its number; 0 where it has none.
    pub(crate) number: u32,
    /// The heading's paragraph and where its words lie in it, after the mark.
    pub(crate) head: Option<(usize, Range<usize>)>,
    /// Paragraphs under it, before its first child.
    pub(crate) body: Vec<usize>,
    /// Headings under it.
    pub(crate) children: Vec<Node>,
}

/// The mark at a paragraph's beginning: level, number, and its length.
pub(crate) fn mark(text: &str) -> Option<(u8, u32, usize)> {
    let han = |text: &str| -> usize {
        text.chars().take_while(|c| "一二三四五六七八九十百".contains(*c)).map(char::len_utf8).sum()
    };
    let value = |word: &str| small(word).and_then(|value| u32::try_from(value).ok());
    // 实事一：, 第一件：
    for lead in ["实事", "第", "民生实事"] {
        if let Some(rest) = text.strip_prefix(lead) {
            let length = han(rest);
            let after = &rest[length..];
            let close = ["项实事:", "件实事:", "项实事、", "件、", "件:", "项:", "件实事", ":", "、"]
                .iter()
                .find(|close| after.starts_with(**close));
            if let (true, Some(close), Some(number)) = (length > 0, close, value(&rest[..length])) {
                return Some((3, number, lead.len() + length + close.len()));
            }
        }
    }
    let length = han(text);
    if length > 0
        && let Some(number) = value(&text[..length])
    {
        let after = &text[length..];
        if let Some(sign) = after.chars().next().filter(|c| matches!(c, '、' | '.' | ',')) {
            return Some((1, number, length + sign.len_utf8()));
        }
    }
    if let Some(rest) = text.strip_prefix('(') {
        let length = han(rest);
        if length > 0 && rest[length..].starts_with(')') {
            return value(&rest[..length]).map(|number| (2, number, length + 2));
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=2).contains(&digits) && rest[digits..].starts_with(')') {
            return rest[..digits].parse().ok().map(|number| (4, number, digits + 2));
        }
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits) {
        let after = &text[digits..];
        let sign = after.chars().next().filter(|c| matches!(c, '.' | '、' | ')' | ','));
        if let Some(sign) = sign
            && !after[sign.len_utf8()..].starts_with(|c: char| c.is_ascii_digit())
        {
            let level = if sign == ')' { 4 } else { 3 };
            return text[..digits].parse().ok().map(|number| (level, number, digits + sign.len_utf8()));
        }
    }
    let first = text.chars().next()?;
    let circled = u32::from(first).wrapping_sub(u32::from('①'));
    (circled < 20).then(|| (5, circled + 1, first.len_utf8()))
}

/// Length of a bullet at a paragraph's beginning.
fn bullet(text: &str) -> usize {
    let first = text
        .chars()
        .next()
        .filter(|c| matches!(c, '●' | '◆' | '■' | '▪' | '○' | '◇' | '★' | '·' | '►' | '▲' | '※' | '□'));
    first.map_or(0, char::len_utf8)
}

/// Where a text's own outline ends: signatures, dates, what a page adds.
fn is_end(text: &str) -> bool {
    let length = text.chars().count();
    let date = length <= 12 && text.ends_with('日') && text.contains('年');
    let signature = length <= 24
        && (text.ends_with("人民政府") || text.ends_with("办公室") || text.ends_with("委员会"))
        && !text.contains([',', '。', '、', ':']);
    date || signature || crate::flat::is_foot(text) || annex(text).is_some()
}

/// The outline of paragraphs.
pub(crate) fn outline(paragraphs: &[Paragraph]) -> Node {
    let mut root = Node::default();
    let mut path: Vec<Node> = Vec::new();
    let mut last_untitled = 0;
    let titled = untitled(paragraphs);
    let mut index = 0;
    while let Some(paragraph) = paragraphs.get(index) {
        let text = paragraph.piece.text.as_str();
        let skip = text.len() - text.trim_start_matches('\n').len();
        if text.trim().is_empty() {
            index += 1;
            continue;
        }
        if is_end(text) {
            close(&mut root, &mut path, 0);
            last_untitled = 0;
            index += 1;
            continue;
        }
        // A number that stands alone is the mark of the line below it.
        let lone = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let below = paragraphs[index + 1..]
            .iter()
            .position(|next| !next.piece.text.trim().is_empty())
            .map(|offset| index + 1 + offset);
        let node = match (mark(&text[skip..]), below) {
            (Some((level, number, length)), _) => Some((level, number, index, skip + length)),
            (None, Some(below)) if lone => text.parse().ok().map(|number| (3, number, below, 0)),
            (None, _) if titled.contains(&index) => {
                last_untitled += 1;
                Some((3, last_untitled, index, 0))
            }
            _ => None,
        };
        match node {
            Some((level, number, head, from)) => {
                close(&mut root, &mut path, level);
                let words = &paragraphs[head].piece.text;
                let mark = if head == index { text[skip..from].to_owned() } else { text.to_owned() };
                path.push(Node { level, number, mark, head: Some((head, from..words.len())), ..Node::default() });
                index = head + 1;
            }
            None => {
                path.last_mut().unwrap_or(&mut root).body.push(index);
                index += 1;
            }
        }
    }
    close(&mut root, &mut path, 0);
    root
}

/// Short lines without a number over bullets or tasks, where there are three or more of them: titles.
fn untitled(paragraphs: &[Paragraph]) -> Vec<usize> {
    let filled: Vec<usize> =
        (0..paragraphs.len()).filter(|index| !paragraphs[*index].piece.text.trim().is_empty()).collect();
    let mut found = Vec::new();
    for pair in filled.windows(2) {
        let (text, below) = (paragraphs[pair[0]].piece.text.trim(), paragraphs[pair[1]].piece.text.trim());
        let short = (4..=24).contains(&text.chars().count()) && !text.ends_with(['。', ';', ':', ',', '，', '、']);
        let plain = short && !is_task(text) && mark(text).is_none() && bullet(text) == 0 && !is_end(text);
        if plain && bullet(below) > 0 {
            found.push(pair[0]);
        }
    }
    if found.len() >= 3 { found } else { Vec::new() }
}

/// Ends all open headings of a level and deeper.
fn close(root: &mut Node, path: &mut Vec<Node>, level: u8) {
    while path.last().is_some_and(|node| node.level >= level) {
        let Some(done) = path.pop() else { break };
        path.last_mut().unwrap_or(root).children.push(done);
    }
}

impl Node {
    /// The words of the heading itself.
    pub(crate) fn heading<'a>(&self, paragraphs: &'a [Paragraph]) -> &'a str {
        self.head
            .as_ref()
            .map_or("", |(index, range)| paragraphs[*index].piece.text.get(range.clone()).unwrap_or_default())
    }

    /// All that belongs to it: paragraphs with the part that counts, its own first.
    pub(crate) fn pieces(&self, paragraphs: &[Paragraph]) -> Vec<(usize, Range<usize>)> {
        self.items(paragraphs).into_iter().map(|(index, range, _)| (index, range)).collect()
    }

    /// The same, and whether each begins an item of its own: a heading below it, or a bullet.
    pub(crate) fn items(&self, paragraphs: &[Paragraph]) -> Vec<(usize, Range<usize>, bool)> {
        let mut pieces: Vec<(usize, Range<usize>, bool)> =
            self.head.iter().map(|(index, range)| (*index, range.clone(), true)).collect();
        for index in &self.body {
            let text = &paragraphs[*index].piece.text;
            let mark = bullet(text);
            pieces.push((*index, mark..text.len(), mark > 0));
        }
        for child in &self.children {
            pieces.extend(child.items(paragraphs));
        }
        pieces
    }

    /// Whether anything in it is to be reached.
    pub(crate) fn has_tasks(&self, paragraphs: &[Paragraph]) -> bool {
        self.pieces(paragraphs).iter().any(|(index, range)| is_task(&paragraphs[*index].piece.text[range.clone()]))
    }
}

/// Whether a heading speaks of how things are done.
pub(crate) fn is_how(node: &Node, paragraphs: &[Paragraph]) -> bool {
    let heading = node.heading(paragraphs);
    let first = heading.split(['。', ';', ':']).next().unwrap_or(heading);
    if first.chars().count() > 24 || is_task(first) {
        return false;
    }
    holds(first, HOW) || begins(first, PERHAPS_HOW).is_some() && !node.has_tasks(paragraphs)
}
