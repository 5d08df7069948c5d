//! What GB/T 9704-2012 asks of a printed document, measured on the PDF itself.
#![allow(clippy::unwrap_used, clippy::float_arithmetic, missing_docs)]

mod fixture;
mod measure;

use fixture::{material, snapshot};
use measure::sample::{BOTTOM, FINE, FOURTH, LEFT, LINE, PITCH, RIGHT, TOP, letter, table};
use measure::{Pdf, dark, near, red, render};
use minsheng_documents::bulletin::compose;
use minsheng_documents::document::{Attachment, Block};

fn numbered(pdf: &Pdf, page: usize) -> bool {
    pdf.pages[page - 1].words.iter().any(|word| word.text.starts_with('—') && word.top > BOTTOM)
}

#[test]
fn the_type_area_holds_22_lines_of_28_characters() {
    let pdf = render("grid", &letter(3 * 22 * 28));
    let page = &pdf.pages[1];
    near("width of the page", page.width, 210.0, 0.1);
    near("height of the page", page.height, 297.0, 0.1);
    let lines: Vec<_> = page.lines().into_iter().filter(|line| line[0].top < BOTTOM).collect();
    assert_eq!(lines.len(), 22);
    for line in &lines {
        let letters: usize = line.iter().map(|word| word.text.chars().count()).sum();
        assert_eq!(letters, 28, "{line:?}");
        near("left of a line", line[0].left, LEFT, FINE);
    }
    let middle = |line: usize| f64::midpoint(lines[line][0].top, lines[line][0].bottom);
    near("pitch of the lines", (middle(21) - middle(0)) / 21.0, LINE, 0.01);
    let ink = pdf.ink(2);
    let text = ink.edges((0.0, 0.0, 210.0, BOTTOM + 3.0), dark).unwrap();
    near("left ink", text.left, LEFT, 0.8);
    near("upper ink", text.top, TOP, 0.8);
    assert!(text.right <= RIGHT && text.right > RIGHT - 1.0, "{text:?}");
    assert!(text.bottom <= BOTTOM, "{text:?}");
    // A paragraph's first line is two characters in.
    let first = pdf.pages[0].lines().into_iter().find(|line| line[0].text.starts_with("为扎实")).unwrap();
    near("indent", first[0].left, LEFT + 2.0 * PITCH, FINE);
}

#[test]
fn no_ink_leaves_the_type_area_to_the_right_whatever_stands_in_the_text() {
    let mut document = compose(&material(&snapshot())).unwrap();
    document.demo_mark = String::new();
    let words = "“（《标点》）”；：、。，！？——……".repeat(30);
    document.body.insert(0, Block::paragraph(words));
    document.body.insert(0, Block::paragraph(format!("{}{}", "x".repeat(300), "9".repeat(200))));
    document.body.insert(0, Block::paragraph("溁湾镇硚口Ω€é한글かな".repeat(9)));
    let pdf = render("edges", &document);
    for (index, page) in pdf.pages.iter().enumerate().filter(|(_, page)| page.width < 250.0) {
        let ink = pdf.ink(index + 1);
        assert!(ink.edges((RIGHT + 0.1, 0.0, page.width, page.height), dark).is_none(), "page {}", index + 1);
        assert!(ink.edges((0.0, 0.0, LEFT - 0.1, page.height), dark).is_none(), "page {}", index + 1);
    }
    let fonts = String::from_utf8(measure::tool("pdffonts", &[pdf.path.to_str().unwrap()])).unwrap();
    assert!(fonts.contains("NotoSerifCJK"), "what 仿宋 lacks is set in another font:\n{fonts}");
}

