//! From a task's words to its measures: kinds, figures, units, wholes and parts, standards raised, stages, person-months.
//! What no number says is pending, a milestone, or goes on without a target; every number is used or listed with its reason.

mod kinds;
mod parts;
mod standards;

use std::ops::Range;

use jiff::civil::{Date, date};
use minsheng_domain::programme::TargetKind;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::target::Basis;

use crate::clause::{Bounded, Clause, bounded, clauses, sentences, title};
use crate::due;
use crate::number::{Number, Role, numbers};
use crate::words::{BELOW, WORKS, begins, holds};
use kinds::{basis, guess, kind, pending, stage};

/// A measure as a text gives it; ranges are in the text.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) title: String,
    /// Where its words stand.
    pub(crate) at: Range<usize>,
    pub(crate) kind: TargetKind,
    pub(crate) basis: Basis,
    pub(crate) target: Option<Quantity>,
    /// Where the figure stands, with its unit.
    pub(crate) figure: Range<usize>,
    pub(crate) unit: String,
    pub(crate) decimals: u8,
    pub(crate) strict: bool,
    pub(crate) baseline: Option<(Quantity, Range<usize>)>,
    /// The figure as printed, where it is kept otherwise.
    pub(crate) printed: String,
    pub(crate) stages: Vec<String>,
    pub(crate) stage: String,
    pub(crate) due: Option<(Date, Range<usize>)>,
    /// Its parts, by their places in the list.
    pub(crate) parts: Vec<usize>,
    /// Months that each head is owed, and where they stand.
    pub(crate) months_each: u32,
    pub(crate) months_at: Range<usize>,
    /// How sure, 0 to 100.
    pub(crate) confidence: u8,
    /// Why less sure, in Chinese; empty where nothing speaks against it.
    pub(crate) doubts: Vec<&'static str>,
}

/// What a text gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// Measures in the text's order, wholes before their parts.
    pub(crate) measures: Vec<Found>,
    /// Numbers that no measure uses.
    pub(crate) unused: Vec<(Range<usize>, Role)>,
}

/// Reads a task in a programme's year.
pub(crate) fn read(text: &str, year: i16) -> Reading {
    let numbers = numbers(text);
    let mut reader = Reader { text, year, numbers: &numbers, used: vec![false; numbers.len()], measures: Vec::new() };
    for sentence in sentences(text) {
        reader.sentence(&sentence);
    }
    if reader.measures.is_empty() {
        reader.without_figures();
    }
    let unused = numbers.iter().zip(&reader.used).filter(|(_, used)| !**used);
    let unused = unused.map(|(number, _)| (number.at.start..number.end, number.role)).collect();
    Reading { measures: reader.measures, unused }
}

struct Reader<'a> {
    text: &'a str,
    year: i16,
    numbers: &'a [Number],
    used: Vec<bool>,
    measures: Vec<Found>,
}

impl<'a> Reader<'a> {
    fn sentence(&mut self, sentence: &Range<usize>) {
        let first = self.measures.len();
        let mut context: Option<Range<usize>> = None;
        let mut whole = None;
        for clause in clauses(self.text, sentence, self.numbers) {
            let figures = self.figures(&clause.at);
            let words = &self.text[clause.at.clone()];
            if figures.is_empty() {
                if !self.later_stage(&clause, first) && !self.late_due(&clause, first) && !clause.bracketed {
                    context = Some(clause.at.clone());
                }
                if begins(words.trim(), PARTS).is_some() {
                    whole = self.measures.len().checked_sub(1).filter(|last| *last >= first);
                }
                continue;
            }
            if begins(words.trim_start_matches(['、', ' ']), PARTS).is_some() {
                whole = self.measures.len().checked_sub(1).filter(|last| *last >= first);
            } else if clause.bracketed {
                continue;
            }
            let before = self.measures.len();
            if !self.standards(&clause, &figures, context.as_ref()) {
                self.plain(&clause, &figures, context.as_ref());
            }
            self.due(&clause, before);
            if let Some(whole_at) = whole
                && !self.take_parts(whole_at, before)
            {
                whole = None;
            }
        }
        self.person_months(sentence, first);
    }

    /// Places of a clause's figures among the numbers.
    fn figures(&self, clause: &Range<usize>) -> Vec<usize> {
        let inside = |number: &Number| {
            clause.contains(&number.at.start) && number.role == Role::Figure && number.value.is_some()
        };
        self.numbers.iter().enumerate().filter(|(_, number)| inside(number)).map(|(index, _)| index).collect()
    }

