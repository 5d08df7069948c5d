//! All queries. The catalogue holds what everybody of the tier may know; only drafts of programmes are kept from some.

use std::collections::BTreeSet;

use minsheng_kit::error::Refusal;
use minsheng_kit::page::Page;
use minsheng_proto::catalogue::v1 as proto;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{
    calendar, division, finding_decision, mandate, mandate_alarm, mandate_entry, mandate_feed, mandate_given,
    programme, programme_version, unit,
};
use crate::examine::{Known, divided, units_named};
use crate::mandate::asked::asked;
use crate::version;

/// Bound parameters of one statement stay far below the databases' limits.
const PARENTS_PER_SELECT: usize = 2_000;
/// More entries than this that are not understood are not told one by one.
const UNREAD: u64 = 100;

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

/// What a document is held against: its division with two levels below and those around the rows of its table, and the
/// units it names.
pub(crate) async fn known(document: &proto::Programme, connection: &impl ConnectionTrait) -> Result<Known, Refusal> {
    let own = division(&document.division, connection).await?;
    let mut parents = divided(document);
    let children = divisions_of([document.division.clone()].into(), connection).await?;
    parents.remove(&document.division);
    parents.extend(children.iter().map(|child| child.code.clone()));
    let below = divisions_of(parents, connection).await?;
    let divisions = own.into_iter().chain(children).chain(below);
    let units = unit::Entity::find().filter(unit::Column::Id.is_in(units_named(document))).all(connection).await?;
    Ok(Known {
        divisions: divisions.filter_map(|division| division.known()).collect(),
        units: units.into_iter().map(|unit| unit.id).collect(),
        mandates: match feeds(connection).await?.is_empty() {
            true => None,
            false => Some(asked(&mandates(connection).await?, document)),
        },
    })
}

/// Entries that give mandates to a lower tier, after a number: one more than is asked for.
pub(crate) async fn given(
    division: &str,
    after: Option<i64>,
    count: u64,
    connection: &impl ConnectionTrait,
) -> Result<Vec<mandate_given::Model>, Refusal> {
    let mut query = mandate_given::Entity::find().filter(mandate_given::Column::Division.eq(division));
    if let Some(after) = after {
        query = query.filter(mandate_given::Column::Sequence.gt(after));
    }
    Ok(query.order_by_asc(mandate_given::Column::Sequence).limit(count + 1).all(connection).await?)
}

/// Parents' ledgers, the one that something was last taken from at the end.
pub(crate) async fn feeds(connection: &impl ConnectionTrait) -> Result<Vec<mandate_feed::Model>, Refusal> {
    let query = mandate_feed::Entity::find().order_by_asc(mandate_feed::Column::Time);
    Ok(query.order_by_asc(mandate_feed::Column::Origin).all(connection).await?)
}

/// What parents' programmes give to this tier.
pub(crate) async fn mandates(connection: &impl ConnectionTrait) -> Result<Vec<mandate::Model>, Refusal> {
    Ok(mandate::Entity::find().order_by_asc(mandate::Column::Programme).all(connection).await?)
}

/// Entries of parents of which something is not understood.
pub(crate) async fn unread_entries(connection: &impl ConnectionTrait) -> Result<Vec<mandate_entry::Model>, Refusal> {
    let query = mandate_entry::Entity::find().filter(mandate_entry::Column::Unread.ne(0));
    Ok(query.order_by_asc(mandate_entry::Column::Key).limit(UNREAD).all(connection).await?)
}

/// Why the parent's mandates are not taken.
pub(crate) async fn alarm(connection: &impl ConnectionTrait) -> Result<Option<mandate_alarm::Model>, Refusal> {
    Ok(mandate_alarm::Entity::find_by_id(mandate_alarm::KEY).one(connection).await?)
}

/// All divisions directly below any of these.
async fn divisions_of(
    parents: BTreeSet<String>,
    connection: &impl ConnectionTrait,
) -> Result<Vec<division::Model>, Refusal> {
    let parents: Vec<String> = parents.into_iter().collect();
    let mut found = Vec::new();
    for some in parents.chunks(PARENTS_PER_SELECT) {
        let query = division::Entity::find().filter(division::Column::Parent.is_in(some.iter().map(String::as_str)));
        found.extend(query.order_by_asc(division::Column::Code).all(connection).await?);
    }
    Ok(found)
}
