//! Search for personal data in texts: 18-digit ID numbers (by date and check digit) and mobile telephone numbers, also
//! in full-width digits and in the usual groups. What is found is never repeated in the finding. Field rules §3.

use super::ReportInput;
use crate::finding::Finding;
use crate::value::Value;

/// A sort of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalData {
    /// 公民身份号码.
    IdNumber,
    /// 手机号码.
    Mobile,
}

impl PersonalData {
    fn label(self) -> (&'static str, &'static str) {
        match self {
            PersonalData::IdNumber => ("公民身份号码", "an ID number"),
            PersonalData::Mobile => ("手机号码", "a mobile telephone number"),
        }
    }
}

/// The first personal data in a text, if there is any.
pub fn find_personal_data(text: &str) -> Option<PersonalData> {
    let runs = runs_of_digits(text);
    let single = runs.iter().map(|run| run.digits.as_str());
    let grouped = runs.windows(3).filter(|three| three[0].joined && three[1].joined).filter_map(|three| {
        let lengths = (three[0].digits.len(), three[1].digits.len(), three[2].digits.len());
        let usual = matches!(lengths, (3, 4, 4) | (6, 8, 4));
        usual.then(|| format!("{}{}{}", three[0].digits, three[1].digits, three[2].digits))
    });
    single.map(str::to_owned).chain(grouped).find_map(|digits| classify(&digits))
}

/// Digits in a row, as ASCII; the last may be the X of an ID number.
struct Run {
    digits: String,
    /// A single blank or hyphen stands between this run and the next.
    joined: bool,
}

fn runs_of_digits(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    let mut gap = 0_u32;
    for character in text.chars() {
        let digit = ascii_digit(character);
        let check = matches!(character, 'X' | 'x' | 'Ｘ' | 'ｘ').then_some('X').filter(|_| ends_open_id(&runs, open));
        match (digit.or(check), open) {
            (Some(digit), true) => {
                if let Some(run) = runs.last_mut() {
                    run.digits.push(digit);
                }
                open = digit != 'X';
                gap = 0;
            }
            (Some(digit), false) => {
                if let Some(before) = runs.last_mut() {
                    before.joined &= gap == 1;
                }
                runs.push(Run { digits: digit.to_string(), joined: false });
                open = true;
            }
            (None, _) => {
                gap = if open { 1 } else { gap + 1 };
                if let (true, Some(run)) = (open, runs.last_mut()) {
                    run.joined = matches!(character, ' ' | '-' | '－' | '　');
                }
                open = false;
            }
        }
    }
    runs
}

fn ascii_digit(character: char) -> Option<char> {
    match character {
        '0'..='9' => Some(character),
        '０'..='９' => char::from_u32(u32::from(character) - u32::from('０') + u32::from('0')),
        _ => None,
    }
}

/// True where an X may be the check digit: after 17 digits, or after 3 in a grouped number.
fn ends_open_id(runs: &[Run], open: bool) -> bool {
    open && runs.last().is_some_and(|run| run.digits.len() == 17 || run.digits.len() == 3)
}

fn classify(digits: &str) -> Option<PersonalData> {
    let national = match digits.len() {
        13 => digits.strip_prefix("86"),
        15 => digits.strip_prefix("0086"),
        _ => None,
    };
    let bytes = national.unwrap_or(digits).as_bytes();
    let mobile = bytes.len() == 11 && bytes[0] == b'1' && matches!(bytes[1], b'3'..=b'9') && bytes[10] != b'X';
    if mobile {
        return Some(PersonalData::Mobile);
    }
    is_id_number(bytes).then_some(PersonalData::IdNumber)
}

/// GB 11643: six digits of place, a date of birth, three of order, and a check digit by weights modulo 11.
fn is_id_number(bytes: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number =
        |range: std::ops::Range<usize>| bytes[range].iter().fold(0_i16, |sum, b| sum * 10 + i16::from(b - b'0'));
    let (year, month, day) = (number(6..10), number(10..12), number(12..14));
    let born = i8::try_from(month).ok().zip(i8::try_from(day).ok());
    let plausible = (1900..=2099).contains(&year)
        && born.is_some_and(|(month, day)| jiff::civil::Date::new(year, month, day).is_ok());
    let sum: u32 = bytes[..17].iter().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    plausible && CHECKS.get(sum as usize % 11) == Some(&bytes[17])
}

