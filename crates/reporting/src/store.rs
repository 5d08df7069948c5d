//! All queries. Whether the caller may see a row is decided by the policies on what is read here.

use minsheng_domain::period::Period;
use minsheng_kit::error::Refusal;
use minsheng_kit::ledger::LedgerReader;
use minsheng_kit::page::Page;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::ReportSubmitted;
use prost::Message;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{
    article, calendar, evidence, filer, item_list, period, programme_document, programme_version, report, unit,
};
use crate::names;
use crate::programme::internal;

/// Versions of a programme.
pub(crate) async fn versions(
    programme: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<programme_version::Model>, Refusal> {
    let of_programme = programme_version::Column::Programme.eq(programme);
    Ok(programme_version::Entity::find().filter(of_programme).all(connection).await?)
}

/// A version's document.
pub(crate) async fn document(
    sha256: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<programme_document::Model>, Refusal> {
    Ok(programme_document::Entity::find_by_id(sha256).one(connection).await?)
}

/// A year's calendar.
pub(crate) async fn calendar(year: i16, connection: &impl ConnectionTrait) -> Result<Option<calendar::Model>, Refusal> {
    Ok(calendar::Entity::find_by_id(names::calendar(year)).one(connection).await?)
}

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
pub(crate) async fn units(connection: &impl ConnectionTrait) -> Result<Vec<unit::Model>, Refusal> {
    Ok(unit::Entity::find().all(connection).await?)
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
