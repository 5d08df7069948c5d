//! The text against the tables: the same thing in other words, other figures, tasks that stand in one place only, duties
//! read in two ways. What can be compared by the programme's own check becomes its claims.

use minsheng_domain::finding::Finding;
use minsheng_domain::programme::{Claim, ClaimKind, ClaimStatement, Project, ProjectKind};
use minsheng_domain::quantity::Quantity;
use minsheng_domain::wording::plain;

use crate::allocation::Matrix;
use crate::assemble::{Assembly, cut};
use crate::clause::{clauses, lead, sentences};
use crate::document::{Block, Document};
use crate::number::{Role, numbers};
use crate::prose::Told;
use crate::similar::{alike, within};
use crate::target;

/// Below it a clause of the text stands in no table.
const ABSENT: usize = 450;
/// Claims made at most.
const MOST: usize = 150;

/// Compares tables with the text's own lists; measures whose unit or words were lost in a table take them from the text.
pub(crate) fn compare(
    document: &Document,
    assembly: &mut Assembly,
    told: &[Told],
    year: i16,
) -> (Vec<Claim>, Vec<Finding>) {
    let mut claims = Vec::new();
    let mut findings = Vec::new();
    let mut matched = vec![false; told.len()];
    let mut source = 0;
    for project in &mut assembly.projects {
        let sources = &assembly.sources[source..source + project.indicators.len()];
        source += project.indicators.len();
        let same = |told: &Told| alike(&told.title, &project.title);
        let best = told
            .iter()
            .enumerate()
            .filter(|(index, it)| {
                !matched[*index]
                    && it.kind == project.kind
                    && (it.number == project.number && same(it) >= 250 || same(it) >= 550)
            })
            .max_by_key(|(_, it)| (same(it), it.number == project.number));
        let Some((index, found)) = best else {
            if !told.is_empty() {
                let zh = format!("表中第{}项“{}”在正文中找不到", project.number, project.title);
                findings.push(
                    Finding::warning("project_in_table_only", "projects", zh, "the project stands in the table only")
                        .fact("title", &project.title),
                );
            }
            continue;
        };
        matched[index] = true;
        let place = sources.first().map_or("", |source| source.place.as_str()).to_owned();
        let tasks: Vec<String> = sources
            .iter()
            .map(|source| source.task.iter().map(|span| document.piece(*span).text).collect::<Vec<_>>().join("；"))
            .collect();
        claims.extend(title(project, found, &place));
        borrow(document, project, found, year);
        claims.extend(words(document, project, found, &tasks, &place, year));
    }
    for (it, _) in told.iter().zip(&matched).filter(|(_, matched)| !**matched) {
        let zh = format!("正文“{}”在表中找不到", cut(&it.title, 60));
        findings.push(
            Finding::warning("project_in_text_only", "projects", zh, "the project stands in the text only")
                .fact("title", &it.title),
        );
    }
    claims.truncate(MOST);
    (claims, findings)
}

fn wording(about: &str, statements: [(&str, &str); 2]) -> Option<Claim> {
    let [(_, left), (_, right)] = statements;
    claim(ClaimKind::Wording, about, statements)
        .filter(|_| plain(left) != plain(right) && !left.trim().is_empty() && !right.trim().is_empty())
}

fn claim(kind: ClaimKind, about: &str, statements: [(&str, &str); 2]) -> Option<Claim> {
    let statements = statements.map(|(place, says)| ClaimStatement { place: cut(place, 280), says: cut(says, 1900) });
    Some(Claim { kind, about: about.to_owned(), statements: statements.to_vec() })
}

/// The code by which claims name a project.
fn about(project: &Project) -> String {
    let mark = if project.kind == ProjectKind::Monitored { "m" } else { "" };
    format!("{mark}{}", project.number)
}

fn title(project: &Project, told: &Told, place: &str) -> Option<Claim> {
    let own = project.title.as_str();
    // A title that is also the task is compared as a task.
    if told.is_task { None } else { wording(&about(project), [(&told.place, &told.title), (place, own)]) }
}

/// Units and words that a table lost, taken from the text where the figure is the same.
fn borrow(document: &Document, project: &mut Project, told: &Told, year: i16) {
    let mut given: Vec<target::Found> = Vec::new();
    for span in &told.words {
        given.extend(target::read(&document.piece(*span).text, year).measures);
    }
    for indicator in &mut project.indicators {
        for measure in &mut indicator.measures {
            let Some(value) = measure.target else { continue };
            let alone = given.iter().filter(|found| found.target == Some(value)).count() == 1;
            let same = |found: &&target::Found| {
                let words = alike(&found.title, &measure.title) >= 300
                    || within(&measure.title, &found.title) >= 500
                    || within(&found.title, &measure.title) >= 500;
                let nameless = alone
                    && (measure.title.chars().count() < 4 || measure.title.contains(|c: char| c.is_ascii_digit()));
                found.target == Some(value) && !found.unit.is_empty() && found.figure.end > 0 && (words || nameless)
            };
            let Some(found) = given.iter().filter(same).max_by_key(|found| alike(&found.title, &measure.title)) else {
                continue;
            };
            if measure.unit.is_empty() || measure.unit == "项" && measure.unit != found.unit {
                measure.unit.clone_from(&found.unit);
                measure.kind =
                    if found.kind == measure.kind || measure.parts.is_empty() { found.kind } else { measure.kind };
                measure.basis = found.basis;
            }
            let poor = measure.title.chars().count() < 4
                || measure.title.contains(|c: char| c.is_ascii_digit())
                    && !found.title.contains(|c: char| c.is_ascii_digit());
            if poor && found.title.chars().count() >= 4 {
                measure.title = cut(&found.title, 290);
            }
        }
    }
}

