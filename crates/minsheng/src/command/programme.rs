//! `programme`: taking in, checking, deciding on findings, issuing, amending.

mod document;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_documents::worker::Client;
use minsheng_proto::catalogue::v1::{
    AmendProgrammeRequest, CheckProgrammeRequest, DecideFindingRequest, GetProgrammeRequest, ImportProgrammeRequest,
    IssueProgrammeRequest, ListProgrammesRequest, ListProgrammesResponse, Programme as Document, ProgrammeVersion,
    get_programme_request::Which,
};

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::{Table, json};
use crate::session::{Session, all_pages, programme_name};
use crate::words;

/// 年度实事项目：导入、核查、下达、调整
#[derive(Args, Debug)]
pub(crate) struct Programme {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 从JSON文件或目录模板工作簿导入为草案；与原文的矛盾列为核查结果，不拒绝
    ///
    /// 示例：minsheng programme import programme.json --validate-only
    Import {
        /// JSON或XLSX文件
        file: PathBuf,
        /// 只核查，不保存
        #[arg(long)]
        validate_only: bool,
    },
    /// 核查：数、计数、空白、单位、名称有哪些矛盾
    Check {
        /// 项目名，如 430923-2023；省略为当前项目
        name: Option<String>,
        /// 版本；省略为草案，没有草案则为最新版
        #[arg(long, default_value_t = 0)]
        version: i32,
    },
    /// 记录对一条核查结果的处理意见
    ///
    /// 示例：minsheng programme decide 编号 --decision 以各乡镇之和为准
    Decide {
        /// 核查结果的编号
        finding: String,
        /// 处理意见
        #[arg(long)]
        decision: String,
    },
    /// 下达草案为第1版
    Issue {
        /// 项目名；省略为当前项目
        name: Option<String>,
    },
    /// 调整：以新文件作为下一版，写明理由和起始月份；待下达的目标也这样补上
    ///
    /// 示例：minsheng programme amend programme-2.json --reason "省定目标已下达（湘…号）" --from 2023-08
    Amend {
        /// JSON或XLSX文件
        file: PathBuf,
        /// 理由和依据文件
        #[arg(long)]
        reason: String,
        /// 起始月份
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        from: String,
    },
    /// 项目、指标、计量项
    Show {
        /// 项目名；省略为当前项目
        name: Option<String>,
        /// 版本；0为草案
        #[arg(long, conflicts_with = "period")]
        version: Option<i32>,
        /// 该月执行的版本
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        period: Option<String>,
    },
    /// 所有年度实事项目
    List,
    /// 目录模板工作簿；--filled 填入现有项目
    ///
    /// 示例：minsheng programme template catalogue.xlsx
    Template {
        /// 写到哪个文件
        out: PathBuf,
        /// 填入现有项目（最新版或草案）
        #[arg(long)]
        filled: bool,
    },
}

impl Programme {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Import { file, validate_only } => import(session, file, validate_only).await,
            Command::Check { name, version } => {
                let name = named(session, name).await?;
                let request = CheckProgrammeRequest { name, version };
                let answer = session.gateway.programmes().check_programme(request).await?.into_inner();
                session.output.answer(&answer, |answer| {
                    let counts = answer.counts.as_ref().map(show::counts).unwrap_or_default();
                    let decided = show::decisions(&answer.decisions);
                    format!("{counts}{}{decided}", words::findings(&answer.findings))
                })
            }
            Command::Decide { finding, decision } => {
                let name = session.programme().await?;
                let request =
                    DecideFindingRequest { name, finding_id: finding, decision, request_id: session.request_id() };
                let answer = session.gateway.programmes().decide_finding(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.decision.unwrap_or_default(), |decision| {
                    show::decisions(std::slice::from_ref(decision))
                })
            }
            Command::Issue { name } => {
                let name = named(session, name).await?;
                let draft = version(session, &name, Some(Which::Version(0))).await?;
                let request = IssueProgrammeRequest { name, etag: draft.etag, request_id: session.request_id() };
                let answer = session.gateway.programmes().issue_programme(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.version.unwrap_or_default(), show::version)
            }
            Command::Amend { file, reason, from } => {
                let programme = document::read(&file).await?;
                let name = document::name(&programme);
                let now = version(session, &name, None).await?;
                let request = AmendProgrammeRequest {
                    name,
                    programme: Some(programme),
                    reason,
                    in_force_from: from,
                    etag: now.etag,
                    request_id: session.request_id(),
                };
                let answer = session.gateway.programmes().amend_programme(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer, |answer| {
                    let made = answer.version.as_ref().map(show::version).unwrap_or_default();
                    format!("{made}{}", words::findings(&answer.findings))
                })
            }
            Command::Show { name, version: number, period } => {
                let name = named(session, name).await?;
                let which = number.map(Which::Version).or(period.map(Which::Period));
                let found = version(session, &name, which).await?;
                session.output.answer(&found, show::whole)
            }
            Command::List => list(session).await,
            Command::Template { out, filled } => {
                let programme = if filled {
                    let name = session.programme().await?;
                    version(session, &name, None).await?.programme.unwrap_or_default()
                } else {
                    Document::default()
                };
                let workbook = Client::this_program()?.write_catalogue_template(programme).await?;
                file::write(&out, &workbook, 0o644)?;
                session.output.remark(&format!("已写出{}", out.display()));
                Ok(())
            }
        }
    }
}

async fn import(session: &mut Session, path: PathBuf, validate_only: bool) -> Outcome {
    let spinner = session.output.spinner("读取并核查");
    let programme = document::read(&path).await?;
    let request =
        ImportProgrammeRequest { programme: Some(programme), request_id: session.request_id(), validate_only };
    let answer = session.gateway.programmes().import_programme(request).await?.into_inner();
    spinner.finish_and_clear();
    session.receipts([&answer.receipt])?;
    session.output.answer(&answer, |answer| {
        let done = if validate_only { "核查完毕，未保存。\n" } else { "已导入为草案。\n" };
        let draft = answer.draft.as_ref().map(show::version).unwrap_or_default();
        let counts = answer.counts.as_ref().map(show::counts).unwrap_or_default();
        format!("{done}{draft}{counts}{}", words::findings(&answer.findings))
    })
}

async fn list(session: &mut Session) -> Outcome {
    let programmes = all_pages(|page_token| {
        let mut client = session.gateway.programmes();
        async move {
            let request = ListProgrammesRequest { page_size: 1000, page_token };
            let answer = client.list_programmes(request).await?.into_inner();
            Ok((answer.programmes, answer.next_page_token))
        }
    });
    let answer = ListProgrammesResponse { programmes: programmes.await?, next_page_token: String::new() };
    session.output.answer(&answer, |answer| {
        let mut table = Table::new(["项目", "版本", "执行起", "时间"]);
        for found in &answer.programmes {
            let (version, time) = (show::number(found), words::time(found.time.as_ref()));
            table.row([&found.name, &version, &found.in_force_from, &time]);
        }
        table.text()
    })
}

async fn named(session: &Session, name: Option<String>) -> Outcome<String> {
    match name {
        Some(name) => Ok(programme_name(&name)),
        None => session.programme().await,
    }
}

async fn version(session: &Session, name: &str, which: Option<Which>) -> Outcome<ProgrammeVersion> {
    let request = GetProgrammeRequest { name: name.to_owned(), which };
    let answer = session.gateway.programmes().get_programme(request).await?.into_inner();
    answer.version.ok_or_else(|| Failure::answer("version"))
}

/// A programme as its JSON file says.
fn from_text(text: &str, source: &str) -> Outcome<Document> {
    json::from_json(text, source)
}
