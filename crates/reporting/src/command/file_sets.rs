//! Takes in a lower tier's sets, each for itself.

use std::collections::BTreeSet;

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::common::v1::{Receipt, RowFailure};
use minsheng_proto::tier::v1::{FileSetsResponse, FiledSet};
use prost::Message;

use super::{Desk, Rules};
use crate::entity::tier_key;
use crate::tier::{self, Proved};

/// Sets whose proofs were checked, and those that were refused by that.
#[derive(Debug)]
pub(crate) struct FileSets {
    pub(crate) sets: Vec<Proved>,
    pub(crate) refused: Vec<RowFailure>,
    pub(crate) rules: Rules,
}

impl Command for FileSets {
    type Answer = FileSetsResponse;

    fn wants(&self, wants: &mut Wants) {
        let origins: BTreeSet<&str> =
            self.sets.iter().flat_map(|set| &set.keys).map(|(origin, _)| origin.as_str()).collect();
        for origin in origins {
            wants.row::<tier_key::Entity>(origin);
        }
        for set in &self.sets {
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
        let mut answer = FileSetsResponse { failures: self.refused.clone(), ..FileSetsResponse::default() };
        for proved in &self.sets {
            let id = proved.set.id.clone();
            match tier::keep(proved, &self.rules, context) {
                // Whoever answers the call puts the proof to the number.
                Ok(sequence) => {
                    let receipt = Some(Receipt { sequence, ..Receipt::default() });
                    answer.filed.push(FiledSet { id, receipt });
                }
                Err(refusal) => answer.failures.push(refusal.row(id)),
            }
        }
        Ok(answer)
    }

    fn weight(&self) -> usize {
        self.sets.iter().map(|set| set.set.encoded_len()).sum()
    }
}
