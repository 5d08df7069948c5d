//! What a report says, from flags or from a JSON file.

use std::path::PathBuf;

use clap::Args;
use minsheng_proto::catalogue::v1::{Indicator, Programme};
use minsheng_proto::common::v1::Explanation;
use minsheng_proto::reporting::v1::{DivisionValue, EvidenceReference, ReportContent};

use super::super::named;
use super::values::{parse, place, put, unit_of};
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::json;

/// The content of a report.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ContentArgs {
    /// 计量项=累计数[/本期数]，可多次；没有数时写 =不适用:原因、=无:原因、=未报
    #[arg(long, value_name = "CODE=NUM[/NUM]", value_parser = named, num_args = 1.., conflicts_with_all = ["json", "workbook"])]
    values: Vec<(String, String)>,
    /// 已到阶段：计量项=阶段，可多次
    #[arg(long, value_name = "CODE=STAGE", value_parser = named, conflicts_with_all = ["json", "workbook"])]
    stage: Vec<(String, String)>,
    /// 已按新标准兑现的计量项，可多次
    #[arg(long, value_name = "CODE", conflicts_with_all = ["json", "workbook"])]
    paid: Vec<String>,
    /// 尚未覆盖的名单：计量项=甲、乙，可多次
    #[arg(long, value_name = "CODE=NAMES", value_parser = named, conflicts_with_all = ["json", "workbook"])]
    not_covered: Vec<(String, String)>,
    /// 乡镇分解CSV（列：measure,division,value）
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "workbook"])]
    breakdown: Option<PathBuf>,
    /// 工作进展
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["json", "workbook"])]
    progress: Option<String>,
    /// 主要做法
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["json", "workbook"])]
    measures_taken: Option<String>,
    /// 存在问题及原因
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["json", "workbook"])]
    problems: Option<String>,
    /// 下步打算
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["json", "workbook"])]
    next_steps: Option<String>,
    /// 佐证材料：SHA-256[=名称[@计量项]]，可多次；先用 evidence upload 上传
    #[arg(long, value_name = "SHA256=LABEL", conflicts_with_all = ["json", "workbook"])]
    evidence: Vec<String>,
    /// 对一条预警的说明：编号=说明，可多次
    #[arg(long, value_name = "ID=TEXT", value_parser = named, conflicts_with_all = ["json", "workbook"])]
    explain: Vec<(String, String)>,
    /// 填报人
    #[arg(long, value_name = "NAME", conflicts_with_all = ["json", "workbook"])]
    filled_by: Option<String>,
    /// 审核人
    #[arg(long, value_name = "NAME", conflicts_with_all = ["json", "workbook"])]
    reviewed_by: Option<String>,
    /// 负责人
    #[arg(long, value_name = "NAME", conflicts_with_all = ["json", "workbook"])]
    head: Option<String>,
    /// 办公电话
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["json", "workbook"])]
    telephone: Option<String>,
    /// 内容的JSON文件（ReportContent）
    #[arg(long, value_name = "FILE", conflicts_with = "workbook")]
    json: Option<PathBuf>,
    /// 填好的月报工作簿：其中各指标一次报送
    #[arg(long, value_name = "FILE")]
    pub(super) workbook: Option<PathBuf>,
}

impl ContentArgs {
    /// Whether the catalogue is needed to understand the arguments.
    pub(super) fn needs_catalogue(&self) -> bool {
        self.json.is_none()
    }

    /// The content: the JSON file's, or the base with everything that was given put in its place.
    pub(super) fn build(&self, base: ReportContent, indicator: &Indicator) -> Outcome<ReportContent> {
        if let Some(path) = &self.json {
            return json::from_json(&file::text(path)?, &path.display().to_string());
        }
        let mut content = base;
        for (code, text) in &self.values {
            put(&mut content.values, indicator, code, text)?;
        }
        for (code, stage) in &self.stage {
            unit_of(indicator, code)?;
            place(&mut content.values, code).stage.clone_from(stage);
        }
        for code in &self.paid {
            unit_of(indicator, code)?;
            place(&mut content.values, code).paid = true;
        }
        for (code, names) in &self.not_covered {
            unit_of(indicator, code)?;
            let names = names.split(['、', ',', '，']).map(str::trim).filter(|name| !name.is_empty());
            place(&mut content.values, code).not_covered = names.map(str::to_owned).collect();
        }
        self.put_breakdown(&mut content, indicator)?;
        self.put_words(&mut content);
        for text in &self.evidence {
            let file = evidence(text)?;
            content.evidence.retain(|known| known.sha256 != file.sha256 || known.measure != file.measure);
            content.evidence.push(file);
        }
        for (finding_id, text) in &self.explain {
            content.explanations.retain(|known| known.finding_id != *finding_id);
            content.explanations.push(Explanation { finding_id: finding_id.clone(), text: text.clone() });
        }
        Ok(content)
    }

