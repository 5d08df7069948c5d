//! Due dates and targets still to come: what enters this year's completion and what does not (field rules §2).

use super::{Context, codes, measures};
use crate::finding::Finding;
use crate::programme::{Programme, TargetKind};

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in measures(programme) {
        let measure = at.measure;
        let field = format!("{}.due", at.path);
        match measure.due {
            Some(due) if due.year() > programme.year => findings.push(
                Finding::note(
                    "due_after_year",
                    field,
                    format!("{}（{}）{due}到期，不计入本年完成、亮灯和得分", measure.code, measure.title),
                    format!("due {due}, after the year: listed and reported, in no completion, light or score"),
                )
                .fact("due", due),
            ),
            Some(due) if due.year() < programme.year => findings.push(
                Finding::warning(
                    "due_before_year",
                    field,
                    format!("{}的完成期限{due}早于本年", measure.code),
                    format!("due {due}, before the year"),
                )
                .fact("due", due),
            ),
            _ => {}
        }
        if measure.kind == TargetKind::Pending {
            findings.push(
                Finding::note(
                    "target_pending",
                    format!("{}.target", at.path),
                    format!("{}（{}）目标待下达，此前只报数、不亮灯", measure.code, measure.title),
                    "the target is still to come; until then values are reported and no light is shown",
                )
                .fact("measure", &measure.code),
            );
        }
    }
    let undated = codes(measures(programme).filter(|at| at.measure.due.is_none()).map(|at| &at.measure.code));
    if let Some((count, codes)) = undated {
        let zh = format!("{count}个计量项没有完成期限，按12月31日：{codes}");
        let en = format!("{count} measures give no due date; 31 December is taken");
        findings.push(Finding::note("due_missing", "projects", zh, en).fact("measures", codes));
    }
    findings
}
