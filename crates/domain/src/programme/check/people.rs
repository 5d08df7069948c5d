//! Who is in charge and who certifies: blanks are unknown, and what was inferred keeps its mark (field rules §5).

use super::{Context, indicators};
use crate::finding::Finding;
use crate::programme::Programme;
use std::collections::BTreeMap;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut inferred: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for at in indicators(programme) {
        let code = &at.indicator.code;
        let leaders = &at.indicator.leaders_in_charge;
        if leaders.is_empty() {
            findings.push(
                Finding::warning(
                    "leader_unknown",
                    format!("{}.leaders_in_charge", at.path),
                    format!("指标{code}的分管领导空白，视为未知，不是没有"),
                    "the leader in charge is left blank: unknown, not none",
                )
                .fact("indicator", code),
            );
        }
        for (index, leader) in leaders.iter().enumerate() {
            if let (Some(from), Some(to)) = (leader.from, leader.to)
                && from > to
            {
                findings.push(Finding::error(
                    "leader_dates",
                    format!("{}.leaders_in_charge[{index}]", at.path),
                    format!("指标{code}分管领导“{}”的起止日期颠倒", leader.name),
                    "the first day lies after the last",
                ));
            }
        }
        if at.indicator.certifier_inferred {
            inferred.entry(at.indicator.certifier_name.as_str()).or_default().push(code);
        }
    }
    for (certifier, codes) in inferred {
        let (count, codes) = (codes.len(), codes.join("、"));
        findings.push(
            Finding::note(
                "certifier_inferred",
                "projects",
                format!("{count}个指标的认定单位“{certifier}”由合并单元格推定：{codes}"),
                format!("the certifier of {count} indicators is inferred from a merged cell"),
            )
            .fact("certifier", certifier)
            .fact("indicators", codes),
        );
    }
    findings
}
