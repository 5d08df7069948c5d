//! Drafts a bulletin on a published standing. A standing that was corrected, or on which one is issued, takes no further one;
//! where an earlier bulletin of the same kind and period is issued, the draft is its correction.

use jiff::civil::Date;
use minsheng_documents::bulletin::RENDERER;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{
    Bulletin, BulletinKind, BulletinState, ComposeBulletinRequest, ComposeBulletinResponse, Snapshot,
};

use crate::bulletin::{Mark, act, record};
use crate::entity::{bulletin, snapshot, standing};
use crate::names;
use crate::stored::{read, signed};

/// Drafts a bulletin.
#[derive(Debug)]
pub struct ComposeBulletin {
    programme: String,
    snapshot: String,
    kind: BulletinKind,
    date: Date,
}

impl ComposeBulletin {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub fn parse(request: &ComposeBulletinRequest) -> Result<Self, Refusal> {
        let programme = names::programme_of("snapshot", "snapshots", &request.snapshot)?;
        let kind = match BulletinKind::try_from(request.kind) {
            Ok(BulletinKind::Unspecified) => return Err(Refusal::required("kind")),
            Ok(kind) => kind,
            Err(_) => return Err(Refusal::invalid("kind", "没有这种文种", "is no kind of bulletin")),
        };
        let date = convert::period::date("date", &request.date)?;
        Ok(Self { programme, snapshot: request.snapshot.clone(), kind, date })
    }
}

impl Command for ComposeBulletin {
    type Answer = ComposeBulletinResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.group::<standing::Entity>(self.programme.as_str());
        wants.group::<bulletin::Entity>(self.programme.as_str());
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        if rows.group::<standing::Entity>(&self.programme).iter().any(|row| row.name == self.snapshot) {
            wants.row::<snapshot::Entity>(self.snapshot.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ComposeBulletinResponse, Refusal> {
        context.authorise(Action::ComposeBulletin, &Resource::new("bulletin"))?;
        let standings = context.group::<standing::Entity>(&self.programme);
        let published = standings.iter().find(|row| row.name == self.snapshot);
        let published =
            published.ok_or_else(|| Refusal::new(Reason::StandingUnknown).with("snapshot", &self.snapshot))?;
        let certifiers = published.certified_by.lines().map(str::to_owned);
        context.authorise(Action::ComposeBulletin, &Resource::new("bulletin").with_persons(certifiers))?;
        let corrected = standings
            .iter()
            .any(|row| row.period == published.period && row.basis == published.basis && row.number > published.number);
        if corrected {
            return Err(Refusal::new(Reason::BulletinState).because(
                "这次排名已有更正，请依据更正后的排名拟稿。",
                "The standing has been corrected; compose on the corrected one.",
            ));
        }
        let bulletins = context.group::<bulletin::Entity>(&self.programme);
        let number = bulletins.iter().filter(|row| row.period == published.period).map(|row| row.number).max();
        let number = number.unwrap_or(0) + 1;
        let issued = || {
            let issued = bulletins.iter().filter(|row| row.state == i32::from(BulletinState::Issued));
            issued.filter(|row| row.kind == i32::from(self.kind))
        };
        let newest = |rows: &mut dyn Iterator<Item = &&bulletin::Model>| {
            rows.max_by_key(|row| (&row.period, row.number)).map(|row| row.name.clone()).unwrap_or_default()
        };
        if let Some(row) = issued().find(|row| row.snapshot == self.snapshot) {
            return Err(Refusal::new(Reason::BulletinState)
                .with("bulletin", &row.name)
                .because("依据这次排名的通报已经签发。", "A bulletin on this standing has been issued."));
        }
        let corrects = newest(&mut issued().filter(|row| row.period == published.period));
        let previous = newest(&mut issued().filter(|row| row.period < published.period));
        let period = published.period.clone();
        let stored = context.get::<snapshot::Entity>(&self.snapshot).ok_or_else(|| Refusal::new(Reason::Internal))?;
        let sealed: Snapshot = read(&self.snapshot, &stored.bytes)?;
        if sealed.cut_off.as_str() > self.date.to_string().as_str() {
            return Err(Refusal::invalid(
                "date",
                "不得早于数据截止日期",
                "must not lie before the figures' cut-off date",
            )
            .with("cut_off", sealed.cut_off));
        }
        let bulletin = Bulletin {
            name: names::bulletin(&self.programme, &period, number),
            snapshot: self.snapshot.clone(),
            period: period.clone(),
            state: BulletinState::Draft.into(),
            date: self.date.to_string(),
            renderer: RENDERER.to_owned(),
            demo_mark: sealed.demo_mark,
            kind: self.kind.into(),
            corrects,
            previous,
            ..Bulletin::default()
        };
        let row = bulletin::Model {
            name: bulletin.name.clone(),
            programme: self.programme.clone(),
            kind: bulletin.kind,
            period,
            number,
            state: bulletin.state,
            drafted: signed(context.next_sequence())?,
            snapshot: self.snapshot.clone(),
            published: false,
            bulletin: Vec::new(),
        };
        let bulletin = record(context, row, bulletin, act::DRAFTED, Mark::default());
        Ok(ComposeBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}
