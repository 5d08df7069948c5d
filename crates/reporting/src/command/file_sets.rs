//! Takes in a lower tier's sets, each for itself.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::common::v1::{Receipt, RowFailure};
use minsheng_proto::tier::v1::{FileSetsResponse, FiledSet};

use super::{Desk, Rules};
use crate::entity::tier_alarm;
use crate::tier::{self, Alarm, Proved};

/// Sets whose proofs were checked, and those that were refused by that.
#[derive(Debug)]
pub(crate) struct FileSets {
    pub(crate) sets: Vec<Proved>,
    pub(crate) refused: Vec<RowFailure>,
    /// What people must look into.
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) rules: Rules,
}

impl Command for FileSets {
    type Answer = FileSetsResponse;

    fn wants(&self, wants: &mut Wants) {
        for alarm in &self.alarms {
            wants.row::<tier_alarm::Entity>(alarm.key());
        }
        for set in &self.sets {
            tier::wants_line(set, wants);
            tier::wants_report(&set.name, wants);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        for set in &self.sets {
            Desk::wants_more(&set.name, &self.rules, rows, wants);
            self.rules.programmes.wants_more(&set.name.programme, None, rows, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<FileSetsResponse, Refusal> {
        context.authorise(Action::FileSets, &Resource::new("report"))?;
        for alarm in &self.alarms {
            alarm.raise(context);
        }
        let mut answer = FileSetsResponse { failures: self.refused.clone(), ..FileSetsResponse::default() };
        for proved in &self.sets {
            let id = proved.set.id.clone();
            match tier::keep(proved, &self.rules, context) {
                // Whoever answers the call puts the proof to the number.
                Ok(sequence) => {
                    let receipt = Some(Receipt { sequence, ..Receipt::default() });
                    answer.filed.push(FiledSet { id, receipt });
                }
                Err(refusal) => {
                    if refusal.reason == Reason::EntryConflict {
                        tier::quarantine(proved, context)?;
                    }
                    answer.failures.push(refusal.row(id));
                }
            }
        }
        Ok(answer)
    }

    fn weight(&self) -> usize {
        self.sets.iter().map(|set| set.bytes.len()).sum()
    }
}
