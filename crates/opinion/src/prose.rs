//! Tasks told in the text: which of its headings are the projects, what each of them asks, and who answers for it, as
//! brackets and labelled lines say.

use std::ops::Range;

use crate::clause::sentences;
use crate::outline::{Node, Paragraph, is_how};
use minsheng_domain::programme::ProjectKind;

use crate::people::{self, Duties, Duty};
use crate::record::{self, List, Record, kind_of};
use crate::span::Span;
use crate::target::is_task;
use crate::words::{WHAT, holds};

/// How an item's words are divided into indicators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Division {
    /// At full stops and semicolons.
    Semicolons,
    /// At full stops only.
    Stops,
}

/// A project as the text has it.
#[derive(Debug, Clone)]
struct Item<'a> {
    node: &'a Node,
    place: String,
    kind: ProjectKind,
}

/// The lists of tasks of a text, one a section.
pub(crate) fn lists(root: &Node, paragraphs: &[Paragraph], division: Division) -> Vec<List> {
    let mut items = Vec::new();
    gather(root, paragraphs, String::new(), &mut items);
    let mut lists: Vec<List> = Vec::new();
    for item in items {
        let records = records(&item, paragraphs, division);
        if records.is_empty() {
            continue;
        }
        match lists.last_mut().filter(|list| list.place == item.place && list.kind == item.kind) {
            Some(list) => list.records.extend(records),
            None => lists.push(List { kind: item.kind, place: item.place, records, table: false }),
        }
    }
    lists
}

/// All that the text says of a project, whether it is to be reached or not.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) kind: ProjectKind,
    pub(crate) number: u32,
    pub(crate) title: String,
    /// The title is the task itself.
    pub(crate) is_task: bool,
    /// Where it stands, for people.
    pub(crate) place: String,
    /// Its words, duties left out.
    pub(crate) words: Vec<Span>,
}

/// The projects of a text with all their words.
pub(crate) fn told(root: &Node, paragraphs: &[Paragraph]) -> Vec<Told> {
    let mut items = Vec::new();
    gather(root, paragraphs, String::new(), &mut items);
    let of = |item: Item<'_>| {
        let (title, stretches) = stretches(item.node, paragraphs);
        let words = stretches.iter().map(|stretch| {
            let piece = &paragraphs[stretch.index].piece;
            piece.span(&trim(&piece.text, stretch.range.clone()))
        });
        let words: Vec<Span> = words.filter(|span| span.end > span.start).collect();
        let head = item.node.head.as_ref().map(|(index, _)| &paragraphs[*index].piece);
        let text = head.map_or("", |piece| piece.text.as_str());
        let from = head.map_or(0, |piece| {
            text.char_indices()
                .map(|(at, _)| at)
                .find(|at| piece.span(&(*at..text.len())).start >= title.start)
                .unwrap_or(0)
        });
        let upto = head.map_or(0, |piece| {
            text.char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .find(|end| piece.span(&(from..*end)).end >= title.end)
                .unwrap_or(text.len())
        });
        Told {
            kind: item.kind,
            number: item.node.number,
            title: text.get(from..upto).unwrap_or_default().to_owned(),
            is_task: words.iter().any(|span| span.start <= title.start && title.end <= span.end),
            place: format!(
                "{}{}",
                item.place,
                if item.node.number > 0 { item.node.number.to_string() } else { String::new() }
            ),
            words,
        }
    };
    items.into_iter().map(of).collect()
}

/// Walks down to the headings that are projects.
fn gather<'a>(node: &'a Node, paragraphs: &[Paragraph], place: String, items: &mut Vec<Item<'a>>) {
    let children: Vec<&Node> = node.children.iter().filter(|child| !is_how(child, paragraphs)).collect();
    let with_tasks = children.iter().filter(|child| child.has_tasks(paragraphs)).count();
    if with_tasks == 0 {
        return;
    }
    // Where one child alone lists what is to be done, the others are about other things.
    let listing =
        children.iter().any(|child| holds(short(child.heading(paragraphs)), WHAT) && !child.children.is_empty());
    let kind = kind_of(node.heading(paragraphs));
    for child in children {
        let heading = short(child.heading(paragraphs));
        let here = format!("{place}{}", child.mark.trim_matches(['、', '.', ' ']));
        let section = is_section(child, paragraphs);
        if listing
            && !(section || holds(heading, WHAT))
            && !child.children.iter().any(|grandchild| is_section(grandchild, paragraphs))
        {
            continue;
        }
        if section || node.level == 0 && listing && !child.children.is_empty() {
            gather(child, paragraphs, here, items);
        } else if !counts_only(child, paragraphs)
            && (child.has_tasks(paragraphs) || with_tasks * 3 >= node.children.len())
        {
            items.push(Item {
                node: child,
                place: if place.is_empty() { "正文".to_owned() } else { format!("正文{place}") },
                kind,
            });
        }
    }
}

