//! What a list of tasks says, row by row or item by item, before it becomes a programme: each text with its place, and
//! whether it stood there or was carried down from a merged cell.

use minsheng_domain::programme::ProjectKind;

use crate::span::Span;

/// A text at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// Where it stands.
    pub(crate) span: Span,
    /// It stands in a row above, in a cell that is merged or seems to be.
    pub(crate) inherited: bool,
}

impl Told {
    /// It stands here.
    pub(crate) fn here(span: Span) -> Told {
        Told { span, inherited: false }
    }
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// It begins a project.
    pub(crate) begins: bool,
    /// Number of its project as printed.
    pub(crate) number: Option<u32>,
    /// Title of its project.
    pub(crate) title: Option<Told>,
    /// What is to be done; several pieces where duties stood between them.
    pub(crate) task: Vec<Span>,
    /// A figure in a column of its own.
    pub(crate) amount: Option<Span>,
    /// A unit in a column of its own.
    pub(crate) unit: Option<Span>,
    /// Lead unit, or all that a cell says of duties.
    pub(crate) lead: Vec<Told>,
    /// Participating units.
    pub(crate) participants: Vec<Told>,
    /// Leaders in charge.
    pub(crate) leaders: Vec<Told>,
    /// Certifier.
    pub(crate) certifier: Vec<Told>,
    /// Deadline.
    pub(crate) due: Option<Told>,
    /// Remark.
    pub(crate) remark: Option<Told>,
    /// How sure the row's reading is, 0 to 100.
    pub(crate) confidence: u8,
}

impl Record {
    /// A record of a task and nothing else.
    pub(crate) fn of(task: Vec<Span>, confidence: u8) -> Record {
        Record {
            begins: false,
            number: None,
            title: None,
            task,
            amount: None,
            unit: None,
            lead: Vec::new(),
            participants: Vec::new(),
            leaders: Vec::new(),
            certifier: Vec::new(),
            due: None,
            remark: None,
            confidence,
        }
    }
}

/// A list of tasks: a table, or a section of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    /// Which kind of projects it lists.
    pub(crate) kind: ProjectKind,
    /// Where it stands, for people: 附件1, 正文二（一）.
    pub(crate) place: String,
    /// Its tasks in order.
    pub(crate) records: Vec<Record>,
    /// It is a table.
    pub(crate) table: bool,
}

/// The kind of projects that a heading speaks of.
pub(crate) fn kind_of(heading: &str) -> ProjectKind {
    if heading.contains("监测") { ProjectKind::Monitored } else { ProjectKind::Key }
}

/// What a stretch of lines or a table is called by what stands above it: the annex's number, and its title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Caption {
    /// 附件1, or the title where no annex is named.
    pub(crate) place: String,
    /// The title; empty where none stands above.
    pub(crate) title: String,
}

/// The caption given by the lines above, nearest first.
pub(crate) fn caption<'a>(above: impl Iterator<Item = &'a str>, ordinal: usize) -> Caption {
    let mut caption = Caption::default();
    for line in above.filter(|line| !line.trim().is_empty()).take(7) {
        let text = line.trim();
        let digits = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(number) = annex(text) {
            caption.place = format!("附件{number}");
            break;
        }
        // Where publication lost the word, the annex's number stands alone above the title.
        if digits && !caption.title.is_empty() {
            caption.place = format!("附件{text}");
            break;
        }
        let closed = text.ends_with(['。', ';', ',', '，']);
        if caption.title.is_empty() && !closed && (4..=60).contains(&text.chars().count()) {
            caption.title = text.to_owned();
        } else if closed {
            break;
        }
    }
    if caption.place.is_empty() {
        caption.place =
            if caption.title.is_empty() { format!("表{ordinal}") } else { format!("“{}”", caption.title) };
    }
    caption
}

/// The number of an annex that a line names and nothing else; empty where it has none.
pub(crate) fn annex(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("附件").or_else(|| line.trim().strip_prefix("附表"))?;
    let rest = rest.trim_matches([' ', ':', '.']);
    (rest.len() <= 3 && rest.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c))).then_some(rest)
}
