//! Dates by which something is to be done, as texts write them: 6月底前, 2023年12月31日, 2024年全面建成, 年底前.

use std::ops::Range;

use jiff::civil::{Date, date};

use crate::number::{Number, Role, numbers};
use crate::target::year_end;
use crate::words::begins;

/// The date of a part of a text, with its place; none where it gives none.
pub(crate) fn in_text(text: &str, part: &Range<usize>, numbers: &[Number], year: i16) -> Option<(Date, Range<usize>)> {
    let inside: Vec<&Number> = numbers.iter().filter(|number| part.contains(&number.at.start)).collect();
    let value = |number: &Number| number.value.map(|value| value.scaled() / 10_000);
    let mut found = None;
    for (index, number) in inside.iter().enumerate() {
        let after = &text[number.at.end..];
        let year_before =
            index.checked_sub(1).and_then(|before| inside.get(before)).filter(|before| before.role == Role::Year);
        let in_year =
            year_before.and_then(|before| value(before)).and_then(|year| i16::try_from(year).ok()).unwrap_or(year);
        let start = year_before.map_or(number.at.start, |before| before.at.start);
        if number.role == Role::Date && after.starts_with('月') {
            let month =
                value(number).and_then(|month| i8::try_from(month).ok()).filter(|month| (1..=12).contains(month));
            let Some(month) = month else { continue };
            let day = inside
                .get(index + 1)
                .filter(|day| day.role == Role::Date && text[number.at.end..day.at.start] == *"月");
            let day_value = day.and_then(|day| value(day)).and_then(|day| i8::try_from(day).ok());
            let due = day_value.and_then(|day| Date::new(in_year, month, day).ok());
            let due = due.or_else(|| month_end(in_year, month));
            let end = day.map_or(number.at.end + '月'.len_utf8(), |day| day.at.end);
            found = due.map(|due| (due, start..end));
        } else if number.role == Role::Year && found.is_none() {
            let Some(in_year) = value(number).and_then(|year| i16::try_from(year).ok()) else { continue };
            let rest = after.strip_prefix('年').unwrap_or(after);
            let ends = begins(
                rest,
                &[
                    "底", "年底", "内", "末", "年内", "全面", "建成", "完成", "竣工", "投入", "投用", "启动", "开工",
                    "实现", "前",
                ],
            );
            if ends.is_some() || in_year != year {
                found = Some((year_end(in_year), number.at.start..number.at.end + '年'.len_utf8().min(after.len())));
            }
        }
    }
    found.or_else(|| {
        let words = &text[part.clone()];
        let at = ["年底前", "年底", "年内", "年末"].into_iter().find_map(|word| Some((words.find(word)?, word.len())));
        at.map(|(at, length)| (year_end(year), part.start + at..part.start + at + length))
    })
}

/// The date that a cell of a column of deadlines gives.
pub(crate) fn in_cell(text: &str, year: i16) -> Option<(Date, Range<usize>)> {
    let numbers = numbers(text);
    if let Some(found) = in_text(text, &(0..text.len()), &numbers, year) {
        return Some(found);
    }
    // 2023.12, 2023-12-31, 2023/6/30, 12月.
    let digits: Vec<i64> = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let month = |year: i64, month: i64| month_end(i16::try_from(year).ok()?, i8::try_from(month).ok()?);
    let due = match digits.as_slice() {
        [given, of, day] if (1980..2100).contains(given) => {
            Date::new(i16::try_from(*given).ok()?, i8::try_from(*of).ok()?, i8::try_from(*day).ok()?).ok()
        }
        [given, of] if (1980..2100).contains(given) => month(*given, *of),
        [given] if (1980..2100).contains(given) => i16::try_from(*given).ok().map(year_end),
        [of] if text.contains('月') => month(i64::from(year), *of),
        _ => None,
    };
    let due = due.or_else(|| crate::words::holds(text, &["全年", "年度"]).then(|| year_end(year)));
    due.map(|due| (due, 0..text.len()))
}

fn month_end(year: i16, month: i8) -> Option<Date> {
    if !(1..=12).contains(&month) || !(1980..2100).contains(&year) {
        return None;
    }
    Some(date(year, month, 1).last_of_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_read_as_offices_write_them() {
        for (text, day) in [
            ("6月底前完成", date(2023, 6, 30)),
            ("2023年11月底", date(2023, 11, 30)),
            ("2023年9月15日前", date(2023, 9, 15)),
            ("2024年全面建成", date(2024, 12, 31)),
            ("2023.10", date(2023, 10, 31)),
            ("2023-06-30", date(2023, 6, 30)),
            ("年底前", date(2023, 12, 31)),
            ("全年", date(2023, 12, 31)),
            ("12月", date(2023, 12, 31)),
        ] {
            assert_eq!(in_cell(text, 2023).map(|(day, _)| day), Some(day), "{text}");
        }
        assert_eq!(in_cell("长期坚持", 2023), None);
    }
}
