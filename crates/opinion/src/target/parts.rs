//! Wholes and parts: 其中…, two conditions joined by 且, heads and months, and several figures that share one ending.

use std::ops::Range;

use minsheng_domain::programme::TargetKind;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::target::Basis;

use super::{Found, Reader};
use crate::clause::{Clause, lead, title};
use crate::number::Role;
use crate::words::{begins, ends};

/// Names of bases that may stand alone before a shared ending.
const BASES: &[&str] = &[
    "村(社区)",
    "乡(镇)",
    "乡镇(街道)",
    "县(市、区)",
    "行政村",
    "建制村",
    "自然村",
    "乡镇",
    "街道",
    "社区",
    "村",
    "县市区",
    "市州",
];

impl Reader<'_> {
    /// Makes measures from `from` on the parts of the whole before them; false where they are none of its parts.
    pub(super) fn take_parts(&mut self, whole: usize, from: usize) -> bool {
        let unit = self.measures[whole].unit.clone();
        let plain =
            |found: &Found| found.unit == unit && !matches!(found.kind, TargetKind::Rate | TargetKind::StandardRaised);
        if from >= self.measures.len() || !self.measures[from..].iter().all(plain) {
            return false;
        }
        let parts: Vec<usize> = (from..self.measures.len()).collect();
        for part in &parts {
            let name = lead(self.measures[*part].title.trim_start_matches("其中")).to_owned();
            self.measures[*part].title = name;
        }
        let measure = &mut self.measures[whole];
        measure.parts.extend(parts);
        let together = self.measures[whole].parts.iter().filter_map(|part| self.measures[*part].target);
        let together = Quantity::checked_sum(together);
        let measure = &mut self.measures[whole];
        // One part of a whole, or parts that stay below it, are named apart and do not make it up.
        let makes_up = measure.parts.len() > 1 || together == measure.target;
        if makes_up
            && matches!(
                measure.kind,
                TargetKind::AtLeast | TargetKind::StageCount | TargetKind::Parts | TargetKind::Money
            )
        {
            measure.kind = TargetKind::Parts;
            measure.stage.clear();
            if together != measure.target {
                measure.confidence = measure.confidence.min(60);
                if !measure.doubts.contains(&"分项之和与总数不等") {
                    measure.doubts.push("分项之和与总数不等");
                }
            } else {
                measure.doubts.retain(|doubt| *doubt != "分项之和与总数不等");
                measure.confidence = measure.confidence.max(85);
            }
        }
        true
    }

    /// Takes the parts away again from wholes that they do not make up.
    pub(super) fn settle_parts(&mut self, first: usize) {
        for measure in &mut self.measures[first..] {
            if !matches!(measure.kind, TargetKind::Parts | TargetKind::PersonMonths | TargetKind::Both) {
                measure.parts.clear();
            }
        }
    }

    /// 开工1500个且投资完成率不低于50%: two conditions of one measure.
    pub(super) fn both(&mut self, from: usize, clause: &Clause) {
        let (first, second) = (&self.measures[from], &self.measures[from + 1]);
        let between = self.text.get(first.figure.end..second.figure.start).unwrap_or_default();
        if !between.contains('且') {
            return;
        }
        let name = title(&self.text[clause.at.clone()], "");
        let whole = Found {
            title: name,
            at: clause.at.clone(),
            kind: TargetKind::Both,
            target: None,
            figure: clause.at.clone(),
            parts: vec![from + 1, from + 2],
            printed: String::new(),
            stage: String::new(),
            confidence: 75,
            doubts: vec!["由“且”读作双条件"],
            ..first.clone()
        };
        for part in self.measures.iter_mut().flat_map(|found| &mut found.parts) {
            *part += usize::from(*part >= from);
        }
        self.measures.insert(from, whole);
    }

    /// 康复救助81人,人均不低于8个月…(648人·月): months each head is owed.
    pub(super) fn person_months(&mut self, sentence: &Range<usize>, first: usize) {
        self.settle_parts(first);
        let each = self.numbers.iter().position(|number| {
            let before = &self.text[sentence.start..number.at.start.max(sentence.start)];
            let near: String = before.chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect();
            sentence.contains(&number.at.start)
                && number.role == Role::Duration
                && self.text[number.at.end..].starts_with("个月")
                && ["人均", "每人", "每名", "平均"].iter().any(|word| near.contains(word))
        });
        let Some(each) = each else { return };
        let number = &self.numbers[each];
        let months = number.value.map(|value| value.scaled() / 10_000).and_then(|months| u32::try_from(months).ok());
        let heads = self.measures[first..]
            .iter()
            .rposition(|found| matches!(found.unit.as_str(), "人" | "名") && found.figure.end <= number.at.start);
        let (Some(months), Some(heads)) = (months.filter(|months| (1..=60).contains(months)), heads) else { return };
        let heads = first + heads;
        let printed = self.measures[first..].iter().position(|found| found.unit == "人·月").map(|at| first + at);
        let computed = self.measures[heads].target.and_then(|target| target.checked_mul(i64::from(months)));
        let rest = &self.text[number.at.end + "个月".len()..sentence.end];
        let rest = printed.map_or(rest, |at| {
            let end = self.measures[at].figure.start.saturating_sub(number.at.end + "个月".len());
            rest.get(..end).unwrap_or(rest)
        });
        let name = title("", rest.trim_start_matches(['的', '以', '上']));
        let figure_of = printed.map(|at| self.take_out(at));
        let heads = heads - usize::from(printed.is_some_and(|at| at < heads));
        let base = match figure_of {
            Some(found) => found,
            None => Found {
                figure: number.at.start..number.at.end + "个月".len(),
                confidence: 70,
                doubts: vec!["人·月数由人数乘月数算出，原文未印"],
                ..self.measures[heads].clone()
            },
        };
        let name =
            if name.chars().count() < 2 { format!("{}（人·月）", self.measures[heads].title) } else { name };
        let figure = base.figure.clone();
        self.used[each] = true;
        self.measures.push(Found {
            title: name,
            kind: TargetKind::PersonMonths,
            basis: Basis::Flow,
            unit: "人·月".to_owned(),
            target: if printed.is_some() { base.target } else { computed },
            printed: if printed.is_some() { self.text[figure].to_owned() } else { String::new() },
            stage: String::new(),
            months_each: months,
            months_at: number.at.start..number.at.end + "个月".len(),
            parts: vec![heads],
            ..base
        });
    }

    /// Takes a measure out of the list; the parts of others keep their places.
    fn take_out(&mut self, index: usize) -> Found {
        let found = self.measures.remove(index);
        for other in &mut self.measures {
            other.parts.retain(|part| *part != index);
            for part in &mut other.parts {
                *part -= usize::from(*part > index);
            }
        }
        found
    }

    /// 23个乡(镇)、433个村(社区)直办全覆盖: what stands at the end belongs to each of them.
    pub(super) fn share_tail(&mut self, from: usize, clause: &Clause) {
        if self.measures.len() < from + 2 || !self.text[clause.at.clone()].contains("全覆盖") {
            return;
        }
        let Some(last) = self.measures.last().map(|last| last.title.clone()) else { return };
        let Some(base) = begins(&last, BASES) else { return };
        let tail = last[base.len()..].to_owned();
        for measure in &mut self.measures[from..] {
            let named = ends(&measure.title, BASES).is_some();
            if named && measure.title.chars().count() <= 8 && !tail.is_empty() {
                measure.title.push_str(&tail);
            }
        }
    }
}
