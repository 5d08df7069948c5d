//! The tables that divide targets: which measure each column divides, and its rows, cells and totals as they stand there.

use minsheng_domain::division::DivisionCode;
use minsheng_domain::finding::Finding;
use minsheng_domain::programme::check::KnownDivision;
use minsheng_domain::programme::{
    Allocation, AllocationColumn, AllocationRow, Claim, ClaimKind, ClaimStatement, Programme,
};
use minsheng_domain::quantity::Quantity;
use minsheng_domain::table::cell;

use crate::allocation::Matrix;
use crate::assemble::cut;
use crate::clause::title;
use crate::document::Document;
use crate::draft::Fields;
use crate::number::{Role, numbers};
use crate::similar::{alike, within};
use crate::span::Span;
use crate::words::UNITS;

/// What a column's heading says.
struct Heading {
    title: String,
    unit: String,
    figure: Option<Quantity>,
}

/// Takes the tables into the programme. Columns that divide no measure are named and left out.
pub(crate) fn divide(
    document: &Document,
    matrices: &[Matrix],
    known: &[KnownDivision],
    programme: &mut Programme,
    fields: &mut Fields,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for matrix in matrices {
        let headings: Vec<Heading> =
            matrix.headings.iter().zip(&matrix.units).map(|(span, unit)| heading(document, *span, *unit)).collect();
        let columns: Vec<Vec<Option<Quantity>>> = (0..headings.len())
            .map(|column| matrix.rows.iter().map(|(_, cells)| value(document, cells.get(column))).collect())
            .collect();
        let assigned = assign(&headings, &columns, matrix, document, programme);
        for (column, measure) in assigned.iter().enumerate().filter(|(_, measure)| measure.is_none()) {
            let _ = measure;
            let zh = format!("{}“{}”一列对不上任何计量项，没有收入任务分解表", matrix.place, headings[column].title);
            let finding = Finding::warning(
                "column_not_matched",
                "allocation_table.columns",
                zh,
                "the column divides no measure that was read",
            );
            findings.push(finding.fact("heading", &headings[column].title));
        }
        take(document, matrix, &headings, &columns, &assigned, known, programme, fields);
    }
    findings
}

fn heading(document: &Document, span: Span, unit: Option<Span>) -> Heading {
    let text = document.piece(span).text.replace('\n', "");
    let figure = numbers(&text).into_iter().rfind(|number| number.role == Role::Figure && number.value.is_some());
    let given = unit.map(|unit| document.piece(unit).text.trim_matches(['(', ')']).to_owned());
    let bracket = text
        .rfind('(')
        .filter(|_| text.ends_with(')'))
        .map(|at| (at, text[at + 1..text.len() - 1].trim_start_matches("单位:").to_owned()));
    let bracket =
        bracket.filter(|(_, unit)| UNITS.contains(&unit.trim_start_matches(['万', '亿'])) || unit.contains('元'));
    match figure {
        Some(number) => Heading {
            title: title(&text[..number.at.start], &text[number.end..]),
            unit: given.unwrap_or(number.unit),
            figure: number.value,
        },
        None => {
            let words = bracket.as_ref().map_or(text.as_str(), |(at, _)| &text[..*at]);
            Heading {
                title: title(words, ""),
                unit: given.or(bracket.map(|(_, unit)| unit)).unwrap_or_default(),
                figure: None,
            }
        }
    }
}

fn value(document: &Document, span: Option<&Span>) -> Option<Quantity> {
    let text = document.piece(*span?).text;
    let number = cell::Cell::read(&text).number().cloned()?;
    let read = if text.contains(['万', '亿']) { number.printed_value } else { number.value };
    read.filter(|value| !value.is_negative())
}

/// For each column the code of its measure: the best of all pairs first.
fn assign(
    headings: &[Heading],
    columns: &[Vec<Option<Quantity>>],
    matrix: &Matrix,
    document: &Document,
    programme: &Programme,
) -> Vec<Option<String>> {
    let mut scored = Vec::new();
    for (column, heading) in headings.iter().enumerate() {
        let sum = Quantity::checked_sum(columns[column].iter().flatten().copied());
        let total = value(document, matrix.totals.get(column));
        for (indicator, measure) in programme.measures() {
            let words = alike(&heading.title, &measure.title)
                .max(within(&measure.title, &heading.title) * 9 / 10)
                .max(alike(&heading.title, &indicator.title));
            let target = measure.target;
            let figure = usize::from(target.is_some() && (heading.figure == target)) * 350;
            let sums = usize::from(target.is_some() && (total == target || sum == target)) * 250;
            let unit = usize::from(!heading.unit.is_empty() && heading.unit == measure.unit) * 60;
            // The figure alone proves nothing: some words must be shared.
            if words >= 180 {
                scored.push((words + figure + sums + unit, column, measure.code.clone()));
            }
        }
    }
    scored.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let mut assigned: Vec<Option<String>> = vec![None; headings.len()];
    let taken: Vec<String> = programme.allocation_table.columns.iter().map(|column| column.measure.clone()).collect();
    for (score, column, code) in scored {
        let used = assigned.iter().flatten().any(|measure| *measure == code) || taken.contains(&code);
        if score >= 520 && assigned[column].is_none() && !used {
            assigned[column] = Some(code);
        }
    }
    assigned
}

