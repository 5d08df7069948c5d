//! Indicators of a real programme as a county works with them: parts through their whole, heads and months, a stage due
//! the year after, a pending target, an amended target.
#![allow(clippy::unwrap_used, missing_docs)]

use jiff::civil::{Date, date};
use minsheng_domain::indicator::{GroupEvaluation, evaluate_indicator};
use minsheng_domain::light::{Light, Thresholds};
use minsheng_domain::measure::{Evaluation, Judging, MeasureSpec, evaluate};
use minsheng_domain::quantity::Quantity;
use minsheng_domain::ratio::Ratio;
use minsheng_domain::schedule::SchedulePolicy;
use minsheng_domain::target::{
    Actual, AtLeast, Basis, Coverage, Kind, Milestone, MilestoneStage, Part, Parts, Pending, PersonMonths, StageReached,
};
use minsheng_domain::value::Value;

fn q(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn ratio(num: i128, den: i128) -> Ratio {
    Ratio::new(num, den).unwrap()
}

fn measure(code: &str, unit: &str, kind: Kind) -> MeasureSpec {
    MeasureSpec {
        code: code.to_owned(),
        name: code.to_owned(),
        basis: Basis::Flow,
        unit: unit.parse().unwrap(),
        decimals: 0,
        kind,
        start_value: None,
        start: date(2023, 1, 1),
        due: date(2023, 12, 31),
        weight: 1,
        curve: None,
        seasonal: false,
        part_of: None,
    }
}

fn at_least(code: &str, target: &str) -> MeasureSpec {
    measure(code, "人次", Kind::AtLeast(AtLeast { target: q(target) }))
}

fn judge(spec: &MeasureSpec, actual: &Actual, cut_off: Date) -> Evaluation {
    evaluate(spec, actual, &Judging { year: 2023, cut_off, policy: SchedulePolicy::default() })
}

fn indicator(code: &str, measures: &[Evaluation]) -> GroupEvaluation {
    evaluate_indicator(code, 1, measures, &Thresholds::default())
}

#[test]
fn trainings_enter_through_their_whole_and_not_again() {
    let part = |code: &str, target: &str| Part { code: code.to_owned(), name: code.to_owned(), target: q(target) };
    let parts = vec![part("3.2-2", "2300"), part("3.2-3", "675")];
    let whole = measure("3.2-1", "人次", Kind::Parts(Parts { target: q("2975"), parts }));
    let of_whole =
        |code: &str, target: &str| MeasureSpec { part_of: Some("3.2-1".to_owned()), ..at_least(code, target) };
    let values = [("3.2-2", q("2300")), ("3.2-3", q("270"))];
    let mut actual = Actual::number(q("2570"));
    actual.parts = values.map(|(code, value)| (code.to_owned(), Value::Number(value))).to_vec();
    let cut_off = date(2023, 9, 20);
    let it = indicator(
        "3.2",
        &[
            judge(&whole, &actual, cut_off),
            judge(&of_whole("3.2-2", "2300"), &Actual::number(q("2300")), cut_off),
            judge(&of_whole("3.2-3", "675"), &Actual::number(q("270")), cut_off),
        ],
    );
    assert_eq!((it.members, it.completion), (1, Some(ratio(2570, 2975))));
    assert!(!it.done);
}

#[test]
fn heads_and_months_are_one_measure() {
    let rule = PersonMonths { months: q("648"), heads: q("81"), heads_code: "8.1-1".to_owned(), months_each: 8 };
    let months = measure("8.1-2", "人·月", Kind::PersonMonths(rule));
    let heads = MeasureSpec { part_of: Some("8.1-2".to_owned()), ..at_least("8.1-1", "81") };
    let mut actual = Actual::number(q("400"));
    assert_eq!(judge(&months, &actual, date(2023, 9, 20)).light.label(), "未报送");
    assert_eq!(months.kind.rule().part_codes(), ["8.1-1"]);
    actual.parts = vec![("8.1-1".to_owned(), Value::Number(q("81")))];
    let both = [judge(&heads, &Actual::number(q("81")), date(2023, 9, 20)), judge(&months, &actual, date(2023, 9, 20))];
    assert_eq!(both[0].light, Light::Blue);
    let it = indicator("8.1", &both);
    assert_eq!((it.completion, it.done), (Some(ratio(400, 648)), false));
}

#[test]
fn a_stage_due_next_year_enters_nothing_of_this_year() {
    let stage = |name: &str| MilestoneStage { name: name.to_owned(), share: Some(Ratio::ONE) };
    let school = |code: &str, required: &str| {
        let stages = vec![stage("启动"), stage("全面建成")];
        measure(code, "所", Kind::Milestone(Milestone { stages, required: required.to_owned() }))
    };
    let start = school("1.1-1", "启动");
    let built = MeasureSpec { due: date(2024, 12, 31), ..school("1.1-2", "全面建成") };
    let on = Some(date(2023, 8, 1));
    let actual = Actual { stage: Some(StageReached { stage: "启动".to_owned(), on }), ..Actual::default() };
    let cut_off = date(2023, 8, 20);
    let later = judge(&built, &actual, cut_off);
    assert_eq!(later.light.label(), "跨年度");
    let it = indicator("1.1", &[judge(&start, &actual, cut_off), later]);
    assert_eq!((it.members, it.done, it.light), (1, true, Light::Blue));
}

#[test]
fn a_pending_target_is_reportable_and_has_no_light_after_the_fact() {
    let pending = measure("m1.1-1", "人", Kind::Pending(Pending));
    let june = judge(&pending, &Actual::number(q("512000")), date(2023, 6, 20));
    assert_eq!((june.completion, june.light.label()), (None, "待下达"));
    // The target arrives in July; June stays judged by the version then in force.
    let arrived = measure("m1.1-1", "人", Kind::AtLeast(AtLeast { target: q("500000") }));
    assert_eq!(judge(&arrived, &Actual::number(q("512000")), date(2023, 7, 20)).light, Light::Blue);
}

#[test]
fn four_coverages_make_one_indicator_with_the_worst_named() {
    let base = |code: &str, base: &str| measure(code, "个", Kind::Coverage(Coverage { base: q(base) }));
    let cut_off = date(2023, 6, 20);
    let measures = [("5.1-1", "8", "8"), ("5.1-2", "43", "43"), ("5.1-3", "23", "23"), ("5.1-4", "433", "216")]
        .map(|(code, all, covered)| judge(&base(code, all), &Actual::number(q(covered)), cut_off));
    let it = indicator("5.1", &measures);
    assert_eq!(it.completion, Some(ratio(3 * 433 + 216, 4 * 433)));
    assert_eq!(it.worst, Some(("5.1-4".to_owned(), ratio(216, 433))));
    assert_eq!(it.expected(), Some(ratio(171, 365)));
    assert_eq!((it.done, it.light), (false, Light::Green));
}
