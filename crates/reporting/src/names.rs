//! Keys of rows that are no resource names, and the names of reports as commands need them.

use minsheng_domain::period::Period;
use minsheng_kit::convert::name;
use minsheng_kit::error::Refusal;

/// A report's name in its parts, each as rows have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportName {
    /// The whole.
    pub(crate) name: String,
    /// programmes/{division}-{year}.
    pub(crate) programme: String,
    /// programmes/{division}-{year}/indicators/{code}.
    pub(crate) indicator_name: String,
    /// Code of the indicator.
    pub(crate) indicator: String,
    /// The programme's year.
    pub(crate) year: i16,
    /// The month.
    pub(crate) period: Period,
}

impl ReportName {
    /// Reads a name that came in the named field.
    ///
    /// # Errors
    /// FIELD_INVALID; PERIOD_INVALID for what is no month of the programme's year.
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let parsed = name::ReportName::parse(field, text)?;
        Ok(Self {
            name: text.to_owned(),
            programme: parsed.indicator.programme.to_string(),
            indicator_name: parsed.indicator.to_string(),
            year: parsed.indicator.programme.year,
            indicator: parsed.indicator.code,
            period: parsed.period,
        })
    }

    /// The name of another month's report or indicator of the same programme.
    pub(crate) fn of(programme: &str, year: i16, indicator: &str, period: Period) -> Self {
        let indicator_name = format!("{programme}/indicators/{indicator}");
        Self {
            name: format!("{indicator_name}/reports/{period}"),
            programme: programme.to_owned(),
            indicator_name,
            indicator: indicator.to_owned(),
            year,
            period,
        }
    }
}

/// Key of a programme's month.
pub(crate) fn month(programme: &str, period: Period) -> String {
    format!("{programme}|{period}")
}

/// Key of an account's month.
pub(crate) fn filer(programme: &str, period: Period, account: &str) -> String {
    format!("{programme}|{period}|{account}")
}

/// Key of a measure's item list.
pub(crate) fn item_list(programme: &str, measure: &str) -> String {
    format!("{programme}|{measure}")
}

/// Name of a unit's article.
pub(crate) fn article(programme: &str, unit: &str, period: Period) -> String {
    format!("{programme}/articles/{unit}-{period}")
}

/// Code of the indicator that a measure's code belongs to: 3.2 of 3.2-1.
pub(crate) fn indicator_of(measure: &str) -> Option<&str> {
    measure.rsplit_once('-').map(|(indicator, _)| indicator)
}
