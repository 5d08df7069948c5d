//! Documents written for these tests, in several layouts and wordings, and what must be read from each of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use minsheng_domain::division::DivisionCode;
use minsheng_domain::programme::check::KnownDivision;
use minsheng_domain::programme::{ClaimKind, Indicator, Measure, ProjectKind, TargetKind, summarise};
use minsheng_opinion::{Document, Draft, Known, Role, SourceBlock, SourceCell, read};

fn draft(text: &str) -> Draft {
    read(&Document::from_text(text), &Known::default())
}

fn indicators(draft: &Draft) -> Vec<&Indicator> {
    draft.programme.indicators().map(|(_, indicator)| indicator).collect()
}

fn measures(draft: &Draft) -> Vec<&Measure> {
    draft.programme.measures().map(|(_, measure)| measure).collect()
}

/// Title, target with its unit, and kind of each measure.
fn short(draft: &Draft) -> Vec<(String, String, TargetKind)> {
    let of = |measure: &Measure| {
        let target = measure.target.map_or_else(|| "-".to_owned(), |target| target.to_string());
        (measure.title.clone(), format!("{target}{}", measure.unit), measure.kind)
    };
    measures(draft).into_iter().map(of).collect()
}

fn expect(draft: &Draft, wanted: &[(&str, &str, TargetKind)]) {
    let wanted: Vec<_> =
        wanted.iter().map(|(title, target, kind)| ((*title).to_owned(), (*target).to_owned(), *kind)).collect();
    assert_eq!(short(draft), wanted);
}

