//! Codes and numbers of projects, indicators and measures: one form, used once, in line with their project.

use super::{Context, indicators, measures};
use crate::finding::Finding;
use crate::programme::{Programme, ProjectKind};
use std::collections::BTreeSet;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbers = BTreeSet::new();
    for (index, project) in programme.projects.iter().enumerate() {
        if project.number == 0 || !numbers.insert((project.kind, project.number)) {
            findings.push(
                Finding::error(
                    "duplicate_project",
                    format!("projects[{index}].number"),
                    format!("{}项目序号{}重复或为零", project.kind.label(), project.number),
                    format!("project number {} is taken or zero", project.number),
                )
                .fact("number", project.number),
            );
        }
    }
    let mut codes = BTreeSet::new();
    for at in indicators(programme) {
        let mark = if at.project.kind == ProjectKind::Monitored { "m" } else { "" };
        let wanted = format!("{mark}{}.", at.project.number);
        findings.extend(code(&mut codes, &at.indicator.code, &wanted, format!("{}.code", at.path)));
    }
    for at in measures(programme) {
        let wanted = format!("{}-", at.indicator.code);
        findings.extend(code(&mut codes, &at.measure.code, &wanted, format!("{}.code", at.path)));
    }
    findings
}

/// Checks that a code is the wanted prefix and a number, and not used before.
fn code<'a>(codes: &mut BTreeSet<&'a str>, code: &'a str, wanted: &str, field: String) -> Option<Finding> {
    let number = code.strip_prefix(wanted).unwrap_or_default();
    let formed = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    if !formed {
        let finding = Finding::error(
            "code_form",
            field,
            format!("编码“{code}”应为“{wanted}”加序号"),
            format!("code {code:?} must be {wanted:?} and a number"),
        );
        return Some(finding.fact("code", code));
    }
    if codes.insert(code) {
        return None;
    }
    let finding =
        Finding::error("duplicate_code", field, format!("编码“{code}”重复"), format!("code {code:?} is used twice"));
    Some(finding.fact("code", code))
}
