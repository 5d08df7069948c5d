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
    let text = plain(&digits, point);
    let signed = if negative && text != "0" { format!("-{text}") } else { text };
    signed.parse().map_err(NumberError::Quantity)
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
    if digits[SIGNIFICANT] < 5 {
        return Ok((kept, point));
    }
    for digit in kept.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return Ok((kept, point));
        }
        *digit = 0;
    }
    kept.insert(0, 1);
    Ok((kept, point + 1))
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