/// Error: personal data in a text, an item, a reason or a name of a file.
pub(super) fn texts(report: &ReportInput) -> Vec<Finding> {
    let mut texts: Vec<(String, &str)> = Vec::new();
    texts.extend(report.texts.iter().map(|(field, text)| (field.clone(), text.as_str())));
    let files = report.evidence.iter().enumerate();
    texts.extend(files.map(|(row, (_, label))| (format!("evidence[{}].label", row + 1), label.as_str())));
    for measure in &report.measures {
        if let Value::NotApplicable(reason) | Value::NoneHere(reason) = &measure.actual.value {
            texts.push((measure.field("value"), reason));
        }
        texts.extend(measure.actual.uncovered.iter().map(|name| (measure.field("uncovered"), name.as_str())));
        let items = measure.items.iter().flat_map(|list| &list.items).enumerate();
        for (row, item) in items {
            let field = measure.field(&format!("items[{}]", row + 1));
            texts.extend([&item.serial, &item.name].map(|text| (field.clone(), text.as_str())));
        }
    }
    let found = texts.into_iter().filter_map(|(field, text)| Some((field, find_personal_data(text)?)));
    let find = |(field, sort): (String, PersonalData)| {
        let (zh, en) = sort.label();
        Finding::error(
            "personal_data",
            field,
            format!("内容含{zh}，个人信息不得填入，请删除"),
            format!("the text holds {en}; personal data is not accepted"),
        )
        .fact("sort", zh)
    };
    found.map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes_of, measure, report};
    use super::super::{Item, ItemList};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn id_numbers_are_told_by_their_check_digit() {
        // The standard's own example and variations of it; nobody's number.
        for text in [
            "11010519491231002X",
            "编号11010519491231002x。",
            "１１０１０５１９４９１２３１００２Ｘ",
            "110105 19491231 002X",
        ] {
            assert_eq!(find_personal_data(text), Some(PersonalData::IdNumber), "{text}");
        }
        for text in [
            "110105194912310021",
            "110105194913310029",
            "1101051949123100212",
            "20230620123456789",
            "440524188001010014",
        ] {
            assert_eq!(find_personal_data(text), None, "{text}");
        }
    }

    #[test]
    fn mobile_numbers_are_found_and_other_numbers_are_not() {
        for text in [
            "13812345678",
            "电话138-1234-5678",
            "199 1234 5678，联系",
            "+8613812345678",
            "800X13812345678",
            "１３８１２３４５６７８",
        ] {
            assert_eq!(find_personal_data(text), Some(PersonalData::Mobile), "{text}");
        }
        for text in ["12812345678", "0737-7222222", "138123456789", "2023-06-20", "投资10811万元", "138  1234  5678"]
        {
            assert_eq!(find_personal_data(text), None, "{text}");
        }
    }

    #[test]
    fn every_text_of_a_report_is_searched_and_nothing_repeated() {
        let mut it = report(vec![measure("1")]);
        it.texts = vec![("narrative.progress".to_owned(), "已联系13812345678".to_owned())];
        let mut list = ItemList::default();
        list.items.push(Item { serial: "11010519491231002X".to_owned(), ..Item::default() });
        it.measures[0].items = Some(list);
        assert_eq!(codes_of(&it), ["personal_data", "personal_data"]);
        let findings = texts(&it);
        assert!(findings.iter().all(|finding| !format!("{finding:?}").contains("13812345678")));
        assert_eq!(findings[0].field, "narrative.progress");
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched(text in ".{0,60}") {
            let _ = find_personal_data(&text);
        }

        #[test]
        fn a_mobile_number_is_found_wherever_it_stands(before in "[^0-9０-９ 　-]{0,8}", rest in 0_u64..1_000_000_000, after in "[^0-9０-９]{0,8}") {
            let text = format!("{before}13{rest:09}{after}");
            prop_assert_eq!(find_personal_data(&text), Some(PersonalData::Mobile));
        }
    }
}
