//! A month as planned: what is filed, by whom, when, and what becomes of it.

use jiff::Timestamp;
use jiff::civil::Date;
use minsheng_domain::quantity::Quantity;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{Quantity as WireQuantity, Value};
use minsheng_proto::reporting::v1::{DivisionValue, MeasureValue, Narrative};

use super::script::Days;

/// A month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthPlan {
    /// The month, for example 2023-06.
    pub period: String,
    /// Days of its round.
    pub days: Days,
    /// Reports in the order in which they come; one that does not come is not among them.
    pub reports: Vec<ReportPlan>,
    /// Indicators whose report does not come.
    pub missing: Vec<String>,
    /// Articles in the order of their units.
    pub articles: Vec<ArticlePlan>,
    /// Units whose article does not come.
    pub articles_missing: Vec<String>,
    /// Item lists as they stand at the cut-off, by measure.
    pub items: Vec<(String, Vec<ItemPlan>)>,
}

impl MonthPlan {
    /// The report of an indicator.
    pub fn report(&self, indicator: &str) -> Option<&ReportPlan> {
        self.reports.iter().find(|report| report.indicator == indicator)
    }
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPlan {
    /// Indicator's code.
    pub indicator: String,
    /// Its title.
    pub title: String,
    /// Lead unit.
    pub unit: String,
    /// What is filed in the end.
    pub figures: Vec<Figure>,
    /// Words beside the figures.
    pub narrative: Narrative,
    /// How it is filed.
    pub filing: Filing,
    /// When.
    pub at: Timestamp,
    /// After the deadline.
    pub late: bool,
    /// Evidence: label and content, measure or empty.
    pub evidence: Vec<(String, String, String)>,
    /// The first version is returned.
    pub returned: Option<ReturnPlan>,
    /// The certifier adjusts a value.
    pub adjusted: Option<AdjustPlan>,
    /// Ends the month waiting for the unit's confirmation: not certified.
    pub unconfirmed: bool,
}

/// How a report comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filing {
    /// The head files what was reviewed and signed on paper.
    OneStep,
    /// Reporter, reviewer and head act one after another.
    InSteps,
    /// As in steps, from last month's figures.
    Unchanged,
    /// The office enters the sealed sheet; the unit confirms at this time, or not in time.
    Entered {
        /// When it is confirmed.
        confirmed: Option<Timestamp>,
    },
}

/// A return of the first version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPlan {
    /// What the first version said.
    pub first: Vec<Figure>,
    /// Measure named.
    pub measure: String,
    /// Returned by the certifier, else by the office.
    pub by_certifier: bool,
    /// Reason.
    pub reason: String,
}

/// An adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustPlan {
    /// The value certified; its breakdown where the measure has one.
    pub figure: Figure,
    /// Reason.
    pub reason: String,
}

/// A measure's figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Measure's code.
    pub measure: String,
    /// Unit of measure.
    pub unit: String,
    /// Cumulative, or as at the cut-off.
    pub value: Quantity,
    /// This period's part of a flow.
    pub this_period: Option<Quantity>,
    /// Values of divisions that have a share of the target.
    pub breakdown: Vec<(String, Quantity)>,
    /// Stage reached by a milestone.
    pub stage: String,
    /// A raised standard is paid.
    pub paid: bool,
    /// Names of what is not yet covered.
    pub not_covered: Vec<String>,
}

impl Figure {
    /// A value and nothing else.
    pub(crate) fn plain(measure: &str, unit: &str, value: Quantity) -> Self {
        Self {
            measure: measure.to_owned(),
            unit: unit.to_owned(),
            value,
            this_period: None,
            breakdown: Vec::new(),
            stage: String::new(),
            paid: false,
            not_covered: Vec::new(),
        }
    }

    /// As it is filed.
    pub fn wire(&self) -> MeasureValue {
        MeasureValue {
            measure: self.measure.clone(),
            value: Some(self.wire_value(self.value)),
            this_period: self.this_period.map(|part| self.wire_quantity(part)),
            breakdown: self.wire_breakdown(),
            stage: self.stage.clone(),
            paid: self.paid,
            not_covered: self.not_covered.clone(),
        }
    }

    /// Its breakdown as it is filed.
    pub fn wire_breakdown(&self) -> Vec<DivisionValue> {
        let share = |(division, value): &(String, Quantity)| DivisionValue {
            division: division.clone(),
            value: Some(self.wire_value(*value)),
        };
        self.breakdown.iter().map(share).collect()
    }

    pub(crate) fn wire_value(&self, value: Quantity) -> Value {
        Value { state: Some(State::Quantity(self.wire_quantity(value))) }
    }

    fn wire_quantity(&self, value: Quantity) -> WireQuantity {
        WireQuantity { value: value.to_string(), unit: self.unit.clone() }
    }
}

/// A named object behind a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemPlan {
    /// Serial.
    pub serial: String,
    /// Name.
    pub title: String,
    /// Where it lies.
    pub division: String,
    /// Stages reached so far.
    pub stages: Vec<StagePlan>,
}

/// A stage reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePlan {
    /// Name.
    pub stage: String,
    /// Day.
    pub date: Date,
}

/// An experience article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticlePlan {
    /// Unit.
    pub unit: String,
    /// Title.
    pub title: String,
    /// Text.
    pub text: String,
}
