//! Notes that a bundle was made or taken in, and that a certificate was asked for by a file.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::tier::v1::{BundleExported, BundleImported, EnrolmentRequested};

use super::still_security_admin;
use crate::entity::{account, bundle_received, bundle_request, bundle_side};

/// Numbers that are remembered as missing; beyond them the oldest are given up.
const MOST_MISSING: usize = 200;

/// A bundle that is made.
#[derive(Debug)]
pub(crate) struct NoteSent {
    pub(crate) division: String,
    pub(crate) number: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) answers: u64,
}

impl Command for NoteSent {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bundle_side::Entity>(self.division.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        context.authorise(Action::CarryBundle, &Resource::new("bundle"))?;
        let side = context.get::<bundle_side::Entity>(&self.division).cloned().unwrap_or_default();
        let number = stored(self.number)?;
        if side.sent + 1 != number {
            // Somebody else made one at the same time.
            return Err(Refusal::new(Reason::CursorMoved));
        }
        let event = BundleExported {
            destination: self.division.clone(),
            number: self.number,
            sha256: self.sha256.to_vec(),
            answers: self.answers,
        };
        context.record(&format!("bundles/{}", self.division), &event);
        context.put::<bundle_side::Entity>(bundle_side::Model {
            division: self.division.clone(),
            sent: number,
            sent_sha256: hex::encode(self.sha256),
            send_time: context.now().as_millisecond(),
            ..side
        });
        Ok(())
    }
}

/// A bundle that was taken in.
#[derive(Debug)]
pub(crate) struct NoteReceived {
    pub(crate) division: String,
    pub(crate) number: u64,
    pub(crate) sha256: [u8; 32],
    /// Where it asks for mandates: the last entry that is known.
    pub(crate) mandates_after: Option<Option<u64>>,
}

impl Command for NoteReceived {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<bundle_side::Entity>(self.division.as_str());
        wants.row::<bundle_received::Entity>(hex::encode(self.sha256).as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        context.authorise(Action::CarryBundle, &Resource::new("bundle"))?;
        let sha256 = hex::encode(self.sha256);
        if context.get::<bundle_received::Entity>(&sha256).is_some() {
            return Ok(());
        }
        let (now, number) = (context.now().as_millisecond(), stored(self.number)?);
        let event = BundleImported { origin: self.division.clone(), number: self.number, sha256: self.sha256.to_vec() };
        context.record(&format!("bundles/{}", self.division), &event);
        context.put::<bundle_received::Entity>(bundle_received::Model {
            sha256,
            division: self.division.clone(),
            number,
            time: now,
        });
        let side = context.get::<bundle_side::Entity>(&self.division).cloned().unwrap_or_default();
        let (received, missing) = follow(side.received, side.missing(), self.number)?;
        let after = self.mandates_after.filter(|_| number >= side.received);
        let mandates_after = match after {
            Some(after) => after.map(stored).transpose()?,
            None => side.mandates_after,
        };
        context.put::<bundle_side::Entity>(bundle_side::Model {
            division: self.division.clone(),
            received,
            missing,
            receive_time: now,
            mandates_after,
            ..side
        });
        Ok(())
    }
}

/// How far the numbers are when another one has come. A number that has come already, of another bundle, is of a sender that
/// was rebuilt or restored: its numbers are counted afresh from there.
fn follow(received: i64, mut missing: Vec<u64>, number: u64) -> Result<(i64, String), Refusal> {
    let before = u64::try_from(received).unwrap_or_default();
    let highest = if number > before {
        let first = (before + 1).max(number.saturating_sub(MOST_MISSING as u64));
        missing.extend(first..number);
        number
    } else if missing.contains(&number) {
        missing.retain(|missing| *missing != number);
        before
    } else {
        missing.clear();
        number
    };
    let kept = missing.iter().skip(missing.len().saturating_sub(MOST_MISSING));
    let missing: Vec<String> = kept.map(u64::to_string).collect();
    Ok((stored(highest)?, missing.join(",")))
}

fn stored(number: u64) -> Result<i64, Refusal> {
    i64::try_from(number).map_err(|_| Refusal::new(Reason::BundleUnreadable))
}

/// A request for a certificate that goes to the parent as a file.
#[derive(Debug)]
pub(crate) struct RequestByFile {
    pub(crate) secret: String,
    pub(crate) key_file: String,
    pub(crate) request_sha256: [u8; 32],
    pub(crate) by: String,
}

impl Command for RequestByFile {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.by.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        context.authorise(Action::JoinParent, &Resource::new("parent"))?;
        still_security_admin(context)?;
        context.record("parent", &EnrolmentRequested { request_sha256: self.request_sha256.to_vec() });
        context.put::<bundle_request::Entity>(bundle_request::Model {
            id: bundle_request::KEY.to_owned(),
            secret: self.secret.clone(),
            key_file: self.key_file.clone(),
            request_sha256: hex::encode(self.request_sha256),
            time: context.now().as_millisecond(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn gaps_are_remembered_until_they_are_filled() {
        let (mut received, mut missing) = (0, Vec::new());
        let mut come = |number: u64| {
            let (highest, left) = follow(received, missing.clone(), number).unwrap();
            received = highest;
            missing = left.split(',').filter_map(|number| number.parse().ok()).collect();
            (received, left)
        };
        assert_eq!(come(1), (1, String::new()));
        assert_eq!(come(4), (4, "2,3".into()));
        assert_eq!(come(3), (4, "2".into()));
        assert_eq!(come(5), (5, "2".into()));
        assert_eq!(come(1), (1, String::new()), "another first one: the sender has begun afresh");
        assert_eq!(come(2), (2, String::new()));
        let (highest, left) = come(1_000_000);
        assert_eq!((highest, left.split(',').count()), (1_000_000, MOST_MISSING));
        assert!(follow(0, Vec::new(), u64::MAX).is_err());
    }
}
