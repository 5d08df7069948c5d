//! The lower tiers' shares that a figure going up is made of: of a composed one all that were added up, of a submission those
//! that its breakdown shows as they stand.

use std::collections::BTreeSet;

use minsheng_domain::programme::code_at;
use minsheng_kit::error::Refusal;
use minsheng_kit::witness::same_value;
use minsheng_proto::reporting::v1::{MeasureValue, ReportSubmitted};
use minsheng_proto::tier::v1::{PartReference, Proven};
use prost::Message;

use crate::entity::tier_figure;
use crate::programme::internal;
use crate::report::Filed;

/// Entries of shares go along up to this size.
const ATTACHED_BYTES: usize = 512 * 1024;

/// A share, as it was decided on here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Share {
    /// Division of the tier.
    pub(crate) division: String,
    /// Number of the decision's entry in verification's ledger.
    pub(crate) decision: u64,
    /// Number of the submission's entry in the own ledger.
    pub(crate) submission: u64,
    /// Key of the tier's set.
    pub(crate) set_key: String,
}

impl Share {
    /// Of a tier's figures.
    pub(crate) fn of(row: &tier_figure::Model) -> Self {
        Self {
            division: row.division.clone(),
            decision: row.decision.cast_unsigned(),
            submission: row.submission.cast_unsigned(),
            set_key: row.set_key.clone(),
        }
    }

    /// Shares as a row of the outbox keeps them.
    pub(crate) fn write(shares: &[Self]) -> String {
        let line =
            |share: &Self| format!("{} {} {} {}", share.division, share.decision, share.submission, share.set_key);
        shares.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Shares that a row of the outbox keeps.
    ///
    /// # Errors
    /// INTERNAL for what cannot be read.
    pub(crate) fn read(lines: &str) -> Result<Vec<Self>, Refusal> {
        let share = |line: &str| {
            let mut parts = line.splitn(4, ' ');
            Some(Self {
                division: parts.next()?.to_owned(),
                decision: parts.next()?.parse().ok()?,
                submission: parts.next()?.parse().ok()?,
                set_key: parts.next()?.to_owned(),
            })
        };
        let shares: Option<Vec<Self>> = lines.lines().map(share).collect();
        shares.ok_or_else(|| internal("the shares of a set"))
    }
}

/// The shares that a submission's breakdown shows with the figures that they have.
///
/// # Errors
/// INTERNAL for rows that cannot be read.
pub(crate) fn shown_by(submitted: &ReportSubmitted, rows: &[tier_figure::Model]) -> Result<Vec<Share>, Refusal> {
    let values = submitted.content.as_ref().map_or(&[][..], |content| &content.values);
    let mut shown = Vec::new();
    for row in rows {
        let figures = Filed::decode(row.figures.as_slice()).map_err(|_| internal("the figures of a tier"))?.values;
        if shows(values, row, &figures) {
            shown.push(Share::of(row));
        }
    }
    Ok(shown)
}

fn shows(values: &[MeasureValue], row: &tier_figure::Model, figures: &[MeasureValue]) -> bool {
    let mut places = 0;
    for value in values {
        let Some(place) = value.breakdown.iter().find(|place| place.division == row.division) else { continue };
        let code = code_at(&value.measure, &row.division);
        let figure = figures.iter().find(|figure| figure.measure == code);
        if !figure.is_some_and(|figure| same_value(figure.value.as_ref(), place.value.as_ref())) {
            return false;
        }
        places += 1;
    }
    places > 0
}

/// What a share is proven by: decision and submission here, and what the tier itself sent with it.
#[derive(Debug)]
pub(crate) struct Attached {
    /// The share, named by its decision here.
    pub(crate) part: PartReference,
    /// Decision and submission here.
    pub(crate) own: Vec<Proven>,
    /// The tier's own entries, and what it attached.
    pub(crate) below: Vec<Proven>,
}

/// The entries that a set rests on, each once as long as they make no large message: those of this tier before those of the
/// tiers below. What is left out is named all the same, and found with the tier that has it.
pub(crate) fn attachments(attached: &[&Attached]) -> Vec<Proven> {
    let own = attached.iter().flat_map(|share| &share.own);
    let below = attached.iter().flat_map(|share| &share.below);
    let (mut seen, mut bytes, mut chosen) = (BTreeSet::new(), 0, Vec::new());
    for proven in own.chain(below) {
        let hash = proven.receipt.as_ref().map_or(&[][..], |receipt| &receipt.leaf_hash);
        let size = proven.encoded_len();
        if bytes + size <= ATTACHED_BYTES && seen.insert(hash) {
            bytes += size;
            chosen.push(proven.clone());
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_proto::common::v1::Receipt;

    use super::*;

    #[test]
    fn entries_go_along_once_each_and_this_tier_s_first_as_long_as_there_is_room() {
        let entry = |number: u8, kibibytes: usize| {
            let receipt = Receipt { leaf_hash: vec![number; 32], ..Receipt::default() };
            Proven { body: vec![number; kibibytes * 1024], receipt: Some(receipt) }
        };
        let share = |own: Vec<Proven>, below| Attached { part: PartReference::default(), own, below };
        let one = share(vec![entry(1, 100)], vec![entry(2, 300), entry(3, 10)]);
        let two = share(vec![entry(4, 200), entry(1, 100)], vec![entry(3, 10), entry(5, 1)]);
        let sent = attachments(&[&one, &two]);
        let sent: Vec<u8> = sent.iter().map(|proven| proven.body[0]).collect();
        assert_eq!(sent, [1, 4, 3, 5], "what is too large is left out");
    }

    #[test]
    fn shares_are_kept_as_lines() {
        let share = |division: &str, decision| Share {
            division: division.to_owned(),
            decision,
            submission: 3,
            set_key: format!("minsheng/{division}/verification|7|programmes/430900-2023/indicators/3.2@{division}"),
        };
        let shares = vec![share("430921", 4), share("430923", 5)];
        assert_eq!(Share::read(&Share::write(&shares)).unwrap(), shares);
        assert!(Share::read("").unwrap().is_empty());
        assert!(Share::read("430921 x 3 key").is_err());
    }
}
