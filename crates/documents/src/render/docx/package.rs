//! The file: its parts, their kinds and relations, zipped in a fixed order with a fixed time, so that the same document
//! gives the same bytes.

use std::fmt::Display;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::xml::Xml;

const STYLES: &str = include_str!("../../../templates/docx/styles.xml");
const SETTINGS: &str = include_str!("../../../templates/docx/settings.xml");
const FONTS: &str = include_str!("../../../templates/docx/fonts.xml");

const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// Names that parts of the text use.
const NAMESPACES: [(&str, &str); 9] = [
    ("xmlns:w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    ("xmlns:r", RELATION),
    ("xmlns:mc", "http://schemas.openxmlformats.org/markup-compatibility/2006"),
    ("xmlns:wp", "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
    ("xmlns:a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
    ("xmlns:pic", "http://schemas.openxmlformats.org/drawingml/2006/picture"),
    ("xmlns:wps", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"),
    ("xmlns:w14", "http://schemas.microsoft.com/office/word/2010/wordml"),
    ("mc:Ignorable", "w14"),
];

/// A part beside those that every document has.
pub(super) struct Part {
    /// `header`, `footer` or `image`.
    kind: &'static str,
    /// Ending of its name.
    ending: &'static str,
    bytes: Vec<u8>,
}

impl Part {
    /// A header.
    pub(super) fn header(content: impl FnOnce(&mut Xml)) -> Part {
        Part { kind: "header", ending: "xml", bytes: text_part("w:hdr", content) }
    }

    /// A footer.
    pub(super) fn footer(content: impl FnOnce(&mut Xml)) -> Part {
        Part { kind: "footer", ending: "xml", bytes: text_part("w:ftr", content) }
    }

    fn path(&self, number: usize) -> String {
        match self.kind {
            "image" => format!("media/image{number}.{}", self.ending),
            kind => format!("{kind}{number}.{}", self.ending),
        }
    }
}

/// A part that holds text.
fn text_part(root: &str, content: impl FnOnce(&mut Xml)) -> Vec<u8> {
    let mut xml = Xml::part();
    let names: Vec<(&str, &dyn Display)> = NAMESPACES.iter().map(|(name, value)| (*name, value as _)).collect();
    xml.element(root, &names, content);
    xml.into_bytes()
}

/// What a document says of itself outside its text.
pub(super) struct Properties<'a> {
    /// Title.
    pub(super) title: &'a str,
    /// Office.
    pub(super) creator: &'a str,
    /// Day, ISO date.
    pub(super) day: &'a str,
    /// Further facts by name; empty ones are left out.
    pub(super) facts: &'a [(&'a str, &'a str)],
}

/// A package being made.
#[derive(Default)]
pub(super) struct Package {
    parts: Vec<Part>,
}

impl Package {
    /// Takes a part; the answer is its relation's id.
    pub(super) fn add(&mut self, part: Part) -> String {
        self.parts.push(part);
        relation_id(self.parts.len())
    }

    /// The file.
    pub(super) fn finish(self, body: &Xml, properties: &Properties<'_>) -> Result<Vec<u8>, zip::result::ZipError> {
        let document = text_part("w:document", |xml| xml.element("w:body", &[], |xml| xml.append(body)));
        let mut files: Vec<(String, Vec<u8>)> = vec![
            ("[Content_Types].xml".to_owned(), self.content_types()),
            ("_rels/.rels".to_owned(), root_relations()),
            ("docProps/core.xml".to_owned(), core(properties)),
            ("docProps/custom.xml".to_owned(), custom(properties)),
            ("word/document.xml".to_owned(), document),
            ("word/_rels/document.xml.rels".to_owned(), self.relations()),
            ("word/styles.xml".to_owned(), STYLES.as_bytes().to_vec()),
            ("word/settings.xml".to_owned(), SETTINGS.as_bytes().to_vec()),
            ("word/fontTable.xml".to_owned(), FONTS.as_bytes().to_vec()),
        ];
        for (number, part) in (1..).zip(self.parts) {
            files.push((format!("word/{}", part.path(number)), part.bytes));
        }
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            archive.start_file(path, options)?;
            archive.write_all(&bytes)?;
        }
        Ok(archive.finish()?.into_inner())
    }

    fn content_types(&self) -> Vec<u8> {
        let mut xml = Xml::part();
        xml.element("Types", &[("xmlns", &format!("{PACKAGE}/content-types"))], |xml| {
            let kinds = [
                ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
                ("xml", "application/xml"),
                ("png", "image/png"),
                ("svg", "image/svg+xml"),
            ];
            for (ending, kind) in kinds {
                xml.empty("Default", &[("Extension", &ending), ("ContentType", &kind)]);
            }
            let mut of = |path: &str, kind: &str| {
                xml.empty("Override", &[("PartName", &format!("/{path}")), ("ContentType", &kind)]);
            };
            of("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml");
            of("docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml");
            for (part, kind) in [
                ("document", "document.main"),
                ("styles", "styles"),
                ("settings", "settings"),
                ("fontTable", "fontTable"),
            ] {
                of(&format!("word/{part}.xml"), &format!("{WORD}.{kind}+xml"));
            }
            for (number, part) in (1..).zip(&self.parts).filter(|(_, part)| part.kind != "image") {
                of(&format!("word/{}", part.path(number)), &format!("{WORD}.{}+xml", part.kind));
            }
        });
        xml.into_bytes()
    }

    fn relations(&self) -> Vec<u8> {
        let fixed = ["styles", "settings", "fontTable"];
        let parts = (1..)
            .zip(&self.parts)
            .map(|(number, part)| (relation_id(number), format!("{RELATION}/{}", part.kind), part.path(number)));
        let fixed = fixed.map(|part| (format!("rId_{part}"), format!("{RELATION}/{part}"), format!("{part}.xml")));
        relations(fixed.into_iter().chain(parts))
    }
}

fn relation_id(number: usize) -> String {
    format!("rId{number}")
}

fn relations(all: impl Iterator<Item = (String, String, String)>) -> Vec<u8> {
    let mut xml = Xml::part();
    xml.element("Relationships", &[("xmlns", &format!("{PACKAGE}/relationships"))], |xml| {
        for (id, kind, target) in all {
            xml.empty("Relationship", &[("Id", &id), ("Type", &kind), ("Target", &target)]);
        }
    });
    xml.into_bytes()
}

fn root_relations() -> Vec<u8> {
    let all = [
        ("rId1", format!("{RELATION}/officeDocument"), "word/document.xml"),
        ("rId2", format!("{PACKAGE}/relationships/metadata/core-properties"), "docProps/core.xml"),
        ("rId3", format!("{RELATION}/custom-properties"), "docProps/custom.xml"),
    ];
    relations(all.into_iter().map(|(id, kind, target)| (id.to_owned(), kind, target.to_owned())))
}

fn core(properties: &Properties<'_>) -> Vec<u8> {
    let mut xml = Xml::part();
    let names: [(&str, &dyn Display); 4] = [
        ("xmlns:cp", &format!("{PACKAGE}/metadata/core-properties")),
        ("xmlns:dc", &"http://purl.org/dc/elements/1.1/"),
        ("xmlns:dcterms", &"http://purl.org/dc/terms/"),
        ("xmlns:xsi", &"http://www.w3.org/2001/XMLSchema-instance"),
    ];
    xml.element("cp:coreProperties", &names, |xml| {
        xml.element("dc:title", &[], |xml| xml.text(properties.title));
        xml.element("dc:creator", &[], |xml| xml.text(properties.creator));
        xml.element("dc:language", &[], |xml| xml.text("zh-CN"));
        for name in ["dcterms:created", "dcterms:modified"] {
            xml.element(name, &[("xsi:type", &"dcterms:W3CDTF")], |xml| {
                xml.text(&format!("{}T00:00:00Z", properties.day));
            });
        }
    });
    xml.into_bytes()
}

fn custom(properties: &Properties<'_>) -> Vec<u8> {
    let mut xml = Xml::part();
    let names: [(&str, &dyn Display); 2] = [
        ("xmlns", &"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"),
        ("xmlns:vt", &"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"),
    ];
    xml.element("Properties", &names, |xml| {
        let given = properties.facts.iter().filter(|(_, value)| !value.is_empty());
        for (id, (name, value)) in (2..).zip(given) {
            let format = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}";
            xml.element("property", &[("fmtid", &format), ("pid", &id), ("name", name)], |xml| {
                xml.element("vt:lpwstr", &[], |xml| xml.text(value));
            });
        }
    });
    xml.into_bytes()
}