fn codes(draft: &Draft) -> Vec<&str> {
    draft.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn prose_with_duties_in_brackets_and_labelled_lines() {
    use TargetKind::{AtLeast, AtMost, Coverage, Milestone, Parts, StageCount, StandardRaised};
    let draft = draft(include_str!("fixtures/prose.txt"));
    let programme = &draft.programme;
    assert_eq!((programme.division_name.as_str(), programme.year), ("云岭县", 2024));
    assert_eq!(programme.source.document_number, "云政办发〔2024〕8号");
    assert_eq!(programme.source.based_on, "清政办〔2024〕3号");
    assert_eq!(programme.source.published.unwrap().to_string(), "2024-03-06");
    assert_eq!(programme.reporting_rules.due_day, 25);
    assert_eq!(programme.projects.len(), 4);
    expect(
        &draft,
        &[
            ("新增普惠托位", "360个", Parts),
            ("公办托位", "200个", AtLeast),
            ("社会办托位", "160个", AtLeast),
            ("乡镇中心幼儿园改(扩)建", "2所", StageCount),
            ("城镇新增就业", "4800人", AtLeast),
            ("补贴性技能培训", "12000人次", AtLeast),
            ("城镇登记失业率", "5%", AtMost),
            ("开工建设污水处理厂", "1座", Milestone),
            ("建成", "1座", Milestone),
            ("改造农村户厕三千户以外的", "1500户", StageCount),
            ("行政村保洁全覆盖", "120个", Coverage),
            ("城市低保标准", "660元/人·月", StandardRaised),
            ("孤儿基本生活费", "1100元/人·月", StandardRaised),
            ("事实无人抚养儿童基本生活费", "1000元/人·月", StandardRaised),
        ],
    );
    let all = measures(&draft);
    assert_eq!(all[3].due.unwrap().to_string(), "2024-09-30");
    assert_eq!(all[8].due.unwrap().to_string(), "2025-12-31");
    assert_eq!(all[5].printed, "1.2万人次");
    assert_eq!(all[11].baseline.unwrap().to_string(), "620");
    let first = indicators(&draft)[0];
    assert_eq!(first.lead_unit_name, "县教育局");
    let others: Vec<&str> = first.participating_units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(others, ["县卫健局", "县住建局"]);
    // Stated: 4 projects and 9 tasks.
    assert_eq!(programme.stated_counts[0].projects, 4);
}

#[test]
fn a_table_flattened_to_one_cell_a_line() {
    let draft = draft(include_str!("fixtures/flattened.txt"));
    let found = indicators(&draft);
    let people: Vec<(&str, &str, Option<&str>)> = found
        .iter()
        .map(|it| {
            (
                it.code.as_str(),
                it.lead_unit_name.as_str(),
                it.leaders_in_charge.first().map(|leader| leader.name.as_str()),
            )
        })
        .collect();
    assert_eq!(
        people,
        [
            ("1.1", "市卫健委", Some("李华")),
            ("1.2", "市卫健委", Some("李华")),
            ("2.1", "市交通运输局", Some("王建国")),
            ("2.2", "市农业农村局", Some("陈芳")),
            ("3.1", "市水利局", None),
        ]
    );
    assert!(found.iter().all(|it| it.certifier_name == "市统计局"));
    assert!(found[1].certifier_inferred && !found[0].certifier_inferred);
    let whole = draft.programme.measure("2.2-1").unwrap();
    assert_eq!((whole.kind, whole.unit.as_str(), whole.parts.len()), (TargetKind::Parts, "万亩", 2));
    let summary = summarise(&draft.programme);
    assert_eq!((summary.filled, summary.cells), (10, 12));
    let divided: Vec<&str> =
        draft.programme.allocation_table.columns.iter().map(|column| column.measure.as_str()).collect();
    assert_eq!(divided, ["1.1-1", "2.1-1", "1.2-1"]);
    // 3200 + 2600 + 2100 + 1600 is 9500, and 9600 is printed; the others add up.
    let wrong: Vec<&str> =
        draft.findings.iter().filter(|it| it.code == "sum_differs_from_total").map(|it| it.field.as_str()).collect();
    assert_eq!(wrong, ["allocation_table.printed_totals[0]"]);
}

#[test]
fn rows_with_tabs_and_lists_of_units() {
    use TargetKind::{AtLeast, Money, StageCount};
    let draft = draft(include_str!("fixtures/spaced.txt"));
    expect(
        &draft,
        &[
            ("新建学校", "3所", StageCount),
            ("增加学位", "2700个", AtLeast),
            ("组织劳务输出", "8000人次", AtLeast),
            ("发放创业担保贷款", "6500万元", Money),
            ("巩固提升饮水工程", "14处", AtLeast),
            ("受益人口", "23000人", AtLeast),
        ],
    );
    let found = indicators(&draft);
    assert_eq!(found[0].lead_unit_name, "县教体局");
    assert_eq!(found[0].participating_units[0].name, "县住建局");
    let dues: Vec<String> = found.iter().map(|it| it.measures[0].due.unwrap().to_string()).collect();
    assert_eq!(dues, ["2023-08-31", "2023-12-31", "2023-10-31"]);
    assert_eq!(found[2].remark, "待市级资金下达");
    // Ten are named and three are listed.
    assert!(codes(&draft).contains(&"stated_count_differs"), "{:?}", codes(&draft));
}

#[test]
fn a_table_turned_on_its_side_divides_the_texts_tasks() {
    let draft = draft(include_str!("fixtures/turned.txt"));
    let table = &draft.programme.allocation_table;
    assert_eq!(table.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["城东街道", "城西街道", "北岭镇"]);
    assert_eq!(table.columns.len(), 2);
    assert_eq!(table.rows[2].cells[1], None);
    assert_eq!(indicators(&draft)[0].lead_unit_name, "区园林局");
    assert!(draft.findings.iter().any(|it| it.code == "shares_exceed_target"), "20 + 11 is more than 30");
}

#[test]
fn text_and_table_are_compared() {
    let text = "平川县2023年民生实事实施意见\n一、工作任务\n（一）重点民生实事项目\n1.改善出行。改造农村公路50公里；新建候车亭20座（县交通局牵头）。\n\
                2.关爱儿童。救助残疾儿童80人（县残联牵头）。建设儿童之家，推进送教上门工作。\n二、工作要求\n各单位抓好落实。\n附件1\n任务分解表\n\
                序号\t项目名称\t指标任务\t牵头单位\n1\t改善出行\t改造农村公路55公里\t县交通局\n\t\t新建农村候车亭20座\t县交通局\n2\t关爱残疾儿童\t救助残疾儿童80人\t县残联\n";
    let draft = draft(text);
    assert_eq!(indicators(&draft).len(), 3);
    let claims: Vec<(ClaimKind, &str)> =
        draft.programme.claims.iter().map(|claim| (claim.kind, claim.about.as_str())).collect();
    assert!(claims.contains(&(ClaimKind::Figure, "1.1")), "50 and 55: {claims:?}");
    assert!(claims.contains(&(ClaimKind::Wording, "1.2")), "{claims:?}");
    assert!(claims.contains(&(ClaimKind::Wording, "2")), "{claims:?}");
    assert!(claims.contains(&(ClaimKind::TextOnly, "2")), "{claims:?}");
    let found = codes(&draft);
    for code in ["figures_differ", "wording_differs", "task_in_text_only"] {
        assert!(found.contains(&code), "{code}: {found:?}");
    }
}

#[test]
fn merged_cells_and_sections_of_a_real_table() {
    let cell = |text: &str, columns, rows| SourceCell { text: text.to_owned(), columns, rows };
    let line = |texts: &[&str]| texts.iter().map(|text| cell(text, 1, 1)).collect::<Vec<_>>();
    let rows = vec![
        line(&["序号", "项目名称", "目标任务", "单位", "数量", "责任单位"]),
        vec![cell("一、重点民生实事", 6, 1)],
        vec![
            cell("1", 1, 2),
            cell("增加泊位", 1, 2),
            cell("新建停车场", 1, 1),
            cell("处", 1, 1),
            cell("6", 1, 1),
            cell("区城管局", 1, 2),
        ],
        line(&["新增泊位", "个", "1,250"]),
        vec![cell("二、重点监测项目", 6, 1)],
        line(&["1", "改善空气", "空气优良天数比率", "%", "≥90.5", "区生态环境分局"]),
    ];
    let title = SourceBlock::Paragraph("石塘区2025年民生实事项目责任分解表".to_owned());
    let draft = read(&Document::from_blocks([title, SourceBlock::Table(rows)]), &Known::default());
    let kinds: Vec<(ProjectKind, u32)> =
        draft.programme.projects.iter().map(|project| (project.kind, project.number)).collect();
    assert_eq!(kinds, [(ProjectKind::Key, 1), (ProjectKind::Monitored, 1)]);
    let read: Vec<(String, String)> = short(&draft).into_iter().map(|(title, target, _)| (title, target)).collect();
    let wanted = [("新建停车场", "6处"), ("新增泊位", "1250个"), ("空气优良天数比率", "90.5%")];
    assert_eq!(read, wanted.map(|(title, target)| (title.to_owned(), target.to_owned())));
    assert_eq!(indicators(&draft)[1].lead_unit_name, "区城管局");
}

#[test]
fn what_is_known_beside_the_document_is_used() {
    let divisions = [("999900", "白沙市"), ("999900100", "南湖镇"), ("999900101", "双溪镇"), ("999900200", "石门乡")];
    let divisions = divisions
        .map(|(code, name)| KnownDivision { code: code.parse::<DivisionCode>().unwrap(), name: name.to_owned() });
    let units = vec![("wjw".to_owned(), "白沙市卫健委".to_owned()), ("tjj".to_owned(), "市统计局".to_owned())];
    let known = Known { divisions: divisions.to_vec(), units, ..Known::default() };
    let draft = read(&Document::from_text(include_str!("fixtures/flattened.txt")), &known);
    assert_eq!(draft.programme.division, "999900");
    let rows: Vec<&str> = draft.programme.allocation_table.rows.iter().map(|row| row.division.as_str()).collect();
    assert_eq!(rows, ["999900100", "999900101", "999900200", ""], "河口街道 is not known");
    assert_eq!(indicators(&draft)[0].certifier, "tjj");
    assert!(draft.units.iter().any(|unit| unit.name == "市水利局" && !unit.known));
}

#[test]
fn blanks_that_were_lost_are_not_guessed() {
    let text = "某县2023年民生实事\n1.新增就业900人（县人社局牵头）。\n附件\n乡镇明细表\n乡镇\n就业900人\n公路50公里\n东乡\n300\n20\n西乡\n200\n南镇\n100\n10\n北镇\n300\n南关镇\n5\n合计\n900\n50\n";
    let draft = draft(text);
    assert!(codes(&draft).contains(&"table_not_aligned"), "{:?}", codes(&draft));
    assert!(draft.programme.allocation_table.rows.is_empty());
}

#[test]
fn numbers_that_are_no_targets_are_listed_with_their_reason() {
    let draft = draft(
        "某县2023年民生实事\n1.服务老人。为65岁以上老年人2000人体检，打造“15分钟”服务圈3个，改造35千伏线路12公里（县卫健局牵头）。\n2.修路。修路3公里。\n",
    );
    let listed: Vec<(&str, Role)> = draft.unused.iter().map(|it| (it.text.as_str(), it.role)).collect();
    assert_eq!(listed, [("65", Role::Age), ("15分钟", Role::Name), ("35", Role::Name)]);
    assert_eq!(short(&draft).len(), 4);
}

#[test]
fn garbage_gives_findings_and_no_panic() {
    let draft = draft(include_str!("fixtures/garbage.txt"));
    assert!(!draft.findings.is_empty());
    let nothing = self::draft("今天天气很好。\n我们去公园。");
    assert!(codes(&nothing).contains(&"no_tasks_found"));
}

#[test]
fn cells_parted_by_blanks_and_duties_behind_the_task() {
    let text = "临江县2023年民生实事任务分解表\n序号 项目名称 目标任务 牵头单位 完成时限\n1 学校建设 新建学校3所 县教体局 8月底前\n2 公路改造 改造农村公路60公里 县交通局 12月底前\n\
                附件2\n乡镇 新建学校3所 改造农村公路60公里\n东山镇 1 25\n西山乡 1 20\n南山乡 1 15\n合计 3 60\n";
    let spaced = draft(text);
    expect(&spaced, &[("新建学校", "3所", TargetKind::StageCount), ("改造农村公路", "60公里", TargetKind::AtLeast)]);
    assert_eq!(indicators(&spaced)[1].lead_unit_name, "县交通局");
    let summary = summarise(&spaced.programme);
    assert_eq!((summary.filled, summary.cells), (6, 6));
    let text = "临江县2023年民生实事\n一、教育。新建学校3所。牵头单位：县教体局；责任领导：王强。\n二、交通。改造公路60公里。责任单位：县交通局、县财政局。\n";
    let behind = draft(text);
    let leads: Vec<&str> = indicators(&behind).iter().map(|it| it.lead_unit_name.as_str()).collect();
    assert_eq!(leads, ["县教体局", "县交通局"]);
    assert_eq!(indicators(&behind)[0].leaders_in_charge[0].name, "王强");
    assert_eq!(indicators(&behind)[1].participating_units[0].name, "县财政局");
}

#[test]
fn person_months_are_found_on_either_side_of_the_heads() {
    for task in
        ["康复救助60人，人均不低于8个月的训练服务，共480人·月", "训练服务480人·月，康复救助60人，人均不低于8个月"]
    {
        let draft = draft(&format!("某县2023年民生实事\n1.康复。{task}（县残联牵头）。\n2.修路。修路3公里。\n"));
        let all = measures(&draft);
        let months = all.iter().find(|it| it.kind == TargetKind::PersonMonths).unwrap();
        let heads = draft.programme.measure(&months.parts[0]).unwrap();
        assert_eq!((months.target.unwrap().to_string(), months.months_each), ("480".to_owned(), 8), "{task}");
        assert_eq!((heads.target.unwrap().to_string(), heads.unit.as_str()), ("60".to_owned(), "人"), "{task}");
    }
}
