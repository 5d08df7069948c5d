//! The newest figures of lower tiers, and the whole that they make together.

use minsheng_domain::programme::{self, Composed, code_at};
use minsheng_domain::value::Value;
use minsheng_kit::convert;
use minsheng_kit::error::Refusal;
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::FigureMark;
use prost::Message;

use super::keep::filed;
use super::{Share, share_of};
use crate::entity::{tier_figure, tier_set};
use crate::names::ReportName;
use crate::programme::{InForce, LedMeasure, internal};
use crate::report::Filed;
use crate::uplink::Decided;

/// Notes what a tier's report says now that a version of it was decided on. While a correction of what is certified is on
/// its way, the certified figures count.
pub(crate) fn note_figures(name: &ReportName, version: i32, decided: &Decided<'_>, context: &mut Context<'_>) {
    let certified = decided.mark == FigureMark::Certified;
    let Some(whole) = share_of(name) else { return };
    let known = context.group::<tier_figure::Entity>(&whole.name).into_iter().find(|row| row.report == name.name);
    if known.is_some_and(|known| known.certified && !certified) {
        return;
    }
    let sets = context.group::<tier_set::Entity>(&name.name);
    let set = sets.into_iter().filter(|set| set.version == version).max_by_key(|set| set.age());
    let Some(set) = set.cloned() else { return };
    context.put::<tier_figure::Entity>(tier_figure::Model {
        report: name.name.clone(),
        whole: whole.name,
        division: set.division,
        certified,
        set_key: set.key,
        decision: i64::try_from(decided.entry).unwrap_or(i64::MAX),
        submission: decided.submission,
        figures: filed(decided.values.to_vec()),
    });
}

/// A measure as its tiers make it together.
#[derive(Debug)]
pub(crate) struct Total<'a> {
    /// The measure of the whole.
    pub(crate) measure: &'a LedMeasure,
    /// What they make.
    pub(crate) composed: Composed,
}

/// A whole as its tiers make it together.
#[derive(Debug)]
pub(crate) struct Whole<'a> {
    /// The measures that have shares and can be added.
    pub(crate) totals: Vec<Total<'a>>,
    /// The shares that it rests on.
    pub(crate) shares: Vec<Share>,
}

/// Composes a report of the newest figures of its tiers.
///
/// # Errors
/// INTERNAL for rows that cannot be read.
pub(crate) fn compose<'a>(
    whole: &ReportName,
    in_force: &'a InForce,
    context: &Context<'_>,
) -> Result<Whole<'a>, Refusal> {
    let rows = context.group::<tier_figure::Entity>(&whole.name);
    let mut figures: Vec<(&str, Vec<MeasureValue>)> = Vec::with_capacity(rows.len());
    for row in &rows {
        let filed = Filed::decode(row.figures.as_slice()).map_err(|_| internal("the figures of a tier"))?;
        figures.push((&row.division, filed.values));
    }
    let measures = in_force.indicator(&whole.indicator).map_or(&[][..], |indicator| &indicator.measures);
    let totals = measures.iter().filter(|measure| measure.adds_up).filter_map(|measure| {
        let code = |division: &str| code_at(&measure.spec.code, division);
        let shares = in_force.tiers_of(&whole.indicator).filter(|tier| tier.measure(&code(&tier.tier)).is_some());
        let shares = shares.map(|tier| {
            let known = figures.iter().find(|(division, _)| *division == tier.tier);
            let said = known.and_then(|(_, values)| said(values, &code(&tier.tier), measure.spec.unit.as_str()));
            (tier.tier.clone(), said.unwrap_or_default())
        });
        let shares: Vec<(String, Value)> = shares.collect();
        if shares.is_empty() {
            return None;
        }
        Some(Total { measure, composed: programme::compose(shares)? })
    });
    let totals = totals.collect();
    Ok(Whole { totals, shares: rows.into_iter().map(Share::of).collect() })
}

fn said(values: &[MeasureValue], code: &str, unit: &str) -> Option<Value> {
    let given = values.iter().find(|value| value.measure == code)?;
    convert::value::to_domain("value", given.value.as_ref(), unit).ok()
}
