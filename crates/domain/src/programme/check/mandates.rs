//! What the parent asks against what the programme promises, and against what it divides among its own lower tiers; rows
//! that are mandates, and whether there is a tier to take them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Context, IndicatorAt, indicators};
use crate::division::DivisionCode;
use crate::finding::Finding;
use crate::programme::{Mandate, Measure, Programme, TargetKind};
use crate::quantity::Quantity;

/// A measure that the parent asks of the programme's division, as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The parent's measure as a resource name.
    pub measure: String,
    /// Its name.
    pub title: String,
    /// The share asked of this division.
    pub target: Quantity,
    /// The unit of measure.
    pub unit: String,
}

pub(super) fn check(programme: &Programme, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut named = BTreeSet::new();
    let mut answering = BTreeMap::new();
    for at in indicators(programme) {
        for (index, mandate) in at.indicator.mandates.iter().enumerate() {
            let reference = Reference { at: &at, field: format!("{}.mandates[{index}]", at.path), mandate };
            let received = context.mandates.map(|all| all.iter().find(|asked| asked.measure == mandate.measure));
            findings.extend(reference.received(received));
            if !named.insert(mandate.measure.as_str()) {
                findings.push(reference.twice());
            }
            findings.extend(reference.jointly(&mut answering));
            let (asked, unit) = match received.flatten() {
                Some(asked) => (asked.target, asked.unit.as_str()),
                None => (mandate.target, mandate.unit.as_str()),
            };
            findings.extend(reference.answered(programme, asked, unit));
        }
    }
    let unnamed = context.mandates.into_iter().flatten().filter(|asked| !named.contains(asked.measure.as_str()));
    findings.extend(unnamed.map(|asked| {
        let Asked { measure, title, target, unit } = asked;
        let zh = format!("上级任务“{title}”（{target}{unit}）没有指标回答");
        let en = format!("no indicator answers the mandate {measure}, {target} {unit}");
        Finding::warning("mandate_unanswered", "", zh, en).fact("asked", target).fact("measure", measure)
    }));
    findings.extend(rows(programme));
    findings
}

/// A mandate as an indicator names it.
struct Reference<'a> {
    at: &'a IndicatorAt<'a>,
    field: String,
    mandate: &'a Mandate,
}

