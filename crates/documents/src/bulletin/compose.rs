//! Puts a bulletin together as a document: title, sections with their text, tables and attachments. Each section's words come from a module of their own; figures are the snapshot's, never computed again.

use jiff::civil::Date;
use minsheng_domain::period::{Period, PeriodKind};
use minsheng_proto::ranking::v1::{FigureBasis, IndicatorRow, Light, Snapshot};

use super::{BulletinError, BulletinHead, RENDERER, behind, discipline, overall, ranks, requirements, tables};
use crate::document::{Attachment, Block, Document, Imprint, Layout, Masthead, Signature};
use crate::text::{clean, date_text};

/// What every section needs.
pub(crate) struct Context<'a> {
    /// The snapshot.
    pub(crate) snapshot: &'a Snapshot,
    /// The month.
    pub(crate) period: Period,
    /// 快报数 or 认定数.
    pub(crate) basis: &'static str,
    /// The line of every table's heading.
    pub(crate) source: String,
}

impl<'a> Context<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot) -> Result<Context<'a>, BulletinError> {
        let period = snapshot.period.parse::<Period>().ok().filter(|period| period.kind() == PeriodKind::Month);
        let period = period.ok_or_else(|| BulletinError::Period(snapshot.period.clone()))?;
        let basis = match snapshot.basis() {
            FigureBasis::Fast => "快报数",
            FigureBasis::Certified => "认定数",
            FigureBasis::Unspecified => return Err(BulletinError::Basis),
        };
        if snapshot.cut_off.parse::<Date>().is_err() {
            return Err(BulletinError::Date(snapshot.cut_off.clone()));
        }
        let mut source = format!("数据截至{}；依据{basis}", date_text(&snapshot.cut_off));
        if !snapshot.demo_mark.is_empty() {
            source.push_str(&format!("；{}", clean(&snapshot.demo_mark)));
        }
        Ok(Context { snapshot, period, basis, source })
    }

    /// Ranked (key) indicators.
    pub(crate) fn key(&self) -> impl Iterator<Item = &'a IndicatorRow> {
        self.snapshot.indicators.iter().filter(|row| !row.monitored)
    }

    /// Monitored indicators.
    pub(crate) fn monitored(&self) -> impl Iterator<Item = &'a IndicatorRow> {
        self.snapshot.indicators.iter().filter(|row| row.monitored)
    }

    /// The published month before in words; none where there is none.
    pub(crate) fn previous(&self) -> Option<String> {
        match self.snapshot.previous_period.as_str() {
            "" => None,
            text => Some(text.parse::<Period>().map_or_else(|_| clean(text), Period::label)),
        }
    }

    /// Title of an indicator with its code, as the text names it.
    pub(crate) fn named(row: &IndicatorRow) -> String {
        format!("{}（指标{}）", clean(&row.title), clean(&row.indicator))
    }
}

/// Yellow or red.
pub(crate) fn is_behind(row: &IndicatorRow) -> bool {
    matches!(row.light(), Light::Yellow | Light::Red)
}

/// Composes the bulletin of a month.
pub fn compose(snapshot: &Snapshot, head: &BulletinHead) -> Result<Document, BulletinError> {
    let context = Context::new(snapshot)?;
    let day = head.date.parse::<Date>().map_err(|_| BulletinError::Date(head.date.clone()))?;
    let (year, month) = (context.period.calendar_year(), context.period.last_month());
    let division = clean(&snapshot.division_name);
    let title = vec![format!("关于{division}{year}年重点民生实事项目"), format!("{month}月份进展情况的通报")];
    let lead =
        format!("现将《{}》{month}月份进展情况（{}）通报如下。", clean(&snapshot.programme_title), context.source);
    let (office, date) = (clean(&head.office), date_text(&head.date));
    let attached = [tables::indicators(&context), tables::townships(&context)];
    Ok(Document {
        layout: Layout::Official,
        masthead: Masthead {
            mark: office.clone(),
            number: number_line(head),
            issue: String::new(),
            compiler: office.clone(),
            date: date.clone(),
        },
        title,
        addressees: line(&head.addressees, "，", "："),
        body: body(&context, lead),
        attachments: attached.into_iter().chain(tables::lower_tiers(&context)).map(Attachment::of).collect(),
        signature: Some(Signature { name: office.clone(), date: date.clone(), sealed: true }),
        imprint: Imprint {
            copies_to: line(&head.copies_to, "，", "。"),
            printed_by: office,
            printed_on: date,
            ..Imprint::default()
        },
        verification: None,
        demo_mark: clean(&snapshot.demo_mark),
        source: context.source.clone(),
        origin: origin(snapshot),
        day,
        sheets: vec![tables::explanation(&context)],
        summary_sheet: "通报要点".to_owned(),
    })
}

fn body(context: &Context<'_>, lead: String) -> Vec<Block> {
    let sections = [
        ("总体情况", overall::parts(context)),
        ("排名情况", ranks::parts(context, &tables::ranking(context))),
        ("滞后项目", behind::parts(context)),
        ("报送纪律", discipline::parts(context, &tables::discipline(context))),
        (requirements::heading(context), requirements::parts(context)),
    ];
    let mut blocks = vec![Block::paragraph(lead)];
    for (number, (heading, parts)) in (1..).zip(sections) {
        blocks.push(Block::section(number, heading));
        blocks.extend(parts);
    }
    blocks
}

fn number_line(head: &BulletinHead) -> String {
    match (head.document_number.as_str(), head.issue_number) {
        ("", _) => "（草稿，未编号）".to_owned(),
        (number, issue @ 1..) => format!("{}（第{issue}期）", clean(number)),
        (number, _) => clean(number),
    }
}

fn line(names: &[String], between: &str, end: &str) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.iter().map(|name| clean(name)).collect();
    format!("{}{end}", names.join(between))
}

fn origin(snapshot: &Snapshot) -> String {
    let scheme = snapshot.scheme.clone().unwrap_or_default();
    format!(
        "封存数据：{}；年度项目第{}版；计分方案：{}第{}版；模板与程序：{RENDERER}",
        clean(&snapshot.name),
        snapshot.programme_version,
        clean(&scheme.title),
        scheme.version
    )
}
