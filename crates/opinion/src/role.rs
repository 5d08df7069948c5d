//! Which of a text's numbers are figures: by what stands before and after each of them.

use std::ops::Range;

use crate::number::{Number, Role};
use crate::words::{ACTIONS, begins, ends, holds};

/// Says of each number what it is.
pub(crate) fn assign(text: &str, numbers: &mut [Number]) {
    let quoted = quotations(text);
    for number in &mut *numbers {
        number.role = one(text, number, &quoted);
    }
    ranges(text, numbers);
    products(text, numbers);
}

fn one(text: &str, number: &Number, quoted: &[Range<usize>]) -> Role {
    let digits = &text[number.at.clone()];
    let before = &text[..number.at.start];
    let after = &text[number.at.end..];
    let behind = &text[number.end..];
    if before.ends_with('〔') {
        return Role::Name;
    }
    if let Some(role) = date(digits, before, after) {
        return role;
    }
    let last = before.chars().next_back();
    if last.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '第' | '№')) || before.ends_with("G.") {
        return Role::Name;
    }
    let is_unit_letter = !number.unit.is_empty();
    if !is_unit_letter && after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '+') || last == Some('+') {
        return Role::Name;
    }
    if begins(after, &["千伏", "伏", "号", "号文", "级", "星", "线谱", "型", "标准箱"]).is_some()
        || after.starts_with("〕")
    {
        return Role::Name;
    }
    if begins(after, &["类水", "类区", "类人", "类设", "类重点", "期工程", "期项目", "期)", "期建设"]).is_some()
    {
        return Role::Name;
    }
    if starts_item(text, before, digits, after) {
        return Role::Ordinal;
    }
    if begins(after, &["岁", "周岁", "月龄"]).is_some() || (begins(after, &["-", "至", "~"]).is_some() && ages(after))
    {
        return Role::Age;
    }
    if quoted.iter().any(|range| range.contains(&number.at.start)) && !quoted_sentence(text, quoted, number) {
        return Role::Name;
    }
    if matches!(number.unit.as_str(), "小时" | "分钟" | "天")
        || begins(after, &["年", "个月", "个工作日", "工作日", "周", "秒", "个季度", "季度"]).is_some()
    {
        return Role::Duration;
    }
    if holds_end(
        before,
        &["每年", "每月", "每季度", "每周", "每半年", "每学期", "每天", "人均", "每人", "每村", "每个村", "每校"],
    ) && matches!(number.unit.as_str(), "次" | "场" | "期" | "场次" | "篇" | "课时")
    {
        return Role::Frequency;
    }
    if number.unit.starts_with("次/") {
        return Role::Frequency;
    }
    if is_threshold(before, behind) { Role::Threshold } else { Role::Figure }
}

/// 2023年, 2023—2025年, 6月底, 12月31日.
fn date(digits: &str, before: &str, after: &str) -> Option<Role> {
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: u32 = digits.parse().ok().filter(|_| whole)?;
    let year = (1980..2100).contains(&value) && digits.len() == 4;
    if year {
        let next = after.trim_start_matches(['-', '—', '~', '至', '、', '－']);
        let again =
            next.len() < after.len() && next.get(..4).is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()));
        if after.starts_with('年')
            || again && next[4..].starts_with('年')
            || after.starts_with('〕')
            || after.starts_with("学年")
        {
            return Some(Role::Year);
        }
        if after.starts_with(['-', '.', '/']) && after[1..].starts_with(|c: char| c.is_ascii_digit()) {
            return Some(Role::Date);
        }
    }
    if (1..=12).contains(&value)
        && after.starts_with('月')
        && !before.ends_with('每')
        && !after.starts_with("月·人")
        && !after.starts_with("月人")
    {
        return Some(Role::Date);
    }
    if (1..=31).contains(&value) && (after.starts_with('日') || after.starts_with('号') && before.ends_with('月')) {
        return Some(Role::Date);
    }
    let dotted = before.ends_with(['-', '.', '/'])
        && before.len() > 1
        && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_digit());
    let ranged = begins(after, &["-", "—", "~", "至"]).is_some_and(|mark| {
        let rest = after[mark.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < after[mark.len()..].len()
            && (rest.starts_with('月') || rest.starts_with('日'))
            && !rest.starts_with("月·")
    });
    if (1..=31).contains(&value) && (ranged || dotted && after.starts_with('月')) {
        return Some(Role::Date);
    }
    None
}

