//! A filled catalogue template back to a programme. Structure is judged here, cell by cell; what figures and words
//! contradict is judged by the catalogue's own checks on the programme that comes out.

use std::collections::BTreeMap;

use minsheng_proto::catalogue::v1::{
    AllocationTable, Claim, ClaimStatement, CurvePoint, Indicator, IndicatorStatements, LeaderInCharge,
    LightThresholds, MandateReference, Measure, ParticipatingUnit, PlannedCurve, Programme, Project, ReportingRules,
    SourceDocument, Stage, StatedCount,
};
use minsheng_proto::common::v1::Quantity;

use super::allocation_read::read_allocation;
use super::catalogue_sheets::{
    CLAIMS, COUNTS, CURVES, FACTS, INDICATORS, KIND, LEADERS, MANDATES, MEASURES, PARTICIPANTS, PROJECTS, STAGES,
    STATEMENTS, project_of,
};
use super::grid::{Errors, Grid, Row, template_facts};
use super::package::Book;
use super::words::{BASIS, CLAIM_KIND, CUT_OFF, DEADLINE_MOVE, FREQUENCY, PROJECT_KIND, TARGET_KIND, Words, YES_NO};
use super::{CellError, WorkbookError};

/// Reads a filled catalogue template; refused with every error found, each with its cell.
pub fn read_catalogue(bytes: &[u8]) -> Result<Programme, WorkbookError> {
    let book = Book::read(bytes).map_err(WorkbookError::Refused)?;
    template_facts(&book, KIND).map_err(|error| WorkbookError::Refused(vec![error]))?;
    let errors = Errors::default();
    let mut programme = Programme::default();
    read_facts(&book, &errors, &mut programme);
    read_counts(&book, &errors, &mut programme);
    let mut indicators = read_indicators(&book, &errors);
    read_measures(&book, &errors, &mut indicators);
    read_attached(&book, &errors, &mut indicators);
    read_projects(&book, &errors, indicators, &mut programme);
    read_allocation(&book, &errors, &mut programme);
    read_claims(&book, &errors, &mut programme);
    errors.result(programme).map_err(WorkbookError::Refused)
}

fn read_facts(book: &Book, errors: &Errors, programme: &mut Programme) {
    let Some(grid) = Grid::open(book, &FACTS, errors) else {
        return;
    };
    let rows = grid.by_name("事项");
    let text = |name: &str| rows.get(name).map(|row| row.text("内容")).unwrap_or_default();
    let number = |name: &str| rows.get(name).and_then(|row| row.number("内容")).unwrap_or_default();
    let integer = |name: &str, least, most| rows.get(name).map_or(0, |row| row.integer("内容", least, most));
    let choice = |name: &str, words: Words| rows.get(name).map_or(0, |row| row.choice("内容", words));
    for name in ["区划代码", "年度", "名称"] {
        match rows.get(name) {
            Some(row) => drop(row.required("内容")),
            None => errors.push(CellError::new(FACTS.sheet, "ROW_MISSING", format!("缺少事项“{name}”"))),
        }
    }
    programme.division = text("区划代码");
    programme.division_name = text("区划名称");
    programme.year = integer("年度", 2000, 2099);
    programme.title = text("名称");
    programme.name = format!("programmes/{}-{}", programme.division, programme.year);
    programme.demo_mark = text("演示数据标记");
    let source = SourceDocument {
        title: text("文件标题"),
        published: rows.get("发布日期").map(|row| row.date("内容")).unwrap_or_default(),
        publisher: text("发布单位"),
        based_on: text("上级文号"),
        document_number: text("本级文号"),
    };
    programme.source = some(source);
    programme.reporting_rules = some(ReportingRules {
        due_day: integer("报送日", 1, 28),
        cut_off_day: integer("截止日", 1, 28),
        deadline_move: choice("逢休息日", DEADLINE_MOVE),
        experience_articles: integer("典型经验篇数", 0, 31),
        certification_frequency: choice("认定频次", FREQUENCY),
        first_month: integer("起报月份", 1, 12),
    });
    programme.light_thresholds = some(LightThresholds { yellow: number("黄灯界限"), red: number("红灯界限") });
    programme.allocation_table = some(AllocationTable { note: text("乡镇任务表注"), ..Default::default() });
}

/// A message of which nothing was filled in is absent.
fn some<T: Default + PartialEq>(message: T) -> Option<T> {
    if message == T::default() { None } else { Some(message) }
}

fn read_counts(book: &Book, errors: &Errors, programme: &mut Programme) {
    let grid = Grid::open(book, &COUNTS, errors);
    for row in grid.iter().flat_map(Grid::rows) {
        programme.stated_counts.push(StatedCount {
            kind: row.required_choice("类别", PROJECT_KIND),
            projects: row.integer("项目数", 0, 1000),
            indicators: row.integer("指标数", 0, 10_000),
        });
    }
}

