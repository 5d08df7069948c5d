//! `bulletin`: a bulletin's steps from draft to issue, its withdrawal, and its files.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_proto::ranking::v1::{
    ApproveBulletinRequest, Bulletin as Record, BulletinFormat, BulletinState, CirculateBulletinRequest,
    ComposeBulletinRequest, CountersignBulletinRequest, DownloadBulletinRequest, GetBulletinRequest,
    HoldBulletinRequest, IssueBulletinRequest, ListBulletinsRequest, ListBulletinsResponse, WithdrawBulletinRequest,
};

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::{Table, one_line};
use crate::session::{Session, all_pages};
use crate::words;

/// Bytes of a draft that are taken.
const MAX_DRAFT: u64 = 64 << 20;

/// 通报：名称写作 期-序号，如 2023-06-1
#[derive(Args, Debug)]
pub(crate) struct Bulletin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 依据封存的快照拟稿
    ///
    /// 示例：minsheng bulletin compose 2023-06-1 --date 2023-06-28；
    /// minsheng bulletin compose 2023-06-X1-1 --kind ten_day --date 2023-06-11
    Compose {
        /// 快照，如 2023-06-1
        snapshot: String,
        /// 成文日期
        #[arg(long, value_name = "DATE")]
        date: String,
        /// 文种：ten_day旬简报、monthly月通报、quarterly季总结（季末月的快照）、annual年度报告（12月的快照）、
        /// tasks任务分解表（年度的快照），或本办自己的模板
        #[arg(long, default_value = "monthly")]
        kind: String,
    },
    /// 核稿（拟稿人以外的实事办人员）
    Approve {
        /// 通报
        name: String,
    },
    /// 会签（统计部门，对数据负责；未拟稿、未核稿的人）
    Countersign {
        /// 通报
        name: String,
    },
    /// 呈送分管领导
    ///
    /// 示例：minsheng bulletin circulate 2023-06-1 --to 周某某 --to 吴某某
    Circulate {
        /// 通报
        name: String,
        /// 分管领导姓名，可多次
        #[arg(long = "to", value_name = "NAME", required = true)]
        leaders: Vec<String>,
    },
    /// 分管领导要求缓发，写明理由
    Hold {
        /// 通报
        name: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 签发（前几步以外的人）：取号、生成文件、登记文件的SHA-256
    Issue {
        /// 通报
        name: String,
    },
    /// 作废，写明理由：文号保留，不再使用（签发人以外的人）
    Withdraw {
        /// 通报
        name: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 一份通报的状态、文件和经过
    Show {
        /// 通报
        name: String,
    },
    /// 各期通报
    List,
    /// 下载签发的文件并核对SHA-256；未签发的为草稿样
    ///
    /// 示例：minsheng bulletin download 2023-06-1 2023-06.html
    Download {
        /// 通报
        name: String,
        /// 写到哪个文件；后缀.pdf、.docx、.html、.xlsx决定形式
        out: PathBuf,
    },
}

impl Bulletin {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Compose { snapshot, date, kind } => {
                let snapshot = session.numbered("snapshots", &snapshot).await?;
                let request = ComposeBulletinRequest { snapshot, date, request_id: session.request_id(), kind };
                let done = session.gateway.bulletins().compose_bulletin(request).await?.into_inner();
                session.receipts([&done.receipt])?;
                session.output.answer(&done.bulletin.unwrap_or_default(), whole)
            }
            Command::Approve { name } => {
                let now = get(session, &name).await?;
                let request =
                    ApproveBulletinRequest { name: now.name, etag: now.etag, request_id: session.request_id() };
                let done = session.gateway.bulletins().approve_bulletin(request).await?.into_inner();
                session.receipts([&done.receipt])?;
                session.output.answer(&done.bulletin.unwrap_or_default(), whole)
            }
            Command::Countersign { name } => {
                let now = get(session, &name).await?;
                let request =
                    CountersignBulletinRequest { name: now.name, etag: now.etag, request_id: session.request_id() };
                let done = session.gateway.bulletins().countersign_bulletin(request).await?.into_inner();
                session.receipts([&done.receipt])?;
                session.output.answer(&done.bulletin.unwrap_or_default(), whole)
            }
            Command::Circulate { name, leaders } => {
                let Record { name, etag, .. } = get(session, &name).await?;
                let request = CirculateBulletinRequest { name, etag, leaders, request_id: session.request_id() };
                let done = session.gateway.bulletins().circulate_bulletin(request).await?.into_inner();
                session.receipts([&done.receipt])?;
                session.output.answer(&done.bulletin.unwrap_or_default(), whole)
            }
            Command::Withdraw { name, reason } => {
                let Record { name, etag, .. } = get(session, &name).await?;
                let request = WithdrawBulletinRequest { name, etag, reason, request_id: session.request_id() };
                let done = session.gateway.bulletins().withdraw_bulletin(request).await?.into_inner();
                session.receipts([&done.receipt])?;
                session.output.answer(&done.bulletin.unwrap_or_default(), whole)
            }
            Command::Hold { name, reason } => {
                let now = get(session, &name).await?;
                let request =
                    HoldBulletinRequest { name: now.name, etag: now.etag, reason, request_id: session.request_id() };
                let done = session.gateway.bulletins().hold_bulletin(request).await?.into_inner();
                session.receipts([&done.receipt])?;
                session.output.answer(&done.bulletin.unwrap_or_default(), whole)
            }
            Command::Issue { name } => {
                let now = get(session, &name).await?;
                let spinner = session.output.spinner("生成文件并签发");
                let request = IssueBulletinRequest { name: now.name, etag: now.etag, request_id: session.request_id() };
                let done = session.gateway.bulletins().issue_bulletin(request).await?.into_inner();
                spinner.finish_and_clear();
                session.receipts([&done.receipt])?;
                session.output.answer(&done.bulletin.unwrap_or_default(), whole)
            }
            Command::Show { name } => {
                let found = get(session, &name).await?;
                session.output.answer(&found, whole)
            }
            Command::List => {
                let programme = session.programme().await?;
                let answer = ListBulletinsResponse {
                    bulletins: all(session, &programme).await?,
                    next_page_token: String::new(),
                };
                session.output.answer(&answer, |answer| {
                    let mut table = Table::new(["通报", "文种", "文号", "日期", "状态"]);
                    for found in &answer.bulletins {
                        let state = words::bulletin_state(found.state());
                        table.row([&found.name, &found.kind_title, &found.document_number, &found.date, state]);
                    }
                    table.text()
                })
            }
            Command::Download { name, out } => download(session, &name, &out).await,
        }
    }
}

