//! Before the first month: territory, units, calendar, the real programme with its findings, and the marked amendment.

use minsheng_domain::period::beijing_instant;
use minsheng_proto::catalogue::v1::{
    AmendProgrammeRequest, BatchUpdateUnitsRequest, CheckProgrammeRequest, DecideFindingRequest, GetProgrammeRequest,
    ImportDivisionsRequest, ImportProgrammeRequest, IssueProgrammeRequest, Programme, ProgrammeCounts,
    UpdateCalendarRequest, UpdateUnitRow,
};
use minsheng_proto::common::v1::{BulkMode, Finding, Severity};
use minsheng_proto::reporting::v1::GetReportRequest;

use super::{OFFICER, all_taken, report_name};
use crate::accounts::posts;
use crate::data::{Documents, MARK};
use crate::error::DemoError;
use crate::generate::amended;
use crate::table::Table;
use crate::world::World;

/// Rows of the territory in one call.
const DIVISIONS_A_CALL: usize = 4_000;
/// What the office decides on findings, by their code; the rest waits.
const DECISIONS: &[(&str, &str)] = &[
    ("SUM_DIFFERS_FROM_TOTAL", "分解数以各行之和为准；县级任务仍按文件所印20400人，差额2人报市实事办核实。"),
    ("ROW_IS_NO_DIVISION", "县城南区为非建制区域，以本县自编代码登记，只计入本县合计。"),
    ("READINGS_DIFFER", "乡镇职责按附件3注执行：配合工作，进度公布、不评分。"),
];

/// What was loaded.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Name of the programme.
    pub programme: String,
    /// Counts of the document.
    pub counts: ProgrammeCounts,
    /// Findings on it.
    pub findings: Vec<Finding>,
    /// Revision of version 1.
    pub etag: String,
}

/// Makes the accounts, takes in territory, units, calendar and the real programme, says what its check finds, records
/// decisions on a few findings and issues it.
///
/// # Errors
/// When a call is refused.
pub async fn load(world: &World, documents: &Documents) -> Result<Loaded, DemoError> {
    let voice = &world.voice;
    let posts = posts(&documents.lead_units());
    voice.say(format!("建立账号{}个（人员、岗位各不相同）……", posts.len()));
    world.create_accounts(&posts).await?;
    let office = world.as_account(OFFICER).await?;

    voice.say(format!("导入行政区划{}行……", documents.divisions.len()));
    for rows in documents.divisions.chunks(DIVISIONS_A_CALL) {
        let request =
            ImportDivisionsRequest { divisions: rows.to_vec(), request_id: world.tick(), validate_only: false };
        let done = office.divisions().import_divisions(request).await;
        done.map_err(|status| DemoError::call("导入行政区划", status))?;
    }

    voice.say(format!("登记单位{}个、2023年工作日历……", documents.units.len()));
    let rows = documents.units.iter().map(|unit| UpdateUnitRow { id: unit.id.clone(), unit: Some(unit.clone()) });
    let request = BatchUpdateUnitsRequest {
        rows: rows.collect(),
        mode: BulkMode::AllOrNothing.into(),
        request_id: world.tick(),
        validate_only: false,
    };
    let units = office.units().batch_update_units(request).await;
    let units = units.map_err(|status| DemoError::call("登记单位", status))?.into_inner();
    all_taken("登记单位", &units.failures)?;
    let request = UpdateCalendarRequest { calendar: Some(documents.calendar.clone()), request_id: world.tick() };
    let calendar = office.calendars().update_calendar(request).await;
    calendar.map_err(|status| DemoError::call("设置工作日历", status))?;

    voice.say(format!("导入并核对《{}》……", documents.programme.title));
    let request = ImportProgrammeRequest {
        programme: Some(documents.programme.clone()),
        request_id: world.tick(),
        validate_only: false,
    };
    let imported = office.programmes().import_programme(request).await;
    let imported = imported.map_err(|status| DemoError::call("导入实事项目", status))?.into_inner();
    let counts = imported.counts.ok_or(DemoError::Answer("counts"))?;
    voice.say(counted(&counts));
    voice.say(found(&imported.findings));
    let name = documents.programme_name();
    decide(world, &name, &imported.findings).await?;

    let version = office.programmes().get_programme(GetProgrammeRequest { name: name.clone(), which: None }).await;
    let draft = version.map_err(|status| DemoError::call("读取草案", status))?.into_inner().version;
    let draft = draft.ok_or(DemoError::Answer("version"))?;
    let request = IssueProgrammeRequest { name: name.clone(), etag: draft.etag, request_id: world.tick() };
    let issued = office.programmes().issue_programme(request).await;
    let issued = issued.map_err(|status| DemoError::call("下达实事项目", status))?.into_inner();
    let version = issued.version.ok_or(DemoError::Answer("version"))?;
    voice.say(format!("已下达第{}版，自{}起生效。", version.version, version.in_force_from));
    Ok(Loaded { programme: name, counts, findings: imported.findings, etag: version.etag })
}

