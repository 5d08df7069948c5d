//! What an office relies on in a DOCX: real styles and headings, heads of tables that repeat, page fields on the right side,
//! pages of their own for what lies on its side, texts that stay texts, and a form that every program opens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod fixture;

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use fixture::{material, snapshot};
use minsheng_documents::bulletin::compose;
use minsheng_documents::document::{
    Attachment, Block, Cell, Document, Head, Imprint, Layout, Level, Masthead, Signature, Table,
};
use minsheng_documents::render;
use quick_xml::Reader;
use quick_xml::events::Event;
use zip::{DateTime, ZipArchive};

fn parts(document: &Document) -> Vec<(String, String)> {
    let bytes = render::docx(document).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let read = (0..archive.len()).map(|index| {
        let mut entry = archive.by_index(index).unwrap();
        assert_eq!(entry.last_modified(), Some(DateTime::default()), "the clock is in the file");
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (entry.name().to_owned(), content)
    });
    read.collect()
}

fn part(document: &Document, path: &str) -> String {
    parts(document).into_iter().find(|(name, _)| name == path).unwrap().1
}

fn bulletin() -> Document {
    compose(&material(&snapshot())).unwrap()
}

fn text(words: &str) -> Block {
    Block::paragraph(words.to_owned())
}

fn table(title: &str) -> Table {
    Table {
        sheet: title.to_owned(),
        title: title.to_owned(),
        source: "数据截至2023年6月20日".to_owned(),
        units: "单位：户".to_owned(),
        heads: vec![Head::new("名称", 20), Head::of("改造", "任务", 10), Head::of("改造", "完成", 10)],
        rows: vec![vec![Cell::text("柳溪镇"), Cell::number("12"), Cell::number("3.5")]],
        note: "空白不等于零。".to_owned(),
    }
}

fn of(layout: Layout) -> Document {
    Document {
        layout,
        masthead: Masthead {
            mark: "民生实事简报".to_owned(),
            issue: "第3期（总第27期）".to_owned(),
            compiler: "县实事办".to_owned(),
            date: "2023年6月21日".to_owned(),
            ..Masthead::default()
        },
        title: vec!["六月中旬进展".to_owned()],
        addressees: String::new(),
        body: vec![text("本旬情况如下。")],
        attachments: Vec::new(),
        signature: None,
        imprint: Imprint::default(),
        verification: None,
        demo_mark: String::new(),
        source: String::new(),
        origin: String::new(),
        day: "2023-06-21".parse().unwrap(),
        sheets: Vec::new(),
        summary_sheet: "要点".to_owned(),
    }
}

/// Styles of the paragraphs with their texts, as they end: what stands in a box comes before the paragraph that it hangs on.
fn paragraphs(xml: &str) -> Vec<(String, String)> {
    let (mut all, mut reader) = (Vec::new(), Reader::from_str(xml));
    let (mut open, mut in_text) = (Vec::<(String, String)>::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) if tag.name().0 == "w:p" => open.push(Default::default()),
            Event::Empty(tag) if tag.name().0 == "w:pStyle" => {
                open.last_mut().unwrap().0 = tag.attributes().flatten().next().unwrap().value.into_owned();
            }
            Event::Start(tag) if tag.name().0 == "w:t" => in_text = true,
            Event::End(tag) if tag.name().0 == "w:t" => in_text = false,
            Event::Text(piece) if in_text => open.last_mut().unwrap().1.push_str(&piece),
            Event::End(tag) if tag.name().0 == "w:p" => all.extend(open.pop()),
            Event::Eof => return all,
            _ => {}
        }
    }
}

#[test]
fn every_style_in_use_is_defined_and_headings_have_their_levels() {
    let mut document = bulletin();
    let levels = [Level::First, Level::Second, Level::Third, Level::Fourth];
    document.body.extend(levels.map(|level| Block::Heading { level, text: "标题".to_owned() }));
    document.body.push(Block::SignatureLines(vec!["填报人".to_owned(), "审核人".to_owned()]));
    let styles = part(&document, "word/styles.xml");
    let used: BTreeSet<String> =
        parts(&document).iter().flat_map(|(_, xml)| paragraphs(xml)).map(|(style, _)| style).collect();
    for style in &used {
        assert!(styles.contains(&format!("w:styleId=\"{style}\"")), "{style} is not defined");
    }
    for needed in ["Title", "Addressee", "BodyText", "Heading1", "Heading4", "TableHead", "AttachmentLabel", "Imprint"]
    {
        assert!(used.contains(needed), "{needed} is not used");
    }
    for (level, font) in ["黑体", "楷体_GB2312", "仿宋_GB2312", "仿宋_GB2312"].iter().enumerate() {
        let number = level + 1;
        let style = styles.split(&format!("w:styleId=\"Heading{number}\"")).nth(1).unwrap();
        let style = style.split("</w:style>").next().unwrap();
        assert!(style.contains(&format!("<w:name w:val=\"heading {number}\"/>")), "{style}");
        assert!(style.contains(&format!("<w:outlineLvl w:val=\"{level}\"/>")), "{style}");
        assert!(style.contains(&format!("w:eastAsia=\"{font}\"")), "{style}");
    }
}