impl Reference<'_> {
    fn warning(&self, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Finding {
        Finding::warning(code, self.field.as_str(), zh, en).fact("measure", &self.mandate.measure)
    }

    /// What is written against what came; nothing where no parent is known.
    fn received(&self, received: Option<Option<&Asked>>) -> Option<Finding> {
        let Mandate { measure, target, unit, .. } = self.mandate;
        let code = &self.at.indicator.code;
        match received? {
            None => {
                let zh = format!("指标{code}所答上级任务{measure}从未下达或已经撤销");
                let en = format!("the mandate {measure} was never received, or is withdrawn");
                Some(self.warning("mandate_not_received", zh, en))
            }
            Some(asked) if asked.target != *target || asked.unit != *unit => {
                let (now, its) = (asked.target, &asked.unit);
                let zh = format!("指标{code}写明上级要求{target}{unit}，上级现在要求{now}{its}");
                let en = format!("written as {target} {unit}; the parent asks for {now} {its} now");
                Some(self.warning("mandate_outdated", zh, en).fact("written", target).fact("asked", now))
            }
            Some(_) => None,
        }
    }

    fn twice(&self) -> Finding {
        let measure = &self.mandate.measure;
        let zh = format!("上级任务{measure}有两处回答");
        self.warning("mandate_answered_twice", zh, format!("the mandate {measure} is answered twice"))
    }

    /// Figures go up by the parent's indicator, as one set: where several indicators answer, it waits for the last of them.
    fn jointly(&self, answering: &mut BTreeMap<String, String>) -> Option<Finding> {
        let (parent, _) =
            self.mandate.measure.split_once("/measures/").filter(|_| !self.mandate.own_measure.is_empty())?;
        let code = &self.at.indicator.code;
        let first = answering.entry(parent.to_owned()).or_insert_with(|| code.clone());
        if first == code {
            return None;
        }
        let zh = format!(
            "上级指标{parent}的计量项由指标{first}和{code}共同回答，数据成套上报：各指标都通过审核才报快报数，都认定才报认定数"
        );
        let en = format!(
            "the measures of {parent} are answered by {first} and by {code}: a set goes up once all of them are decided on, \
             certified once all are certified"
        );
        let note = Finding::note("mandate_answered_jointly", self.field.as_str(), zh, en);
        Some(note.fact("measure", &self.mandate.measure).fact("first", first))
    }

    /// What is promised against what is asked.
    fn answered(&self, programme: &Programme, asked: Quantity, unit: &str) -> Vec<Finding> {
        let (code, own) = (&self.at.indicator.code, &self.mandate.own_measure);
        let fact = |finding: Finding| finding.fact("asked", asked);
        if own.is_empty() {
            let zh = format!("上级要求指标{code}完成{asked}{unit}，尚未写明由哪个计量项回答");
            let en = format!("the parent asks for {asked} {unit}; no measure is named that answers it");
            return vec![fact(self.warning("mandate_unanswered", zh, en))];
        }
        let Some(measure) = self.at.indicator.measures.iter().find(|measure| measure.code == *own) else {
            let zh = format!("回答上级任务的计量项“{own}”不在指标{code}内");
            let en = format!("{own:?}, which shall answer, is no measure of indicator {code}");
            let field = format!("{}.own_measure", self.field);
            return vec![Finding::error("mandate_answer_unknown", field, zh, en).fact("own_measure", own)];
        };
        if measure.unit != unit {
            let zh = format!("上级任务单位为“{unit}”，回答它的{own}单位为“{}”", measure.unit);
            let en = format!("the mandate is in {unit:?}, {own} in {:?}", measure.unit);
            return vec![fact(self.warning("mandate_unit_differs", zh, en)).fact("own_unit", &measure.unit)];
        }
        let Some(promised) = measure.target else {
            let zh = format!("上级要求{own}完成{asked}{unit}，本级尚无目标");
            let en = format!("the parent asks for {asked} {unit}; {own} has no target yet");
            return vec![fact(self.warning("mandate_without_target", zh, en))];
        };
        let mut findings: Vec<Finding> = self.promised(measure, promised, asked).into_iter().map(fact).collect();
        findings.extend(self.divided(programme, measure, promised, asked).map(fact));
        findings
    }

    fn promised(&self, measure: &Measure, promised: Quantity, asked: Quantity) -> Option<Finding> {
        let (own, unit) = (&measure.code, &measure.unit);
        let finding = match more(measure, promised, asked) {
            Ordering::Equal => return None,
            Ordering::Less => self.warning(
                "mandate_less_than_asked",
                format!("上级要求{own}完成{asked}{unit}，本级目标为{promised}，达不到上级要求"),
                format!("the parent asks for {asked}, the target here is {promised}"),
            ),
            Ordering::Greater => Finding::note(
                "mandate_more_than_asked",
                self.field.as_str(),
                format!("上级要求{own}完成{asked}{unit}，本级目标为{promised}，比上级要求加码（层层加码）"),
                format!("the parent asks for {asked}, the target here is {promised}, which is more"),
            )
            .fact("measure", &self.mandate.measure),
        };
        Some(finding.fact("promised", promised))
    }

    /// What is divided further against what is asked, where neither the target nor the sum says it already.
    fn divided(
        &self,
        programme: &Programme,
        measure: &Measure,
        promised: Quantity,
        asked: Quantity,
    ) -> Option<Finding> {
        let table = &programme.allocation_table;
        let column = table.columns.iter().position(|column| column.measure == measure.code)?;
        let sum = table.column_sum(column).filter(|sum| *sum != promised && promised != asked && measure.adds_up())?;
        let (own, unit) = (&measure.code, &measure.unit);
        let finding = match more(measure, sum, asked) {
            Ordering::Equal => return None,
            Ordering::Less => self.warning(
                "shares_below_mandate",
                format!("上级要求{own}完成{asked}{unit}，分解到各地之和为{sum}，达不到上级要求"),
                format!("the parent asks for {asked}, the shares add up to {sum}"),
            ),
            Ordering::Greater => Finding::note(
                "shares_exceed_mandate",
                self.field.as_str(),
                format!("上级要求{own}完成{asked}{unit}，分解到各地之和为{sum}，比上级要求加码（层层加码）"),
                format!("the parent asks for {asked}, the shares add up to {sum}, which is more"),
            )
            .fact("measure", &self.mandate.measure),
        };
        Some(finding.fact("computed", sum))
    }
}

