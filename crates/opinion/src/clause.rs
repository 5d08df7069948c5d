//! Sentences and clauses of a narrowed text, brackets kept whole unless figures stand in them, and the bounds that stand
//! around a number: 达到, 超过, 不低于, 以上, 控制在.

use std::ops::Range;

use crate::number::{Number, Role};
use crate::words::{AT_LEAST, AT_MOST, BELOW, FALLS, IDLE, MORE_THAN, RISES, begins, ends};

/// A clause within its sentence.
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    /// Where it lies.
    pub(crate) at: Range<usize>,
    /// It stands in brackets.
    pub(crate) bracketed: bool,
}

/// Sentences: up to a full stop, a semicolon, an exclamation mark or a line's end.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    pieces(text, 0..text.len(), |character| matches!(character, '。' | ';' | '!' | '！' | '\n' | '?'), false)
}

/// Clauses of a sentence: up to a comma or a colon; brackets that hold figures are clauses of their own.
pub(crate) fn clauses(text: &str, sentence: &Range<usize>, numbers: &[Number]) -> Vec<Clause> {
    let mut found = Vec::new();
    let mut from = sentence.start;
    let mut open: Option<usize> = None;
    let mut push = |from: usize, to: usize, bracketed: bool| {
        if let Some(piece) = text.get(from..to)
            && !piece.trim().is_empty()
        {
            found.push(Clause { at: from..to, bracketed });
        }
    };
    let part = &text[sentence.clone()];
    let figures = |range: Range<usize>| numbers.iter().any(|n| n.role == Role::Figure && range.contains(&n.at.start));
    for (offset, character) in part.char_indices() {
        let at = sentence.start + offset;
        let next = at + character.len_utf8();
        match character {
            '(' | '[' if open.is_none() => {
                let close = text[next..sentence.end].find([')', ']']).map(|length| next + length);
                if close.is_some_and(|close| figures(next..close)) && at > from {
                    push(from, at, false);
                    from = next;
                    open = close;
                } else {
                    open = close;
                }
            }
            ')' | ']' if open == Some(at) => {
                open = None;
                if figures(from..at) && text[..from].ends_with(['(', '[']) {
                    push(from, at, true);
                    from = next;
                }
            }
            ',' | '，' | ':' if open.is_none() || text[..from].ends_with(['(', '[']) => {
                if numbers.iter().any(|n| n.at.contains(&at)) {
                    continue;
                }
                push(from, at, open.is_some());
                from = next;
                if open.is_some() {
                    // Within figures' brackets the next clause is bracketed too.
                    push(from, from, true);
                }
            }
            _ => {}
        }
    }
    push(from, sentence.end, open.is_some());
    found
}

fn pieces(text: &str, within: Range<usize>, ends: impl Fn(char) -> bool, _: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = within.start;
    for (offset, character) in text[within.clone()].char_indices() {
        if ends(character) {
            let at = within.start + offset;
            found.push(from..at);
            from = at + character.len_utf8();
        }
    }
    found.push(from..within.end);
    found.retain(|range| !text[range.clone()].trim().is_empty());
    found
}

/// How a number binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Nothing said.
    Plain,
    /// 达到、不低于、以上.
    AtLeast,
    /// 超过、突破.
    MoreThan,
    /// 不超过、控制在、以内.
    AtMost,
    /// 低于、以下.
    Below,
    /// 提高到.
    Rises,
    /// 下降到.
    Falls,
    /// 下降、减少 by so much.
    By,
}

/// The words around a number, without those that bind it.
#[derive(Debug, Clone)]
pub(crate) struct Bounded<'a> {
    /// How it binds.
    pub(crate) bound: Bound,
    /// What stands before, without the binding words.
    pub(crate) before: &'a str,
    /// What stands after, without the binding words.
    pub(crate) after: &'a str,
    /// 每人每月 and the like before the number, as a unit's ending.
    pub(crate) per: &'static str,
    /// 从 or 由 stands before it.
    pub(crate) from: bool,
    /// 约, 左右.
    pub(crate) about: bool,
    /// 全部 or 所有 stands before it.
    pub(crate) all: bool,
}

