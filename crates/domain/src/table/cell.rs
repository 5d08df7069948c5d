//! Cells as people write them: numbers with units inside ("154公里"), 万 and 亿, full-width digits, thousands separators,
//! percentages, and the many signs for blank (field rules §7). Blank is not zero.

use crate::quantity::{MAX_DECIMALS, Quantity};

/// A number found in a text, as printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Its value with 万 and 亿 multiplied in; none when it does not fit a quantity (too large, over four decimals).
    pub value: Option<Quantity>,
    /// Its digits as a number, 万 and 亿 left aside.
    pub printed_value: Option<Quantity>,
    /// How many decimals were printed.
    pub decimals: u8,
    /// A percent sign follows.
    pub percent: bool,
    /// What follows the number, its percent sign and 万 or 亿, up to the end of the text or the next number.
    pub rest: String,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing, or a sign for nothing.
    Blank,
    /// A number at its beginning.
    Number(Number),
    /// Words.
    Text(String),
}

impl Cell {
    /// Reads a cell.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let is_dash = |c: char| matches!(c, '-' | '—' | '－' | '–' | '/' | '／' | '\\' | '…' | '─');
        if text.chars().all(|c| is_dash(c) || c.is_whitespace()) {
            return Self::Blank;
        }
        let begins = narrow(text).chars().next().is_some_and(|c| c.is_ascii_digit() || c == '-');
        // Two numbers in one cell are words: which of them is meant, nobody can know.
        match <[Number; 1]>::try_from(numbers(text)) {
            Ok([number]) if begins => Self::Number(number),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value of the number, if it is one that fits.
    pub fn value(&self) -> Option<Quantity> {
        self.number().and_then(|number| number.value)
    }
}

/// The first number of a text.
pub fn number(text: &str) -> Option<Number> {
    numbers(text).into_iter().next()
}

/// All numbers of a text, in order.
pub fn numbers(text: &str) -> Vec<Number> {
    let chars: Vec<char> = narrow(text).chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let negative = at > 0 && chars[at - 1] == '-' && (at == 1 || !chars[at - 2].is_alphanumeric());
        let (digits, mut next) = digits(&chars, at);
        let decimals = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let percent = chars.get(next) == Some(&'%');
        let factor = match chars.get(next) {
            Some('万') => 10_000,
            Some('亿') => 100_000_000,
            _ => 1,
        };
        if percent || factor > 1 {
            next += 1;
        }
        let end = (next..chars.len()).find(|i| chars[*i].is_ascii_digit()).unwrap_or(chars.len());
        let (printed_value, value) = read(&digits, negative, factor);
        found.push(Number {
            value,
            printed_value,
            decimals: u8::try_from(decimals).unwrap_or(u8::MAX),
            percent,
            rest: chars[next..end].iter().collect::<String>().trim().to_owned(),
        });
        at = end;
    }
    found
}

/// The digits from a position, thousands separators left out, and where they end.
fn digits(chars: &[char], from: usize) -> (String, usize) {
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let mut text = String::new();
    let mut at = from;
    loop {
        match chars.get(at) {
            Some(c) if c.is_ascii_digit() => text.push(*c),
            Some('.') if digit(at + 1) && !text.contains('.') => text.push('.'),
            Some(',') if !text.contains('.') && (1..=3).all(|i| digit(at + i)) && !digit(at + 4) => {}
            _ => return (text, at),
        }
        at += 1;
    }
}

/// The digits as a quantity, and multiplied by 万 or 亿. More digits than a quantity holds give none.
fn read(digits: &str, negative: bool, factor: i64) -> (Option<Quantity>, Option<Quantity>) {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let sign = if negative { -1 } else { 1 };
    let padded = |places: usize| -> Option<i64> {
        let kept = fraction.trim_end_matches('0');
        if kept.len() > places {
            return None;
        }
        format!("{whole}{kept:0<places$}").parse::<i64>().ok()?.checked_mul(sign)
    };
    let printed = padded(usize::from(MAX_DECIMALS)).map(Quantity::from_scaled);
    // 0.00001亿 fits although its digits alone do not: read with the factor's places.
    let places = usize::from(MAX_DECIMALS) + usize::try_from(factor.ilog10()).unwrap_or(0);
    (printed, padded(places).map(Quantity::from_scaled))
}

/// Full-width digits and signs as ASCII.
pub(super) fn narrow(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            '．' => '.',
            '％' => '%',
            '－' | '−' => '-',
            '（' => '(',
            '）' => ')',
            '　' => ' ',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_of_real_sheets_are_read() {
        for (text, value, decimals, percent, rest) in [
            ("154公里", "154", 0, false, "公里"),
            ("33万", "330000", 0, false, ""),
            ("71.00万方", "710000", 2, false, "方"),
            ("1.2亿元", "120000000", 1, false, "元"),
            ("４２．75％", "42.75", 2, true, ""),
            ("1,500", "1500", 0, false, ""),
            ("-3", "-3", 0, false, ""),
            ("648月·人", "648", 0, false, "月·人"),
        ] {
            let Cell::Number(number) = Cell::read(text) else { panic!("{text}") };
            assert_eq!(number.value.unwrap().to_string(), value, "{text}");
            assert_eq!((number.decimals, number.percent, number.rest.as_str()), (decimals, percent, rest), "{text}");
        }
    }

    #[test]
    fn signs_for_blank_are_blank_and_zero_is_a_number() {
        for text in ["", "  ", "—", "——", "/", "-", "－"] {
            assert_eq!(Cell::read(text), Cell::Blank, "{text}");
        }
        assert_eq!(Cell::read("0").value(), Some(Quantity::ZERO));
        assert_eq!(Cell::read("已达644元/月"), Cell::Text("已达644元/月".to_owned()));
    }

    #[test]
    fn what_does_not_fit_is_kept_without_a_value() {
        assert_eq!(Cell::read("0.123456").number().unwrap().value, None);
        assert_eq!(Cell::read("99999999999999999999").number().unwrap().value, None);
        assert_eq!(Cell::read("0.00001亿").value().unwrap().to_string(), "1000");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,20}") {
            let _ = Cell::read(&text);
        }
    }
}
