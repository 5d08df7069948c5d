//! The running text: paragraphs of named styles with their runs, and what stands between them. The last paragraph is held
//! back, so that the end of a section can be put on it: a paragraph of its own might open an empty page.

use super::xml::Xml;

/// A piece of a paragraph.
#[derive(Debug, Clone)]
pub(super) enum Inline {
    /// Text; line breaks in it stay.
    Text(String),
    /// Text in a character style.
    Styled(&'static str, String),
    /// Text in a colour.
    Coloured(&'static str, String),
    /// To the next tab stop.
    Tab,
    /// A field, such as PAGE.
    Field(&'static str),
    /// A drawing.
    Drawing(Xml),
}

/// A tab stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tab {
    /// From the left edge of the type area, in twips.
    pub(super) at: i64,
    /// `left` or `right`.
    pub(super) kind: &'static str,
    /// What fills the way to it: `none` or `underscore`.
    pub(super) leader: &'static str,
}

/// A paragraph of a style and what differs from the style.
#[derive(Debug, Clone, Default)]
pub(super) struct Paragraph {
    style: &'static str,
    new_page: bool,
    tabs: Vec<Tab>,
    before: Option<i64>,
    line: Option<i64>,
    indent: Option<[i64; 3]>,
    align: Option<&'static str>,
    size: Option<i64>,
    pieces: Vec<Inline>,
}

impl Paragraph {
    /// An empty paragraph.
    pub(super) fn new(style: &'static str) -> Paragraph {
        Paragraph { style, ..Paragraph::default() }
    }

    /// A paragraph of one text.
    pub(super) fn text(style: &'static str, text: &str) -> Paragraph {
        Paragraph::new(style).with(Inline::Text(text.to_owned()))
    }

    /// With a further piece.
    pub(super) fn with(mut self, piece: Inline) -> Paragraph {
        self.pieces.push(piece);
        self
    }

    /// At the head of a new page.
    pub(super) fn on_new_page(self) -> Paragraph {
        Paragraph { new_page: true, ..self }
    }

    /// With a tab stop.
    pub(super) fn tab(mut self, at: i64, kind: &'static str, leader: &'static str) -> Paragraph {
        self.tabs.push(Tab { at, kind, leader });
        self
    }

    /// With so much room above, in twips.
    pub(super) fn below(self, before: i64) -> Paragraph {
        Paragraph { before: Some(before), ..self }
    }

    /// With lines of exactly that height, in twips.
    pub(super) fn lines_of(self, line: i64) -> Paragraph {
        Paragraph { line: Some(line), ..self }
    }

    /// Set in from left and right, the first line by so much less, in twips.
    pub(super) fn indented(self, left: i64, right: i64, hanging: i64) -> Paragraph {
        Paragraph { indent: Some([left, right, hanging]), ..self }
    }

    /// `left`, `center` or `right`.
    pub(super) fn aligned(self, align: &'static str) -> Paragraph {
        Paragraph { align: Some(align), ..self }
    }

    /// In letters of so many half points.
    pub(super) fn sized(self, size: i64) -> Paragraph {
        Paragraph { size: Some(size), ..self }
    }

    /// Writes it; `section` closes a section.
    pub(super) fn write(&self, xml: &mut Xml, section: Option<&Xml>) {
        xml.element("w:p", &[], |xml| {
            xml.element("w:pPr", &[], |xml| self.properties(xml, section));
            for piece in &self.pieces {
                self.piece(xml, piece);
            }
        });
    }

    /// In the order that the schema gives.
    fn properties(&self, xml: &mut Xml, section: Option<&Xml>) {
        xml.value("w:pStyle", self.style);
        if self.new_page {
            xml.empty("w:pageBreakBefore", &[]);
        }
        if !self.tabs.is_empty() {
            xml.element("w:tabs", &[], |xml| {
                for Tab { at, kind, leader } in &self.tabs {
                    xml.empty("w:tab", &[("w:val", kind), ("w:leader", leader), ("w:pos", at)]);
                }
            });
        }
        match (self.before, self.line) {
            (Some(before), None) => xml.empty("w:spacing", &[("w:before", &before)]),
            (None, Some(line)) => xml.empty("w:spacing", &[("w:line", &line), ("w:lineRule", &"exact")]),
            (Some(before), Some(line)) => {
                xml.empty("w:spacing", &[("w:before", &before), ("w:line", &line), ("w:lineRule", &"exact")]);
            }
            (None, None) => {}
        }
        if let Some([left, right, hanging]) = self.indent {
            xml.empty("w:ind", &[("w:left", &left), ("w:right", &right), ("w:hanging", &hanging)]);
        }
        if let Some(align) = self.align {
            xml.value("w:jc", align);
        }
        if let Some(section) = section {
            xml.append(section);
        }
    }

    fn piece(&self, xml: &mut Xml, piece: &Inline) {
        match piece {
            Inline::Text(text) => self.run(xml, None, None, |xml| lines(xml, text)),
            Inline::Styled(style, text) => self.run(xml, Some(style), None, |xml| lines(xml, text)),
            Inline::Coloured(colour, text) => self.run(xml, None, Some(colour), |xml| lines(xml, text)),
            Inline::Tab => self.run(xml, None, None, |xml| xml.empty("w:tab", &[])),
            Inline::Drawing(drawing) => self.run(xml, None, None, |xml| xml.append(drawing)),
            Inline::Field(code) => {
                self.run(xml, None, None, |xml| xml.empty("w:fldChar", &[("w:fldCharType", &"begin")]));
                self.run(xml, None, None, |xml| {
                    xml.element("w:instrText", &[("xml:space", &"preserve")], |xml| xml.text(&format!(" {code} ")));
                });
                self.run(xml, None, None, |xml| xml.empty("w:fldChar", &[("w:fldCharType", &"separate")]));
                self.run(xml, None, None, |xml| xml.element("w:t", &[], |xml| xml.text("1")));
                self.run(xml, None, None, |xml| xml.empty("w:fldChar", &[("w:fldCharType", &"end")]));
            }
        }
    }

    fn run(&self, xml: &mut Xml, style: Option<&str>, colour: Option<&str>, inner: impl FnOnce(&mut Xml)) {
        xml.element("w:r", &[], |xml| {
            if style.is_some() || colour.is_some() || self.size.is_some() {
                xml.element("w:rPr", &[], |xml| {
                    if let Some(style) = style {
                        xml.value("w:rStyle", style);
                    }
                    if let Some(colour) = colour {
                        xml.value("w:color", colour);
                    }
                    if let Some(size) = self.size {
                        xml.value("w:sz", size);
                        xml.value("w:szCs", size);
                    }
                });
            }
            inner(xml);
        });
    }
}

/// A text's lines with breaks between them.
fn lines(xml: &mut Xml, text: &str) {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            xml.empty("w:br", &[]);
        }
        xml.element("w:t", &[("xml:space", &"preserve")], |xml| xml.text(line));
    }
}