#[allow(clippy::too_many_arguments, reason = "one call; what it takes is the table in its parts")]
fn take(
    document: &Document,
    matrix: &Matrix,
    headings: &[Heading],
    columns: &[Vec<Option<Quantity>>],
    assigned: &[Option<String>],
    known: &[KnownDivision],
    programme: &mut Programme,
    fields: &mut Fields,
) {
    let own: Vec<usize> = (0..headings.len()).filter(|column| assigned[*column].is_some()).collect();
    if own.is_empty() {
        return;
    }
    let division = programme.division.parse::<DivisionCode>().ok();
    let mut table = std::mem::take(&mut programme.allocation_table);
    let width = table.columns.len();
    for (place, column) in own.iter().enumerate() {
        let (heading, code) = (&headings[*column], assigned[*column].clone().unwrap_or_default());
        let unit = if heading.unit.is_empty() {
            programme.measure(&code).map(|measure| measure.unit.clone()).unwrap_or_default()
        } else {
            heading.unit.clone()
        };
        let path = format!("allocation_table.columns[{}]", width + place);
        fields.add(
            format!("{path}.heading"),
            heading.title.clone(),
            matrix.confidence,
            matrix.headings.get(*column).copied(),
            "",
        );
        fields.add(
            format!("{path}.measure"),
            code.clone(),
            matrix.confidence.min(85),
            matrix.headings.get(*column).copied(),
            "按标题、目标和单位对应",
        );
        if let Some(figure) = heading.figure {
            differs(programme, &code, figure, heading, matrix);
        }
        table.columns.push(AllocationColumn { measure: code, heading: cut(&heading.title, 290), unit });
        let total = value(document, matrix.totals.get(*column));
        table.printed_totals.push(total);
        if let (Some(total), Some(span)) = (total, matrix.totals.get(*column)) {
            fields.add(
                format!("allocation_table.printed_totals[{}]", width + place),
                total.to_string(),
                matrix.confidence,
                Some(*span),
                "",
            );
        }
    }
    for (index, (name_span, cells)) in matrix.rows.iter().enumerate() {
        let name = document.piece(*name_span).text;
        let at = table.rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
            let code = code_of(&name, division, known);
            fields.add(
                format!("allocation_table.rows[{}].name", table.rows.len()),
                name.clone(),
                matrix.confidence,
                Some(*name_span),
                "",
            );
            table.rows.push(AllocationRow {
                name: name.clone(),
                division: code,
                cells: vec![None; width],
                mandate: false,
            });
            table.rows.len() - 1
        });
        for (place, column) in own.iter().enumerate() {
            let cell = columns[*column].get(index).copied().flatten();
            table.rows[at].cells.resize(width + place, None);
            table.rows[at].cells.push(cell);
            if let (Some(cell), Some(span)) = (cell, cells.get(*column)) {
                fields.add(
                    format!("allocation_table.rows[{at}].cells[{}]", width + place),
                    cell.to_string(),
                    matrix.confidence,
                    Some(*span),
                    "",
                );
            }
        }
    }
    let all = table.columns.len();
    for row in &mut table.rows {
        row.cells.resize(all, None);
    }
    if let Some(note) = matrix.note {
        table.note = cut(&document.piece(note).text, 1900);
        fields.add("allocation_table.note", table.note.clone(), matrix.confidence, Some(note), "");
    }
    finer(programme, &table);
    programme.allocation_table = table;
}

/// Decimals that the cells need.
fn finer(programme: &mut Programme, table: &Allocation) {
    for (index, column) in table.columns.iter().enumerate() {
        let decimals = table.filled(index).map(Quantity::decimals_used).max().unwrap_or(0);
        let measures = programme
            .projects
            .iter_mut()
            .flat_map(|project| &mut project.indicators)
            .flat_map(|indicator| &mut indicator.measures);
        if let Some(measure) = measures.into_iter().find(|measure| measure.code == column.measure) {
            measure.decimals = measure.decimals.max(decimals);
        }
    }
}

/// A heading's own figure that is not the target.
fn differs(programme: &mut Programme, code: &str, figure: Quantity, heading: &Heading, matrix: &Matrix) {
    let Some(measure) = programme.measure(code) else { return };
    let Some(target) = measure.target.filter(|target| *target != figure && measure.unit == heading.unit) else {
        return;
    };
    let says = |title: &str, value: Quantity, unit: &str| format!("{title}{value}{unit}");
    let statements = vec![
        ClaimStatement { place: "指标任务".to_owned(), says: says(&measure.title, target, &measure.unit) },
        ClaimStatement { place: format!("{}表头", matrix.place), says: says(&heading.title, figure, &heading.unit) },
    ];
    programme.claims.push(Claim { kind: ClaimKind::Figure, about: code.to_owned(), statements });
}

/// The code of a row's division, by its name among those within the programme's; empty where none or more have it.
fn code_of(name: &str, own: Option<DivisionCode>, known: &[KnownDivision]) -> String {
    let Some(own) = own else { return String::new() };
    let direct: Vec<&KnownDivision> =
        known.iter().filter(|it| it.name == name && it.code.parent() == Some(own)).collect();
    let inside: Vec<&KnownDivision> =
        known.iter().filter(|it| it.name == name && it.code != own && it.code.is_within(own)).collect();
    match (direct.as_slice(), inside.as_slice()) {
        ([one], _) | ([], [one]) => one.code.to_string(),
        _ => String::new(),
    }
}