    /// Figures of a clause, each with the words that are its own.
    fn plain(&mut self, clause: &Clause, figures: &[usize], context: Option<&Range<usize>>) {
        let from = self.measures.len();
        let segments = segments(self.text, &clause.at, figures, self.numbers);
        for (place, (index, segment)) in figures.iter().zip(&segments).enumerate() {
            let number = &self.numbers[*index];
            let read = bounded(&self.text[segment.start..number.at.start], &self.text[number.end..segment.end]);
            // 每村1个 says how each is equipped, not what is to be reached.
            if !read.per.is_empty() && !number.unit.contains('元') && number.unit != "%" {
                continue;
            }
            let mut name = title(read.before, read.after);
            if name.chars().count() < 2 && place > 0 {
                name = self.measures.last().map_or(name, |last| last.title.clone());
            }
            let short = name.chars().count() < 4;
            if short && let Some(context) = context {
                let subject = title(&self.text[context.clone()], "");
                name = if name.is_empty() { subject } else { format!("{subject}，{name}") };
            }
            let found = self.figure(number, &read, name, segment.clone(), &self.text[clause.at.clone()]);
            self.used[*index] = true;
            self.measures.push(found);
        }
        self.share_tail(from, clause);
        if figures.len() == 2 && self.measures.len() == from + 2 {
            self.both(from, clause);
        }
    }

    fn figure(&self, number: &Number, read: &Bounded<'_>, title: String, at: Range<usize>, clause: &str) -> Found {
        let mut unit = format!("{}{}", number.unit, if number.unit.contains('/') { "" } else { read.per });
        let mut doubts = Vec::new();
        let mut confidence = 92;
        if unit.is_empty() {
            unit = guess(&title).unwrap_or_default().to_owned();
            doubts.push(if unit.is_empty() { "原文没有计量单位" } else { "计量单位由对象推定" });
            confidence = if unit.is_empty() { 40 } else { 65 };
        }
        let words = format!("{}{}", read.before, read.after);
        let (kind, strict, stage) = kind(&words, clause, &unit, number, read);
        if kind == TargetKind::StageCount && stage.is_empty() {
            confidence = confidence.min(82);
        }
        if number.unsure {
            confidence = confidence.min(60);
            doubts.push("数字以汉字书写");
        }
        if read.about {
            confidence = confidence.min(70);
            doubts.push("原文为约数");
        }
        if title.is_empty() {
            confidence = confidence.min(40);
            doubts.push("找不到计量对象");
        }
        let printed = &self.text[number.at.start..number.end];
        Found {
            title: if title.is_empty() { clause.trim().to_owned() } else { title },
            basis: basis(kind, &words, &unit, read.bound),
            kind,
            target: number.value,
            figure: number.at.start..number.end,
            decimals: if kind == TargetKind::Rate { number.decimals.max(1) } else { number.decimals.min(4) },
            unit,
            strict,
            at,
            baseline: None,
            printed: if number.expanded { printed.to_owned() } else { String::new() },
            stages: Vec::new(),
            stage,
            due: None,
            parts: Vec::new(),
            months_each: 0,
            months_at: 0..0,
            confidence,
            doubts,
        }
    }

    /// 2024年全面建成 after what is begun this year: another stage of the same thing.
    fn later_stage(&mut self, clause: &Clause, first: usize) -> bool {
        let words = &self.text[clause.at.clone()];
        let Some(stage) = stage(words) else { return false };
        let year = self.numbers.iter().position(|n| n.role == Role::Year && clause.at.contains(&n.at.start));
        let Some(last) = self.measures.len().checked_sub(1).filter(|last| *last >= first) else { return false };
        let (Some(year), TargetKind::Milestone) = (year, self.measures[last].kind) else { return false };
        let Some((due, place)) = due::in_text(self.text, &clause.at, self.numbers, self.year) else { return false };
        let before = self.measures[last].stage.clone();
        if before.is_empty() || before == stage {
            return false;
        }
        let words = title(words, "");
        let stages = vec![before, stage.to_owned()];
        self.measures[last].stages.clone_from(&stages);
        let earlier = self.measures[last].clone();
        self.used[year] = true;
        self.measures.push(Found {
            title: words,
            at: clause.at.clone(),
            stages,
            stage: stage.to_owned(),
            due: Some((due, place)),
            confidence: earlier.confidence.min(80),
            ..earlier
        });
        true
    }

