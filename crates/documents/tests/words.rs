//! What each kind of document says in each situation, as it is written: golden texts. And what an office may do with its
//! templates: change words, add a kind, and be told of what is wrong with file and line.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod fixture;

use fixture::{material, snapshot, standing};
use minsheng_documents::bulletin::{BulletinError, Earlier, Material, MonthMaterial, compose};
use minsheng_documents::document::{Block, Document, Layout};
use minsheng_documents::words::{TemplateError, Templates};
use minsheng_proto::ranking::v1::{ArticleRow, Discipline, Light, Snapshot};

/// The document as text, a block a line, tables and attachments by their titles.
fn text(document: &Document) -> String {
    let mut lines = vec![document.full_title()];
    for block in &document.body {
        lines.push(match block {
            Block::Heading { text, .. } => text.clone(),
            Block::Paragraph { lead, text } => format!("{lead}{text}"),
            Block::Table(table) => format!("[{}，{}行]", table.title, table.rows.len()),
            Block::Figure(figure) => format!("[{}]", figure.title),
            Block::SignatureLines(labels) => format!("签字：{}", labels.join("　")),
        });
    }
    for attachment in &document.attachments {
        lines.push(format!("附件：{}", attachment.title));
    }
    lines.join("\n")
}

fn written(material: &Material) -> String {
    text(&compose(material).unwrap())
}

fn of(kind: &str, snapshot: &Snapshot) -> Material {
    Material { kind: kind.to_owned(), ..material(snapshot) }
}

/// All lights but those in `keep` become green, on schedule.
fn only_behind(snapshot: &mut Snapshot, keep: &[&str]) {
    for row in snapshot.indicators.iter_mut().filter(|row| !keep.contains(&row.indicator.as_str())) {
        if matches!(row.light(), Light::Yellow | Light::Red) {
            row.set_light(Light::Green);
        }
    }
}

fn earlier(snapshot: &Snapshot) -> Earlier {
    Earlier {
        document_number: "安实办通报〔2023〕2号".to_owned(),
        date: "2023-05-28".to_owned(),
        snapshot: Some(snapshot.clone()),
    }
}

#[test]
fn a_month_with_many_behind_and_ties() {
    insta::assert_snapshot!(written(&of("monthly", &snapshot())));
}

#[test]
fn a_month_with_nobody_behind_and_all_reports_in_time() {
    let mut month = snapshot();
    only_behind(&mut month, &[]);
    month.lead_units.iter_mut().for_each(|row| row.among_last = false);
    month.discipline = Some(Discipline { owed: 9, on_time: 9, ..Default::default() });
    insta::assert_snapshot!(written(&of("monthly", &month)));
}

#[test]
fn a_month_with_one_far_behind_in_a_small_group_with_a_tie_at_the_end() {
    let mut month = snapshot();
    only_behind(&mut month, &["8.1"]);
    month.lead_units = vec![
        standing("jyj", "县教育局", "98.50", 1, 2),
        standing("rsj", "县人社局", "90.00", 2, 1),
        standing("cl", "县残联", "60.00", 3, 3),
        standing("fl", "县妇联", "60.00", 3, 4),
    ];
    month.lead_units.iter_mut().for_each(|row| row.among_first = row.rank == 1);
    for row in &mut month.lead_units[2..] {
        (row.among_last, row.tied) = (true, true);
    }
    insta::assert_snapshot!(written(&of("monthly", &month)));
}

#[test]
fn a_month_in_which_all_fell_with_an_amended_target() {
    let mut month = snapshot();
    for row in month.indicators.iter_mut().filter(|row| !row.completion.is_empty()) {
        row.previous_completion = "100.0".to_owned();
    }
    month.indicators[0].completion = "99.9".to_owned();
    month.amendment_reason = "第9项目标由50个改为48个。".to_owned();
    month.period = "2023-07".to_owned();
    month.cut_off = "2023-07-20".to_owned();
    insta::assert_snapshot!(written(&of("monthly", &month)));
}

#[test]
fn a_correction_says_what_it_changes() {
    let (before, mut now) = (snapshot(), snapshot());
    now.indicators[1].measures[0].certified = Some(fixture::quantity("2600", "人"));
    now.indicators[1].completion = "52.0".to_owned();
    now.lead_units[1].score = "95.50".to_owned();
    now.lead_units[1].rank = 3;
    now.lead_units.swap(1, 2);
    now.lead_units[1].tied = false;
    now.lead_units[2].tied = false;
    let corrected = Some(earlier(&before));
    insta::assert_snapshot!(written(&Material { corrected, ..of("monthly", &now) }));
    let same = Material { corrected: Some(earlier(&before)), ..of("monthly", &before) };
    assert!(written(&same).contains("各指标的数据没有变化。"));
}

#[test]
fn a_brief_on_ten_days() {
    let before = snapshot();
    let mut now = snapshot();
    now.period = "2023-06-X2".to_owned();
    now.indicators[1].measures[0].certified = Some(fixture::quantity("2600", "人"));
    now.indicators[6].set_light(Light::Green);
    now.indicators[7].problem = "汛期水位高，施工窗口推迟。".to_owned();
    let first = of("ten_day", &now);
    let document = compose(&first).unwrap();
    assert_eq!((document.layout, document.masthead.mark.as_str()), (Layout::Brief, "安化县重点民生实事旬简报"));
    assert_eq!((document.imprint.copies, document.signature.is_none()), (60, true));
    assert!(text(&document).contains("这是第一期"));
    let previous = Some(Earlier { document_number: "第4期（总第4期）".to_owned(), ..earlier(&before) });
    insta::assert_snapshot!(written(&Material { previous, ..first.clone() }));
    let unmoved = Some(Earlier { document_number: "第4期（总第4期）".to_owned(), ..earlier(&now) });
    assert!(written(&Material { previous: unmoved, ..first }).contains("与第4期（总第4期）相比，各指标没有变化。"));
}

