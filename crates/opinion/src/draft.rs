//! What reading a document gives: the drafted programme, where each field stands and how sure it is, the numbers that no
//! measure uses, and the findings. A person confirms it; nothing here is a decision.

use minsheng_domain::finding::Finding;
use minsheng_domain::programme::Programme;

use crate::number::Role;
use crate::span::Span;

/// A drafted programme.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The programme as far as it was read.
    pub programme: Programme,
    /// Its fields with their sources, in the programme's order.
    pub fields: Vec<Field>,
    /// Numbers in tasks that no measure uses.
    pub unused: Vec<Unused>,
    /// The offices that it names.
    pub units: Vec<Office>,
    /// All that contradicts or is missing: the programme's own check, then what only the text shows.
    pub findings: Vec<Finding>,
}

/// A field of the programme, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its path, such as `projects[0].indicators[1].lead_unit`.
    pub path: String,
    /// What was read.
    pub value: String,
    /// How sure, 0 to 100: 90 and above as it stands there, below 70 to be looked at.
    pub confidence: u8,
    /// Where it stands; empty where it stands nowhere and was supposed.
    pub span: Option<Span>,
    /// Why less sure, in Chinese; empty where nothing speaks against it.
    pub doubt: String,
}

/// A number in a task that no measure uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// Where it stands.
    pub span: Span,
    /// The number as it stands there.
    pub text: String,
    /// Code of the indicator in whose task it stands.
    pub indicator: String,
    /// What it is.
    pub role: Role,
}

/// An office that the document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its id in the register, or one made for the draft.
    pub id: String,
    /// Its name, as printed.
    pub name: String,
    /// The register knows it.
    pub known: bool,
    /// It certifies.
    pub certifies: bool,
}

/// What is known beside the document.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Code of the programme's division; looked up by its name where it is empty.
    pub division: String,
    /// The year; read from the document where there is none.
    pub year: Option<i16>,
    /// The territory.
    pub divisions: Vec<minsheng_domain::programme::check::KnownDivision>,
    /// Offices of the register by id and name.
    pub units: Vec<(String, String)>,
}

/// Gathers fields while a programme is put together.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) fields: Vec<Field>,
}

impl Fields {
    pub(crate) fn add(
        &mut self,
        path: impl Into<String>,
        value: impl Into<String>,
        confidence: u8,
        span: Option<Span>,
        doubt: impl Into<String>,
    ) {
        self.fields.push(Field {
            path: path.into(),
            value: value.into(),
            confidence: confidence.min(100),
            span,
            doubt: doubt.into(),
        });
    }
}

/// The offices named so far; the same name is the same office.
#[derive(Debug, Default)]
pub(crate) struct Register {
    pub(crate) offices: Vec<Office>,
    known: Vec<(String, String)>,
}

impl Register {
    pub(crate) fn new(known: &[(String, String)]) -> Register {
        Register { offices: Vec::new(), known: known.to_vec() }
    }

    /// The id of an office by its name.
    pub(crate) fn id(&mut self, name: &str, certifies: bool) -> String {
        if let Some(office) = self.offices.iter_mut().find(|office| office.name == name) {
            office.certifies |= certifies;
            return office.id.clone();
        }
        // 民政局 in one place is 县民政局 in the register.
        let bare = |name: &str| name.trim_start_matches(['省', '市', '州', '县', '区']).to_owned();
        let exact = self.known.iter().find(|(_, known)| known == name);
        let alike: Vec<&(String, String)> = self.known.iter().filter(|(_, known)| bare(known) == bare(name)).collect();
        let found = exact.or(if alike.len() == 1 { alike.first().copied() } else { None });
        let (id, known) = match found {
            Some((id, _)) => (id.clone(), true),
            None => (format!("unit-{:02}", self.offices.len() + 1), false),
        };
        self.offices.push(Office { id: id.clone(), name: name.to_owned(), known, certifies });
        id
    }
}
