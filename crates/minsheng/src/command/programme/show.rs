//! A programme as people read it in a terminal.

use minsheng_proto::catalogue::v1::{
    FindingDecision, Measure, ProgrammeCounts, ProgrammeVersion, ProjectKind, TargetKind,
};

use crate::output::{Table, one_line};
use crate::words;

/// A version in one line.
pub(super) fn version(version: &ProgrammeVersion) -> String {
    let mut parts = vec![version.name.clone(), number(version)];
    if !version.in_force_from.is_empty() {
        parts.push(format!("自{}起执行", version.in_force_from));
    }
    if !version.reason.is_empty() {
        parts.push(one_line(&version.reason));
    }
    format!("{}。\n", parts.join("，"))
}

/// The version's number.
pub(super) fn number(version: &ProgrammeVersion) -> String {
    if version.version == 0 { "草案".to_owned() } else { format!("第{}版", version.version) }
}

/// What the programme counts up to.
pub(super) fn counts(counts: &ProgrammeCounts) -> String {
    let list = |numbers: &[i32]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("+");
    let sum = |numbers: &[i32]| numbers.iter().sum::<i32>();
    let (key, monitored) = (&counts.key_indicators, &counts.monitored_indicators);
    let mut text = format!(
        "重点项目{}个、指标{}个（{}），计量项{}个（不重复计{}个）；重点监测项目{}个、指标{}个（{}），计量项{}个（不重复计{}个）。\n",
        key.len(),
        sum(key),
        list(key),
        counts.key_measures,
        counts.key_atomic,
        monitored.len(),
        sum(monitored),
        list(monitored),
        counts.monitored_measures,
        counts.monitored_atomic,
    );
    if counts.cells > 0 {
        text.push_str(&format!(
            "任务分解表{}格，填数{}格（各列{}），各列合计{}。\n",
            counts.cells,
            counts.filled,
            list(&counts.filled_by_column),
            counts.sums_by_column.join("、"),
        ));
    }
    text
}

/// What was decided on findings.
pub(super) fn decisions(decisions: &[FindingDecision]) -> String {
    if decisions.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["编号", "处理意见", "处理人", "时间"]);
    for decided in decisions {
        let time = words::time(decided.decide_time.as_ref());
        table.row([&decided.finding_id, &decided.decision, &decided.decided_by, &time]);
    }
    table.text()
}

/// Everything down to the measures.
pub(super) fn whole(found: &ProgrammeVersion) -> String {
    let programme = found.programme.clone().unwrap_or_default();
    let mut table = Table::new(["计量项", "指标", "名称", ">目标", "单位", "截止", "牵头单位", "认定单位"]);
    for project in &programme.projects {
        let kind = if project.kind() == ProjectKind::Monitored { "监测" } else { "" };
        table.row(["", &format!("{kind}{}", project.number), &project.title]);
        for indicator in &project.indicators {
            for (index, measure) in indicator.measures.iter().enumerate() {
                let first = |text: &str| if index == 0 { text.to_owned() } else { String::new() };
                let (code, lead) = (first(&indicator.code), first(&indicator.lead_unit_name));
                let (target, certifier) = (target(measure), first(&indicator.certifier_name));
                let cells =
                    [&measure.code, &code, &measure.title, &target, &measure.unit, &measure.due, &lead, &certifier];
                table.row(cells);
            }
        }
    }
    let mark = if programme.demo_mark.is_empty() { String::new() } else { format!("{}\n", programme.demo_mark) };
    format!("{mark}{}\n{}{}", programme.title, version(found), table.text())
}

fn target(measure: &Measure) -> String {
    let sign = match measure.kind() {
        TargetKind::Pending => "待下达",
        TargetKind::None => "持续推进",
        TargetKind::MoreThan => ">",
        TargetKind::AtMost if measure.strict => "<",
        TargetKind::AtMost => "≤",
        TargetKind::Milestone => return measure.required_stage.clone(),
        _ => "",
    };
    format!("{sign}{}", measure.target)
}
