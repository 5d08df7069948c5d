//! Whatever text comes: no panic, every span lies in the text, every number of a task is used or listed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use minsheng_opinion::{Document, Draft, Known, SourceBlock, SourceCell, programme, read};
use proptest::prelude::*;

/// Pieces of which such documents are made.
const PIECES: &[&str] = &[
    "一、",
    "（一）",
    "1.",
    "2、",
    "（1）",
    "①",
    "\n",
    "\n\n",
    "。",
    "；",
    "，",
    "、",
    "：",
    "(",
    ")",
    "（",
    "）",
    "“",
    "”",
    "\t",
    "|",
    "　",
    "\u{a0}",
    "序号",
    "项目名称",
    "目标任务",
    "牵头单位",
    "责任单位",
    "分管领导",
    "完成时限",
    "备注",
    "附件1",
    "附件2",
    "乡镇",
    "合计",
    "注：",
    "东乡",
    "西镇",
    "南街道",
    "县教育局",
    "县财政局牵头",
    "张三",
    "王小明",
    "完成",
    "新建",
    "改造",
    "开工",
    "新增",
    "培训",
    "其中",
    "分别",
    "从",
    "由",
    "提高到",
    "达到",
    "不低于",
    "超过",
    "控制在",
    "以上",
    "左右",
    "全覆盖",
    "且",
    "每人每月",
    "人均不低于8个月",
    "待省定目标下达",
    "学校",
    "公路",
    "水库",
    "优良率",
    "标准",
    "5",
    "12",
    "3.5",
    "1,200",
    "９６",
    "100",
    "0",
    "00012",
    "99999999999999999999",
    "2024年",
    "6月底前",
    "12月31日",
    "〔2024〕8号",
    "第3",
    "65岁",
    "万",
    "亿",
    "个",
    "所",
    "公里",
    "人",
    "人次",
    "人·月",
    "户",
    "元",
    "元/月",
    "万元",
    "%",
    "5G",
    "110千伏",
    "两",
    "三",
    "十件实事",
    "民生实事",
];

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..90).prop_map(|pieces| pieces.concat())
}

fn holds(draft: &Draft, document: &Document) {
    let text = &document.text;
    for field in &draft.fields {
        if let Some(span) = field.span {
            assert!(span.start <= span.end && text.get(span.start..span.end).is_some(), "{}", field.path);
        }
        assert!(field.confidence <= 100);
    }
    for unused in &draft.unused {
        assert_eq!(unused.span.of(text), unused.text);
    }
    for (indicator, measure) in draft.programme.measures() {
        assert!(measure.code.starts_with(&format!("{}-", indicator.code)));
        for part in &measure.parts {
            assert!(indicator.measures.iter().any(|other| other.code == *part && other.code != measure.code));
        }
    }
    let _ = programme(&draft.programme);
}

/// Runs of digits within a part of the text.
fn digits(text: &str, from: usize, to: usize) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (offset, character) in text[from..to].char_indices() {
        let narrow = character.is_ascii_digit() || ('０'..='９').contains(&character);
        let at = from + offset;
        let end = at + character.len_utf8();
        match found.last_mut() {
            Some(last) if narrow && last.1 == at => last.1 = end,
            _ if narrow => found.push((at, end)),
            _ => {}
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_pieces_of_such_documents(text in text()) {
        let document = Document::from_text(text);
        holds(&read(&document, &Known::default()), &document);
    }

    #[test]
    fn any_characters_at_all(text in "\\PC{0,200}") {
        let document = Document::from_text(text);
        holds(&read(&document, &Known::default()), &document);
    }

    #[test]
    fn any_table(cells in proptest::collection::vec(proptest::collection::vec((text(), 0_u32..4, 0_u32..4), 0..6), 0..6)) {
        let rows = cells.into_iter().map(|row| {
            row.into_iter().map(|(text, columns, rows)| SourceCell { text, columns, rows }).collect()
        });
        let document = Document::from_blocks([SourceBlock::Table(rows.collect())]);
        holds(&read(&document, &Known::default()), &document);
    }

    /// A task's numbers: each is a measure's figure, baseline, date or months, or is listed.
    #[test]
    fn every_number_of_a_task_is_used_or_listed(task in text()) {
        let task: String = task.chars().filter(|c| !matches!(c, '\n' | '\t' | '|')).collect();
        let rows = [vec!["序号", "项目名称", "目标任务", "牵头单位"], vec!["1", "甲工程", task.as_str(), "县教育局"]];
        let rows = rows.map(|row| row.into_iter().map(|text| SourceCell { text: text.to_owned(), columns: 1, rows: 1 }).collect());
        let document = Document::from_blocks([SourceBlock::Table(rows.to_vec())]);
        let draft = read(&document, &Known::default());
        holds(&draft, &document);
        let Some(at) = document.text.find(&task).filter(|_| !task.trim().is_empty()) else { return Ok(()) };
        let spans: Vec<_> = draft.fields.iter().filter(|field| !field.path.ends_with(".title") && !field.path.ends_with(".kind")).filter_map(|field| field.span).collect();
        // What stands in brackets that give duties is no part of the task.
        if task.contains(['(', '（']) {
            return Ok(());
        }
        for (from, to) in digits(&document.text, at, at + task.trim_end().len()) {
            let covered = |span: &minsheng_opinion::Span| span.start <= from && to <= span.end;
            let listed = draft.unused.iter().any(|unused| covered(&unused.span));
            prop_assert!(listed || spans.iter().any(covered), "{} in {task:?}: {:?}", &document.text[from..to], draft.unused);
        }
    }
}
