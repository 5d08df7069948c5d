//! Numbers of a text with their units, and what each of them is: a figure to be reached, a year, a date, a grade, an age, a
//! voltage, a threshold that only says which objects are meant. Nothing is thrown away: what is no figure keeps its reason.

use std::ops::Range;

use minsheng_domain::quantity::Quantity;
use minsheng_domain::table::cell;

use crate::role;
use crate::words::{ACTIONS, MEASURED, PER, UNITS, begins, ends};

/// What a number is in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A figure.
    Figure,
    /// A year.
    Year,
    /// A month or a day.
    Date,
    /// Part of a document's number, a model, a grade, a voltage or another name.
    Name,
    /// A number before a sentence, as in 1.
    Ordinal,
    /// An age.
    Age,
    /// A length of time.
    Duration,
    /// Says which objects are meant: 20户以上自然村.
    Threshold,
    /// How often: 每年2次.
    Frequency,
    /// The upper end of a range, whose lower end is the figure.
    RangeEnd,
    /// A count that the document states of itself: 10件实事.
    Count,
}

impl Role {
    /// In Chinese, for the list of numbers that no measure uses.
    pub fn label(self) -> &'static str {
        match self {
            Role::Figure => "未归入任何计量项",
            Role::Year => "年份",
            Role::Date => "日期",
            Role::Name => "名称、编号或等级",
            Role::Ordinal => "序号",
            Role::Age => "年龄",
            Role::Duration => "时长",
            Role::Threshold => "限定对象的界限",
            Role::Frequency => "频次",
            Role::RangeEnd => "区间上限",
            Role::Count => "文件自述的个数",
        }
    }
}

/// A number found.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    /// Its digits, with 万, 亿, 余 and a percent sign.
    pub(crate) at: Range<usize>,
    /// Where its unit ends; where `at` ends if it has none.
    pub(crate) end: usize,
    /// In its unit.
    pub(crate) value: Option<Quantity>,
    /// Decimals printed.
    pub(crate) decimals: u8,
    /// 万 or 亿 was printed and multiplied in.
    pub(crate) expanded: bool,
    /// Unit as it is kept; empty where none was printed.
    pub(crate) unit: String,
    /// What it is.
    pub(crate) role: Role,
    /// Written in Chinese characters, or otherwise less sure.
    pub(crate) unsure: bool,
}

/// All numbers of a narrowed text, with their roles.
pub(crate) fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        let number = if first.is_ascii_digit() { arabic(text, at) } else { chinese(text, at) };
        at = match &number {
            Some(number) => number.end.max(at + first.len_utf8()),
            None => at + first.len_utf8(),
        };
        found.extend(number);
    }
    role::assign(text, &mut found);
    found
}

/// A number in digits.
fn arabic(text: &str, start: usize) -> Option<Number> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = start;
    let mut point = false;
    loop {
        match bytes.get(end) {
            Some(byte) if byte.is_ascii_digit() => end += 1,
            Some(b'.') if digit(end + 1) && !point => {
                point = true;
                end += 1;
            }
            Some(b',') if !point && (1..=3).all(|ahead| digit(end + ahead)) && !digit(end + 4) => end += 1,
            _ => break,
        }
    }
    let after = text.get(end..)?;
    let mut factor = "";
    let mut next = end;
    let more = |at: usize| text.get(at..).and_then(|rest| begins(rest, &["余", "多"])).map_or(0, str::len);
    if !after.starts_with("万·") {
        let skip = more(end);
        if let Some(word) = text.get(end + skip..).and_then(|rest| begins(rest, &["万亿", "万", "亿"])) {
            factor = word;
            next = end + skip + word.len();
        }
    }
    next += more(next);
    let percent = text.get(next..).is_some_and(|rest| rest.starts_with('%'));
    let permille = text.get(next..).is_some_and(|rest| rest.starts_with('‰'));
    if percent || permille {
        next += if percent { 1 } else { '‰'.len_utf8() };
    }
    let (unit, unit_end) = if percent { ("%".to_owned(), next) } else { unit(text, next) };
    let unit = if permille { "‰".to_owned() } else { unit };
    let read =
        cell::number(&text[start..next]).filter(|_| !factor.is_empty()).or_else(|| cell::number(&text[start..end]));
    // 万亿 is always kept: no quantity holds it multiplied out for long.
    let keeps =
        factor == "万亿" || !factor.is_empty() && MEASURED.contains(&unit.split('/').next().unwrap_or_default());
    let digits = cell::number(&text[start..end])?;
    let (value, unit, expanded) = match (factor, keeps) {
        ("", _) => (digits.value, unit, false),
        (_, true) => (digits.value, format!("{factor}{unit}"), false),
        _ => (times(&text[start..end], factor).or_else(|| read.and_then(|read| read.value)), unit, true),
    };
    Some(Number {
        at: start..next,
        end: unit_end,
        value: value.filter(|value| !value.is_negative()),
        decimals: digits.decimals,
        expanded,
        unit,
        role: Role::Figure,
        unsure: false,
    })
}

/// The digits with 万 or 亿 multiplied in.
fn times(digits: &str, factor: &str) -> Option<Quantity> {
    cell::number(&format!("{digits}{factor}")).and_then(|number| number.value)
}

