//! What must hold when all is over: each decided figure is above exactly once and has its receipt below, no older one stands
//! over a newer, both ledgers verify.

use std::collections::BTreeMap;

use minsheng_kit::ledger::{LedgerVerifier, verify_receipt};
use minsheng_kit::witness::{check_decision, verify_proven};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, FigureSetReceived};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed};
use minsheng_testkit::simulation::{Found, still, verified};
use prost::{Message, Name};
use sea_orm::EntityTrait;

use super::above::Above;
use super::below::Below;
use super::{COUNTY, JOINTLY, UPPER};
use crate::entity::{outbox, tier_set};
use crate::uplink::OutboxState;

/// A decision made below.
struct Decided {
    mark: FigureMark,
    indicator: String,
    month: String,
    values: Vec<MeasureValue>,
}

/// The decisions made below, by the numbers of their entries.
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
        let report = version.unwrap().report;
        let parts: Vec<&str> = report.split('/').collect();
        let (indicator, month) = (parts[3].to_owned(), parts[5].to_owned());
        found.insert(entry.sequence, Decided { mark, indicator, month, values });
    }
    found
}

/// A figure that must be above: of the report there, by the decision that makes it.
struct Figure {
    mark: FigureMark,
    values: Vec<MeasureValue>,
    rests_on: Vec<u64>,
}

/// What the decisions make: each a figure of its own, and with the newest of the other indicator before it one that both
/// answer, certified where both are.
fn figures(decided: &BTreeMap<u64, Decided>) -> BTreeMap<(u64, String), Figure> {
    let mut figures = BTreeMap::new();
    for (number, decision) in decided {
        let name = |indicator: &str| format!("{UPPER}/indicators/{indicator}@{COUNTY}/reports/{}", decision.month);
        let alone = Figure { mark: decision.mark, values: decision.values.clone(), rests_on: vec![*number] };
        figures.insert((*number, name(&decision.indicator)), alone);
        let mut others = decided
            .range(..number)
            .filter(|(_, other)| other.month == decision.month && other.indicator != decision.indicator);
        let certified = others.clone().rfind(|(_, other)| other.mark == FigureMark::Certified);
        let certified = certified.filter(|_| decision.mark == FigureMark::Certified);
        let Some((beside, other)) = certified.or_else(|| others.next_back()) else { continue };
        let mut both = [decision, other];
        both.sort_by_key(|decision| &decision.indicator);
        let values = both.into_iter().flat_map(|decision| decision.values.clone()).collect();
        let mark = decision.mark.min(other.mark);
        figures.insert((*number, name(JOINTLY)), Figure { mark, values, rests_on: vec![*number, *beside] });
    }
    figures
}

fn quantity(values: &[MeasureValue]) -> Vec<Option<minsheng_proto::common::v1::Value>> {
    values.iter().map(|value| value.value.clone()).collect()
}

pub(super) fn check(below: &Below, above: &Above) -> Result<Found, String> {
    if let Some(fault) = below.woken().fault {
        return Err(fault);
    }
    let figures = figures(&decided(below));
    below.look(|parts| still(verified(&parts.service)))?;
    let entries = above.look(|parts| still(verified(&parts.service)))?;
    let mut kept: BTreeMap<(u64, String), u64> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == FigureSetReceived::full_name()) {
        let event = FigureSetReceived::decode(entry.payload.clone()).unwrap();
        let set = FigureSet::decode(event.set).unwrap();
        let decision = set.decision.as_ref().and_then(|decision| decision.receipt.as_ref()).unwrap().sequence;
        let key = (decision, event.report);
        let what = format!("the figure of decision {decision} on {}", key.1);
        let known = figures.get(&key).ok_or_else(|| format!("{what} was never made below"))?;
        if kept.insert(key, entry.sequence).is_some() {
            return Err(format!("{what} is above twice"));
        }
        if set.mark() != known.mark || quantity(&set.values) != quantity(&known.values) {
            return Err(format!("{what} is another one above"));
        }
        let proven = |proof: &Option<minsheng_proto::tier::v1::Proven>, key: &str| {
            verify_proven(proof.as_ref().unwrap(), &LedgerVerifier::new(key).unwrap())
                .map_err(|fault| fault.to_string())
        };
        let verification = below.verification.lock().unwrap().key().verifier_key;
        let reporting = below.look(|parts| parts.service.writer.ledger().verifier_key().to_owned());
        let own = std::iter::once((&set.decision, &set.submission));
        let further = set.further.iter().map(|further| (&further.decision, &further.submission));
        let mut rests_on = Vec::new();
        for (decision, submission) in own.chain(further) {
            let (decision, submission) = (proven(decision, &verification)?, proven(submission, &reporting)?);
            check_decision(&decision, &submission).map_err(|fault| fault.to_string())?;
            rests_on.push(decision.sequence);
        }
        if rests_on != known.rests_on {
            return Err(format!("{what} rests on {rests_on:?} and not on {:?}", known.rests_on));
        }
    }
    if let Some((decision, report)) = figures.keys().find(|key| !kept.contains_key(key)) {
        return Err(format!("the figure of decision {decision} on {report} is not above"));
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
        let set = FigureSet::decode(row.figures.as_slice()).unwrap();
        if kept.get(&(decision, above_name(&set))) != Some(&receipt.sequence) {
            return Err(format!("the receipt of decision {decision} is of another entry"));
        }
    }
    if rows.len() != figures.len() {
        return Err(format!("{} figures were decided, {} went into the outbox", figures.len(), rows.len()));
    }
    newest_stands(above, &figures)?;
    Ok(Found { filed: rows.len(), found: kept.len() })
}

/// Of each report the newest figure stands above: the newest certified one, as all end with one.
fn newest_stands(above: &Above, figures: &BTreeMap<(u64, String), Figure>) -> Result<(), String> {
    let sets = above.look(|parts| still(tier_set::Entity::find().all(parts.service.database.reader())).unwrap());
    for set in &sets {
        let rivals = sets.iter().filter(|other| other.report == set.report && other.mark == set.mark);
        let is_newest = rivals.map(|other| other.sequence).max() == Some(set.sequence);
        if set.newest != is_newest {
            return Err(format!("decision {} is taken for the newest: {}", set.sequence, set.newest));
        }
    }
    let certified = figures.iter().filter(|(_, figure)| figure.mark == FigureMark::Certified);
    let mut newest: BTreeMap<&str, &Figure> =
        certified.map(|((_, report), figure)| (report.as_str(), figure)).collect();
    for row in above.reports() {
        let Some(last) = newest.remove(row.name.as_str()) else {
            return Err(format!("{} is nothing of the county's", row.name));
        };
        if quantity(&row.filed().unwrap().values) != quantity(&last.values) {
            return Err(format!("what stands of {} is not the newest", row.name));
        }
    }
    newest.into_keys().next().map_or(Ok(()), |name| Err(format!("there is no report {name}")))
}

/// The report above that a set is of.
fn above_name(set: &FigureSet) -> String {
    format!("{}@{COUNTY}/reports/{}", set.indicator, set.period)
}
