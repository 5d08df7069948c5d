//! Drafts a bulletin on a published snapshot, by the template of its kind. A standing that was corrected, or on which one is
//! issued, takes no further one; where an earlier bulletin of the same kind and period is issued, the draft is its correction.

use jiff::civil::Date;
use minsheng_documents::bulletin::{RENDERER, moved};
use minsheng_documents::document::Layout;
use minsheng_documents::words::Basis;
use minsheng_domain::period::{Period, PeriodKind};
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{Bulletin, BulletinState, ComposeBulletinRequest, ComposeBulletinResponse, Snapshot};

use crate::bulletin::{Mark, act, record};
use crate::entity::{bulletin, snapshot, standing, template};
use crate::names;
use crate::stored::{read, signed};
use crate::templates::Template;

/// When there is a brief.
#[derive(Clone, Copy, Debug, Default)]
pub struct BriefRules {
    /// The monthly bulletin takes the place of a month's third brief.
    pub third_by_monthly: bool,
    /// Only when a figure differs from the brief before.
    pub only_when_moved: bool,
}

/// Drafts a bulletin.
#[derive(Debug)]
pub struct ComposeBulletin {
    programme: String,
    snapshot: String,
    template: Template,
    rules: BriefRules,
    date: Date,
}

impl ComposeBulletin {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_INVALID.
    pub(crate) fn parse(
        request: &ComposeBulletinRequest,
        template: Template,
        rules: BriefRules,
    ) -> Result<Self, Refusal> {
        let programme = names::programme_of("snapshot", "snapshots", &request.snapshot)?;
        let date = convert::period::date("date", &request.date)?;
        Ok(Self { programme, snapshot: request.snapshot.clone(), template, rules, date })
    }

