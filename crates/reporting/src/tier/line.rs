//! Lower tiers' ledgers as they are known here: the key of each, the entry under each number, and what must be looked into
//! by people. A ledger that was begun anew, by another key or from an old backup, is a new line of it once people have
//! accepted it; its entries are newer than all of the line before.

use minsheng_domain::division::DivisionCode;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::service::SERVICES;
use minsheng_kit::store::Wants;
use minsheng_kit::witness::proofs_of;
use minsheng_kit::writer::Context;
use minsheng_proto::tier::v1::{FigureSetQuarantined, LedgerKey, TierAlarmRaised};

use super::prove::{Came, Proved};
use crate::entity::{tier_alarm, tier_entry, tier_key, tier_quarantine};
use crate::programme::internal;

/// Another entry stands under a number that is kept already.
const CONFLICT: &str = "ENTRY_CONFLICT";
/// A ledger is signed by another key than the one kept.
const KEY_CHANGED: &str = "LEDGER_KEY_CHANGED";
/// A batch holds figures of a tier that is not the sender.
const OF_ANOTHER: &str = "FIGURES_OF_ANOTHER";

/// What people must look into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    division: String,
    origin: String,
    name: &'static str,
    zh: String,
    en: String,
    kept_key: String,
    offered_key: String,
}

impl Alarm {
    /// A ledger comes with another key than the one kept.
    pub(crate) fn key_changed(division: &str, origin: &str, kept: &str, offered: &str) -> Self {
        Self {
            division: division.to_owned(),
            origin: origin.to_owned(),
            name: KEY_CHANGED,
            zh: format!("{origin}的签名密钥与首次收到时不同，用它证明的数据没有采用"),
            en: format!("{origin} is signed by another key than the one kept; nothing proven by it is taken"),
            kept_key: kept.to_owned(),
            offered_key: offered.to_owned(),
        }
    }

    /// A batch holds something of another tier.
    pub(crate) fn of_another(division: &str, found: &Stranger) -> Self {
        let Stranger { origin, place } = found;
        Self {
            division: division.to_owned(),
            origin: origin.clone(),
            name: OF_ANOTHER,
            zh: format!("{division}上报的一批数据中，{place}属于{origin}，整批没有收"),
            en: format!("in a batch of {division} {place} is of {origin}: the batch was refused as a whole"),
            kept_key: String::new(),
            offered_key: String::new(),
        }
    }

    fn conflict(proved: &Proved, sequence: u64) -> Self {
        let Proved { division, origin, .. } = proved;
        Self {
            division: division.clone(),
            origin: origin.clone(),
            name: CONFLICT,
            zh: format!("{origin}第{sequence}号与已收到的内容不同，这一套数据已隔离"),
            en: format!("entry {sequence} of {origin} is another one than the one kept: the set was set aside"),
            kept_key: String::new(),
            offered_key: String::new(),
        }
    }

    /// Key of its row.
    pub(crate) fn key(&self) -> String {
        key_of(&self.division, self.name, &self.origin)
    }

    /// Raises it, unless it is open already and says the same key.
    pub(crate) fn raise(&self, context: &mut Context<'_>) {
        let key = self.key();
        let open = context.get::<tier_alarm::Entity>(&key).filter(|row| row.is_open());
        if open.is_some_and(|row| row.offered_key == self.offered_key) {
            return;
        }
        let raise_time = open.map_or(context.now().as_millisecond(), |row| row.raise_time);
        tracing::error!(division = self.division, origin = self.origin, alarm = self.name, detail = self.en, "filings");
        let event = TierAlarmRaised {
            division: self.division.clone(),
            origin: self.origin.clone(),
            alarm: self.name.to_owned(),
            detail: self.en.clone(),
            kept_key: self.kept_key.clone(),
            offered_key: self.offered_key.clone(),
        };
        context.record(&self.origin, &event);
        context.put::<tier_alarm::Entity>(tier_alarm::Model {
            key,
            division: self.division.clone(),
            origin: self.origin.clone(),
            alarm: self.name.to_owned(),
            zh: self.zh.clone(),
            en: self.en.clone(),
            kept_key: self.kept_key.clone(),
            offered_key: self.offered_key.clone(),
            raise_time,
            resolve_time: 0,
            resolved_by: String::new(),
            resolve_reason: String::new(),
        });
    }
}