/// Which of two figures asks for more: of what must stay below a target the smaller one.
fn more(measure: &Measure, one: Quantity, other: Quantity) -> Ordering {
    let order = one.cmp(&other);
    if measure.kind == TargetKind::AtMost { order.reverse() } else { order }
}

/// Rows that are mandates, and cannot be.
fn rows(programme: &Programme) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, row) in programme.allocation_table.rows.iter().enumerate().filter(|(_, row)| row.mandate) {
        let field = format!("allocation_table.rows[{index}].mandate");
        let name = &row.name;
        if row.division.parse::<DivisionCode>().map_or(true, DivisionCode::is_local) {
            let zh = format!("“{name}”没有区划代码，不能作为任务下达");
            let en = format!("{name:?} has no statistical code: no tier could take its mandate");
            findings.push(Finding::error("mandate_without_tier", field, zh, en).fact("row", name));
        } else if row.cells.iter().all(Option::is_none) {
            let zh = format!("“{name}”标为下达，但没有任务");
            let en = format!("{name:?} is marked as a mandate and asks for nothing");
            findings.push(Finding::warning("mandate_empty", field, zh, en).fact("row", name));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::finding::Severity;
    use crate::programme::fixture::anhua;

    const OF: &str = "programmes/430900-2023/indicators/3.1/measures/3.1-1";

    fn q(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn asked(target: &str, unit: &str) -> Asked {
        Asked { measure: OF.into(), title: "城镇新增就业".into(), target: q(target), unit: unit.into() }
    }

    fn reference(target: &str, own: &str) -> Mandate {
        Mandate {
            measure: OF.into(),
            target: q(target),
            unit: "人".into(),
            document_number: "益办发电〔2023〕22号".into(),
            own_measure: own.into(),
        }
    }

    /// Codes found for the real programme, whose 3.1-1 asks for 5,000, with this reference and this mandate.
    fn found(mandates: Vec<Mandate>, asked: Option<Vec<Asked>>, change: impl Fn(&mut Programme)) -> Vec<Finding> {
        let mut programme = anhua();
        programme.projects[2].indicators[0].mandates = mandates;
        change(&mut programme);
        check(&programme, &Context { mandates: asked.as_deref(), ..Context::default() })
    }

    fn codes(mandates: Vec<Mandate>, asked: Option<Vec<Asked>>) -> Vec<(Severity, &'static str)> {
        found(mandates, asked, |_| {}).iter().map(|finding| (finding.severity, finding.code)).collect()
    }

    #[test]
    fn an_answer_is_held_against_what_was_received() {
        use Severity::{Note, Warning};
        let one = |target: &str| vec![reference(target, "3.1-1")];
        assert_eq!(codes(one("5000"), Some(vec![asked("5000", "人")])), []);
        assert_eq!(codes(one("5200"), Some(vec![asked("5200", "人")])), [(Warning, "mandate_less_than_asked")]);
        assert_eq!(codes(one("4800"), Some(vec![asked("4800", "人")])), [(Note, "mandate_more_than_asked")]);
        assert_eq!(
            codes(one("5000"), Some(vec![asked("5200", "人")])),
            [(Warning, "mandate_outdated"), (Warning, "mandate_less_than_asked")]
        );
        assert_eq!(
            codes(one("5000"), Some(vec![asked("5000", "人次")])),
            [(Warning, "mandate_outdated"), (Warning, "mandate_unit_differs")]
        );
        assert_eq!(codes(one("5000"), Some(vec![])), [(Warning, "mandate_not_received")]);
        assert_eq!(codes(one("5000"), None), [], "no parent is known: there is nothing to hold it against");
        assert_eq!(
            codes([one("5000"), one("5000")].concat(), Some(vec![asked("5000", "人")])),
            [(Warning, "mandate_answered_twice")]
        );
    }

    #[test]
    fn one_indicator_of_the_parent_may_be_answered_by_several_here() {
        let spread = |second: usize| {
            let findings = found(vec![reference("5000", "3.1-1")], None, |programme| {
                let other = &mut programme.projects[2].indicators[second];
                let own = other.measures[0].code.clone();
                let measure = OF.replace("3.1-1", "3.1-2");
                other.mandates.push(Mandate { measure, ..reference("1", &own) });
            });
            let mut jointly = findings.iter().filter(|finding| finding.code == "mandate_answered_jointly");
            jointly.next().map(|finding| finding.severity)
        };
        assert_eq!((spread(0), spread(1)), (None, Some(Severity::Note)));
    }

    #[test]
    fn what_nobody_answers_is_named() {
        let unanswered = found(vec![], Some(vec![asked("5000", "人")]), |_| {});
        assert_eq!(unanswered.len(), 1);
        assert_eq!(unanswered[0].zh, "上级任务“城镇新增就业”（5000人）没有指标回答");
        let open = codes(vec![reference("5000", "")], Some(vec![asked("5000", "人")]));
        assert_eq!(open, [(Severity::Warning, "mandate_unanswered")], "named, and not answered: once");
        let strange = codes(vec![reference("5000", "3.2-1")], None);
        assert_eq!(strange, [(Severity::Error, "mandate_answer_unknown")]);
    }

    #[test]
    fn shares_are_held_against_the_mandate_where_the_target_is_another() {
        let shares = |asked_for: &str, first: &str, target: &str| {
            let findings =
                found(vec![reference(asked_for, "3.1-1")], Some(vec![asked(asked_for, "人")]), |programme| {
                    programme.projects[2].indicators[0].measures[0].target = Some(q(target));
                    programme.allocation_table.rows[0].cells[0] = Some(q(first));
                });
            findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        let first = anhua().allocation_table.rows[0].cells[0].unwrap();
        let with = |more: &str| first.checked_add(q(more)).unwrap().to_string();
        assert_eq!(shares("5000", &with("0"), "5000"), [""; 0]);
        assert_eq!(shares("5000", &with("10"), "5000"), [""; 0], "the sum against the target says it");
        assert_eq!(shares("4900", &with("0"), "5000"), ["mandate_more_than_asked"]);
        assert_eq!(shares("4900", &with("10"), "5000"), ["mandate_more_than_asked", "shares_exceed_mandate"]);
        assert_eq!(shares("5100", &with("10"), "5000"), ["mandate_less_than_asked", "shares_below_mandate"]);
    }

    #[test]
    fn a_row_can_be_a_mandate_where_a_tier_can_be() {
        let found = |change: fn(&mut crate::programme::AllocationRow)| {
            let mut programme = anhua();
            let row = programme
                .allocation_table
                .rows
                .iter_mut()
                .find(|row| row.division.len() == 9 && !row.division.contains('L'));
            let row = row.unwrap();
            row.mandate = true;
            change(row);
            check(&programme, &Context::default()).iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        assert_eq!(found(|_| {}), [""; 0]);
        assert_eq!(found(|row| row.division = "430923L01".into()), ["mandate_without_tier"]);
        assert_eq!(found(|row| row.division.clear()), ["mandate_without_tier"]);
        assert_eq!(found(|row| row.cells.fill(None)), ["mandate_empty"]);
    }
}
