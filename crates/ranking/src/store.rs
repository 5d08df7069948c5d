//! All queries of the service. Each starts from a scheme, from a programme, or from a name.

use minsheng_kit::error::Refusal;
use minsheng_kit::page::Page;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{bulletin, scheme, snapshot, standing, template};
use crate::names;

/// A version of a scheme; the newest for 0.
///
/// # Errors
/// Those of the database.
pub(crate) async fn scheme(
    name: &str,
    version: i32,
    connection: &DatabaseConnection,
) -> Result<Option<scheme::Model>, Refusal> {
    if version > 0 {
        return Ok(scheme::Entity::find_by_id(names::version(name, version)).one(connection).await?);
    }
    let versions = scheme::Entity::find().filter(scheme::Column::Scheme.eq(name));
    Ok(versions.order_by_desc(scheme::Column::Version).one(connection).await?)
}

/// Newest versions by id.
///
/// # Errors
/// Those of the database.
pub(crate) async fn schemes(page: &Page, connection: &DatabaseConnection) -> Result<Vec<scheme::Model>, Refusal> {
    let mut ids = scheme::Entity::find().select_only().column(scheme::Column::Scheme).distinct();
    if let Some(after) = &page.after {
        ids = ids.filter(scheme::Column::Scheme.gt(after.as_str()));
    }
    let ids: Vec<String> =
        ids.order_by_asc(scheme::Column::Scheme).limit(page.fetch()).into_tuple().all(connection).await?;
    let rows = scheme::Entity::find().filter(scheme::Column::Scheme.is_in(ids));
    let mut rows =
        rows.order_by_asc(scheme::Column::Scheme).order_by_desc(scheme::Column::Version).all(connection).await?;
    rows.dedup_by(|later, earlier| later.scheme == earlier.scheme);
    Ok(rows)
}

/// A published standing with its snapshot's bytes.
///
/// # Errors
/// Those of the database.
pub(crate) async fn standing(
    name: &str,
    connection: &DatabaseConnection,
) -> Result<Option<(standing::Model, snapshot::Model)>, Refusal> {
    let row = standing::Entity::find_by_id(name).one(connection).await?;
    let bytes = snapshot::Entity::find_by_id(name).one(connection).await?;
    Ok(row.zip(bytes))
}

/// Published standings of a programme with their snapshots' bytes, newest first.
///
/// # Errors
/// Those of the database.
pub(crate) async fn standings(
    programme: &str,
    page: &Page,
    connection: &DatabaseConnection,
) -> Result<Vec<(standing::Model, Option<snapshot::Model>)>, Refusal> {
    let mut rows = standing::Entity::find().filter(standing::Column::Programme.eq(programme));
    if let Some(after) = number(page) {
        rows = rows.filter(standing::Column::Sequence.lt(after));
    }
    let rows = rows.order_by(standing::Column::Sequence, Order::Desc).limit(page.fetch()).all(connection).await?;
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut sealed = snapshot::Entity::find().filter(snapshot::Column::Name.is_in(names)).all(connection).await?;
    let found = rows.into_iter().map(|row| {
        let place = sealed.iter().position(|sealed| sealed.name == row.name);
        let bytes = place.map(|place| sealed.swap_remove(place));
        (row, bytes)
    });
    Ok(found.collect())
}

/// A bulletin.
///
/// # Errors
/// Those of the database.
pub(crate) async fn bulletin(name: &str, connection: &DatabaseConnection) -> Result<Option<bulletin::Model>, Refusal> {
    Ok(bulletin::Entity::find_by_id(name).one(connection).await?)
}

/// A kept set of templates, encoded.
///
/// # Errors
/// Those of the database.
pub(crate) async fn templates(sha256: &[u8], connection: &DatabaseConnection) -> Result<Option<Vec<u8>>, Refusal> {
    let row = template::Entity::find_by_id(hex::encode(sha256)).one(connection).await?;
    Ok(row.map(|row| row.content))
}

/// Bulletins of a programme, newest first; only those that have been issued where drafts are not for the caller.
///
/// # Errors
/// Those of the database.
pub(crate) async fn bulletins(
    programme: &str,
    drafts: bool,
    page: &Page,
    connection: &DatabaseConnection,
) -> Result<Vec<bulletin::Model>, Refusal> {
    let mut rows = bulletin::Entity::find().filter(bulletin::Column::Programme.eq(programme));
    if !drafts {
        rows = rows.filter(bulletin::Column::Published.eq(true));
    }
    if let Some(after) = number(page) {
        rows = rows.filter(bulletin::Column::Drafted.lt(after));
    }
    Ok(rows.order_by(bulletin::Column::Drafted, Order::Desc).limit(page.fetch()).all(connection).await?)
}

/// The number that a page goes on from.
fn number(page: &Page) -> Option<i64> {
    page.after.as_deref().and_then(|after| after.parse().ok())
}
