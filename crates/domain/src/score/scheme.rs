//! A scoring scheme as data with a version (field rules §4): components, how each maps to points, ties, groups, who is named.
//! A new component is a new `Metric` here and its samples in `sample`; a new way to give points is a new `Mapping`.

use crate::finding::Finding;
use crate::quantity::{MAX_DECIMALS, Quantity};

/// A scheme; immutable once in force, identified by name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// Its name, for example default-month.
    pub name: String,
    /// Its version, from 1.
    pub version: u32,
    /// Title in Chinese.
    pub title: String,
    /// Decimals to which each line of an explanation is rounded.
    pub decimals: u8,
    /// What is measured and how it becomes points or an order.
    pub components: Vec<Component>,
    /// What the row's rank rests on.
    pub rank_by: RankBy,
    /// How equal values share places.
    pub ties: Ties,
    /// How many are named first and last.
    pub naming: Naming,
    /// Groups, ranked apart.
    pub groups: Vec<Group>,
}

/// One line of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name within the scheme.
    pub name: String,
    /// What an explanation calls it, in Chinese.
    pub label: String,
    /// What its value is for.
    pub role: Role,
    /// What is measured.
    pub metric: Metric,
    /// How a sample becomes points.
    pub mapping: Mapping,
    /// How several samples become one value.
    pub combine: Combine,
    /// What stands when there is no sample.
    pub empty: Empty,
    /// An unreported indicator leaves the mean; without this it earns no points in it.
    pub unreported_leaves: bool,
    /// The line is not below this.
    pub floor: Option<Quantity>,
    /// The line is not above this.
    pub ceiling: Option<Quantity>,
    /// Multiplies the line for a unit with fewer duties than its group's mean (field rules §4, bonus schemes).
    pub factor_if_few_duties: Option<Quantity>,
}

/// What a component is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A part of the score.
    Points,
    /// A bonus or deduction on the score; shown apart.
    Adjustment,
    /// An order of its own that gives no points, such as a rate by which units are named.
    Order,
}

/// What is measured of a unit. Each gives samples: one a duty, or one for the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metric {
    /// Of each ranked indicator: completion ÷ expected share; full where nothing is expected yet.
    Progress {
        /// Counts at most as 100%.
        capped: bool,
    },
    /// Of each ranked indicator: completion.
    Completion {
        /// Counts at most as 100%.
        capped: bool,
    },
    /// Of each ranked indicator: its light.
    Light,
    /// Of each report owed: working days late; a missing one is later than any.
    Timeliness,
    /// How many measures were returned or adjusted.
    Corrections,
    /// How many indicators with a verdict have not met their target.
    Unmet,
    /// One amount divided by another, both by name.
    Rate {
        /// Name of what was done.
        done: String,
        /// Name of what was planned.
        planned: String,
    },
    /// A mark given elsewhere (public survey, supervision), as a share of its full mark.
    Mark {
        /// Name of the mark.
        name: String,
    },
    /// A count given elsewhere (projects completed by node, hollow reports).
    Tally {
        /// Name of the count.
        name: String,
    },
    /// The unit's place in an order.
    Place {
        /// Name of the component with the role Order.
        order: String,
    },
    /// How many periods in a row, this one included, the unit is last in an order.
    TimesLast {
        /// Name of the component with the role Order.
        order: String,
    },
}

/// How a sample becomes points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapping {
    /// So many points at a full share, in proportion below and above.
    Share {
        /// Points at 100%.
        full: Quantity,
    },
    /// Points by light.
    Lights {
        /// Done.
        blue: Quantity,
        /// On schedule.
        green: Quantity,
        /// Behind.
        yellow: Quantity,
        /// Far behind.
        red: Quantity,
    },
    /// The points of the first step whose bound is not exceeded.
    Steps {
        /// Bound (inclusive) and points, bounds rising.
        steps: Vec<Step>,
        /// Points beyond the last bound.
        beyond: Quantity,
    },
    /// So many points, and so many more or less for each counted.
    PerCount {
        /// Points at zero.
        start: Quantity,
        /// Added for each.
        each: Quantity,
    },
    /// Points by position 1, 2, 3…; zero at position 0.
    Series {
        /// The series.
        series: Series,
        /// Another series where few take part.
        small: Option<SmallSeries>,
    },
}

/// A bound and its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Counts up to and including this.
    pub at_most: u32,
    /// Points.
    pub points: Quantity,
}

/// Points of the first positions; each later one differs from the one before by a fixed step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Points at positions 1, 2, 3…; at least one.
    pub first: Vec<Quantity>,
    /// Added for each position after those.
    pub then: Quantity,
}

/// A series for groups of few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallSeries {
    /// Where so many or fewer have a place.
    pub up_to: u32,
    /// The series.
    pub series: Series,
}

/// How several samples become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Combine {
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
}

/// What stands when a unit has no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// The unit is listed without a score.
    Unscored,
    /// So many points.
    Points(Quantity),
}

/// What a row's rank rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RankBy {
    /// The score.
    Score,
    /// The component of this name, with the role Order.
    Order(String),
}

