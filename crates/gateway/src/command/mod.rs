//! The gateway's changes, one file a command.

mod change_password;
mod create_account;
mod end_session;
mod first_account;
mod open_session;
mod record_audit;
mod touch_sessions;
mod update_account;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Role;
use minsheng_kit::writer::Context;

pub(crate) use change_password::ChangePassword;
pub(crate) use create_account::CreateAccount;
pub(crate) use end_session::EndSession;
pub(crate) use first_account::FirstAccount;
pub(crate) use open_session::OpenSession;
pub(crate) use record_audit::RecordAudit;
pub(crate) use touch_sessions::{Touch, TouchSessions};
pub(crate) use update_account::UpdateAccount;

use crate::entity::{account, session};

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
