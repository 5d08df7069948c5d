//! Sections: upright and lying pages, each with headers and footers of its own; page numbers on odd pages right, on even ones
//! left, one character in; on lying pages where upright ones have them, after the page is turned.

use super::drawing::{self, Place, Stand};
use super::flow::{Inline, Paragraph};
use super::measure::{BOTTOM, LEFT, LINE, LONG, RIGHT, SHORT, SMALL_EM, TOP, WIDTH, twips};
use super::package::{Package, Part};
use super::xml::Xml;

/// From the type area down to the top of the line of the page number, so that its dash lies 7 mm below.
const NUMBER_BELOW: i64 = twips(7_000) - SMALL_EM * 42 / 100;

/// What kind of pages a section has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    /// Upright.
    Upright,
    /// On their side, the head of tables at the binding edge of odd pages.
    Lying,
    /// The imprint by itself on an even page, without a number.
    Imprint,
}

/// Relations of the headers and footers.
pub(super) struct Sections {
    upright: [String; 4],
    lying: [String; 4],
    bare: [String; 4],
}

impl Sections {
    /// Writes headers and footers into the package; the mark of invented figures, if any, stands on every page.
    pub(super) fn new(package: &mut Package, demo_mark: &str) -> Sections {
        let header = package.add(header(demo_mark, None));
        let empty = package.add(Part::footer(|xml| Paragraph::new("Footer").write(xml, None)));
        let odd = package.add(footer("right"));
        let even = package.add(footer("left"));
        let lying_odd = package.add(header_of_lying(demo_mark, "right"));
        let lying_even = package.add(header_of_lying(demo_mark, "left"));
        Sections {
            upright: [header.clone(), header.clone(), odd, even],
            lying: [lying_odd, lying_even, empty.clone(), empty.clone()],
            bare: [header.clone(), header, empty.clone(), empty],
        }
    }

    /// The properties that end a section.
    pub(super) fn properties(&self, pages: Pages) -> Xml {
        let references = match pages {
            Pages::Upright => &self.upright,
            Pages::Lying => &self.lying,
            Pages::Imprint => &self.bare,
        };
        let mut xml = Xml::default();
        xml.element("w:sectPr", &[], |xml| {
            let kinds = [("w:headerReference", "default"), ("w:headerReference", "even")];
            let kinds = kinds.into_iter().chain([("w:footerReference", "default"), ("w:footerReference", "even")]);
            for ((element, kind), id) in kinds.zip(references) {
                xml.empty(element, &[("w:type", &kind), ("r:id", id)]);
            }
            xml.value("w:type", if pages == Pages::Imprint { "evenPage" } else { "nextPage" });
            paper(xml, pages);
            xml.empty("w:cols", &[("w:space", &0)]);
            xml.empty("w:docGrid", &[("w:type", &"lines"), ("w:linePitch", &LINE)]);
        });
        xml
    }
}

fn paper(xml: &mut Xml, pages: Pages) {
    let (header, footer) = (twips(15_000), BOTTOM - NUMBER_BELOW - SMALL_EM);
    let [top, right, bottom, left] = match pages {
        Pages::Lying => [LEFT, TOP, RIGHT, BOTTOM],
        Pages::Upright | Pages::Imprint => [TOP, RIGHT, BOTTOM, LEFT],
    };
    match pages {
        Pages::Lying => xml.empty("w:pgSz", &[("w:w", &LONG), ("w:h", &SHORT), ("w:orient", &"landscape")]),
        Pages::Upright | Pages::Imprint => xml.empty("w:pgSz", &[("w:w", &SHORT), ("w:h", &LONG)]),
    }
    xml.empty(
        "w:pgMar",
        &[
            ("w:top", &top),
            ("w:right", &right),
            ("w:bottom", &bottom),
            ("w:left", &left),
            ("w:header", &header),
            ("w:footer", &footer),
            ("w:gutter", &0),
        ],
    );
}

/// — 1 —
fn number(align: &'static str) -> Paragraph {
    let paragraph = Paragraph::new("Footer").aligned(align).indented(SMALL_EM, SMALL_EM, 0);
    paragraph.with(Inline::Text("— ".to_owned())).with(Inline::Field("PAGE")).with(Inline::Text(" —".to_owned()))
}

fn footer(align: &'static str) -> Part {
    Part::footer(|xml| number(align).write(xml, None))
}

fn header(demo_mark: &str, drawing: Option<Xml>) -> Part {
    Part::header(|xml| {
        let paragraph = Paragraph::text("Header", demo_mark);
        match drawing {
            Some(drawing) => paragraph.with(Inline::Drawing(drawing)).write(xml, None),
            None => paragraph.write(xml, None),
        }
    })
}

/// The page number of a lying page stands upright once the page is turned: its words run down, at the left of the sheet.
fn header_of_lying(demo_mark: &str, align: &'static str) -> Part {
    let place = Place { x: BOTTOM - NUMBER_BELOW - SMALL_EM, y: LEFT, width: SMALL_EM, height: WIDTH };
    let text_box = drawing::text_box(&place, Stand::Turned, "页码", |xml| number(align).write(xml, None));
    header(demo_mark, Some(text_box))
}
