//! From records to the programme: projects, indicators with who answers for them, measures; each field with its source.

use minsheng_domain::programme::{Indicator, Leader, Measure, ParticipatingUnit, Project, ProjectKind, TargetKind};
use minsheng_domain::quantity::Quantity;

use crate::clause::{bounded, title};
use crate::document::Document;
use crate::draft::{Fields, Register, Unused};
use crate::due;
use crate::number::{Role, numbers};
use crate::people::{self, Duty};
use crate::record::{List, Record, Told};
use crate::span::{Piece, Span};
use crate::target::{self, Found};

/// Longest title that the contract takes, less a margin.
const LONGEST: usize = 290;
/// Longest text of a task that serves as an indicator's title.
const SHORT_TITLE: usize = 60;

/// What the records make.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    pub(crate) projects: Vec<Project>,
    pub(crate) unused: Vec<Unused>,
    /// For each indicator in order: where it stands, and the spans of its task.
    pub(crate) sources: Vec<Source>,
}

/// Where an indicator comes from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) place: String,
    pub(crate) task: Vec<Span>,
}

/// Puts the records together.
pub(crate) struct Assembler<'a> {
    pub(crate) document: &'a Document,
    pub(crate) year: i16,
    pub(crate) fields: &'a mut Fields,
    pub(crate) register: &'a mut Register,
}