/// Key of an alarm's row.
pub(crate) fn key_of(division: &str, alarm: &str, origin: &str) -> String {
    format!("{division}|{alarm}|{origin}")
}

/// Whether an alarm ends when its ledger is accepted.
pub(crate) fn is_about_the_ledger(alarm: &tier_alarm::Model) -> bool {
    alarm.alarm == CONFLICT || alarm.alarm == KEY_CHANGED
}

/// Something of a tier that is not the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stranger {
    /// Whose it is.
    pub(crate) origin: String,
    /// Where it stands in the call.
    pub(crate) place: String,
}

/// The first thing in a call that is of a tier neither the sender nor below it.
pub(crate) fn stranger(division: &str, sets: &[Came], ledgers: &[LedgerKey]) -> Option<Stranger> {
    let found = |origin: &str, place: String| Stranger { origin: origin.to_owned(), place };
    let keys = ledgers.iter().enumerate().filter(|(_, ledger)| is_strange(&ledger.origin, division));
    let mut keys = keys.map(|(place, ledger)| found(&ledger.origin, format!("ledgers[{place}]")));
    let mut entries = sets.iter().enumerate().flat_map(|(place, Came { set, .. })| {
        let receipts = proofs_of(set).filter_map(|entry| entry.receipt.as_ref());
        let strange = receipts.filter(|receipt| is_strange(&receipt.origin, division));
        strange.map(move |receipt| found(&receipt.origin, format!("sets[{place}]")))
    });
    let mut named = sets.iter().enumerate().filter_map(|(place, Came { set, .. })| {
        let (_, of) = set.indicator.split_once(minsheng_domain::programme::tiers::AT)?;
        let origin = format!("minsheng/{of}/reporting");
        is_strange(&origin, division).then(|| found(&origin, format!("sets[{place}].indicator")))
    });
    keys.next().or_else(|| entries.next()).or_else(|| named.next())
}

/// Whether a ledger is named as another tier's that is not below this division.
fn is_strange(origin: &str, division: &str) -> bool {
    within(origin, division) == Some(false)
}

/// Whether a ledger is of this division's tier or of one below it.
pub(super) fn is_of(origin: &str, division: &str) -> bool {
    let service = origin.rsplit('/').next().unwrap_or_default();
    SERVICES.contains(&service) && within(origin, division) == Some(true)
}

fn within(origin: &str, division: &str) -> Option<bool> {
    let (of, _) = origin.strip_prefix("minsheng/")?.split_once('/')?;
    let (of, division) = (of.parse::<DivisionCode>().ok()?, division.parse::<DivisionCode>().ok()?);
    Some(of == division || of.is_within(division))
}

/// Rows by which the place of a set's entry is judged.
pub(crate) fn wants(proved: &Proved, wants: &mut Wants) {
    for (origin, _) in &proved.keys {
        wants.row::<tier_key::Entity>(origin.as_str());
    }
    for (sequence, _) in proved.entries() {
        wants.row::<tier_entry::Entity>(entry_key(proved, sequence));
    }
    wants.row::<tier_quarantine::Entity>(set_key(proved));
    wants.row::<tier_alarm::Entity>(key_of(&proved.division, CONFLICT, &proved.origin));
}

/// Key of a set's row.
pub(super) fn set_key(proved: &Proved) -> String {
    let Proved { origin, sequence, leaf_hash, name, .. } = proved;
    let leaf = hex::encode(leaf_hash.get(..8).unwrap_or(leaf_hash));
    format!("{origin}|{sequence}|{leaf}|{}", name.name)
}

fn entry_key(proved: &Proved, sequence: u64) -> String {
    format!("{}|{sequence}", proved.origin)
}

