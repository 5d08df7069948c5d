//! Keys of rows that follow from resource names.

use minsheng_kit::convert::name::{ProgrammeName, ReportName, of_programme};
use minsheng_kit::error::Refusal;

/// Key of a programme's month.
pub(crate) fn month(programme: &str, period: &str) -> String {
    format!("{programme}/{period}")
}

/// Key of the month that a report belongs to.
pub(crate) fn month_of(report: &ReportName) -> String {
    month(&report.indicator.programme.to_string(), &report.period.to_string())
}

/// Name of a numbered version of a report, a programme or a scheme.
pub(crate) fn version(of: &str, version: i32) -> String {
    format!("{of}/versions/{version}")
}

/// Name of a published snapshot.
pub(crate) fn snapshot(programme: &ProgrammeName, period: &str, number: i32) -> String {
    format!("{programme}/snapshots/{period}-{number}")
}

/// Name of a bulletin.
pub(crate) fn bulletin(programme: &str, period: &str, number: i32) -> String {
    format!("{programme}/bulletins/{period}-{number}")
}

/// The programme that a snapshot or bulletin belongs to.
///
/// # Errors
/// FIELD_INVALID for another form of name.
pub(crate) fn programme_of(field: &str, collection: &str, name: &str) -> Result<String, Refusal> {
    of_programme(field, collection, name).map(|(programme, _)| programme.to_string())
}
