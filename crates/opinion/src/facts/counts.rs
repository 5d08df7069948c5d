//! Counts that a document states of itself: 共有10件重点民生实事项目22个指标任务, 十件民生实事.

use minsheng_domain::programme::ProjectKind;

use super::Count;
use crate::number::small;

/// Counts that a text states: 共有10件重点民生实事项目22个指标任务, 十件民生实事.
pub(crate) fn counts(text: &str) -> Vec<(std::ops::Range<usize>, Count)> {
    let mut found: Vec<(std::ops::Range<usize>, Count)> = Vec::new();
    for (at, value, end) in counted(text) {
        let after = &text[end..];
        let window: String = after.chars().take(16).collect();
        let about = window
            .find("实事")
            .or_else(|| window.find("监测民生项目"))
            .or_else(|| window.find("民生工程"))
            .or_else(|| window.find("民生项目"));
        let units = ["件", "项", "大", "方面", "个"];
        let Some(unit) = units.iter().find(|unit| window.starts_with(**unit)) else { continue };
        let indicator = window[unit.len()..].starts_with("指标")
            || window[unit.len()..].starts_with("子项")
            || window[unit.len()..].starts_with("具体")
            || window[unit.len()..].starts_with("小项")
            || window[unit.len()..].starts_with("目标任务");
        if indicator {
            if let Some((range, count)) =
                found.last_mut().filter(|(range, count)| count.indicators.is_none() && end - range.end < 120)
            {
                count.indicators = Some(value);
                range.end = end + unit.len();
            }
        } else if said_before(&text[..at]) && !window[unit.len()..].starts_with(|c: char| c.is_alphanumeric()) {
            found.push((at..end + unit.len(), Count { kind: ProjectKind::Key, projects: value, indicators: None }));
        } else if about.is_some_and(|about| !window[..about].contains(['、', ',', '。', ';', '，']))
            && (1..=200).contains(&value)
        {
            let kind = if window.contains("监测") { ProjectKind::Monitored } else { ProjectKind::Key };
            // 第十件实事 is no count.
            if !text[..at].ends_with('第') {
                found.push((at..end + unit.len(), Count { kind, projects: value, indicators: None }));
            }
        }
    }
    found
}

/// 民生实事项目为, before its number.
fn said_before(before: &str) -> bool {
    let near: String = before.chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect();
    near.find("实事").is_some_and(|at| !near[at..].contains([',', '，', '。', ';']))
        && near.ends_with(['为', '共', '计', '定'])
}

/// Numbers in digits or Chinese characters: where each begins, its value, and where it ends.
fn counted(text: &str) -> Vec<(usize, u32, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &text[at..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let han: usize = rest.chars().take_while(|c| "一二三四五六七八九十".contains(*c)).map(char::len_utf8).sum();
        let (length, value) = if digits > 0 {
            (digits, rest[..digits].parse().ok())
        } else if han > 0 {
            (han, small(&rest[..han]).and_then(|value| u32::try_from(value).ok()))
        } else {
            (character.len_utf8(), None)
        };
        if let Some(value) = value {
            found.push((at, value, at + length));
        }
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_in_digits_and_characters() {
        let read = |text: &str| {
            counts(text).into_iter().map(|(_, count)| (count.projects, count.indicators)).collect::<Vec<_>>()
        };
        assert_eq!(
            read("全市共有12件重点民生实事项目31个指标任务,以及3项重点监测民生项目5个指标任务"),
            [(12, Some(31)), (3, Some(5))]
        );
        assert_eq!(read("集中力量办好十件民生实事"), [(10, None)]);
        assert_eq!(read("兴办17件惠民实事项目(含25个子项目)"), [(17, Some(25))]);
        assert!(read("完成30个小区改造,办好民生实事").is_empty());
    }
}
