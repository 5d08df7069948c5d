//! Writes the catalogue's template: a programme as table sheets. See catalogue_read for the way back.

use minsheng_proto::catalogue::v1::{AllocationTable, Indicator, Measure, Programme};

use super::WorkbookError;
use super::catalogue_sheets::{
    ALLOCATION_FIXED, ALLOCATION_HEADS, ALLOCATION_SHEET, CLAIMS, COUNTS, CURVES, FACT_ROWS, FACTS, INDICATORS, KIND,
    LEADERS, MANDATES, MARK_ROWS, MEASURES, PARTICIPANTS, PROJECTS, STAGES, STATEMENTS, TOTAL_ROW,
};
use super::form::FormWriter;
use super::words::{BASIS, CLAIM_KIND, CUT_OFF, DEADLINE_MOVE, FREQUENCY, PROJECT_KIND, TARGET_KIND, Words, word};

const ALLOCATION_NOTE: &str = "首行填计量项编码，其下为表头和单位原文，再下每行一个区划（各级均可，互不包含）或区域；空白表示没有任务，不等于零。\
    “下达”填是的行是给下级的任务，由下级自己的系统报数。末行“合计”为原文所印合计。";

/// A programme as a filled template; an empty programme gives the empty template.
pub fn write_catalogue_template(programme: &Programme) -> Result<Vec<u8>, WorkbookError> {
    let mut form = FormWriter::new("年度实事项目录入模板", &programme.demo_mark)?;
    form.guide("年度实事项目录入模板", &guide())?;
    form.table(&FACTS, &fact_rows(programme), false)?;
    let counts = programme.stated_counts.iter();
    let count_rows: Vec<_> = counts
        .map(|count| vec![of(PROJECT_KIND, count.kind), count.projects.to_string(), count.indicators.to_string()])
        .collect();
    form.table(&COUNTS, &count_rows, true)?;
    let projects = programme.projects.iter();
    let project_rows: Vec<_> = projects
        .map(|project| vec![of(PROJECT_KIND, project.kind), project.number.to_string(), project.title.clone()])
        .collect();
    form.table(&PROJECTS, &project_rows, true)?;
    let indicators: Vec<&Indicator> = programme.projects.iter().flat_map(|project| &project.indicators).collect();
    form.table(&INDICATORS, &indicators.iter().map(|indicator| indicator_row(indicator)).collect::<Vec<_>>(), true)?;
    let measures: Vec<&Measure> = indicators.iter().flat_map(|indicator| &indicator.measures).collect();
    form.table(&MEASURES, &measures.iter().map(|measure| measure_row(measure)).collect::<Vec<_>>(), true)?;
    form.matrix(ALLOCATION_SHEET, ALLOCATION_NOTE, &allocation_rows(programme), 3, ALLOCATION_FIXED)?;
    form.table(&STATEMENTS, &statement_rows(&indicators), true)?;
    form.table(&STAGES, &stage_rows(&measures), true)?;
    form.table(&CURVES, &curve_rows(&measures), true)?;
    write_attached(&mut form, programme, &indicators)?;
    Ok(form.finish(KIND, &[])?)
}

fn write_attached(
    form: &mut FormWriter,
    programme: &Programme,
    indicators: &[&Indicator],
) -> Result<(), WorkbookError> {
    let (mut participants, mut leaders, mut mandates) = (Vec::new(), Vec::new(), Vec::new());
    for indicator in indicators {
        let code = &indicator.code;
        for unit in &indicator.participating_units {
            participants.push(vec![code.clone(), unit.id.clone(), unit.display_name.clone()]);
        }
        for leader in &indicator.leaders_in_charge {
            leaders.push(vec![code.clone(), leader.display_name.clone(), leader.from.clone(), leader.to.clone()]);
        }
        for mandate in &indicator.mandates {
            let target = mandate.target.clone().unwrap_or_default();
            let number = mandate.document_number.clone();
            let own = mandate.own_measure.clone();
            mandates.push(vec![code.clone(), mandate.measure.clone(), target.value, target.unit, number, own]);
        }
    }
    form.table(&PARTICIPANTS, &participants, true)?;
    form.table(&LEADERS, &leaders, true)?;
    form.table(&MANDATES, &mandates, true)?;
    let mut claims = Vec::new();
    for (number, claim) in (1..).zip(&programme.claims) {
        for said in &claim.statements {
            let kind = of(CLAIM_KIND, claim.kind);
            claims.push(vec![number.to_string(), kind, claim.about.clone(), said.place.clone(), said.says.clone()]);
        }
    }
    form.table(&CLAIMS, &claims, true)?;
    Ok(())
}

