//! What stands free of the text: boxes and pictures, placed from the paper's edges or from the foot of the type area.

use super::measure::emu;
use super::xml::Xml;

const SHAPE: &str = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape";

/// How far down something stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Vertical {
    /// Its top that far below the paper's edge, in twips.
    At(i64),
    /// Its foot at the foot of the type area.
    Foot,
}

/// Where and how large something is, in twips.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// From the paper's left edge.
    pub(super) x: i64,
    /// Down the page.
    pub(super) y: Vertical,
    /// Width.
    pub(super) width: i64,
    /// Height.
    pub(super) height: i64,
}

/// A box with text; where it is `turned`, its lines run downwards.
pub(super) fn text_box(place: &Place, turned: bool, name: &str, content: impl FnOnce(&mut Xml)) -> Xml {
    let mut xml = Xml::default();
    xml.element("mc:AlternateContent", &[], |xml| {
        xml.element("mc:Choice", &[("Requires", &"wps")], |xml| {
            anchor(xml, place, name, "", |xml| {
                xml.element("a:graphicData", &[("uri", &SHAPE)], |xml| shape(xml, place, turned, content));
            });
        });
    });
    xml
}

/// A drawing that is anchored to its paragraph's page.
fn anchor(xml: &mut Xml, place: &Place, name: &str, description: &str, graphic: impl FnOnce(&mut Xml)) {
    let distances = [("distT", &0 as _), ("distB", &0 as _), ("distL", &0 as _), ("distR", &0 as _)];
    let order = [("simplePos", &0 as _), ("relativeHeight", &2 as _), ("behindDoc", &0 as _), ("locked", &0 as _)];
    let rest = [("layoutInCell", &1 as _), ("allowOverlap", &1 as _)];
    let attributes = [&distances[..], &order[..], &rest[..]].concat();
    xml.element("w:drawing", &[], |xml| {
        xml.element("wp:anchor", &attributes, |xml| {
            xml.empty("wp:simplePos", &[("x", &0), ("y", &0)]);
            xml.element("wp:positionH", &[("relativeFrom", &"page")], |xml| offset(xml, place.x));
            match place.y {
                Vertical::At(y) => {
                    xml.element("wp:positionV", &[("relativeFrom", &"page")], |xml| offset(xml, y));
                }
                Vertical::Foot => xml.element("wp:positionV", &[("relativeFrom", &"margin")], |xml| {
                    xml.element("wp:align", &[], |xml| xml.text("bottom"));
                }),
            }
            xml.empty("wp:extent", &[("cx", &emu(place.width)), ("cy", &emu(place.height))]);
            xml.empty("wp:effectExtent", &[("l", &0), ("t", &0), ("r", &0), ("b", &0)]);
            match place.y {
                Vertical::At(_) => xml.empty("wp:wrapNone", &[]),
                Vertical::Foot => xml.empty("wp:wrapTopAndBottom", &[]),
            }
            xml.empty("wp:docPr", &[("id", &1), ("name", &name), ("descr", &description)]);
            xml.empty("wp:cNvGraphicFramePr", &[]);
            xml.element("a:graphic", &[], graphic);
        });
    });
}

fn offset(xml: &mut Xml, twips: i64) {
    xml.element("wp:posOffset", &[], |xml| xml.text(&emu(twips).to_string()));
}

fn shape(xml: &mut Xml, place: &Place, turned: bool, content: impl FnOnce(&mut Xml)) {
    xml.element("wps:wsp", &[], |xml| {
        xml.empty("wps:cNvSpPr", &[("txBox", &1)]);
        xml.element("wps:spPr", &[], |xml| {
            outline(xml, place);
            xml.empty("a:noFill", &[]);
            xml.element("a:ln", &[], |xml| xml.empty("a:noFill", &[]));
        });
        xml.element("wps:txbx", &[], |xml| xml.element("w:txbxContent", &[], content));
        let insets = [("lIns", &0 as _), ("tIns", &0 as _), ("rIns", &0 as _), ("bIns", &0 as _)];
        let turn = ("vert", if turned { &"vert" as _ } else { &"horz" as _ });
        xml.empty("wps:bodyPr", &[&[("rot", &0 as _), turn, ("wrap", &"square" as _)][..], &insets[..]].concat());
    });
}

fn outline(xml: &mut Xml, place: &Place) {
    xml.element("a:xfrm", &[], |xml| {
        xml.empty("a:off", &[("x", &0), ("y", &0)]);
        xml.empty("a:ext", &[("cx", &emu(place.width)), ("cy", &emu(place.height))]);
    });
    xml.element("a:prstGeom", &[("prst", &"rect")], |xml| xml.empty("a:avLst", &[]));
}