    /// The date that a clause gives, for its measures.
    fn due(&mut self, clause: &Clause, from: usize) {
        let Some((day, place)) = due::in_text(self.text, &clause.at, self.numbers, self.year) else { return };
        for (index, number) in self.numbers.iter().enumerate() {
            if place.contains(&number.at.start) && matches!(number.role, Role::Year | Role::Date) {
                self.used[index] = true;
            }
        }
        for measure in &mut self.measures[from..] {
            measure.due = Some((day, place.clone()));
        }
    }

    /// A date in a clause of its own after the figures is theirs: 新建2所学校,9月底前投入使用.
    fn late_due(&mut self, clause: &Clause, first: usize) -> bool {
        if self.measures.len() == first || self.measures[first..].iter().any(|measure| measure.due.is_some()) {
            return false;
        }
        self.due(clause, first);
        self.measures[first..].iter().any(|measure| measure.due.is_some())
    }

    /// A task without any figure.
    fn without_figures(&mut self) {
        let text = self.text.trim();
        if text.is_empty() {
            return;
        }
        let whole = 0..self.text.len();
        let first = sentences(self.text).into_iter().next().unwrap_or(whole.clone());
        let words = &self.text[first.clone()];
        let due = due::in_text(self.text, &whole, self.numbers, self.year);
        let (kind, unit, stage, subject, confidence): (_, _, String, _, u8) = if let Some(subject) = pending(self.text)
        {
            (TargetKind::Pending, guess(subject).unwrap_or("项"), String::new(), subject, 85)
        } else if let Some(stage) = stage(words).filter(|_| holds(words, WORKS) || holds(words, &["工程", "项目"]))
        {
            (TargetKind::Milestone, "项", stage.to_owned(), words, 65)
        } else if words.trim_start().starts_with("完成") || words.contains("全部完成") {
            (TargetKind::Milestone, "项", "完成".to_owned(), words, 60)
        } else {
            (TargetKind::NoTarget, "项", String::new(), words, 60)
        };
        let name = title(subject, "");
        let milestone = kind == TargetKind::Milestone;
        self.measures.push(Found {
            title: if name.is_empty() { words.trim().to_owned() } else { name },
            at: first,
            kind,
            basis: if milestone { Basis::OneOff } else { Basis::Stock },
            target: milestone.then(|| Quantity::from_integer(1)).flatten(),
            figure: 0..0,
            unit: unit.to_owned(),
            decimals: 0,
            strict: false,
            baseline: None,
            printed: String::new(),
            stages: Vec::new(),
            stage,
            due,
            parts: Vec::new(),
            months_each: 0,
            months_at: 0..0,
            confidence,
            doubts: if kind == TargetKind::Pending {
                Vec::new()
            } else {
                vec!["原文没有数量，单位“项”为推定"]
            },
        });
    }
}

/// Words by which parts begin.
const PARTS: &[&str] = &["其中", "包括", "包含", "含", "分别为"];

/// The clause as one segment a figure: cut at the last 、 和 及 between two figures, else where the first one's unit ends.
fn segments(text: &str, clause: &Range<usize>, figures: &[usize], numbers: &[Number]) -> Vec<Range<usize>> {
    let mut cuts = vec![clause.start];
    for pair in figures.windows(2) {
        let (left, right) = (&numbers[pair[0]], &numbers[pair[1]]);
        let between = &text[left.end..right.at.start];
        let leads = text[cuts[cuts.len() - 1]..left.at.start].chars().count() > 3;
        let at = |separator: &str, last: bool| {
            let found = if last { between.rfind(separator) } else { between.find(separator) };
            found.map(|at| left.end + at + separator.len())
        };
        // What leads with its name ends at its unit; what is named after its number ends at the last separator.
        let separators = ["、", "和", "及", "与", "并", "且"];
        let cut = if leads && begins(between, &separators).is_some() {
            separators.iter().filter_map(|separator| at(separator, false)).min()
        } else {
            separators.iter().filter_map(|separator| at(separator, true)).max()
        };
        cuts.push(cut.unwrap_or(left.end));
    }
    let ends = cuts.iter().skip(1).copied().chain([clause.end]).collect::<Vec<_>>();
    cuts.into_iter().zip(ends).map(|(from, to)| from..to).collect()
}

/// The last day of a year.
pub(crate) fn year_end(year: i16) -> Date {
    date(year, 12, 31)
}

/// Whether a text holds something to be reached: a figure of a measure, a pending target.
pub(crate) fn is_task(text: &str) -> bool {
    let figure = numbers(text).iter().any(|number| number.role == Role::Figure && number.value.is_some());
    figure || pending(text).is_some() || BELOW.iter().any(|word| text.contains(word)) && text.contains("目标")
}