#[test]
fn the_masthead_stands_where_the_standard_puts_it() {
    let document = letter(400);
    let pdf = render("masthead", &document);
    let page = &pdf.pages[0];
    let ink = pdf.ink(1);
    let mark = ink.edges((0.0, 50.0, 210.0, 95.0), red).unwrap();
    near("upper edge of the red mark", mark.top, TOP + 35.0, 0.5);
    near("middle of the red mark", f64::midpoint(mark.left, mark.right), f64::midpoint(LEFT, RIGHT), 1.0);
    let number = page.word("安实办通报〔2023〕3号");
    let written = ink.edges((LEFT, number.top - 2.0, RIGHT, number.bottom + 1.5), dark).unwrap();
    near("middle of the number", f64::midpoint(written.left, written.right), f64::midpoint(LEFT, RIGHT), 2.0);
    let lines_between = (written.top - mark.bottom) / LINE;
    assert!((2.0..2.8).contains(&lines_between), "two empty lines, not {lines_between}");
    let line = ink.edges((0.0, written.bottom + 1.0, 210.0, written.bottom + 9.0), red).unwrap();
    near("red line under the number", line.top - written.bottom, 4.0, 0.8);
    near("left end of the red line", line.left, LEFT, 0.2);
    near("right end of the red line", line.right, RIGHT, 0.2);
    let title = page.word("关于安化县");
    near("size of the title", title.bottom - title.top, 22.0 * measure::MM, 1.2);
    let lines_between = (title.top - line.bottom) / LINE;
    assert!((1.9..2.7).contains(&lines_between), "two empty lines, not {lines_between}");
    let addressees = page.word("各乡镇人民政府");
    near("addressees", addressees.left, LEFT, FINE);
    assert!(page.words.iter().any(|word| word.text.starts_with("为扎实")), "the first page shows text");
}

#[test]
fn page_numbers_stand_outside_seven_millimetres_under_the_type_area() {
    let pdf = render("numbers", &letter(4 * 22 * 28));
    for (index, page) in pdf.pages.iter().enumerate() {
        let number = index + 1;
        let ink = pdf.ink(number);
        let marks = ink.edges((0.0, BOTTOM + 1.0, 210.0, BOTTOM + 12.0), dark).unwrap();
        let words: Vec<_> = page.words.iter().filter(|word| word.top > BOTTOM && word.top < BOTTOM + 9.0).collect();
        let text: String = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(text, format!("—{number}—"));
        let dash = ink.edges((marks.left, BOTTOM + 1.0, marks.left + 3.0, BOTTOM + 12.0), dark).unwrap();
        near("dash under the type area", f64::midpoint(dash.top, dash.bottom) - BOTTOM, 7.0, 0.3);
        if number % 2 == 1 {
            near("right end of an odd number", words.last().unwrap().right, RIGHT - FOURTH, FINE);
        } else {
            near("left end of an even number", words[0].left, LEFT + FOURTH, FINE);
        }
    }
}

#[test]
fn the_imprint_ends_the_last_even_page() {
    for (name, characters) in [("one", 60), ("odd", 1500), ("full", 22 * 28 + 330)] {
        let pdf = render(&format!("imprint-{name}"), &letter(characters));
        let last = pdf.pages.len();
        assert_eq!(last % 2, 0, "{name}: {last} pages");
        let page = pdf.pages.last().unwrap();
        let copies = page.word("抄送");
        assert!(copies.top > BOTTOM - 45.0, "{name}: {copies:?}");
        let lines = pdf.ink(last).edges((LEFT + 40.0, copies.top - 5.0, LEFT + 41.0, BOTTOM + 2.0), dark).unwrap();
        near("last line of the imprint", lines.bottom, BOTTOM, 0.4);
        let shared = page.words.iter().any(|word| word.top < copies.top - 10.0);
        let said = pdf.pages[last - 2].words.iter().any(|word| word.top < BOTTOM);
        assert!(shared || said || !numbered(&pdf, last), "{name}: a number after a blank page");
    }
}

