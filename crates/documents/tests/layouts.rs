//! The brief and the printed table, pictures, and that a document's bytes come from its fonts' bytes and not from their folder.
#![allow(clippy::unwrap_used, clippy::float_arithmetic, missing_docs)]

mod fixture;
mod measure;

use measure::sample::{FINE, LEFT, PITCH, RIGHT, letter, table};
use measure::{dark, near, red, render};
use minsheng_documents::document::{Block, Layout};

#[test]
fn the_brief_has_a_masthead_of_its_own_and_says_whom_it_goes_to() {
    let mut document = letter(700);
    document.layout = Layout::Brief;
    document.masthead.mark = "民生实事旬简报".to_owned();
    document.masthead.issue = "第3期（总第27期）".to_owned();
    document.signature = None;
    document.title = vec!["6月中旬重点民生实事项目".to_owned(), "推进情况".to_owned()];
    document.imprint.copies_to = String::new();
    document.imprint.reported_to = "县委书记、县长。".to_owned();
    document.imprint.sent_to = "县委常委，副县长。".to_owned();
    document.imprint.issued_to = "各乡镇人民政府，县直有关单位。".to_owned();
    document.imprint.copies = 80;
    let pdf = render("brief", &document);
    let ink = pdf.ink(1);
    let page = &pdf.pages[0];
    let mark = ink.edges((0.0, 38.0, 210.0, 65.0), red).unwrap();
    near("middle of the name", f64::midpoint(mark.left, mark.right), f64::midpoint(LEFT, RIGHT), 1.0);
    near("compiler one character in", page.word("安化县重点民生实事项目办公室").left, LEFT + PITCH, FINE);
    near("date one character in", page.word("2023年6月28日").right, RIGHT - PITCH, FINE);
    assert!(page.word("第3期").top < page.word("安化县重点").top);
    let page = String::from_utf8(minsheng_documents::render::html(&document).unwrap()).unwrap();
    std::fs::write(pdf.path.with_extension("html"), &page).unwrap();
    let last = pdf.text(pdf.pages.len());
    for words in ["报：", "送：", "发：", "（共印80份）"] {
        assert!(last.contains(words), "{words} is not in {last}");
        assert!(page.contains(words), "{words} is not in the HTML");
    }
    assert_eq!(pdf.pages.len(), 2, "a brief's imprint needs no even page of its own");
}

#[test]
fn a_printed_table_has_lines_to_sign_on() {
    let mut document = letter(1);
    document.layout = Layout::Printed;
    document.title = vec!["安化县2023年重点民生实事项目任务分解表".to_owned()];
    document.masthead.number = String::new();
    document.body = vec![
        Block::Table(table("任务分解表", 12, 60)),
        Block::SignatureLines(["单位负责人", "审核人", "填报人", "联系电话"].map(str::to_owned).to_vec()),
    ];
    document.signature = None;
    let pdf = render("printed", &document);
    assert!(pdf.pages.iter().all(|page| page.width > page.height));
    for page in &pdf.pages {
        assert!(page.words.iter().any(|word| word.text == "第12列"));
    }
    let last = pdf.pages.last().unwrap();
    let lines = last.word("单位负责人");
    let page = String::from_utf8(minsheng_documents::render::html(&document).unwrap()).unwrap();
    std::fs::write(pdf.path.with_extension("html"), &page).unwrap();
    assert!(page.contains("<span>单位负责人：</span>") && !page.contains("class=\"office\""));
    assert!(["审核人", "填报人", "联系电话"].iter().all(|label| (last.word(label).top - lines.top).abs() < 0.5));
}

