//! `table check`: a progress table that somebody else printed, checked and ranked offline by the field's own rules;
//! from CSV or from a workbook. Nothing printed is corrected.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use minsheng_documents::worker::Client;
use minsheng_domain::finding::{Finding, Severity};
use minsheng_domain::period::{Period, PeriodKind};
use minsheng_domain::table::{TableReport, check_sheet};

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::{Output, Table as Printed};

/// How a zip begins, and with it a workbook.
const ZIP: &[u8] = b"PK\x03\x04";
/// How an old or a locked workbook begins.
const OLD_OFFICE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

/// 离线核查、排名外来进度表
#[derive(Args, Debug)]
pub(crate) struct Table {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 逐个百分比重算、合计相加，列出不符之处，按每个完成率排名；表头可有两行，上面可有标题
    ///
    /// 示例：minsheng table check yueyanglou-2022-06.csv --period 2022-06
    Check {
        /// CSV文件（UTF-8）或工作簿（.xlsx）
        file: PathBuf,
        /// 工作簿中的哪张工作表；省略为第一张有内容的
        #[arg(long, value_name = "SHEET")]
        sheet: Option<String>,
        /// 表的期，如 2022-06、2022-Q2：核对人月时用
        #[arg(long, value_name = "PERIOD", value_parser = period)]
        period: Option<Period>,
    },
}

impl Table {
    pub(crate) async fn run(self, output: Output) -> Outcome {
        let Command::Check { file, sheet, period } = self.command;
        let rows = read(&file, sheet, output).await?;
        if rows.is_empty() {
            return Err(Failure::refused(format!("{}是空的", file.display())));
        }
        let report = check_sheet(&rows, period.map(|period| u32::from(period.last_month())));
        if output.is_json() {
            output.value(&json(&report))?;
        } else {
            output.text(&text(&report))?;
        }
        let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let failure = errors.fold(None, |failure: Option<Failure>, finding| {
            let failure = failure.unwrap_or_else(|| Failure::refused(format!("{}不能作为进度表读懂", file.display())));
            Some(failure.fault(&finding.field, &finding.zh))
        });
        failure.map_or(Ok(()), Err)
    }
}

fn period(text: &str) -> Result<Period, String> {
    let wrong = |_| "期写作 2022、2022-Q2 或 2022-06".to_owned();
    let period: Period = text.parse().map_err(wrong)?;
    if period.kind() == PeriodKind::TenDay { Err("进度表按月、季、年核对".to_owned()) } else { Ok(period) }
}

/// The table's cells as texts. What the file is, its first bytes say and not its name.
async fn read(path: &Path, sheet: Option<String>, output: Output) -> Outcome<Vec<Vec<String>>> {
    let bytes = file::bytes(path)?;
    let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
    if named || bytes.starts_with(ZIP) || bytes.starts_with(OLD_OFFICE) {
        return workbook(bytes, sheet, output).await;
    }
    if sheet.is_some() {
        return Err(Failure::usage(format!("{}不是工作簿，不用 --sheet", path.display())));
    }
    let text = file::as_text(bytes, path)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| Failure::refused(format!("{}不是CSV：{error}", path.display())))?;
        rows.push(row.iter().map(str::to_owned).collect());
    }
    Ok(rows)
}

/// A worker process reads the workbook, within bounds.
async fn workbook(bytes: Vec<u8>, sheet: Option<String>, output: Output) -> Outcome<Vec<Vec<String>>> {
    let asked = sheet.unwrap_or_default();
    let named = !asked.is_empty();
    let read = Client::this_program()?.read_sheet(bytes, asked).await?;
    if !named && !read.others.is_empty() {
        let others = read.others.join("、");
        output.remark(&format!("核查的是工作表“{}”；另有：{others}，用 --sheet 指定", read.name));
    }
    Ok(read.rows.into_iter().map(|row| row.cells).collect())
}

fn text(report: &TableReport) -> String {
    let mut headings = vec![("名称".to_owned(), false)];
    headings.extend(report.progress.iter().map(|progress| (format!("{}（重算）", progress.label), true)));
    let mut rows = Printed::with_headings(headings);
    for row in &report.rows {
        let rates = row.rates.iter().map(|rate| rate.map_or_else(|| "-".to_owned(), |rate| rate.completion_percent(2)));
        rows.row(std::iter::once(row.name.clone()).chain(rates));
    }
    let mut text = format!("{}\n{}", rows.text(), findings(&report.findings));
    for ranking in &report.rankings {
        let mut places = Printed::new([">名次", "名称", ">完成率"]);
        for place in &ranking.places {
            places.row([place.rank.to_string(), place.unit.clone(), format!("{}%", place.value.display_with(2))]);
        }
        text.push_str(&format!("\n按{}排名：\n{}", ranking.label, places.text()));
        text.push_str(&format!("前列：{}\n", ranking.first.join("、")));
        let last = if ranking.last.is_empty() { "无".to_owned() } else { ranking.last.join("、") };
        text.push_str(&format!("后列：{last}\n"));
    }
    text
}

fn findings(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "核查没有发现问题。\n".to_owned();
    }
    let mut table = Printed::new(["级别", "代码", "位置", "内容"]);
    for finding in findings {
        table.row([finding.severity.label(), finding.code, &finding.field, &finding.zh]);
    }
    format!("{}共{}条。\n", table.text(), findings.len())
}

fn json(report: &TableReport) -> serde_json::Value {
    let rates = |row: &minsheng_domain::table::TableRow| {
        let rates = row.rates.iter();
        rates.map(|rate| rate.map(|rate| format!("{}/{}", rate.numerator(), rate.denominator()))).collect::<Vec<_>>()
    };
    let rows =
        report.rows.iter().map(|row| serde_json::json!({"name": row.name, "total": row.total, "rates": rates(row)}));
    let findings = report.findings.iter().map(|finding| {
        let facts = finding.facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.as_str().into()));
        let facts: serde_json::Map<String, serde_json::Value> = facts.collect();
        let severity = match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "NOTE",
        };
        serde_json::json!({
            "code": finding.code,
            "severity": severity,
            "field": finding.field,
            "message": finding.zh,
            "messageEn": finding.en,
            "facts": facts,
        })
    });
    let rankings = report.rankings.iter().map(|ranking| {
        let places = ranking.places.iter();
        let places = places.map(
            |place| serde_json::json!({"rank": place.rank, "name": place.unit, "percent": place.value.display_with(2)}),
        );
        serde_json::json!({
            "by": ranking.label,
            "places": places.collect::<Vec<_>>(),
            "first": ranking.first,
            "last": ranking.last,
        })
    });
    serde_json::json!({
        "header": report.header,
        "rows": rows.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "rankings": rankings.collect::<Vec<_>>(),
    })
}
