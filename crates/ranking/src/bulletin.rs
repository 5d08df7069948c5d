//! A bulletin as its row keeps it, and the marks that its steps leave.

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Resource;
use minsheng_kit::writer::Context;
use minsheng_proto::ranking::v1::{Bulletin, BulletinChanged, BulletinState, BulletinStep};
use prost::Message;

use crate::entity::bulletin;
use crate::stored::read;

/// Acts on a bulletin, as steps and entries name them.
pub(crate) mod act {
    pub(crate) const DRAFTED: &str = "DRAFTED";
    pub(crate) const APPROVED: &str = "APPROVED";
    pub(crate) const HELD: &str = "HELD";
    pub(crate) const NUMBER_RESERVED: &str = "NUMBER_RESERVED";
    pub(crate) const ISSUED: &str = "ISSUED";
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

/// The bulletin as policies see it: by its drafter, its state, and whether it is issued.
pub(crate) fn resource(row: &bulletin::Model, bulletin: &Bulletin) -> Resource {
    Resource::new("bulletin")
        .with_persons([row.drafter.clone()])
        .in_state(bulletin.state().as_str_name().trim_start_matches("BULLETIN_STATE_"))
        .published(bulletin.state() == BulletinState::Issued)
}

/// Refuses a revision that is not the present one.
///
/// # Errors
/// FIELD_REQUIRED without a revision, ETAG_MISMATCH.
pub(crate) fn check_etag(bulletin: &Bulletin, etag: &str) -> Result<(), Refusal> {
    match etag {
        "" => Err(Refusal::required("etag")),
        etag if etag == bulletin.etag => Ok(()),
        _ => Err(Refusal::new(Reason::EtagMismatch).with("etag", &bulletin.etag)),
    }
}

/// Refuses a step that the bulletin's state does not allow.
///
/// # Errors
/// BULLETIN_STATE with the state.
pub(crate) fn check_state(bulletin: &Bulletin, allowed: &[BulletinState]) -> Result<(), Refusal> {
    let state = bulletin.state();
    if allowed.contains(&state) {
        return Ok(());
    }
    Err(Refusal::new(Reason::BulletinState).with("state", state.as_str_name()))
}

/// Records a step, and keeps the bulletin as it is now with the entry's number as its revision.
pub(crate) fn record(
    context: &mut Context<'_>,
    row: bulletin::Model,
    mut bulletin: Bulletin,
    act: &str,
    reason: &str,
) -> Bulletin {
    bulletin.steps.push(BulletinStep {
        act: act.to_owned(),
        account: context.caller().account.clone(),
        person: context.caller().person.clone(),
        time: Some(clock::to_proto(context.now())),
        reason: reason.to_owned(),
    });
    bulletin.etag = context.next_sequence().to_string();
    context.record(&bulletin.name, &BulletinChanged { bulletin: Some(bulletin.clone()), act: act.to_owned() });
    let state = bulletin.state;
    context.put::<bulletin::Entity>(bulletin::Model { state, bulletin: bulletin.encode_to_vec(), ..row });
    bulletin
}
