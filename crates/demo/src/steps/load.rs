//! Before the first month: territory, units, calendar, the real programme with its findings, and the marked amendment.

use minsheng_domain::period::beijing_instant;
use minsheng_proto::catalogue::v1::{DecideFindingRequest, GetProgrammeRequest, Programme, ProgrammeCounts};
use minsheng_proto::common::v1::{Finding, Severity};

use super::OFFICER;
use super::catalogue::{change, import, issue, known_to_reporting, take_calendar, take_divisions, take_units};
use crate::accounts::posts;
use crate::data::{Documents, MARK};
use crate::error::DemoError;
use crate::generate::amended;
use crate::table::Table;
use crate::world::World;

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
    take_divisions(world, &documents.divisions).await?;
    voice.say(format!("登记单位{}个、2023年工作日历……", documents.units.len()));
    take_units(world, &documents.units).await?;
    take_calendar(world, &documents.calendar).await?;

    voice.say(format!("导入并核对《{}》……", documents.programme.title));
    let imported = import(world, &documents.programme).await?;
    let counts = imported.counts.ok_or(DemoError::Answer("counts"))?;
    voice.say(counted(&counts));
    voice.say(found(&imported.findings));
    let name = documents.programme_name();
    decide(world, &name, &imported.findings).await?;

    let version = office.programmes().get_programme(GetProgrammeRequest { name: name.clone(), which: None }).await;
    let draft = version.map_err(|status| DemoError::call("读取草案", status))?.into_inner().version;
    let version = issue(world, &name, draft.ok_or(DemoError::Answer("version"))?.etag).await?;
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
    let missing = loaded.findings.iter().find(|finding| finding.code == "CURVE_MISSING");
    let codes = missing.and_then(|finding| finding.facts.get("measures")).map_or("", String::as_str);
    let codes: Vec<&str> = codes.split('、').filter(|code| !code.is_empty()).collect();
    let programme = amended(&documents.programme, &codes);
    let reason = format!("【{MARK}】补充原文件没有的计划曲线{}条、阶段和佐证要求，仅供演示", codes.len());
    let (version, left) = change(world, &loaded.programme, &programme, reason, loaded.etag.clone()).await?;
    world.voice.say(format!(
        "修订为第{}版：计划曲线{}条、阶段、佐证要求，均标注“{MARK}”；再核对余{}条。",
        version.version,
        codes.len(),
        left.len(),
    ));
    known_to_reporting(world, &loaded.programme, &programme, version.version).await?;
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

/// Findings as a table, counted.
pub(crate) fn found(findings: &[Finding]) -> String {
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