fn read_indicators(book: &Book, errors: &Errors) -> Vec<(String, Indicator)> {
    let mut indicators: Vec<(String, Indicator)> = Vec::new();
    let grid = Grid::open(book, &INDICATORS, errors);
    for row in grid.iter().flat_map(Grid::rows) {
        let code = row.required("指标编码");
        if indicators.iter().any(|(_, known)| known.code == code) {
            row.error("指标编码", "CODE_TWICE", format!("指标编码“{code}”重复"));
            continue;
        }
        let indicator = Indicator {
            title: row.required("指标名称"),
            lead_unit: row.required("牵头单位编号"),
            lead_unit_name: row.text("牵头单位"),
            certifier: row.text("认定单位编号"),
            certifier_name: row.text("认定单位"),
            certifier_inferred: row.choice("认定单位由合并格推定", YES_NO) == 1,
            remark: row.text("备注"),
            code,
            ..Default::default()
        };
        indicators.push((row.place("指标编码"), indicator));
    }
    indicators
}

/// The indicator of a row's code; noted where there is none.
fn indicator_of<'i>(row: &Row<'_, '_>, indicators: &'i mut [(String, Indicator)]) -> Option<&'i mut Indicator> {
    let code = row.required("指标编码");
    let found = indicators.iter_mut().find(|(_, indicator)| indicator.code == code);
    if found.is_none() && !code.is_empty() {
        row.error("指标编码", "CODE_UNKNOWN", format!("“指标”工作表中没有编码“{code}”"));
    }
    found.map(|(_, indicator)| indicator)
}

fn read_measures(book: &Book, errors: &Errors, indicators: &mut [(String, Indicator)]) {
    let mut stages = rows_by_measure(book, errors, &STAGES, |row| Stage {
        title: row.required("阶段"),
        share: row.number("份额").unwrap_or_default(),
    });
    let mut points = rows_by_measure(book, errors, &CURVES, |row| {
        if row.date("日期").is_empty() {
            row.required("日期");
        }
        CurvePoint { date: row.date("日期"), share: row.number("份额").unwrap_or_default() }
    });
    let grid = Grid::open(book, &MEASURES, errors);
    for row in grid.iter().flat_map(Grid::rows) {
        let code = row.required("计量项编码");
        let indicator_code = code.rsplit_once('-').map_or("", |(indicator, _)| indicator).to_owned();
        let (_, rows_stages) = stages.remove(&code).unwrap_or_default();
        let (_, rows_points) = points.remove(&code).unwrap_or_default();
        let measure = read_measure(&row, code, rows_stages, rows_points);
        let found = indicators.iter_mut().find(|(_, indicator)| indicator.code == indicator_code);
        match found {
            None if measure.code.is_empty() => {}
            None => {
                let message = "编码应为“指标编码-序号”，且“指标”工作表中须有该指标";
                row.error("计量项编码", "CODE_UNKNOWN", message);
            }
            Some((_, indicator)) if indicator.measures.iter().any(|known| known.code == measure.code) => {
                row.error("计量项编码", "CODE_TWICE", format!("计量项编码“{}”重复", measure.code));
            }
            Some((_, indicator)) => indicator.measures.push(measure),
        }
    }
    for (code, place) in stages.into_iter().map(rest).chain(points.into_iter().map(rest)) {
        errors.push(CellError::new(place, "CODE_UNKNOWN", format!("“计量项”工作表中没有编码“{code}”")));
    }
}

type Grouped<T> = BTreeMap<String, (String, Vec<T>)>;

fn rest<T>((code, (place, _)): (String, (String, Vec<T>))) -> (String, String) {
    (code, place)
}

/// Rows of a sheet by their measure's code, with the place of the first.
fn rows_by_measure<T>(
    book: &Book,
    errors: &Errors,
    table: &super::form::Table,
    read: impl Fn(&Row<'_, '_>) -> T,
) -> Grouped<T> {
    let mut grouped: Grouped<T> = BTreeMap::new();
    let grid = Grid::open(book, table, errors);
    for row in grid.iter().flat_map(Grid::rows) {
        let place = row.place("计量项编码");
        let code = row.required("计量项编码");
        grouped.entry(code).or_insert_with(|| (place, Vec::new())).1.push(read(&row));
    }
    grouped
}

