//! The month's report template of one unit: its indicators with their measures, the township breakdown, the words, the
//! evidence and the names that sign. Columns here serve writing and reading; see month_read for the way back.

use std::collections::HashMap;

use minsheng_proto::catalogue::v1::{AllocationTable, Indicator, Measure, Programme};
use minsheng_proto::common::v1::{Value, value::State};
use minsheng_proto::reporting::v1::{DivisionValue, MeasureValue, ReportContent};

use super::WorkbookError;
use super::form::{Column, Entry, FormWriter, Table};
use super::words::{STATE_NONE_HERE, STATE_NOT_APPLICABLE, STATE_NOT_REPORTED, VALUE_STATE, YES_NO, word};
use crate::text::{date_text, list};

/// What the hidden sheet calls this template.
pub(crate) const KIND: &str = "month";

const fn given(title: &'static str, width: u16) -> Column {
    Column::new(title, width, Entry::Given, "")
}

/// Values of measures. Printed across one A4 sheet: the widths together decide how small it comes out.
pub(crate) const PROGRESS: Table = Table {
    sheet: "进展数",
    note: "灰色格由系统填好，不要改动。数字只填半角，不带单位、千分位和公式。空白、“—”、“/”都表示未报，不等于零；没有发生的填0。",
    columns: &[
        given("指标编码", 8),
        given("指标", 16),
        given("计量项编码", 10),
        given("计量项", 18),
        given("口径", 20),
        given("单位", 6),
        given("目标", 9),
        given("上期", 9),
        Column::new("本期数", 10, Entry::Number, "只有累计的计量项填：上次截止日次日至本次截止日"),
        Column::new("累计数", 10, Entry::Number, "累计的填1月1日以来的数；时点、比率、一次性的填截止日的数"),
        Column::new("状态", 9, Entry::Choice(VALUE_STATE), "填了数可留空；没有数时选择，不适用、本地无须写原因"),
        Column::new("原因", 14, Entry::Text, ""),
        Column::new("已到阶段", 10, Entry::Text, "节点类填已到的阶段，用目录里的阶段名"),
        Column::new("已兑现", 7, Entry::Choice(YES_NO), "提高标准类：是否已按新标准发放并补发"),
        Column::new("未覆盖名单", 16, Entry::Text, "全覆盖类：尚未覆盖的名称，用顿号隔开"),
    ],
};

/// Breakdown by township or area.
pub(crate) const BREAKDOWN: Table = Table {
    sheet: "乡镇分解",
    note: "有乡镇任务的计量项逐个乡镇（区域）填写，合计须等于累计数。空白表示未报；没有发生的填0；没有对象的选“本地无”并写原因。",
    columns: &[
        given("计量项编码", 11),
        given("计量项", 24),
        given("单位", 8),
        given("区划代码", 16),
        given("名称", 16),
        given("任务", 11),
        Column::new("累计数", 12, Entry::Number, ""),
        Column::new("状态", 10, Entry::Choice(VALUE_STATE), "填了数可留空"),
        Column::new("原因", 30, Entry::Text, ""),
    ],
};

/// The words.
pub(crate) const NARRATIVE: Table = Table {
    sheet: "文字情况",
    note: "每项指标一行，各栏不超过4000字。不写个人姓名、身份证号和电话。",
    columns: &[
        given("指标编码", 9),
        given("指标", 24),
        Column::new("工作进展", 44, Entry::Text, ""),
        Column::new("主要做法", 44, Entry::Text, ""),
        Column::new("存在问题及原因", 44, Entry::Text, ""),
        Column::new("下步打算", 44, Entry::Text, ""),
    ],
};

/// Explanations of warnings.
pub(crate) const EXPLANATIONS: Table = Table {
    sheet: "情况说明",
    note: "系统核对提示的说明：提示编号见核对结果，每条1000字以内。没有提示不用填。",
    columns: &[
        Column::new("指标编码", 9, Entry::Code, ""),
        Column::new("提示编号", 40, Entry::Code, ""),
        Column::new("说明", 70, Entry::Text, ""),
    ],
};

/// Evidence by hash.
pub(crate) const EVIDENCE: Table = Table {
    sheet: "佐证材料",
    note: "先在系统上传文件，再填文件指纹（SHA-256，64位十六进制）。未要求佐证的不用填。",
    columns: &[
        Column::new("指标编码", 9, Entry::Code, ""),
        Column::new("计量项编码", 11, Entry::Code, "整项指标的材料留空"),
        Column::new("文件指纹", 68, Entry::Code, ""),
        Column::new("名称", 40, Entry::Text, ""),
    ],
};

/// Who signs.
pub(crate) const SIGNATURES: Table = Table {
    sheet: "签字盖章",
    note: "打印后签字、加盖公章的扫描件可以代替电子签名。",
    columns: &[given("事项", 16), Column::new("内容", 40, Entry::Text, "")],
};