/// A small number in Chinese characters: only right after a verb and before a unit of objects, since 三路 and 一网 are names.
fn chinese(text: &str, start: usize) -> Option<Number> {
    let rest = text.get(start..)?;
    let percent = rest.strip_prefix("百分之");
    let word: String =
        percent.unwrap_or(rest).chars().take_while(|c| "一二两三四五六七八九十百".contains(*c)).take(5).collect();
    if word.is_empty() {
        return None;
    }
    let prefix = if percent.is_some() { "百分之".len() } else { 0 };
    let end = start + prefix + word.len();
    let value = Quantity::from_integer(small(&word)?)?;
    let make = |unit: String, unit_end: usize| Number {
        at: start..end,
        end: unit_end,
        value: Some(value),
        decimals: 0,
        expanded: false,
        unit,
        role: Role::Figure,
        unsure: true,
    };
    if percent.is_some() {
        return Some(make("%".to_owned(), end));
    }
    ends(text.get(..start)?, ACTIONS).filter(|verb| verb.chars().count() > 1)?;
    let unit = begins(text.get(end..)?, &["个", "所", "座", "家", "条", "处", "栋", "台", "套", "间"])?;
    Some(make(unit.to_owned(), end + unit.len()))
}

/// A whole number below a thousand in Chinese characters.
pub(crate) fn small(word: &str) -> Option<i64> {
    let digit = |c: char| match c {
        '一' => Some(1),
        '二' | '两' => Some(2),
        '三' => Some(3),
        '四' => Some(4),
        '五' => Some(5),
        '六' => Some(6),
        '七' => Some(7),
        '八' => Some(8),
        '九' => Some(9),
        _ => None,
    };
    let (mut total, mut last, mut seen) = (0_i64, None, false);
    for character in word.chars() {
        match (character, digit(character)) {
            (_, Some(value)) if last.is_none() => last = Some(value),
            ('十', _) if last.is_some() || !seen => total += last.take().unwrap_or(1) * 10,
            ('百', _) => total += last.take()? * 100,
            _ => return None,
        }
        seen = true;
    }
    seen.then(|| total + last.unwrap_or(0))
}

/// The unit that begins at a place and where it ends; nothing where none begins.
fn unit(text: &str, at: usize) -> (String, usize) {
    let Some(rest) = text.get(at..) else {
        return (String::new(), at);
    };
    let Some(first) = begins(rest, UNITS) else {
        return (String::new(), at);
    };
    let mut unit = match first {
        "月·人" | "月人" | "人月" => "人·月".to_owned(),
        "个学位" | "个床位" | "个泊位" | "个车位" | "个村" => "个".to_owned(),
        "m²" | "㎡" => "平方米".to_owned(),
        "km" => "公里".to_owned(),
        other => other.to_owned(),
    };
    let kept = match first {
        "个学位" | "个床位" | "个泊位" | "个车位" | "个村" => "个".len(),
        other => other.len(),
    };
    // A letter goes on: 5km/h, 30kVA are no units of ours.
    if first.is_ascii() && rest[kept..].starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return (String::new(), at);
    }
    let mut end = at + kept;
    if matches!(unit.as_str(), "元" | "方" | "次" | "小时" | "公斤") || rest[kept..].starts_with('/') {
        while let Some(rest) = text.get(end..) {
            let mark = begins(rest, &["/", "每", "·"]);
            let Some(mark) = mark else { break };
            let Some(per) = begins(&rest[mark.len()..], PER) else { break };
            // 每 begins the next words as well: 1000元,每人.
            unit.push(if mark == "·" { '·' } else { '/' });
            unit.push_str(per);
            end += mark.len() + per.len();
        }
    }
    (unit, end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let figures = numbers(text).into_iter().filter(|number| number.role == Role::Figure);
        figures.map(|number| (number.value.unwrap().to_string(), number.unit)).collect()
    }

    fn one(text: &str) -> (String, String) {
        let found = read(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].clone()
    }

    fn pair(value: &str, unit: &str) -> (String, String) {
        (value.to_owned(), unit.to_owned())
    }

    #[test]
    fn units_and_ten_thousands_are_read_as_they_are_meant() {
        assert_eq!(one("新增就业1.2万人以上"), pair("12000", "人"));
        assert_eq!(one("投入资金1.2亿元"), pair("1.2", "亿元"));
        assert_eq!(one("新增蓄水能力35万方"), pair("35", "万方"));
        assert_eq!(one("惠及群众9300余人"), pair("9300", "人"));
        assert_eq!(one("提高到每人每月80元"), pair("80", "元"));
        assert_eq!(one("提高到5000元/年"), pair("5000", "元/年"));
        assert_eq!(one("不低于600元每月"), pair("600", "元/月"));
        assert_eq!(one("不低于75元/月·人"), pair("75", "元/月·人"));
        assert_eq!(one("治愈率95%"), pair("95", "%"));
        assert_eq!(one("覆盖率达百分之九十五"), pair("95", "%"));
        assert_eq!(one("新建两所小学"), pair("2", "所"));
        assert_eq!(one("改造面积3.03万平方米"), pair("3.03", "万平方米"));
        assert_eq!(one("用户数突破12万"), pair("120000", ""));
    }

    #[test]
    fn what_is_no_figure_keeps_its_reason() {
        for (text, role) in [
            ("2024年全面建成", Role::Year),
            ("6月底前完成", Role::Date),
            ("(益政发〔2023〕22号)", Role::Name),
            ("推动5G网络覆盖", Role::Name),
            ("110千伏电网改造", Role::Name),
            ("65岁以上老年人", Role::Age),
            ("打造15分钟生活圈", Role::Duration),
            ("深化20户以上自然村网络覆盖", Role::Threshold),
            ("第3批", Role::Name),
            ("1.新增学位", Role::Ordinal),
        ] {
            let found = numbers(text);
            assert_eq!(found[0].role, role, "{text}");
        }
    }
}
