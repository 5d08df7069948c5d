//! Judges the heads that another tier offers, keeps and cosigns those that extend what is kept, and raises an alarm about
//! those that do not. One bad head leaves the others alone.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::ledger::{LedgerVerifier, NoteError};
use minsheng_kit::store::Wants;
use minsheng_kit::witness::{Kept, Verdict, WitnessSigner, consider};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::LedgerAlarmRaised;
use minsheng_proto::tier::v1::{ExchangeHeadsResponse, HeadResult, OfferedHead};

use crate::entity::{alarm, cosigned_head, kept_head, parent, tier};

/// On which side of this tier the other one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Below,
    Above,
}

/// Heads of another tier.
#[derive(Debug)]
pub(crate) struct KeepHeads {
    pub(crate) division: String,
    pub(crate) side: Side,
    /// All of that division's ledgers.
    pub(crate) offered: Vec<OfferedHead>,
    pub(crate) witness: WitnessSigner,
    /// The other tier's witness key; empty where it was not told.
    pub(crate) witness_key: String,
    /// This tier's heads as the other one has cosigned them, checked.
    pub(crate) cosigned: Vec<cosigned_head::Model>,
}

/// First line of a checkpoint.
pub(crate) fn origin_of(checkpoint: &str) -> &str {
    checkpoint.lines().next().unwrap_or_default()
}

impl Command for KeepHeads {
    type Answer = ExchangeHeadsResponse;