/// Names in `SIGNATURES`.
pub(crate) const SIGNATURE_ROWS: [&str; 5] = ["填报人", "审核人", "负责人", "联系电话", "（单位盖章处）"];

/// What a month's template is made of.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MonthForm {
    /// The programme in force in the month.
    #[prost(message, optional, tag = "1")]
    pub programme: Option<Programme>,
    /// Id of the lead unit; its indicators are in the template.
    #[prost(string, tag = "2")]
    pub unit: String,
    /// Name of the unit.
    #[prost(string, tag = "3")]
    pub unit_name: String,
    /// Month, for example 2023-06.
    #[prost(string, tag = "4")]
    pub period: String,
    /// Date the figures are as at, ISO date.
    #[prost(string, tag = "5")]
    pub cut_off: String,
    /// Last day that is on time, ISO date.
    #[prost(string, tag = "6")]
    pub due_date: String,
    /// Drafts to fill in beforehand.
    #[prost(message, repeated, tag = "7")]
    pub drafts: Vec<Draft>,
    /// Values of the latest earlier period, shown beside.
    #[prost(message, repeated, tag = "8")]
    pub previous: Vec<Previous>,
}

/// A draft of an indicator's report.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Draft {
    /// Code of the indicator.
    #[prost(string, tag = "1")]
    pub indicator: String,
    /// What it says so far.
    #[prost(message, optional, tag = "2")]
    pub content: Option<ReportContent>,
}

/// A measure's value of the latest earlier period.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Previous {
    /// Code of the measure.
    #[prost(string, tag = "1")]
    pub measure: String,
    /// The value.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Value>,
}

/// The month's template of a unit, with drafts and the earlier figures filled in.
pub fn write_month_template(month: &MonthForm) -> Result<Vec<u8>, WorkbookError> {
    let programme = month.programme.clone().unwrap_or_default();
    let all = programme.projects.iter().flat_map(|project| &project.indicators);
    let indicators: Vec<&Indicator> = all.filter(|indicator| indicator.lead_unit == month.unit).collect();
    let title = format!("{}{}进展报送表", month.unit_name, month_title(&month.period));
    let mut form = FormWriter::new(&title, &programme.demo_mark)?;
    form.guide(&title, &guide(&programme, month))?;
    let with_contents: Vec<(&Indicator, ReportContent)> =
        indicators.iter().map(|indicator| (*indicator, content_of(month, &indicator.code))).collect();
    form.table(&PROGRESS, &progress_rows(&with_contents, month), false)?;
    form.table(&BREAKDOWN, &breakdown_rows(&with_contents, &programme), false)?;
    form.table(&NARRATIVE, &narrative_rows(&with_contents), false)?;
    form.table(&EXPLANATIONS, &explanation_rows(&with_contents), true)?;
    form.table(&EVIDENCE, &evidence_rows(&with_contents), true)?;
    form.table(&SIGNATURES, &signature_rows(&with_contents), false)?;
    let facts = [("年度项目", programme.name.as_str()), ("期", &month.period), ("单位", &month.unit)];
    Ok(form.finish(KIND, &facts)?)
}

fn month_title(period: &str) -> String {
    match period.parse::<minsheng_domain::period::Period>() {
        Ok(period) => period.label(),
        Err(_) => period.to_owned(),
    }
}

fn guide(programme: &Programme, month: &MonthForm) -> Vec<String> {
    let mut lines = vec![
        format!("年度项目：{}", programme.title),
        format!("填报单位：{}", month.unit_name),
        format!("数据截至：{}；请于{}24时前报送", date_text(&month.cut_off), date_text(&month.due_date)),
        "1. “进展数”逐行填写，“乡镇分解”的合计须等于累计数。".to_owned(),
        "2. 数字只填半角，不带单位、千分位和公式；空白、“—”、“/”都是未报，不等于零。".to_owned(),
        "3. 灰色格、表头受保护，不要改动；确需调整列宽行高以外的，可撤销工作表保护（没有密码）。".to_owned(),
        "4. 整项指标全空的视为没有填报，不会提交。".to_owned(),
        "5. 上传后系统逐格列出错误；数由填报人、审核人、负责人依次负责。".to_owned(),
    ];
    if !programme.demo_mark.is_empty() {
        lines.insert(0, programme.demo_mark.clone());
    }
    lines
}

fn content_of(month: &MonthForm, indicator: &str) -> ReportContent {
    let draft = month.drafts.iter().find(|draft| draft.indicator == indicator);
    draft.and_then(|draft| draft.content.clone()).unwrap_or_default()
}