/// Clauses of the text against the tasks of the project's rows.
fn words(document: &Document, project: &Project, told: &Told, tasks: &[String], place: &str, year: i16) -> Vec<Claim> {
    let all = format!("{}；{}", project.title, tasks.join("；"));
    let mut claims = Vec::new();
    let mut only = Vec::new();
    let mut own: Vec<Vec<String>> = vec![Vec::new(); tasks.len()];
    let mut seen = Vec::new();
    for piece in told.words.iter().map(|span| document.piece(*span)) {
        for clause in parts(&piece.text) {
            if seen.contains(&clause) {
                continue;
            }
            seen.push(clause.clone());
            let best = (0..tasks.len()).max_by_key(|index| (within(&clause, &tasks[*index]), usize::MAX - index));
            let Some(best) = best else { continue };
            if within(&clause, &tasks[best]) >= ABSENT {
                own[best].push(clause);
            } else if within(&clause, &all) < ABSENT && lead(&clause).chars().count() >= 5 {
                only.push(clause);
            }
        }
    }
    for ((indicator, task), clauses) in
        project.indicators.iter().zip(tasks).zip(&own).filter(|(_, clauses)| !clauses.is_empty())
    {
        let said = clauses.join("，");
        let differ = figures(&said) != figures(task);
        if differ {
            claims.extend(claim(ClaimKind::Figure, &indicator.code, [(&told.place, &said), (place, task)]));
        }
        let given = target::read(&said, year).measures;
        for measure in &indicator.measures {
            let Some(found) = given
                .iter()
                .filter(|found| found.target == measure.target && found.figure.end > 0)
                .max_by_key(|found| alike(&found.title, &measure.title))
            else {
                continue;
            };
            if alike(&found.title, &measure.title) >= 250 {
                claims.extend(wording(&indicator.code, [(&told.place, &found.title), (place, &measure.title)]));
            }
        }
    }
    if !only.is_empty() {
        let statements =
            only.into_iter().map(|says| ClaimStatement { place: told.place.clone(), says: cut(&says, 1900) });
        claims.push(Claim {
            kind: ClaimKind::TextOnly,
            about: about(project),
            statements: statements.take(40).collect(),
        });
    }
    claims
}

/// Clauses of a text, each without its end.
fn parts(text: &str) -> Vec<String> {
    let numbers = numbers(text);
    let clauses =
        sentences(text).into_iter().flat_map(|sentence| clauses(text, &sentence, &numbers)).collect::<Vec<_>>();
    clauses.into_iter().map(|clause| text[clause.at].trim().to_owned()).filter(|clause| !clause.is_empty()).collect()
}

/// Figures and lengths of time of a text, sorted; a single 1 is often left out and says nothing.
fn figures(text: &str) -> Vec<Quantity> {
    let one = Quantity::from_integer(1);
    let mut figures: Vec<Quantity> = numbers(text)
        .into_iter()
        .filter(|number| matches!(number.role, Role::Figure | Role::Duration) && number.value != one)
        .filter_map(|number| number.value)
        .collect();
    figures.sort_unstable();
    figures
}

/// Who answers for the townships' part, where the text and a table's note say it in two ways.
pub(crate) fn readings(document: &Document, matrices: &[Matrix]) -> Vec<Claim> {
    let who = ["乡镇", "街道", "镇街", "县市区", "各地"];
    let mut claims = Vec::new();
    for matrix in matrices {
        let Some(note) = matrix.note.map(|note| document.piece(note).text) else { continue };
        let helps = ["配合", "协助", "协同"].iter().any(|word| note.contains(word));
        let Some(subject) = who.iter().find(|word| note.contains(**word)).filter(|_| helps) else { continue };
        for block in &document.blocks {
            let Block::Paragraph(span) = block else { continue };
            let piece = document.piece(*span);
            let leads = sentences(&piece.text).into_iter().find(|sentence| {
                let words = &piece.text[sentence.clone()];
                words.contains(subject) && ["主体责任", "属地责任", "第一责任"].iter().any(|word| words.contains(word))
            });
            if let Some(sentence) = leads {
                let says = piece.text[sentence].to_owned();
                claims.extend(claim(
                    ClaimKind::Reading,
                    subject,
                    [("正文", &says), (&format!("{}注", matrix.place), &note)],
                ));
                break;
            }
        }
    }
    claims
}
