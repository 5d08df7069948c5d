//! A month's snapshot as figures stand now. It is computed where a publication would be, over the same rows, and stores
//! nothing: it runs as a call that only validates.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{PreviewStandingRequest, PreviewStandingResponse};

use crate::snapshot::load::{Documents, MonthQuery};
use crate::snapshot::seal;

/// Computes a snapshot.
#[derive(Debug)]
pub struct PreviewStanding {
    query: MonthQuery,
}

impl PreviewStanding {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID, FIELD_REQUIRED, PERIOD_INVALID.
    pub fn parse(request: &PreviewStandingRequest, documents: Documents) -> Result<Self, Refusal> {
        let query = MonthQuery::parse(&request.programme, &request.period, request.basis, &request.scheme, documents)?;
        Ok(Self { query })
    }
}

impl Command for PreviewStanding {
    type Answer = PreviewStandingResponse;

    fn wants(&self, wants: &mut Wants) {
        self.query.wants(wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        self.query.wants_more(rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<PreviewStandingResponse, Refusal> {
        context.authorise(Action::PreviewStanding, &Resource::new("standing"))?;
        let month = self.query.load(context)?;
        Ok(PreviewStandingResponse { snapshot: Some(seal(&month.input)?) })
    }
}
