//! Puts a document together from its material: a template writes the words, tables come from the snapshots, and both stand
//! in the layout that the template names. Figures are the snapshots', never computed again.

use jiff::civil::Date;
use minsheng_domain::period::{Period, PeriodKind};
use minsheng_proto::ranking::v1::{FigureBasis, IndicatorRow, Snapshot};

use super::{BulletinError, BulletinHead, Material, RENDERER, named, pictured, tables};
use crate::document::{Attachment, Block, Document, Figure, Imprint, Layout, Masthead, Signature, Table};
use crate::text::{clean, date_text};
use crate::words::{About, Figures, Piece, TemplateError, Templates, Written};

/// What every table needs.
pub(crate) struct Context<'a> {
    /// The snapshot.
    pub(crate) snapshot: &'a Snapshot,
    /// Its period.
    pub(crate) period: Period,
    /// The document's period in words: 2023年6月, 2023年第二季度.
    pub(crate) label: String,
    /// 快报数 or 认定数.
    pub(crate) basis: &'static str,
    /// The line of every table's heading.
    pub(crate) source: String,
}

impl<'a> Context<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot) -> Result<Context<'a>, BulletinError> {
        let period: Period = snapshot.period.parse().map_err(|_| BulletinError::Period(snapshot.period.clone()))?;
        let basis = match snapshot.basis() {
            FigureBasis::Fast => "快报数",
            FigureBasis::Certified => "认定数",
            FigureBasis::Unspecified => return Err(BulletinError::Basis),
        };
        if snapshot.cut_off.parse::<Date>().is_err() {
            return Err(BulletinError::Date(snapshot.cut_off.clone()));
        }
        let mut source = match period.kind() {
            PeriodKind::Year => format!("依据年度项目第{}版", snapshot.programme_version),
            _ => format!("数据截至{}；依据{basis}", date_text(&snapshot.cut_off)),
        };
        if !snapshot.demo_mark.is_empty() {
            source.push_str(&format!("；{}", clean(&snapshot.demo_mark)));
        }
        Ok(Context { snapshot, period, label: period.label(), basis, source })
    }

    /// Ranked (key) indicators.
    pub(crate) fn key(&self) -> impl Iterator<Item = &'a IndicatorRow> {
        self.snapshot.indicators.iter().filter(|row| !row.monitored)
    }
}

/// Composes the document.
///
/// # Errors
/// What is wrong with the material or with a template.
pub fn compose(material: &Material) -> Result<Document, BulletinError> {
    let snapshot = material.snapshot.as_ref().ok_or(BulletinError::NoSnapshot)?;
    let templates = material.templates.clone().unwrap_or_else(Templates::embedded);
    let about = templates.about(&material.kind)?.ok_or_else(|| BulletinError::Kind(material.kind.clone()))?;
    let head = material.head.clone().unwrap_or_default();
    let mut context = Context::new(snapshot)?;
    let period = about.basis.period(context.period);
    let period = period.ok_or_else(|| BulletinError::Period(snapshot.period.clone()))?;
    context.label = period.label();
    let day = head.date.parse::<Date>().map_err(|_| BulletinError::Date(head.date.clone()))?;
    let figures = Figures::of(material, period, context.basis, &context.source)?;
    let written = templates.write(&material.kind, &figures)?;
    let table = |name: &str| {
        named::table(name, material, &context).map_err(|message| templates.blame(&material.kind, name, &message))
    };
    let figure = |name: &str| {
        pictured::figure(name, material, &context).map_err(|message| templates.blame(&material.kind, name, &message))
    };
    let (body, attachments) = laid_out(&written, table, figure)?;
    let (office, date) = (clean(&head.office), date_text(&head.date));
    let official = about.layout == Layout::Official;
    Ok(Document {
        layout: about.layout,
        masthead: masthead(&about, &head, &office, &date),
        title: written.title,
        addressees: if official { line(&head.addressees, "，", "：") } else { String::new() },
        body,
        attachments,
        signature: official.then(|| Signature { name: office.clone(), date: date.clone(), sealed: true }),
        imprint: imprint(about.layout, &head, office, date),
        verification: None,
        demo_mark: clean(&snapshot.demo_mark),
        source: context.source.clone(),
        origin: origin(&about, material, &head),
        day,
        sheets: sheets(about.layout, &context),
        summary_sheet: "通报要点".to_owned(),
    })
}