    /// The snapshot's standing, if it is the newest of its period on its basis.
    fn published<'a>(&self, standings: &[&'a standing::Model]) -> Result<&'a standing::Model, Refusal> {
        let published = standings.iter().copied().find(|row| row.name == self.snapshot);
        let published =
            published.ok_or_else(|| Refusal::new(Reason::StandingUnknown).with("snapshot", &self.snapshot))?;
        let corrected = standings
            .iter()
            .any(|row| row.period == published.period && row.basis == published.basis && row.number > published.number);
        if corrected {
            return Err(Refusal::new(Reason::BulletinState).because(
                "这次排名已有更正，请依据更正后的排名拟稿。",
                "The standing has been corrected; compose on the corrected one.",
            ));
        }
        Ok(published)
    }

    /// The document's period.
    fn period(&self, published: &standing::Model) -> Result<Period, Refusal> {
        let basis = self.template.about.basis;
        let own: Option<Period> = published.period.parse().ok();
        let found = own.and_then(|own| basis.period(own));
        let found = found.ok_or_else(|| {
            Refusal::invalid(
                "snapshot",
                format!("{}应依据{}", self.template.about.title, basis.zh()),
                "is not of the period that this kind of document is written on",
            )
        })?;
        if self.rules.third_by_monthly && found.kind() == PeriodKind::TenDay && published.period.ends_with("-X3") {
            return Err(Refusal::new(Reason::BulletinState)
                .because("下旬不出简报，以月通报代替。", "The monthly bulletin takes the place of the third brief."));
        }
        Ok(found)
    }

    /// The newest snapshot on the same basis of each month of the document's period, in order; none for other periods.
    fn months(&self, period: Period, published: &standing::Model, standings: &[&standing::Model]) -> Vec<String> {
        if !matches!(self.template.about.basis, Basis::Quarter | Basis::Year) {
            return Vec::new();
        }
        let mut months: Vec<&standing::Model> = Vec::new();
        for row in standings.iter().copied().filter(|row| row.basis == published.basis) {
            let inside = row
                .period
                .parse::<Period>()
                .is_ok_and(|month| month.kind() == PeriodKind::Month && period.contains(month.first_day()));
            match months.iter_mut().find(|known| known.period == row.period) {
                _ if !inside => {}
                Some(known) if known.number < row.number => *known = row,
                Some(_) => {}
                None => months.push(row),
            }
        }
        months.sort_by(|one, other| one.period.cmp(&other.period));
        months.into_iter().map(|row| row.name.clone()).collect()
    }

    /// A brief on figures that are those of the brief before says nothing.
    fn check_moved(
        &self,
        context: &Context<'_>,
        previous: Option<&bulletin::Model>,
        now: &Snapshot,
    ) -> Result<(), Refusal> {
        let Some(before) = previous.filter(|_| self.rules.only_when_moved && self.is_brief()) else {
            return Ok(());
        };
        if moved(&sealed(context, &before.snapshot)?, now) {
            return Ok(());
        }
        Err(Refusal::new(Reason::BulletinState).with("previous", &before.name).because(
            "与上期简报相比，数据没有变化，按规定不出简报。",
            "No figure differs from the brief before, and then there is none.",
        ))
    }

    fn is_brief(&self) -> bool {
        self.template.about.layout == Layout::Brief
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
        if self.rules.only_when_moved && self.is_brief() {
            let bulletins = rows.group::<bulletin::Entity>(&self.programme);
            for row in bulletins.into_iter().filter(|row| row.kind == self.template.kind) {
                wants.row::<snapshot::Entity>(row.snapshot.as_str());
            }
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ComposeBulletinResponse, Refusal> {
        context.authorise(Action::ComposeBulletin, &Resource::new("bulletin"))?;
        let standings = context.group::<standing::Entity>(&self.programme);
        let published = self.published(&standings)?;
        let certifiers = published.certified_by.lines().map(str::to_owned);
        context.authorise(Action::ComposeBulletin, &Resource::new("bulletin").with_persons(certifiers))?;
        let of = self.period(published)?;
        let (period, months) = (of.to_string(), self.months(of, published, &standings));
        let bulletins = context.group::<bulletin::Entity>(&self.programme);
        let number = bulletins.iter().filter(|row| row.period == period).map(|row| row.number).max();
        let number = number.unwrap_or(0) + 1;
        let issued = || {
            let issued = bulletins.iter().filter(|row| row.state == i32::from(BulletinState::Issued));
            issued.filter(|row| row.kind == self.template.kind)
        };
        if let Some(row) = issued().find(|row| row.snapshot == self.snapshot && row.period == period) {
            return Err(Refusal::new(Reason::BulletinState)
                .with("bulletin", &row.name)
                .because("依据这次排名的通报已经签发。", "A bulletin on this standing has been issued."));
        }
        let order = |row: &&&bulletin::Model| (row.period.clone(), row.number);
        let corrects = issued().filter(|row| row.period == period).max_by_key(order);
        let previous = issued().filter(|row| row.period < period).max_by_key(order);
        let now = sealed(context, &self.snapshot)?;
        self.check_moved(context, previous.copied().filter(|_| corrects.is_none()), &now)?;
        if now.cut_off.as_str() > self.date.to_string().as_str() {
            return Err(Refusal::invalid(
                "date",
                "不得早于数据截止日期",
                "must not lie before the figures' cut-off date",
            )
            .with("cut_off", now.cut_off));
        }
        let name = |row: Option<&&bulletin::Model>| row.map(|row| row.name.clone()).unwrap_or_default();
        let bulletin = Bulletin {
            name: names::bulletin(&self.programme, &period, number),
            snapshot: self.snapshot.clone(),
            period: period.clone(),
            state: BulletinState::Draft.into(),
            date: self.date.to_string(),
            renderer: RENDERER.to_owned(),
            demo_mark: now.demo_mark,
            kind: self.template.kind.clone(),
            kind_title: self.template.about.title.clone(),
            brief: self.is_brief(),
            agency_word: self.template.word.clone(),
            template_sha256: self.template.sha256.clone(),
            corrects: name(corrects),
            previous: name(previous),
            months,
            ..Bulletin::default()
        };
        let row = bulletin::Model {
            name: bulletin.name.clone(),
            programme: self.programme.clone(),
            kind: bulletin.kind.clone(),
            period,
            number,
            state: bulletin.state,
            drafted: signed(context.next_sequence())?,
            snapshot: self.snapshot.clone(),
            published: false,
            bulletin: Vec::new(),
        };
        context.put::<template::Entity>(template::Model {
            sha256: hex::encode(&self.template.sha256),
            content: self.template.set.clone(),
        });
        let bulletin = record(context, row, bulletin, act::DRAFTED, Mark::default());
        Ok(ComposeBulletinResponse { bulletin: Some(bulletin), receipt: None })
    }
}

fn sealed(context: &Context<'_>, name: &str) -> Result<Snapshot, Refusal> {
    let stored = context.get::<snapshot::Entity>(name).ok_or_else(|| Refusal::new(Reason::Internal))?;
    read(name, &stored.bytes)
}
