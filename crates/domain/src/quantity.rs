//! Exact quantities: an i64 scaled by 10^4, one scale for all units, and the unit of measure beside it.
//! Parsing is strict: what is not an exact decimal is refused with a message of its own and never rounded.

use std::fmt;
use std::str::FromStr;

/// Number of fraction digits that a quantity can hold.
pub const MAX_DECIMALS: u8 = 4;

const SCALE: i64 = 10_000;

/// Why a text is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Nothing there; blank is not zero.
    #[error("the number is empty; blank is not zero")]
    Empty,
    /// Blanks around or inside.
    #[error("the number contains blanks")]
    Blank,
    /// A leading plus sign.
    #[error("the number begins with a plus sign")]
    Plus,
    /// A thousands separator.
    #[error("the number contains a separator between digits; write plain digits")]
    Separator,
    /// Digits other than ASCII: full-width, Arabic-Indic and the like.
    #[error("the number contains digits other than 0-9 of ASCII, such as full-width ones")]
    ForeignDigit,
    /// Scientific notation.
    #[error("the number has an exponent; write it out")]
    Exponent,
    /// NaN, Infinity and the like.
    #[error("not a number")]
    NotANumber,
    /// Any other character.
    #[error("the number contains a character that belongs to no decimal number")]
    Character,
    /// No digit before or after the point, or a second point.
    #[error("the decimal point needs digits on both sides and stands once")]
    Point,
    /// A zero before other digits.
    #[error("the number begins with a superfluous zero")]
    LeadingZero,
    /// Minus zero.
    #[error("minus zero is no number")]
    NegativeZero,
    /// More than four fraction digits.
    #[error("the number has more than four fraction digits; it is not rounded silently")]
    Decimals,
    /// Beyond ±922,337,203,685,477.5807.
    #[error("the number is too large: at most 922337203685477.5807")]
    Overflow,
}

impl QuantityError {
    /// The same in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            QuantityError::Empty => "数值为空；空白不等于零",
            QuantityError::Blank => "数值中有空格",
            QuantityError::Plus => "数值前不得带加号",
            QuantityError::Separator => "数值中有千分位分隔符，请直接书写数字",
            QuantityError::ForeignDigit => "数值含全角或其他非半角数字",
            QuantityError::Exponent => "数值不得使用科学计数法",
            QuantityError::NotANumber => "不是数值",
            QuantityError::Character => "数值含有不属于十进制数的字符",
            QuantityError::Point => "小数点前后都须有数字，且只能有一个小数点",
            QuantityError::LeadingZero => "数值前有多余的零",
            QuantityError::NegativeZero => "负零不是数值",
            QuantityError::Decimals => "小数超过四位，系统不代为取舍",
            QuantityError::Overflow => "数值过大，最大为922337203685477.5807",
        }
    }
}

/// An exact quantity: a whole number of ten-thousandths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i64);

impl Quantity {
    /// Zero.
    pub const ZERO: Quantity = Quantity(0);

    /// From the scaled number that databases hold: ten-thousandths.
    pub const fn from_scaled(scaled: i64) -> Quantity {
        Quantity(scaled)
    }

    /// The scaled number that databases hold: ten-thousandths.
    pub const fn scaled(self) -> i64 {
        self.0
    }

    /// A whole number; none if it is too large.
    pub const fn from_integer(integer: i64) -> Option<Quantity> {
        match integer.checked_mul(SCALE) {
            Some(scaled) => Some(Quantity(scaled)),
            None => None,
        }
    }

    /// Sum; none if it is too large.
    pub fn checked_add(self, other: Quantity) -> Option<Quantity> {
        self.0.checked_add(other.0).map(Quantity)
    }

    /// Difference; none if it is too large.
    pub fn checked_sub(self, other: Quantity) -> Option<Quantity> {
        self.0.checked_sub(other.0).map(Quantity)
    }

    /// Product with a whole number; none if it is too large.
    pub fn checked_mul(self, factor: i64) -> Option<Quantity> {
        self.0.checked_mul(factor).map(Quantity)
    }

