//! Seals a period's snapshot and publishes it: a closed month with its standings, ten days as they stand, a year's tasks. It is
//! frozen; the period is published again only as a correction, under the next number, and only if something has changed.

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{
    PublishStandingRequest, PublishStandingResponse, Snapshot, Standing, StandingPublished,
};
use prost::Message;

use crate::entity::{snapshot, standing};
use crate::snapshot::load::{Documents, MonthQuery};
use crate::snapshot::seal;
use crate::stored::{sha256, signed};

/// Publishes a month.
#[derive(Debug)]
pub struct PublishStanding {
    query: MonthQuery,
}

impl PublishStanding {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID, FIELD_REQUIRED, PERIOD_INVALID.
    pub fn parse(request: &PublishStandingRequest, documents: Documents) -> Result<Self, Refusal> {
        let query = MonthQuery::parse(&request.programme, &request.period, request.basis, &request.scheme, documents)?;
        Ok(Self { query })
    }
}

impl Command for PublishStanding {
    type Answer = PublishStandingResponse;

    fn wants(&self, wants: &mut Wants) {
        self.query.wants(wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        self.query.wants_more(rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<PublishStandingResponse, Refusal> {
        // Who has no right to publish learns nothing of the month.
        context.authorise(Action::PublishStanding, &Resource::new("standing"))?;
        let month = self.query.load(context)?;
        let certifiers = Resource::new("standing").with_persons(month.certified_by.iter().cloned());
        context.authorise(Action::PublishStanding, &certifiers)?;
        if !month.closed {
            return Err(Refusal::new(Reason::PeriodNotClosed).with("period", self.query.asked));
        }
        let cut = &month.input.cut;
        if [&cut.catalogue, &cut.reporting, &cut.verification].iter().any(|head| head.is_empty()) {
            return Err(Refusal::new(Reason::FiguresBehind));
        }
        let sealed = seal(&month.input)?;
        if let Some(published) = month.published.filter(|published| says_the_same(published, &sealed)) {
            return Err(Refusal::new(Reason::StandingPublished).with("snapshot", published.name).because(
                "该月排名已经发布，此后数据没有变化，无须更正。",
                "The month is published and nothing has changed since; there is nothing to correct.",
            ));
        }
        let bytes = sealed.encode_to_vec();
        let hash = sha256(&bytes);
        let entry = StandingPublished { name: sealed.name.clone(), snapshot: bytes.clone(), sha256: hash.clone() };
        let sequence = context.record(&sealed.name, &entry);
        let published_by = context.caller().account.clone();
        context.put::<standing::Entity>(standing::Model {
            name: sealed.name.clone(),
            programme: self.query.programme.to_string(),
            period: sealed.period.clone(),
            number: month.number,
            basis: sealed.basis,
            scheme: self.query.scheme.clone(),
            sha256: hash.clone(),
            sequence: signed(sequence)?,
            publish_time: context.now().as_millisecond(),
            published_by: published_by.clone(),
            certified_by: month.certified_by.join("\n"),
        });
        context.put::<snapshot::Entity>(snapshot::Model { name: sealed.name.clone(), bytes });
        let standing = Standing {
            snapshot: Some(sealed),
            sha256: hash,
            sequence,
            publish_time: Some(clock::to_proto(context.now())),
            published_by,
        };
        Ok(PublishStandingResponse { standing: Some(standing), receipt: None })
    }

    fn weight(&self) -> usize {
        1 << 20
    }
}

/// Whether two snapshots differ in nothing but name and cut.
fn says_the_same(published: &Snapshot, sealed: &Snapshot) -> bool {
    let mut sealed = sealed.clone();
    sealed.name.clone_from(&published.name);
    sealed.cut.clone_from(&published.cut);
    sealed == *published
}
