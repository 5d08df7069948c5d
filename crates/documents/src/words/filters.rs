//! Filters that templates write figures and lists with. Figures are exact decimal strings and stay so; nothing here counts in
//! binary fractions. Numbers follow GB/T 15835: Arabic digits for what is counted, 万 and 亿 for what is large.

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};
use minsheng_domain::quantity::Quantity;

use crate::text;

/// Puts the filters in, and takes out what counts in binary fractions or passes marks on.
pub(super) fn put_in(environment: &mut Environment<'_>) {
    for name in ["float", "round", "safe", "int", "abs"] {
        environment.remove_filter(name);
    }
    environment.add_filter("顿号", listed);
    environment.add_filter("中文数字", chinese);
    environment.add_filter("日期", date);
    environment.add_filter("万亿", large);
    environment.add_filter("百分数", percent);
    environment.add_filter("绝对值", magnitude);
    environment.add_filter("去句号", without_stop);
    environment.add_test("上升", |value: String| quantity(&value).map(|it| it > Quantity::ZERO));
    environment.add_test("下降", |value: String| quantity(&value).map(Quantity::is_negative));
    environment.add_filter("名单", named);
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn quantity(text: &str) -> Result<Quantity, Error> {
    text.parse().map_err(|_| refused(format!("“{text}”不是数")))
}

fn texts(values: &Value) -> Result<Vec<String>, Error> {
    values.try_iter()?.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).map(Ok).collect()
}

/// Items with 、 between them.
fn listed(values: &Value) -> Result<String, Error> {
    Ok(text::list(texts(values)?))
}

/// The same with each item once, in order of first appearance.
fn named(values: &Value, options: Kwargs) -> Result<Vec<String>, Error> {
    let attribute: Option<String> = options.get("attribute")?;
    options.assert_all_used()?;
    let mut seen: Vec<String> = Vec::new();
    for value in values.try_iter()? {
        let value = match &attribute {
            Some(attribute) => value.get_attr(attribute)?,
            None => value,
        };
        let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    Ok(seen)
}

/// 1 is 一: for 1 to 99, otherwise the digits.
fn chinese(value: usize) -> String {
    text::chinese_number(value)
}

/// 2023-06-02 is 2023年6月2日.
fn date(value: String) -> String {
    text::date_text(&value)
}

/// Text without the full stop at its end, so that a sentence can go on.
fn without_stop(value: String) -> String {
    value.trim_end_matches(['。', '；', ' ']).to_owned()
}

/// A decimal with the percent sign.
fn percent(value: String) -> Result<String, Error> {
    quantity(&value)?;
    Ok(format!("{value}%"))
}

/// A decimal without its sign.
fn magnitude(value: String) -> Result<String, Error> {
    quantity(&value)?;
    Ok(value.trim_start_matches(['-', '−']).to_owned())
}

/// 330000 is 33万, 52242 is 5.2242万, 120000000 is 1.2亿, 4500 stays: always exactly the number that it was. A unit that
/// begins with 万 or 亿 already is left alone.
fn large(value: &Value, options: Kwargs) -> Result<String, Error> {
    let unit: String = options.get::<Option<String>>("unit")?.unwrap_or_default();
    options.assert_all_used()?;
    let digits = match value.kind() {
        ValueKind::String | ValueKind::Number => value.to_string(),
        _ => return Err(refused("万亿只用于数".to_owned())),
    };
    let number = quantity(&digits)?;
    let scaled = i128::from(number.scaled());
    if unit.starts_with(['万', '亿']) || scaled.abs() < 10_000 * SCALE {
        return Ok(format!("{digits}{unit}"));
    }
    for (by, word) in [(100_000_000, "亿"), (10_000, "万")] {
        if scaled.abs() >= by * SCALE && scaled % by == 0 {
            let part = i64::try_from(scaled / by).map_err(|error| refused(error.to_string()))?;
            return Ok(format!("{}{word}{unit}", Quantity::from_scaled(part)));
        }
    }
    Ok(format!("{digits}{unit}"))
}

/// Quantities are kept in ten-thousandths.
const SCALE: i128 = 10_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(template: &str) -> Result<String, Error> {
        let mut environment = Environment::new();
        put_in(&mut environment);
        environment.render_str(template, ())
    }

    #[test]
    fn large_numbers_stay_exactly_what_they_are() {
        for (number, expected) in [
            ("4500", "4500人"),
            ("9999.9999", "9999.9999人"),
            ("10000", "1万人"),
            ("330000", "33万人"),
            ("52242", "5.2242万人"),
            ("-52242", "-5.2242万人"),
            ("120000000", "1.2亿人"),
            ("123456789", "12345.6789万人"),
            ("52242.5", "52242.5人"),
        ] {
            assert_eq!(shown(&format!("{{{{ '{number}'|万亿(unit='人') }}}}")).unwrap(), expected);
        }
        assert_eq!(shown("{{ '710000'|万亿(unit='万方') }}").unwrap(), "710000万方");
        assert!(shown("{{ '一万'|万亿 }}").is_err());
    }

    #[test]
    fn figures_are_never_binary_fractions() {
        for template in ["{{ '1.5'|float }}", "{{ '1.5'|round }}", "{{ '<b>'|safe }}"] {
            assert!(shown(template).is_err(), "{template}");
        }
        assert_eq!(shown("{{ '-12.8'|绝对值 }}、{{ '46.8'|百分数 }}").unwrap(), "12.8、46.8%");
        assert_eq!(shown("{{ '2023-06-02'|日期 }}第{{ 12|中文数字 }}").unwrap(), "2023年6月2日第十二");
        assert_eq!(shown("{{ ['甲', '乙', '甲']|名单|顿号 }}").unwrap(), "甲、乙");
        assert_eq!(shown("{{ '-0.1' is 下降 }}{{ '0' is 上升 }}").unwrap(), "TrueFalse");
    }
}
