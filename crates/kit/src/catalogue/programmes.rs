//! Versions of programmes: which is in force, and what each says, read once and kept as the service needs it.

use std::sync::Arc;

use minsheng_domain::calendar::ReportingRule;
use minsheng_domain::period::Period;
use minsheng_domain::programme::Programme;
use minsheng_proto::catalogue::v1 as proto;
use prost::Message;
use sea_orm::{ConnectionTrait, EntityTrait};

use super::kept::Kept;
use super::{damaged, document, head};
use crate::convert;
use crate::error::{Reason, Refusal};
use crate::store::{Rows, Wants};
use crate::writer::Context;

/// Names of all programmes that were issued.
///
/// # Errors
/// Those of the database.
pub async fn programme_names(connection: &impl ConnectionTrait) -> Result<Vec<String>, Refusal> {
    let heads = head::row::Entity::find().all(connection).await?;
    Ok(heads.into_iter().map(|head| head.name).filter(|name| name.starts_with("programmes/")).collect())
}

/// A version as it was issued, read.
#[derive(Debug)]
pub struct Version {
    /// programmes/{division}-{year}.
    pub name: String,
    /// Number of the version, from 1.
    pub number: i32,
    /// First month it is in force for.
    pub in_force_from: String,
    /// Why it was amended; empty for the first.
    pub reason: String,
    /// The document as the contract has it.
    pub document: proto::Programme,
    /// The document as the domain reckons with it, with the indicators that lower tiers report.
    pub programme: Programme,
    /// Deadlines and cut-off dates.
    pub rule: ReportingRule,
}

impl Version {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let issued = proto::ProgrammeVersion::decode(bytes).map_err(|_| damaged("a version is no message", ""))?;
        let document = issued.programme.ok_or_else(|| damaged("a version without its document", &issued.name))?;
        Ok(Self {
            programme: convert::programme::to_domain(&document)?.with_tiers(),
            rule: convert::calendar::reporting_rule(&document)?,
            name: issued.name,
            number: issued.version,
            in_force_from: issued.in_force_from,
            reason: issued.reason,
            document,
        })
    }
}

/// Versions of programmes as a service needs them: `T` is made of a version once. Clones share what was read.
#[derive(Debug)]
pub struct Programmes<T> {
    prepare: fn(Version) -> Result<T, Refusal>,
    kept: Arc<Kept<String, T>>,
}

impl<T> Clone for Programmes<T> {
    fn clone(&self) -> Self {
        Self { prepare: self.prepare, kept: self.kept.clone() }
    }
}

impl<T> Programmes<T> {
    /// Nothing is read yet; `prepare` makes of a version what the service needs of it.
    pub fn new(prepare: fn(Version) -> Result<T, Refusal>) -> Self {
        Self { prepare, kept: Arc::default() }
    }

    /// For the version in force: first which versions there are.
    pub fn wants(programme: &str, wants: &mut Wants) {
        wants.row::<head::row::Entity>(programme);
    }

    /// Then its document; once that has been read, it is given.
    pub fn wants_more(
        &self,
        programme: &str,
        period: Option<Period>,
        rows: &Rows,
        wants: &mut Wants,
    ) -> Option<Arc<T>> {
        let number = number(rows.get::<head::row::Entity>(programme)?, period)?;
        let name = document::name(programme, number);
        match rows.read::<document::row::Entity>(&name) {
            Some(row) if self.kept.get(&name).is_none() => self.keep(row).ok(),
            _ => self.kept_or_wanted(name, wants),
        }
    }

    /// The version in force in a month, or the newest where no month is given; none where none is in force yet.
    ///
    /// # Errors
    /// PROGRAMME_UNKNOWN.
    pub fn in_force(
        &self,
        programme: &str,
        period: Option<Period>,
        context: &Context<'_>,
    ) -> Result<Option<Arc<T>>, Refusal> {
        let head = context.get::<head::row::Entity>(programme).ok_or_else(|| unknown(programme))?;
        let Some(number) = number(head, period) else {
            return Ok(None);
        };
        let name = document::name(programme, number);
        if let Some(kept) = self.kept.get(&name) {
            return Ok(Some(kept));
        }
        let row = context.get::<document::row::Entity>(&name);
        self.keep(row.ok_or_else(|| damaged("a version without its document", &name))?).map(Some)
    }

    /// The same for a query.
    ///
    /// # Errors
    /// PROGRAMME_UNKNOWN, and those of the database.
    pub async fn load(
        &self,
        programme: &str,
        period: Option<Period>,
        connection: &impl ConnectionTrait,
    ) -> Result<Option<Arc<T>>, Refusal> {
        let head = head::row::Entity::find_by_id(programme).one(connection).await?;
        let Some(number) = number(&head.ok_or_else(|| unknown(programme))?, period) else {
            return Ok(None);
        };
        let name = document::name(programme, number);
        if let Some(kept) = self.kept.get(&name) {
            return Ok(Some(kept));
        }
        let row = document::row::Entity::find_by_id(name.as_str()).one(connection).await?;
        self.keep(&row.ok_or_else(|| damaged("a version without its document", &name))?).map(Some)
    }

    /// For a version that is named: its document, unless it has been read: in that case it is given.
    pub fn wants_version(&self, programme: &str, number: i32, wants: &mut Wants) -> Option<Arc<T>> {
        let name = document::name(programme, i64::from(number));
        self.kept_or_wanted(name, wants)
    }

    /// The named version.
    ///
    /// # Errors
    /// FIGURES_BEHIND while the catalogue's ledger has not been followed up to it.
    pub fn version(&self, programme: &str, number: i32, context: &Context<'_>) -> Result<Arc<T>, Refusal> {
        let name = document::name(programme, i64::from(number));
        if let Some(kept) = self.kept.get(&name) {
            return Ok(kept);
        }
        match context.get::<document::row::Entity>(&name) {
            Some(row) => self.keep(row),
            None => Err(Refusal::new(Reason::FiguresBehind).with("programme", programme).with("version", number)),
        }
    }

    fn kept_or_wanted(&self, name: String, wants: &mut Wants) -> Option<Arc<T>> {
        let kept = self.kept.get(&name);
        if kept.is_none() {
            wants.row::<document::row::Entity>(name);
        }
        kept
    }

    fn keep(&self, row: &document::row::Model) -> Result<Arc<T>, Refusal> {
        let prepared = (self.prepare)(Version::read(&row.document)?)?;
        Ok(self.kept.keep(row.name.clone(), prepared))
    }
}

fn number(head: &head::row::Model, period: Option<Period>) -> Option<i64> {
    let period = period.map(|period| period.to_string());
    head.in_force(period.as_deref())
}

fn unknown(programme: &str) -> Refusal {
    Refusal::new(Reason::ProgrammeUnknown).with("programme", programme)
}