    fn wants(&self, wants: &mut Wants) {
        match self.side {
            Side::Below => wants.row::<tier::Entity>(self.division.as_str()),
            Side::Above => wants.row::<parent::Entity>(parent::KEY),
        }
        for offered in &self.offered {
            wants.row::<kept_head::Entity>(origin_of(&offered.checkpoint));
            wants.row::<alarm::Entity>(origin_of(&offered.checkpoint));
        }
        for cosigned in &self.cosigned {
            wants.row::<cosigned_head::Entity>(cosigned.key.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let results = self.offered.iter().map(|offered| self.judge(offered, context)).collect::<Result<_, _>>()?;
        let now = context.now().as_millisecond();
        for cosigned in &self.cosigned {
            let before = context.get::<cosigned_head::Entity>(&cosigned.key);
            if before.is_none_or(|before| before.size <= cosigned.size) {
                context.put::<cosigned_head::Entity>(cosigned_head::Model { keep_time: now, ..cosigned.clone() });
            }
        }
        self.note(now, context);
        Ok(ExchangeHeadsResponse { results, ..ExchangeHeadsResponse::default() })
    }

    fn weight(&self) -> usize {
        4096 * (1 + self.offered.len() + self.cosigned.len())
    }
}

impl KeepHeads {
    fn judge(&self, offered: &OfferedHead, context: &mut Context<'_>) -> Result<HeadResult, Refusal> {
        let origin = origin_of(&offered.checkpoint).to_owned();
        let row = context.get::<kept_head::Entity>(&origin).cloned();
        let stored = row.as_ref().filter(|row| !row.checkpoint.is_empty());
        let kept = stored.map(|row| Kept::read(&row.verifier_key, &row.checkpoint)).transpose();
        let kept = kept.map_err(|error| {
            tracing::error!(origin, %error, "a kept head is damaged");
            Refusal::new(Reason::Internal)
        })?;
        let verdict = judge(row.as_ref(), kept.as_ref(), offered);
        let now = context.now();
        let standing = match &verdict {
            Verdict::Taken(taken) => Some(taken),
            Verdict::Same => kept.as_ref(),
            _ => None,
        };
        let mut cosigned = String::new();
        if let Some(standing) = standing {
            let seconds = u64::try_from(now.as_second()).unwrap_or_default();
            cosigned = self.witness.cosign(standing, seconds).map_err(|error| {
                tracing::error!(origin, %error, "a head cannot be cosigned");
                Refusal::new(Reason::Internal)
            })?;
        }
        if let Verdict::Taken(taken) = &verdict {
            context.put::<kept_head::Entity>(kept_head::Model {
                origin: origin.clone(),
                division: self.division.clone(),
                verifier_key: taken.verifier_key.clone(),
                size: i64::try_from(taken.size).map_err(|_| Refusal::new(Reason::Internal))?,
                checkpoint: cosigned.clone(),
                keep_time: now.as_millisecond(),
            });
        }
        if verdict.is_alarm() {
            metrics::counter!("minsheng_verification_failures_total", "service" => crate::NAME, "of" => "head")
                .increment(1);
            self.raise(&origin, &verdict, kept.as_ref(), offered, context);
        }
        Ok(verdict.answer(&origin, kept.as_ref(), cosigned))
    }

    /// An alarm that is open already only shows the newest head.
    fn raise(
        &self,
        origin: &str,
        verdict: &Verdict,
        kept: Option<&Kept>,
        offered: &OfferedHead,
        context: &mut Context<'_>,
    ) {
        let reason = verdict.reason().unwrap_or_default().to_owned();
        let kept_checkpoint = kept.map(|kept| kept.checkpoint.clone()).unwrap_or_default();
        let open = context.get::<alarm::Entity>(origin).filter(|alarm| alarm.is_open());
        let raise_time = open.map_or(context.now().as_millisecond(), |open| open.raise_time);
        if open.is_none_or(|open| open.reason != reason) {
            tracing::error!(origin, reason, "a ledger of another tier does not extend what is kept of it");
            let event = LedgerAlarmRaised {
                origin: origin.to_owned(),
                reason: reason.clone(),
                kept_checkpoint: kept_checkpoint.clone(),
                offered_checkpoint: offered.checkpoint.clone(),
            };
            context.record(origin, &event);
        }
        context.put::<alarm::Entity>(alarm::Model {
            origin: origin.to_owned(),
            division: self.division.clone(),
            reason,
            kept_checkpoint,
            offered_checkpoint: offered.checkpoint.clone(),
            verifier_key: offered.verifier_key.clone(),
            raise_time,
            resolve_time: 0,
            resolved_by: String::new(),
            resolve_reason: String::new(),
        });
    }

    fn note(&self, now: i64, context: &mut Context<'_>) {
        // The key of first sight stays until the tier enrols, or this one joins, again.
        let witness_key = |known: &String| if known.is_empty() { self.witness_key.clone() } else { known.clone() };
        match self.side {
            Side::Below => {
                if let Some(tier) = context.get::<tier::Entity>(&self.division).cloned() {
                    let witness_key = witness_key(&tier.witness_key);
                    context.put::<tier::Entity>(tier::Model { exchange_time: now, witness_key, ..tier });
                }
            }
            Side::Above => {
                let held = context.get::<parent::Entity>(parent::KEY).cloned();
                if let Some(held) = held.filter(|held| held.division == self.division) {
                    let witness_key = witness_key(&held.witness_key);
                    context.put::<parent::Entity>(parent::Model { exchange_time: now, witness_key, ..held });
                }
            }
        }
    }
}

/// The key is the one that is known; where none is, the one that is shown.
fn judge(row: Option<&kept_head::Model>, kept: Option<&Kept>, offered: &OfferedHead) -> Verdict {
    let shown = offered.verifier_key.trim();
    if row.is_some_and(|row| !shown.is_empty() && row.verifier_key != shown) {
        return Verdict::KeyChanged;
    }
    let verifier = LedgerVerifier::new(row.map_or(shown, |row| row.verifier_key.as_str()));
    let ours = |verifier: &LedgerVerifier| verifier.origin() == origin_of(&offered.checkpoint);
    match verifier.ok().filter(ours) {
        Some(verifier) => consider(kept, offered, &verifier),
        None => Verdict::Unsigned(NoteError::Key),
    }
}
