//! A proved chain as people read it.

use minsheng_domain::programme::split_code;
use minsheng_kit::witness::{received, same_value};
use minsheng_proto::verification::v1::AdjustedValue;

use super::lower;
use crate::output::one_line;
use crate::proof::{Figure, MeasureTrace, ProvenEntry, Trace};
use crate::words;

/// A chain.
pub(super) fn trace(traced: &Trace) -> String {
    let mut text = String::new();
    if let Some((snapshot, entry)) = &traced.snapshot {
        if !snapshot.demo_mark.is_empty() {
            text.push_str(&format!("【{}】\n", snapshot.demo_mark));
        }
        if let Some((bulletin, issue)) = &traced.bulletin {
            text.push_str(&format!("通报 {} {}\n  签发：{}\n", bulletin.name, bulletin.document_number, place(issue)));
        }
        text.push_str(&format!(
            "快照 {}（{}，数据截至{}）\n  封存：{}\n",
            snapshot.name,
            words::basis(snapshot.basis()),
            snapshot.cut_off,
            place(entry),
        ));
    }
    let row = &traced.figure.row;
    text.push_str(&format!("指标 {} {}", row.indicator, one_line(&row.title)));
    match traced.snapshot {
        Some(_) => {
            text.push_str(&format!("：完成{}，{}\n", words::percent(&row.completion), words::light(row.light())));
        }
        None => text.push_str("（现状）\n"),
    }
    figure(&traced.figure, &traced.shares, &mut text);
    for share in &traced.shares {
        let (_, division) = split_code(&share.row.indicator);
        let name = [share.row.unit_name.as_str(), division.unwrap_or_default()].join(" ");
        text.push_str(&format!("下级 {}（{}）\n", name.trim(), share.row.indicator));
        figure(share, &[], &mut text);
    }
    for seen in &traced.witnessed {
        let time = i64::try_from(seen.seconds).unwrap_or_default();
        let time = words::time(Some(&prost_types::Timestamp { seconds: time, nanos: 0 }));
        let (origin, witness, size) = (&seen.origin, &seen.witness, seen.size);
        text.push_str(&format!("见证 {origin}：{witness}于{time}见证至{size}条"));
        match seen.proven {
            0 => text.push('\n'),
            proven => text.push_str(&format!("，以上{proven}条的证明即以此账头为据\n")),
        }
    }
    text.push_str("以上各条都在本机验证：条目与叶哈希相符，证明推到已签名的账头，各数前后一致。\n");
    text
}

fn place(entry: &ProvenEntry) -> String {
    format!("ranking第{}条 {}", entry.body.sequence, hex::encode(entry.leaf))
}

fn figure(figure: &Figure, shares: &[Figure], text: &mut String) {
    for measure in &figure.measures {
        measure_text(measure, text);
        breakdown(measure, shares, text);
    }
    if let Some(filed) = &figure.lower {
        lower::text(filed, 1, text);
    }
}

fn measure_text(trace: &MeasureTrace, text: &mut String) {
    let row = &trace.row;
    let unit = if row.unit.is_empty() { String::new() } else { format!("（{}）", row.unit) };
    text.push_str(&format!("计量项 {} {}{unit}\n", row.measure, one_line(&row.title)));
    let Some((submission, report)) = trace.submission.as_ref().zip(trace.report.as_ref()) else {
        text.push_str("  没有报送\n");
        return;
    };
    let step = |name: &str, ledger: &str, entry: &ProvenEntry, value: String| {
        let actor = entry.body.actor.clone().unwrap_or_default();
        let time = words::time(entry.body.time.as_ref());
        let (sequence, leaf) = (entry.body.sequence, hex::encode(entry.leaf));
        format!("  {name}：{value}  {ledger}第{sequence}条 {leaf} {time} {}\n", actor.account)
    };
    if let Some(entry) = &trace.certification {
        text.push_str(&step("认定数", "verification", entry, words::value(row.certified.as_ref())));
    }
    if let Some(adjusted) = &trace.adjusted {
        text.push_str(&format!("    调整：{}\n", adjustment(adjusted)));
    }
    if let Some(entry) = &trace.pass {
        text.push_str(&step("快报数", "verification", entry, words::value(row.fast.as_ref())));
    }
    text.push_str(&step("报送数", "reporting", submission, words::value(row.reported.as_ref())));
    text.push_str(&format!("    {}第{}稿", report.report, report.version));
    match received(report) {
        Some(received) => text.push_str(&format!("，由下级上报的数据形成（reporting第{}条）\n", received.sequence)),
        None => {
            let content = report.content.clone().unwrap_or_default();
            let entered = if report.entered_for_unit { "，实事办代录" } else { "" };
            let late = if report.late { "，迟报" } else { "" };
            text.push_str(&format!(
                "，填报人{}，审核人{}，负责人{}{entered}{late}\n",
                content.filled_by, content.reviewed_by, content.head,
            ));
        }
    }
    for file in &trace.evidence {
        text.push_str(&format!("    佐证：{} {}\n", hex::encode(&file.sha256), one_line(&file.label)));
    }
}

/// The breakdown of a whole, each place beside what its tier reports.
fn breakdown(measure: &MeasureTrace, shares: &[Figure], text: &mut String) {
    let Some(value) = measure.submitted().filter(|value| !value.breakdown.is_empty()) else { return };
    text.push_str("  各地（合计与报送数相符）：\n");
    for place in &value.breakdown {
        text.push_str(&format!("    {} {}", place.division, words::value(place.value.as_ref())));
        match share_of(measure, &place.division, shares) {
            Some(share) if same_value(share.value(), place.value.as_ref()) => text.push_str("，与该地上报的数相符\n"),
            Some(share) if share.submission.is_some() => {
                text.push_str(&format!("，该地上报的数为{}（汇总前后另有新数）\n", words::value(share.value())));
            }
            Some(_) => text.push_str("，该地未上报，由本级填报\n"),
            None => text.push_str("，由本级填报\n"),
        }
    }
}

/// What a lower tier reports of a measure.
pub(super) fn share_of<'a>(measure: &MeasureTrace, division: &str, shares: &'a [Figure]) -> Option<&'a MeasureTrace> {
    shares.iter().flat_map(|share| &share.measures).find(|share| {
        let (whole, tier) = split_code(&share.row.measure);
        whole == measure.row.measure && tier == Some(division)
    })
}

/// An adjustment with its reason.
pub(super) fn adjustment(adjusted: &AdjustedValue) -> String {
    let values = [&adjusted.reported, &adjusted.certified].map(|value| words::value(value.as_ref()));
    format!("{}→{}，{}", values[0], values[1], one_line(&adjusted.reason))
}
