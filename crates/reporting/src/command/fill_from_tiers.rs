//! Fills the draft of a whole with what its lower tiers reported: each tier's figure as its division's share, their sum as
//! the value. What the tiers do not report stays as it was; people review and sign it as ever.

use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{
    DivisionValue, FillFromTiersRequest, FillFromTiersResponse, MeasureValue, ReportContent, ReportState,
};
use prost::Message;

use super::{DRAFTABLE, Desk, Pending, Rules, took_step};
use crate::entity::{report, tier_figure};
use crate::names::ReportName;
use crate::tier::{self, Total};

/// A draft to fill.
#[derive(Debug)]
pub(crate) struct FillFromTiers {
    name: ReportName,
    etag: String,
    rules: Rules,
}

impl FillFromTiers {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID.
    pub(crate) fn new(request: FillFromTiersRequest, rules: Rules) -> Result<Self, Refusal> {
        Ok(Self { name: ReportName::parse("name", &request.name)?, etag: request.etag, rules })
    }
}

fn value_of(total: &Total<'_>) -> MeasureValue {
    let unit = total.measure.spec.unit.as_str();
    let share = |division: &String, value| DivisionValue { division: division.clone(), value: Some(value) };
    let mut breakdown: Vec<DivisionValue> = total
        .composed
        .breakdown
        .iter()
        .map(|(division, value)| share(division, convert::value::to_proto(value, unit)))
        .collect();
    let silent = || convert::value::to_proto(&minsheng_domain::value::Value::NotReported, unit);
    breakdown.extend(total.composed.missing.iter().map(|division| share(division, silent())));
    MeasureValue {
        measure: total.measure.spec.code.clone(),
        value: Some(convert::value::to_proto(&total.composed.value, unit)),
        breakdown,
        ..MeasureValue::default()
    }
}

impl Command for FillFromTiers {
    type Answer = FillFromTiersResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
        wants.group::<tier_figure::Entity>(self.name.name.as_str());
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<FillFromTiersResponse, Refusal> {
        let desk = Desk::open(&self.name, &self.rules, context)?;
        let mut row = desk.report(&self.name, &Pending::default(), context)?;
        context.authorise(Action::DraftReport, &row.resource(&desk.indicator(&self.name)?.certifier))?;
        desk.takes(&self.name, &row, context)?;
        row.as_seen(&self.etag, None)?;
        row.expect(DRAFTABLE)?;
        let made = tier::compose(&self.name, &desk.in_force, context)?;
        if made.shares.is_empty() || made.totals.is_empty() {
            return Err(Refusal::new(Reason::ReportState).because(
                "下级还没有可汇总的数据，请直接填写或稍后再试。",
                "The lower tiers have reported nothing yet that could be added up.",
            ));
        }
        let mut content = row.draft()?.unwrap_or_default();
        for value in made.totals.iter().map(value_of) {
            match content.values.iter_mut().find(|known| known.measure == value.measure) {
                Some(known) => *known = value,
                None => content.values.push(value),
            }
        }
        let content: ReportContent = content;
        row.draft = content.encode_to_vec();
        row.become_state(ReportState::Draft);
        took_step(&mut row, "DRAFTED", context)?;
        let mut report = desk.shown(&self.name, &row)?;
        report.content = Some(content);
        context.put::<report::Entity>(row);
        let mut missing: Vec<String> = Vec::new();
        for division in made.totals.iter().flat_map(|total| &total.composed.missing) {
            if !missing.contains(division) {
                missing.push(division.clone());
            }
        }
        Ok(FillFromTiersResponse { report: Some(report), missing })
    }
}