/// How equal values share places (field rules §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ties {
    /// 1, 2, 3, 3, 5: the next place is skipped (并列名次不连续).
    Competition,
    /// 1, 2, 3, 3, 4: the next place follows.
    Dense,
}

/// How many are named first and last in a bulletin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Naming {
    /// How many at each end.
    pub ends: u32,
    /// In groups of so many or fewer…
    pub small_group: u32,
    /// …how many at each end.
    pub small_ends: u32,
}

impl Default for Naming {
    /// Three and three; one and one in groups of six or fewer.
    fn default() -> Self {
        Self { ends: 3, small_group: 6, small_ends: 1 }
    }
}

/// A group of units that is ranked apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its key, as units name it.
    pub key: String,
    /// What a bulletin calls it, in Chinese.
    pub label: String,
    /// Shown only, without score and rank: by default the townships, who cooperate (field rules §4).
    pub shown_only: bool,
}

impl Scheme {
    /// What keeps the scheme from being used; empty when it is sound. A snapshot is made with sound schemes only.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut fault =
            |field: String, zh: String, en: String| findings.push(Finding::error("scheme_invalid", field, zh, en));
        if self.name.is_empty() || self.version == 0 {
            fault("name".into(), "方案须有名称和版本号".into(), "a scheme needs a name and a version from 1".into());
        }
        if self.decimals > MAX_DECIMALS {
            fault("decimals".into(), "小数最多四位".into(), "at most four decimals".into());
        }
        for (index, component) in self.components.iter().enumerate() {
            let field = format!("components[{index}]");
            let label = &component.label;
            if component.name.is_empty() || self.components[..index].iter().any(|c| c.name == component.name) {
                let zh = format!("第{}项没有名称或名称重复", index + 1);
                fault(format!("{field}.name"), zh, "the component has no name, or one that is taken".into());
            }
            if !component.metric.fits(&component.mapping) {
                let zh = format!("“{label}”的计分办法不适用于其指标");
                fault(format!("{field}.mapping"), zh, "the mapping does not fit the metric's samples".into());
            }
            if let Some(order) = component.metric.order()
                && (component.role == Role::Order || !self.has_order(order))
            {
                let zh = format!("“{label}”所依据的排序“{order}”不存在");
                fault(format!("{field}.metric"), zh, format!("there is no order {order} for it to rest on"));
            }
            if let (Some(floor), Some(ceiling)) = (component.floor, component.ceiling)
                && floor > ceiling
            {
                let zh = format!("“{label}”的下限高于上限");
                fault(format!("{field}.floor"), zh, "the floor lies above the ceiling".into());
            }
            if !component.mapping.is_sound() {
                let zh = format!("“{label}”的分档不递增或为空");
                fault(format!("{field}.mapping"), zh, "steps must rise and a series must not be empty".into());
            }
        }
        match &self.rank_by {
            RankBy::Score if !self.gives_points() => {
                fault(
                    "rank_by".into(),
                    "方案没有得分项，不能按得分排名".into(),
                    "no component gives points to rank by".into(),
                );
            }
            RankBy::Order(name) if !self.has_order(name) => {
                fault("rank_by".into(), format!("排名所依据的“{name}”不存在"), format!("there is no order {name}"));
            }
            _ => {}
        }
        for (index, group) in self.groups.iter().enumerate() {
            if group.key.is_empty() || self.groups[..index].iter().any(|g| g.key == group.key) {
                let zh = format!("第{}组没有标识或标识重复", index + 1);
                fault(format!("groups[{index}].key"), zh, "the group has no key, or one that is taken".into());
            }
        }
        findings
    }

    /// Whether any component gives or takes points.
    pub fn gives_points(&self) -> bool {
        self.components.iter().any(|c| c.role != Role::Order)
    }

    fn has_order(&self, name: &str) -> bool {
        self.components.iter().any(|c| c.name == name && c.role == Role::Order)
    }
}

impl Metric {
    /// Whether its samples are of the sort that a mapping takes.
    pub fn fits(&self, mapping: &Mapping) -> bool {
        match self {
            Self::Progress { .. } | Self::Completion { .. } | Self::Rate { .. } | Self::Mark { .. } => {
                matches!(mapping, Mapping::Share { .. })
            }
            Self::Light => matches!(mapping, Mapping::Lights { .. }),
            Self::Timeliness => matches!(mapping, Mapping::Steps { .. }),
            Self::Corrections | Self::Unmet | Self::Tally { .. } | Self::Place { .. } | Self::TimesLast { .. } => {
                matches!(mapping, Mapping::Steps { .. } | Mapping::PerCount { .. } | Mapping::Series { .. })
            }
        }
    }

    /// The order that it rests on, if it does.
    pub fn order(&self) -> Option<&str> {
        match self {
            Self::Place { order } | Self::TimesLast { order } => Some(order),
            _ => None,
        }
    }
}

impl Mapping {
    fn is_sound(&self) -> bool {
        match self {
            Self::Steps { steps, .. } => !steps.is_empty() && steps.windows(2).all(|w| w[0].at_most < w[1].at_most),
            Self::Series { series, small } => {
                !series.first.is_empty() && small.as_ref().is_none_or(|s| !s.series.first.is_empty())
            }
            _ => true,
        }
    }
}
