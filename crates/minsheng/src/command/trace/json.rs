//! A proved chain as programs read it.

use serde_json::{Value, json};

use super::lower;
use super::text::{adjustment, share_of};
use crate::proof::{Figure, MeasureTrace, ProvenEntry, Trace};
use crate::words;

/// A chain.
pub(super) fn trace(traced: &Trace) -> Value {
    let snapshot = traced.snapshot.as_ref();
    let shares = traced.shares.iter().map(|share| {
        json!({
            "indicator": share.row.indicator,
            "name": share.row.unit_name,
            "measures": measures(share, &[]),
            "filed": share.lower.as_ref().map(lower::json),
        })
    });
    let witnessed = traced.witnessed.iter().map(|seen| {
        json!({
            "origin": seen.origin,
            "witness": seen.witness,
            "size": seen.size,
            "seconds": seen.seconds,
            "proven": seen.proven,
        })
    });
    json!({
        "bulletin": traced.bulletin.as_ref().map(|(bulletin, _)| bulletin.name.clone()),
        "issue": traced.bulletin.as_ref().map(|(_, issue)| entry("ranking", issue)),
        "snapshot": snapshot.map(|(snapshot, _)| snapshot.name.clone()),
        "seal": snapshot.map(|(_, seal)| entry("ranking", seal)),
        "indicator": traced.figure.row.indicator,
        "completion": traced.figure.row.completion,
        "measures": measures(&traced.figure, &traced.shares),
        "filed": traced.figure.lower.as_ref().map(lower::json),
        "shares": shares.collect::<Vec<_>>(),
        "witnessed": witnessed.collect::<Vec<_>>(),
    })
}

fn entry(ledger: &str, entry: &ProvenEntry) -> Value {
    json!({
        "ledger": ledger,
        "sequence": entry.body.sequence,
        "leafHash": hex::encode(entry.leaf),
        "time": words::time(entry.body.time.as_ref()),
        "account": entry.body.actor.clone().unwrap_or_default().account,
    })
}

fn measures(figure: &Figure, shares: &[Figure]) -> Vec<Value> {
    figure.measures.iter().map(|trace| measure(trace, shares)).collect()
}

fn measure(trace: &MeasureTrace, shares: &[Figure]) -> Value {
    let row = &trace.row;
    let places = trace.submitted().map_or(&[][..], |value| &value.breakdown).iter().map(|place| {
        let share = share_of(trace, &place.division, shares);
        json!({
            "division": place.division,
            "value": words::value(place.value.as_ref()),
            "filed": share.map(|share| words::value(share.value())),
        })
    });
    json!({
        "measure": row.measure,
        "unit": row.unit,
        "reported": words::value(row.reported.as_ref()),
        "fast": words::value(row.fast.as_ref()),
        "certified": words::value(row.certified.as_ref()),
        "adjustment": trace.adjusted.as_ref().map(adjustment),
        "report": trace.submission.as_ref().map(|submission| entry("reporting", submission)),
        "pass": trace.pass.as_ref().map(|pass| entry("verification", pass)),
        "certification": trace.certification.as_ref().map(|done| entry("verification", done)),
        "evidence": trace.evidence.iter().map(|file| hex::encode(&file.sha256)).collect::<Vec<_>>(),
        "breakdown": places.collect::<Vec<_>>(),
    })
}