fn guide() -> Vec<String> {
    [
        "1. 按文件原文填写，不改、不补、不编造；空白不等于零。",
        "2. 数字只用半角，不带单位、千分位和公式；万、亿请换算成计量项的单位。",
        "3. 编码、日期保持文本格式；日期写成2023-06-20的形式。",
        "4. 表头受保护，不要改动；列的次序可以调整（先撤销工作表保护，没有密码），系统按表头认列。",
        "5. 上传后系统逐格列出错误；文件自相矛盾之处列为核对问题，由实事办决定。",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn of(words: Words, number: i32) -> String {
    word(words, number).to_owned()
}

fn yes(flag: bool) -> String {
    if flag { "是".to_owned() } else { String::new() }
}

/// A number's text, empty for zero, which stands for "not given" in these fields.
fn given(number: i32) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn fact_rows(programme: &Programme) -> Vec<Vec<String>> {
    let source = programme.source.clone().unwrap_or_default();
    let rules = programme.reporting_rules.unwrap_or_default();
    let lights = programme.light_thresholds.clone().unwrap_or_default();
    let note = programme.allocation_table.as_ref().map(|table| table.note.clone()).unwrap_or_default();
    let contents = [
        programme.division.clone(),
        programme.division_name.clone(),
        given(programme.year),
        programme.title.clone(),
        source.title,
        source.published,
        source.publisher,
        source.based_on,
        source.document_number,
        given(rules.due_day),
        given(rules.cut_off_day),
        of(DEADLINE_MOVE, rules.deadline_move),
        given(rules.experience_articles),
        of(FREQUENCY, rules.certification_frequency),
        given(rules.first_month),
        lights.yellow,
        lights.red,
        programme.demo_mark.clone(),
        note,
    ];
    let names = FACT_ROWS.into_iter().chain(MARK_ROWS);
    names.zip(contents).map(|((name, hint), content)| vec![name.to_owned(), content, hint.to_owned()]).collect()
}

fn indicator_row(indicator: &Indicator) -> Vec<String> {
    vec![
        indicator.code.clone(),
        indicator.title.clone(),
        indicator.lead_unit.clone(),
        indicator.lead_unit_name.clone(),
        indicator.certifier.clone(),
        indicator.certifier_name.clone(),
        yes(indicator.certifier_inferred),
        indicator.remark.clone(),
    ]
}

fn measure_row(measure: &Measure) -> Vec<String> {
    let curve = measure.curve.clone().unwrap_or_default();
    vec![
        measure.code.clone(),
        measure.title.clone(),
        measure.counted.clone(),
        of(BASIS, measure.basis),
        measure.unit.clone(),
        given(measure.decimals),
        of(TARGET_KIND, measure.kind),
        measure.target.clone(),
        yes(measure.strict),
        measure.baseline.clone(),
        measure.start.clone(),
        measure.due.clone(),
        crate::text::list(&measure.parts),
        given(measure.months_each),
        measure.required_stage.clone(),
        measure.weight.clone(),
        yes(measure.item_list),
        yes(measure.evidence_required),
        measure.printed.clone(),
        of(CUT_OFF, measure.cut_off),
        yes(curve.stepped),
        curve.approved_by,
    ]
}

fn statement_rows(indicators: &[&Indicator]) -> Vec<Vec<String>> {
    let rows = indicators.iter().map(|indicator| {
        let said = indicator.statements.clone().unwrap_or_default();
        vec![indicator.code.clone(), said.verification, said.source, said.accuracy, said.limits, said.remedy]
    });
    rows.collect()
}

fn stage_rows(measures: &[&Measure]) -> Vec<Vec<String>> {
    let rows = measures.iter().flat_map(|measure| {
        let stages = measure.stages.iter();
        stages.map(|stage| vec![measure.code.clone(), stage.title.clone(), stage.share.clone()])
    });
    rows.collect()
}

fn curve_rows(measures: &[&Measure]) -> Vec<Vec<String>> {
    let rows = measures.iter().flat_map(|measure| {
        let points = measure.curve.iter().flat_map(|curve| &curve.points);
        points.map(|point| vec![measure.code.clone(), point.date.clone(), point.share.clone()])
    });
    rows.collect()
}

fn allocation_rows(programme: &Programme) -> Vec<Vec<String>> {
    let empty = AllocationTable::default();
    let table = programme.allocation_table.as_ref().unwrap_or(&empty);
    let mut rows: Vec<Vec<String>> = ALLOCATION_HEADS.map(|heads| heads.map(str::to_owned).to_vec()).to_vec();
    for column in &table.columns {
        rows[0].push(column.measure.clone());
        rows[1].push(column.heading.clone());
        rows[2].push(column.unit.clone());
    }
    for row in &table.rows {
        let fixed = [row.division.clone(), row.display_name.clone(), yes(row.mandate)];
        rows.push(fixed.into_iter().chain(row.cells.clone()).collect());
    }
    if !table.printed_totals.is_empty() {
        let total = [String::new(), TOTAL_ROW.to_owned(), String::new()];
        rows.push(total.into_iter().chain(table.printed_totals.clone()).collect());
    }
    rows
}