const PER_WORDS: &[(&str, &str)] = &[
    ("每人每月", "/人·月"),
    ("每月每人", "/人·月"),
    ("人均每月", "/人·月"),
    ("月人均", "/人·月"),
    ("每人每年", "/人·年"),
    ("每年每人", "/人·年"),
    ("年人均", "/人·年"),
    ("人均每年", "/人·年"),
    ("每生每年", "/生·年"),
    ("每户每月", "/户·月"),
    ("每人每天", "/人·天"),
    ("每月", "/月"),
    ("每年", "/年"),
    ("每人", "/人"),
    ("人均", "/人"),
    ("每户", "/户"),
    ("每生", "/生"),
    ("每亩", "/亩"),
];

/// Reads what binds a number.
pub(crate) fn bounded<'a>(before: &'a str, after: &'a str) -> Bounded<'a> {
    let mut read = Bounded { bound: Bound::Plain, before, after, per: "", from: false, about: false, all: false };
    loop {
        let words = read.before.trim_end_matches([' ', '为', '到', '至', '的']);
        // 为 and 到 belong to 提高到 and 调整为: tried first with them.
        let candidates: [(&[&str], Bound); 6] = [
            (RISES, Bound::Rises),
            (FALLS, Bound::Falls),
            (AT_MOST, Bound::AtMost),
            (AT_LEAST, Bound::AtLeast),
            (MORE_THAN, Bound::MoreThan),
            (BELOW, Bound::Below),
        ];
        let full = candidates.iter().filter_map(|(list, bound)| Some((ends(read.before, list)?, *bound)));
        if let Some((word, bound)) = full.max_by_key(|(word, _)| word.len()) {
            if word == "完成" || word == "力争" {
                break;
            }
            read.before = &read.before[..read.before.len() - word.len()];
            if matches!(bound, Bound::Rises | Bound::Falls) || read.bound == Bound::Plain {
                read.bound = bound;
            }
            if matches!(bound, Bound::Rises | Bound::Falls) {
                break;
            }
            continue;
        }
        if let Some((word, per)) = PER_WORDS.iter().find(|(word, _)| read.before.ends_with(word)) {
            read.before = &read.before[..read.before.len() - word.len()];
            if read.per.is_empty() {
                read.per = per;
            }
            continue;
        }
        if let Some(word) = ends(read.before, &["约", "大约", "近"]) {
            read.before = &read.before[..read.before.len() - word.len()];
            read.about = true;
            continue;
        }
        if let Some(word) = ends(read.before, &["从", "由", "现行", "目前的", "原来的", "上年的"]) {
            read.before = &read.before[..read.before.len() - word.len()];
            read.from = true;
            break;
        }
        if let Some(word) = ends(read.before, &["全部", "所有", "全县", "全市", "全区", "辖区"]) {
            read.before = &read.before[..read.before.len() - word.len()];
            read.all = matches!(word, "全部" | "所有");
            break;
        }
        if words.len() < read.before.len() && candidates.iter().any(|(list, _)| ends(words, list).is_some()) {
            read.before = words;
            continue;
        }
        if ends(read.before, &["下降", "减少", "降低", "压减"]).is_some() && read.bound == Bound::Plain {
            read.bound = Bound::By;
        }
        break;
    }
    if let Some(word) = begins(read.after, &["及以上", "(含)以上", "以上", "左右", "以内", "之内", "及以下", "以下"])
    {
        read.after = &read.after[word.len()..];
        match word {
            "左右" => read.about = true,
            "以内" | "之内" | "及以下" => read.bound = Bound::AtMost,
            "以下" => read.bound = Bound::Below,
            _ if read.bound == Bound::Plain => read.bound = Bound::AtLeast,
            _ => {}
        }
    }
    read
}

