//! A parent's mandates for one division: each entry names the number of the one before it for the same division, so that
//! one that was withheld, repeated or put in another order is noticed by the next.

use minsheng_proto::tier::v1::MandatesGiven;
use prost::Name;
use thiserror::Error;

use super::ProvenEntry;

/// What is wrong with a feed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FeedFault {
    /// The entry names one before it that never came.
    #[error("entry {sequence} follows entry {missing}, which was withheld")]
    Withheld {
        /// The entry.
        sequence: u64,
        /// The one that is missing.
        missing: u64,
    },
    /// The entry came before.
    #[error("entry {0} came before")]
    Repeated(u64),
    /// The entry is older than the one before it in the feed.
    #[error("entry {sequence} comes after entry {after}")]
    Reordered {
        /// The entry.
        sequence: u64,
        /// The one that it came after.
        after: u64,
    },
    /// The entry leaves out one that did come: there are two feeds for this division.
    #[error("entry {sequence} denies entry {known}, which was given before")]
    Denied {
        /// The entry.
        sequence: u64,
        /// The one that it should name.
        known: u64,
    },
    /// The entry gives nothing to this division.
    #[error("entry {sequence} is for division {division}")]
    OtherDivision {
        /// The entry.
        sequence: u64,
        /// Whom it is for.
        division: String,
    },
    /// The entry says that it gives mandates, and cannot be read.
    #[error("entry {0} cannot be read")]
    Unreadable(u64),
    /// The entry is of another ledger than those before it.
    #[error("entry {sequence} is of the ledger {origin}")]
    OtherLedger {
        /// The entry.
        sequence: u64,
        /// Its ledger.
        origin: String,
    },
}

/// An entry of the feed, in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct MandateEntry {
    /// Its number, to be kept as the last known.
    pub sequence: u64,
    /// What it gives; none for a kind that is not known here, which is kept and passed over with a finding.
    pub given: Option<MandatesGiven>,
}

/// Checks entries that continue the feed of `division` in the ledger `origin` after `last`, the number of the newest one
/// known; all are given back, or none. A kind that is not known has its place by its number alone, and the next known one
/// must name it. That the newest entry is withheld shows only when the next one comes.
///
/// # Errors
/// The first thing that is wrong.
pub fn follow_feed(
    origin: &str,
    division: &str,
    last: Option<u64>,
    entries: &[ProvenEntry],
) -> Result<Vec<MandateEntry>, FeedFault> {
    let mut known = last;
    let mut taken: Vec<MandateEntry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let sequence = entry.sequence;
        if entry.origin() != origin {
            return Err(FeedFault::OtherLedger { sequence, origin: entry.origin().to_owned() });
        }
        if let Some(after) = known.filter(|known| sequence <= *known) {
            let is_new = last.is_none_or(|last| sequence > last);
            let came = taken.iter().any(|taken| taken.sequence == sequence);
            return Err(match is_new && !came {
                true => FeedFault::Reordered { sequence, after },
                false => FeedFault::Repeated(sequence),
            });
        }
        let given = read(entry)?;
        if let Some(given) = &given {
            check_place(sequence, given, division, known).map_err(|fault| in_batch(fault, entries))?;
        }
        known = Some(sequence);
        taken.push(MandateEntry { sequence, given });
    }
    Ok(taken)
}

/// An entry that seems withheld and stands elsewhere in the batch was only put in another order.
fn in_batch(fault: FeedFault, entries: &[ProvenEntry]) -> FeedFault {
    match fault {
        FeedFault::Withheld { sequence, missing } if entries.iter().any(|entry| entry.sequence == missing) => {
            FeedFault::Reordered { sequence: missing, after: sequence }
        }
        other => other,
    }
}

fn read(entry: &ProvenEntry) -> Result<Option<MandatesGiven>, FeedFault> {
    if entry.kind != MandatesGiven::full_name() {
        return Ok(None);
    }
    entry.payload().map(Some).ok_or(FeedFault::Unreadable(entry.sequence))
}

fn check_place(sequence: u64, given: &MandatesGiven, division: &str, known: Option<u64>) -> Result<(), FeedFault> {
    if given.division != division {
        return Err(FeedFault::OtherDivision { sequence, division: given.division.clone() });
    }
    match (given.previous, known) {
        (previous, known) if previous == known => Ok(()),
        (Some(missing), known) if known.is_none_or(|known| missing > known) => {
            Err(FeedFault::Withheld { sequence, missing })
        }
        (_, known) => Err(FeedFault::Denied { sequence, known: known.unwrap_or_default() }),
    }
}
