//! The gateway's changes, one file a command.

mod bundle;
mod change_password;
mod create_account;
mod create_code;
mod end_session;
mod enrol_tier;
mod first_account;
mod keep_heads;
mod open_session;
mod parent;
mod record_audit;
mod renew_tier;
mod resolve_alarm;
mod revoke_tier;
mod touch_sessions;
mod update_account;
mod use_certificate;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Role;
use minsheng_kit::writer::Context;
use minsheng_proto::tier::v1::LedgerKey;

pub(crate) use bundle::{NoteReceived, NoteSent, RequestByFile};
pub(crate) use change_password::ChangePassword;
pub(crate) use create_account::CreateAccount;
pub(crate) use create_code::CreateCode;
pub(crate) use end_session::EndSession;
pub(crate) use enrol_tier::EnrolTier;
pub(crate) use first_account::FirstAccount;
pub(crate) use keep_heads::{KeepHeads, Side, origin_of};
pub(crate) use open_session::OpenSession;
pub(crate) use parent::{ForgetOldKeys, JoinParent, LeaveParent, RenewParent};
pub(crate) use record_audit::RecordAudit;
pub(crate) use renew_tier::RenewTier;
pub(crate) use resolve_alarm::ResolveAlarm;
pub(crate) use revoke_tier::RevokeTier;
pub(crate) use touch_sessions::{Touch, TouchSessions};
pub(crate) use update_account::UpdateAccount;
pub(crate) use use_certificate::UseCertificate;

use crate::entity::{account, enrolment_code, kept_head, session};

/// A moment that is stored in milliseconds.
fn moment(milliseconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

/// Takes the unused codes of a division back; it must have been asked for as a group.
fn end_codes(division: &str, context: &mut Context<'_>) {
    let codes = context.group::<enrolment_code::Entity>(division).into_iter();
    let unused: Vec<_> = codes.filter(|code| code.request_sha256.is_empty()).cloned().collect();
    for code in unused {
        context.put::<enrolment_code::Entity>(enrolment_code::Model { expire_time: 0, ..code });
    }
}

/// A ledger of which only the key is known yet.
fn first_sight(division: &str, ledger: &LedgerKey, now: i64) -> kept_head::Model {
    kept_head::Model {
        origin: ledger.origin.clone(),
        division: division.to_owned(),
        verifier_key: ledger.verifier_key.clone(),
        size: 0,
        checkpoint: String::new(),
        keep_time: now,
    }
}

/// The security administrator must still be one at this moment: of two who switch each other off, one remains.
fn still_security_admin(context: &Context<'_>) -> Result<(), Refusal> {
    let own = context.get::<account::Entity>(&context.caller().account);
    let still = own.is_some_and(|own| !own.disabled && own.roles().contains(&Role::SecurityAdmin));
    still.then_some(()).ok_or_else(|| Refusal::new(Reason::TokenInvalid))
}

/// Ends an account's sessions, but not the one of this token.
fn end_sessions(account: &str, except: &str, context: &mut Context<'_>) {
    let open = context.group::<session::Entity>(account).into_iter();
    let ended: Vec<session::Model> = open
        .filter(|session| !session.ended && session.token_sha256 != except)
        .map(|session| session::Model { ended: true, ..session.clone() })
        .collect();
    for session in ended {
        context.put::<session::Entity>(session);
    }
}

/// An administrator's person holds that one post and no other, whatever the account.
fn keep_administrators_apart(account: &account::Model, context: &Context<'_>) -> Result<(), Refusal> {
    if account.disabled {
        return Ok(());
    }
    let mut held = account.roles();
    for other in context.group::<account::Entity>(&account.person) {
        if other.id != account.id && !other.disabled {
            held.extend(other.roles());
        }
    }
    let administers =
        held.iter().any(|role| matches!(role, Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin));
    if administers && held.len() > 1 {
        return Err(Refusal::invalid(
            "account.roles",
            "系统、安全、审计管理员各由专人担任，同一人（不论用哪个账号）不得兼任其他岗位",
            "a system, security or audit administrator holds no other post, whatever the account",
        ));
    }
    Ok(())
}
