//! Hostile workbooks, made for real: each would cost an unguarded reader its memory or its time, or is no workbook at all.
#![allow(unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A hostile file and the rule that must refuse it.
pub struct Bomb {
    pub name: &'static str,
    pub rule: &'static str,
    pub bytes: Vec<u8>,
}

const WORKBOOK: &str =
    r#"<workbook xmlns:r="r"><sheets><sheet name="基本情况" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const RELATIONS: &str =
    r#"<Relationships><Relationship Id="r1" Type="t/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const SHEET: &str = "xl/worksheets/sheet1.xml";
const STRINGS: &str = "xl/sharedStrings.xml";

/// A workbook of these parts beside the least that a workbook needs, compressed or stored.
fn workbook(parts: &[(&str, &str)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    let least = [
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        (SHEET, "<worksheet><sheetData/></worksheet>"),
    ];
    let missing = least.iter().filter(|(path, _)| parts.iter().all(|(other, _)| other != path));
    for (path, content) in missing.chain(parts) {
        writer.start_file(*path, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn deflated(parts: &[(&str, &str)]) -> Vec<u8> {
    workbook(parts, CompressionMethod::Deflated)
}

fn stored(parts: &[(&str, &str)]) -> Vec<u8> {
    workbook(parts, CompressionMethod::Stored)
}

/// The directory says 1,000 bytes where 8 MiB come out.
fn lying_directory() -> Vec<u8> {
    let spaces = " ".repeat(8 << 20);
    let mut bytes = deflated(&[(SHEET, &spaces)]);
    let real = u32::try_from(spaces.len()).unwrap().to_le_bytes();
    let places: Vec<usize> =
        bytes.windows(4).enumerate().filter(|(_, at)| *at == real).map(|(place, _)| place).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + 4].copy_from_slice(&1000_u32.to_le_bytes());
    }
    bytes
}

fn many_entries() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..5_000 {
        writer.start_file(format!("xl/media/{number}"), SimpleFileOptions::default()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A hundred entries of a megabyte each, none of which compresses suspiciously well.
fn large_in_sum() -> Vec<u8> {
    let mut state = 1_u32;
    let mut noise = String::with_capacity(1 << 20);
    while noise.len() < 1 << 20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push_str(&format!("{}{}", state % 100, "x".repeat(60)));
    }
    let mut one = ZipArchive::new(Cursor::new(deflated(&[("xl/media/0", &noise)]))).unwrap();
    let index = one.index_for_name("xl/media/0").unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..100 {
        writer.raw_copy_file_rename(one.by_index_raw(index).unwrap(), format!("xl/media/{number}")).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Cells whose tags are nearly as long as they may be.
fn long_tags() -> Vec<u8> {
    let (mut content, mut number) = (String::from("<worksheet><sheetData>"), 0);
    let long = "长".repeat(2_500);
    while content.len() < 24 << 20 {
        number += 1;
        content.push_str(&format!(
            r#"<row r="{}"><c z="{long}{number:0100}" r="A1" t="str"><v>{number}</v></c></row>"#,
            number % 5000
        ));
    }
    content.push_str("</sheetData></worksheet>");
    deflated(&[(SHEET, &content)])
}

fn text_in_many_cells() -> Vec<u8> {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "长".repeat(300_000));
    let cells: String =
        (1..=4_000).map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#)).collect();
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    stored(&[(STRINGS, &strings), (SHEET, &sheet)])
}

/// All of them.
pub fn all() -> Vec<Bomb> {
    let bomb = |name, rule, bytes| Bomb { name, rule, bytes };
    let sheet = |content: &str| stored(&[(SHEET, &format!("<worksheet>{content}</worksheet>"))]);
    let attributes: String = (0..80_000).map(|number| format!(" a{number}=\"1\"")).collect();
    let entities =
        r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>"#;
    let executable = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    vec![
        bomb("a thousand to one", "FILE_RATIO", deflated(&[(SHEET, &" ".repeat(16 << 20))])),
        bomb("large in sum", "FILE_UNPACKED_SIZE", large_in_sum()),
        bomb("a lying directory", "FILE_UNPACKED_SIZE", lying_directory()),
        bomb("five thousand entries", "FILE_ENTRIES", many_entries()),
        bomb(
            "a far cell",
            "SHEET_SIZE",
            sheet(r#"<sheetData><row r="1"><c r="XFD1048576"><v>1</v></c></row></sheetData>"#),
        ),
        bomb("a far row", "SHEET_SIZE", sheet(r#"<sheetData><row r="1048576"><c><v>1</v></c></row></sheetData>"#)),
        bomb("a vast dimension", "SHEET_SIZE", sheet(r#"<dimension ref="A1:XFD1048576"/><sheetData/>"#)),
        bomb("80,000 attributes", "FILE_XML", sheet(&format!("<sheetData><row r=\"1\"{attributes}/></sheetData>"))),
        bomb("nested 100,000 deep", "FILE_XML", sheet(&"<a>".repeat(100_000))),
        bomb("entities in entities", "FILE_XML", stored(&[(SHEET, entities)])),
        bomb("24 MiB of long tags", "FILE_XML", long_tags()),
        bomb(
            "three million elements",
            "FILE_XML",
            stored(&[(STRINGS, &format!("<sst>{}</sst>", "<si/>".repeat(3_000_000)))]),
        ),
        bomb("one long text in 4,000 cells", "FILE_CELLS", text_in_many_cells()),
        bomb(
            "a text that is not there",
            "FILE_DAMAGED",
            sheet(r#"<sheetData><row r="1"><c r="A1" t="s"><v>9</v></c></row></sheetData>"#),
        ),
        bomb("macros", "FILE_ACTIVE", stored(&[("xl/vbaProject.bin", "x")])),
        bomb("external links", "FILE_ACTIVE", stored(&[("xl/externalLinks/externalLink1.xml", "<x/>")])),
        bomb(
            "an outside relation",
            "FILE_ACTIVE",
            stored(&[(
                "xl/worksheets/_rels/sheet1.xml.rels",
                r#"<R><Relationship Type="t/oleObject" TargetMode="External" Target="file://x"/></R>"#,
            )]),
        ),
        bomb(
            "a formula",
            "CELL_FORMULA",
            sheet(r#"<sheetData><row r="4"><c r="B4"><f>1+1</f><v>2</v></c></row></sheetData>"#),
        ),
        bomb("a renamed executable", "FILE_NOT_WORKBOOK", executable[..64 << 10].to_vec()),
        bomb("an old or locked workbook", "FILE_OLD_OR_LOCKED", vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]),
        bomb("a zip that is no workbook", "FILE_NOT_WORKBOOK", {
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            writer.start_file("readme.txt", SimpleFileOptions::default()).unwrap();
            writer.finish().unwrap().into_inner()
        }),
        bomb("half a zip", "FILE_DAMAGED", {
            let whole = stored(&[]);
            whole[..whole.len() / 2].to_vec()
        }),
        bomb("17 MiB", "FILE_SIZE", vec![b'P'; 17 << 20]),
        bomb("nothing", "FILE_NOT_WORKBOOK", Vec::new()),
    ]
}