#[test]
fn a_blank_page_before_the_imprint_and_the_imprint_have_no_number() {
    // A landscape annex that ends on an odd page is followed by the imprint; after an even one comes a blank page first.
    let mut blanks = 0;
    for (name, characters) in [("blank-a", 800), ("blank-b", 800 + 22 * 28)] {
        let mut document = letter(characters);
        document.attachments = vec![Attachment::of(table("全部指标进展明细表", 12, 5))];
        let pdf = render(name, &document);
        let last = pdf.pages.len();
        let imprint = &pdf.pages[last - 1];
        assert_eq!(last % 2, 0);
        assert!(imprint.words.iter().any(|word| word.text.starts_with("抄送")) && imprint.width < imprint.height);
        if pdf.pages[last - 2].words.is_empty() {
            blanks += 1;
            assert!(!numbered(&pdf, last));
            assert!(pdf.pages[last - 3].width > 250.0);
        } else {
            assert!(numbered(&pdf, last));
            assert!(pdf.pages[last - 2].width > 250.0);
        }
    }
    assert_eq!(blanks, 1);
}

#[test]
fn signature_and_attachment_note_keep_their_places() {
    let mut document = letter(300);
    document.attachments = vec![Attachment::of(table("任务明细表", 4, 3)), Attachment::of(table("名单", 3, 2))];
    document.signature.as_mut().unwrap().name = "安化县实事办".to_owned();
    let pdf = render("signature", &document);
    let page = pdf.pages.iter().find(|page| page.words.iter().any(|word| word.text.starts_with("附件："))).unwrap();
    near("attachment note", page.word("附件：").left, LEFT + 2.0 * PITCH, FINE);
    let second = page.words.iter().find(|word| word.text.contains("名单")).unwrap();
    near("the second one under the first", second.left, LEFT + 5.0 * PITCH, 1.5);
    let words = || pdf.pages.iter().flat_map(|page| &page.words);
    let name = words().find(|word| word.text == "安化县实事办").unwrap();
    let date = words().find(|word| word.text == "2023年6月28日").unwrap();
    near("date four characters in", date.right, RIGHT - 4.0 * PITCH, FINE);
    near("name over the date", f64::midpoint(name.left, name.right), f64::midpoint(date.left, date.right), FINE);
    near("name and date", date.top - name.top, LINE, 0.1);
    document.signature.as_mut().unwrap().sealed = false;
    let pdf = render("unsealed", &document);
    let words: Vec<_> = pdf.pages.iter().flat_map(|page| &page.words).collect();
    let name = words.iter().find(|word| word.text == "安化县实事办").unwrap();
    let date = words.iter().find(|word| word.text == "2023年6月28日").unwrap();
    near("date two characters right of the name", date.left - name.left, 2.0 * PITCH, FINE);
    near("the longer one two characters in", name.right.max(date.right), RIGHT - 2.0 * PITCH, FINE);
}

#[test]
fn tables_on_their_side_have_the_number_where_upright_pages_have_it_and_repeat_their_heads() {
    let mut document = letter(300);
    document.attachments = vec![Attachment::of(table("全部指标进展明细表", 12, 70))];
    let pdf = render("landscape", &document);
    let pages: Vec<(usize, &measure::Page)> =
        (1..).zip(&pdf.pages).filter(|(_, page)| page.width > page.height).collect();
    assert!(pages.len() >= 2);
    for (number, page) in pages {
        assert!(page.words.iter().any(|word| word.text == "第12列"), "no head on page {number}");
        assert!(page.words.iter().any(|word| word.text.contains("依据认定数")), "no basis on page {number}");
        let ink = pdf.ink(number);
        // The upright page's lower edge is this page's left one: 35 mm margin, the dash seven millimetres into it.
        let dash = ink.edges((22.0, 0.0, 34.0, 210.0), dark).unwrap();
        near("dash beside the type area", f64::midpoint(dash.left, dash.right), 28.0, 1.2);
        if number % 2 == 1 {
            near("odd number ends", dash.bottom, 210.0 - 26.0 - FOURTH, 0.8);
        } else {
            near("even number begins", dash.top, 28.0 + FOURTH, 0.8);
        }
        // The table's head is at the upper edge, which is the upright page's left one.
        let head = page.word("第12列");
        let first = page.words.iter().filter(|word| word.text.parse::<u32>().is_ok() && word.left > 40.0);
        assert!(first.into_iter().all(|word| word.top > head.top), "the head is not above");
        assert!(ink.edges((297.0 - 36.9, 20.0, 297.0, 210.0), dark).is_none(), "ink right of the type area");
    }
}

