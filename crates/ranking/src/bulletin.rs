//! A bulletin as its row keeps it, the steps that move it on, and the marks that they leave.

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::Context;
use minsheng_proto::ranking::v1::{Bulletin, BulletinChanged, BulletinState, BulletinStep};
use prost::Message;

use crate::entity::bulletin;
use crate::stored::read;

const MAX_REASON: usize = 1000;

/// Acts on a bulletin, as steps and entries name them.
pub(crate) mod act {
    pub(crate) const DRAFTED: &str = "DRAFTED";
    pub(crate) const APPROVED: &str = "APPROVED";
    pub(crate) const COUNTERSIGNED: &str = "COUNTERSIGNED";
    pub(crate) const CIRCULATED: &str = "CIRCULATED";
    pub(crate) const HELD: &str = "HELD";
    pub(crate) const NUMBER_RESERVED: &str = "NUMBER_RESERVED";
    pub(crate) const ISSUED: &str = "ISSUED";
    pub(crate) const WITHDRAWN: &str = "WITHDRAWN";
}

/// A step that moves a bulletin on.
#[derive(Debug)]
pub(crate) struct Step {
    /// What it is.
    pub(crate) act: &'static str,
    /// What policies call it.
    action: Action,
    /// States that allow it.
    from: &'static [BulletinState],
    /// State that it leads to.
    to: BulletinState,
}

/// Another person of the office agrees with a draft, or with one that was held.
pub(crate) const APPROVE: Step = Step {
    act: act::APPROVED,
    action: Action::ApproveBulletin,
    from: &[BulletinState::Draft, BulletinState::Held],
    to: BulletinState::Approved,
};

/// The certifier agrees with the figures.
pub(crate) const COUNTERSIGN: Step = Step {
    act: act::COUNTERSIGNED,
    action: Action::CountersignBulletin,
    from: &[BulletinState::Approved],
    to: BulletinState::Countersigned,
};

/// The office lays it before the leaders in charge.
pub(crate) const CIRCULATE: Step = Step {
    act: act::CIRCULATED,
    action: Action::CirculateBulletin,
    from: &[BulletinState::Countersigned],
    to: BulletinState::Circulated,
};

/// A leader in charge asks to hold it, at any time before it is issued.
pub(crate) const HOLD: Step = Step {
    act: act::HELD,
    action: Action::HoldBulletin,
    from: &[BulletinState::Draft, BulletinState::Approved, BulletinState::Countersigned, BulletinState::Circulated],
    to: BulletinState::Held,
};

/// The office issues it.
pub(crate) const ISSUE: Step = Step {
    act: act::ISSUED,
    action: Action::IssueBulletin,
    from: &[BulletinState::Circulated],
    to: BulletinState::Issued,
};

/// The office gives a draft up, or makes an issued one void.
pub(crate) const WITHDRAW: Step = Step {
    act: act::WITHDRAWN,
    action: Action::WithdrawBulletin,
    from: &[
        BulletinState::Draft,
        BulletinState::Approved,
        BulletinState::Countersigned,
        BulletinState::Circulated,
        BulletinState::Held,
        BulletinState::Issued,
    ],
    to: BulletinState::Withdrawn,
};

/// What a step leaves besides who and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mark {
    /// Why.
    pub(crate) reason: String,
    /// Before whom it was laid.
    pub(crate) leaders: Vec<String>,
}

impl Mark {
    /// With a reason.
    pub(crate) fn because(reason: &str) -> Self {
        Self { reason: reason.to_owned(), leaders: Vec::new() }
    }
}

impl Step {
    /// The bulletin, if its state, its revision and who asks allow the step.
    ///
    /// # Errors
    /// BULLETIN_UNKNOWN, NOT_ALLOWED, SAME_PERSON, FIELD_REQUIRED without a revision, ETAG_MISMATCH, BULLETIN_STATE.
    pub(crate) fn open(
        &self,
        context: &Context<'_>,
        name: &str,
        etag: &str,
    ) -> Result<(bulletin::Model, Bulletin), Refusal> {
        let (row, bulletin) = find(context, name)?;
        context.authorise(self.action, &resource(&bulletin).with_persons(self.kept_from(&bulletin)))?;
        check_etag(&bulletin, etag)?;
        let state = bulletin.state();
        if !self.from.contains(&state) {
            return Err(Refusal::new(Reason::BulletinState).with("state", state.as_str_name()));
        }
        Ok((row, bulletin))
    }

