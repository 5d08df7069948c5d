//! What rises or falls from one figure to another: 从600元/月提高到650元/月, 分别由A、B提高到C、D, 分别达到80%、90%.

use std::ops::Range;

use minsheng_domain::programme::TargetKind;
use minsheng_domain::target::Basis;

use super::{Found, Reader};
use crate::clause::{Bound, Bounded, Clause, bounded, title};

impl Reader<'_> {
    /// Reads a clause as one about figures that change; false where it is none.
    pub(super) fn standards(&mut self, clause: &Clause, figures: &[usize], context: Option<&Range<usize>>) -> bool {
        let text = self.text;
        let words = &text[clause.at.clone()];
        let around = |place: usize| -> Bounded<'_> {
            let number = &self.numbers[figures[place]];
            let from = if place == 0 { clause.at.start } else { self.numbers[figures[place - 1]].end };
            let to = figures.get(place + 1).map_or(clause.at.end, |next| self.numbers[*next].at.start);
            bounded(&text[from..number.at.start], &text[number.end..to])
        };
        let reads: Vec<Bounded<'_>> = (0..figures.len()).map(around).collect();
        let rises = reads.iter().position(|read| matches!(read.bound, Bound::Rises | Bound::Falls));
        let respectively = words.find("分别");
        let Some(goal) = rises.or(respectively.map(|_| 0)) else { return false };
        if respectively.is_none() && (goal > 1 || goal == 1 && !reads[0].from) {
            return false;
        }
        // Figures before the turning point are baselines, those from it on are targets.
        let baselines: Vec<usize> = if reads[0].from { figures[..goal].to_vec() } else { Vec::new() };
        let targets: Vec<usize> = figures[goal..].to_vec();
        if respectively.is_none() && targets.len() > 1 {
            return false;
        }
        let (subjects, certain) = self.subjects(clause, &reads[0], respectively, targets.len(), context);
        if respectively.is_some() && subjects.len() < 2 {
            return false;
        }
        let many = subjects.len();
        let one_for_all = targets.len() == 1;
        if !one_for_all && targets.len() != many {
            return false;
        }
        let after = reads.last().map_or("", |read| read.after);
        let mut made = Vec::new();
        for (place, subject) in subjects.into_iter().enumerate() {
            let target = targets[if one_for_all { 0 } else { place }];
            let baseline = baselines.get(if baselines.len() == 1 { 0 } else { place }).copied();
            let number = &self.numbers[target];
            let read = &reads[goal + if one_for_all { 0 } else { place }];
            let name = if many == 1 { title(&subject, after) } else { subject };
            let mut found: Found = self.figure(number, read, name, clause.at.clone(), words);
            if number.unit.is_empty() || read.per.is_empty() && !found.unit.contains('/') {
                let per = reads.iter().map(|read| read.per).find(|per| !per.is_empty()).unwrap_or_default();
                if found.unit.ends_with('元') {
                    found.unit.push_str(per);
                }
            }
            if let Some(baseline) = baseline {
                let from = &self.numbers[baseline];
                found.baseline = from.value.map(|value| (value, from.at.start..from.end));
                if !from.unit.is_empty() && from.unit != number.unit && !found.unit.starts_with(&from.unit) {
                    found.doubts.push("起止两数的单位不同");
                    found.confidence = found.confidence.min(50);
                }
                found.basis = if found.unit == "%" { Basis::Rate } else { Basis::Stock };
            }
            if found.unit.contains('元') && (rises.is_some() || found.unit.contains('/')) {
                found.kind = TargetKind::StandardRaised;
                found.basis = Basis::Stock;
            }
            if !certain {
                found.confidence = found.confidence.min(75);
                found.doubts.push("由“分别”拆为数项");
            }
            made.push((found, target, baseline));
        }
        for (found, target, baseline) in made {
            self.used[target] = true;
            if let Some(baseline) = baseline {
                self.used[baseline] = true;
            }
            self.measures.push(found);
        }
        true
    }

    /// What rises: one subject, or those that 分别 speaks of.
    fn subjects(
        &self,
        clause: &Clause,
        first: &Bounded<'_>,
        respectively: Option<usize>,
        targets: usize,
        context: Option<&Range<usize>>,
    ) -> (Vec<String>, bool) {
        let words = &self.text[clause.at.clone()];
        let whole = match respectively {
            Some(at) => &words[..at],
            None => first.before,
        };
        let mut whole = title(whole, "");
        if whole.is_empty()
            && let Some(context) = context
        {
            whole = title(&self.text[context.clone()], "");
        }
        if respectively.is_none() {
            return (vec![whole], true);
        }
        let separators = ['、', '和', '与', '及'];
        let named: Vec<&str> = whole.split(separators).filter(|part| !part.trim().is_empty()).collect();
        // 和 and 及 may belong to one of the names: 、 and the last 和 alone are tried too.
        let last: Vec<&str> = match whole.rfind(['和', '与', '及']) {
            Some(at) => {
                let mut parts: Vec<&str> = whole[..at].split('、').collect();
                parts.push(&whole[at + '和'.len_utf8()..]);
                parts
            }
            None => whole.split('、').collect(),
        };
        let names = if targets > 1 && named.len() == targets {
            named
        } else if targets > 1 && last.len() != targets {
            Vec::new()
        } else {
            last
        };
        let tail = names.last().map(|last| common_tail(last)).unwrap_or_default();
        let names: Vec<String> = names
            .iter()
            .map(
                |name| {
                    if tail.is_empty() || name.ends_with(tail) { (*name).to_owned() } else { format!("{name}{tail}") }
                },
            )
            .collect();
        (names, false)
    }
}

/// What a list's last name carries for all of them: 标准, 覆盖率.
fn common_tail(last: &str) -> &'static str {
    ["补助标准", "补贴标准", "保障标准", "标准", "覆盖率", "参保率", "普及率", "合格率", "入园率", "比例", "人数"]
        .into_iter()
        .find(|tail| last.ends_with(tail))
        .map_or("", |tail| if tail == "补贴标准" || tail == "补助标准" { "标准" } else { tail })
}
