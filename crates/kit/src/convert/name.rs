//! Resource names, taken apart and put together. Each has one form; another is refused by the name of its field.

use std::fmt;

use minsheng_domain::division::DivisionCode;
use minsheng_domain::period::Period;
use minsheng_domain::programme::tier_of_unit;
use minsheng_domain::programme::tiers::AT;

use super::period;
use crate::error::Refusal;

/// programmes/{division}-{year}.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProgrammeName {
    /// Code of the division.
    pub division: String,
    /// The year.
    pub year: i16,
}

/// programmes/{division}-{year}/indicators/{code}.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndicatorName {
    /// The programme.
    pub programme: ProgrammeName,
    /// Code of the indicator, for example 3.2 or m1.1; 3.2@430923 for what the lower tier of that division reports of it.
    pub code: String,
}

/// programmes/{division}-{year}/indicators/{code}/measures/{code}-{number}.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeasureName {
    /// The indicator.
    pub indicator: IndicatorName,
    /// Code of the measure, for example 3.2-1.
    pub code: String,
}

/// programmes/{division}-{year}/indicators/{code}/reports/{period}.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReportName {
    /// The indicator.
    pub indicator: IndicatorName,
    /// The month, of the programme's year.
    pub period: Period,
}

/// programmes/{division}-{year}/indicators/{code}/reports/{period}/versions/{number}.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionName {
    /// The report.
    pub report: ReportName,
    /// Number of the submitted version, from 1.
    pub version: i32,
}

impl ProgrammeName {
    /// Reads a name that came in the named field.
    ///
    /// # Errors
    /// FIELD_INVALID, as for all names here.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        Self::read(text).ok_or_else(|| form(field, "programmes/{division}-{year}"))
    }

    fn read(text: &str) -> Option<Self> {
        let (division, year) = text.strip_prefix("programmes/")?.split_once('-')?;
        division.parse::<DivisionCode>().ok()?;
        let year = (year.len() == 4).then(|| year.parse::<Period>().ok()).flatten()?;
        Some(Self { division: division.to_owned(), year: year.calendar_year() })
    }
}

impl IndicatorName {
    /// Reads a name that came in the named field.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        Self::read(text).ok_or_else(|| form(field, "programmes/{division}-{year}/indicators/{code}"))
    }

    fn read(text: &str) -> Option<Self> {
        let (programme, code) = text.split_once("/indicators/")?;
        let programme = ProgrammeName::read(programme)?;
        is_reported_code(code).then(|| Self { programme, code: code.to_owned() })
    }
}

impl MeasureName {
    /// Reads a name that came in the named field.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let parts = text.split_once("/measures/");
        let parts = parts.and_then(|(indicator, code)| Some((IndicatorName::read(indicator)?, code)));
        parts
            .filter(|(indicator, code)| {
                let number = code.strip_prefix(indicator.code.as_str()).and_then(|rest| rest.strip_prefix('-'));
                number.and_then(counting).is_some()
            })
            .map(|(indicator, code)| Self { indicator, code: code.to_owned() })
            .ok_or_else(|| form(field, "programmes/{division}-{year}/indicators/{code}/measures/{code}-{number}"))
    }
}

impl ReportName {
    /// Reads a name that came in the named field.
    ///
    /// # Errors
    /// FIELD_INVALID; PERIOD_INVALID for a period that is no month of the programme's year.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let parts = text.split_once("/reports/");
        let parts = parts.and_then(|(indicator, period)| Some((IndicatorName::read(indicator)?, period)));
        let Some((indicator, month)) = parts.filter(|(_, period)| !period.contains('/')) else {
            return Err(form(field, "programmes/{division}-{year}/indicators/{code}/reports/{period}"));
        };
        let period = period::month_of_year(field, month, indicator.programme.year)?;
        Ok(Self { indicator, period })
    }
}

