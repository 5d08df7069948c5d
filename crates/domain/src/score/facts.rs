//! What is known of a unit in a period, as a scheme's metrics read it (field rules §4). Facts come from a sealed snapshot;
//! nothing here is computed from a clock or a database.

use crate::indicator::GroupEvaluation;
use crate::light::{Light, NoColour};
use crate::measure::Evaluation;
use crate::quantity::Quantity;
use crate::ratio::Ratio;

use std::collections::BTreeMap;

/// Everything a scheme may read of one unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnitFacts {
    /// Id of the unit.
    pub unit: String,
    /// Key of the group that it is ranked in.
    pub group: String,
    /// The indicators that it leads.
    pub indicators: Vec<IndicatorFacts>,
    /// The reports that it owed.
    pub reports: Vec<ReportFacts>,
    /// Codes of measures that were returned or adjusted; one named twice counts once.
    pub corrected: Vec<String>,
    /// Amounts by name, for rates (planned, started, invested).
    pub amounts: BTreeMap<String, Quantity>,
    /// Marks given elsewhere, as shares of the full mark.
    pub marks: BTreeMap<String, Ratio>,
    /// Counts given elsewhere.
    pub tallies: BTreeMap<String, u32>,
    /// Places in earlier periods' orders, in time order.
    pub history: Vec<PastPlace>,
    /// Rank in the previous standing of the same scheme and group.
    pub previous_rank: Option<u32>,
}

/// An indicator that the unit leads.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorFacts {
    /// Its code.
    pub code: String,
    /// Of a key project. Monitored ones are shown and leave every mean; so does what lacks completion or expected share.
    pub ranked: bool,
    /// Completion, uncapped; none where it has none.
    pub completion: Option<Ratio>,
    /// Expected share at the cut-off.
    pub expected: Option<Ratio>,
    /// Its light.
    pub light: Light,
    /// The verdict on its targets; none where there is none yet (pending, no target).
    pub met: Option<bool>,
    /// Something of it that a schedule applies to was not reported. Missing is not zero: it has no completion; but it
    /// earns no points either, so that nobody rises by keeping a figure back.
    pub unreported: bool,
}

impl IndicatorFacts {
    /// The facts of an evaluated indicator and its measures; `ranked` says whether its project is a key one.
    pub fn of(indicator: &GroupEvaluation, measures: &[Evaluation], ranked: bool) -> Self {
        let mut counting = measures.iter().filter(|measure| measure.counts);
        let open = |light: Light| matches!(light, Light::NoColour(NoColour::Pending | NoColour::Ongoing));
        let met = match indicator.done {
            _ if indicator.members == 0 => None,
            true => Some(true),
            false if counting.clone().any(|measure| open(measure.light)) => None,
            false => Some(false),
        };
        Self {
            code: indicator.code.clone(),
            ranked,
            completion: indicator.completion,
            expected: indicator.expected(),
            light: indicator.light,
            met,
            unreported: counting.any(|measure| !measure.reported && measure.expected.is_some()),
        }
    }
}

/// A report owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFacts {
    /// Code of its indicator.
    pub indicator: String,
    /// How it came.
    pub timeliness: Timeliness,
}

/// How a report came, by the receiving tier's clock. An empty report is not on time (field rules §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timeliness {
    /// By its deadline.
    OnTime,
    /// After it, by so many working days, at least 1.
    Late {
        /// Working days after the deadline.
        working_days: u32,
    },
    /// Not at all.
    Missing,
}

/// A place in an earlier period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPlace {
    /// Name of the component that gave the order.
    pub order: String,
    /// The period, in its one form.
    pub period: String,
    /// The place.
    pub rank: u32,
    /// Whether it was the last place.
    pub last: bool,
}

impl UnitFacts {
    /// Whether nothing that has a light is behind schedule, and something has one.
    pub fn on_schedule(&self) -> bool {
        let mut lights = self.indicators.iter().filter(|i| i.ranked).map(|i| i.light);
        let coloured = |light: Light| !matches!(light, Light::NoColour(_));
        lights.clone().any(coloured) && !lights.any(Light::is_behind)
    }

    /// How many earlier periods in a row, up to the latest, were last in an order.
    pub(super) fn last_before(&self, order: &str) -> u32 {
        let run = self.history.iter().rev().filter(|p| p.order == order).take_while(|p| p.last).count();
        u32::try_from(run).unwrap_or(u32::MAX)
    }
}
