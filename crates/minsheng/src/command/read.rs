//! `read`: an official document about a year's projects becomes a drafted programme, offline, with the source and the
//! confidence of each field and all that contradicts. A worker process opens the file; nothing is sent anywhere.

use std::path::{Path, PathBuf};

use clap::Args;
use minsheng_documents::extract::ExtractedText;
use minsheng_documents::worker::{Client, WorkerError};
use minsheng_domain::programme::check::KnownDivision;
use minsheng_domain::programme::summarise;
use minsheng_kit::convert::finding::to_proto;
use minsheng_opinion::{DOUBTFUL, Document, Draft, Field, Known, SourceBlock, SourceCell, Span, programme, read};

use crate::failure::{Failure, Kind, Outcome};
use crate::file;
use crate::output::{Output, Table, json};
use crate::words;

/// Columns that a source's words may take in a table.
const QUOTE: usize = 40;

/// 离线读公文：从实施意见、通知、方案读出年度实事项目草案，每个字段注明出处和把握，列出全部矛盾
///
/// 示例：minsheng read 实施意见.docx --divisions divisions-hunan.csv --out programme.json
#[derive(Args, Debug)]
pub(crate) struct Read {
    /// 文本（UTF-8、GB18030）、HTML、DOCX或含文字的PDF文件
    file: PathBuf,
    /// 草案写到哪个JSON文件，核对后用 programme import 导入
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 草案写到哪个目录模板工作簿（.xlsx）
    #[arg(long, value_name = "FILE")]
    workbook: Option<PathBuf>,
    /// 文件中出现的单位写到哪个CSV文件，核对后用 units import 导入
    #[arg(long, value_name = "FILE")]
    units_out: Option<PathBuf>,
    /// 已有的单位名录（列：id,display_name），按名称对应编号
    #[arg(long, value_name = "FILE")]
    units: Option<PathBuf>,
    /// 区划名录（列：code,name），按名称对应代码
    #[arg(long, value_name = "FILE")]
    divisions: Option<PathBuf>,
    /// 本级区划代码；省略则按名称在区划名录中查找
    #[arg(long, value_name = "CODE", default_value = "")]
    division: String,
    /// 年度；省略则从文件读取
    #[arg(long, value_name = "YEAR")]
    year: Option<i16>,
}

impl Read {
    pub(crate) async fn run(self, output: Output) -> Outcome {
        let known = self.known()?;
        let extracted = extract(&self.file).await?;
        let document = document(extracted);
        let draft = read(&document, &known);
        let message = programme(&draft.programme);
        if draft.programme.projects.is_empty() {
            let hint = "请核对文件是否为实事项目文件；扫描件请先作文字识别";
            return Err(Failure::refused(format!("{}中没有找到项目和任务", self.file.display())).hint(hint));
        }
        if let Some(path) = &self.out {
            let text = format!("{:#}\n", json::to_json(&message)?);
            file::write(path, text.as_bytes(), 0o644)?;
            output.remark(&format!("草案已写到{}", path.display()));
        }
        if let Some(path) = &self.workbook {
            let workbook = Client::this_program()?.write_catalogue_template(message.clone()).await?;
            file::write(path, &workbook, 0o644)?;
            output.remark(&format!("草案已写到{}", path.display()));
        }
        if let Some(path) = &self.units_out {
            file::write(path, units_csv(&draft)?.as_bytes(), 0o644)?;
            output.remark(&format!("单位已写到{}", path.display()));
        }
        if output.is_json() {
            let mut value = report_json(&draft, &document);
            value["programme"] = json::to_json(&message)?;
            return output.value(&value);
        }
        output.text(&report(&draft, &document))
    }

