//! What the parent asks against what the programme promises.

use super::{Context, indicators};
use crate::finding::Finding;
use crate::programme::Programme;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in indicators(programme) {
        for (index, mandate) in at.indicator.mandates.iter().enumerate() {
            let field = format!("{}.mandates[{index}]", at.path);
            let code = &at.indicator.code;
            let promised =
                at.indicator.measures.iter().filter(|m| m.unit == mandate.unit).filter_map(|m| m.target).max();
            let asked = mandate.target;
            let finding = match promised {
                None => Finding::warning(
                    "mandate_unanswered",
                    field,
                    format!("上级要求指标{code}完成{asked}{}，本级没有以该单位计量的目标", mandate.unit),
                    format!("the parent asks for {asked} {}; no target here is in that unit", mandate.unit),
                ),
                Some(promised) if promised < asked => Finding::warning(
                    "mandate_less_than_asked",
                    field,
                    format!("上级要求指标{code}完成{asked}{}，本级目标为{promised}", mandate.unit),
                    format!("the parent asks for {asked}, the target here is {promised}"),
                )
                .fact("promised", promised),
                Some(_) => continue,
            };
            findings.push(finding.fact("asked", asked).fact("measure", &mandate.measure));
        }
    }
    findings
}