    /// Sum of many; none if it is too large.
    pub fn checked_sum(terms: impl IntoIterator<Item = Quantity>) -> Option<Quantity> {
        let total: i128 = terms.into_iter().map(|term| i128::from(term.0)).sum();
        i64::try_from(total).ok().map(Quantity)
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// True for zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Number of fraction digits that the value needs: 0 for 12, 2 for 0.25.
    pub fn decimals_used(self) -> u8 {
        let mut rest = self.0 % SCALE;
        let mut decimals = MAX_DECIMALS;
        while decimals > 0 && rest % 10 == 0 {
            rest /= 10;
            decimals -= 1;
        }
        decimals
    }

    /// Written with at least `decimals` fraction digits (at most four); never fewer than the value needs.
    pub fn display_with(self, decimals: u8) -> String {
        let shown = decimals.min(MAX_DECIMALS).max(self.decimals_used());
        let magnitude = self.0.unsigned_abs();
        let whole = magnitude / SCALE.unsigned_abs();
        let fraction = format!("{:04}", magnitude % SCALE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        match shown {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{}", &fraction[..usize::from(shown)]),
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Empty);
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        check_characters(text, unsigned)?;
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, fraction)) if fraction.is_empty() || fraction.contains('.') => return Err(QuantityError::Point),
            Some(("", _)) => return Err(QuantityError::Point),
            Some(both) => both,
            None => (unsigned, ""),
        };
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(QuantityError::LeadingZero);
        }
        if fraction.len() > usize::from(MAX_DECIMALS) {
            return Err(QuantityError::Decimals);
        }
        let mut magnitude: i64 = 0;
        let padding = std::iter::repeat_n(b'0', usize::from(MAX_DECIMALS) - fraction.len());
        for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
            magnitude = magnitude
                .checked_mul(10)
                .and_then(|tenfold| tenfold.checked_add(i64::from(digit - b'0')))
                .ok_or(QuantityError::Overflow)?;
        }
        match (text.len() > unsigned.len(), magnitude) {
            (true, 0) => Err(QuantityError::NegativeZero),
            (true, _) => Ok(Quantity(-magnitude)),
            (false, _) => Ok(Quantity(magnitude)),
        }
    }
}

/// Names the first thing that keeps the text from being a decimal number of ASCII digits.
fn check_characters(text: &str, unsigned: &str) -> Result<(), QuantityError> {
    if text.starts_with('+') {
        return Err(QuantityError::Plus);
    }
    let lower = unsigned.to_ascii_lowercase();
    if unsigned.is_empty() || ["nan", "inf", "infinity"].contains(&lower.as_str()) {
        return Err(QuantityError::NotANumber);
    }
    let exponent = lower.starts_with(|first: char| first.is_ascii_digit())
        && lower.chars().all(|c| c.is_ascii_digit() || matches!(c, 'e' | '.' | '+' | '-'))
        && lower.contains('e');
    if exponent {
        return Err(QuantityError::Exponent);
    }
    for character in unsigned.chars() {
        match character {
            '0'..='9' | '.' => {}
            ',' | '，' | '\'' | '_' => return Err(QuantityError::Separator),
            _ if character.is_whitespace() => return Err(QuantityError::Blank),
            _ if character.is_numeric() => return Err(QuantityError::ForeignDigit),
            _ => return Err(QuantityError::Character),
        }
    }
    Ok(())
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display_with(0))
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quantity({self})")
    }
}

/// A unit of measure (计量单位) as printed: 人, 万元, 元/月·人. Two units are the same only if written the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitOfMeasure(String);

/// Why a text is no unit of measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Nothing there.
    #[error("the unit of measure is empty")]
    Empty,
    /// Blanks or control characters.
    #[error("the unit of measure contains blanks or control characters")]
    Blank,
    /// Longer than 16 characters.
    #[error("the unit of measure is longer than 16 characters")]
    Length,
}

