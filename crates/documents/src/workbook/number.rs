//! Numbers of cells as exact decimals. Excel keeps fifteen significant digits and writes up to seventeen, so that 24.11 may
//! stand as 24.110000000000003: the digits beyond the fifteenth are its own noise and are taken off, in text, never in floats.

use minsheng_domain::quantity::{Quantity, QuantityError};

/// Significant digits that a spreadsheet keeps.
const SIGNIFICANT: usize = 15;
/// Longest exponent taken; four fraction digits and fifteen whole ones need far less.
const MAX_EXPONENT: i32 = 40;

/// Why a number cell holds no exact quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// Not a number as spreadsheets write them.
    Form,
    /// Digits that count lie beyond what a spreadsheet keeps.
    Precision,
    /// A decimal, but no quantity.
    Quantity(QuantityError),
}

impl NumberError {
    /// What is wrong and what to do.
    pub(crate) fn zh(self) -> &'static str {
        match self {
            NumberError::Form => "不是数值",
            NumberError::Precision => "数值超过15位有效数字，表格软件不能精确保存；请把单元格设为文本再填写",
            NumberError::Quantity(error) => error.zh(),
        }
    }
}

/// The exact quantity in a number cell's raw text, such as `24.110000000000003` or `1.5E-2`.
pub(crate) fn cell_number(raw: &str) -> Result<Quantity, NumberError> {
    let Digits { negative, digits, point } = read_digits(raw)?;
    let text = plain(&digits, point);
    let signed = if negative && text != "0" { format!("-{text}") } else { text };
    signed.parse().map_err(NumberError::Quantity)
}

/// The number as a format with so many decimals shows it, `shift` places to the left (2 for a percentage), half up.
pub(crate) fn shown_number(raw: &str, shift: i32, decimals: u8) -> Result<String, NumberError> {
    let Digits { negative, digits, point } = read_digits(raw)?;
    let decimals = usize::from(decimals);
    let places = i32::try_from(decimals).map_err(|_| NumberError::Form)?;
    let kept = usize::try_from(point + shift + places).ok();
    let mut scaled: Vec<u8> = (0..kept.unwrap_or(0)).map(|place| digits.get(place).copied().unwrap_or(0)).collect();
    if kept.and_then(|kept| digits.get(kept)).is_some_and(|digit| *digit >= 5) {
        add_one(&mut scaled);
    }
    let zeros = (decimals + 1).saturating_sub(scaled.len());
    let text: String = std::iter::repeat_n(0, zeros).chain(scaled).map(|digit| char::from(b'0' + digit)).collect();
    let (whole, fraction) = text.split_at(text.len() - decimals);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = text.bytes().all(|digit| digit == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    Ok(if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// A number's significant digits; the point stands after the first `point` of them.
struct Digits {
    negative: bool,
    digits: Vec<u8>,
    point: i32,
}

fn read_digits(raw: &str) -> Result<Digits, NumberError> {
    let (negative, unsigned) = match raw.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, raw),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| NumberError::Form)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !all_digits || whole.len() + fraction.len() == 0 || exponent.abs() > MAX_EXPONENT || mantissa.len() > 64 {
        return Err(NumberError::Form);
    }
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    let point = i32::try_from(whole.len()).map_err(|_| NumberError::Form)? + exponent;
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let point = point - i32::try_from(zeros).map_err(|_| NumberError::Form)?;
    let (digits, point) = keep_significant(&digits[zeros..], point)?;
    Ok(Digits { negative, digits, point })
}

/// Adds one to a whole number's digits.
fn add_one(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

/// Rounds half up to fifteen significant digits; refuses where a digit that counts (whole, or of the first four of the
/// fraction) would be lost.
fn keep_significant(digits: &[u8], point: i32) -> Result<(Vec<u8>, i32), NumberError> {
    if digits.len() <= SIGNIFICANT {
        return Ok((digits.to_vec(), point));
    }
    let lost = digits[SIGNIFICANT..].iter().any(|digit| *digit != 0);
    if lost && point > 11 {
        return Err(NumberError::Precision);
    }
    let mut kept = digits[..SIGNIFICANT].to_vec();
    if digits[SIGNIFICANT] >= 5 {
        add_one(&mut kept);
    }
    let carried = kept.len() > SIGNIFICANT;
    Ok((kept, point + i32::from(carried)))
}

/// Digits with the point after the first `point` of them, without superfluous zeros.
fn plain(digits: &[u8], point: i32) -> String {
    let end = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let text: String = digits[..end].iter().map(|digit| char::from(b'0' + digit)).collect();
    if text.is_empty() {
        return "0".to_owned();
    }
    match usize::try_from(point) {
        Ok(0) => format!("0.{text}"),
        Ok(point) if point >= text.len() => format!("{text}{}", "0".repeat(point - text.len())),
        Ok(point) => format!("{}.{}", &text[..point], &text[point..]),
        Err(_) => format!("0.{}{text}", "0".repeat(point.unsigned_abs() as usize)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn spreadsheet_noise_is_taken_off_and_nothing_else() {
        for (raw, exact) in [
            ("24.110000000000003", "24.11"),
            ("24.109999999999999", "24.11"),
            ("0.30000000000000004", "0.3"),
            ("1.4800000000000000E0", "1.48"),
            ("1.5E-2", "0.015"),
            ("9.9999999999999995E-3", "0.01"),
            ("5000", "5000"),
            ("-12.5", "-12.5"),
            ("0", "0"),
            ("-0", "0"),
            ("99999999999.9999", "99999999999.9999"),
            ("2.9753E+3", "2975.3"),
            ("100000000000000000000E-10", "10000000000"),
        ] {
            assert_eq!(cell_number(raw).unwrap(), exact.parse().unwrap(), "{raw}");
        }
    }

    #[test]
    fn a_format_shows_so_many_decimals_rounded_half_up() {
        for (raw, shift, decimals, shown) in [
            ("0.71285714285714286", 2, 0, "71"),
            ("0.71285714285714286", 2, 2, "71.29"),
            ("0.54", 2, 2, "54.00"),
            ("0.005", 2, 0, "1"),
            ("0.0049", 2, 0, "0"),
            ("0.995", 2, 0, "100"),
            ("9.9999999999999995E-3", 2, 1, "1.0"),
            ("1", 2, 0, "100"),
            ("0", 2, 1, "0.0"),
            ("-0.125", 2, 1, "-12.5"),
            ("-0.0001", 2, 0, "0"),
            ("33.333333333333336", 0, 1, "33.3"),
            ("1234.5", 0, 0, "1235"),
        ] {
            assert_eq!(shown_number(raw, shift, decimals).unwrap(), shown, "{raw}");
        }
        assert_eq!(shown_number("NaN", 0, 0), Err(NumberError::Form));
    }

    #[test]
    fn what_would_lose_a_digit_is_refused() {
        assert_eq!(cell_number("33.333333333333336"), Err(NumberError::Quantity(QuantityError::Decimals)));
        assert_eq!(cell_number("1234567890123456"), Err(NumberError::Precision));
        assert_eq!(cell_number("123456789012.34561"), Err(NumberError::Precision));
        assert_eq!(cell_number("1E+40"), Err(NumberError::Quantity(QuantityError::Overflow)));
        for raw in ["1e400", "NaN", "", ".", "1,000", "１２", "--1", "INF", "1e", "0x10"] {
            assert_eq!(cell_number(raw), Err(NumberError::Form), "{raw}");
        }
    }
}
