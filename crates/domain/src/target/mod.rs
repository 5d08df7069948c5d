//! Kinds of targets (field rules §2): each kind is one file with one struct that implements [`Rule`], one variant of
//! [`Kind`] and one arm of its matches. A rule says completion, done, what is still missing, and how time applies.

mod at_least;
mod at_most;
mod both;
mod coverage;
mod milestone;
mod money;
mod more_than;
mod parts;
mod person_months;
mod rate;
mod stage_count;
mod standard;
mod untargeted;

use jiff::civil::Date;

pub use at_least::AtLeast;
pub use at_most::AtMost;
pub use both::{Both, Condition};
pub use coverage::Coverage;
pub use milestone::{Milestone, MilestoneStage};
pub use money::{Money, MoneyCounted};
pub use more_than::MoreThan;
pub use parts::{Part, Parts};
pub use person_months::PersonMonths;
pub use rate::Rate;
pub use stage_count::StageCount;
pub use standard::StandardRaised;
pub use untargeted::{NoTarget, Pending};

use crate::finding::Finding;
use crate::light::NoColour;
use crate::quantity::{Quantity, UnitOfMeasure};
use crate::ratio::Ratio;
use crate::value::Value;

/// How a measure's values build on one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// 累计: cumulative from 1 January.
    Flow,
    /// 时点: as at a date; may fall, has a start value.
    Stock,
    /// 比率: pooled over days or cases, never a mean of months.
    Rate,
    /// 一次性: happens once.
    OneOff,
}

impl Basis {
    /// Chinese label.
    pub fn label(self) -> &'static str {
        match self {
            Basis::Flow => "累计数",
            Basis::Stock => "时点数",
            Basis::Rate => "比率",
            Basis::OneOff => "一次性",
        }
    }
}

/// How time applies to a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// A share of the time passed is expected, or of the approved curve where there is one.
    Clock,
    /// Only an approved curve says what is expected.
    CurveOnly,
    /// No time proportion: it is met or not met at present, and settled on the due date.
    Standing,
    /// No schedule at all, for the reason.
    None(NoColour),
}

/// The stage that a milestone has reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageReached {
    /// Name of the stage, one of the milestone's.
    pub stage: String,
    /// The day it was reached, where known.
    pub on: Option<Date>,
}

/// A rate's numerator and denominator, pooled over the days or cases of the year so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pooled {
    /// Days or cases that count.
    pub part: Quantity,
    /// Days or cases in all.
    pub whole: Quantity,
}

/// What is known of a measure at a cut-off date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actual {
    /// Cumulative from 1 January (flow), or as at the cut-off date.
    pub value: Value,
    /// Stage reached by a milestone.
    pub stage: Option<StageReached>,
    /// Number of objects by the stage at which each of them stands.
    pub stage_counts: Vec<(String, Quantity)>,
    /// Values of parts or conditions, by their code.
    pub parts: Vec<(String, Value)>,
    /// A rate's pooled numerator and denominator.
    pub pooled: Option<Pooled>,
    /// A raised standard has been paid out, with back-payment.
    pub paid: bool,
    /// Names of what is not yet covered.
    pub uncovered: Vec<String>,
    /// The certifier states that a thing without a target is done.
    pub stated_done: bool,
}

impl Actual {
    /// A plain number and nothing else.
    pub fn number(quantity: Quantity) -> Actual {
        Actual { value: Value::Number(quantity), ..Actual::default() }
    }

    /// The value of a part or condition; not reported if it is not there.
    pub fn part(&self, code: &str) -> &Value {
        self.parts.iter().find(|(part, _)| part == code).map_or(&Value::NotReported, |(_, value)| value)
    }
}

/// When a measure is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The cut-off date: everything up to the end of this day counts.
    pub cut_off: Date,
    /// First day of the measure's time.
    pub start: Date,
    /// Last day of the measure's time.
    pub due: Date,
}

impl Moment {
    /// True on and after the due date, when what may still change is settled.
    pub fn is_closing(&self) -> bool {
        self.cut_off >= self.due
    }
}

/// What a rule says about an actual.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assessment {
    /// Completion, not capped; none where the kind has no ratio.
    pub completion: Option<Ratio>,
    /// Done, as the kind defines it.
    pub done: bool,
    /// Whether a rate or limit is met at present.
    pub met_now: Option<bool>,
    /// Target less value, in the measure's unit; percentage points for a rate.
    pub gap: Option<Quantity>,
    /// Short remarks in Chinese to print beside the value, such as 尚未超过.
    pub remarks: Vec<String>,
    /// What contradicts; fields are relative to the measure.
    pub findings: Vec<Finding>,
}