impl UnitError {
    /// The same in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            UnitError::Empty => "计量单位为空",
            UnitError::Blank => "计量单位中有空格或控制字符",
            UnitError::Length => "计量单位超过16个字",
        }
    }
}

impl UnitOfMeasure {
    /// The unit as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True where one unit stands for ten thousand or a hundred million: 万户, 亿元.
    pub fn is_coarse(&self) -> bool {
        self.0.starts_with(['万', '亿'])
    }
}

impl FromStr for UnitOfMeasure {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.is_empty() {
            return Err(UnitError::Empty);
        }
        if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
            return Err(UnitError::Blank);
        }
        if text.chars().count() > 16 {
            return Err(UnitError::Length);
        }
        Ok(UnitOfMeasure(text.to_owned()))
    }
}

impl fmt::Display for UnitOfMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_an_exact_decimal_is_refused_by_name() {
        for (text, error) in [
            ("", QuantityError::Empty),
            (" 1", QuantityError::Blank),
            ("1 000", QuantityError::Blank),
            ("+1", QuantityError::Plus),
            ("1,000", QuantityError::Separator),
            ("1，000", QuantityError::Separator),
            ("１２", QuantityError::ForeignDigit),
            ("٣", QuantityError::ForeignDigit),
            ("1e400", QuantityError::Exponent),
            ("1E5", QuantityError::Exponent),
            ("NaN", QuantityError::NotANumber),
            ("Infinity", QuantityError::NotANumber),
            ("-inf", QuantityError::NotANumber),
            ("-", QuantityError::NotANumber),
            ("12人", QuantityError::Character),
            ("--1", QuantityError::Character),
            ("0x10", QuantityError::Character),
            ("1.", QuantityError::Point),
            (".5", QuantityError::Point),
            ("1.2.3", QuantityError::Point),
            ("007", QuantityError::LeadingZero),
            ("-0", QuantityError::NegativeZero),
            ("-0.00", QuantityError::NegativeZero),
            ("0.12345678901234567890", QuantityError::Decimals),
            ("10000000000000000000000000000000000000000", QuantityError::Overflow),
            ("922337203685477.5808", QuantityError::Overflow),
        ] {
            assert_eq!(text.parse::<Quantity>(), Err(error), "{text}");
            assert!(!error.zh().is_empty());
        }
    }

    #[test]
    fn one_form_is_shown_without_trailing_zeros() {
        for (text, shown, decimals) in [
            ("0", "0", 0),
            ("0.00", "0", 0),
            ("71.50", "71.5", 1),
            ("-3.57", "-3.57", 2),
            ("922337203685477.5807", "922337203685477.5807", 4),
            ("-922337203685477.5807", "-922337203685477.5807", 4),
        ] {
            let quantity: Quantity = text.parse().unwrap();
            assert_eq!(quantity.to_string(), shown);
            assert_eq!(quantity.decimals_used(), decimals);
        }
        assert_eq!("71".parse::<Quantity>().unwrap().display_with(2), "71.00");
        assert_eq!("-0.5".parse::<Quantity>().unwrap().display_with(2), "-0.50");
    }

    #[test]
    fn units_are_compared_as_written() {
        let unit: UnitOfMeasure = "万元".parse().unwrap();
        assert!(unit.is_coarse());
        assert_ne!(unit, "元".parse().unwrap());
        assert_eq!("".parse::<UnitOfMeasure>(), Err(UnitError::Empty));
        assert_eq!("万 元".parse::<UnitOfMeasure>(), Err(UnitError::Blank));
    }

    proptest! {
        #[test]
        fn shown_and_read_again_is_the_same(scaled in (i64::MIN + 1)..=i64::MAX) {
            let quantity = Quantity::from_scaled(scaled);
            prop_assert_eq!(quantity.to_string().parse::<Quantity>(), Ok(quantity));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,12}") {
            if let Ok(quantity) = text.parse::<Quantity>() {
                prop_assert_eq!(quantity.display_with(4).parse::<Quantity>(), Ok(quantity));
            }
        }
    }
}