fn read_measure(row: &Row<'_, '_>, code: String, stages: Vec<Stage>, points: Vec<CurvePoint>) -> Measure {
    let separators = ['、', ',', '，', ';', '；', ' '];
    let parts = row.text("组成计量项");
    Measure {
        code,
        title: row.required("名称"),
        counted: row.text("口径"),
        basis: row.required_choice("基准", BASIS),
        unit: row.required("单位"),
        decimals: row.integer("小数位", 0, 4),
        kind: row.required_choice("目标类型", TARGET_KIND),
        target: row.number("目标").unwrap_or_default(),
        strict: row.choice("须低于目标", YES_NO) == 1,
        baseline: row.number("基数").unwrap_or_default(),
        start: row.date("起算日期"),
        due: row.date("完成时限"),
        parts: parts.split(separators).filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        months_each: row.integer("每人月数", 1, 120),
        stages,
        required_stage: row.text("要求阶段"),
        weight: row.number("权重").unwrap_or_default(),
        curve: some(PlannedCurve {
            points,
            stepped: row.choice("曲线为阶梯", YES_NO) == 1,
            approved_by: row.text("曲线批准依据"),
        }),
        item_list: row.choice("有台账", YES_NO) == 1,
        evidence_required: row.choice("需佐证", YES_NO) == 1,
        printed: row.text("原文目标"),
        cut_off: row.choice("数据截至", CUT_OFF),
    }
}

fn read_attached(book: &Book, errors: &Errors, indicators: &mut [(String, Indicator)]) {
    for row in Grid::open(book, &PARTICIPANTS, errors).iter().flat_map(Grid::rows) {
        let unit = ParticipatingUnit { id: row.text("单位编号"), display_name: row.required("单位") };
        if let Some(indicator) = indicator_of(&row, indicators) {
            indicator.participating_units.push(unit);
        }
    }
    for row in Grid::open(book, &LEADERS, errors).iter().flat_map(Grid::rows) {
        let leader =
            LeaderInCharge { display_name: row.required("姓名"), from: row.date("起"), to: row.date("止") };
        if let Some(indicator) = indicator_of(&row, indicators) {
            indicator.leaders_in_charge.push(leader);
        }
    }
    for row in Grid::open(book, &MANDATES, errors).iter().flat_map(Grid::rows) {
        let target = Quantity { value: row.number("数量").unwrap_or_default(), unit: row.text("单位") };
        let measure = row.required("上级计量项");
        let mandate = MandateReference {
            measure,
            target: some(target),
            document_number: row.text("文号"),
            own_measure: row.text("本级计量项"),
        };
        if let Some(indicator) = indicator_of(&row, indicators) {
            indicator.mandates.push(mandate);
        }
    }
    for row in Grid::open(book, &STATEMENTS, errors).iter().flat_map(Grid::rows) {
        let statements = IndicatorStatements {
            verification: row.text("核实方式"),
            source: row.text("数据来源"),
            accuracy: row.text("准确性"),
            limits: row.text("局限"),
            remedy: row.text("弥补办法"),
        };
        if let Some(indicator) = indicator_of(&row, indicators) {
            indicator.statements = some(statements);
        }
    }
}

fn read_projects(book: &Book, errors: &Errors, indicators: Vec<(String, Indicator)>, programme: &mut Programme) {
    let grid = Grid::open(book, &PROJECTS, errors);
    for row in grid.iter().flat_map(Grid::rows) {
        let kind = row.required_choice("类别", PROJECT_KIND);
        let number = row.integer("序号", 1, 999);
        if number == 0 {
            row.required("序号");
        }
        if programme.projects.iter().any(|known| (known.kind, known.number) == (kind, number)) {
            row.error("序号", "CODE_TWICE", format!("同一类别中序号{number}重复"));
            continue;
        }
        programme.projects.push(Project { kind, number, title: row.required("名称"), indicators: Vec::new() });
    }
    for (place, indicator) in indicators {
        let home = project_of(&indicator.code);
        let found = programme.projects.iter_mut().find(|project| Some((project.kind, project.number)) == home);
        match (found, home) {
            (Some(project), _) => project.indicators.push(indicator),
            (None, None) => {
                errors.push(CellError::new(place, "CODE_FORM", "指标编码应如3.2，重点监测项目如m1.1"));
            }
            (None, Some(_)) => {
                errors.push(CellError::new(place, "CODE_UNKNOWN", "“项目”工作表中没有该编码所属的项目"));
            }
        }
    }
}

fn read_claims(book: &Book, errors: &Errors, programme: &mut Programme) {
    let mut claims: BTreeMap<i32, Claim> = BTreeMap::new();
    for row in Grid::open(book, &CLAIMS, errors).iter().flat_map(Grid::rows) {
        let number = row.integer("序号", 1, 999);
        let (kind, about) = (row.required_choice("类型", CLAIM_KIND), row.required("对象"));
        let claim =
            claims.entry(number).or_insert_with(|| Claim { kind, about: about.clone(), statements: Vec::new() });
        if (claim.kind, &claim.about) != (kind, &about) {
            row.error("序号", "CLAIM_MIXED", "同一序号的各行，类型和对象应当相同");
        }
        claim.statements.push(ClaimStatement { place: row.required("位置"), says: row.required("表述") });
    }
    programme.claims = claims.into_values().collect();
}