fn short(heading: &str) -> &str {
    heading.split(['。', ';', ':']).next().unwrap_or(heading)
}

/// Whether a heading names a group of projects: 工作任务, 重点民生实事项目, 省定实事.
fn is_section(node: &Node, paragraphs: &[Paragraph]) -> bool {
    let heading = short(node.heading(paragraphs));
    let names = holds(heading, WHAT)
        || holds(heading, &["实事", "监测", "民生工程"]) && holds(heading, &["项目", "实事", "工程", "任务", "清单"])
        || holds(heading, &["省定", "市定", "县定", "区定", "省级", "市级", "县级", "省列", "市列", "县列", "州级"]);
    let numbered = node.children.len() >= 2 || node.children.len() == 1 && node.body.is_empty();
    names && numbered && heading.chars().count() <= 40
}

/// A paragraph that only says how many projects there are.
fn counts_only(node: &Node, paragraphs: &[Paragraph]) -> bool {
    let pieces = node.pieces(paragraphs);
    let texts = || {
        pieces.iter().map(|(index, range)| &paragraphs[*index].piece.text[range.clone()]).filter(|text| is_task(text))
    };
    let counts = |text: &str| text.contains("实事") && !crate::facts::counts(text).is_empty();
    node.children.is_empty() && texts().count() > 0 && texts().all(counts)
}

/// A stretch of an item's words that belongs together: up to the duties that close it.
#[derive(Debug, Clone)]
struct Stretch {
    index: usize,
    range: Range<usize>,
    duties: Vec<(Duty, Span)>,
    /// It begins an item of its own.
    item: bool,
}

fn records(item: &Item<'_>, paragraphs: &[Paragraph], division: Division) -> Vec<Record> {
    let (title, stretches) = stretches(item.node, paragraphs);
    let mut records: Vec<Record> = Vec::new();
    let task = |stretch: &Stretch| is_task(&paragraphs[stretch.index].piece.text[stretch.range.clone()]);
    for (place, stretch) in stretches.iter().enumerate() {
        let text = &paragraphs[stretch.index].piece.text;
        // An item of its own without anything to reach goes on without a target.
        let until =
            stretches[place + 1..].iter().position(|next| next.item).map_or(stretches.len(), |next| place + 1 + next);
        if stretch.item && !stretches[place..until].iter().any(task) {
            let span = paragraphs[stretch.index].piece.span(&trim(text, stretch.range.clone()));
            if span.end > span.start {
                records.push(with_duties(Record::of(vec![span], 60), &stretch.duties));
            }
            continue;
        }
        for range in divided(text, &stretch.range, division) {
            let words = &text[range.clone()];
            if !is_task(words) {
                continue;
            }
            let span = paragraphs[stretch.index].piece.span(&trim(text, range));
            records.push(with_duties(Record::of(vec![span], 80), &stretch.duties));
        }
    }
    if records.is_empty() {
        // Nothing to be reached: the whole item is one task.
        let spans: Vec<Span> = stretches
            .iter()
            .map(|stretch| {
                paragraphs[stretch.index]
                    .piece
                    .span(&trim(&paragraphs[stretch.index].piece.text, stretch.range.clone()))
            })
            .filter(|span| span.end > span.start)
            .collect();
        let duties = stretches.iter().flat_map(|stretch| stretch.duties.clone()).collect::<Vec<_>>();
        records.push(with_duties(Record::of(if spans.is_empty() { vec![title] } else { spans }, 65), &duties));
    }
    for record in &mut records {
        record.title = Some(record::Told::here(title));
        record.number = (item.node.number > 0).then_some(item.node.number);
    }
    if let Some(first) = records.first_mut() {
        first.begins = true;
    }
    records
}