impl Assembler<'_> {
    /// All lists, in order: key projects before monitored ones.
    pub(crate) fn assemble(&mut self, lists: &[List]) -> Assembly {
        let mut assembly = Assembly::default();
        let mut ordered: Vec<&List> = lists.iter().collect();
        ordered.sort_by_key(|list| list.kind);
        for list in ordered {
            for record in &list.records {
                self.record(list, record, &mut assembly);
            }
        }
        assembly
    }

    fn record(&mut self, list: &List, record: &Record, assembly: &mut Assembly) {
        let first = assembly.projects.last().is_none_or(|project| project.kind != list.kind);
        if record.begins || first {
            self.project(list, record, assembly);
        }
        let at = assembly.projects.len() - 1;
        let project = &mut assembly.projects[at];
        let mark = if project.kind == ProjectKind::Monitored { "m" } else { "" };
        let code = format!("{mark}{}.{}", project.number, project.indicators.len() + 1);
        let path = format!("projects[{at}].indicators[{}]", project.indicators.len());
        let mut indicator = Indicator { code: code.clone(), ..Indicator::default() };
        let (pieces, duties) = self.task(record);
        self.people(&path, record, &duties, &mut indicator);
        self.words(&path, record, &pieces, &mut indicator);
        let mut measures = Vec::new();
        for piece in &pieces {
            let reading = target::read(&piece.text, self.year);
            let offset = measures.len();
            for (range, role) in reading.unused {
                let span = piece.span(&range);
                assembly.unused.push(Unused {
                    span,
                    text: span.of(&self.document.text).to_owned(),
                    indicator: code.clone(),
                    role,
                });
            }
            // A piece without anything to reach beside one with figures is context.
            measures.extend(reading.measures.into_iter().map(|mut found| {
                found.parts.iter_mut().for_each(|part| *part += offset);
                (found, piece)
            }));
        }
        let figures = measures.iter().any(|(found, _)| found.target.is_some() && found.figure.end > 0);
        if pieces.len() > 1 && figures && measures.iter().all(|(found, _)| found.parts.is_empty()) {
            measures.retain(|(found, _)| found.figure.end > 0 || found.kind == TargetKind::Pending);
        }
        let measures: Vec<(Found, &Piece)> = measures;
        let amount = record.amount.filter(|_| !figures).and_then(|amount| self.amount(record, amount, pieces.first()));
        match amount {
            Some((found, piece, span)) => {
                self.measure(&path, &code, 0, &found, &piece, Some(span), record, &mut indicator)
            }
            None => {
                for (index, (found, piece)) in measures.iter().enumerate() {
                    self.measure(&path, &code, index, found, piece, None, record, &mut indicator);
                }
            }
        }
        assembly.sources.push(Source { place: list.place.clone(), task: record.task.clone() });
        assembly.projects[at].indicators.push(indicator);
    }

    fn project(&mut self, list: &List, record: &Record, assembly: &mut Assembly) {
        let taken =
            |number: u32| assembly.projects.iter().any(|project| project.kind == list.kind && project.number == number);
        let next = assembly
            .projects
            .iter()
            .filter(|project| project.kind == list.kind)
            .map(|project| project.number)
            .max()
            .unwrap_or(0)
            + 1;
        let told = record.title.or_else(|| record.task.first().map(|span| Told::here(*span)));
        let words = told.map(|told| self.text(told.span)).unwrap_or_default();
        // A title may carry its number itself.
        let (printed, length) = match crate::outline::mark(&words) {
            Some((_, number, length)) if record.number.is_none() => (Some(number), length),
            _ => (record.number, 0),
        };
        let number = printed.filter(|number| (1..=9_999).contains(number) && !taken(*number)).unwrap_or(next);
        let path = format!("projects[{}]", assembly.projects.len());
        let words = words[length..].trim_end_matches(['。', ';']).to_owned();
        let doubt = if printed == Some(number) { "" } else { "序号由次序推定" };
        self.fields.add(
            format!("{path}.number"),
            number.to_string(),
            if doubt.is_empty() { 95 } else { 70 },
            told.map(|told| told.span),
            doubt,
        );
        let doubt = if record.title.is_none() { "没有项目名称，以任务代之" } else { "" };
        let confidence = if doubt.is_empty() { record.confidence } else { 60 };
        self.fields.add(format!("{path}.title"), words.clone(), confidence, told.map(|told| told.span), doubt);
        let title = if words.is_empty() { format!("第{number}项") } else { cut(&words, LONGEST) };
        assembly.projects.push(Project { kind: list.kind, number, title, indicators: Vec::new() });
    }

    /// A place's text in one line, blanks at line breaks left out.
    fn text(&self, span: Span) -> String {
        self.document.piece(span).text.replace('\n', "")
    }

    /// A task's pieces without the brackets that give duties, and those duties.
    fn task(&self, record: &Record) -> (Vec<Piece>, Vec<(Duty, Span)>) {
        let mut pieces = Vec::new();
        let mut duties = Vec::new();
        for span in &record.task {
            let piece = self.document.piece(*span);
            let mut from = 0;
            for (bracket, found) in people::bracketed(&piece.text) {
                duties.extend(found.into_iter().map(|(duty, range)| (duty, piece.span(&range))));
                if bracket.start > from {
                    pieces.push(self.document.piece(piece.span(&(from..bracket.start))));
                }
                from = bracket.end;
            }
            if from == 0 {
                pieces.push(piece);
            } else if piece.text[from..].chars().any(char::is_alphanumeric) {
                pieces.push(self.document.piece(piece.span(&(from..piece.text.len()))));
            }
        }
        (pieces, duties)
    }

    fn words(&mut self, path: &str, record: &Record, pieces: &[Piece], indicator: &mut Indicator) {
        let whole: Vec<&str> = pieces
            .iter()
            .map(|piece| {
                piece.text.trim_matches(|c: char| {
                    !c.is_alphanumeric() && !matches!(c, '“' | '”' | '《' | '》' | '(' | ')' | '%')
                })
            })
            .collect();
        let whole = whole.join("；").replace('\n', "");
        let long = whole.chars().count() > SHORT_TITLE;
        let shown = if long { whole.split(['。', ';']).next().unwrap_or(&whole).to_owned() } else { whole };
        indicator.title = cut(if shown.is_empty() { "（原文空白）" } else { &shown }, LONGEST);
        let span =
            pieces.first().zip(pieces.last()).map(|(first, last)| Span::new(first.place().start, last.place().end));
        self.fields.add(
            format!("{path}.title"),
            indicator.title.clone(),
            record.confidence,
            span,
            if long { "取任务的第一句" } else { "" },
        );
        if let Some(remark) = record.remark {
            indicator.remark = cut(&self.text(remark.span), 1900);
            let confidence = if remark.inherited { 75 } else { 92 };
            self.fields.add(
                format!("{path}.remark"),
                indicator.remark.clone(),
                confidence,
                Some(remark.span),
                if remark.inherited { "由上一行合并单元格沿用" } else { "" },
            );
        }
    }

    fn people(&mut self, path: &str, record: &Record, bracket: &[(Duty, Span)], indicator: &mut Indicator) {
        let mut duties: Vec<(Duty, Span, bool, u8)> = Vec::new();
        let cells = [
            (Duty::Lead, &record.lead),
            (Duty::Participant, &record.participants),
            (Duty::Certifier, &record.certifier),
            (Duty::Leader, &record.leaders),
        ];
        for (column, told) in cells {
            for told in told {
                self.cell(column, *told, record.confidence, &mut duties);
            }
        }
        if !duties.iter().any(|(duty, ..)| *duty == Duty::Lead) {
            duties.extend(bracket.iter().map(|(duty, span)| (*duty, *span, false, record.confidence)));
        }
        // Who is responsible leads where nobody else does.
        if !duties.iter().any(|(duty, ..)| *duty == Duty::Lead)
            && let Some(first) =
                duties.iter_mut().find(|(duty, ..)| matches!(duty, Duty::Responsible | Duty::Participant))
        {
            first.0 = Duty::Lead;
            first.3 = first.3.min(75);
        }
        for (duty, span, inherited, confidence) in duties {
            let name = cut(&self.text(span), LONGEST);
            if name.is_empty() {
                continue;
            }
            let doubt = if inherited { "由上一行或合并单元格沿用" } else { "" };
            let confidence = if inherited { confidence.min(78) } else { confidence };
            match duty {
                Duty::Lead if indicator.lead_unit_name.is_empty() => {
                    indicator.lead_unit = self.register.id(&name, false);
                    indicator.lead_unit_name.clone_from(&name);
                    self.fields.add(format!("{path}.lead_unit"), name, confidence, Some(span), doubt);
                }
                Duty::Lead | Duty::Responsible | Duty::Participant => {
                    let known = indicator.participating_units.iter().any(|unit| unit.name == name)
                        || indicator.lead_unit_name == name;
                    if !known && indicator.participating_units.len() < 190 {
                        let id = self.register.id(&name, false);
                        self.fields.add(
                            format!("{path}.participating_units[{}]", indicator.participating_units.len()),
                            name.clone(),
                            confidence,
                            Some(span),
                            doubt,
                        );
                        indicator.participating_units.push(ParticipatingUnit { id, name });
                    }
                }
                Duty::Certifier if indicator.certifier_name.is_empty() => {
                    indicator.certifier = self.register.id(&name, true);
                    indicator.certifier_name.clone_from(&name);
                    indicator.certifier_inferred = inherited;
                    self.fields.add(format!("{path}.certifier"), name, confidence, Some(span), doubt);
                }
                Duty::Leader => {
                    let path = format!("{path}.leaders_in_charge[{}]", indicator.leaders_in_charge.len());
                    self.fields.add(path, name.clone(), confidence, Some(span), doubt);
                    indicator.leaders_in_charge.push(Leader { name, from: None, to: None });
                }
                Duty::Certifier | Duty::Due => {}
            }
        }
    }

    /// The names in a cell; what it says of duties itself goes before its column.
    fn cell(&self, column: Duty, told: Told, confidence: u8, duties: &mut Vec<(Duty, Span, bool, u8)>) {
        let piece = self.document.piece(told.span);
        let text = &piece.text;
        let said = people::duties(text);
        let explicit = said.iter().any(|(duty, _)| *duty != Duty::Responsible);
        if explicit {
            duties.extend(said.into_iter().map(|(duty, range)| (duty, piece.span(&range), told.inherited, confidence)));
            return;
        }
        let names = people::names(text, 0..text.len());
        let alone = names.len() == 1;
        for (place, range) in names.into_iter().enumerate() {
            // Of several leading units the first leads.
            let duty = if column == Duty::Lead && place > 0 { Duty::Participant } else { column };
            let sure = match column {
                Duty::Leader => people::are_persons(&text[range.clone()]),
                _ => people::is_office(&text[range.clone()]),
            };
            let confidence = if sure { confidence } else { confidence.min(if alone { 70 } else { 55 }) };
            duties.push((duty, piece.span(&range), told.inherited, confidence));
        }
    }

    /// A figure from a column of its own.
    fn amount(&self, record: &Record, amount: Span, task: Option<&Piece>) -> Option<(Found, Piece, Span)> {
        let cell = self.document.piece(amount);
        let number =
            numbers(&cell.text).into_iter().find(|number| number.role == Role::Figure && number.value.is_some())?;
        let task = task?.clone();
        let mut reading = target::read(&task.text, self.year).measures;
        let mut found = (!reading.is_empty()).then(|| reading.remove(0))?;
        let unit = record.unit.map(|span| self.text(span)).filter(|unit| !unit.is_empty());
        let read = bounded(&cell.text[..number.at.start], &cell.text[number.end..]);
        found.title = title(&task.text, "");
        found.kind = match read.bound {
            crate::clause::Bound::MoreThan => TargetKind::MoreThan,
            crate::clause::Bound::AtMost | crate::clause::Bound::Below => TargetKind::AtMost,
            _ if number.unit == "%" => TargetKind::Rate,
            _ => TargetKind::AtLeast,
        };
        found.basis = if number.unit == "%" {
            minsheng_domain::target::Basis::Rate
        } else {
            minsheng_domain::target::Basis::Flow
        };
        found.target = number.value;
        found.decimals = number.decimals.min(4);
        found.unit = if number.unit.is_empty() { unit.unwrap_or_default() } else { number.unit.clone() };
        found.stage = String::new();
        found.confidence = if found.unit.is_empty() { 50 } else { 88 };
        found.doubts = if found.unit.is_empty() { vec!["原文没有计量单位"] } else { Vec::new() };
        let span = cell.span(&(number.at.start..number.end));
        Some((found, task, span))
    }

    #[allow(clippy::too_many_arguments, reason = "one call, and each is a part of the measure's place")]
    fn measure(
        &mut self,
        path: &str,
        code: &str,
        index: usize,
        found: &Found,
        piece: &Piece,
        figure: Option<Span>,
        record: &Record,
        indicator: &mut Indicator,
    ) {
        if index >= 190 {
            return;
        }
        let path = format!("{path}.measures[{index}]");
        let doubt = found.doubts.join("，");
        let confidence = found.confidence.min(record.confidence);
        let whole = piece.span(&found.at);
        self.fields.add(
            format!("{path}.title"),
            found.title.clone(),
            confidence,
            Some(whole),
            if found.title.is_empty() { "找不到计量对象" } else { "" },
        );
        let label = kind_label(found.kind);
        self.fields.add(
            format!("{path}.kind"),
            label,
            confidence.min(88),
            Some(whole),
            if found.kind == TargetKind::NoTarget { "原文没有数量" } else { "" },
        );
        let span = figure.or_else(|| (found.figure.end > found.figure.start).then(|| piece.span(&found.figure)));
        if let Some(target) = found.target {
            self.fields.add(
                format!("{path}.target"),
                target.to_string(),
                confidence,
                span.or(Some(whole)),
                doubt.clone(),
            );
        }
        self.fields.add(
            format!("{path}.unit"),
            found.unit.clone(),
            if found.unit.is_empty() { 0 } else { confidence },
            span,
            doubt,
        );
        if let Some((baseline, range)) = &found.baseline {
            self.fields.add(format!("{path}.baseline"), baseline.to_string(), confidence, Some(piece.span(range)), "");
        }
        if found.months_each > 0 {
            let months = Some(piece.span(&found.months_at));
            self.fields.add(format!("{path}.months_each"), found.months_each.to_string(), confidence, months, "");
        }
        let mut due = found.due.as_ref().map(|(day, range)| (*day, piece.span(range), 85));
        if let (None, Some(told)) = (due, record.due) {
            let cell = self.document.piece(told.span);
            due = due::in_cell(&cell.text, self.year)
                .map(|(day, range)| (day, cell.span(&range), if told.inherited { 78 } else { 90 }));
        }
        if let Some((day, span, confidence)) = due {
            self.fields.add(format!("{path}.due"), day.to_string(), confidence, Some(span), "");
        }
        indicator.measures.push(Measure {
            code: format!("{code}-{}", index + 1),
            title: cut(&found.title, LONGEST),
            counted: String::new(),
            basis: found.basis,
            unit: found.unit.clone(),
            decimals: found.decimals.max(found.target.map_or(0, Quantity::decimals_used)),
            kind: found.kind,
            target: found.target,
            strict: found.strict,
            baseline: found.baseline.as_ref().map(|(value, _)| *value),
            start: None,
            due: due.map(|(day, ..)| day),
            parts: found.parts.iter().map(|part| format!("{code}-{}", part + 1)).collect(),
            months_each: found.months_each,
            stages: found
                .stages
                .iter()
                .map(|stage| minsheng_domain::programme::Stage { title: stage.clone(), share: None })
                .collect(),
            required_stage: found.stage.clone(),
            weight: None,
            curve: Vec::new(),
            curve_stepped: false,
            item_list: false,
            evidence_required: false,
            printed: found.printed.clone(),
        });
    }
}

/// A text cut to so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Chinese name of a kind.
pub(crate) fn kind_label(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::AtLeast => "不少于",
        TargetKind::MoreThan => "超过",
        TargetKind::AtMost => "不高于",
        TargetKind::Coverage => "全覆盖",
        TargetKind::Rate => "达标率",
        TargetKind::StandardRaised => "提标",
        TargetKind::Milestone => "节点",
        TargetKind::StageCount => "按阶段计数",
        TargetKind::Parts => "分项合计",
        TargetKind::PersonMonths => "人·月",
        TargetKind::Both => "双条件",
        TargetKind::Money => "投入",
        TargetKind::Pending => "待下达",
        TargetKind::NoTarget => "持续推进",
    }
}