    fn known(&self) -> Outcome<Known> {
        let mut known = Known { division: self.division.clone(), year: self.year, ..Known::default() };
        if let Some(path) = &self.units {
            let rows = file::csv_rows(path, &["id", "display_name"])?;
            known.units =
                rows.into_iter().filter_map(|(_, cells)| <[String; 2]>::try_from(cells).ok()).map(Into::into).collect();
        }
        if let Some(path) = &self.divisions {
            for (line, cells) in file::csv_rows(path, &["code", "name"])? {
                let [code, name] = <[String; 2]>::try_from(cells).unwrap_or_default();
                let wrong = |error: minsheng_domain::division::DivisionError| {
                    Failure::refused(format!("文件{}第{line}行", path.display())).fault("code", error.zh())
                };
                known.divisions.push(KnownDivision { code: code.parse().map_err(wrong)?, name });
            }
        }
        Ok(known)
    }
}

/// A worker process opens the file, within bounds.
async fn extract(path: &Path) -> Outcome<ExtractedText> {
    let bytes = file::bytes(path)?;
    let name = path.display();
    Client::this_program()?.extract_text(bytes).await.map_err(|error| match error {
        WorkerError::Refused(errors) => {
            let why: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Failure::refused(format!("{name}：{}", why.join("；")))
        }
        WorkerError::Memory => Failure::refused(format!("{name}需要的内存超过上限（256 MiB），不予读取")),
        WorkerError::Time => Failure::refused(format!("{name}读取时间超过上限，不予读取")),
        WorkerError::Crashed(why) => Failure::refused(format!("{name}已损坏，不能读取（{why}）")),
        other => Failure::new(Kind::Other, format!("文件处理失败：{other}")),
    })
}

/// What was extracted, as the reader takes it.
fn document(extracted: ExtractedText) -> Document {
    if extracted.plain {
        let text: Vec<String> = extracted.blocks.into_iter().map(|block| block.paragraph).collect();
        return Document::from_text(text.join("\n"));
    }
    Document::from_blocks(extracted.blocks.into_iter().map(|block| {
        if block.rows.is_empty() {
            return SourceBlock::Paragraph(block.paragraph);
        }
        let cell = |cell: minsheng_documents::extract::ExtractedCell| SourceCell {
            text: cell.text,
            columns: cell.columns,
            rows: cell.rows,
        };
        SourceBlock::Table(block.rows.into_iter().map(|row| row.cells.into_iter().map(cell).collect()).collect())
    }))
}

