//! Programme documents as the domain reads them, kept decoded by their hash: a version is read once, not once a decision.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use minsheng_domain::programme::{Indicator, Programme};
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1 as catalogue;
use prost::Message;

use crate::entity::{programme_document, programme_version};

/// The documents read so far: a few a year, so that none is ever put out. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programmes(Arc<RwLock<HashMap<String, Arc<Programme>>>>);

impl Programmes {
    /// First all versions of a programme, which say by what hash its documents lie.
    pub(crate) fn wants(programme: &str, wants: &mut Wants) {
        wants.group::<programme_version::Entity>(programme);
    }

    /// Then the document of one version, unless it has been read.
    pub(crate) fn wants_more(&self, programme: &str, version: i32, rows: &Rows, wants: &mut Wants) {
        let versions = rows.group::<programme_version::Entity>(programme);
        if let Some(row) = versions.into_iter().find(|row| row.version == version)
            && self.kept(&row.document).is_none()
        {
            wants.row::<programme_document::Entity>(row.document.clone());
        }
    }

    /// The version, once its rows were asked for.
    ///
    /// # Errors
    /// FIGURES_BEHIND while the catalogue's ledger has not been followed up to it.
    pub(crate) fn get(&self, programme: &str, version: i32, context: &Context<'_>) -> Result<Arc<Programme>, Refusal> {
        let versions = context.group::<programme_version::Entity>(programme);
        let Some(row) = versions.into_iter().find(|row| row.version == version) else {
            return Err(Refusal::new(Reason::FiguresBehind).with("programme", programme).with("version", version));
        };
        if let Some(kept) = self.kept(&row.document) {
            return Ok(kept);
        }
        let document = context.get::<programme_document::Entity>(&row.document);
        let document = document.ok_or_else(|| internal("a programme version without its document"))?;
        let read = Arc::new(read(&document.document)?);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert(row.document.clone(), read.clone());
        Ok(read)
    }

    fn kept(&self, document: &str) -> Option<Arc<Programme>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(document).cloned()
    }
}

/// An indicator of a programme.
pub(crate) fn indicator<'a>(programme: &'a Programme, code: &str) -> Result<&'a Indicator, Refusal> {
    let found = programme.indicators().map(|(_, indicator)| indicator).find(|indicator| indicator.code == code);
    found.ok_or_else(|| internal("a report on an indicator that its programme version does not have"))
}

fn read(document: &[u8]) -> Result<Programme, Refusal> {
    let message = catalogue::Programme::decode(document).map_err(|_| internal("a programme document is no message"))?;
    convert::programme::to_domain(&message)
}

/// What cannot happen as long as ledgers say the truth: logged, and the caller learns no more.
pub(crate) fn internal(what: &str) -> Refusal {
    tracing::error!(what, "what is stored or followed contradicts itself");
    Refusal::new(Reason::Internal)
}
