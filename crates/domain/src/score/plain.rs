//! A scheme in the plain form of the contract and of data files: each component has a metric's name, a weight and parameters
//! by name. This is the one place where that form becomes a scheme; what a parameter means stands at its metric below.

use super::presets::{LEAD_UNITS, LOWER_TIERS, TOWNSHIPS};
use super::scheme::{
    Combine, Component, Empty, Group, Mapping, Metric, Naming, RankBy, Role, Scheme, Series, SmallSeries, Step, Ties,
};
use crate::finding::Finding;
use crate::quantity::Quantity;
use std::collections::{BTreeMap, BTreeSet};

/// A scheme as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlainScheme {
    /// Its name, for example default-month.
    pub name: String,
    /// Its version, from 1.
    pub version: u32,
    /// Title in Chinese.
    pub title: String,
    /// Components.
    pub components: Vec<PlainComponent>,
    /// Decimals that each line is rounded to.
    pub decimals: u8,
    /// Largest group for which only one is named first and last; 0 means 6.
    pub small_group: u32,
    /// How many are named first and last in larger groups; 0 means 3.
    pub named: u32,
    /// No score: each component is an order of its own.
    pub rank_by_component: bool,
}

/// A component as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlainComponent {
    /// Its name within the scheme.
    pub id: String,
    /// Title in Chinese.
    pub title: String,
    /// PROGRESS, SCHEDULE, REPORTING, QUALITY, COMPLETION, RATIO, ALL_MET, CONSECUTIVE_LAST, PLACE, GIVEN or EARLY.
    pub metric: String,
    /// Weight in points.
    pub weight: Quantity,
    /// Parameters by name. Every metric takes: role (points, adjustment, order), combine (mean, sum), empty (points that
    /// stand where there is nothing to measure; without it the unit is not scored), unreported (leaves: an unreported
    /// indicator leaves the mean instead of earning no points), floor, ceiling, few_duties_factor,
    /// and for an order ranks (true where the rows are ranked by it).
    pub parameters: BTreeMap<String, String>,
}

impl PlainScheme {
    /// The scheme.
    ///
    /// # Errors
    /// Everything that keeps it from being used, field by field.
    pub fn to_scheme(&self) -> Result<Scheme, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut components = Vec::new();
        let mut rank_by = None;
        for (index, plain) in self.components.iter().enumerate() {
            let mut reader = Reader::new(plain, format!("components[{index}]"), self.rank_by_component);
            let component = reader.component();
            if reader.flag("ranks") || (self.rank_by_component && rank_by.is_none()) {
                rank_by = Some(RankBy::Order(plain.id.clone()));
            }
            reader.refuse_unknown();
            findings.append(&mut reader.findings);
            components.extend(component);
        }
        let naming = Naming::default();
        let or = |given: u32, default: u32| if given == 0 { default } else { given };
        let scheme = Scheme {
            name: self.name.clone(),
            version: self.version,
            title: self.title.clone(),
            decimals: self.decimals,
            components,
            rank_by: rank_by.unwrap_or(RankBy::Score),
            ties: Ties::Competition,
            naming: Naming {
                ends: or(self.named, naming.ends),
                small_group: or(self.small_group, naming.small_group),
                ..naming
            },
            groups: default_groups(),
        };
        if findings.is_empty() {
            findings = scheme.check();
        }
        if findings.is_empty() { Ok(scheme) } else { Err(findings) }
    }
}

/// The groups of a tier: lead units and lower tiers are scored, townships shown (field rules §4).
pub fn default_groups() -> Vec<Group> {
    [(LEAD_UNITS, "县直及驻县单位", false), (LOWER_TIERS, "下级地区", false), (TOWNSHIPS, "乡镇", true)]
        .into_iter()
        .map(|(key, label, shown_only)| Group { key: key.to_owned(), label: label.to_owned(), shown_only })
        .collect()
}

