//! Check on evidence: the same file, by its hash, twice in a report or again from an earlier one. Field rules §3.

use std::collections::BTreeMap;

use super::ReportInput;
use crate::finding::Finding;

/// Warning: the same evidence twice.
pub(super) fn twice(report: &ReportInput) -> Vec<Finding> {
    let mut seen: BTreeMap<&str, &str> =
        report.earlier_evidence.iter().map(|(hash, used_in)| (hash.as_str(), used_in.as_str())).collect();
    let mut findings = Vec::new();
    for (row, (hash, label)) in report.evidence.iter().enumerate() {
        if let Some(used_in) = seen.insert(hash, "本报表") {
            let finding = Finding::warning(
                "evidence_twice",
                format!("evidence[{}]", row + 1),
                format!("佐证材料“{label}”已在{used_in}使用过"),
                format!("the evidence {label} has been used before"),
            );
            findings.push(finding.fact("sha256", hash).fact("used_in", used_in));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes_of, measure, report};

    #[test]
    fn the_same_file_is_noticed_under_any_name() {
        let mut it = report(vec![measure("1734")]);
        let file = |hash: &str, label: &str| (hash.to_owned(), label.to_owned());
        it.evidence = vec![file("aa", "验收单.pdf"), file("bb", "照片.jpg")];
        assert!(codes_of(&it).is_empty());
        it.evidence.push(file("aa", "另一份.pdf"));
        it.earlier_evidence = vec![file("bb", "programmes/430923-2023/indicators/3.1/reports/2023-05")];
        assert_eq!(codes_of(&it), ["evidence_twice", "evidence_twice"]);
    }
}
