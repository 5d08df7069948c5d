//! Reading an official document about a year's livelihood projects (实施意见、通知、方案、任务分解表) into a drafted programme:
//! pure, text in, draft out. It knows the field's words and forms and no place's names; a person confirms what it drafts.

mod allocation;
mod assemble;
mod clause;
mod columns;
mod compare;
mod divide;
mod document;
mod draft;
mod due;
mod facts;
mod flat;
mod grid;
mod head;
mod number;
mod outline;
mod people;
mod prose;
mod record;
mod role;
mod similar;
mod spaced;
mod span;
mod stream;
mod target;
mod wire;
mod words;

use minsheng_domain::division::DivisionCode;
use minsheng_domain::finding::Finding;
use minsheng_domain::programme::check::{Context, check};
use minsheng_domain::programme::{Programme, summarise};

pub use document::{Block, Cell, Document, Grid, Source as SourceBlock, SourceCell};
pub use draft::{Draft, Field, Known, Office, Unused};
pub use number::Role;
pub use span::Span;
pub use wire::programme;

use assemble::{Assembler, Assembly};
use draft::{Fields, Register};
use facts::Facts;
use outline::Paragraph;
use prose::Division;
use record::List;
/// Confidence below which a field is to be looked at.
pub const DOUBTFUL: u8 = 70;

/// Reads a document.
pub fn read(document: &Document, known: &Known) -> Draft {
    let facts = facts::read(document);
    let mut fields = Fields::default();
    let year = known.year.or(facts.year.as_ref().map(|year| year.value)).unwrap_or(0);
    let mut programme = head::head(&facts, known, year, &mut fields);
    let found = tables(document);
    let paragraphs = paragraphs(document, &found.taken);
    let outline = outline::outline(&paragraphs);
    let stated: u32 = facts.counts.iter().filter_map(|count| count.value.indicators).sum();
    let by_semicolons = prose::lists(&outline, &paragraphs, Division::Semicolons);
    let by_stops = prose::lists(&outline, &paragraphs, Division::Stops);
    let count = |lists: &[List]| lists.iter().map(|list| list.records.len()).sum::<usize>();
    let stops_fit = u32::try_from(count(&by_stops)).is_ok_and(|count| count == stated) && stated > 0;
    let prose = if stops_fit { by_stops } else { by_semicolons };
    let told = prose::told(&outline, &paragraphs);
    let from_tables = count(&found.lists) > 0 && count(&found.lists) * 3 >= count(&prose);
    let mut register = Register::new(&known.units);
    let lists = if from_tables { &found.lists } else { &prose };
    let mut assembler = Assembler { document, year, fields: &mut fields, register: &mut register };
    let mut assembly = assembler.assemble(lists);
    let mut own = Vec::new();
    if from_tables && !told.is_empty() {
        let (claims, findings) = compare::compare(document, &mut assembly, &told, year);
        programme.claims = claims;
        own.extend(findings);
    }
    let Assembly { projects, unused, .. } = assembly;
    programme.projects = projects;
    settle_units(&programme, &mut fields);
    own.extend(divide::divide(document, &found.matrices, &known.divisions, &mut programme, &mut fields));
    programme.claims.extend(compare::readings(document, &found.matrices));
    own.extend(further(&programme, &facts, &fields, &found, document, lists.is_empty()));
    let context = Context { divisions: &known.divisions, units: None, mandates: None };
    let mut findings = check(&programme, &context);
    findings.extend(
        own.into_iter().map(|finding| Finding { zh: minsheng_domain::wording::nest_quotes(&finding.zh), ..finding }),
    );
    Draft { programme, fields: fields.fields, unused, units: register.offices, findings }
}

/// Tables of both kinds, and the paragraphs that belong to flattened ones.
fn tables(document: &Document) -> flat::Flat {
    let mut found = flat::find(document);
    let (mut lists, mut matrices) = (Vec::new(), Vec::new());
    for (index, block) in document.blocks.iter().enumerate() {
        let Block::Table(grid) = block else { continue };
        let above = document.blocks[..index].iter().rev().take(16).filter_map(|block| match block {
            Block::Paragraph(span) => Some(document.piece(*span).text),
            Block::Table(_) => None,
        });
        let above: Vec<String> = above.collect();
        let inside = grid.rows.first().and_then(|row| row.first()).map(|cell| document.piece(cell.span).text);
        let mut caption = record::caption(above.iter().map(String::as_str), index + 1);
        if caption.title.is_empty() {
            caption.title = inside.unwrap_or_default();
        }
        if let Some(matrix) = allocation::matrix(document, grid, &caption) {
            let note = document.blocks[index + 1..].iter().take(3).find_map(|block| match block {
                Block::Paragraph(span) if document.piece(*span).text.starts_with('注') => Some(*span),
                _ => None,
            });
            matrices.push(allocation::Matrix { note: matrix.note.or(note), ..matrix });
        } else if let Some(of_grid) = grid::lists(document, grid, &caption) {
            lists.extend(of_grid);
        }
    }
    lists.append(&mut found.lists);
    matrices.append(&mut found.matrices);
    flat::Flat { lists, matrices, ..found }
}

