//! `rank`: previewing, publishing and showing standings.

mod show;

use clap::{Args, Subcommand};
use minsheng_proto::ranking::v1::{
    FigureBasis, GetStandingRequest, ListStandingsRequest, ListStandingsResponse, PreviewStandingRequest,
    PublishStandingRequest,
};

use super::scheme;
use crate::failure::{Failure, Outcome};
use crate::output::Table;
use crate::session::{Session, all_pages};
use crate::words;

/// 排名
#[derive(Args, Debug)]
pub(crate) struct Rank {
    #[command(subcommand)]
    command: Command,
}

/// What is ranked, on which figures, by which scheme.
#[derive(Args, Debug)]
struct What {
    /// 月份
    #[arg(long, value_name = "MONTH", value_parser = super::month)]
    period: String,
    /// 依据：fast（快报数）或 certified（认定数）
    #[arg(long, value_name = "fast|certified", default_value = "certified", value_parser = basis)]
    basis: FigureBasis,
    /// 评分办法；省略为默认
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 按现有数试算，不保存
    ///
    /// 示例：minsheng rank preview --period 2023-06 --basis fast
    Preview(What),
    /// 封存快照并发布排名，从此不变
    ///
    /// 示例：minsheng rank publish --period 2023-06
    Publish(What),
    /// 已发布的排名；--explain 逐行说明得分
    Show {
        /// 快照，如 2023-06-1
        name: String,
        /// 逐行说明某单位的得分
        #[arg(long, value_name = "UNIT")]
        explain: Option<String>,
    },
    /// 已发布的各次排名
    List,
}

impl Rank {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Preview(what) => {
                let request = PreviewStandingRequest {
                    programme: session.programme().await?,
                    period: what.period,
                    basis: what.basis.into(),
                    scheme: what.scheme.map(|id| scheme::name(&id)).unwrap_or_default(),
                };
                let answer = session.gateway.standings().preview_standing(request).await?.into_inner();
                session.output.answer(&answer.snapshot.unwrap_or_default(), |snapshot| {
                    format!("试算，未保存。\n{}", show::snapshot(snapshot))
                })
            }
            Command::Publish(what) => {
                let request = PublishStandingRequest {
                    programme: session.programme().await?,
                    period: what.period,
                    basis: what.basis.into(),
                    scheme: what.scheme.map(|id| scheme::name(&id)).unwrap_or_default(),
                    request_id: session.request_id(),
                };
                let answer = session.gateway.standings().publish_standing(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.standing.unwrap_or_default(), show::standing)
            }
            Command::Show { name, explain } => {
                let name = session.numbered("snapshots", &name).await?;
                let answer = session.gateway.standings().get_standing(GetStandingRequest { name }).await?.into_inner();
                let standing = answer.standing.ok_or_else(|| Failure::answer("standing"))?;
                let Some(unit) = explain else {
                    return session.output.answer(&standing, show::standing);
                };
                let rows = standing
                    .snapshot
                    .iter()
                    .flat_map(|snapshot| snapshot.lead_units.iter().chain(&snapshot.lower_tiers));
                let row = rows.into_iter().find(|row| row.unit == unit || row.unit_name == unit);
                let row = row.ok_or_else(|| Failure::not_found(format!("排名中没有单位{unit}")))?;
                session.output.answer(row, show::explanation)
            }
            Command::List => list(session).await,
        }
    }
}

async fn list(session: &mut Session) -> Outcome {
    let programme = session.programme().await?;
    let standings = all_pages(|page_token| {
        let mut client = session.gateway.standings();
        let request = ListStandingsRequest { programme: programme.clone(), page_size: 100, page_token };
        async move {
            let answer = client.list_standings(request).await?.into_inner();
            Ok((answer.standings, answer.next_page_token))
        }
    });
    let answer = ListStandingsResponse { standings: standings.await?, next_page_token: String::new() };
    session.output.answer(&answer, |answer| {
        let mut table = Table::new(["快照", "依据", "办法", "发布", "发布人"]);
        for standing in &answer.standings {
            let snapshot = standing.snapshot.clone().unwrap_or_default();
            let (basis, time) = (words::basis(snapshot.basis()), words::time(standing.publish_time.as_ref()));
            let scheme = snapshot.scheme.clone().unwrap_or_default();
            table.row([&snapshot.name, basis, &scheme.name, &time, &standing.published_by]);
        }
        table.text()
    })
}

fn basis(text: &str) -> Result<FigureBasis, String> {
    match text {
        "fast" => Ok(FigureBasis::Fast),
        "certified" => Ok(FigureBasis::Certified),
        _ => Err("依据是 fast（快报数）或 certified（认定数）".to_owned()),
    }
}
