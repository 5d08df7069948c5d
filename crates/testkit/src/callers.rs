//! Callers and moments for tests.

use jiff::Timestamp;
use minsheng_kit::identity::{Caller, Role};

/// An account of the division 430923 with a person, a unit and posts.
pub fn caller(account: &str, person: &str, unit: &str, roles: &[Role]) -> Caller {
    Caller {
        account: account.to_owned(),
        person: person.to_owned(),
        unit: unit.to_owned(),
        division: "430923".to_owned(),
        roles: roles.iter().copied().collect(),
        service: None,
        session: format!("session-{account}"),
    }
}

/// A moment such as "2023-06-20T09:00:00+08:00".
pub fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment in RFC 3339")
}