/// Paragraphs that no table took.
fn paragraphs(document: &Document, taken: &[usize]) -> Vec<Paragraph> {
    let free = document.blocks.iter().enumerate().filter(|(index, _)| !taken.contains(index));
    free.filter_map(|(_, block)| match block {
        Block::Paragraph(span) => Some(Paragraph { piece: document.piece(*span) }),
        Block::Table(_) => None,
    })
    .collect()
}

/// Says in the fields what the text lent to the tables.
fn settle_units(programme: &Programme, fields: &mut Fields) {
    for (p, project) in programme.projects.iter().enumerate() {
        for (i, indicator) in project.indicators.iter().enumerate() {
            for (m, measure) in indicator.measures.iter().enumerate() {
                let path = format!("projects[{p}].indicators[{i}].measures[{m}]");
                for (name, now) in [
                    ("unit", measure.unit.as_str()),
                    ("title", measure.title.as_str()),
                    ("kind", assemble::kind_label(measure.kind)),
                ] {
                    let path = format!("{path}.{name}");
                    if let Some(field) = fields.fields.iter_mut().find(|field| field.path == path && field.value != now)
                    {
                        field.value = now.to_owned();
                        field.confidence = 75;
                        field.doubt = "表中不全，取自正文同一数字处".to_owned();
                    }
                }
            }
        }
    }
}

/// Lines in which a table's headings follow one another with nothing between them.
fn run_together(document: &Document) -> Vec<Span> {
    let headings = [
        "项目名称",
        "目标任务",
        "主要内容",
        "牵头单位",
        "责任单位",
        "配合单位",
        "分管领导",
        "责任领导",
        "完成时限",
        "备注",
    ];
    let spans = document.blocks.iter().filter_map(|block| match block {
        Block::Paragraph(span) => Some(*span),
        Block::Table(_) => None,
    });
    spans
        .filter(|span| {
            let text = document.piece(*span).text;
            text.chars().count() > 40
                && text.find("序号").is_some_and(|at| {
                    let after: String = text[at..].chars().take(40).collect();
                    headings.iter().filter(|heading| after.contains(**heading)).count() >= 3
                })
        })
        .collect()
}

/// What the programme's own check cannot see.
fn further(
    programme: &Programme,
    facts: &Facts,
    fields: &Fields,
    found: &flat::Flat,
    document: &Document,
    nothing: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if nothing {
        findings.push(Finding::error(
            "no_tasks_found",
            "projects",
            "没有找到任何项目和任务，请核对文件是否为实事项目文件",
            "no tasks were found",
        ));
    }
    for span in run_together(document) {
        let line = span.line(&document.text);
        let zh = format!("第{line}行的表已连成一行，各格之间没有分隔，读出的内容不可靠；请改用原表格文件");
        findings.push(
            Finding::warning("table_run_together", "projects", zh, "a table without anything between its cells")
                .fact("line", line),
        );
    }
    for span in &found.misaligned {
        let line = span.line(&document.text);
        let zh = format!("第{line}行起有地名和数字的表，空格已丢失，各行长短不一，没有猜读；请改用原表格文件");
        findings.push(
            Finding::warning(
                "table_not_aligned",
                "allocation_table",
                zh,
                "a table's blanks were lost; nothing was guessed",
            )
            .fact("line", line),
        );
    }
    let summary = summarise(programme);
    for it in facts.counts.iter().filter(|it| it.value.indicators.is_none()) {
        let held = match it.value.kind {
            minsheng_domain::programme::ProjectKind::Key => summary.key_indicators.len(),
            minsheng_domain::programme::ProjectKind::Monitored => summary.monitored_indicators.len(),
        };
        if usize::try_from(it.value.projects).is_ok_and(|stated| stated != held) && held > 0 {
            let zh = format!("文件称{}项目{}个，读出{held}个", it.value.kind.label(), it.value.projects);
            let finding = Finding::warning(
                "stated_count_differs",
                "projects",
                zh,
                "the document states another number of projects",
            );
            findings.push(finding.fact("stated", it.value.projects).fact("counted", held));
        }
    }
    let doubtful = fields.fields.iter().filter(|field| field.confidence < DOUBTFUL).count();
    if doubtful > 0 {
        let zh = format!("{doubtful}个字段把握不足{DOUBTFUL}，须逐个核对");
        findings.push(Finding::note("fields_doubtful", "", zh, "fields of low confidence").fact("fields", doubtful));
    }
    if programme.division.parse::<DivisionCode>().is_err() && !nothing {
        findings.push(Finding::note(
            "division_not_known",
            "division",
            "区划代码未知，用 --division 或 --divisions 指定后再导入",
            "give the division's code before the import",
        ));
    }
    findings
}