/// A title of what stands around a number: idle verbs, years, bounds and signs left out.
pub(crate) fn title(before: &str, after: &str) -> String {
    let mut before = lead(before);
    // 完成656户改造: the verb alone says nothing where more words follow.
    if IDLE.contains(&before) {
        before = "";
    }
    loop {
        let signs = before.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '”' | ')' | '》'));
        let shorter = ends(
            signs,
            &[
                "达到",
                "达",
                "为",
                "至",
                "到",
                "巩固在",
                "保持在",
                "稳定在",
                "控制在",
                "在",
                "不低于",
                "约",
                "共",
                "实现",
                "完成",
                "力争",
                "均",
                "都",
                "的目标",
                "目标",
            ],
        )
        .filter(|word| signs.len() > word.len())
        .map_or(signs, |word| &signs[..signs.len() - word.len()]);
        if shorter.len() == before.len() {
            break;
        }
        before = shorter;
    }
    let after = after.trim_start_matches(['的', '(', ')', '、', ' ', '。', ',', '，', '以']);
    let after = after.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '”' | ')' | '》'));
    let after =
        ends(after, &["以上", "左右", "的目标", "任务"]).map_or(after, |word| &after[..after.len() - word.len()]);
    let joined = if before.is_empty() { lead(after).to_owned() } else { format!("{before}{after}") };
    balance(joined.trim_matches(['、', ' ']))
}

/// Without idle words and years at the beginning.
pub(crate) fn lead(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '“' | '《' | '('));
        let word = begins(trimmed, IDLE).map_or(0, str::len);
        let date = date_length(trimmed);
        let skip = word.max(date);
        let next = &trimmed[skip..];
        // A word that is all there is stays.
        if next.len() == rest.len() || next.is_empty() {
            return if next.is_empty() { trimmed } else { next };
        }
        rest = next;
    }
}

/// Length of 2023年, 6月底前 or 12月31日前 at the beginning.
fn date_length(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return 0;
    }
    let rest = &text[digits..];
    let word = begins(
        rest,
        &["年底前", "年年底前", "年内", "年度", "年末", "年", "月底前", "月底", "月份", "月末", "月", "日前", "日"],
    );
    word.map_or(0, |word| {
        let after = &rest[word.len()..];
        let before = begins(after, &["底前", "前", "底", "之前", "以前"]).map_or(0, str::len);
        digits + word.len() + before
    })
}

/// Without a bracket or quotation mark that has lost its other half.
fn balance(text: &str) -> String {
    let mut title = text.to_owned();
    for (open, close) in [('(', ')'), ('“', '”'), ('《', '》')] {
        let (opened, closed) = (title.matches(open).count(), title.matches(close).count());
        if opened != closed {
            title = title.replace([open, close], "");
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::numbers;

    #[test]
    fn clauses_keep_numbers_and_brackets_whole() {
        let text = "新增学位1,500个，其中小学900个(含村小300个)；完成改(扩)建5所。";
        let numbers = numbers(&text.replace('；', ";"));
        let text = text.replace('；', ";");
        let sentences = sentences(&text);
        assert_eq!(sentences.len(), 2);
        let found: Vec<&str> = clauses(&text, &sentences[0], &numbers).iter().map(|c| &text[c.at.clone()]).collect();
        assert_eq!(found, ["新增学位1,500个", "其中小学900个", "含村小300个"]);
        assert_eq!(clauses(&text, &sentences[1], &numbers).len(), 1);
    }

    #[test]
    fn bounds_are_taken_off_both_sides() {
        let read = bounded("优良率稳定在", "以上");
        assert_eq!((read.bound, read.before), (Bound::AtLeast, "优良率"));
        let read = bounded("城市低保标准从不低于", "");
        assert!(read.from && read.before == "城市低保标准");
        let read = bounded("提高到每人每月不低于", "");
        assert_eq!((read.bound, read.per, read.before), (Bound::Rises, "/人·月", ""));
        assert_eq!(bounded("登记失业率控制在", "以内").bound, Bound::AtMost);
    }

    #[test]
    fn titles_say_what_is_counted() {
        assert_eq!(title("完成", "困难老年人居家适老化改造"), "困难老年人居家适老化改造");
        assert_eq!(title("2023年全县城镇新增就业", ""), "城镇新增就业");
        assert_eq!(title("“一网通办”事项达到", ""), "“一网通办”事项");
    }
}
