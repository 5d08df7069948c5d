//! The same workbook with its errors shown: cells in red by a conditional format, a note on each, a sheet that lists them
//! all. Everything else stays byte for byte; marks of an earlier round are taken off first.

mod list;
mod notes;
mod splice;

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use quick_xml::escape::{escape, unescape};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::guard::Package;
use super::package::Book;
use super::parts::Parts;
use super::xml::MAX_ELEMENTS;
use super::{CellError, WorkbookError};
use notes::Notes;
use splice::Outline;

/// The sheet that lists the errors.
pub(crate) const ERROR_SHEET: &str = "错误清单";
/// What the formula of the red format says, by which the next round knows it.
const RED_FORMULA: &str = "&quot;minsheng-error&quot;&lt;&gt;&quot;&quot;";
const RED_FORMAT: &str = "<dxf><font><color rgb=\"FF9C0006\"/></font><fill><patternFill patternType=\"solid\">\
    <fgColor rgb=\"FFFFC7CE\"/><bgColor rgb=\"FFFFC7CE\"/></patternFill></fill></dxf>";
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const CONTENT: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// What comes after conditional formats in a sheet.
const AFTER_FORMATS: [&str; 21] = [
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "tableParts",
    "extLst",
];
/// What comes after the drawing of notes.
const AFTER_NOTES: [&str; 8] =
    ["legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"];

/// The workbook with `errors` marked in it. A file that is no workbook, or hostile, is refused as in reading.
pub fn mark_errors(bytes: &[u8], errors: &[CellError]) -> Result<Vec<u8>, WorkbookError> {
    if let Err(found) = Book::read(bytes)
        && found.iter().any(|error| !error.rule.starts_with("CELL_"))
    {
        return Err(WorkbookError::Refused(found));
    }
    let refused = |error| WorkbookError::Refused(vec![error]);
    let mut package = Package::open(bytes).map_err(refused)?;
    let mut left = MAX_ELEMENTS;
    let parts = Parts::read(&mut package, &mut left).map_err(refused)?;
    let mut marking = Marking { package, changed: BTreeMap::new() };
    marking.mark(&parts, errors).map_err(refused)?;
    let changed = marking.changed;
    rewritten(bytes, changed)
        .map_err(|error| refused(CellError::file("FILE_DAMAGED", format!("文件无法标注：{error}"))))
}

/// The parts as they change.
struct Marking<'a> {
    package: Package<'a>,
    changed: BTreeMap<String, String>,
}