impl VersionName {
    /// Reads a name that came in the named field.
    ///
    /// # Errors
    /// FIELD_INVALID; PERIOD_INVALID for a period that is no month of the programme's year.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let parts = text.split_once("/versions/").and_then(|(report, number)| Some((report, counting(number)?)));
        let Some((report, version)) = parts else {
            let wanted = "programmes/{division}-{year}/indicators/{code}/reports/{period}/versions/{number}";
            return Err(form(field, wanted));
        };
        Ok(Self { report: ReportName::parse(field, report)?, version })
    }
}

/// A name of one collection with an id of 2 to 40 of a–z, 0–9 and "-": units/{id}, schemes/{id}; gives the id.
///
/// # Errors
/// FIELD_INVALID.
pub fn simple<'a>(field: &str, collection: &str, text: &'a str) -> Result<&'a str, Refusal> {
    let id = text.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/'));
    id.filter(|id| is_id(id)).ok_or_else(|| form(field, &format!("{collection}/{{id}}")))
}

/// divisions/{code}; gives the code.
///
/// # Errors
/// FIELD_INVALID.
pub fn division<'a>(field: &str, text: &'a str) -> Result<&'a str, Refusal> {
    let code = text.strip_prefix("divisions/").filter(|code| code.parse::<DivisionCode>().is_ok());
    code.ok_or_else(|| form(field, "divisions/{code}"))
}

/// calendars/{year}; gives the year.
///
/// # Errors
/// FIELD_INVALID.
pub fn calendar(field: &str, text: &str) -> Result<i16, Refusal> {
    let year = text.strip_prefix("calendars/").filter(|year| year.len() == 4);
    let year = year.and_then(|year| year.parse::<Period>().ok());
    year.map(Period::calendar_year).ok_or_else(|| form(field, "calendars/{year}"))
}

/// A thing of a programme: programmes/{division}-{year}/{collection}/{id}, such as a snapshot, a bulletin, an article;
/// gives programme and id.
///
/// # Errors
/// FIELD_INVALID.
pub fn of_programme<'a>(field: &str, collection: &str, text: &'a str) -> Result<(ProgrammeName, &'a str), Refusal> {
    let between = format!("/{collection}/");
    let parts = text.split_once(&between).and_then(|(programme, id)| Some((ProgrammeName::read(programme)?, id)));
    let plain =
        |id: &str| (1..=60).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    parts
        .filter(|(_, id)| plain(id))
        .ok_or_else(|| form(field, &format!("programmes/{{division}}-{{year}}/{collection}/{{id}}")))
}

/// Whether a text is an id: 2 to 40 of a–z, 0–9, "-".
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (2..=40).contains(&text.len()) && text.bytes().all(plain)
}

/// Whether a text may be the id of a unit of this tier: ids of lower tiers are kept for them.
pub fn is_unit_id(text: &str) -> bool {
    is_id(text) && tier_of_unit(text).is_none()
}

/// Whether a text is an indicator's code: {project}.{number}, with m before a monitored project's.
pub fn is_indicator_code(text: &str) -> bool {
    let parts = text.strip_prefix('m').unwrap_or(text).split_once('.');
    parts.is_some_and(|(project, number)| counting(project).is_some() && counting(number).is_some())
}

/// The same, or what the lower tier of a division reports of it: {code}@{division}.
fn is_reported_code(text: &str) -> bool {
    match text.split_once(AT) {
        Some((code, division)) => is_indicator_code(code) && division.parse::<DivisionCode>().is_ok(),
        None => is_indicator_code(text),
    }
}

/// A whole number from 1 in its one form.
fn counting(text: &str) -> Option<i32> {
    let plain =
        (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

fn form(field: &str, form: &str) -> Refusal {
    Refusal::invalid(field, format!("名称应写作{form}"), format!("must be written {form}"))
}

impl fmt::Display for ProgrammeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "programmes/{}-{}", self.division, self.year)
    }
}

