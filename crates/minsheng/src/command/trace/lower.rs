//! What lower tiers reported, through as many tiers as came along.

use minsheng_domain::programme::code_at;
use minsheng_kit::witness::{Decided, Lower, Part, ProvenEntry, received};
use minsheng_proto::reporting::v1::{EvidenceReference, ReportSubmitted};

use super::text::adjustment;
use crate::output::one_line;
use crate::words;

/// A lower tier's set as people read it, so many steps in.
pub(super) fn text(lower: &Lower, depth: usize, text: &mut String) {
    let tab = "  ".repeat(depth);
    let Lower { division, mark, set, received, .. } = lower;
    let mut line = |words: String| text.push_str(&format!("{tab}{words}\n"));
    line(format!(
        "{division}上报（{}，{}），上一级收存于reporting第{received}条",
        words::figure_mark(*mark),
        set.period
    ));
    for value in &set.values {
        let answer = set.answers.iter().find(|answer| answer.measure == value.measure);
        let own = answer.map(|answer| format!("，即{division}的{}", answer.own_measure)).unwrap_or_default();
        line(format!("  {} {}{own}", value.measure, words::value(value.value.as_ref())));
    }
    for one in std::iter::once(&lower.decided).chain(&lower.further) {
        decided(one, lower.composed, &mut line);
    }
    let all = lower.parts.iter().all(|part| part.decided.figure.is_some());
    if lower.composed {
        let sum = if all { "合计相符" } else { "有条目未随附，合计未核" };
        line(format!("  由下列各地合计，{sum}："));
    } else if !lower.parts.is_empty() {
        line("  其中各地：".to_owned());
    }
    for part in &lower.parts {
        part_text(lower, part, depth + 2, text);
    }
    if !set.missing.is_empty() {
        text.push_str(&format!("{tab}  尚缺：{}\n", set.missing.join("、")));
    }
}

fn part_text(above: &Lower, part: &Part, depth: usize, text: &mut String) {
    let tab = "  ".repeat(depth);
    let mut line = |words: String| text.push_str(&format!("{tab}{words}\n"));
    let values = values_of(above, part).into_iter().map(|(measure, value)| format!("{measure} {value}"));
    let values: Vec<String> = values.collect();
    line(format!("{} {}", part.division, values.join("，")));
    decided(&part.decided, false, &mut line);
    if let Some(lower) = &part.lower {
        self::text(lower, depth + 1, text);
    }
}

/// What a part says of the measures that its tier answers with.
fn values_of(above: &Lower, part: &Part) -> Vec<(String, String)> {
    let figure = part.decided.figure.as_ref();
    let value = |measure: &str| {
        let code = code_at(measure, &part.division);
        let value = figure?.values.iter().find(|value| value.measure == code)?;
        Some((measure.to_owned(), words::value(value.value.as_ref())))
    };
    above.set.answers.iter().filter_map(|answer| value(&answer.own_measure)).collect()
}

fn decided(decided: &Decided, alone: bool, line: &mut impl FnMut(String)) {
    let Some(decision) = &decided.decision else {
        let Decided { origin, sequence, .. } = decided;
        return line(format!("  决定：{origin}第{sequence}条（条目未随附，可在该级继续追溯）"));
    };
    line(format!("  决定：{}", entry(decision)));
    let Some(figure) = &decided.figure else {
        if !alone {
            line("  报送的条目未随附，或是本级尚不认识的种类".to_owned());
        }
        return;
    };
    for adjusted in &figure.adjusted {
        line(format!("    调整：{} {}", adjusted.measure, adjustment(adjusted)));
    }
    if let Some(submission) = &decided.submission {
        line(format!("  报送：{}", entry(submission)));
    }
    line(format!("    {}", author(&figure.submitted)));
    for EvidenceReference { sha256, label, .. } in figure.evidence() {
        line(format!("    佐证：{} {}", hex::encode(sha256), one_line(label)));
    }
}

fn author(submitted: &ReportSubmitted) -> String {
    let content = submitted.content.clone().unwrap_or_default();
    let by = match received(submitted) {
        Some(_) => "由下级上报的数据形成".to_owned(),
        None => format!("填报人{}，审核人{}，负责人{}", content.filled_by, content.reviewed_by, content.head),
    };
    format!("{}第{}稿，{by}", submitted.report, submitted.version)
}

fn entry(entry: &ProvenEntry) -> String {
    let (origin, sequence, leaf) = (entry.origin(), entry.sequence, hex::encode(entry.leaf_hash.0));
    format!("{origin}第{sequence}条 {leaf} {} {}", words::time(Some(&entry.time)), entry.actor.account)
}

/// The same as JSON.
pub(super) fn json(lower: &Lower) -> serde_json::Value {
    let answer = |measure: &str| lower.set.answers.iter().find(|answer| answer.measure == measure);
    let values = lower.set.values.iter().map(|value| {
        serde_json::json!({
            "measure": value.measure,
            "ownMeasure": answer(&value.measure).map(|answer| answer.own_measure.clone()),
            "value": words::value(value.value.as_ref()),
        })
    });
    let parts = lower.parts.iter().map(|part| {
        let values = values_of(lower, part).into_iter();
        let values = values.map(|(measure, value)| serde_json::json!({"measure": measure, "value": value}));
        serde_json::json!({
            "division": part.division,
            "values": values.collect::<Vec<_>>(),
            "decided": decided_json(&part.decided),
            "filed": part.lower.as_ref().map(json),
        })
    });
    serde_json::json!({
        "division": lower.division,
        "mark": lower.mark.as_str_name().trim_start_matches("FIGURE_MARK_"),
        "period": lower.set.period,
        "receivedSequence": lower.received,
        "composed": lower.composed,
        "values": values.collect::<Vec<_>>(),
        "decided": decided_json(&lower.decided),
        "further": lower.further.iter().map(decided_json).collect::<Vec<_>>(),
        "parts": parts.collect::<Vec<_>>(),
        "missing": lower.set.missing,
    })
}

fn decided_json(decided: &Decided) -> serde_json::Value {
    let entry = |entry: &ProvenEntry| {
        serde_json::json!({
            "origin": entry.origin(),
            "sequence": entry.sequence,
            "leafHash": hex::encode(entry.leaf_hash.0),
            "time": words::time(Some(&entry.time)),
            "account": entry.actor.account,
            "headSize": entry.head.size,
        })
    };
    let figure = decided.figure.as_ref();
    let files = figure.map_or(&[][..], |figure| figure.evidence());
    serde_json::json!({
        "origin": decided.origin,
        "sequence": decided.sequence,
        "attached": decided.decision.is_some(),
        "decision": decided.decision.as_ref().map(entry),
        "submission": decided.submission.as_ref().map(entry),
        "report": figure.map(|figure| figure.version.report.clone()),
        "evidence": files.iter().map(|file| hex::encode(&file.sha256)).collect::<Vec<_>>(),
    })
}
