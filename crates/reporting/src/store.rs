//! All queries. Whether the caller may see a row is decided by the policies on what is read here.

use std::collections::{BTreeMap, BTreeSet};

use minsheng_domain::period::Period;
use minsheng_kit::catalogue::unit;
use minsheng_kit::error::Refusal;
use minsheng_kit::ledger::LedgerReader;
use minsheng_kit::page::Page;
use minsheng_proto::catalogue::v1::Unit;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::ReportSubmitted;
use prost::Message;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{
    article, evidence, filer, item_list, outbox, parent_programme, period, report, tier_alarm, tier_figure, tier_key,
    tier_set,
};
use crate::names;
use crate::programme::internal;
use crate::uplink::OutboxState;

/// A year's reports of an indicator.
pub(crate) async fn reports_of_indicator(
    indicator_name: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<report::Model>, Refusal> {
    let of_indicator = report::Column::IndicatorName.eq(indicator_name);
    Ok(report::Entity::find().filter(of_indicator).all(connection).await?)
}

/// A month's reports of a programme.
pub(crate) async fn reports_of_month(
    programme: &str,
    period: Period,
    connection: &impl ConnectionTrait,
) -> Result<Vec<report::Model>, Refusal> {
    Ok(report::Entity::find()
        .filter(report::Column::Programme.eq(programme))
        .filter(report::Column::Period.eq(period.to_string()))
        .all(connection)
        .await?)
}

/// Item lists of an indicator.
pub(crate) async fn item_lists(
    indicator_name: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<item_list::Model>, Refusal> {
    let of_indicator = item_list::Column::IndicatorName.eq(indicator_name);
    Ok(item_list::Entity::find().filter(of_indicator).all(connection).await?)
}

/// A measure's item list.
pub(crate) async fn item_list(
    name: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<item_list::Model>, Refusal> {
    Ok(item_list::Entity::find_by_id(name).one(connection).await?)
}

/// Evidence files by hash.
pub(crate) async fn evidence(
    hashes: &[String],
    connection: &impl ConnectionTrait,
) -> Result<Vec<evidence::Model>, Refusal> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = evidence::Column::Sha256.is_in(hashes.iter().map(String::as_str));
    Ok(evidence::Entity::find().filter(wanted).all(connection).await?)
}

/// For how many units an account has filed in a month.
pub(crate) async fn filer(name: &str, connection: &impl ConnectionTrait) -> Result<Option<filer::Model>, Refusal> {
    Ok(filer::Entity::find_by_id(name).one(connection).await?)
}

/// Whether a month is closed.
pub(crate) async fn closed(programme: &str, month: Period, connection: &impl ConnectionTrait) -> Result<bool, Refusal> {
    let row = period::Entity::find_by_id(names::month(programme, month)).one(connection).await?;
    Ok(row.is_some())
}

/// A month's articles by name.
pub(crate) async fn articles(
    programme: &str,
    month: Period,
    connection: &impl ConnectionTrait,
) -> Result<Vec<article::Model>, Refusal> {
    let of_month = article::Column::Month.eq(names::month(programme, month));
    Ok(article::Entity::find().filter(of_month).all(connection).await?)
}

/// A page of a month's articles by unit: one more than the page has.
pub(crate) async fn article_page(
    programme: &str,
    month: Period,
    page: &Page,
    connection: &impl ConnectionTrait,
) -> Result<Vec<article::Model>, Refusal> {
    let mut select = article::Entity::find().filter(article::Column::Month.eq(names::month(programme, month)));
    if let Some(after) = &page.after {
        select = select.filter(article::Column::Unit.gt(after.as_str()));
    }
    Ok(select.order_by_asc(article::Column::Unit).limit(page.fetch()).all(connection).await?)
}

/// All units.
pub(crate) async fn units(connection: &impl ConnectionTrait) -> Result<Vec<Unit>, Refusal> {
    unit::row::Entity::find().all(connection).await?.iter().map(unit::row::Model::read).collect()
}

/// What a submitted version says, from its entry.
pub(crate) async fn submitted(sequence: i64, ledger: &LedgerReader) -> Result<Option<ReportSubmitted>, Refusal> {
    let Ok(sequence) = u64::try_from(sequence) else {
        return Ok(None);
    };
    let entry = ledger.entry(sequence).await?.ok_or_else(|| internal("a submission without its entry"))?;
    let body = EntryBody::decode(entry.body.as_slice()).map_err(|_| internal("the entry of a submission"))?;
    ReportSubmitted::decode(body.payload).map(Some).map_err(|_| internal("the entry of a submission"))
}

/// Reports by name.
pub(crate) async fn reports(
    names: &[String],
    connection: &impl ConnectionTrait,
) -> Result<Vec<report::Model>, Refusal> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let named = report::Column::Name.is_in(names.iter().map(String::as_str));
    Ok(report::Entity::find().filter(named).all(connection).await?)
}

/// Keys of lower tiers' ledgers.
pub(crate) async fn tier_keys(connection: &impl ConnectionTrait) -> Result<Vec<tier_key::Model>, Refusal> {
    Ok(tier_key::Entity::find().all(connection).await?)
}

/// What lower tiers report of a whole, by division.
pub(crate) async fn tier_figures(
    whole: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<tier_figure::Model>, Refusal> {
    let of_whole = tier_figure::Entity::find().filter(tier_figure::Column::Whole.eq(whole));
    Ok(of_whole.order_by_asc(tier_figure::Column::Division).all(connection).await?)
}

/// Alarms about lower tiers' filings, by ledger.
pub(crate) async fn tier_alarms(
    with_resolved: bool,
    connection: &impl ConnectionTrait,
) -> Result<Vec<tier_alarm::Model>, Refusal> {
    let mut select = tier_alarm::Entity::find();
    if !with_resolved {
        select = select.filter(tier_alarm::Column::ResolveTime.eq(0));
    }
    let ordered = select.order_by_asc(tier_alarm::Column::Origin).order_by_asc(tier_alarm::Column::Key);
    Ok(ordered.all(connection).await?)
}

/// Sets of lower tiers by key.
pub(crate) async fn tier_sets(
    keys: &BTreeSet<&str>,
    connection: &impl ConnectionTrait,
) -> Result<Vec<tier_set::Model>, Refusal> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let named = tier_set::Column::Key.is_in(keys.iter().copied());
    Ok(tier_set::Entity::find().filter(named).all(connection).await?)
}

/// The newest sets of a tier's reports: one more than the page has.
pub(crate) async fn newest_sets(
    division: &str,
    programme: &str,
    month: &str,
    page: &Page,
    connection: &impl ConnectionTrait,
) -> Result<Vec<tier_set::Model>, Refusal> {
    let mut select = tier_set::Entity::find()
        .filter(tier_set::Column::Programme.eq(programme))
        .filter(tier_set::Column::Division.eq(division))
        .filter(tier_set::Column::Newest.eq(true));
    if !month.is_empty() {
        select = select.filter(tier_set::Column::Period.eq(month));
    }
    if let Some(after) = &page.after {
        select = select.filter(tier_set::Column::Key.gt(after.as_str()));
    }
    Ok(select.order_by_asc(tier_set::Column::Key).limit(page.fetch()).all(connection).await?)
}

/// The oldest sets that the parent has not answered.
pub(crate) async fn outbox_pending(
    most: usize,
    connection: &impl ConnectionTrait,
) -> Result<Vec<outbox::Model>, Refusal> {
    Ok(outbox::Entity::find()
        .filter(outbox::Column::State.eq(OutboxState::Pending as i32))
        .order_by_asc(outbox::Column::Key)
        .limit(most as u64)
        .all(connection)
        .await?)
}

/// How many sets the parent has not answered, and since when the oldest waits, in milliseconds since 1970.
pub(crate) async fn outbox_backlog(connection: &impl ConnectionTrait) -> Result<(i64, Option<i64>), Refusal> {
    let found = outbox::Entity::find()
        .filter(outbox::Column::State.eq(OutboxState::Pending as i32))
        .select_only()
        .column_as(outbox::Column::Key.count(), "count")
        .column_as(outbox::Column::PutTime.min(), "since")
        .into_tuple::<(i64, Option<i64>)>()
        .one(connection)
        .await?;
    Ok(found.unwrap_or_default())
}

/// How many sets the parent refused.
pub(crate) async fn outbox_refused(connection: &impl ConnectionTrait) -> Result<i64, Refusal> {
    let found = outbox::Entity::find()
        .filter(outbox::Column::State.eq(OutboxState::Refused as i32))
        .select_only()
        .column_as(outbox::Column::Key.count(), "count")
        .into_tuple::<i64>()
        .one(connection)
        .await?;
    Ok(found.unwrap_or_default())
}

/// The oldest of them that follow a key.
pub(crate) async fn outbox_pending_after(
    after: &str,
    most: usize,
    connection: &impl ConnectionTrait,
) -> Result<Vec<outbox::Model>, Refusal> {
    Ok(outbox::Entity::find()
        .filter(outbox::Column::State.eq(OutboxState::Pending as i32))
        .filter(outbox::Column::Key.gt(after))
        .order_by_asc(outbox::Column::Key)
        .limit(most as u64)
        .all(connection)
        .await?)
}

/// A page of the outbox: one more than the page has.
pub(crate) async fn outbox_page(
    programme: &str,
    state: Option<i32>,
    page: &Page,
    connection: &impl ConnectionTrait,
) -> Result<Vec<outbox::Model>, Refusal> {
    let mut select = outbox::Entity::find();
    if !programme.is_empty() {
        select = select.filter(outbox::Column::Programme.eq(programme));
    }
    if let Some(state) = state {
        select = select.filter(outbox::Column::State.eq(state));
    }
    if let Some(after) = &page.after {
        select = select.filter(outbox::Column::Key.gt(after.as_str()));
    }
    Ok(select.order_by_asc(outbox::Column::Key).limit(page.fetch()).all(connection).await?)
}

/// Versions of the parent's programmes by name.
pub(crate) async fn parent_programmes(connection: &impl ConnectionTrait) -> Result<BTreeMap<String, i32>, Refusal> {
    let rows = parent_programme::Entity::find().all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.version)).collect())
}
