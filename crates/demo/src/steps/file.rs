//! A month's filing: item lists, evidence, reports in each of the ways they may come, articles.

use minsheng_domain::period::beijing_instant;
use minsheng_proto::common::v1::{BulkMode, Explanation, Finding, Severity};
use minsheng_proto::reporting::v1::{
    BatchUpdateItemsRequest, ConfirmReportRequest, EnterReportRequest, EvidenceHeader, EvidenceReference,
    FileArticleRequest, FileReportRequest, FillUnchangedRequest, GetReportRequest, Item, ItemStage, ListItemsRequest,
    Report, ReportContent, ReviewReportRequest, SignReportRequest, SubmitReportRequest, UpdateDraftRequest,
    UpdateItemRow, UploadEvidenceRequest, upload_evidence_request::Part,
};
use sha2::{Digest, Sha256};
use tonic::Status;
use tonic_types::StatusExt;

use super::{OFFICER, all_taken, report_name};
use crate::data::MARK;
use crate::door::Gateway;
use crate::error::DemoError;
use crate::generate::{ArticlePlan, Figure, Filing, ItemPlan, MonthPlan, ReportPlan};
use crate::world::World;

/// What explains a warning.
const EXPLANATION: &str = "【演示数据】已核实：本期进度集中形成，台账和资料齐全，与上期口径一致。";

/// Everything of a month that comes before the office checks: item lists, reports on time, articles.
///
/// # Errors
/// When a call is refused.
pub async fn file_month(world: &World, programme: &str, plan: &MonthPlan) -> Result<(), DemoError> {
    let due = plan.days.due;
    world.voice.say(format!("【{}】报送（{MARK}）：数据截至{}，{} 24时截止……", plan.period, plan.days.cut_off, due));
    let mut explained = 0;
    let mut articles: Vec<&ArticlePlan> = plan.articles.iter().collect();
    for report in plan.reports.iter().filter(|report| !report.late) {
        world.at(report.at);
        explained += file_report(world, programme, plan, report).await?;
        if let Some(place) = articles.iter().position(|article| article.unit == report.unit) {
            file_article(world, programme, &plan.period, articles.remove(place)).await?;
        }
    }
    world.at(beijing_instant(due, 18));
    for article in articles {
        file_article(world, programme, &plan.period, article).await?;
    }
    let on_time = plan.reports.iter().filter(|report| !report.late).count();
    world.voice.say(format!(
        "  按时收到报送{on_time}份、典型经验{}篇；{explained}条预警逐条说明了原因。",
        plan.articles.len(),
    ));
    Ok(())
}

/// Files a report the way it comes, its item lists and evidence first; gives how many warnings were explained.
pub(crate) async fn file_report(
    world: &World,
    programme: &str,
    plan: &MonthPlan,
    report: &ReportPlan,
) -> Result<usize, DemoError> {
    for figure in &report.figures {
        if let Some((measure, items)) = plan.items.iter().find(|(measure, _)| *measure == figure.measure) {
            list_items(world, programme, &report.unit, measure, items).await?;
        }
    }
    let filed = Filed { world, name: report_name(programme, &report.indicator, &plan.period), report };
    let first = report.returned.as_ref().map_or(&report.figures, |returned| &returned.first);
    match report.filing {
        Filing::OneStep => filed.in_one_step(first).await,
        Filing::InSteps => filed.in_steps(first).await,
        Filing::Unchanged => filed.unchanged().await,
        Filing::Entered { .. } => filed.entered(first).await,
    }
}

/// Files what was returned again, with the right figures.
pub(crate) async fn file_again(
    world: &World,
    programme: &str,
    plan: &MonthPlan,
    report: &ReportPlan,
) -> Result<usize, DemoError> {
    let name = report_name(programme, &report.indicator, &plan.period);
    Filed { world, name, report }.in_one_step(&report.figures).await
}

/// The unit confirms what the office entered.
pub(crate) async fn confirm(
    world: &World,
    programme: &str,
    plan: &MonthPlan,
    report: &ReportPlan,
) -> Result<(), DemoError> {
    let name = report_name(programme, &report.indicator, &plan.period);
    let head = world.as_account(&format!("{}.head", report.unit)).await?;
    let request = GetReportRequest { name: name.clone() };
    let now = head.reports().get_report(request).await.map_err(|status| DemoError::call("读取代录的报送", status))?;
    let etag = now.into_inner().report.unwrap_or_default().etag;
    let request = ConfirmReportRequest { name, etag, request_id: world.tick() };
    head.reports().confirm_report(request).await.map_err(|status| DemoError::call("确认代录", status))?;
    Ok(())
}

