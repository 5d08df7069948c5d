//! The generator: from the programme and a seed the whole of four months, as plain data. What is filed, when and how, what
//! comes back and what is corrected; nothing here talks to a service.

mod amend;
mod items;
mod month;
mod paths;
mod plan;
mod script;
mod spread;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tier_tests;
mod tiers;
mod words;

pub use amend::amended;
pub use month::months;
pub use plan::{AdjustPlan, ArticlePlan, Figure, Filing, ItemPlan, MonthPlan, ReportPlan, ReturnPlan, StagePlan};
pub use script::Days;
pub use tiers::{
    BESIDE_COUNTY, BESIDE_MUNICIPALITY, COUNTY, InventedReport, LEAD, MUNICIPALITY, PROVINCE, Place, Shares, answering,
    county_shares, given_codes, invented_reports, invented_shares, invented_source, municipal_source, tier_programme,
    total,
};
