//! The schemes that come with the software, as data: what a deployment starts from and what its own are written after
//! (field rules §4). Nothing in the evaluation knows any of them.

use super::plain::default_groups;
use super::scheme::{
    Combine, Component, Empty, Mapping, Metric, Naming, RankBy, Role, Scheme, Series, SmallSeries, Step, Ties,
};
use crate::quantity::Quantity;

/// Group key of a division's own lead units.
pub const LEAD_UNITS: &str = "lead-units";
/// Group key of lower tiers.
pub const LOWER_TIERS: &str = "lower-tiers";
/// Group key of townships.
pub const TOWNSHIPS: &str = "townships";

/// The default for a month: progress 60, schedule 20, reporting 10, quality 10.
pub fn default_month() -> Scheme {
    let reporting = Mapping::Steps {
        steps: vec![Step { at_most: 0, points: tenths(100) }, Step { at_most: 2, points: tenths(50) }],
        beyond: Quantity::ZERO,
    };
    Scheme {
        components: vec![
            component("progress", "进度", Metric::Progress { capped: true }, share(600)),
            component(
                "schedule",
                "序时",
                Metric::Light,
                Mapping::Lights { blue: tenths(200), green: tenths(200), yellow: tenths(100), red: Quantity::ZERO },
            ),
            Component {
                empty: Empty::Points(tenths(100)),
                ..component("reporting", "报送", Metric::Timeliness, reporting)
            },
            Component {
                floor: Some(Quantity::ZERO),
                ..component(
                    "quality",
                    "质量",
                    Metric::Corrections,
                    Mapping::PerCount { start: tenths(100), each: tenths(-20) },
                )
            },
        ],
        ..scheme("default-month", "月度默认方案（进度60、序时20、报送10、质量10）", RankBy::Score)
    }
}

/// A province's table: units are named by the rate started and by the rate invested; there is no score.
pub fn province_table() -> Scheme {
    let rate = |name: &str, label: &str, done: &str, planned: &str| Component {
        role: Role::Order,
        ..component(name, label, Metric::Rate { done: done.to_owned(), planned: planned.to_owned() }, share(1000))
    };
    Scheme {
        components: vec![
            rate("started-rate", "开工率", "started", "planned"),
            rate("invested-rate", "投资完成率", "invested", "planned-investment"),
        ],
        ..scheme("province-table", "全省进度表（开工率、投资完成率）", RankBy::Order("started-rate".to_owned()))
    }
}

/// Pass or fail: one target unmet fails the unit.
pub fn pass_or_fail() -> Scheme {
    let verdict = Mapping::Steps { steps: vec![Step { at_most: 0, points: tenths(1000) }], beyond: Quantity::ZERO };
    Scheme {
        components: vec![component("targets", "目标完成", Metric::Unmet, verdict)],
        ..scheme("pass-or-fail", "一票否决（一项未达标即不合格）", RankBy::Score)
    }
}

/// The 2018 district rule for a month: who is last loses points, and more each time in a row.
pub fn district_2018_month() -> Scheme {
    let last = Metric::TimesLast { order: "completion".to_owned() };
    let series = Series { first: vec![tenths(-2), tenths(-8), tenths(-12)], then: tenths(-4) };
    Scheme {
        components: vec![
            completion_order(),
            Component {
                role: Role::Adjustment,
                ..component("last", "月度末位扣分", last, Mapping::Series { series, small: None })
            },
        ],
        ..scheme("district-2018-month", "2018年区级办法（月度）", RankBy::Order("completion".to_owned()))
    }
}

/// The 2018 district rule for the year: points by place, and for projects completed by their node.
pub fn district_2018_year() -> Scheme {
    let place = Metric::Place { order: "completion".to_owned() };
    let places = Mapping::Series {
        series: Series { first: vec![tenths(30), tenths(15), Quantity::ZERO], then: tenths(-5) },
        small: Some(SmallSeries {
            up_to: 5,
            series: Series { first: vec![tenths(30), Quantity::ZERO], then: tenths(-10) },
        }),
    };
    let nodes = Mapping::Series { series: Series { first: vec![tenths(10)], then: tenths(2) }, small: None };
    Scheme {
        components: vec![
            completion_order(),
            component("place", "年度名次", place, places),
            Component {
                role: Role::Adjustment,
                empty: Empty::Points(Quantity::ZERO),
                ..component("node", "按节点完成", Metric::Tally { name: "completed-by-node".to_owned() }, nodes)
            },
        ],
        ..scheme("district-2018-year", "2018年区级办法（年度）", RankBy::Order("completion".to_owned()))
    }
}

/// All of them, with the names under which they are found.
pub fn all() -> Vec<Scheme> {
    vec![default_month(), province_table(), pass_or_fail(), district_2018_month(), district_2018_year()]
}

fn completion_order() -> Component {
    Component {
        role: Role::Order,
        ..component("completion", "完成率", Metric::Completion { capped: true }, share(1000))
    }
}

fn scheme(name: &str, title: &str, rank_by: RankBy) -> Scheme {
    Scheme {
        name: name.to_owned(),
        version: 1,
        title: title.to_owned(),
        decimals: 2,
        components: Vec::new(),
        rank_by,
        ties: Ties::Competition,
        naming: Naming::default(),
        groups: default_groups(),
    }
}

fn component(name: &str, label: &str, metric: Metric, mapping: Mapping) -> Component {
    Component {
        name: name.to_owned(),
        label: label.to_owned(),
        role: Role::Points,
        metric,
        mapping,
        combine: Combine::Mean,
        empty: Empty::Unscored,
        unreported_leaves: false,
        floor: None,
        ceiling: None,
        factor_if_few_duties: None,
    }
}

fn share(tenths_at_full: i64) -> Mapping {
    Mapping::Share { full: tenths(tenths_at_full) }
}

/// So many tenths of a point.
const fn tenths(count: i64) -> Quantity {
    Quantity::from_scaled(count * 1000)
}
