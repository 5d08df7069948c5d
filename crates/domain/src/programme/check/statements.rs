//! What must be said of every figure and is not: 口径, the five statements, what a stage is (field rules §2, §6).

use super::{Context, codes, indicators, measures};
use crate::finding::Finding;
use crate::programme::{Programme, TargetKind};
use std::collections::BTreeMap;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let uncounted =
        codes(measures(programme).filter(|at| at.measure.counted.trim().is_empty()).map(|at| &at.measure.code));
    if let Some((count, codes)) = uncounted {
        findings.push(
            Finding::warning(
                "counted_missing",
                "projects",
                format!("{count}个计量项没有口径：{codes}"),
                format!("of {count} measures it is not said what exactly is counted"),
            )
            .fact("measures", codes),
        );
    }
    for at in measures(programme) {
        let measure = at.measure;
        if matches!(measure.kind, TargetKind::Milestone | TargetKind::StageCount)
            && (measure.stages.is_empty() || measure.required_stage.is_empty())
        {
            findings.push(
                Finding::warning(
                    "stage_definition_missing",
                    format!("{}.stages", at.path),
                    format!("{}（{}）没有阶段定义，开工、完工、验收未区分", measure.code, measure.title),
                    "its stages, or the one required, are not defined",
                )
                .fact("measure", &measure.code),
            );
        }
    }
    let mut by_statement: BTreeMap<Vec<&str>, Vec<&String>> = BTreeMap::new();
    for at in indicators(programme) {
        by_statement.entry(at.indicator.statements.missing()).or_default().push(&at.indicator.code);
    }
    for (missing, indicators) in by_statement.into_iter().filter(|(missing, _)| !missing.is_empty()) {
        let Some((count, codes)) = codes(indicators.into_iter()) else {
            continue;
        };
        findings.push(
            Finding::warning(
                "statements_missing",
                "projects",
                format!("{count}个指标缺少数据说明（{}）：{codes}", missing.join("、")),
                format!("{count} indicators lack {} of the five statements", missing.len()),
            )
            .fact("indicators", codes)
            .fact("missing", missing.join("、")),
        );
    }
    findings
}