/// The body as it is written.
#[derive(Debug, Default)]
pub(super) struct Flow {
    xml: Xml,
    held: Option<Paragraph>,
}

impl Flow {
    /// A paragraph.
    pub(super) fn push(&mut self, paragraph: Paragraph) {
        if let Some(held) = self.held.replace(paragraph) {
            held.write(&mut self.xml, None);
        }
    }

    /// A table or the like, which cannot end a section.
    pub(super) fn insert(&mut self, table: &Xml) {
        if let Some(held) = self.held.take() {
            held.write(&mut self.xml, None);
        }
        self.xml.append(table);
    }

    /// Hangs a drawing on the last paragraph.
    pub(super) fn hang(&mut self, drawing: Inline) {
        let last = self.last().with(drawing);
        self.held = Some(last);
    }

    /// Ends a section that is not the last.
    pub(super) fn end_section(&mut self, section: &Xml) {
        self.last().write(&mut self.xml, Some(section));
    }

    /// Ends the body with its last section.
    pub(super) fn finish(mut self, section: &Xml) -> Xml {
        let last = self.last();
        last.write(&mut self.xml, None);
        self.xml.append(section);
        self.xml
    }

    /// The paragraph that ends a section: the last one, or after a table one that takes hardly any room.
    fn last(&mut self) -> Paragraph {
        self.held.take().unwrap_or_else(|| Paragraph::new("SectionEnd"))
    }
}
