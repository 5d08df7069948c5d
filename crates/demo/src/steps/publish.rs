//! Publishing a closed month: preview until ranking has seen everything, publish; then the bulletin's steps, each by another
//! hand: draft, approve, countersign, circulate, issue; and saving its files.

use std::fs;
use std::path::PathBuf;

use minsheng_domain::period::beijing_instant;
use minsheng_proto::ledger::v1::GetCheckpointRequest;
use minsheng_proto::ranking::v1::{
    ApproveBulletinRequest, Bulletin, BulletinFormat, CirculateBulletinRequest, ComposeBulletinRequest,
    CountersignBulletinRequest, DownloadBulletinRequest, FigureBasis, IssueBulletinRequest, Light,
    PreviewStandingRequest, PublishStandingRequest, Snapshot, Standing, StandingRow,
};

use super::{AUDITOR, CERTIFIER, CHIEF, OFFICER, SECOND_OFFICER};
use crate::door::Gateway;
use crate::error::DemoError;
use crate::generate::MonthPlan;
use crate::table::Table;
use crate::world::World;

/// Folder, in the tier's, of the bulletins' files under names that people read.
const ISSUED: &str = "issued";

/// A published month.
#[derive(Clone, Debug)]
pub struct Published {
    /// The standing with its snapshot.
    pub standing: Standing,
    /// Its bulletin, once issued.
    pub bulletin: Option<Bulletin>,
    /// The bulletin's files, once issued.
    pub files: Vec<PathBuf>,
}

impl Published {
    /// The snapshot.
    ///
    /// # Errors
    /// When the answer had none.
    pub fn snapshot(&self) -> Result<&Snapshot, DemoError> {
        self.standing.snapshot.as_ref().ok_or(DemoError::Answer("snapshot"))
    }
}

/// Waits until ranking has applied what the others have written, publishes the month on certified figures and says the
/// standing of the lead units.
///
/// # Errors
/// When a call is refused.
pub async fn publish_month(world: &World, programme: &str, plan: &MonthPlan) -> Result<Published, DemoError> {
    world.at(beijing_instant(plan.days.close, 10));
    let published = publish(world, programme, &plan.period).await?;
    world.voice.say(ranked(published.snapshot()?));
    Ok(published)
}

/// The same without a word.
pub(crate) async fn publish(world: &World, programme: &str, period: &str) -> Result<Published, DemoError> {
    let (office, auditor) = (world.as_account(OFFICER).await?, world.as_account(AUDITOR).await?);
    let preview = world
        .wait("排名服务跟上报送和认定", async || {
            let heads = [head(&auditor, "reporting").await?, head(&auditor, "verification").await?];
            let request = PreviewStandingRequest {
                programme: programme.to_owned(),
                period: period.to_owned(),
                basis: FigureBasis::Certified.into(),
                scheme: String::new(),
            };
            let preview = office.standings().preview_standing(request).await;
            let preview = preview.map_err(|status| DemoError::call("预览排名", status))?.into_inner();
            let snapshot = preview.snapshot.ok_or(DemoError::Answer("snapshot"))?;
            let cut = snapshot.cut.clone().unwrap_or_default();
            let seen = [size(&cut.reporting), size(&cut.verification)];
            Ok(if seen == heads { Ok(snapshot) } else { Err(format!("{seen:?}，应为{heads:?}")) })
        })
        .await?;
    let request = PublishStandingRequest {
        programme: programme.to_owned(),
        period: period.to_owned(),
        basis: FigureBasis::Certified.into(),
        scheme: String::new(),
        request_id: world.tick(),
    };
    let published = office.standings().publish_standing(request).await;
    let published = published.map_err(|status| DemoError::call("公布排名", status))?.into_inner();
    let standing = published.standing.ok_or(DemoError::Answer("standing"))?;
    let published = Published { standing, bulletin: None, files: Vec::new() };
    let snapshot = published.snapshot()?;
    if snapshot.lead_units != preview.lead_units {
        return Err(DemoError::Unexpected("公布的排名与预览的不同".to_owned()));
    }
    Ok(published)
}

