//! The steps of the demonstration, each callable by itself: real tables, loading, a month's filing, decisions, closing,
//! publishing, tracing; and between tiers joining, adding up, ranking and proving.

mod above;
mod catalogue;
mod decide;
mod file;
mod load;
mod publish;
mod real;
mod same;
mod tiers;
mod trace;

pub use above::{all_filed, compose_month, invented_month, outgoing, rank_tiers, settle_tiers};
pub use decide::{close_month, decide_month};
pub use file::file_month;
pub use load::{Loaded, amend, load};
pub use publish::{Published, issue_bulletin, publish_month};
pub use real::real_tables;
pub use same::{exchange_heads, same_figures, told};
pub use tiers::{answer_mandates, found_tier, join_parent, mandates};
pub use trace::trace_figure;

use minsheng_proto::common::v1::RowFailure;

use crate::error::DemoError;

/// The officers and the certifier do most of a month; the chief issues.
pub(crate) const OFFICER: &str = "ssb.office1";
pub(crate) const SECOND_OFFICER: &str = "ssb.office2";
pub(crate) const CHIEF: &str = "ssb.chief";
pub(crate) const CERTIFIER: &str = "tjj.certifier";
/// Who looks into ledgers.
pub(crate) const AUDITOR: &str = "audit-admin";

/// Name of a report.
pub(crate) fn report_name(programme: &str, indicator: &str, period: &str) -> String {
    format!("{programme}/indicators/{indicator}/reports/{period}")
}

/// A bulk call in which rows were refused is an error here.
pub(crate) fn all_taken(what: &str, failures: &[RowFailure]) -> Result<(), DemoError> {
    let Some(first) = failures.first() else { return Ok(()) };
    let fields = first.violations.iter().map(|field| format!("{}：{}", field.field, field.description));
    let fields = fields.collect::<Vec<_>>().join("；");
    let told = format!(
        "{what}：{}行被拒绝，第一行{}：{}（{}）{fields}",
        failures.len(),
        first.id,
        first.message,
        first.reason
    );
    Err(DemoError::Unexpected(told))
}
