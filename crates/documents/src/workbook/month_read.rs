//! A filled month's template back to reports, one an indicator. A measure without a number is "not reported", never zero;
//! an indicator with nothing in it at all is named as blank and gives no report.

use std::collections::BTreeMap;

use minsheng_domain::period::{Period, PeriodKind};
use minsheng_proto::common::v1::{Explanation, NoneHere, NotApplicable, NotReported, Quantity, Value, value::State};
use minsheng_proto::reporting::v1::{DivisionValue, EvidenceReference, MeasureValue, Narrative, ReportContent};

use super::form::META_SHEET;
use super::grid::{Errors, Grid, Row, template_facts};
use super::month::{BREAKDOWN, EVIDENCE, EXPLANATIONS, KIND, NARRATIVE, PROGRESS, SIGNATURES};
use super::package::Book;
use super::words::{STATE_NONE_HERE, STATE_NOT_APPLICABLE, STATE_NOT_REPORTED, STATE_NUMBER, VALUE_STATE, YES_NO};
use super::{CellError, WorkbookError};

/// What a month's workbook files.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MonthReports {
    /// The programme's name.
    #[prost(string, tag = "1")]
    pub programme: String,
    /// Month.
    #[prost(string, tag = "2")]
    pub period: String,
    /// Id of the unit.
    #[prost(string, tag = "3")]
    pub unit: String,
    /// Reports by indicator, in the sheet's order.
    #[prost(message, repeated, tag = "4")]
    pub reports: Vec<FiledReport>,
    /// Codes of indicators that were left wholly blank; they file nothing.
    #[prost(string, repeated, tag = "5")]
    pub blank: Vec<String>,
}

/// A report as filed by a workbook.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FiledReport {
    /// programmes/{division}-{year}/indicators/{code}/reports/{period}.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Code of the indicator.
    #[prost(string, tag = "2")]
    pub indicator: String,
    /// What it says.
    #[prost(message, optional, tag = "3")]
    pub content: Option<ReportContent>,
}

/// Reads a filled month's template; refused with every error found, each with its cell.
pub fn read_month(bytes: &[u8]) -> Result<MonthReports, WorkbookError> {
    let book = Book::read(bytes).map_err(WorkbookError::Refused)?;
    let facts = template_facts(&book, KIND).map_err(|error| WorkbookError::Refused(vec![error]))?;
    let fact = |name: &str| facts.get(name).cloned().unwrap_or_default();
    let (programme, period, unit) = (fact("年度项目"), fact("期"), fact("单位"));
    let errors = Errors::default();
    if !period.parse::<Period>().is_ok_and(|period| period.kind() == PeriodKind::Month) || programme.is_empty() {
        errors.push(CellError::new(META_SHEET, "TEMPLATE_UNKNOWN", "模板的隐藏工作表被改动，请重新下载模板"));
    }
    let mut drafts = read_progress(&book, &errors);
    read_breakdown(&book, &errors, &mut drafts);
    read_words(&book, &errors, &mut drafts);
    read_signatures(&book, &errors, &mut drafts);
    let mut month = MonthReports { programme, period, unit, reports: Vec::new(), blank: Vec::new() };
    for (indicator, draft) in drafts {
        if draft.touched {
            let name = format!("{}/indicators/{indicator}/reports/{}", month.programme, month.period);
            month.reports.push(FiledReport { name, indicator, content: Some(draft.content) });
        } else {
            month.blank.push(indicator);
        }
    }
    errors.result(month).map_err(WorkbookError::Refused)
}

/// An indicator's report while it is read; `touched` once anything was filled in.
#[derive(Default)]
struct ReadDraft {
    content: ReportContent,
    touched: bool,
}

type Drafts = Vec<(String, ReadDraft)>;

fn draft_of<'d>(row: &Row<'_, '_>, drafts: &'d mut Drafts) -> Option<&'d mut ReadDraft> {
    let code = row.required("指标编码");
    let found = drafts.iter_mut().find(|(known, _)| *known == code);
    if found.is_none() && !code.is_empty() {
        row.error("指标编码", "CODE_UNKNOWN", format!("“进展数”工作表中没有指标“{code}”"));
    }
    found.map(|(_, draft)| draft)
}

/// A value from number, state and reason; none where all are blank.
fn read_value(row: &Row<'_, '_>, unit: &str) -> Option<Value> {
    let number = row.number("累计数");
    let (chosen, reason) = (row.choice("状态", VALUE_STATE), row.text("原因"));
    let reason_needed = || {
        if reason.is_empty() {
            row.error("原因", "CELL_REQUIRED", "不适用、本地无的须写明原因");
        }
        reason.clone()
    };
    let state = match (number, chosen) {
        (Some(value), 0 | STATE_NUMBER) => State::Quantity(Quantity { value, unit: unit.to_owned() }),
        (Some(_), _) => {
            row.error("状态", "STATE_MISMATCH", "填了数，状态就不能是不适用、本地无或未报");
            return None;
        }
        (None, STATE_NUMBER) => {
            row.error("累计数", "CELL_REQUIRED", "状态是“有数”，请填累计数");
            return None;
        }
        (None, STATE_NOT_APPLICABLE) => State::NotApplicable(NotApplicable { reason: reason_needed() }),
        (None, STATE_NONE_HERE) => State::NoneHere(NoneHere { reason: reason_needed() }),
        (None, STATE_NOT_REPORTED) => State::NotReported(NotReported {}),
        (None, _) => return None,
    };
    Some(Value { state: Some(state) })
}

