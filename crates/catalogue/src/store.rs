//! All queries. The catalogue holds what everybody of the tier may know; only drafts of programmes are kept from some.

use minsheng_kit::error::Refusal;
use minsheng_kit::page::Page;
use minsheng_proto::catalogue::v1 as proto;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{calendar, division, finding_decision, programme, programme_version, unit};
use crate::examine::{Known, units_named};
use crate::version;

/// Which programmes may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Drafts too.
    All,
    /// Issued ones.
    Issued,
}

/// One division.
pub(crate) async fn division(
    code: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<division::Model>, Refusal> {
    Ok(division::Entity::find_by_id(code).one(connection).await?)
}

/// Divisions directly below one by code: one more than the page has.
pub(crate) async fn divisions(
    parent: &str,
    page: &Page,
    connection: &impl ConnectionTrait,
) -> Result<Vec<division::Model>, Refusal> {
    let mut query = division::Entity::find().filter(division::Column::Parent.eq(parent));
    if let Some(after) = &page.after {
        query = query.filter(division::Column::Code.gt(after.as_str()));
    }
    Ok(query.order_by_asc(division::Column::Code).limit(page.fetch()).all(connection).await?)
}

/// One unit.
pub(crate) async fn unit(id: &str, connection: &impl ConnectionTrait) -> Result<Option<unit::Model>, Refusal> {
    Ok(unit::Entity::find_by_id(id).one(connection).await?)
}

/// Units by id: one more than the page has.
pub(crate) async fn units(page: &Page, connection: &impl ConnectionTrait) -> Result<Vec<unit::Model>, Refusal> {
    let mut query = unit::Entity::find();
    if let Some(after) = &page.after {
        query = query.filter(unit::Column::Id.gt(after.as_str()));
    }
    Ok(query.order_by_asc(unit::Column::Id).limit(page.fetch()).all(connection).await?)
}

/// One calendar.
pub(crate) async fn calendar(
    name: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<calendar::Model>, Refusal> {
    Ok(calendar::Entity::find_by_id(name).one(connection).await?)
}

/// A programme's head.
pub(crate) async fn programme(
    name: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<programme::Model>, Refusal> {
    Ok(programme::Entity::find_by_id(name).one(connection).await?)
}

/// Programmes by name: one more than the page has.
pub(crate) async fn programmes(
    scope: Scope,
    page: &Page,
    connection: &impl ConnectionTrait,
) -> Result<Vec<programme::Model>, Refusal> {
    let mut query = programme::Entity::find();
    if scope == Scope::Issued {
        query = query.filter(programme::Column::Newest.gt(0));
    }
    if let Some(after) = &page.after {
        query = query.filter(programme::Column::Name.gt(after.as_str()));
    }
    Ok(query.order_by_asc(programme::Column::Name).limit(page.fetch()).all(connection).await?)
}

/// One version of a programme, 0 for the draft.
pub(crate) async fn version(
    name: &str,
    number: i32,
    connection: &impl ConnectionTrait,
) -> Result<Option<programme_version::Model>, Refusal> {
    Ok(programme_version::Entity::find_by_id(version::key(name, number)).one(connection).await?)
}

/// All versions of a programme, the draft among them, by number.
pub(crate) async fn versions(
    name: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<programme_version::Model>, Refusal> {
    let query = programme_version::Entity::find().filter(programme_version::Column::Programme.eq(name));
    Ok(query.order_by_asc(programme_version::Column::Version).all(connection).await?)
}

/// The newest versions of these programmes.
pub(crate) async fn newest(
    heads: &[programme::Model],
    connection: &impl ConnectionTrait,
) -> Result<Vec<programme_version::Model>, Refusal> {
    let keys = heads.iter().map(|head| version::key(&head.name, head.newest));
    let query = programme_version::Entity::find().filter(programme_version::Column::Key.is_in(keys));
    Ok(query.order_by_asc(programme_version::Column::Programme).all(connection).await?)
}

/// Decisions on the findings of a programme.
pub(crate) async fn decisions(
    name: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<finding_decision::Model>, Refusal> {
    let query = finding_decision::Entity::find().filter(finding_decision::Column::Programme.eq(name));
    Ok(query.order_by_asc(finding_decision::Column::Key).all(connection).await?)
}

/// What a document is held against: its division with two levels below, and the units it names.
pub(crate) async fn known(document: &proto::Programme, connection: &impl ConnectionTrait) -> Result<Known, Refusal> {
    let own = division(&document.division, connection).await?;
    let children = division::Entity::find().filter(division::Column::Parent.eq(document.division.as_str()));
    let children = children.order_by_asc(division::Column::Code).all(connection).await?;
    let parents = children.iter().map(|child| child.code.as_str());
    let below = division::Entity::find().filter(division::Column::Parent.is_in(parents)).all(connection).await?;
    let divisions = own.into_iter().chain(children).chain(below);
    let units = unit::Entity::find().filter(unit::Column::Id.is_in(units_named(document))).all(connection).await?;
    Ok(Known {
        divisions: divisions.filter_map(|division| division.known()).collect(),
        units: units.into_iter().map(|unit| unit.id).collect(),
    })
}