/// A head files a report in one step, and explains each warning; gives how many that were.
pub(crate) async fn file_signed(
    world: &World,
    head: &Gateway,
    name: &str,
    mut content: ReportContent,
) -> Result<usize, DemoError> {
    loop {
        let request =
            FileReportRequest { name: name.to_owned(), content: Some(content.clone()), request_id: world.tick() };
        match head.reports().file_report(request).await {
            Ok(_) => return Ok(content.explanations.len()),
            Err(status) => {
                let new = explanations(&status, &content.explanations);
                let new = new.ok_or_else(|| DemoError::call(format!("报送{name}"), status))?;
                content.explanations.extend(new);
            }
        }
    }
}

/// Explanations of the warnings that a refusal names; any other refusal has none, nor has a warning explained already.
fn explanations(status: &Status, before: &[Explanation]) -> Option<Vec<Explanation>> {
    let info = status.get_details_error_info().filter(|info| info.reason == "WARNINGS_UNEXPLAINED");
    let ids = info.and_then(|info| info.metadata.get("finding_ids").cloned()).unwrap_or_default();
    let ids = ids.split(',').filter(|id| !id.is_empty() && !before.iter().any(|known| known.finding_id == *id));
    let new: Vec<Explanation> = ids.map(explanation).collect();
    (!new.is_empty()).then_some(new)
}

/// A report on its way.
struct Filed<'a> {
    world: &'a World,
    name: String,
    report: &'a ReportPlan,
}

impl Filed<'_> {
    /// The account of a post of the lead unit.
    async fn by(&self, post: &str) -> Result<Gateway, DemoError> {
        self.world.as_account(&format!("{}.{post}", self.report.unit)).await
    }

    fn refused(&self, what: &str, status: Status) -> DemoError {
        DemoError::call(format!("{what}{}（{}）", self.report.indicator, self.name), status)
    }

    /// The content, its evidence uploaded.
    async fn content(&self, figures: &[Figure], by: &Gateway) -> Result<ReportContent, DemoError> {
        let mut evidence = Vec::new();
        for (label, text, measure) in &self.report.evidence {
            let sha256 = upload(by, label, text.as_bytes()).await?;
            evidence.push(EvidenceReference { sha256, label: label.clone(), measure: measure.clone() });
        }
        Ok(ReportContent {
            values: figures.iter().map(Figure::wire).collect(),
            narrative: Some(self.report.narrative.clone()),
            evidence,
            explanations: Vec::new(),
            filled_by: "填报人（演示）".to_owned(),
            reviewed_by: "审核人（演示）".to_owned(),
            head: "负责人（演示）".to_owned(),
            telephone: "0737-0000000".to_owned(),
        })
    }

    /// The head files what was reviewed and signed on paper.
    async fn in_one_step(&self, figures: &[Figure]) -> Result<usize, DemoError> {
        let head = self.by("head").await?;
        let content = self.content(figures, &head).await?;
        file_signed(self.world, &head, &self.name, content).await
    }

    /// The office enters the sealed sheet.
    async fn entered(&self, figures: &[Figure]) -> Result<usize, DemoError> {
        let office = self.world.as_account(OFFICER).await?;
        let mut content = self.content(figures, &office).await?;
        let sealed = content.evidence.first().map(|file| file.sha256.clone()).unwrap_or_default();
        loop {
            let request = EnterReportRequest {
                name: self.name.clone(),
                content: Some(content.clone()),
                sealed_original: sealed.clone(),
                request_id: self.world.tick(),
            };
            match office.reports().enter_report(request).await {
                Ok(_) => return Ok(content.explanations.len()),
                Err(status) => content.explanations.extend(self.explain(status, "代录", &content.explanations)?),
            }
        }
    }

    /// Reporter, reviewer and head act one after another.
    async fn in_steps(&self, figures: &[Figure]) -> Result<usize, DemoError> {
        let reporter = self.by("reporter").await?;
        let mut content = self.content(figures, &reporter).await?;
        let saved = self.save(&reporter, &content, String::new()).await?;
        content.explanations = warnings(&saved.1);
        let report = if content.explanations.is_empty() {
            saved.0
        } else {
            self.save(&reporter, &content, saved.0.etag).await?.0
        };
        self.sign_and_submit(report, content.explanations.len()).await
    }

    async fn save(
        &self,
        reporter: &Gateway,
        content: &ReportContent,
        etag: String,
    ) -> Result<(Report, Vec<Finding>), DemoError> {
        let request = UpdateDraftRequest {
            name: self.name.clone(),
            content: Some(content.clone()),
            etag,
            request_id: self.world.tick(),
        };
        let saved = reporter.reports().update_draft(request).await;
        let saved = saved.map_err(|status| self.refused("保存草稿", status))?.into_inner();
        Ok((saved.report.unwrap_or_default(), saved.findings))
    }

    /// Last month's figures in one step.
    async fn unchanged(&self) -> Result<usize, DemoError> {
        let reporter = self.by("reporter").await?;
        let request =
            FillUnchangedRequest { name: self.name.clone(), etag: String::new(), request_id: self.world.tick() };
        let filled = reporter.reports().fill_unchanged(request).await;
        let filled = filled.map_err(|status| self.refused("按上期填报", status))?.into_inner();
        self.sign_and_submit(filled.report.unwrap_or_default(), 0).await
    }

    async fn sign_and_submit(&self, draft: Report, explained: usize) -> Result<usize, DemoError> {
        let name = || self.name.clone();
        let request = ReviewReportRequest { name: name(), etag: draft.etag, request_id: self.world.tick() };
        let reviewed = self.by("reviewer").await?.reports().review_report(request).await;
        let reviewed = reviewed.map_err(|status| self.refused("审核", status))?.into_inner();
        let head = self.by("head").await?;
        let etag = reviewed.report.unwrap_or_default().etag;
        let request = SignReportRequest { name: name(), etag, request_id: self.world.tick() };
        let signed = head.reports().sign_report(request).await;
        let etag = signed.map_err(|status| self.refused("签批", status))?.into_inner().report.unwrap_or_default().etag;
        let mut explanations = Vec::new();
        loop {
            let request = SubmitReportRequest {
                name: name(),
                etag: etag.clone(),
                explanations: explanations.clone(),
                request_id: self.world.tick(),
            };
            match head.reports().submit_report(request).await {
                Ok(_) => return Ok(explained + explanations.len()),
                Err(status) => explanations.extend(self.explain(status, "提交", &explanations)?),
            }
        }
    }

    fn explain(&self, status: Status, what: &str, before: &[Explanation]) -> Result<Vec<Explanation>, DemoError> {
        explanations(&status, before).ok_or_else(|| self.refused(what, status))
    }
}