#[test]
fn an_attachment_begins_a_page_with_its_label_and_its_title_on_the_third_line() {
    let mut document = letter(300);
    document.attachments = vec![Attachment::of(table("任务明细表", 4, 3)), Attachment::of(table("名单", 3, 40))];
    let pdf = render("attachments", &document);
    let page = pdf.pages.iter().find(|page| page.words.iter().any(|word| word.text == "附件1")).unwrap();
    let label = page.word("附件1");
    near("label", label.left, LEFT, FINE);
    near("label", label.top, TOP, 2.0);
    let title = page.word("任务明细表");
    near("title", f64::midpoint(title.left, title.right), f64::midpoint(LEFT, RIGHT), 1.0);
    near("title on the third line", title.top, TOP + 2.0 * LINE, 2.5);
    assert_eq!(pdf.text(1).matches("任务明细表").count() + pdf.text(2).matches("任务明细表").count(), 1);
}

#[test]
fn the_same_document_gives_the_same_bytes_and_says_what_it_is() {
    let mut document = compose(&material(&snapshot())).unwrap();
    document.verification = Some("https://minsheng.example/verify/2023-3".to_owned());
    let pdf = render("bulletin", &document);
    let bytes = std::fs::read(&pdf.path).unwrap();
    assert!(bytes == minsheng_documents::render::pdf(&document, &measure::fonts()).unwrap());
    let path = pdf.path.to_str().unwrap();
    let info = String::from_utf8(measure::tool("pdfinfo", &[path])).unwrap();
    for line in ["Tagged:          yes", "JavaScript:      no", "Encrypted:       no", "2023年重点民生实事项目6月份"]
    {
        assert!(info.contains(line), "{line}:\n{info}");
    }
    assert!(
        info.contains("安实办通报〔2023〕3号") && info.contains("programmes/430923-2023/snapshots/2023-06-1"),
        "{info}"
    );
    let fonts = String::from_utf8(measure::tool("pdffonts", &[path])).unwrap();
    for family in ["FandolFang", "FandolHei", "FandolKai", "FandolSong-Bold", "FandolSong-Regular"] {
        let line = fonts.lines().find(|line| line.contains(family));
        let line = line.unwrap_or_else(|| panic!("{family} is not used:\n{fonts}"));
        assert!(line.contains("yes yes yes"), "not embedded, cut down and mapped: {line}");
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("/Outlines"), "no bookmarks");
    assert!(text.contains("pdfuaid:part"), "not PDF/UA");
    // The code stands outside the type area.
    let code = pdf.ink(1).edges((RIGHT - 5.0, 2.0, 208.0, 30.0), dark).unwrap();
    assert!(code.bottom < TOP && code.right - code.left > 14.0, "{code:?}");
}

#[test]
fn hostile_text_is_shown_and_never_run() {
    let mut document = letter(100);
    let attacks = "#eval(\"1\") #panic(\"x\") $1+1$ *bold* <end> @imprint \\ #read(\"/etc/passwd\") `raw` // gone /* gone */\u{202e}";
    document.title = vec![attacks.to_owned()];
    document.masthead.number = attacks.to_owned();
    document.body.push(Block::paragraph(attacks.to_owned()));
    document.body.push(Block::Table(table(attacks, 2, 1)));
    document.attachments = vec![Attachment::of(table(attacks, 2, 1))];
    document.imprint.copies_to = attacks.to_owned();
    document.origin = attacks.to_owned();
    let pdf = render("hostile", &document);
    let text: String = (1..=pdf.pages.len()).map(|page| pdf.text(page)).collect();
    for words in ["#eval(\"1\")", "#panic(\"x\")", "$1+1$", "*bold*", "<end>", "@imprint", "// gone"] {
        assert!(text.contains(words), "{words} is not shown in {text}");
    }
    assert!(!text.contains("root:") && !text.contains('\u{202e}'));
}