#[test]
fn a_quarter_of_its_months() {
    let mut months = [snapshot(), snapshot(), snapshot()];
    for (index, month) in months.iter_mut().enumerate() {
        month.period = format!("2023-0{}", index + 4);
    }
    months[0].articles =
        vec![ArticleRow {
            unit: "jyj".into(), unit_name: "县教育局".into(), title: "一校一策抓开工".into()
        }];
    let mut first = months[1].clone();
    first.indicators[3].measures[0].certified = Some(fixture::quantity("5000", "人"));
    let material = Material {
        months: months
            .iter()
            .enumerate()
            .map(|(index, month)| MonthMaterial {
                snapshot: Some(month.clone()),
                first: (index == 1).then(|| first.clone()),
            })
            .collect(),
        ..of("quarterly", &months[2])
    };
    insta::assert_snapshot!(written(&material));
    assert!(matches!(compose(&of("quarterly", &months[1])), Err(BulletinError::Period(_))));
}

#[test]
fn a_year_with_and_without_what_is_left_open() {
    let mut december = snapshot();
    december.period = "2023-12".to_owned();
    december.cut_off = "2023-12-31".to_owned();
    let months = vec![MonthMaterial { snapshot: Some(december.clone()), first: None }];
    insta::assert_snapshot!(written(&Material { months: months.clone(), ..of("annual", &december) }));
    for row in &mut december.indicators {
        row.set_light(Light::Blue);
    }
    let all_done = written(&Material { months, ..of("annual", &december) });
    assert!(all_done.contains("重点指标8项全部完成。") && !all_done.contains("未完成的指标"), "{all_done}");
}

#[test]
fn the_tasks_of_a_year() {
    let mut year = snapshot();
    year.period = "2023".to_owned();
    year.cut_off = "2023-01-01".to_owned();
    let document = compose(&of("tasks", &year)).unwrap();
    assert_eq!(document.layout, Layout::Printed);
    assert_eq!(document.source, "依据年度项目第1版；演示数据");
    insta::assert_snapshot!(text(&document));
}

fn with(files: &[(&str, &str)]) -> Material {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Material { templates: Some(Templates::embedded().with(files)), ..of("monthly", &snapshot()) }
}

fn refused(text: &str) -> TemplateError {
    match compose(&with(&[("monthly.txt", text)])) {
        Err(BulletinError::Template(error)) => error,
        other => panic!("{other:?}"),
    }
}

const TOP: &str = "{#\n文种：月通报\n版式：公文\n依据：月\n#}\n标题：甲\n";

#[test]
fn a_further_kind_is_one_file() {
    let letter = "{#\n文种：督办函\n版式：公文\n依据：月\n#}\n标题：关于督办{{ 滞后|length }}项滞后指标的函\n\n\
                  {% for 行 in 滞后 %}{{ 行.单位 }}：{{ 行.名称 }}落后{{ 行.偏差|绝对值 }}个百分点。{% endfor %}\n\n[表 滞后指标清单]\n";
    let material = Material { kind: "duban".to_owned(), ..with(&[("duban.txt", letter)]) };
    let document = compose(&material).unwrap();
    assert_eq!(document.full_title(), "关于督办4项滞后指标的函");
    assert!(text(&document).contains("县残联：康复救助残疾儿童落后39.4个百分点。"), "{}", text(&document));
    assert!(matches!(compose(&of("duban", &snapshot())), Err(BulletinError::Kind(_))));
}

#[test]
fn what_is_wrong_with_a_template_is_said_with_its_line() {
    for (body, line, words) in [
        ("{{ 没有的 }}", 7, "没有这个名称"),
        ("\n{% if 重点 %}", 8, "语法有误"),
        ("{{ 年|没有的 }}", 7, "没有这个过滤器"),
        ("\n\n[表 没有的表]", 9, "没有名为“没有的表”的表"),
        ("{% include \"/etc/passwd\" %}", 7, "模板文件夹中没有这个文件"),
        ("{% include \"../monthly.txt\" %}", 7, "模板文件夹中没有这个文件"),
        ("{{ 滞后 }}", 7, "列表"),
        ("{{ 0.1 + 0.2 }}", 7, "小数"),
        ("{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}", 7, "运行过久"),
    ] {
        let error = refused(&format!("{TOP}{body}\n"));
        assert!(error.file == "monthly.txt" && error.line == line && error.message.contains(words), "{body}: {error}");
    }
    assert_eq!(refused("标题：甲").line, 1);
    assert!(refused("{#\n文种：甲\n版式：书信\n#}").to_string().starts_with("monthly.txt:3: 版式应为"));
    assert!(refused("{#\n文种：甲\n版式：公文\n依据：月\n#}\n没有标题").message.contains("标题"));
    let broken = with(&[("common.txt", "{% macro 甲() %}\n{{ 乙")]);
    assert!(matches!(compose(&broken), Err(BulletinError::Template(error)) if error.file == "common.txt"));
}

#[test]
fn what_data_says_is_never_a_mark_or_code() {
    let mut month = snapshot();
    month.indicators[5].title = "# 甲\n[表 滞后指标清单] {{ 7 * 7 }}".to_owned();
    let body = format!("{TOP}{{{{ 滞后[1].名称 }}}}\n");
    let templates = Templates::embedded().with([("monthly.txt".to_owned(), body)]);
    let document = compose(&Material { templates: Some(templates), ..of("monthly", &month) }).unwrap();
    assert_eq!(text(&document), "甲\n# 甲 [表 滞后指标清单] {{ 7 * 7 }}");
}