fn warnings(findings: &[Finding]) -> Vec<Explanation> {
    let warnings = findings.iter().filter(|finding| finding.severity() == Severity::Warning);
    warnings.map(|finding| explanation(&finding.id)).collect()
}

fn explanation(id: &str) -> Explanation {
    Explanation { finding_id: id.to_owned(), text: EXPLANATION.to_owned() }
}

/// Stores a file and gives its hash.
async fn upload(by: &Gateway, label: &str, bytes: &[u8]) -> Result<Vec<u8>, DemoError> {
    let sha256 = Sha256::digest(bytes).to_vec();
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let header = EvidenceHeader { sha256: sha256.clone(), size, label: label.to_owned() };
    let parts = [Part::Header(header), Part::Chunk(bytes.to_vec())];
    let parts = parts.map(|part| UploadEvidenceRequest { part: Some(part) });
    let stored = by.evidence().upload_evidence(tokio_stream::iter(parts)).await;
    stored.map_err(|status| DemoError::call(format!("上传佐证{label}"), status))?;
    Ok(sha256)
}

/// Brings a measure's item list up to the plan.
async fn list_items(
    world: &World,
    programme: &str,
    unit: &str,
    measure: &str,
    items: &[ItemPlan],
) -> Result<(), DemoError> {
    let reporter = world.as_account(&format!("{unit}.reporter")).await?;
    let request = ListItemsRequest {
        programme: programme.to_owned(),
        measure: measure.to_owned(),
        page_size: 1000,
        page_token: String::new(),
    };
    let known = reporter.items().list_items(request).await;
    let known = known.map_err(|status| DemoError::call(format!("读取{measure}台账"), status))?.into_inner().items;
    let mut rows = Vec::new();
    for plan in items {
        let before = known.iter().find(|item| item.serial == plan.serial);
        let item = item(plan, before.map_or("", |item| item.etag.as_str()));
        if before.is_none_or(|before| before.stages != item.stages) {
            rows.push(UpdateItemRow { id: plan.serial.clone(), item: Some(item) });
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let request = BatchUpdateItemsRequest {
        programme: programme.to_owned(),
        measure: measure.to_owned(),
        rows,
        mode: BulkMode::AllOrNothing.into(),
        request_id: world.tick(),
    };
    let done = reporter.items().batch_update_items(request).await;
    let done = done.map_err(|status| DemoError::call(format!("更新{measure}台账"), status))?.into_inner();
    all_taken(&format!("更新{measure}台账"), &done.failures)
}

fn item(plan: &ItemPlan, etag: &str) -> Item {
    let stages = plan.stages.iter().map(|stage| ItemStage { stage: stage.stage.clone(), date: stage.date.to_string() });
    Item {
        serial: plan.serial.clone(),
        title: plan.title.clone(),
        division: plan.division.clone(),
        stages: stages.collect(),
        etag: etag.to_owned(),
        ..Item::default()
    }
}

async fn file_article(world: &World, programme: &str, period: &str, article: &ArticlePlan) -> Result<(), DemoError> {
    let head = world.as_account(&format!("{}.head", article.unit)).await?;
    let request = FileArticleRequest {
        programme: programme.to_owned(),
        period: period.to_owned(),
        title: article.title.clone(),
        text: article.text.clone(),
        request_id: world.tick(),
    };
    let filed = head.articles().file_article(request).await;
    filed.map_err(|status| DemoError::call(format!("{}报送典型经验", article.unit), status))?;
    Ok(())
}
