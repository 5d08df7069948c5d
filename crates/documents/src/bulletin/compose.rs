//! Puts a bulletin together: title, sections with their text, tables and attachments, still free of any format. Each
//! section's words come from a module of their own; figures are the snapshot's, never computed again.

use jiff::civil::Date;
use minsheng_domain::period::{Period, PeriodKind};
use minsheng_proto::ranking::v1::{FigureBasis, IndicatorRow, Light, Snapshot};

use super::table::Table;
use super::{BulletinError, BulletinHead, RENDERER, behind, discipline, overall, ranks, requirements, tables};
use crate::text::{chinese_number, clean, date_text};

/// A bulletin without format.
#[derive(Debug)]
pub(crate) struct Bulletin {
    /// Agency mark.
    pub(crate) office: String,
    /// Number, or what stands for it on a draft.
    pub(crate) number: String,
    /// Title in two pieces, between which it may break.
    pub(crate) title: [String; 2],
    /// Addressees with the colon; empty for none.
    pub(crate) addressees: String,
    /// Copies; empty for none.
    pub(crate) copies_to: String,
    /// First paragraph.
    pub(crate) lead: String,
    /// Sections in order.
    pub(crate) sections: Vec<Section>,
    /// Attachments in order.
    pub(crate) attachments: Vec<Table>,
    /// Explanation of scores; a sheet of the workbook only.
    pub(crate) explanation: Table,
    /// All rows of the discipline list.
    pub(crate) discipline: Table,
    /// Ranking.
    pub(crate) ranking: Table,
    /// Date in words.
    pub(crate) date: String,
    /// The same as a date.
    pub(crate) day: Date,
    /// Mark of invented figures; empty for real ones.
    pub(crate) demo_mark: String,
    /// The line that every table's heading carries.
    pub(crate) source: String,
    /// Where it was made from, in small print.
    pub(crate) origin: String,
}

/// A section.
#[derive(Debug)]
pub(crate) struct Section {
    /// Heading with its number: 一、总体情况.
    pub(crate) heading: String,
    /// Parts in order.
    pub(crate) parts: Vec<Part>,
}

/// A part of a section.
#[derive(Debug)]
pub(crate) enum Part {
    /// A paragraph with its own small heading, which may be empty.
    Paragraph {
        /// Heading, such as （一）指标进度。
        heading: String,
        /// Text.
        text: String,
    },
    /// A table.
    Table(Table),
}

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
pub(crate) fn compose(snapshot: &Snapshot, head: &BulletinHead) -> Result<Bulletin, BulletinError> {
    let context = Context::new(snapshot)?;
    let day = head.date.parse::<Date>().map_err(|_| BulletinError::Date(head.date.clone()))?;
    let (year, month) = (context.period.calendar_year(), context.period.last_month());
    let division = clean(&snapshot.division_name);
    let title = [format!("关于{division}{year}年重点民生实事项目"), format!("{month}月份进展情况的通报")];
    let lead =
        format!("现将《{}》{month}月份进展情况（{}）通报如下。", clean(&snapshot.programme_title), context.source);
    let discipline = tables::discipline(&context);
    let ranking = tables::ranking(&context);
    let bodies = [
        ("总体情况", overall::parts(&context)),
        ("排名情况", ranks::parts(&context, &ranking)),
        ("滞后项目", behind::parts(&context)),
        ("报送纪律", discipline::parts(&context, &discipline)),
        (requirements::heading(&context), requirements::parts(&context)),
    ];
    let numbered = (1..)
        .zip(bodies)
        .map(|(number, (heading, parts))| Section {
            heading: format!("{}、{heading}", chinese_number(number)), parts
        });
    Ok(Bulletin {
        office: clean(&head.office),
        number: number_line(head),
        title,
        addressees: line(&head.addressees, "，", "："),
        copies_to: line(&head.copies_to, "，", "。"),
        lead,
        sections: numbered.collect(),
        attachments: [tables::indicators(&context), tables::townships(&context)]
            .into_iter()
            .chain(tables::lower_tiers(&context))
            .collect(),
        explanation: tables::explanation(&context),
        discipline,
        ranking,
        date: date_text(&head.date),
        day,
        demo_mark: clean(&snapshot.demo_mark),
        source: context.source.clone(),
        origin: origin(snapshot),
    })
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

/// A paragraph with its small heading numbered （一）, （二）.
pub(crate) fn numbered(number: usize, heading: &str, text: String) -> Part {
    Part::Paragraph { heading: format!("（{}）{heading}。", chinese_number(number)), text }
}

/// A paragraph without heading.
pub(crate) fn paragraph(text: String) -> Part {
    Part::Paragraph { heading: String::new(), text }
}