/// What every kind of target answers.
pub trait Rule {
    /// The number to reach; none where there is none.
    fn target(&self) -> Option<Quantity>;

    /// How time applies.
    fn timing(&self) -> Timing {
        Timing::Clock
    }

    /// Codes under which values of parts or conditions are expected in [`Actual::parts`].
    fn part_codes(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Whether enough was reported to assess it.
    fn is_reported(&self, actual: &Actual) -> bool {
        actual.value.number().is_some()
    }

    /// Judges what was reported; called only if it was.
    fn assess(&self, actual: &Actual, unit: &UnitOfMeasure, at: &Moment) -> Assessment;
}

/// A target of one of the kinds of field rules §2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// 不少于.
    AtLeast(AtLeast),
    /// 超过、突破.
    MoreThan(MoreThan),
    /// 不高于、低于.
    AtMost(AtMost),
    /// 全覆盖.
    Coverage(Coverage),
    /// 达标率.
    Rate(Rate),
    /// 提标.
    StandardRaised(StandardRaised),
    /// 节点.
    Milestone(Milestone),
    /// 按阶段计数.
    StageCount(StageCount),
    /// 分项合计.
    Parts(Parts),
    /// 人·月.
    PersonMonths(PersonMonths),
    /// 双条件.
    Both(Both),
    /// 投入.
    Money(Money),
    /// 待下达.
    Pending(Pending),
    /// 持续推进.
    NoTarget(NoTarget),
}

impl Kind {
    /// The rule of this kind: with `name` and `label` the one place that lists them all.
    pub fn rule(&self) -> &dyn Rule {
        match self {
            Kind::AtLeast(rule) => rule,
            Kind::MoreThan(rule) => rule,
            Kind::AtMost(rule) => rule,
            Kind::Coverage(rule) => rule,
            Kind::Rate(rule) => rule,
            Kind::StandardRaised(rule) => rule,
            Kind::Milestone(rule) => rule,
            Kind::StageCount(rule) => rule,
            Kind::Parts(rule) => rule,
            Kind::PersonMonths(rule) => rule,
            Kind::Both(rule) => rule,
            Kind::Money(rule) => rule,
            Kind::Pending(rule) => rule,
            Kind::NoTarget(rule) => rule,
        }
    }

    /// Stable English name, as in programme documents.
    pub fn name(&self) -> &'static str {
        self.names().0
    }

    /// Chinese label.
    pub fn label(&self) -> &'static str {
        self.names().1
    }

    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Kind::AtLeast(_) => ("at_least", "不少于"),
            Kind::MoreThan(_) => ("more_than", "超过"),
            Kind::AtMost(_) => ("at_most", "不高于"),
            Kind::Coverage(_) => ("coverage", "全覆盖"),
            Kind::Rate(_) => ("rate", "达标率"),
            Kind::StandardRaised(_) => ("standard_raised", "提标"),
            Kind::Milestone(_) => ("milestone", "节点"),
            Kind::StageCount(_) => ("stage_count", "按阶段计数"),
            Kind::Parts(_) => ("parts", "分项合计"),
            Kind::PersonMonths(_) => ("person_months", "人·月"),
            Kind::Both(_) => ("both", "双条件"),
            Kind::Money(_) => ("money", "投入"),
            Kind::Pending(_) => ("pending", "待下达"),
            Kind::NoTarget(_) => ("no_target", "持续推进"),
        }
    }
}

/// `value / target` for a target above zero; there is no completion of nothing.
fn share(value: Quantity, target: Quantity) -> Option<Ratio> {
    if target <= Quantity::ZERO {
        return None;
    }
    Ratio::of(value, target)
}

#[cfg(test)]
mod testing {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A quantity from its text.
    pub(super) fn q(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    /// The exact fraction.
    pub(super) fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    /// A calendar year's measure at a cut-off date of 2023.
    pub(super) fn at(month: i8, day: i8) -> Moment {
        Moment {
            cut_off: jiff::civil::date(2023, month, day),
            start: jiff::civil::date(2023, 1, 1),
            due: jiff::civil::date(2023, 12, 31),
        }
    }

    /// Judges a number under a rule at mid-year.
    pub(super) fn assess(rule: &dyn Rule, value: &str, unit: &str) -> Assessment {
        rule.assess(&Actual::number(q(value)), &unit.parse().unwrap(), &at(6, 30))
    }
}
