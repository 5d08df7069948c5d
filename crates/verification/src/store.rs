//! All queries of cases; every one starts from a scope: whose cases the caller may see.

use std::collections::BTreeSet;

use minsheng_kit::error::Refusal;
use minsheng_kit::page::Page;
use minsheng_proto::reporting::v1::ReportContent;
use minsheng_proto::verification::v1::{CaseItems, CaseState};
use prost::Message;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{case, case_items, submission};
use crate::programmes::internal;

/// Whose cases may be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// All of them.
    pub(crate) all: bool,
    /// Those that this unit leads.
    pub(crate) led_by: Option<String>,
    /// Those that this unit certifies.
    pub(crate) certified_by: Option<String>,
}

impl Scope {
    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.led_by.is_none() && self.certified_by.is_none()
    }

    fn condition(&self) -> Condition {
        if self.all {
            return Condition::all();
        }
        let mut any = Condition::any();
        if let Some(unit) = &self.led_by {
            any = any.add(case::Column::Unit.eq(unit.as_str()));
        }
        if let Some(unit) = &self.certified_by {
            any = any.add(case::Column::Certifier.eq(unit.as_str()));
        }
        any
    }
}

/// What cases are asked for.
#[derive(Clone, Debug)]
pub(crate) struct CaseQuery<'a> {
    pub(crate) programme: &'a str,
    /// Empty for all.
    pub(crate) period: &'a str,
    /// Empty for all.
    pub(crate) states: &'a [CaseState],
}

/// Cases of the versions that stand, by name: one more than the page has.
pub(crate) async fn list(
    scope: &Scope,
    query: &CaseQuery<'_>,
    page: &Page,
    connection: &impl ConnectionTrait,
) -> Result<Vec<case::Model>, Refusal> {
    if scope.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = case::Entity::find()
        .filter(scope.condition())
        .filter(case::Column::Programme.eq(query.programme))
        .filter(case::Column::Stands.eq(true));
    if !query.period.is_empty() {
        select = select.filter(case::Column::Period.eq(query.period));
    }
    if !query.states.is_empty() {
        select = select.filter(case::Column::State.is_in(query.states.iter().map(|state| *state as i32)));
    }
    if let Some(after) = &page.after {
        select = select.filter(case::Column::Name.gt(after.as_str()));
    }
    Ok(select.order_by_asc(case::Column::Name).limit(page.fetch()).all(connection).await?)
}

/// One case; whether the caller may see it is decided on the row.
pub(crate) async fn find(name: &str, connection: &impl ConnectionTrait) -> Result<Option<case::Model>, Refusal> {
    Ok(case::Entity::find_by_id(name).one(connection).await?)
}

/// What a case's version says.
pub(crate) async fn content(name: &str, connection: &impl ConnectionTrait) -> Result<Option<ReportContent>, Refusal> {
    let row = submission::Entity::find_by_id(name).one(connection).await?;
    row.map(|row| ReportContent::decode(row.content.as_slice()).map_err(|_| internal("the content of a submission")))
        .transpose()
}

/// The item lists that a case's counts were checked against, by measure.
pub(crate) async fn items(name: &str, connection: &impl ConnectionTrait) -> Result<Vec<CaseItems>, Refusal> {
    let rows = case_items::Entity::find()
        .filter(case_items::Column::CaseName.eq(name))
        .order_by_asc(case_items::Column::Key)
        .all(connection)
        .await?;
    rows.iter().map(|row| CaseItems::decode(row.items.as_slice()).map_err(|_| internal("an item list"))).collect()
}

/// Cases of months before `period` that were not returned, of these indicators: what later months build on.
pub(crate) async fn before(
    period: &str,
    programmes: BTreeSet<&str>,
    indicators: BTreeSet<&str>,
    connection: &impl ConnectionTrait,
) -> Result<Vec<case::Model>, Refusal> {
    Ok(case::Entity::find()
        .filter(case::Column::Programme.is_in(programmes))
        .filter(case::Column::Indicator.is_in(indicators))
        .filter(case::Column::Period.lt(period))
        .filter(case::Column::State.ne(CaseState::Returned as i32))
        .all(connection)
        .await?)
}
