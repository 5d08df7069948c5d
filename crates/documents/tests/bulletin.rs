//! What a reader of a bulletin relies on: the text agrees with its figures, every table says what it rests on, nothing in it
//! runs, and the same snapshot gives the same bytes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod fixture;

use std::path::Path;

use fixture::{material, snapshot, standing};
use minsheng_documents::bulletin::{BulletinError, render_html, render_xlsx};
use minsheng_proto::ranking::v1::{Discipline, FigureBasis, Light, Snapshot};

fn html(snapshot: &Snapshot) -> String {
    String::from_utf8(render_html(&material(snapshot)).unwrap()).unwrap()
}

/// The letter's text without its tables, a paragraph a line.
fn letter(snapshot: &Snapshot) -> String {
    let page = html(snapshot);
    let main = page.split_once("<main").unwrap().1.split_once('>').unwrap().1.split_once("</main>").unwrap().0;
    let mut text = String::new();
    for (index, piece) in main.split("<table").enumerate() {
        let piece = if index == 0 { piece } else { piece.split_once("</table>").unwrap().1 };
        let mut rest = piece;
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            let (tag, after) = after.split_once('>').unwrap();
            if ["/p", "/h1", "/h2", "br"].contains(&tag) {
                text.push('\n');
            }
            rest = after;
        }
        text.push_str(rest);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// All lights but those in `keep` become green, on schedule.
fn only_behind(snapshot: &mut Snapshot, keep: &[&str]) {
    for row in snapshot.indicators.iter_mut().filter(|row| !keep.contains(&row.indicator.as_str())) {
        if matches!(row.light(), Light::Yellow | Light::Red) {
            row.set_light(Light::Green);
        }
    }
}

#[test]
fn a_full_month_reads_as_written() {
    insta::assert_snapshot!(letter(&snapshot()));
}

#[test]
fn nothing_behind_nothing_owed_nobody_last() {
    let mut month = snapshot();
    only_behind(&mut month, &[]);
    month.lead_units.iter_mut().for_each(|row| row.among_last = false);
    month.discipline = Some(Discipline { owed: 9, on_time: 9, ..Default::default() });
    month.demo_mark = String::new();
    month.previous_period = String::new();
    month.set_basis(FigureBasis::Fast);
    let text = letter(&month);
    assert!(!html(&month).contains("演示数据"));
    insta::assert_snapshot!(text);
}

#[test]
fn one_behind_in_a_small_group() {
    let mut month = snapshot();
    only_behind(&mut month, &["8.1"]);
    month.lead_units = vec![
        standing("jyj", "县教育局", "98.50", 1, 1),
        standing("rsj", "县人社局", "90.00", 2, 2),
        standing("cl", "县残联", "60.00", 3, 3),
    ];
    month.lead_units.iter_mut().for_each(|row| row.among_first = row.rank == 1);
    month.lead_units[2].among_last = true;
    let text = letter(&month);
    assert!(
        text.contains("参加排名的牵头单位3个。前一位：县教育局（第1名，98.50分）。后一位：县残联（第3名，60.00分）。"),
        "{text}"
    );
    assert!(text.contains("滞后的重点指标1项，为严重滞后，情况如下。"), "{text}");
    assert!(text.contains("3个单位名次均未变化"), "{text}");
}

#[test]
fn july_says_who_passed_the_half() {
    let mut month = snapshot();
    month.period = "2023-07".to_owned();
    month.cut_off = "2023-07-20".to_owned();
    month.amendment_reason = "第9项目标由50个改为48个".to_owned();
    let text = letter(&month);
    assert!(
        text.contains(
            "有完成率的重点指标7项，其中2项实现时间过半、任务过半；5项任务尚未过半：补贴性职业培训（46.2%）、"
        ),
        "{text}"
    );
    assert!(text.contains("自本月起目标有调整：第9项目标由50个改为48个。"), "{text}");
    assert!(!letter(&snapshot()).contains("任务过半"));
}

#[test]
fn every_table_says_what_it_is_as_at_and_what_it_rests_on() {
    let page = html(&snapshot());
    let tables = page.matches("<table").count();
    assert_eq!(tables, 5);
    assert_eq!(page.matches("<span>数据截至2023年6月20日；依据认定数；演示数据</span>").count(), tables);
    assert!(page.contains("<p class=\"demo\">演示数据</p>"));
    let mut month = snapshot();
    month.set_basis(FigureBasis::Unspecified);
    assert!(matches!(render_html(&material(&month)), Err(BulletinError::Basis)));
    month.set_basis(FigureBasis::Fast);
    assert_eq!(html(&month).matches("依据快报数；演示数据</span>").count(), tables);
}

#[test]
fn hostile_text_is_inert() {
    let mut month = snapshot();
    let attacks =
        "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{7*7}}{% include %}&\u{202e}\u{0}javascript:";
    month.programme_title = attacks.to_owned();
    month.demo_mark = attacks.to_owned();
    month.indicators[5].title = attacks.to_owned();
    month.indicators[5].unit_name = attacks.to_owned();
    month.lead_units[0].unit_name = attacks.to_owned();
    month.lead_units[0].lines[0].facts = attacks.to_owned();
    month.townships[0].title = attacks.to_owned();
    month.discipline.as_mut().unwrap().missing[0].detail = attacks.to_owned();
    let page = html(&month);
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(page.contains("&#60;script&#62;") && page.contains("{{7*7}}"));
    assert!(!page.contains('\u{202e}') && !page.contains('\u{0}'));
    assert!(page.contains("default-src 'none'"));
    render_xlsx(&material(&month)).unwrap();
}

#[test]
fn the_workbook_holds_numbers_as_numbers_and_formula_like_text_as_text() {
    let mut month = snapshot();
    month.lead_units[0].unit_name = "=HYPERLINK(\"http://x\",\"y\")".to_owned();
    month.townships[0].title = "@SUM(A1)".to_owned();
    month.townships[1].title = "+cmd".to_owned();
    month.townships[2].title = "-1+1".to_owned();
    let bytes = render_xlsx(&material(&month)).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut part = |path: &str| std::io::read_to_string(archive.by_name(path).unwrap()).unwrap();
    let names = part("xl/workbook.xml");
    for sheet in ["通报要点", "排名", "滞后清单", "指标明细", "乡镇明细", "报送纪律", "得分说明"]
    {
        assert!(names.contains(&format!("<sheet name=\"{sheet}\"")), "{sheet}");
    }
    assert_eq!(names.matches("_xlnm.Print_Titles").count(), 7);
    for number in 1..=7 {
        let sheet = part(&format!("xl/worksheets/sheet{number}.xml"));
        assert!(!sheet.contains("<f>"), "a formula in sheet {number}");
        assert!(sheet.contains("state=\"frozen\""), "nothing frozen in sheet {number}");
    }
    assert!(part("xl/worksheets/sheet2.xml").contains("<v>98.5</v>"));
    let townships = part("xl/worksheets/sheet6.xml");
    assert!(townships.contains("<v>4.59</v>") && townships.contains("<v>101</v>"));
    let strings = part("xl/sharedStrings.xml");
    assert!(strings.contains("@SUM(A1)") && strings.contains("+cmd") && strings.contains("-1+1"));
    assert!(strings.contains("数据截至2023年6月20日；依据认定数；演示数据"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the clock must have moved on by two seconds: a zip's tick")]
fn the_same_snapshot_gives_the_same_bytes_seconds_apart() {
    let month = snapshot();
    let (page, workbook) = (render_html(&material(&month)).unwrap(), render_xlsx(&material(&month)).unwrap());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("bulletin.html"), &page).unwrap();
    std::fs::write(folder.join("bulletin.xlsx"), &workbook).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert!(page == render_html(&material(&month)).unwrap());
    assert!(workbook == render_xlsx(&material(&month)).unwrap());
}

#[test]
fn a_month_without_anything_still_makes_a_bulletin() {
    let month = Snapshot {
        period: "2023-12".to_owned(),
        basis: FigureBasis::Fast.into(),
        cut_off: "2023-12-31".to_owned(),
        division_name: "安化县".to_owned(),
        ..Default::default()
    };
    let text = letter(&month);
    assert!(text.contains("本月没有参加排名的重点指标。") && text.contains("本月没有可以排名的牵头单位。"), "{text}");
    assert!(text.contains("本月没有应报的进展。") && text.contains("五、下步工作要求"), "{text}");
    render_xlsx(&material(&month)).unwrap();
    let quarter = Snapshot { period: "2023-Q2".to_owned(), ..month };
    assert!(matches!(render_html(&material(&quarter)), Err(BulletinError::Period(_))));
}

#[test]
fn lower_tiers_have_tables_of_their_own_where_there_are_any() {
    let mut month = snapshot();
    assert!(!html(&month).contains("下级地区排名表"));
    month.lower_tiers = vec![month.lead_units[0].clone()];
    month.lower_tiers[0].unit_name = "益阳市".to_owned();
    month.tier_indicators = vec![month.indicators[0].clone()];
    month.tier_indicators[0].indicator = "3.1@430900".to_owned();
    let text = html(&month);
    for words in ["下级地区排名表", "下级地区指标进展明细表", "益阳市", "3.1@430900"] {
        assert!(text.contains(words), "{words}");
    }
}