impl Marking<'_> {
    fn mark(&mut self, parts: &Parts, errors: &[CellError]) -> Result<(), CellError> {
        let format = self.red_format()?;
        for (number, (name, path)) in (1..).zip(&parts.sheets) {
            if name != ERROR_SHEET {
                self.mark_sheet(number, path, &cells_of(name, errors), format)?;
            }
        }
        let list = list::sheet(errors);
        match parts.sheets.iter().find(|(name, _)| name == ERROR_SHEET) {
            Some((_, path)) => drop(self.changed.insert(path.clone(), list)),
            None => self.add_sheet(list)?,
        }
        Ok(())
    }

    /// A part as it stands now; empty where there is none.
    fn part(&mut self, path: &str) -> Result<String, CellError> {
        match self.changed.get(path) {
            Some(text) => Ok(text.clone()),
            None => Ok(self.package.part(path)?.unwrap_or_default()),
        }
    }

    /// Puts a piece at the end of a part's root.
    fn append(&mut self, path: &str, piece: &str) -> Result<(), CellError> {
        let text = self.part(path)?;
        let outline = Outline::read(&text, path)?;
        let changed = outline.changed(&[], &[(outline.end(), piece.to_owned())]);
        self.changed.insert(path.to_owned(), changed);
        Ok(())
    }

    /// Number of the red format, which is added where it is not there yet.
    fn red_format(&mut self) -> Result<usize, CellError> {
        const PATH: &str = "xl/styles.xml";
        let text = self.part(PATH)?;
        let outline = Outline::read(&text, PATH)?;
        let formats = outline.children.iter().find(|child| child.name == "dxfs");
        let old = formats.map_or("", |child| outline.of(child));
        let within = Outline::read(old, PATH)?;
        let known = within.children.iter().position(|child| within.of(child) == RED_FORMAT);
        if let Some(number) = known {
            return Ok(number);
        }
        let number = within.children.len();
        let all: String = within.children.iter().map(|child| within.of(child)).collect();
        let new = format!("<dxfs count=\"{}\">{all}{RED_FORMAT}</dxfs>", number + 1);
        let place = outline.before(&["dxfs", "tableStyles", "colors", "extLst"]);
        let out: Vec<_> = formats.map(|child| child.place.clone()).into_iter().collect();
        let changed = outline.changed(&out, &[(place, new)]);
        self.changed.insert(PATH.to_owned(), changed);
        Ok(number)
    }

    /// Marks a sheet's cells, and takes off what an earlier round marked.
    fn mark_sheet(
        &mut self,
        number: usize,
        path: &str,
        cells: &BTreeMap<String, String>,
        format: usize,
    ) -> Result<(), CellError> {
        let text = self.part(path)?;
        let outline = Outline::read(&text, path)?;
        let marked_before =
            |name: &str, piece: &str| name == "conditionalFormatting" && piece.contains("minsheng-error");
        let earlier = outline.children.iter().filter(|child| marked_before(&child.name, outline.of(child)));
        let mut out: Vec<_> = earlier.map(|child| child.place.clone()).collect();
        if cells.is_empty() && out.is_empty() {
            return Ok(());
        }
        let mut pieces = Vec::new();
        if !cells.is_empty() {
            let places: Vec<&str> = cells.keys().map(String::as_str).collect();
            let rule = format!(
                "<conditionalFormatting sqref=\"{}\"><cfRule type=\"expression\" dxfId=\"{format}\" priority=\"1\">\
                 <formula>{RED_FORMULA}</formula></cfRule></conditionalFormatting>",
                places.join(" ")
            );
            pieces.push((outline.before(&AFTER_FORMATS), rule));
        }
        let drawing = outline.children.iter().find(|child| child.name == "legacyDrawing");
        if let Some(id) = Notes::find(self, path)?.write(self, number, cells)? {
            out.extend(drawing.map(|child| child.place.clone()));
            let piece = format!("<legacyDrawing xmlns:r=\"{RELATION}\" r:id=\"{id}\"/>");
            pieces.push((drawing.map_or(outline.before(&AFTER_NOTES), |child| child.place.start), piece));
        }
        let changed = outline.changed(&out, &pieces);
        self.changed.insert(path.to_owned(), changed);
        Ok(())
    }

    fn add_sheet(&mut self, content: String) -> Result<(), CellError> {
        const BOOK: &str = "xl/workbook.xml";
        const ID: &str = "rIdMinshengErrors";
        let text = self.part(BOOK)?;
        let outline = Outline::read(&text, BOOK)?;
        let sheets = outline.children.iter().find(|child| child.name == "sheets");
        let sheets = sheets.ok_or_else(|| CellError::file("FILE_XML", "工作簿没有工作表目录，无法标注"))?;
        let within = Outline::read(outline.of(sheets), BOOK)?;
        let ids =
            within.children.iter().filter_map(|child| attribute(within.of(child), "sheetId")?.parse::<u32>().ok());
        let number = ids.max().unwrap_or(0).saturating_add(1);
        let sheet =
            format!("<sheet xmlns:r=\"{RELATION}\" name=\"{ERROR_SHEET}\" sheetId=\"{number}\" r:id=\"{ID}\"/>");
        let changed = outline.changed(&[], &[(sheets.place.start + within.end(), sheet)]);
        self.changed.insert(BOOK.to_owned(), changed);
        self.append(
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationship Id=\"{ID}\" Type=\"{RELATION}/worksheet\" Target=\"worksheets/minsheng-errors.xml\"/>"
            ),
        )?;
        self.content_type("xl/worksheets/minsheng-errors.xml", &format!("{CONTENT}.worksheet+xml"))?;
        self.changed.insert("xl/worksheets/minsheng-errors.xml".to_owned(), content);
        Ok(())
    }

    fn content_type(&mut self, path: &str, kind: &str) -> Result<(), CellError> {
        self.append("[Content_Types].xml", &format!("<Override PartName=\"/{path}\" ContentType=\"{kind}\"/>"))
    }
}

/// What is wrong in each cell of a sheet, several things on lines of their own.
fn cells_of(sheet: &str, errors: &[CellError]) -> BTreeMap<String, String> {
    let mut cells: BTreeMap<String, String> = BTreeMap::new();
    for error in errors {
        if let Some((name, cell)) = error.place.rsplit_once('!')
            && name == sheet
        {
            let notes = cells.entry(cell.to_owned()).or_default();
            if !notes.is_empty() {
                notes.push('\n');
            }
            notes.push_str(&error.message);
        }
    }
    cells
}

/// An attribute of a piece's first tag.
fn attribute(piece: &str, name: &str) -> Option<String> {
    let tag = piece.split('>').next()?;
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
    unescape(value).ok().map(std::borrow::Cow::into_owned)
}

/// Text as it stands in XML.
fn escaped(text: &str) -> String {
    escape(crate::text::clean(text).as_str()).into_owned()
}

/// The archive with parts replaced or added; all else is copied as it is packed.
fn rewritten(bytes: &[u8], mut changed: BTreeMap<String, String>) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        match changed.remove(entry.name()) {
            None => writer.raw_copy_file(entry)?,
            Some(text) => {
                writer.start_file(entry.name(), options)?;
                writer.write_all(text.as_bytes())?;
            }
        }
    }
    for (path, text) in changed {
        writer.start_file(path, options)?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}
