//! Notes the first use of a lower tier's certificate, which ends the older ones.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};

use crate::entity::certificate;

/// A certificate that was used.
#[derive(Debug)]
pub(crate) struct UseCertificate {
    pub(crate) division: String,
    pub(crate) fingerprint: String,
}

impl Command for UseCertificate {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.group::<certificate::Entity>(self.division.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        let held: Vec<_> = context.group::<certificate::Entity>(&self.division).into_iter().cloned().collect();
        let waiting = |held: &&certificate::Model| held.state == certificate::ISSUED;
        let Some(used) = held.iter().find(|held| held.fingerprint == self.fingerprint).filter(waiting).cloned() else {
            return Ok(());
        };
        for older in held {
            if older.is_alive() && older.fingerprint != used.fingerprint && older.issue_time <= used.issue_time {
                context
                    .put::<certificate::Entity>(certificate::Model { state: certificate::ENDED.to_owned(), ..older });
            }
        }
        context.put::<certificate::Entity>(certificate::Model { state: certificate::USED.to_owned(), ..used });
        Ok(())
    }
}