async fn get(session: &Session, text: &str) -> Outcome<Record> {
    let name = session.numbered("bulletins", text).await?;
    let answer = session.gateway.bulletins().get_bulletin(GetBulletinRequest { name }).await?.into_inner();
    answer.bulletin.ok_or_else(|| Failure::answer("bulletin"))
}

/// All bulletins of a programme.
pub(crate) async fn all(session: &Session, programme: &str) -> Outcome<Vec<Record>> {
    all_pages(|page_token| {
        let mut client = session.gateway.bulletins();
        let request = ListBulletinsRequest { programme: programme.to_owned(), page_size: 1000, page_token };
        async move {
            let answer = client.list_bulletins(request).await?.into_inner();
            Ok((answer.bulletins, answer.next_page_token))
        }
    })
    .await
}

async fn download(session: &mut Session, text: &str, out: &std::path::Path) -> Outcome {
    let format = match out.extension().and_then(|ending| ending.to_str()) {
        Some("html") => BulletinFormat::Html,
        Some("xlsx") => BulletinFormat::Xlsx,
        Some("docx") => BulletinFormat::Docx,
        Some("pdf") => BulletinFormat::Pdf,
        _ => return Err(Failure::usage("文件后缀应为.pdf、.docx、.html或.xlsx")),
    };
    let found = get(session, text).await?;
    let issued = found.files.iter().find(|file| file.format() == format);
    if issued.is_none() && !is_draft(&found) {
        return Err(Failure::not_found("这份通报没有签发这种文件"));
    }
    let most = issued.map_or(MAX_DRAFT, |file| file.size);
    let request = DownloadBulletinRequest { name: found.name.clone(), format: format.into() };
    let mut stream = session.gateway.bulletins().download_bulletin(request).await?.into_inner();
    let mut content = Vec::new();
    while let Some(part) = stream.message().await? {
        content.extend(part.chunk);
        if u64::try_from(content.len()).unwrap_or(u64::MAX) > most {
            break;
        }
    }
    if issued.is_some_and(|issued| issued.sha256 != file::sha256(&content)) {
        return Err(Failure::verification("下载的文件与签发时登记的SHA-256不符，没有保存"));
    }
    file::write(out, &content, 0o644)?;
    let said = if issued.is_some() { "与签发时的SHA-256相符" } else { "是草稿样，尚未签发" };
    session.output.remark(&format!("已写出{}，{}字节，{said}", out.display(), content.len()));
    Ok(())
}

/// It has still to be issued, so that its files can only be shown as they would be.
fn is_draft(found: &Record) -> bool {
    found.files.is_empty() && found.state() != BulletinState::Withdrawn
}

fn whole(found: &Record) -> String {
    let mark = if found.demo_mark.is_empty() { String::new() } else { format!("【{}】", found.demo_mark) };
    let number = if found.document_number.is_empty() { String::new() } else { format!(" {}", found.document_number) };
    let state = words::bulletin_state(found.state());
    let mut text =
        format!("{mark}{}{}{number}：{state}，{}，快照{}\n", found.kind_title, found.name, found.date, found.snapshot);
    if !found.corrects.is_empty() {
        text.push_str(&format!("更正{}\n", found.corrects));
    }
    for file in &found.files {
        let form = match file.format() {
            BulletinFormat::Html => "HTML",
            BulletinFormat::Xlsx => "XLSX",
            BulletinFormat::Docx => "DOCX",
            BulletinFormat::Pdf => "PDF",
            BulletinFormat::Unspecified => "",
        };
        text.push_str(&format!("{form} {} {}字节\n", hex::encode(&file.sha256), file.size));
    }
    for step in &found.steps {
        let mut more = if step.reason.is_empty() { String::new() } else { format!("：{}", one_line(&step.reason)) };
        if !step.leaders.is_empty() {
            more.push_str(&format!("：{}", one_line(&step.leaders.join("、"))));
        }
        let act = words::bulletin_act(&step.act);
        text.push_str(&format!("{} {act} {}{more}\n", words::time(step.time.as_ref()), step.account));
    }
    text
}
