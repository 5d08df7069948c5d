//! XML as it is written: every element is closed, every text and attribute escaped and freed of characters that XML does
//! not know. Relies on quick-xml's escaping.

use std::fmt::Display;

use quick_xml::escape::escape;

use crate::text::clean;

/// Attributes by name.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a dyn Display)];

/// XML being written.
#[derive(Debug, Clone, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// A part with its declaration.
    pub(super) fn part() -> Xml {
        Xml("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n".to_owned())
    }

    /// An element with what is in it.
    pub(super) fn element(&mut self, name: &str, attributes: Attributes<'_>, inner: impl FnOnce(&mut Xml)) {
        self.start(name, attributes);
        self.0.push('>');
        inner(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element with nothing in it.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    /// An element whose one attribute is its value (`w:val`).
    pub(super) fn value(&mut self, name: &str, value: impl Display) {
        self.empty(name, &[("w:val", &value)]);
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) {
        self.0.push_str(&escape(clean(text).as_str()));
    }

    /// What another writer wrote.
    pub(super) fn append(&mut self, other: &Xml) {
        self.0.push_str(&other.0);
    }

    /// The bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            let value = clean(&value.to_string());
            self.0.push_str(&format!(" {attribute}=\"{}\"", escape(value.as_str())));
        }
    }
}