/// An item's title, and its words divided by the duties that stand in or under them.
fn stretches(node: &Node, paragraphs: &[Paragraph]) -> (Span, Vec<Stretch>) {
    let mut title = Span::default();
    let mut found: Vec<Stretch> = Vec::new();
    let mut open = 0;
    for (place, (index, range, item)) in node.items(paragraphs).into_iter().enumerate() {
        let mut item = item && place > 0;
        let piece = &paragraphs[index].piece;
        let text = &piece.text;
        let mut from = range.start;
        if place == 0 {
            let head = title_end(
                &text[range.clone()],
                range.len() == text.len() || node.body.is_empty() && node.children.is_empty(),
            );
            title = piece.span(&trim(text, from..from + head.0));
            from += head.1;
        }
        if people::is_duty_line(text[range.clone()].trim()) {
            let duties = placed(piece, people::duties(text));
            for stretch in &mut found[open..] {
                stretch.duties.extend(duties.iter().copied());
            }
            // Several labelled lines may follow one another: the next words open anew.
            continue;
        }
        if found[open..].iter().any(|stretch| !stretch.duties.is_empty()) {
            open = found.len();
        }
        for (bracket, duties) in people::bracketed(text) {
            if bracket.start < from {
                continue;
            }
            let duties = placed(piece, duties);
            found.push(Stretch { index, range: from..bracket.start, duties: duties.clone(), item });
            item = false;
            // What stood open before belongs to these duties too.
            for stretch in &mut found[open..] {
                if stretch.duties.is_empty() {
                    stretch.duties.extend(duties.iter().copied());
                }
            }
            open = found.len();
            from = bracket.end;
        }
        if let Some((at, duties)) = people::trailing(text).filter(|(at, _)| (from..range.end).contains(at)) {
            let duties = placed(piece, duties);
            found.push(Stretch { index, range: from..at, duties: Vec::new(), item });
            for stretch in &mut found[open..] {
                stretch.duties.extend(duties.iter().copied());
            }
            open = found.len();
            continue;
        }
        if !text[from..range.end].trim_matches(|c: char| !c.is_alphanumeric()).is_empty() {
            found.push(Stretch { index, range: from..range.end, duties: Vec::new(), item });
        }
    }
    (title, found)
}

fn placed(piece: &crate::span::Piece, duties: Duties) -> Vec<(Duty, Span)> {
    duties.into_iter().map(|(duty, range)| (duty, piece.span(&range))).collect()
}

/// Where an item's title ends, and where its tasks begin: after the first sentence if that is short and more follows; a line
/// that is all there is, is both.
fn title_end(text: &str, alone: bool) -> (usize, usize) {
    let stop = text.find(['。', ':']).filter(|stop| text[..*stop].chars().count() <= 40);
    let bracket = people::bracketed(text).first().map_or(text.len(), |(range, _)| range.start);
    match stop {
        Some(stop) if stop < bracket && text[stop..].chars().skip(1).any(char::is_alphanumeric) => {
            let next = stop + text[stop..].chars().next().map_or(0, char::len_utf8);
            // Before a duty and nothing else the sentence is the task.
            let rest = text[next..].trim();
            if rest.starts_with('(')
                && people::bracketed(rest)
                    .first()
                    .is_some_and(|(range, _)| range.start == 0 && range.end + 3 >= rest.len())
            {
                (stop, 0)
            } else {
                (stop, next)
            }
        }
        _ => {
            let line = text.trim_end_matches(['。', ';']);
            let end = line.len().min(bracket);
            let comma = text[..end].find([',', '，']).filter(|comma| text[..end].chars().count() > 40 && *comma > 12);
            (comma.unwrap_or(end), if alone || is_task(&text[..end]) { 0 } else { end })
        }
    }
}

fn divided(text: &str, range: &Range<usize>, division: Division) -> Vec<Range<usize>> {
    let part = &text[range.clone()];
    match division {
        Division::Semicolons => {
            sentences(part).into_iter().map(|it| it.start + range.start..it.end + range.start).collect()
        }
        Division::Stops => {
            let mut found = Vec::new();
            let mut from = range.start;
            for (offset, character) in part.char_indices() {
                if matches!(character, '。' | '\n') {
                    found.push(from..range.start + offset);
                    from = range.start + offset + character.len_utf8();
                }
            }
            found.push(from..range.end);
            found.retain(|range| !text[range.clone()].trim().is_empty());
            found
        }
    }
}

/// Signs and blanks that are no part of a task.
const ENDS: &[char] = &[' ', '。', ';', ',', '，', ':', '、', '\n'];

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let left = part.len() - part.trim_start_matches(ENDS).len();
    let kept = part.trim_matches(ENDS);
    range.start + left..range.start + left + kept.len()
}

fn with_duties(mut record: Record, duties: &[(Duty, Span)]) -> Record {
    for (duty, span) in duties {
        let told = record::Told::here(*span);
        match duty {
            Duty::Lead => record.lead.push(told),
            Duty::Responsible | Duty::Participant => record.participants.push(told),
            Duty::Leader => record.leaders.push(told),
            Duty::Certifier => record.certifier.push(told),
            Duty::Due => record.due = Some(told),
        }
    }
    // Without a lead unit the first that is responsible leads.
    if record.lead.is_empty()
        && let Some(first) = duties.iter().find(|(duty, _)| *duty == Duty::Responsible)
    {
        record.participants.retain(|told| told.span != first.1);
        record.lead.push(record::Told::here(first.1));
        record.confidence = record.confidence.saturating_sub(4);
    }
    record
}
