//! Fills the draft with the last month's figures ("no change") in one step: the latest earlier figures, this period nothing.

use minsheng_domain::period::Period;
use minsheng_domain::target::Basis;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::common::v1::Quantity;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::reporting::v1::{
    FillUnchangedRequest, FillUnchangedResponse, MeasureValue, ReportContent, ReportState,
};
use prost::Message;

use super::{DRAFTABLE, Desk, Pending, Rules, took_step};
use crate::entity::report;
use crate::names::ReportName;
use crate::programme::LedIndicator;

/// A draft to fill.
#[derive(Debug)]
pub(crate) struct FillUnchanged {
    name: ReportName,
    etag: String,
    rules: Rules,
}

impl FillUnchanged {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID.
    pub(crate) fn new(request: FillUnchangedRequest, rules: Rules) -> Result<Self, Refusal> {
        Ok(Self { name: ReportName::parse("name", &request.name)?, etag: request.etag, rules })
    }

    /// The latest earlier month's figures, of the measures that the indicator has now.
    fn last_figures(&self, indicator: &LedIndicator, context: &Context<'_>) -> Result<Vec<MeasureValue>, Refusal> {
        let rows = context.group::<report::Entity>(&self.name.indicator_name).into_iter();
        let mut earlier: Vec<(Period, &report::Model)> =
            rows.filter_map(|row| Some((row.period.parse().ok()?, row))).collect();
        earlier.retain(|(period, _)| *period < self.name.period);
        earlier.sort_by_key(|(period, _)| std::cmp::Reverse(*period));
        for (_, row) in earlier {
            let figures = row.figures_to_build_on()?;
            if !figures.is_empty() {
                let known = figures.into_iter();
                return Ok(known.filter_map(|figure| unchanged(figure, indicator)).collect());
            }
        }
        Err(Refusal::new(Reason::ReportState).because(
            "本年度没有可以沿用的上期数，请直接填写。",
            "There is no earlier month of this year to take figures from.",
        ))
    }
}

/// A figure as this month has it if nothing happened.
fn unchanged(figure: MeasureValue, indicator: &LedIndicator) -> Option<MeasureValue> {
    let (_, measure) = indicator.measure(&figure.measure)?;
    let number = matches!(figure.value.as_ref().and_then(|value| value.state.as_ref()), Some(State::Quantity(_)));
    let nothing = Quantity { value: "0".to_owned(), unit: measure.spec.unit.as_str().to_owned() };
    let this_period = (measure.spec.basis == Basis::Flow && number).then_some(nothing);
    Some(MeasureValue { this_period, ..figure })
}

impl Command for FillUnchanged {
    type Answer = FillUnchangedResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<FillUnchangedResponse, Refusal> {
        let desk = Desk::open(&self.name, &self.rules, context)?;
        let mut row = desk.report(&self.name, &Pending::default(), context)?;
        let indicator = desk.indicator(&self.name)?;
        context.authorise(Action::DraftReport, &row.resource(&indicator.certifier))?;
        desk.takes(&self.name, &row, context)?;
        row.as_seen(&self.etag, None)?;
        row.expect(DRAFTABLE)?;
        let content =
            ReportContent { values: self.last_figures(indicator, context)?, ..row.draft()?.unwrap_or_default() };
        row.draft = content.encode_to_vec();
        row.become_state(ReportState::Draft);
        took_step(&mut row, "DRAFTED", context)?;
        let mut report = desk.shown(&self.name, &row)?;
        report.content = Some(content);
        context.put::<report::Entity>(row);
        Ok(FillUnchangedResponse { report: Some(report) })
    }
}