fn units_csv(draft: &Draft) -> Outcome<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: &dyn std::fmt::Display| Failure::new(Kind::Other, format!("单位名录不能写成CSV：{error}"));
    let division = draft.programme.division.as_str();
    let heading = ["id", "display_name", "kind", "division"];
    writer.write_record(heading).map_err(|error| failed(&error))?;
    for unit in draft.units.iter().filter(|unit| !unit.known) {
        let kind = match unit.name.as_str() {
            _ if unit.certifies => "CERTIFIER",
            name if name.ends_with("公司") || name.ends_with("集团") => "COMPANY",
            _ => "BUREAU",
        };
        writer.write_record([unit.id.as_str(), unit.name.as_str(), kind, division]).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

fn quote(span: Option<Span>, document: &Document) -> String {
    let words = span.map_or("", |span| span.of(&document.text)).replace(['\n', '\t'], " ");
    let mut quoted: String = words.chars().take(QUOTE).collect();
    if quoted.len() < words.len() {
        quoted.push('…');
    }
    quoted
}

fn line(span: Option<Span>, document: &Document) -> String {
    span.map_or_else(|| "-".to_owned(), |span| span.line(&document.text).to_string())
}

/// The report for people.
fn report(draft: &Draft, document: &Document) -> String {
    let found = &draft.programme;
    let counts = summarise(found);
    let indicators: u32 = counts.key_indicators.iter().chain(&counts.monitored_indicators).sum();
    let mut text = format!(
        "草案：{}{}年，{}\n项目{}个，指标{indicators}个，计量项{}个（独立{}个），任务分解表{}格中{}格有数。\n\n",
        found.division_name,
        found.year,
        found.title,
        found.projects.len(),
        counts.key_measures + counts.monitored_measures,
        counts.key_atomic + counts.monitored_atomic,
        counts.cells,
        counts.filled,
    );
    text.push_str(&measures(draft, document));
    let doubtful: Vec<&Field> = draft.fields.iter().filter(|field| field.confidence < DOUBTFUL).collect();
    if !doubtful.is_empty() {
        let mut table = Table::new(["字段", "读作", ">把握", ">行", "原文", "原因"]);
        for field in &doubtful {
            let (line, quote) = (line(field.span, document), quote(field.span, document));
            table.row([&field.path, &field.value, &field.confidence.to_string(), &line, &quote, &field.doubt]);
        }
        text.push_str(&format!("\n须逐个核对的字段（把握不足{DOUBTFUL}）：\n{}", table.text()));
    }
    if !draft.unused.is_empty() {
        let mut table = Table::new(["指标", "数字", ">行", "视为"]);
        for unused in &draft.unused {
            let line = line(Some(unused.span), document);
            table.row([unused.indicator.as_str(), &unused.text, &line, unused.role.label()]);
        }
        text.push_str(&format!("\n任务中没有用作目标的数字：\n{}", table.text()));
    }
    let findings: Vec<_> = draft.findings.iter().map(to_proto).collect();
    text.push_str(&format!("\n核查结果：\n{}", words::findings(&findings)));
    text.push_str("草案须经人核对后再导入；程序没有改动原文任何数字。\n");
    text
}

/// Every measure with who leads, how sure, and where its figure stands.
fn measures(draft: &Draft, document: &Document) -> String {
    let mut table = Table::new(["编码", "计量项", "类型", ">目标", "单位", "牵头单位", "分管领导", ">把握", ">行"]);
    for (p, project) in draft.programme.projects.iter().enumerate() {
        for (i, indicator) in project.indicators.iter().enumerate() {
            let leaders: Vec<&str> = indicator.leaders_in_charge.iter().map(|leader| leader.name.as_str()).collect();
            for (m, measure) in indicator.measures.iter().enumerate() {
                let path = format!("projects[{p}].indicators[{i}].measures[{m}]");
                let of = |name: &str| draft.fields.iter().find(|field| field.path == format!("{path}.{name}"));
                let source = of("target").or_else(|| of("title"));
                let target = measure.target.map_or_else(|| "-".to_owned(), |target| target.to_string());
                let kind = of("kind").map_or("", |field| field.value.as_str());
                let sure = source.map_or_else(String::new, |field| field.confidence.to_string());
                let line = line(source.and_then(|field| field.span), document);
                let leaders = leaders.join("、");
                let cells = [
                    &measure.code,
                    &measure.title,
                    kind,
                    &target,
                    &measure.unit,
                    &indicator.lead_unit_name,
                    &leaders,
                    &sure,
                    &line,
                ];
                table.row(cells);
            }
        }
    }
    table.text()
}

fn report_json(draft: &Draft, document: &Document) -> serde_json::Value {
    let place =
        |span: Span| serde_json::json!({"start": span.start, "end": span.end, "line": span.line(&document.text)});
    let fields = draft.fields.iter().map(|field| {
        serde_json::json!({
            "path": field.path,
            "value": field.value,
            "confidence": field.confidence,
            "span": field.span.map(place),
            "quote": field.span.map(|span| span.of(&document.text)),
            "doubt": field.doubt,
        })
    });
    let unused = draft.unused.iter().map(|unused| {
        serde_json::json!({"indicator": unused.indicator, "text": unused.text, "span": place(unused.span), "as": unused.role.label()})
    });
    let units = draft
        .units
        .iter()
        .map(|unit| serde_json::json!({"id": unit.id, "displayName": unit.name, "known": unit.known}));
    let findings = draft.findings.iter().map(to_proto).map(|finding| {
        serde_json::json!({
            "code": finding.code,
            "severity": finding.severity().as_str_name().trim_start_matches("SEVERITY_"),
            "field": finding.field,
            "message": finding.message,
            "messageEn": finding.message_en,
            "facts": finding.facts,
            "id": finding.id,
        })
    });
    serde_json::json!({
        "fields": fields.collect::<Vec<_>>(),
        "unused": unused.collect::<Vec<_>>(),
        "units": units.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "text": document.text,
    })
}
