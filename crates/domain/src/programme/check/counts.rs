//! What the document says of its own counts against what it holds.

use super::Context;
use crate::finding::Finding;
use crate::programme::ProjectKind;
use crate::programme::{Programme, summarise};

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let summary = summarise(programme);
    let mut findings = Vec::new();
    for (index, stated) in programme.stated_counts.iter().enumerate() {
        let held = match stated.kind {
            ProjectKind::Key => &summary.key_indicators,
            ProjectKind::Monitored => &summary.monitored_indicators,
        };
        let label = stated.kind.label();
        let projects = u32::try_from(held.len()).unwrap_or(u32::MAX);
        let indicators: u32 = held.iter().sum();
        for (what, zh_what, said, counted) in
            [("projects", "项目", stated.projects, projects), ("indicators", "指标", stated.indicators, indicators)]
        {
            if said != counted {
                findings.push(
                    Finding::warning(
                        "stated_count_differs",
                        format!("stated_counts[{index}].{what}"),
                        format!("文件称{label}{zh_what}{said}个，实列{counted}个"),
                        format!("the document states {said} {what}, and holds {counted}"),
                    )
                    .fact("stated", said)
                    .fact("counted", counted),
                );
            }
        }
    }
    for kind in [ProjectKind::Key, ProjectKind::Monitored] {
        let holds = programme.projects.iter().any(|p| p.kind == kind);
        if holds && !programme.stated_counts.iter().any(|s| s.kind == kind) {
            findings.push(Finding::note(
                "stated_count_missing",
                "stated_counts",
                format!("未录入文件所称{}项目和指标的个数，无从核对", kind.label()),
                "what the document states of its counts is not given",
            ));
        }
    }
    findings
}