#[test]
fn heads_of_tables_repeat_and_rows_are_not_divided() {
    let document = Document { body: vec![Block::Table(table("改造进展"))], ..of(Layout::Printed) };
    let xml = part(&document, "word/document.xml");
    let rows: Vec<&str> = xml.split("<w:tr>").skip(1).collect();
    let heads = rows.iter().filter(|row| row.contains("<w:tblHeader/>")).count();
    assert_eq!((rows.len(), heads), (3, 2), "two rows of heads and one of figures");
    assert!(rows.iter().all(|row| row.contains("<w:cantSplit/>")));
    assert!(rows[0].contains("<w:gridSpan w:val=\"2\"/>") && rows[0].contains("<w:vMerge w:val=\"restart\"/>"));
    assert!(rows[1].contains("<w:vMerge w:val=\"continue\"/>"));
    assert!(rows[2].contains("<w:jc w:val=\"right\"/>"), "figures stand at the right");
    let empty = Table { rows: Vec::new(), ..table("改造进展") };
    let document = Document { body: vec![Block::Table(empty)], ..of(Layout::Printed) };
    assert!(part(&document, "word/document.xml").contains("本期没有"));
}

#[test]
fn page_numbers_are_fields_on_odd_pages_right_and_on_even_ones_left() {
    let document = bulletin();
    let all = parts(&document);
    let of = |path: &str| &all.iter().find(|(name, _)| name == path).unwrap().1;
    assert!(of("word/settings.xml").contains("<w:evenAndOddHeaders/>"));
    let xml = of("word/document.xml");
    let relations = of("word/_rels/document.xml.rels");
    let target = |section: &str, kind: &str, element: &str| {
        let id = section.split(&format!("<w:{element} w:type=\"{kind}\" r:id=\"")).nth(1).unwrap();
        let id = id.split('"').next().unwrap();
        let relation = relations.split(&format!("Id=\"{id}\"")).nth(1).unwrap();
        let path = relation.split("Target=\"").nth(1).unwrap().split('"').next().unwrap();
        of(&format!("word/{path}"))
    };
    let sections: Vec<&str> = xml.split("<w:sectPr>").skip(1).collect();
    assert_eq!(sections.len(), 3, "the text, what lies on its side, the imprint");
    for (kind, side) in [("default", "right"), ("even", "left")] {
        let footer = target(sections[0], kind, "footerReference");
        assert!(footer.contains("> PAGE </w:instrText>") && footer.contains(&format!("<w:jc w:val=\"{side}\"/>")));
        let lying = target(sections[1], kind, "headerReference");
        assert!(lying.contains("> PAGE </w:instrText>") && lying.contains("vert=\"vert\""), "turned with the page");
        assert!(!target(sections[1], kind, "footerReference").contains("PAGE"));
        let last = [target(sections[2], kind, "footerReference"), target(sections[2], kind, "headerReference")];
        assert!(last.iter().all(|part| !part.contains("PAGE")), "the imprint's page has no number");
    }
    assert!(sections[0].contains("w:w=\"11906\" w:h=\"16838\""));
    assert!(sections[1].contains("w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\""));
    assert!(sections[2].contains("<w:type w:val=\"evenPage\"/>"));
    for section in sections {
        assert!(section.contains("<w:docGrid w:type=\"lines\" w:linePitch=\"579\"/>"));
        let references = section.find("<w:footerReference").unwrap();
        assert!(references < section.find("<w:pgSz").unwrap(), "references come first");
    }
}

#[test]
fn the_text_reads_in_order_and_each_attachment_begins_a_page() {
    let document = Document {
        attachments: vec![
            Attachment { title: "说明".to_owned(), blocks: vec![text("第一段。")], landscape: false },
            Attachment::of(table("改造进展")),
        ],
        signature: Some(Signature {
            name: "县实事办".to_owned(), date: "2023年6月21日".to_owned(), sealed: true
        }),
        imprint: Imprint { copies_to: "县委办。".to_owned(), ..Imprint::default() },
        masthead: Masthead { number: "县实办通报〔2023〕3号".to_owned(), ..of(Layout::Brief).masthead },
        addressees: "各乡镇：".to_owned(),
        ..of(Layout::Official)
    };
    let xml = part(&document, "word/document.xml");
    let read: Vec<(String, String)> = paragraphs(&xml);
    let read: Vec<(&str, &str)> = read.iter().map(|(style, words)| (style.as_str(), words.as_str())).collect();
    let first = [
        ("Mark", "民生实事简报"),
        ("DocumentNumber", "县实办通报〔2023〕3号"),
        ("RedLine", ""),
        ("Title", "六月中旬进展"),
        ("Addressee", "各乡镇："),
        ("BodyText", "本旬情况如下。"),
        ("AttachmentNote", "附件：1.说明"),
        ("AttachmentNote", "2.改造进展"),
        ("SignatureName", "县实事办"),
        ("Date", "2023年6月21日"),
        ("AttachmentLabel", "附件1"),
        ("AttachmentTitle", "说明"),
        ("BodyText", "第一段。"),
        ("AttachmentLabel", "附件2"),
        ("AttachmentTitle", "改造进展"),
        ("TableSource", "数据截至2023年6月20日单位：户"),
    ];
    assert_eq!(read[..first.len()], first);
    assert!(!read.contains(&("TableTitle", "改造进展")), "what has just been said is not repeated");
    assert_eq!(xml.matches("<w:pageBreakBefore/>").count(), 2);
}