    fn put_words(&self, content: &mut ReportContent) {
        let put = |place: &mut String, given: &Option<String>| {
            if let Some(text) = given {
                place.clone_from(text);
            }
        };
        let narrative = content.narrative.get_or_insert_default();
        put(&mut narrative.progress, &self.progress);
        put(&mut narrative.measures_taken, &self.measures_taken);
        put(&mut narrative.problems, &self.problems);
        put(&mut narrative.next_steps, &self.next_steps);
        put(&mut content.filled_by, &self.filled_by);
        put(&mut content.reviewed_by, &self.reviewed_by);
        put(&mut content.head, &self.head);
        put(&mut content.telephone, &self.telephone);
    }

    /// The breakdown of a measure named in the file is replaced whole.
    fn put_breakdown(&self, content: &mut ReportContent, indicator: &Indicator) -> Outcome {
        let Some(path) = &self.breakdown else { return Ok(()) };
        let mut begun: Vec<String> = Vec::new();
        for (line, cells) in file::csv_rows(path, &["measure", "division", "value"])? {
            let [measure, division, text] = <[String; 3]>::try_from(cells).unwrap_or_default();
            let unit = unit_of(indicator, &measure)?;
            let wrong = || Failure::refused(format!("文件{}第{line}行", path.display())).fault("value", &text);
            let (value, _) = parse(&text, unit).ok_or_else(wrong)?;
            let place = place(&mut content.values, &measure);
            if !begun.contains(&measure) {
                place.breakdown.clear();
                begun.push(measure);
            }
            place.breakdown.push(DivisionValue { division, value: Some(value) });
        }
        Ok(())
    }
}

/// `SHA256[=LABEL[@MEASURE]]`.
fn evidence(text: &str) -> Outcome<EvidenceReference> {
    let (hash, rest) = text.split_once('=').unwrap_or((text, ""));
    let (label, measure) = rest.rsplit_once('@').unwrap_or((rest, ""));
    Ok(EvidenceReference { sha256: sha256(hash)?, label: label.to_owned(), measure: measure.to_owned() })
}

/// 64 hexadecimal digits.
pub(crate) fn sha256(text: &str) -> Outcome<Vec<u8>> {
    match hex::decode(text.trim()) {
        Ok(hash) if hash.len() == 32 => Ok(hash),
        _ => Err(Failure::usage(format!("“{text}”不是文件的SHA-256（64位十六进制）"))),
    }
}

/// An indicator of a programme.
pub(super) fn indicator<'a>(programme: &'a Programme, code: &str) -> Outcome<&'a Indicator> {
    let mut all = programme.projects.iter().flat_map(|project| &project.indicators);
    all.find(|indicator| indicator.code == code).ok_or_else(|| Failure::not_found(format!("没有指标{code}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use minsheng_proto::catalogue::v1::Measure;
    use minsheng_proto::reporting::v1::MeasureValue;

    use super::*;

    #[test]
    fn what_is_given_goes_into_the_draft_and_the_rest_stays() {
        let measure = |code: &str| Measure { code: code.into(), unit: "人".into(), ..Measure::default() };
        let indicator = Indicator {
            code: "3.2".into(),
            measures: vec![measure("3.2-1"), measure("3.2-2")],
            ..Indicator::default()
        };
        let kept = MeasureValue { measure: "3.2-2".into(), stage: "开工".into(), ..MeasureValue::default() };
        let base = ReportContent { values: vec![kept.clone()], head: "甲".into(), ..ReportContent::default() };
        let arguments = ContentArgs {
            values: vec![("3.2-1".into(), "5/2".into())],
            progress: Some("进展".into()),
            evidence: vec![format!("{}=照片@3.2-1", "ab".repeat(32))],
            ..ContentArgs::default()
        };
        let content = arguments.build(base, &indicator).unwrap();
        assert_eq!(content.values[0], kept);
        assert_eq!(content.values[1].this_period.as_ref().unwrap().value, "2");
        assert_eq!((content.head.as_str(), content.narrative.unwrap().progress.as_str()), ("甲", "进展"));
        assert_eq!((content.evidence[0].label.as_str(), content.evidence[0].measure.as_str()), ("照片", "3.2-1"));
    }
}
