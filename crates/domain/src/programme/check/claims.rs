//! What only readers can see, as they recorded it: the statements of each claim are compared with one another, and tasks of
//! the text with what the tables hold. Both sides stay; the office decides.

use super::Context;
use crate::finding::Finding;
use crate::programme::{Claim, ClaimKind, Programme};
use crate::table::cell;
use crate::wording::plain;
use std::collections::BTreeSet;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    programme
        .claims
        .iter()
        .enumerate()
        .flat_map(|(index, claim)| one(programme, claim, &format!("claims[{index}]")))
        .collect()
}

fn one(programme: &Programme, claim: &Claim, field: &str) -> Vec<Finding> {
    if claim.kind == ClaimKind::TextOnly {
        return claim
            .statements
            .iter()
            .enumerate()
            .map(|(i, s)| text_only(programme, claim, s, format!("{field}.statements[{i}]")))
            .collect();
    }
    let about = &claim.about;
    if claim.statements.len() < 2 {
        let zh = format!("“{about}”的异文只录入一处，无从比较");
        return vec![Finding::warning("claim_incomplete", field, zh, "one statement cannot be compared")];
    }
    let says: Vec<String> = claim.statements.iter().map(|s| format!("{}作“{}”", s.place, s.says)).collect();
    let says_en: Vec<String> = claim.statements.iter().map(|s| format!("{:?} ({})", s.says, s.place)).collect();
    let distinct: BTreeSet<String> = match claim.kind {
        ClaimKind::Figure => claim.statements.iter().map(|s| figures(&s.says)).collect(),
        _ => claim.statements.iter().map(|s| plain(&s.says)).collect(),
    };
    let (zh, en) = (says.join("，"), says_en.join(", "));
    let finding = match (claim.kind, distinct.len()) {
        (_, 1) => Finding::note(
            "claim_agrees",
            field,
            format!("“{about}”各处说法一致：{zh}"),
            format!("all places agree: {en}"),
        ),
        (ClaimKind::Reading, _) => Finding::warning(
            "readings_differ",
            field,
            format!("“{about}”有{}种读法：{zh}", distinct.len()),
            format!("readings differ: {en}"),
        ),
        (ClaimKind::Figure, _) => Finding::warning(
            "figures_differ",
            field,
            format!("“{about}”各处数字不一：{zh}"),
            format!("figures differ: {en}"),
        ),
        _ => Finding::warning(
            "wording_differs",
            field,
            format!("“{about}”措辞不一：{zh}"),
            format!("wordings differ: {en}"),
        ),
    };
    vec![finding.fact("about", about).fact("statements", zh)]
}

/// A task of the text: whether any title of the tables holds it.
fn text_only(
    programme: &Programme,
    claim: &Claim,
    statement: &crate::programme::ClaimStatement,
    field: String,
) -> Finding {
    let wanted = plain(&statement.says);
    let holds = |text: &str| plain(text).contains(&wanted);
    let found = programme.projects.iter().any(|p| holds(&p.title))
        || programme.indicators().any(|(_, indicator)| holds(&indicator.title))
        || programme.measures().any(|(_, measure)| holds(&measure.title));
    let (place, says, about) = (&statement.place, &statement.says, &claim.about);
    let finding = if found {
        Finding::note(
            "claim_agrees",
            field,
            format!("{place}“{says}”在指标表中已列"),
            format!("{says:?} stands in the tables too"),
        )
    } else {
        Finding::warning(
            "task_in_text_only",
            field,
            format!("{place}有“{says}”，指标表中没有"),
            format!("{says:?} stands in {place} and in no table: the text asks more"),
        )
    };
    finding.fact("about", about).fact("task", says)
}

/// The figures of a statement, in order, as one text to compare.
fn figures(text: &str) -> String {
    cell::numbers(text)
        .iter()
        .map(|n| n.value.map_or_else(|| "?".to_owned(), |v| v.to_string()))
        .collect::<Vec<_>>()
        .join(" ")
}