/// Reads one component's parameters, and notes which were asked for.
struct Reader<'a> {
    plain: &'a PlainComponent,
    field: String,
    role: Role,
    asked: BTreeSet<&'static str>,
    findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    fn new(plain: &'a PlainComponent, field: String, order: bool) -> Self {
        let role = if order { Role::Order } else { Role::Points };
        Self { plain, field, role, asked: BTreeSet::new(), findings: Vec::new() }
    }

    fn component(&mut self) -> Option<Component> {
        let weight = self.plain.weight;
        let (metric, mapping) = self.metric(weight)?;
        let role = match self.word("role").as_deref() {
            None => self.role,
            Some("points") => Role::Points,
            Some("adjustment") => Role::Adjustment,
            Some("order") => Role::Order,
            Some(_) => self.refuse("role", "points、adjustment、order")?,
        };
        let combine = match self.word("combine").as_deref() {
            None | Some("mean") => Combine::Mean,
            Some("sum") => Combine::Sum,
            Some(_) => self.refuse("combine", "mean、sum")?,
        };
        Some(Component {
            name: self.plain.id.clone(),
            label: self.plain.title.clone(),
            role,
            metric,
            mapping,
            combine,
            empty: self.quantity("empty").map_or(Empty::Unscored, Empty::Points),
            unreported_leaves: self.word("unreported").as_deref() == Some("leaves"),
            floor: self.quantity("floor"),
            ceiling: self.quantity("ceiling"),
            factor_if_few_duties: self.quantity("few_duties_factor"),
        })
    }

    fn metric(&mut self, weight: Quantity) -> Option<(Metric, Mapping)> {
        let zero = Quantity::ZERO;
        let share = Mapping::Share { full: weight };
        Some(match self.plain.metric.as_str() {
            // capped: false counts more than 100% as such.
            "PROGRESS" => (Metric::Progress { capped: !self.is_off("capped") }, share),
            "COMPLETION" => (Metric::Completion { capped: !self.is_off("capped") }, share),
            // blue, green: points, the weight without them; yellow, red: points, zero without them.
            "SCHEDULE" => {
                let blue = self.quantity("blue").unwrap_or(weight);
                let green = self.quantity("green").unwrap_or(weight);
                let yellow = self.quantity("yellow").unwrap_or(zero);
                let red = self.quantity("red").unwrap_or(zero);
                (Metric::Light, Mapping::Lights { blue, green, yellow, red })
            }
            // The weight on time; late: points up to late_days working days; missing and beyond: zero or beyond.
            "REPORTING" => {
                let mut steps = vec![Step { at_most: 0, points: weight }];
                if let (Some(points), Some(at_most)) = (self.quantity("late"), self.count("late_days")) {
                    steps.push(Step { at_most, points });
                }
                let beyond = self.quantity("beyond").unwrap_or(zero);
                (Metric::Timeliness, Mapping::Steps { steps, beyond })
            }
            // The weight, and each (negative) for each measure returned or adjusted.
            "QUALITY" => {
                let each = self.quantity("each").unwrap_or(zero);
                (Metric::Corrections, Mapping::PerCount { start: weight, each })
            }
            // done, planned: names of the amounts.
            "RATIO" => (Metric::Rate { done: self.needed("done")?, planned: self.needed("planned")? }, share),
            // The weight when all are met; otherwise: points, zero without it.
            "ALL_MET" => {
                let steps = vec![Step { at_most: 0, points: weight }];
                let beyond = self.quantity("otherwise").unwrap_or(zero);
                (Metric::Unmet, Mapping::Steps { steps, beyond })
            }
            // order: the component; points: first, second, third time…; then: added for each further one.
            "CONSECUTIVE_LAST" => (Metric::TimesLast { order: self.needed("order")? }, self.series()?),
            // order: the component; points: first, second, third place…; then; small_up_to, small_points, small_then.
            "PLACE" => (Metric::Place { order: self.needed("order")? }, self.series()?),
            // input: name of the mark.
            "GIVEN" => (Metric::Mark { name: self.needed("input")? }, share),
            // input: name of the count; points and then, or each.
            "EARLY" => {
                let metric = Metric::Tally { name: self.needed("input")? };
                match self.quantity("each") {
                    Some(each) => (metric, Mapping::PerCount { start: zero, each }),
                    None => (metric, self.series()?),
                }
            }
            other => {
                let zh = format!("不认识的指标“{other}”");
                self.fault("metric", zh, format!("there is no metric {other:?}"));
                return None;
            }
        })
    }

    fn series(&mut self) -> Option<Mapping> {
        let first = self.quantities("points")?;
        let then = self.quantity("then").unwrap_or(Quantity::ZERO);
        let small = match self.count("small_up_to") {
            None => None,
            Some(up_to) => {
                let first = self.quantities("small_points")?;
                let then = self.quantity("small_then").unwrap_or(Quantity::ZERO);
                Some(SmallSeries { up_to, series: Series { first, then } })
            }
        };
        Some(Mapping::Series { series: Series { first, then }, small })
    }

    fn word(&mut self, name: &'static str) -> Option<String> {
        self.asked.insert(name);
        self.plain.parameters.get(name).cloned()
    }

    fn needed(&mut self, name: &'static str) -> Option<String> {
        let word = self.word(name).filter(|word| !word.is_empty());
        if word.is_none() {
            self.fault(
                &format!("parameters.{name}"),
                format!("缺少参数{name}"),
                format!("parameter {name} is missing"),
            );
        }
        word
    }

    fn flag(&mut self, name: &'static str) -> bool {
        self.word(name).as_deref() == Some("true")
    }

    fn is_off(&mut self, name: &'static str) -> bool {
        self.word(name).as_deref() == Some("false")
    }

    fn quantity(&mut self, name: &'static str) -> Option<Quantity> {
        let word = self.word(name)?;
        match word.parse::<Quantity>() {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                self.fault(&format!("parameters.{name}"), format!("参数{name}：{}", error.zh()), error.to_string());
                None
            }
        }
    }

    fn quantities(&mut self, name: &'static str) -> Option<Vec<Quantity>> {
        let word = self.needed(name)?;
        let read: Result<Vec<Quantity>, _> = word.split(',').map(str::parse).collect();
        match read {
            Ok(quantities) => Some(quantities),
            Err(_) => self.refuse(name, "以逗号分隔的数"),
        }
    }

    fn count(&mut self, name: &'static str) -> Option<u32> {
        let word = self.word(name)?;
        match word.parse() {
            Ok(count) => Some(count),
            Err(_) => self.refuse(name, "非负整数"),
        }
    }

    fn refuse<T>(&mut self, name: &'static str, wanted: &str) -> Option<T> {
        let zh = format!("参数{name}应为：{wanted}");
        self.fault(&format!("parameters.{name}"), zh, format!("parameter {name} has another form"));
        None
    }

    /// A parameter that nobody asked for is a mistake, not a decoration.
    fn refuse_unknown(&mut self) {
        let unknown: Vec<&String> =
            self.plain.parameters.keys().filter(|key| !self.asked.contains(key.as_str())).collect();
        for name in unknown {
            let zh = format!("{}不用参数{name}", self.plain.metric);
            self.fault(&format!("parameters.{name}"), zh, format!("{} takes no parameter {name}", self.plain.metric));
        }
    }

    fn fault(&mut self, at: &str, zh: String, en: String) {
        let field = format!("{}.{at}", self.field);
        self.findings.push(Finding::error("scheme_invalid", field, zh, en));
    }
}