/// Takes the bulletin of a published month through all steps, each by another hand, and saves its files.
///
/// # Errors
/// When a call is refused, or a file cannot be written.
pub async fn issue_bulletin(world: &World, plan: &MonthPlan, published: Published) -> Result<Published, DemoError> {
    let refused = |what: &'static str| move |status| DemoError::call(what, status);
    world.at(beijing_instant(plan.days.close, 15));
    let first = world.as_account(OFFICER).await?;
    let snapshot = published.snapshot()?;
    let request = ComposeBulletinRequest {
        snapshot: snapshot.name.clone(),
        date: plan.days.issue.to_string(),
        request_id: world.tick(),
        kind: "monthly".to_owned(),
    };
    let draft = first.bulletins().compose_bulletin(request).await.map_err(refused("通报拟稿"))?.into_inner();
    let Bulletin { name, etag, .. } = draft.bulletin.ok_or(DemoError::Answer("bulletin"))?;
    let second = world.as_account(SECOND_OFFICER).await?;
    let request = ApproveBulletinRequest { name, etag, request_id: world.tick() };
    let approved = second.bulletins().approve_bulletin(request).await.map_err(refused("通报核稿"))?.into_inner();
    let Bulletin { name, etag, .. } = approved.bulletin.ok_or(DemoError::Answer("bulletin"))?;
    let bureau = world.as_account(CERTIFIER).await?;
    let request = CountersignBulletinRequest { name, etag, request_id: world.tick() };
    let agreed = bureau.bulletins().countersign_bulletin(request).await.map_err(refused("通报会签"))?.into_inner();
    let Bulletin { name, etag, .. } = agreed.bulletin.ok_or(DemoError::Answer("bulletin"))?;
    let leaders = in_charge(snapshot);
    let request = CirculateBulletinRequest { name, etag, leaders, request_id: world.tick() };
    let laid = first.bulletins().circulate_bulletin(request).await.map_err(refused("通报呈送"))?.into_inner();
    let Bulletin { name, etag, .. } = laid.bulletin.ok_or(DemoError::Answer("bulletin"))?;
    world.at(beijing_instant(plan.days.issue, 9));
    let chief = world.as_account(CHIEF).await?;
    let request = IssueBulletinRequest { name, etag, request_id: world.tick() };
    let issued = chief.bulletins().issue_bulletin(request).await.map_err(refused("通报签发"))?.into_inner();
    let bulletin = issued.bulletin.ok_or(DemoError::Answer("bulletin"))?;
    let mut files = Vec::new();
    for file in &bulletin.files {
        let extension = match file.format() {
            BulletinFormat::Html => "html",
            BulletinFormat::Xlsx => "xlsx",
            BulletinFormat::Docx => "docx",
            BulletinFormat::Pdf => "pdf",
            BulletinFormat::Unspecified => continue,
        };
        files.push(save(world, &chief, &bulletin, file.format(), extension).await?);
    }
    let paths: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    world.voice.say(format!(
        "  通报{}（{}）：\n    {}",
        bulletin.document_number,
        bulletin.demo_mark,
        paths.join("\n    ")
    ));
    Ok(Published { bulletin: Some(bulletin), files, ..published })
}

/// Leaders in charge of what is in the snapshot, by name; the leader in charge as such where none is named.
fn in_charge(snapshot: &Snapshot) -> Vec<String> {
    let mut leaders: Vec<String> = snapshot.indicators.iter().flat_map(|row| row.leaders.clone()).collect();
    leaders.sort();
    leaders.dedup();
    if leaders.is_empty() { vec!["分管领导".to_owned()] } else { leaders }
}

