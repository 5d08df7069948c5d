//! Periods and dates as they travel: each has one canonical form, and another form is refused.

use jiff::civil::Date;
use minsheng_domain::period::{Period, PeriodError, PeriodKind};

use crate::error::{Reason, Refusal};

/// A period of the named field: 2023, 2023-Q2, 2023-06 or 2023-06-X1.
///
/// # Errors
/// PERIOD_INVALID.
pub fn period(field: &str, text: &str) -> Result<Period, Refusal> {
    text.parse()
        .map_err(|error: PeriodError| Refusal::new(Reason::PeriodInvalid).field(field, error.zh(), error.to_string()))
}

/// A month of the named field.
///
/// # Errors
/// PERIOD_INVALID.
pub fn month(field: &str, text: &str) -> Result<Period, Refusal> {
    let parsed = period(field, text)?;
    if parsed.kind() == PeriodKind::Month {
        return Ok(parsed);
    }
    Err(Refusal::new(Reason::PeriodInvalid).field(field, "须为一个月，写作2023-06", "must be a month, written 2023-06"))
}

/// A month of this year.
///
/// # Errors
/// PERIOD_INVALID.
pub fn month_of_year(field: &str, text: &str, year: i16) -> Result<Period, Refusal> {
    let parsed = month(field, text)?;
    if parsed.calendar_year() == year {
        return Ok(parsed);
    }
    Err(Refusal::new(Reason::PeriodInvalid).field(
        field,
        format!("须为{year}年的一个月"),
        format!("must be a month of {year}"),
    ))
}

/// A date of the named field, written 2023-06-20 and not otherwise.
///
/// # Errors
/// FIELD_INVALID.
pub fn date(field: &str, text: &str) -> Result<Date, Refusal> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let parsed = if shape { text.parse::<Date>().ok() } else { None };
    parsed.ok_or_else(|| Refusal::invalid(field, "须为日期，写作2023-06-20", "must be a date, written 2023-06-20"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn months_have_one_form() {
        assert_eq!(month_of_year("period", "2023-06", 2023).unwrap().to_string(), "2023-06");
        for wrong in [
            "",
            "2023",
            "2023-Q2",
            "2023-06-X1",
            "2023-13",
            "2023-00",
            "2023-6",
            "25-1",
            "9999-01",
            "2023-06 ",
            "２０２３-06",
        ] {
            let refusal = month("period", wrong).unwrap_err();
            assert_eq!(
                (refusal.reason, refusal.violations[0].field.as_str()),
                (Reason::PeriodInvalid, "period"),
                "{wrong}"
            );
        }
        assert_eq!(month_of_year("period", "2024-06", 2023).unwrap_err().reason, Reason::PeriodInvalid);
    }

    #[test]
    fn dates_have_one_form() {
        assert_eq!(date("due", "2024-02-29").unwrap().to_string(), "2024-02-29");
        for wrong in [
            "",
            "2023-02-29",
            "20230220",
            "2023-2-20",
            "2023-02-20T00:00",
            "2023/02/20",
            "+023-02-20",
            "２０２３-02-20",
        ] {
            assert_eq!(date("due", wrong).unwrap_err().reason, Reason::FieldInvalid, "{wrong}");
        }
    }
}