/// The line that the set's ledger is at.
pub(super) fn line(proved: &Proved, context: &Context<'_>) -> i64 {
    context.get::<tier_key::Entity>(&proved.origin).map_or(0, |row| row.line)
}

/// The first number of the set's decisions under which another entry of the same line is kept, with that one's leaf hash.
fn other_entry(proved: &Proved, context: &Context<'_>) -> Option<(u64, Vec<u8>)> {
    let line = line(proved, context);
    proved.entries().find_map(|(sequence, leaf_hash)| {
        let kept = context.get::<tier_entry::Entity>(&entry_key(proved, sequence))?;
        (kept.line == line && kept.leaf_hash != leaf_hash).then(|| (sequence, kept.leaf_hash.clone()))
    })
}

/// Whether keys and number of a set are those that are known.
///
/// # Errors
/// LEDGER_KEY_CHANGED, ENTRY_CONFLICT.
pub(super) fn check(proved: &Proved, context: &Context<'_>) -> Result<(), Refusal> {
    let known = |origin: &str| context.get::<tier_key::Entity>(origin).map(|row| row.verifier_key.as_str());
    let mut changed = proved.keys.iter().filter(|(origin, key)| known(origin).is_some_and(|known| known != key));
    if let Some((origin, _)) = changed.next() {
        return Err(key_changed(origin));
    }
    match other_entry(proved, context) {
        Some((sequence, _)) => {
            Err(Refusal::new(Reason::EntryConflict).with("origin", &proved.origin).with("sequence", sequence))
        }
        None => Ok(()),
    }
}

/// The ledger is signed by another key than the one kept.
pub(super) fn key_changed(origin: &str) -> Refusal {
    Refusal::new(Reason::LedgerKeyChanged).with("origin", origin)
}

/// Keys and entries of a set that is kept are the known ones from now on.
pub(super) fn note(proved: &Proved, context: &mut Context<'_>) {
    let line = line(proved, context);
    for (sequence, leaf_hash) in proved.entries() {
        let (key, leaf_hash) = (entry_key(proved, sequence), leaf_hash.to_vec());
        context.put::<tier_entry::Entity>(tier_entry::Model { key, line, leaf_hash });
    }
    for (origin, verifier_key) in &proved.keys {
        if context.get::<tier_key::Entity>(origin).is_none() {
            context.put::<tier_key::Entity>(tier_key::Model {
                origin: origin.clone(),
                verifier_key: verifier_key.clone(),
                former_keys: String::new(),
                line: 0,
            });
        }
    }
}

/// Sets a set aside whose entry contradicts the one that is kept, as it came, once.
///
/// # Errors
/// INTERNAL for a number beyond what a row holds.
pub(crate) fn quarantine(proved: &Proved, context: &mut Context<'_>) -> Result<(), Refusal> {
    let Some((sequence, kept_leaf_hash)) = other_entry(proved, context) else { return Ok(()) };
    let key = set_key(proved);
    if context.get::<tier_quarantine::Entity>(&key).is_none() {
        let event = FigureSetQuarantined {
            division: proved.division.clone(),
            report: proved.name.name.clone(),
            set: proved.bytes.clone(),
            kept_leaf_hash,
        };
        let entry = context.record(&proved.name.name, &event);
        let entry = i64::try_from(entry).map_err(|_| internal("a sequence number"))?;
        let report = proved.name.name.clone();
        context.put::<tier_quarantine::Entity>(tier_quarantine::Model { key, report, entry });
    }
    Alarm::conflict(proved, sequence).raise(context);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_named_as_anothers_is_told_from_what_is_nobodys() {
        for (origin, strange, own) in [
            ("minsheng/430923/verification", false, true),
            ("minsheng/430923100/reporting", false, true),
            ("minsheng/430923/wherever", false, false),
            ("minsheng/430921/verification", true, false),
            ("minsheng/430900/verification", true, false),
            ("minsheng/430921/wherever", true, false),
            ("minsheng/x/verification", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_strange(origin, "430923"), is_of(origin, "430923")), (strange, own), "{origin}");
        }
    }
}
