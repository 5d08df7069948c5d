//! What stands below the text: the note of attachments, who signs with the seal's room, the imprint at the page's foot.

use super::drawing::{self, Place, Stand};
use super::flow::{Flow, Inline, Paragraph};
use super::measure::{CHARACTERS, EM, HEIGHT, LEFT, LINE, SMALL_EM, TOP, WIDTH, halves, width_of};
use super::table::{RowKind, Span, cell_of, columns, properties, row};
use crate::document::{Attachment, Document, Imprint, Signature};

/// Height of a line of the imprint.
const IMPRINT_LINE: i64 = 420;

/// Writes the note of attachments and who signs.
pub(super) fn write(flow: &mut Flow, document: &Document) {
    attachment_note(flow, &document.attachments);
    if let Some(signature) = &document.signature {
        sign(flow, signature, !document.attachments.is_empty());
    }
}

/// One line below the text, two characters in; numbered where there are several, further lines under the first title.
fn attachment_note(flow: &mut Flow, attachments: &[Attachment]) {
    for (number, attachment) in (1..).zip(attachments) {
        let label = if number == 1 { "附件：" } else { "" };
        let ordinal = if attachments.len() > 1 { format!("{number}.") } else { String::new() };
        let hanging = width_of(label) + width_of(&ordinal);
        let left = 5 * EM + width_of(&ordinal);
        let note = Paragraph::text("AttachmentNote", &format!("{label}{ordinal}{}", attachment.title));
        let note = note.indented(left, 0, hanging);
        flow.push(if number == 1 { note.below(LINE) } else { note });
    }
}

/// Sealed: the date four characters in from the right, the name centred over it, two lines of the seal's room above.
/// Not sealed: the name two characters in, the date on the next line two characters right of the name's first.
fn sign(flow: &mut Flow, signature: &Signature, below_note: bool) {
    let (name, date) = (width_of(&signature.name), width_of(&signature.date));
    let gap = LINE * if below_note || signature.sealed { 2 } else { 1 };
    let lines = [("SignatureName", &signature.name), ("Date", &signature.date)];
    let [above, below] = lines.map(|(style, words)| Paragraph::text(style, words));
    let [above, below] = if signature.sealed {
        // Both are centred in the same room, so that they stay so in whatever font and after whatever change.
        let half = name.max(date) / 2 + EM;
        let centre = (WIDTH - 4 * EM - date / 2).min(WIDTH - name / 2);
        let (left, right) = ((centre - half).max(0), (WIDTH - centre - half).max(0));
        [above, below].map(|line| line.indented(left, right, 0).aligned("center"))
    } else {
        let left = (WIDTH - 2 * EM - name).min(WIDTH - 4 * EM - date).max(0);
        [above.indented(left, 0, 0), below.indented(left + 2 * EM, 0, 0)]
    };
    flow.push(above.below(gap));
    flow.push(below);
}

/// A line of the imprint.
struct ImprintLine {
    label: &'static str,
    text: String,
    right: String,
}

impl ImprintLine {
    /// One character in from either side, further lines under the first after the label.
    fn paragraph(&self) -> Paragraph {
        let hanging = self.hanging();
        let line = Paragraph::text("Imprint", &format!("{}{}", self.label, self.text));
        let line = line.indented(SMALL_EM + hanging, SMALL_EM, hanging);
        if self.right.is_empty() {
            return line;
        }
        line.tab(WIDTH - SMALL_EM, "right", "none").with(Inline::Tab).with(Inline::Text(self.right.clone()))
    }

    fn hanging(&self) -> i64 {
        halves(self.label) * SMALL_EM / 2
    }

    /// Lines that it takes.
    fn lines(&self) -> i64 {
        let room = WIDTH - 2 * SMALL_EM - self.hanging();
        let wide = (halves(&self.text) + halves(&self.right)) * SMALL_EM / 2;
        (wide + room - 1).div_euclid(room).max(1)
    }
}

/// The lines of the imprint in their order.
fn imprint_lines(imprint: &Imprint) -> Vec<ImprintLine> {
    let named = [
        ("报：", &imprint.reported_to),
        ("送：", &imprint.sent_to),
        ("发：", &imprint.issued_to),
        ("抄送：", &imprint.copies_to),
    ];
    let given = named.into_iter().filter(|(_, text)| !text.is_empty());
    let mut lines: Vec<_> =
        given.map(|(label, text)| ImprintLine { label, text: text.clone(), right: String::new() }).collect();
    if !imprint.printed_by.is_empty() || !imprint.printed_on.is_empty() {
        let on = &imprint.printed_on;
        let right = if on.is_empty() { String::new() } else { format!("{on}印发") };
        lines.push(ImprintLine { label: "", text: imprint.printed_by.clone(), right });
    }
    if imprint.copies > 0 {
        lines.push(ImprintLine { label: "", text: String::new(), right: format!("共印{}份", imprint.copies) });
    }
    lines
}

/// Whether there is anything to print at the foot.
pub(super) fn has_imprint(imprint: &Imprint) -> bool {
    !imprint_lines(imprint).is_empty()
}

/// The imprint in a box whose foot is the type area's, on the page of the paragraph that it hangs on.
pub(super) fn imprint(imprint: &Imprint) -> Inline {
    let lines = imprint_lines(imprint);
    let height = IMPRINT_LINE * lines.iter().map(ImprintLine::lines).sum::<i64>();
    let place = Place { x: LEFT, y: TOP + HEIGHT - height, width: WIDTH, height };
    Inline::Drawing(drawing::text_box(&place, Stand::Between, "版记", |xml| {
        xml.element("w:tbl", &[], |xml| {
            properties(xml, "ImprintTable", WIDTH, "版记");
            columns(xml, &[WIDTH]);
            for line in &lines {
                row(xml, &RowKind::AtLeast(IMPRINT_LINE * line.lines()), |xml| {
                    cell_of(xml, &Span::single(WIDTH), |xml| line.paragraph().write(xml, None));
                });
            }
        });
        Paragraph::new("SectionEnd").write(xml, None);
    }))
}

/// Lines to sign on, three to a row, each label with a line up to the next.
pub(super) fn signature_lines(flow: &mut Flow, labels: &[String], width: i64) {
    const ACROSS: i64 = 3;
    for labels in labels.chunks(3) {
        let mut paragraph = Paragraph::new("SignatureLines");
        for (number, label) in (1..).zip(labels) {
            paragraph = paragraph.tab(number * width / ACROSS - width / CHARACTERS, "left", "underscore");
            paragraph = paragraph.tab(number * width / ACROSS, "left", "none");
            paragraph = paragraph.with(Inline::Text(format!("{label}："))).with(Inline::Tab).with(Inline::Tab);
        }
        flow.push(paragraph);
    }
}