async fn save(
    world: &World,
    by: &Gateway,
    bulletin: &Bulletin,
    format: BulletinFormat,
    extension: &str,
) -> Result<PathBuf, DemoError> {
    let refused = |status| DemoError::call("下载通报", status);
    let request = DownloadBulletinRequest { name: bulletin.name.clone(), format: format.into() };
    let mut chunks = by.bulletins().download_bulletin(request).await.map_err(refused)?.into_inner();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.message().await.map_err(refused)? {
        bytes.extend(chunk.chunk);
    }
    let folder = world.folder().join(ISSUED);
    let label = bulletin.name.rsplit('/').next().unwrap_or("bulletin");
    let path = folder.join(format!("{label}.{extension}"));
    fs::create_dir_all(&folder).map_err(|error| DemoError::file(&folder, error))?;
    fs::write(&path, bytes).map_err(|error| DemoError::file(&path, error))?;
    Ok(path)
}

/// Number of entries of a ledger.
async fn head(by: &Gateway, ledger: &str) -> Result<u64, DemoError> {
    let request = GetCheckpointRequest { ledger: ledger.to_owned() };
    let head = by.ledgers().get_checkpoint(request).await;
    let head = head.map_err(|status| DemoError::call(format!("{ledger}存证账头"), status))?.into_inner();
    Ok(size(&head.checkpoint))
}

/// The tree size is a checkpoint's second line.
fn size(checkpoint: &str) -> u64 {
    checkpoint.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0)
}

fn ranked(snapshot: &Snapshot) -> String {
    let mark = &snapshot.demo_mark;
    let table = standing("牵头单位", &snapshot.lead_units);
    let mut text = format!("  {}排名（依据认定数，{}）【{mark}】\n{}", snapshot.period, snapshot.name, table.text());
    let behind = snapshot.indicators.iter().filter(|row| !row.monitored);
    let behind = behind.filter(|row| matches!(row.light(), Light::Yellow | Light::Red)).map(|row| {
        let light = if row.light() == Light::Red { "红" } else { "黄" };
        format!("{}{}（{}，{light}，偏离{}个百分点）", row.indicator, row.title, row.unit_name, row.deviation)
    });
    let behind: Vec<String> = behind.collect();
    let behind = if behind.is_empty() { "无".to_owned() } else { behind.join("；") };
    text.push_str(&format!("  落后于序时：{behind}\n"));
    if let Some(discipline) = &snapshot.discipline {
        text.push_str(&format!(
            "  报送纪律：应报{}、按时{}；迟报{}、未报{}、退回未重报{}、待确认{}、核定{}项、缺典型经验{}家",
            discipline.owed,
            discipline.on_time,
            discipline.late.len(),
            discipline.missing.len(),
            discipline.returned.len(),
            discipline.to_confirm.len(),
            discipline.adjusted.len(),
            discipline.articles_missing.len(),
        ));
    }
    text
}

/// The standing of lower tiers among themselves.
pub(crate) fn tiers_ranked(snapshot: &Snapshot) -> String {
    let table = standing("下级", &snapshot.lower_tiers);
    let Snapshot { period, name, demo_mark, .. } = snapshot;
    format!("  {period}下级排名（依据认定数，{name}）【{demo_mark}】\n{}", table.text().trim_end())
}

fn standing(heading: &str, rows: &[StandingRow]) -> Table {
    let mut table = Table::new(["名次", heading, "得分", "较上月", "平均完成", "说明"]);
    for row in rows {
        let rank = if row.rank > 0 { row.rank.to_string() } else { "-".to_owned() };
        let moved = match (row.rank, row.previous_rank) {
            (now, before) if now == 0 || before == 0 => String::new(),
            (now, before) if now < before => format!("↑{}", before - now),
            (now, before) if now > before => format!("↓{}", now - before),
            _ => "=".to_owned(),
        };
        let lines = row.lines.iter().map(|line| format!("{}{}", line.title, line.points));
        let facts = if row.unranked_reason.is_empty() {
            lines.collect::<Vec<_>>().join("＋")
        } else {
            row.unranked_reason.clone()
        };
        let percent = if row.completion.is_empty() { String::new() } else { format!("{}%", row.completion) };
        table.row([&rank, &row.unit_name, &row.score, &moved, &percent, &facts]);
    }
    table
}
