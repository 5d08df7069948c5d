//! Notes on a sheet's cells: those of others stay, ours of an earlier round are replaced. A sheet with threaded comments or
//! form controls is left without ours, since their drawing is shared.

use std::collections::BTreeMap;

use super::splice::Outline;
use super::{CONTENT, CellError, Marking, RELATION, attribute, escaped};
use crate::workbook::package::parse_cell;
use crate::workbook::parts::rich_text;
use crate::workbook::xml::{MAX_ELEMENTS, Token, Tokens};

/// Who writes our notes.
const AUTHOR: &str = "系统核对";

/// What a sheet has of notes: its relations' part, the parts of notes and drawing with the drawing's id.
pub(super) struct Notes {
    relations: String,
    parts: Option<(String, String, String)>,
    shared: bool,
}

impl Notes {
    /// Looks at a sheet's relations.
    pub(super) fn find(marking: &mut Marking<'_>, sheet: &str) -> Result<Notes, CellError> {
        let (folder, file) = sheet.rsplit_once('/').unwrap_or(("", sheet));
        let relations = format!("{folder}/_rels/{file}.rels");
        let text = marking.part(&relations)?;
        let outline = Outline::read(&text, &relations)?;
        let (mut notes, mut drawing, mut shared) = (None, None, false);
        for child in &outline.children {
            let piece = outline.of(child);
            let kind = attribute(piece, "Type").unwrap_or_default();
            let target = attribute(piece, "Target").map(|target| resolved(folder, &target));
            match kind.rsplit('/').next().unwrap_or_default() {
                "comments" => notes = target,
                "vmlDrawing" => drawing = target.zip(attribute(piece, "Id")),
                "threadedComment" | "ctrlProp" => shared = true,
                _ => {}
            }
        }
        let parts = notes.zip(drawing).map(|(notes, (drawing, id))| (notes, drawing, id));
        Ok(Notes { relations, parts, shared })
    }

    /// Writes the notes; the answer is the drawing's relation, none where there is nothing to draw or it is not ours to.
    pub(super) fn write(
        self,
        marking: &mut Marking<'_>,
        number: usize,
        cells: &BTreeMap<String, String>,
    ) -> Result<Option<String>, CellError> {
        if self.shared || (cells.is_empty() && self.parts.is_none()) {
            return Ok(None);
        }
        let mut all: BTreeMap<String, (String, String)> = BTreeMap::new();
        let (notes, drawing, id) = match self.parts {
            Some((notes, drawing, id)) => {
                let text = marking.part(&notes)?;
                all = others(&text, &notes)?;
                (notes, drawing, id)
            }
            None => add(marking, &self.relations, number)?,
        };
        for (cell, words) in cells {
            let (author, text) = all.entry(cell.clone()).or_default();
            AUTHOR.clone_into(author);
            *text = if text.is_empty() { words.clone() } else { format!("{words}\n{text}") };
        }
        let shapes = (1..).zip(all.keys()).map(|(shape, cell)| note_shape(number * 1024 + shape, cell));
        marking.changed.insert(drawing, drawing_part(number, &shapes.collect::<String>()));
        marking.changed.insert(notes, notes_part(&all));
        Ok(Some(id))
    }
}

/// Parts for a sheet that has no notes yet.
fn add(marking: &mut Marking<'_>, relations: &str, number: usize) -> Result<(String, String, String), CellError> {
    let notes = format!("xl/minsheng-notes{number}.xml");
    let drawing = format!("xl/drawings/minsheng-notes{number}.vml");
    let id = "rIdMinshengDrawing".to_owned();
    if marking.part(relations)?.is_empty() {
        let empty =
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"></Relationships>";
        marking.changed.insert(relations.to_owned(), empty.to_owned());
    }
    for (id, kind, target) in [("rIdMinshengNotes", "comments", &notes), (&id, "vmlDrawing", &drawing)] {
        let relation = format!("<Relationship Id=\"{id}\" Type=\"{RELATION}/{kind}\" Target=\"/{target}\"/>");
        marking.append(relations, &relation)?;
    }
    marking.content_type(&notes, &format!("{CONTENT}.comments+xml"))?;
    marking.content_type(&drawing, "application/vnd.openxmlformats-officedocument.vmlDrawing")?;
    Ok((notes, drawing, id))
}

/// A relation's target from the package's root.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').collect();
    for piece in target.split('/') {
        match piece {
            ".." => drop(path.pop()),
            "." => {}
            name => path.push(name),
        }
    }
    path.join("/")
}

/// Notes that are not ours: author and text by cell.
fn others(text: &str, path: &str) -> Result<BTreeMap<String, (String, String)>, CellError> {
    let mut left = MAX_ELEMENTS;
    let mut tokens = Tokens::new(text, path, &mut left);
    let (mut authors, mut notes, mut cell) = (Vec::new(), BTreeMap::new(), (String::new(), String::new()));
    let mut in_author = false;
    loop {
        match tokens.next()? {
            Token::Start(tag) if tag.name() == "author" => {
                authors.push(String::new());
                in_author = true;
            }
            Token::Text(piece) if in_author => {
                if let Some(author) = authors.last_mut() {
                    author.push_str(&piece);
                }
            }
            Token::End(name) if name == "author" => in_author = false,
            Token::Start(tag) if tag.name() == "comment" => {
                let author = tag.attribute("authorId").and_then(|number| number.parse::<usize>().ok());
                let author = author.and_then(|number| authors.get(number)).cloned().unwrap_or_default();
                cell = (tag.attribute("ref").unwrap_or_default(), author);
            }
            Token::Start(tag) if tag.name() == "text" => {
                let words = rich_text(&mut tokens, "text")?;
                if cell.1 != AUTHOR {
                    notes.insert(cell.0.clone(), (cell.1.clone(), words));
                }
            }
            Token::Eof => return Ok(notes),
            _ => {}
        }
    }
}

fn notes_part(notes: &BTreeMap<String, (String, String)>) -> String {
    let mut authors: Vec<&str> = notes.values().map(|(author, _)| author.as_str()).collect();
    authors.sort_unstable();
    authors.dedup();
    let names: String = authors.iter().map(|author| format!("<author>{}</author>", escaped(author))).collect();
    let all = notes.iter().map(|(cell, (author, text))| {
        let number = authors.iter().position(|known| known == author).unwrap_or(0);
        let (cell, text) = (escaped(cell), escaped(text));
        format!(
            "<comment ref=\"{cell}\" authorId=\"{number}\"><text><r><t xml:space=\"preserve\">{text}</t></r></text></comment>"
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <comments xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><authors>{names}</authors>\
         <commentList>{}</commentList></comments>",
        all.collect::<String>()
    )
}

fn drawing_part(number: usize, shapes: &str) -> String {
    format!(
        "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
         xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" \
         data=\"{number}\"/></o:shapelayout><v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" \
         path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" \
         o:connecttype=\"rect\"/></v:shapetype>{shapes}</xml>"
    )
}

/// The box of a note, hidden until its cell is pointed at.
fn note_shape(id: usize, cell: &str) -> String {
    let (row, column) = parse_cell(cell).unwrap_or_default();
    let (left, right, top, bottom) = (column + 1, column + 4, row.saturating_sub(1), row + 3);
    format!(
        "<v:shape id=\"_x0000_s{id}\" type=\"#_x0000_t202\" style=\"position:absolute;visibility:hidden\" \
         fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/><v:path o:connecttype=\"none\"/>\
         <v:textbox style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox>\
         <x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/>\
         <x:Anchor>{left}, 12, {top}, 8, {right}, 12, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>\
         <x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
}