/// 1. 2、 (3) 4) before words.
fn starts_item(text: &str, before: &str, digits: &str, after: &str) -> bool {
    if digits.len() > 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let opens = before.is_empty() || before.ends_with(['\n', '。', ';', '(', '。', ':']);
    let closes = after.starts_with(['.', '、', ')'])
        && !after[after.chars().next().map_or(0, char::len_utf8)..].starts_with(|c: char| c.is_ascii_digit());
    let listed = after.starts_with('、') && !text.is_empty();
    opens && closes && (!listed || before.is_empty() || before.ends_with(['\n', '。']))
}

/// 7-16岁.
fn ages(after: &str) -> bool {
    let rest = after.trim_start_matches(['-', '至', '~', '—']);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.starts_with('岁') || rest.starts_with("周岁")
}

/// 20户以上自然村: the words go on, and no verb stands before the number.
fn is_threshold(before: &str, behind: &str) -> bool {
    let Some(word) = begins(behind, &["及以上", "及以下", "以上", "以下", "以内", "以外", "(含)以上", "(含)以下"])
    else {
        return false;
    };
    let mut rest = &behind[word.len()..];
    // 1000人以上的饮水工程 goes on; 以上的目标 does not.
    if let Some(of) = rest.strip_prefix('的') {
        rest = of;
    }
    let goes_on = rest.chars().next().is_some_and(|c| c.is_alphanumeric());
    let verb = ends(before, ACTIONS).is_some_and(|verb| {
        !matches!(verb, "为" | "对" | "建设" | "开展" | "服务" | "实施" | "覆盖" | "提升" | "优化")
    });
    let reached = holds_end(
        before,
        &[
            "达到",
            "达",
            "增加",
            "提高",
            "不低于",
            "控制在",
            "保持在",
            "稳定在",
            "超过",
            "人数",
            "数",
            "率",
            "增长",
            "下降",
        ],
    );
    goes_on && !verb && !reached
}

/// The upper end of 50-60个 is no second figure.
fn ranges(text: &str, numbers: &mut [Number]) {
    for index in 1..numbers.len() {
        let (done, rest) = numbers.split_at_mut(index);
        let (Some(low), Some(high)) = (done.last_mut(), rest.first_mut()) else { continue };
        let between = text.get(low.end..high.at.start).unwrap_or_default();
        let joined = matches!(between, "-" | "~" | "—" | "至" | "到");
        if low.role != Role::Figure
            || high.role != Role::Figure
            || !joined
            || (!low.unit.is_empty() && low.unit != high.unit)
        {
            if joined && low.role == Role::Figure && high.role != Role::Figure && low.unit.is_empty() {
                low.role = high.role;
            }
            continue;
        }
        if low.unit.is_empty() {
            low.unit.clone_from(&high.unit);
        }
        high.role = Role::RangeEnd;
    }
}

/// 110千伏、35千伏: what is joined to a name by 、 without a unit is a name as well.
fn products(text: &str, numbers: &mut [Number]) {
    for index in (1..numbers.len()).rev() {
        let (done, rest) = numbers.split_at_mut(index);
        let (Some(left), Some(right)) = (done.last_mut(), rest.first()) else { continue };
        let between = text.get(left.end..right.at.start).unwrap_or_default();
        if matches!(between, "、" | "/")
            && left.unit.is_empty()
            && left.role == Role::Figure
            && matches!(right.role, Role::Name | Role::Age)
        {
            left.role = right.role;
        }
    }
}

/// The insides of quotation marks, short ones: a name such as “1+N”.
fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, character) in text.char_indices() {
        match character {
            '“' | '《' | '「' => open = Some(at),
            '”' | '》' | '」' => {
                if let Some(from) = open.take() {
                    found.push(from..at);
                }
            }
            _ => {}
        }
    }
    found
}

/// A quotation so long that it is a sentence, not a name.
fn quoted_sentence(text: &str, quoted: &[Range<usize>], number: &Number) -> bool {
    let range = quoted.iter().find(|range| range.contains(&number.at.start));
    range.is_some_and(|range| {
        !text[range.clone()].starts_with('《') && text[range.clone()].chars().count() > 14 && !number.unit.is_empty()
    })
}

fn holds_end(before: &str, words: &[&str]) -> bool {
    words.iter().any(|word| before.ends_with(word)) && holds(before, words)
}