/// A value as number, state and reason.
fn value_cells(value: Option<&Value>) -> [String; 3] {
    let state = |number: i32, reason: &str| [String::new(), word(VALUE_STATE, number).to_owned(), reason.to_owned()];
    match value.and_then(|value| value.state.as_ref()) {
        None => [String::new(), String::new(), String::new()],
        Some(State::Quantity(quantity)) => [quantity.value.clone(), String::new(), String::new()],
        Some(State::NotApplicable(why)) => state(STATE_NOT_APPLICABLE, &why.reason),
        Some(State::NoneHere(why)) => state(STATE_NONE_HERE, &why.reason),
        Some(State::NotReported(_)) => state(STATE_NOT_REPORTED, ""),
    }
}

fn progress_rows(contents: &[(&Indicator, ReportContent)], month: &MonthForm) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (indicator, content) in contents {
        for measure in &indicator.measures {
            let empty = MeasureValue::default();
            let value = content.values.iter().find(|value| value.measure == measure.code).unwrap_or(&empty);
            rows.push(progress_row(indicator, measure, value, month));
        }
    }
    rows
}

fn progress_row(indicator: &Indicator, measure: &Measure, value: &MeasureValue, month: &MonthForm) -> Vec<String> {
    let earlier = month.previous.iter().find(|previous| previous.measure == measure.code);
    let [number, word, _] = value_cells(earlier.and_then(|previous| previous.value.as_ref()));
    let shown_before = if number.is_empty() { word } else { number };
    let [now, state, reason] = value_cells(value.value.as_ref());
    vec![
        indicator.code.clone(),
        indicator.title.clone(),
        measure.code.clone(),
        measure.title.clone(),
        measure.counted.clone(),
        measure.unit.clone(),
        measure.target.clone(),
        shown_before,
        value.this_period.clone().unwrap_or_default().value,
        now,
        state,
        reason,
        value.stage.clone(),
        if value.paid { "是".to_owned() } else { String::new() },
        list(&value.not_covered),
    ]
}

fn breakdown_rows(contents: &[(&Indicator, ReportContent)], programme: &Programme) -> Vec<Vec<String>> {
    let empty = AllocationTable::default();
    let table = programme.allocation_table.as_ref().unwrap_or(&empty);
    let mut rows = Vec::new();
    for (indicator, content) in contents {
        for measure in &indicator.measures {
            let Some(column) = table.columns.iter().position(|column| column.measure == measure.code) else {
                continue;
            };
            let value = content.values.iter().find(|value| value.measure == measure.code);
            let parts: HashMap<&str, &DivisionValue> =
                value.iter().flat_map(|it| &it.breakdown).map(|part| (part.division.as_str(), part)).collect();
            for row in &table.rows {
                let task = row.cells.get(column).cloned().unwrap_or_default();
                let part = parts.get(row.division.as_str()).copied();
                if task.is_empty() && part.is_none() {
                    continue;
                }
                let fixed = [&measure.code, &measure.title, &measure.unit, &row.division, &row.display_name, &task];
                let cells = value_cells(part.and_then(|part| part.value.as_ref()));
                rows.push(fixed.into_iter().cloned().chain(cells).collect());
            }
        }
    }
    rows
}

fn narrative_rows(contents: &[(&Indicator, ReportContent)]) -> Vec<Vec<String>> {
    let rows = contents.iter().map(|(indicator, content)| {
        let words = content.narrative.clone().unwrap_or_default();
        let (code, title) = (indicator.code.clone(), indicator.title.clone());
        vec![code, title, words.progress, words.measures_taken, words.problems, words.next_steps]
    });
    rows.collect()
}

fn explanation_rows(contents: &[(&Indicator, ReportContent)]) -> Vec<Vec<String>> {
    let rows = contents.iter().flat_map(|(indicator, content)| {
        let said = content.explanations.iter();
        said.map(|said| vec![indicator.code.clone(), said.finding_id.clone(), said.text.clone()])
    });
    rows.collect()
}

fn evidence_rows(contents: &[(&Indicator, ReportContent)]) -> Vec<Vec<String>> {
    let rows = contents.iter().flat_map(|(indicator, content)| {
        content.evidence.iter().map(|file| {
            let hash: String = file.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
            vec![indicator.code.clone(), file.measure.clone(), hash, file.label.clone()]
        })
    });
    rows.collect()
}

fn signature_rows(contents: &[(&Indicator, ReportContent)]) -> Vec<Vec<String>> {
    let first = contents.first().map(|(_, content)| content.clone()).unwrap_or_default();
    let contents = [first.filled_by, first.reviewed_by, first.head, first.telephone, String::new()];
    SIGNATURE_ROWS.into_iter().zip(contents).map(|(name, content)| vec![name.to_owned(), content]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_sheet_is_printed_large_enough_to_read() {
        // A4 across holds some 140 characters of the sheet's font between its margins.
        let width: u16 = PROGRESS.columns.iter().map(|column| column.width).sum();
        assert!(u32::from(width) * 80 <= 140 * 100, "{width} characters come out at less than 80 %");
    }
}