impl fmt::Display for IndicatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/indicators/{}", self.programme, self.code)
    }
}

impl fmt::Display for ReportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/reports/{}", self.indicator, self.period)
    }
}

impl fmt::Display for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/versions/{}", self.report, self.version)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Reason;

    #[test]
    fn names_come_back_as_they_were() {
        let text = "programmes/430923-2023/indicators/m1.1/reports/2023-06/versions/12";
        let name = VersionName::parse("name", text).unwrap();
        assert_eq!(name.to_string(), text);
        assert_eq!((name.version, name.report.indicator.code.as_str()), (12, "m1.1"));
        assert_eq!(name.report.indicator.programme, ProgrammeName { division: "430923".into(), year: 2023 });
        assert_eq!(simple("name", "units", "units/jyj").unwrap(), "jyj");
        assert_eq!(division("name", "divisions/430923L01").unwrap(), "430923L01");
        assert_eq!(calendar("name", "calendars/2023").unwrap(), 2023);
        let tier = "programmes/430900-2023/indicators/3.2@430923/reports/2023-06";
        let name = ReportName::parse("name", tier).unwrap();
        assert_eq!((name.to_string().as_str(), name.indicator.code.as_str()), (tier, "3.2@430923"));
        let measure = "programmes/430900-2023/indicators/3.2/measures/3.2-1";
        assert_eq!(MeasureName::parse("measure", measure).unwrap().code, "3.2-1");
        let bulletin = of_programme("name", "bulletins", "programmes/430923-2023/bulletins/2023-06-1").unwrap();
        assert_eq!(bulletin.1, "2023-06-1");
    }

    #[test]
    fn other_forms_are_refused() {
        for wrong in [
            "",
            "430923-2023",
            "programmes/430923",
            "programmes/430923-23",
            "programmes/430923-2023/",
            "programmes/-2023",
            "programmes/430923-9999",
            "programmes/430923-+202",
            "programmes/4309231-2023",
            "Programmes/430923-2023",
            "programmes/430923-2023-1",
            "programmes/'; DROP TABLE-2023",
            "programmes/%-2023",
        ] {
            assert_eq!(ProgrammeName::parse("name", wrong).unwrap_err().reason, Reason::FieldInvalid, "{wrong}");
        }
        for wrong in ["3", "3.", ".2", "3.02", "M1.1", "mm1.1", "3.2-1", "3.2.1", "03.2", "3.２"] {
            assert!(!is_indicator_code(wrong), "{wrong}");
        }
        let report = "programmes/430923-2023/indicators/3.2/reports/";
        for wrong in ["2023", "2023-Q2", "2024-06", "2023-6", ""] {
            let refusal = ReportName::parse("name", &format!("{report}{wrong}")).unwrap_err();
            assert_eq!(refusal.reason, Reason::PeriodInvalid, "{wrong}");
        }
        for wrong in ["0", "01", "-1", "1/x", "", "9999999999"] {
            let refusal = VersionName::parse("name", &format!("{report}2023-06/versions/{wrong}")).unwrap_err();
            assert_eq!(refusal.reason, Reason::FieldInvalid, "{wrong}");
        }
        for wrong in ["3.2@", "@430923", "3.2@430923@1", "3.2@x", "3.2-1@430923"] {
            assert!(
                ReportName::parse("name", &format!("programmes/430900-2023/indicators/{wrong}/reports/2023-06"))
                    .is_err()
            );
        }
        for wrong in ["3.1-1", "3.2", "3.2-", "3.2-01", "3.2-x", "3.2-1/x"] {
            let name = format!("programmes/430900-2023/indicators/3.2/measures/{wrong}");
            assert!(MeasureName::parse("measure", &name).is_err(), "{wrong}");
        }
        for wrong in ["units/J", "units/a", "units/jyj/x", "unit/jyj", "units/教育局", "units/"] {
            assert!(simple("name", "units", wrong).is_err(), "{wrong}");
        }
    }
}
