//! What stands free of the text: boxes, placed from the paper's edges.

use super::measure::emu;
use super::xml::Xml;

const SHAPE: &str = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape";

/// How a box stands to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// Beside the type area, its lines running downwards.
    Turned,
    /// In the type area, the text above and below.
    Between,
}

/// Where and how large something is, in twips.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// From the paper's left edge.
    pub(super) x: i64,
    /// From its upper edge.
    pub(super) y: i64,
    /// Width.
    pub(super) width: i64,
    /// Height.
    pub(super) height: i64,
}

/// A box with text.
pub(super) fn text_box(place: &Place, stand: Stand, name: &str, content: impl FnOnce(&mut Xml)) -> Xml {
    let mut xml = Xml::default();
    xml.element("mc:AlternateContent", &[], |xml| {
        xml.element("mc:Choice", &[("Requires", &"wps")], |xml| {
            anchor(xml, place, stand, name, |xml| {
                xml.element("a:graphicData", &[("uri", &SHAPE)], |xml| shape(xml, place, stand, content));
            });
        });
    });
    xml
}

/// A drawing that is anchored to its paragraph's page.
fn anchor(xml: &mut Xml, place: &Place, stand: Stand, name: &str, graphic: impl FnOnce(&mut Xml)) {
    let distances = [("distT", &0 as _), ("distB", &0 as _), ("distL", &0 as _), ("distR", &0 as _)];
    let order = [("simplePos", &0 as _), ("relativeHeight", &2 as _), ("behindDoc", &0 as _), ("locked", &0 as _)];
    let rest = [("layoutInCell", &1 as _), ("allowOverlap", &1 as _)];
    let attributes = [&distances[..], &order[..], &rest[..]].concat();
    xml.element("w:drawing", &[], |xml| {
        xml.element("wp:anchor", &attributes, |xml| {
            xml.empty("wp:simplePos", &[("x", &0), ("y", &0)]);
            for (axis, offset) in [("wp:positionH", place.x), ("wp:positionV", place.y)] {
                xml.element(axis, &[("relativeFrom", &"page")], |xml| {
                    xml.element("wp:posOffset", &[], |xml| xml.text(&emu(offset).to_string()));
                });
            }
            xml.empty("wp:extent", &[("cx", &emu(place.width)), ("cy", &emu(place.height))]);
            xml.empty("wp:effectExtent", &[("l", &0), ("t", &0), ("r", &0), ("b", &0)]);
            match stand {
                Stand::Turned => xml.empty("wp:wrapNone", &[]),
                Stand::Between => xml.empty("wp:wrapTopAndBottom", &[]),
            }
            xml.empty("wp:docPr", &[("id", &1), ("name", &name)]);
            xml.empty("wp:cNvGraphicFramePr", &[]);
            xml.element("a:graphic", &[], graphic);
        });
    });
}

fn shape(xml: &mut Xml, place: &Place, stand: Stand, content: impl FnOnce(&mut Xml)) {
    xml.element("wps:wsp", &[], |xml| {
        xml.empty("wps:cNvSpPr", &[("txBox", &1)]);
        xml.element("wps:spPr", &[], |xml| {
            outline(xml, place);
            xml.empty("a:noFill", &[]);
            xml.element("a:ln", &[], |xml| xml.empty("a:noFill", &[]));
        });
        xml.element("wps:txbx", &[], |xml| xml.element("w:txbxContent", &[], content));
        let insets = [("lIns", &0 as _), ("tIns", &0 as _), ("rIns", &0 as _), ("bIns", &0 as _)];
        let direction = if stand == Stand::Turned { "vert" } else { "horz" };
        xml.empty(
            "wps:bodyPr",
            &[&[("rot", &0 as _), ("vert", &direction as _), ("wrap", &"square" as _)][..], &insets[..]].concat(),
        );
    });
}

fn outline(xml: &mut Xml, place: &Place) {
    xml.element("a:xfrm", &[], |xml| {
        xml.empty("a:off", &[("x", &0), ("y", &0)]);
        xml.empty("a:ext", &[("cx", &emu(place.width)), ("cy", &emu(place.height))]);
    });
    xml.element("a:prstGeom", &[("prst", &"rect")], |xml| xml.empty("a:avLst", &[]));
}