fn read_progress(book: &Book, errors: &Errors) -> Drafts {
    let mut drafts: Drafts = Vec::new();
    let grid = Grid::open(book, &PROGRESS, errors);
    for row in grid.iter().flat_map(Grid::rows) {
        let (indicator, measure) = (row.required("指标编码"), row.required("计量项编码"));
        if !measure.is_empty() && measure.rsplit_once('-').map(|(code, _)| code) != Some(indicator.as_str()) {
            row.error("计量项编码", "CODE_FORM", format!("计量项“{measure}”不属于指标“{indicator}”"));
            continue;
        }
        let index = drafts.iter().position(|(known, _)| *known == indicator).unwrap_or_else(|| {
            drafts.push((indicator, ReadDraft::default()));
            drafts.len() - 1
        });
        let (_, draft) = &mut drafts[index];
        if draft.content.values.iter().any(|known| known.measure == measure) {
            row.error("计量项编码", "CODE_TWICE", format!("计量项“{measure}”重复"));
            continue;
        }
        let value = read_measure(&row, measure);
        draft.touched |= value.value.is_some() || value.this_period.is_some() || !value.stage.is_empty();
        let not_reported = Value { state: Some(State::NotReported(NotReported {})) };
        draft.content.values.push(MeasureValue { value: Some(value.value.clone().unwrap_or(not_reported)), ..value });
    }
    drafts
}

fn read_measure(row: &Row<'_, '_>, measure: String) -> MeasureValue {
    let unit = row.required("单位");
    let not_covered = row.text("未覆盖名单");
    let names = not_covered.split(['、', '，', ',', ';', '；', '\n']).map(str::trim);
    MeasureValue {
        measure,
        value: read_value(row, &unit),
        this_period: row.number("本期数").map(|value| Quantity { value, unit }),
        breakdown: Vec::new(),
        stage: row.text("已到阶段"),
        paid: row.choice("已兑现", YES_NO) == 1,
        not_covered: names.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    }
}

fn read_breakdown(book: &Book, errors: &Errors, drafts: &mut Drafts) {
    let grid = Grid::open(book, &BREAKDOWN, errors);
    for row in grid.iter().flat_map(Grid::rows) {
        let (code, division, unit) = (row.required("计量项编码"), row.required("区划代码"), row.required("单位"));
        let Some(value) = read_value(&row, &unit) else {
            continue;
        };
        let known = drafts.iter_mut().find_map(|(_, draft)| {
            let found = draft.content.values.iter_mut().find(|value| value.measure == code)?;
            draft.touched = true;
            Some(found)
        });
        match known {
            None => row.error("计量项编码", "CODE_UNKNOWN", format!("“进展数”工作表中没有计量项“{code}”")),
            Some(measure) if measure.breakdown.iter().any(|part| part.division == division) => {
                row.error("区划代码", "CODE_TWICE", format!("计量项“{code}”的区划“{division}”重复"));
            }
            Some(measure) => measure.breakdown.push(DivisionValue { division, value: Some(value) }),
        }
    }
}

fn read_words(book: &Book, errors: &Errors, drafts: &mut Drafts) {
    for row in Grid::open(book, &NARRATIVE, errors).iter().flat_map(Grid::rows) {
        let narrative = Narrative {
            progress: row.text("工作进展"),
            measures_taken: row.text("主要做法"),
            problems: row.text("存在问题及原因"),
            next_steps: row.text("下步打算"),
        };
        let Some(draft) = draft_of(&row, drafts) else {
            continue;
        };
        if narrative != Narrative::default() {
            draft.content.narrative = Some(narrative);
            draft.touched = true;
        }
    }
    for row in Grid::open(book, &EXPLANATIONS, errors).iter().flat_map(Grid::rows) {
        let said = Explanation { finding_id: row.required("提示编号"), text: row.required("说明") };
        if let Some(draft) = draft_of(&row, drafts) {
            draft.content.explanations.push(said);
        }
    }
    for row in Grid::open(book, &EVIDENCE, errors).iter().flat_map(Grid::rows) {
        let sha256 = hash_bytes(&row.required("文件指纹"));
        if sha256.is_none() {
            row.error("文件指纹", "CELL_HASH", "文件指纹应为64位十六进制");
        }
        let measure = row.text("计量项编码");
        let file = EvidenceReference { sha256: sha256.unwrap_or_default(), label: row.text("名称"), measure };
        if let Some(draft) = draft_of(&row, drafts) {
            draft.content.evidence.push(file);
        }
    }
}

fn hash_bytes(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..32).map(|index| u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok());
    pairs.collect()
}

/// Who signs, signs every report of the workbook.
fn read_signatures(book: &Book, errors: &Errors, drafts: &mut Drafts) {
    let Some(grid) = Grid::open(book, &SIGNATURES, errors) else {
        return;
    };
    let rows: BTreeMap<String, Row<'_, '_>> = grid.by_name("事项");
    let text = |name: &str| rows.get(name).map(|row| row.text("内容")).unwrap_or_default();
    let (filled_by, reviewed_by, head, telephone) = (text("填报人"), text("审核人"), text("负责人"), text("联系电话"));
    for (_, draft) in drafts {
        draft.content.filled_by.clone_from(&filled_by);
        draft.content.reviewed_by.clone_from(&reviewed_by);
        draft.content.head.clone_from(&head);
        draft.content.telephone.clone_from(&telephone);
    }
}
