//! What must hold when all is over: each decided figure is above exactly once and has its receipt below, no older one stands
//! over a newer, both ledgers verify.

use std::collections::BTreeMap;

use minsheng_kit::ledger::{LedgerVerifier, verify_receipt};
use minsheng_kit::witness::{check_decision, verify_proven};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::{FigureMark, FigureSetReceived};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed};
use minsheng_testkit::simulation::{Found, still, verified};
use prost::{Message, Name};
use sea_orm::EntityTrait;

use super::above::Above;
use super::below::Below;
use crate::entity::{outbox, tier_set};
use crate::uplink::OutboxState;

/// A figure that was decided below.
struct Decided {
    mark: FigureMark,
    report: String,
    values: Vec<MeasureValue>,
}

/// The figures decided below, by the numbers of their entries.
fn decided(below: &Below) -> BTreeMap<u64, Decided> {
    let ledger = below.verification.lock().unwrap();
    let mut found = BTreeMap::new();
    for body in ledger.bodies() {
        let entry = EntryBody::decode(body.as_slice()).unwrap();
        let (mark, version, values) = if entry.kind == ReportPassed::full_name() {
            let event = ReportPassed::decode(entry.payload).unwrap();
            (FigureMark::Fast, event.version, event.values)
        } else if entry.kind == ReportCertified::full_name() {
            let event = ReportCertified::decode(entry.payload).unwrap();
            (FigureMark::Certified, event.version, event.values)
        } else {
            continue;
        };
        found.insert(entry.sequence, Decided { mark, report: version.unwrap().report, values });
    }
    found
}

fn quantity(values: &[MeasureValue]) -> Vec<Option<minsheng_proto::common::v1::Value>> {
    values.iter().map(|value| value.value.clone()).collect()
}

pub(super) fn check(below: &Below, above: &Above) -> Result<Found, String> {
    let decided = decided(below);
    below.look(|parts| still(verified(&parts.service)))?;
    let entries = above.look(|parts| still(verified(&parts.service)))?;
    let mut kept: BTreeMap<u64, u64> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == FigureSetReceived::full_name()) {
        let set = FigureSetReceived::decode(entry.payload.clone()).unwrap().set.unwrap();
        let decision = set.decision.as_ref().and_then(|decision| decision.receipt.as_ref()).unwrap().sequence;
        if kept.insert(decision, entry.sequence).is_some() {
            return Err(format!("the figure of decision {decision} is above twice"));
        }
        let known = decided.get(&decision).ok_or_else(|| format!("decision {decision} was never made below"))?;
        if set.mark() != known.mark || quantity(&set.values) != quantity(&known.values) {
            return Err(format!("the figure of decision {decision} is another one above"));
        }
        let proven = |proof: &Option<minsheng_proto::tier::v1::Proven>, key: &str| {
            verify_proven(proof.as_ref().unwrap(), &LedgerVerifier::new(key).unwrap())
                .map_err(|fault| fault.to_string())
        };
        let verification = below.verification.lock().unwrap().key().verifier_key;
        let reporting = below.look(|parts| parts.service.writer.ledger().verifier_key().to_owned());
        let (decision, submission) = (proven(&set.decision, &verification)?, proven(&set.submission, &reporting)?);
        check_decision(&decision, &submission).map_err(|fault| fault.to_string())?;
    }
    if let Some(lost) = decided.keys().find(|sequence| !kept.contains_key(sequence)) {
        return Err(format!("the figure of decision {lost} is not above"));
    }
    let rows = below.look(|parts| still(outbox::Entity::find().all(parts.service.database.reader())).unwrap());
    let verifier = above.look(|parts| LedgerVerifier::new(parts.service.writer.ledger().verifier_key()).unwrap());
    for row in &rows {
        let decision = u64::try_from(row.decision).unwrap();
        if row.state != OutboxState::Filed as i32 {
            return Err(format!("the figure of decision {decision} is above, and below it is said not to be"));
        }
        let receipt = Receipt::decode(row.answer.as_slice()).unwrap();
        verify_receipt(&receipt, &verifier).map_err(|fault| format!("the receipt of decision {decision}: {fault}"))?;
        if kept.get(&decision) != Some(&receipt.sequence) {
            return Err(format!("the receipt of decision {decision} is of another entry"));
        }
    }
    if rows.len() != decided.len() {
        return Err(format!("{} figures were decided, {} went into the outbox", decided.len(), rows.len()));
    }
    newest_stands(above, &decided)?;
    Ok(Found { filed: rows.len(), found: kept.len() })
}

/// Of each report the newest figure stands above: the newest certified one, as all end with one.
fn newest_stands(above: &Above, decided: &BTreeMap<u64, Decided>) -> Result<(), String> {
    let sets = above.look(|parts| still(tier_set::Entity::find().all(parts.service.database.reader())).unwrap());
    for set in &sets {
        let rivals = sets.iter().filter(|other| other.report == set.report && other.mark == set.mark);
        let is_newest = rivals.map(|other| other.sequence).max() == Some(set.sequence);
        if set.newest != is_newest {
            return Err(format!("decision {} is taken for the newest: {}", set.sequence, set.newest));
        }
    }
    let mut newest: BTreeMap<String, &Decided> = BTreeMap::new();
    for decision in decided.values().filter(|decision| decision.mark == FigureMark::Certified) {
        newest.insert(above_name(&decision.report), decision);
    }
    for row in above.reports() {
        let Some(last) = newest.remove(&row.name) else {
            return Err(format!("{} is nothing of the county's", row.name));
        };
        if quantity(&row.filed().unwrap().values) != quantity(&last.values) {
            return Err(format!("what stands of {} is not the newest", row.name));
        }
    }
    newest.into_keys().next().map_or(Ok(()), |name| Err(format!("there is no report {name}")))
}

/// The report above that is of one below.
fn above_name(report: &str) -> String {
    let parts: Vec<&str> = report.split('/').collect();
    format!("{}/indicators/{}@{}/reports/{}", super::UPPER, parts[3], super::COUNTY, parts[5])
}
