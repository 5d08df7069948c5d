//! A document without a format: what stands on it and in which of three layouts, never how a format writes it. Composers
//! make it, `render` turns it into files; a further kind of document is one composer's template and nothing here.
//!
//! Texts are Chinese as people read them. Composers take texts of others through [`crate::text::clean`].

mod table;

use jiff::civil::Date;

pub use table::{Cell, Head, NOTHING, Spanned, Table, light_word};

/// A document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Which of the layouts.
    pub layout: Layout,
    /// What stands above the red line, or above a printed table.
    pub masthead: Masthead,
    /// Title in pieces of sense, between which alone it should break.
    pub title: Vec<String>,
    /// Addressees with the colon; empty for none.
    pub addressees: String,
    /// The text with its tables and pictures.
    pub body: Vec<Block>,
    /// Attachments in order, each on a page of its own.
    pub attachments: Vec<Attachment>,
    /// Who signs and when; none for papers that nobody signs.
    pub signature: Option<Signature>,
    /// What stands at the foot of the last page.
    pub imprint: Imprint,
    /// Text of the code (QR) that leads to the document's verification; none where that is switched off.
    pub verification: Option<String>,
    /// Mark of invented figures; empty for real ones.
    pub demo_mark: String,
    /// What the figures are as at and what they rest on.
    pub source: String,
    /// What it was made from, in small print.
    pub origin: String,
    /// The day on the document, which is also the time of making that files carry.
    pub day: Date,
    /// Tables that only the workbook holds, after those of body and attachments.
    pub sheets: Vec<Table>,
    /// Name of the workbook's first sheet, which holds the text, for example 通报要点.
    pub summary_sheet: String,
}

/// The layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The document (公文) of GB/T 9704-2012.
    Official,
    /// The brief (简报) with a masthead of its own.
    Brief,
    /// The plain printed table with signature lines.
    Printed,
}

/// What stands above the text.
#[derive(Debug, Clone, Default)]
pub struct Masthead {
    /// The words in red: agency mark (发文机关标志), or the brief's name.
    pub mark: String,
    /// Number as printed, or what stands for it on a draft.
    pub number: String,
    /// A brief's issue: 第3期（总第27期）; empty for others.
    pub issue: String,
    /// Office that makes and issues it (编发单位).
    pub compiler: String,
    /// Date in words.
    pub date: String,
}

/// A piece of the text.
#[derive(Debug, Clone)]
pub enum Block {
    /// A heading on a line of its own.
    Heading {
        /// Its level.
        level: Level,
        /// Words with its number: 一、总体情况.
        text: String,
    },
    /// A paragraph.
    Paragraph {
        /// Heading of the second level that runs into the text, such as （一）指标进度。; empty for none.
        lead: String,
        /// Text.
        text: String,
    },
    /// A table.
    Table(Table),
    /// A picture with the table of its figures.
    Figure(Figure),
    /// Lines to sign on, each a label such as 填报人 or 负责人 with room behind it, several to a row.
    SignatureLines(Vec<String>),
}

impl Block {
    /// A paragraph without heading.
    pub fn paragraph(text: String) -> Block {
        Block::Paragraph { lead: String::new(), text }
    }

    /// A heading of the first level numbered 一、.
    pub fn section(number: usize, heading: &str) -> Block {
        Block::Heading { level: Level::First, text: format!("{}、{heading}", crate::text::chinese_number(number)) }
    }

    /// A paragraph whose heading is numbered （一）.
    pub fn numbered(number: usize, heading: &str, text: String) -> Block {
        Block::Paragraph { lead: format!("（{}）{heading}。", crate::text::chinese_number(number)), text }
    }
}

/// Level of a heading: 一、 then （一） then 1. then (1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 一、 in 黑体.
    First,
    /// （一） in 楷体.
    Second,
    /// 1. in 仿宋.
    Third,
    /// (1) in 仿宋.
    Fourth,
}

/// A picture, drawn once for every format.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Title under it.
    pub title: String,
    /// What it shows, for those who cannot see it.
    pub description: String,
    /// The drawing; it needs nothing from outside and holds no script.
    pub svg: String,
    /// The exact figures.
    pub table: Table,
}

/// An attachment (附件).
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Title, also in the note under the text. A table that has the same title does not repeat it in print.
    pub title: String,
    /// What it holds.
    pub blocks: Vec<Block>,
    /// Whether its pages lie on their side.
    pub landscape: bool,
}

impl Attachment {
    /// A table by itself; a broad one lies on its side.
    pub fn of(table: Table) -> Attachment {
        let landscape = table.is_broad();
        Attachment { title: table.title.clone(), blocks: vec![Block::Table(table)], landscape }
    }
}

/// Who signs.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Office.
    pub name: String,
    /// Date in words.
    pub date: String,
    /// Whether a seal is put on it: its room is kept, it is never drawn.
    pub sealed: bool,
}

/// The foot (版记): lines that are empty are left out.
#[derive(Debug, Clone, Default)]
pub struct Imprint {
    /// 报, of a brief, with the full stop.
    pub reported_to: String,
    /// 送, of a brief, with the full stop.
    pub sent_to: String,
    /// 发, of a brief, with the full stop.
    pub issued_to: String,
    /// 抄送, of a document, with the full stop.
    pub copies_to: String,
    /// Office that prints and sends it.
    pub printed_by: String,
    /// Date in words, without 印发.
    pub printed_on: String,
    /// Copies printed (共印×份), of a brief; 0 is not shown.
    pub copies: u32,
}

impl Document {
    /// The title on one line.
    pub fn full_title(&self) -> String {
        self.title.concat()
    }

    /// Whether a table of the text needs a page on its side.
    pub fn has_broad_table(&self) -> bool {
        self.body.iter().any(|block| matches!(block, Block::Table(table) if table.is_broad()))
    }

    /// Every table once in the order of reading, then those of the workbook only.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let attached = self.attachments.iter().flat_map(|attachment| &attachment.blocks);
        let in_text = self.body.iter().chain(attached).filter_map(|block| match block {
            Block::Table(table) | Block::Figure(Figure { table, .. }) => Some(table),
            Block::Heading { .. } | Block::Paragraph { .. } | Block::SignatureLines(_) => None,
        });
        in_text.chain(&self.sheets)
    }
}
