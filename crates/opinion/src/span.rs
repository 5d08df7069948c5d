//! Places in the document's text, and pieces of it made fit for reading: full-width digits and signs as ASCII, blanks left
//! out. Every place in a piece leads back to the place in the document.

use std::ops::Range;

/// A place in the document's text, in bytes; both ends lie between characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

impl Span {
    /// From one byte up to another.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end: end.max(start) }
    }

    /// What stands there; nothing where it points outside the text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The number of its line, from 1.
    pub fn line(self, text: &str) -> usize {
        text.get(..self.start).unwrap_or(text).matches('\n').count() + 1
    }
}

/// A part of the document as it is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Piece {
    /// The text, narrowed.
    pub(crate) text: String,
    /// For each of its characters: where it begins here, where it begins and ends in the document.
    places: Vec<(usize, Span)>,
    /// Where the piece lies.
    whole: Span,
}

impl Piece {
    /// The part of a document at a place.
    pub(crate) fn new(document: &str, whole: Span) -> Piece {
        let source = whole.of(document);
        let mut piece = Piece { text: String::with_capacity(source.len()), places: Vec::new(), whole };
        let mut characters = source.char_indices().peekable();
        while let Some((offset, raw)) = characters.next() {
            let character = narrow(raw);
            if character == ' ' || character == '\t' {
                // A blank counts only between two digits, which are then two numbers.
                let between = piece.text.ends_with(|c: char| c.is_ascii_digit())
                    && characters
                        .clone()
                        .map(|(_, c)| narrow(c))
                        .find(|c| *c != ' ')
                        .is_some_and(|c| c.is_ascii_digit());
                if !between || piece.text.ends_with(' ') {
                    continue;
                }
            }
            if is_invisible(raw) {
                continue;
            }
            let start = whole.start + offset;
            piece.places.push((piece.text.len(), Span::new(start, start + raw.len_utf8())));
            piece.text.push(character);
        }
        piece
    }

    /// Where a part of the piece lies in the document.
    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        let index = |byte: usize| self.places.partition_point(|(begins, _)| *begins < byte);
        let first = self.places.get(index(range.start));
        let last = index(range.end).checked_sub(1).and_then(|last| self.places.get(last));
        match (first, last) {
            (Some((_, first)), Some((_, last))) if last.end >= first.start => Span::new(first.start, last.end),
            (Some((_, first)), _) => Span::new(first.start, first.start),
            _ => Span::new(self.whole.end, self.whole.end),
        }
    }

    /// Where all of it lies, blanks at its ends left out.
    pub(crate) fn place(&self) -> Span {
        if self.places.is_empty() { self.whole } else { self.span(&(0..self.text.len())) }
    }
}

/// The characters that the radicals from U+2F00 on look like; some PDF writers put the one for the other.
const RADICALS: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮\
                        皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";
/// The same for radicals from U+2E80 on that are whole characters.
const MORE_RADICALS: &[(char, char)] = &[
    ('⺟', '母'),
    ('⺠', '民'),
    ('⻁', '虎'),
    ('⻄', '西'),
    ('⻅', '见'),
    ('⻆', '角'),
    ('⻉', '贝'),
    ('⻋', '车'),
    ('⻓', '长'),
    ('⻔', '门'),
    ('⻘', '青'),
    ('⻚', '页'),
    ('⻛', '风'),
    ('⻜', '飞'),
    ('⻝', '食'),
    ('⻢', '马'),
    ('⻣', '骨'),
    ('⻥', '鱼'),
    ('⻦', '鸟'),
    ('⻨', '麦'),
    ('⻩', '黄'),
    ('⻬', '齐'),
    ('⻮', '齿'),
    ('⻰', '龙'),
    ('⻳', '龟'),
    ('⻤', '鬼'),
    ('⻑', '長'),
];

/// Full-width digits, letters and most signs as ASCII, radicals as characters; Chinese stops and quotation marks stay.
pub(crate) fn narrow(character: char) -> char {
    match character {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        '．' => '.',
        '％' => '%',
        '－' | '−' | '–' => '-',
        '（' | '﹙' => '(',
        '）' | '﹚' => ')',
        '：' => ':',
        '；' => ';',
        '＋' => '+',
        '／' => '/',
        '［' | '【' => '[',
        '］' | '】' => ']',
        '•' | '‧' | '・' => '·',
        '～' | '∼' => '~',
        '\u{a0}' | '\u{3000}' | '\u{2002}' | '\u{2003}' | '\u{2009}' | '\t' | '\r' => ' ',
        '\u{2f00}'..='\u{2fd5}' => {
            let place = usize::try_from(u32::from(character) - 0x2f00).unwrap_or(0);
            RADICALS.chars().nth(place).unwrap_or(character)
        }
        '\u{2e80}'..='\u{2eff}' => {
            MORE_RADICALS.iter().find(|(radical, _)| *radical == character).map_or(character, |(_, whole)| *whole)
        }
        other => other,
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
        || (character.is_control() && character != '\n' && character != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_through_blanks_and_full_width_digits() {
        let document = "完成　３０ 所（含改建）";
        let piece = Piece::new(document, Span::new(0, document.len()));
        assert_eq!(piece.text, "完成30所(含改建)");
        let number = piece.text.find("30").map(|at| piece.span(&(at..at + 2)));
        assert_eq!(number.map(|span| span.of(document)), Some("３０"));
        assert_eq!(piece.place().of(document), document);
        assert_eq!(Piece::new("1 000", Span::new(0, 5)).text, "1 000");
        assert_eq!("⼀⽯⽇⿕⺠⻋".chars().map(narrow).collect::<String>(), "一石日龠民车");
    }
}