    /// Who may not take it: from a withdrawal, who issued it; from every other step the drafter, and who agreed since it was
    /// drafted or last held.
    fn kept_from(&self, bulletin: &Bulletin) -> Vec<String> {
        let steps = &bulletin.steps;
        let done = |acts: &'static [&'static str], from: usize| {
            let steps = steps.iter().skip(from).filter(move |step| acts.contains(&step.act.as_str()));
            steps.map(|step| step.person.clone())
        };
        if self.act == act::WITHDRAWN {
            return done(&[act::ISSUED], 0).collect();
        }
        let held = steps.iter().rposition(|step| step.act == act::HELD).map_or(0, |place| place + 1);
        done(&[act::DRAFTED], 0).chain(done(&[act::APPROVED, act::COUNTERSIGNED], held)).collect()
    }

    /// Records the step: the bulletin is in its new state from this entry on.
    pub(crate) fn close(
        &self,
        context: &mut Context<'_>,
        row: bulletin::Model,
        mut bulletin: Bulletin,
        mark: Mark,
    ) -> Bulletin {
        bulletin.state = self.to.into();
        record(context, row, bulletin, self.act, mark)
    }

    /// Both, where the step does nothing else.
    ///
    /// # Errors
    /// As `open`.
    pub(crate) fn take(
        &self,
        context: &mut Context<'_>,
        name: &str,
        etag: &str,
        mark: Mark,
    ) -> Result<Bulletin, Refusal> {
        let (row, bulletin) = self.open(context, name, etag)?;
        Ok(self.close(context, row, bulletin, mark))
    }
}

/// The bulletin of a name, with its row.
///
/// # Errors
/// BULLETIN_UNKNOWN.
pub(crate) fn find(context: &Context<'_>, name: &str) -> Result<(bulletin::Model, Bulletin), Refusal> {
    let row = context.get::<bulletin::Entity>(name);
    let row = row.ok_or_else(|| Refusal::new(Reason::BulletinUnknown).with("bulletin", name))?;
    Ok((row.clone(), read(name, &row.bulletin)?))
}

/// The bulletin as policies see it: its state, and whether it has been issued.
pub(crate) fn resource(bulletin: &Bulletin) -> Resource {
    Resource::new("bulletin")
        .in_state(bulletin.state().as_str_name().trim_start_matches("BULLETIN_STATE_"))
        .published(is_published(bulletin))
}

/// It has been issued, and perhaps withdrawn since.
pub(crate) fn is_published(bulletin: &Bulletin) -> bool {
    !bulletin.files.is_empty()
}

/// Refuses a revision that is not the present one.
fn check_etag(bulletin: &Bulletin, etag: &str) -> Result<(), Refusal> {
    match etag {
        "" => Err(Refusal::required("etag")),
        etag if etag == bulletin.etag => Ok(()),
        _ => Err(Refusal::new(Reason::EtagMismatch).with("etag", &bulletin.etag)),
    }
}

/// Refuses a reason that is none, or too long.
///
/// # Errors
/// FIELD_REQUIRED, FIELD_INVALID.
pub(crate) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::required("reason"));
    }
    if reason.chars().count() > MAX_REASON {
        return Err(Refusal::invalid("reason", "最多1000个字符", "must be at most 1000 characters"));
    }
    Ok(())
}

/// Records a step, and keeps the bulletin as it is now with the entry's number as its revision.
pub(crate) fn record(
    context: &mut Context<'_>,
    row: bulletin::Model,
    mut bulletin: Bulletin,
    act: &str,
    mark: Mark,
) -> Bulletin {
    let sequence = context.next_sequence();
    bulletin.steps.push(BulletinStep {
        act: act.to_owned(),
        account: context.caller().account.clone(),
        person: context.caller().person.clone(),
        time: Some(clock::to_proto(context.now())),
        reason: mark.reason,
        leaders: mark.leaders,
        sequence,
    });
    bulletin.etag = sequence.to_string();
    context.record(&bulletin.name, &BulletinChanged { bulletin: Some(bulletin.clone()), act: act.to_owned() });
    let (state, published) = (bulletin.state, is_published(&bulletin));
    context.put::<bulletin::Entity>(bulletin::Model { state, published, bulletin: bulletin.encode_to_vec(), ..row });
    bulletin
}