/// Records what the office decided.
async fn decide(world: &World, programme: &str, findings: &[Finding]) -> Result<(), DemoError> {
    let office = world.as_account(OFFICER).await?;
    let mut decided = 0;
    for (code, decision) in DECISIONS {
        let Some(finding) = findings.iter().find(|finding| finding.code == *code) else {
            continue;
        };
        let request = DecideFindingRequest {
            name: programme.to_owned(),
            finding_id: finding.id.clone(),
            decision: format!("【{MARK}】{decision}"),
            request_id: world.tick(),
        };
        let done = office.programmes().decide_finding(request).await;
        done.map_err(|status| DemoError::call(format!("就{code}作出决定"), status))?;
        decided += 1;
    }
    world.voice.say(format!("实事办就其中{decided}条作出决定并留痕，其余待定；原件所印一字不改。"));
    Ok(())
}

/// Amends the programme with invented, marked curves and stages, in force from the first month; waits until reporting and
/// ranking know it. Gives the programme as amended.
///
/// # Errors
/// When a call is refused.
pub async fn amend(world: &World, loaded: &Loaded, documents: &Documents) -> Result<Programme, DemoError> {
    world.at(beijing_instant(jiff::civil::date(2023, 6, 5), 9));
    let office = world.as_account(OFFICER).await?;
    let missing = loaded.findings.iter().find(|finding| finding.code == "CURVE_MISSING");
    let codes = missing.and_then(|finding| finding.facts.get("measures")).map_or("", String::as_str);
    let codes: Vec<&str> = codes.split('、').filter(|code| !code.is_empty()).collect();
    let programme = amended(&documents.programme, &codes);
    let request = AmendProgrammeRequest {
        name: loaded.programme.clone(),
        programme: Some(programme.clone()),
        reason: format!("【{MARK}】补充原文件没有的计划曲线{}条、阶段和佐证要求，仅供演示", codes.len()),
        in_force_from: "2023-06".to_owned(),
        etag: loaded.etag.clone(),
        request_id: world.tick(),
    };
    let amended = office.programmes().amend_programme(request).await;
    let amended = amended.map_err(|status| DemoError::call("修订实事项目", status))?.into_inner();
    let version = amended.version.ok_or(DemoError::Answer("version"))?;
    let check = CheckProgrammeRequest { name: loaded.programme.clone(), version: version.version };
    let check = office.programmes().check_programme(check).await;
    let check = check.map_err(|status| DemoError::call("核对修订版", status))?.into_inner();
    world.voice.say(format!(
        "修订为第{}版：计划曲线{}条、阶段、佐证要求，均标注“{MARK}”；再核对余{}条。",
        version.version,
        codes.len(),
        check.findings.len(),
    ));
    let first = programme.projects.iter().flat_map(|project| &project.indicators).next();
    let first = first.ok_or(DemoError::Answer("indicators"))?;
    let name = report_name(&loaded.programme, &first.code, "2023-06");
    let reports = office.reports();
    world
        .wait("报送服务得知修订版", async || {
            let report = reports.clone().get_report(GetReportRequest { name: name.clone() }).await;
            Ok(match report {
                Ok(report) => {
                    let known = report.into_inner().report.map_or(0, |report| report.programme_version);
                    if known == version.version { Ok(()) } else { Err(format!("第{known}版")) }
                }
                Err(status) => Err(status.message().to_owned()),
            })
        })
        .await?;
    Ok(programme)
}

fn counted(counts: &ProgrammeCounts) -> String {
    let (key, monitored) = (&counts.key_indicators, &counts.monitored_indicators);
    let mut text = format!(
        "  重点项目{}个、指标{}个；重点监测项目{}个、指标{}个；计量项{}＋{}（原子{}＋{}）\n",
        key.len(),
        key.iter().sum::<i32>(),
        monitored.len(),
        monitored.iter().sum::<i32>(),
        counts.key_measures,
        counts.monitored_measures,
        counts.key_atomic,
        counts.monitored_atomic,
    );
    let filled: Vec<String> = counts.filled_by_column.iter().map(ToString::to_string).collect();
    text.push_str(&format!(
        "  乡镇分解表：{}格中填{}格（各列{}）；各列之和{}",
        counts.cells,
        counts.filled,
        filled.join("、"),
        counts.sums_by_column.join("、"),
    ));
    text
}

fn found(findings: &[Finding]) -> String {
    let mut table = Table::new(["级别", "代码", "内容"]);
    for finding in findings {
        let level = match finding.severity() {
            Severity::Error => "错误",
            Severity::Warning => "预警",
            Severity::Note | Severity::Unspecified => "提示",
        };
        table.row([level, &finding.code, &finding.message]);
    }
    format!("核对发现{}条（都由计算得出）：\n{}", findings.len(), table.text())
}