/// Sections numbered 一、, what they hold （一）, each from the first again.
fn laid_out(
    written: &Written,
    table: impl Fn(&str) -> Result<Option<Table>, TemplateError>,
    figure: impl Fn(&str) -> Result<Option<Figure>, TemplateError>,
) -> Result<(Vec<Block>, Vec<Attachment>), BulletinError> {
    let (mut body, mut attachments) = (Vec::new(), Vec::new());
    let (mut section, mut part) = (0, 0);
    for piece in &written.pieces {
        match piece {
            Piece::Section(heading) => {
                (section, part) = (section + 1, 0);
                body.push(Block::section(section, heading));
            }
            Piece::Headed(heading, text) => {
                part += 1;
                body.push(Block::numbered(part, heading, text.clone()));
            }
            Piece::Paragraph(text) => body.push(Block::paragraph(text.clone())),
            Piece::Table(name) => body.extend(table(name)?.map(Block::Table)),
            Piece::Figure(name) => body.extend(figure(name)?.map(Block::Figure)),
            Piece::Attachment(name) => attachments.extend(table(name)?.map(Attachment::of)),
            Piece::Signatures(labels) => body.push(Block::SignatureLines(labels.clone())),
        }
    }
    Ok((body, attachments))
}

fn masthead(about: &About, head: &BulletinHead, office: &str, date: &str) -> Masthead {
    let number = if head.document_number.is_empty() {
        "（草稿，未编号）".to_owned()
    } else {
        clean(&head.document_number)
    };
    let brief = about.layout == Layout::Brief;
    Masthead {
        mark: if brief { clean(&head.brief_name) } else { office.to_owned() },
        number: if brief { String::new() } else { number.clone() },
        issue: if brief { number } else { String::new() },
        compiler: office.to_owned(),
        date: date.to_owned(),
    }
}

fn imprint(layout: Layout, head: &BulletinHead, office: String, date: String) -> Imprint {
    match layout {
        Layout::Official => Imprint {
            copies_to: line(&head.copies_to, "，", "。"),
            printed_by: office,
            printed_on: date,
            ..Imprint::default()
        },
        Layout::Brief => Imprint {
            reported_to: line(&head.reported_to, "，", "。"),
            sent_to: line(&head.sent_to, "，", "。"),
            issued_to: line(&head.issued_to, "，", "。"),
            copies: head.copies,
            ..Imprint::default()
        },
        Layout::Printed => Imprint::default(),
    }
}

/// Tables that only the workbook holds.
fn sheets(layout: Layout, context: &Context<'_>) -> Vec<Table> {
    if layout == Layout::Official { vec![tables::explanation(context)] } else { Vec::new() }
}

fn line(names: &[String], between: &str, end: &str) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.iter().map(|name| clean(name)).collect();
    format!("{}{end}", names.join(between))
}

fn origin(about: &About, material: &Material, head: &BulletinHead) -> String {
    let snapshot = material.snapshot.clone().unwrap_or_default();
    let mut text = format!("封存数据：{}；年度项目第{}版", clean(&snapshot.name), snapshot.programme_version);
    if let Some(scheme) = snapshot.scheme.filter(|_| about.layout == Layout::Official) {
        text.push_str(&format!("；计分方案：{}第{}版", clean(&scheme.title), scheme.version));
    }
    if !head.template.is_empty() {
        text.push_str(&format!("；模板：{}", clean(&head.template)));
    }
    text.push_str(&format!("；程序：{RENDERER}"));
    text
}