#[test]
fn each_layout_has_its_own_masthead() {
    let styles = |layout| paragraphs(&part(&of(layout), "word/document.xml"));
    let styles = |layout| styles(layout).into_iter().map(|(style, _)| style).collect::<Vec<_>>();
    assert_eq!(styles(Layout::Brief)[..4], ["Mark", "BriefIssue", "BriefOffice", "RedLine"]);
    assert_eq!(styles(Layout::Printed)[..2], ["Title", "BodyText"]);
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "<script>alert(1)</script>{{7*7}} ]]><w:p/>&amp;\u{0}\u{8}\u{202e}=HYPERLINK(\"http://x\")";
    let mut cells = table("改造进展");
    cells.rows[0][0] = Cell::text(hostile);
    cells.heads[0].title = hostile.to_owned();
    let document = Document {
        title: vec![hostile.to_owned()],
        addressees: hostile.to_owned(),
        body: vec![text(hostile), Block::Table(cells)],
        demo_mark: hostile.to_owned(),
        origin: hostile.to_owned(),
        imprint: Imprint { copies_to: hostile.to_owned(), ..Imprint::default() },
        ..of(Layout::Official)
    };
    let shown = "<script>alert(1)</script>{{7*7}} ]]><w:p/>&amp;\u{fffd}\u{fffd}\u{fffd}=HYPERLINK(\"http://x\")";
    for (name, xml) in parts(&document) {
        let mut reader = Reader::from_str(&xml);
        while !matches!(reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}")), Event::Eof) {}
        assert!(!xml.contains("<script") && !xml.contains('\u{202e}') && !xml.contains('\u{8}'), "{name}");
        assert!(!xml.contains("TargetMode") && !xml.contains("HYPERLINK &quot;"), "{name} leads outside");
    }
    let xml = part(&document, "word/document.xml");
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    assert_eq!(xml.matches(&escaped).count(), 6, "title, addressees, text, head, cell, imprint");
}

/// Children of properties in the order of the schema (ECMA-376 part 1, wml.xsd), as far as they are in use.
const ORDER: [(&str, &[&str]); 6] = [
    (
        "w:pPr",
        &[
            "w:pStyle",
            "w:keepNext",
            "w:keepLines",
            "w:pageBreakBefore",
            "w:widowControl",
            "w:pBdr",
            "w:tabs",
            "w:overflowPunct",
            "w:autoSpaceDE",
            "w:autoSpaceDN",
            "w:snapToGrid",
            "w:spacing",
            "w:ind",
            "w:jc",
            "w:outlineLvl",
            "w:rPr",
            "w:sectPr",
        ],
    ),
    ("w:rPr", &["w:rStyle", "w:rFonts", "w:color", "w:spacing", "w:kern", "w:sz", "w:szCs", "w:lang"]),
    ("w:sectPr", &["w:headerReference", "w:footerReference", "w:type", "w:pgSz", "w:pgMar", "w:cols", "w:docGrid"]),
    (
        "w:tblPr",
        &[
            "w:tblStyle",
            "w:tblW",
            "w:tblInd",
            "w:tblBorders",
            "w:tblLayout",
            "w:tblCellMar",
            "w:tblLook",
            "w:tblCaption",
        ],
    ),
    ("w:tcPr", &["w:tcW", "w:gridSpan", "w:vMerge", "w:vAlign"]),
    (
        "w:style",
        &["w:name", "w:basedOn", "w:next", "w:uiPriority", "w:semiHidden", "w:qFormat", "w:pPr", "w:rPr", "w:tblPr"],
    ),
];

#[test]
fn properties_come_in_the_order_of_the_schema() {
    for (name, xml) in parts(&bulletin()) {
        let (mut reader, mut open) = (Reader::from_str(&xml), Vec::<(String, usize)>::new());
        reader.config_mut().expand_empty_elements = true;
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => {
                    let child = tag.name().0.to_owned();
                    if let Some((parent, last)) = open.last_mut()
                        && let Some((_, order)) = ORDER.iter().find(|(known, _)| known == parent)
                    {
                        let place = order.iter().position(|known| *known == child);
                        let place = place.unwrap_or_else(|| panic!("{name}: {child} in {parent}"));
                        assert!(place >= *last, "{name}: {child} comes too late in {parent}");
                        *last = place;
                    }
                    open.push((child, 0));
                }
                Event::End(_) => drop(open.pop()),
                Event::Eof => break,
                _ => {}
            }
        }
    }
}