/// One figure of each kind with the tables of their figures.
fn figures() -> Vec<Block> {
    use minsheng_documents::document::Figure;
    use minsheng_documents::picture::{
        Fund, Matrix, Progress, Series, Standing, completion, funds, matrix, ranking, trend,
    };
    let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let figure = |title: &str, svg: String| {
        Block::Figure(Figure {
            title: title.to_owned(),
            description: format!("{title}：数据见下表"),
            svg,
            table: table(title, 4, 3),
        })
    };
    let progress =
        [("城镇新增就业", "50.2"), ("补贴性职业培训", "46.2"), ("农村适龄妇女免费检查", "25.0"), ("适老化改造", "")];
    let progress = progress.map(|(name, done)| Progress {
        name: name.to_owned(),
        completion: done.to_owned(),
        expected: "46.8".to_owned(),
    });
    let standings = [("县教育局", 1, "98.50"), ("县人社局", 2, "96.00"), ("县残联", 3, "60.08")];
    let standings =
        standings.map(|(name, rank, score)| Standing { name: name.to_owned(), rank, score: score.to_owned() });
    let series = [
        Series { name: "平均完成率".to_owned(), values: strings(&["8.1", "15.6", "22.4", "", "41.0", "46.2"]) },
        Series { name: "序时应达".to_owned(), values: strings(&["5.5", "13.7", "21.6", "30.1", "38.4", "46.8"]) },
    ];
    let months: Vec<String> = (1..=6).map(|month| format!("{month}月")).collect();
    let townships = Matrix {
        rows: strings(&["东坪镇", "清塘铺镇", "梅城镇", "江南镇", "云台山风景区"]),
        columns: strings(&["城镇新增就业", "适老化改造", "蓄水能力", "农村公路", "水源地整治"]),
        fields: (0..5)
            .map(|row| {
                let field = |column: i32| {
                    if (row + column) % 4 == 0 { String::new() } else { (row * 23 + column * 11).to_string() }
                };
                (0..5).map(field).collect()
            })
            .collect(),
        expected: "46.8".to_owned(),
    };
    let amounts = [Fund {
        name: "农村水利".to_owned(),
        planned: "10811".to_owned(),
        arrived: "6200.5".to_owned(),
        spent: "5102.25".to_owned(),
    }];
    vec![
        figure("重点指标完成率与序时进度", completion(&progress)),
        figure("牵头单位得分", ranking(&standings)),
        figure("分月平均完成率", trend(&months, &series, "%")),
        figure("乡镇（区域）任务完成率", matrix(&townships)),
        figure("资金到位与支出", funds(&amounts, "万元")),
    ]
}

#[test]
fn pictures_stand_in_the_pdf_with_their_words_and_the_table_of_their_figures() {
    let mut document = letter(60);
    document.body = figures();
    let pdf = render("figures", &document);
    let text: String = (1..=pdf.pages.len()).map(|page| pdf.text(page)).collect();
    for words in ["城镇新增就业", "50.2%", "98.50", "平均完成率", "东坪镇", "10811", "单位：万元"] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    for (index, page) in pdf.pages.iter().enumerate() {
        assert!(pdf.ink(index + 1).edges((RIGHT + 0.3, 0.0, page.width, page.height), dark).is_none());
    }
    let page = String::from_utf8(minsheng_documents::render::html(&document).unwrap()).unwrap();
    assert_eq!(page.matches("<svg ").count(), 5);
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures.html");
    std::fs::write(path, page).unwrap();
}

#[test]
fn another_folder_with_the_same_fonts_in_another_order_gives_the_same_bytes() {
    let known = measure::fonts();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fonts-reversed");
    std::fs::create_dir_all(folder.join("b")).unwrap();
    for (index, file) in known.files().iter().rev().enumerate() {
        let target = if index % 2 == 0 { folder.join(&file.name) } else { folder.join("b").join(&file.name) };
        std::fs::copy(&file.path, target).unwrap();
    }
    std::fs::write(folder.join("a.otf"), b"no font").unwrap();
    let families = minsheng_documents::typeset::Families::free();
    let moved = minsheng_documents::typeset::FontSet::find(&folder, families.clone()).unwrap();
    assert_eq!(moved.record(), known.record());
    assert_eq!(moved.record().len(), 6);
    let document = letter(100);
    let bytes = minsheng_documents::render::pdf(&document, &moved).unwrap();
    assert!(bytes == minsheng_documents::render::pdf(&document, &known).unwrap());
    // A font that changed since it was listed is not printed with.
    let text = moved.files().iter().find(|file| file.name.starts_with("FandolFang")).unwrap();
    std::fs::write(&text.path, b"other").unwrap();
    let error = minsheng_documents::render::pdf(&document, &moved).unwrap_err().to_string();
    assert!(error.contains("has changed"), "{error}");
    let error = minsheng_documents::typeset::FontSet::find(&folder, families).unwrap_err().to_string();
    assert!(error.contains("FandolFang R") && error.contains("FandolHei"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}
