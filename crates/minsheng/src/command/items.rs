//! `items`: the item list behind a measure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use minsheng_proto::reporting::v1::{
    BatchUpdateItemsRequest, Item, ItemStage, ListItemsRequest, ListItemsResponse, UpdateItemRow,
};

use super::units::mode;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::Table;
use crate::session::{Session, all_pages};

/// Rows a call; the contract takes at most 1,000.
const ROWS: usize = 1000;

/// 台账条目
#[derive(Args, Debug)]
pub(crate) struct Items {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 从CSV导入（列：serial,title,division,stages,amount；stages写作 开工=2023-03-01;完工=2023-06-10）
    ///
    /// 已有的序号按现有内容更改。示例：minsheng items import 小区.csv --measure 10.4-1
    Import {
        /// CSV文件
        file: PathBuf,
        /// 计量项
        #[arg(long, value_name = "CODE")]
        measure: String,
        /// 逐行处理：一行有错不影响其他行
        #[arg(long)]
        row_by_row: bool,
    },
    /// 计量项的台账
    List {
        /// 计量项
        measure: String,
    },
}

impl Items {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Import { file, measure, row_by_row } => import(session, &file, measure, row_by_row).await,
            Command::List { measure } => {
                let items = all(session, &measure).await?;
                let answer = ListItemsResponse { items, next_page_token: String::new() };
                session.output.answer(&answer, |answer| {
                    let mut table = Table::new(["序号", "名称", "区划", "阶段", ">数量", "销号原因"]);
                    for item in &answer.items {
                        let stages = item.stages.iter().map(|stage| format!("{} {}", stage.stage, stage.date));
                        let stages = stages.collect::<Vec<_>>().join("；");
                        let cells = [&item.serial, &item.title, &item.division, &stages, &item.amount];
                        table.row(cells.into_iter().chain([&item.struck_reason]));
                    }
                    format!("{}共{}条。\n", table.text(), answer.items.len())
                })
            }
        }
    }
}

async fn import(session: &mut Session, path: &Path, measure: String, row_by_row: bool) -> Outcome {
    let programme = session.programme().await?;
    let known: BTreeMap<String, Item> =
        all(session, &measure).await?.into_iter().map(|item| (item.serial.clone(), item)).collect();
    let rows: Vec<UpdateItemRow> = read(path)?
        .into_iter()
        .map(|mut item| {
            if let Some(known) = known.get(&item.serial) {
                item.etag.clone_from(&known.etag);
                item.evidence.clone_from(&known.evidence);
            }
            UpdateItemRow { id: item.serial.clone(), item: Some(item) }
        })
        .collect();
    let bar = session.output.bar("导入台账", u64::try_from(rows.len()).unwrap_or(0));
    let (mut taken, mut failures, mut receipts) = (0, Vec::new(), Vec::new());
    for (index, chunk) in rows.chunks(ROWS).enumerate() {
        let request = BatchUpdateItemsRequest {
            programme: programme.clone(),
            measure: measure.clone(),
            rows: chunk.to_vec(),
            mode: mode(row_by_row).into(),
            request_id: session.request_id_of(index + 1),
        };
        let answer = session.gateway.items().batch_update_items(request).await?.into_inner();
        taken += answer.successes.len();
        failures.extend(answer.failures);
        receipts.push(answer.receipt);
        bar.inc(u64::try_from(chunk.len()).unwrap_or(0));
    }
    bar.finish_and_clear();
    session.receipts(&receipts)?;
    if session.output.is_json() {
        session.output.value(&serde_json::json!({"taken": taken, "failed": failures.len()}))?;
    } else {
        session.output.text(&format!("已导入{taken}条。\n"))?;
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::rows(&failures)) }
}

async fn all(session: &Session, measure: &str) -> Outcome<Vec<Item>> {
    let programme = session.programme().await?;
    all_pages(|page_token| {
        let mut client = session.gateway.items();
        let (programme, measure) = (programme.clone(), measure.to_owned());
        let request = ListItemsRequest { programme, measure, page_size: 1000, page_token };
        async move {
            let answer = client.list_items(request).await?.into_inner();
            Ok((answer.items, answer.next_page_token))
        }
    })
    .await
}

fn read(path: &Path) -> Outcome<Vec<Item>> {
    let mut items = Vec::new();
    for (line, cells) in file::csv_rows(path, &["serial", "title", "division", "stages", "amount"])? {
        let [serial, title, division, stages, amount] = <[String; 5]>::try_from(cells).unwrap_or_default();
        let parts = stages.split([';', '；']).map(str::trim).filter(|part| !part.is_empty());
        let stages = parts.map(|part| {
            let (stage, date) = part.split_once('=').ok_or(part)?;
            Ok(ItemStage { stage: stage.trim().to_owned(), date: date.trim().to_owned() })
        });
        let wrong = |part: &str| {
            let failure = Failure::refused(format!("文件{}第{line}行", path.display()));
            failure.fault("stages", format!("“{part}”应写作 阶段=日期，没有阶段时写 =日期"))
        };
        let stages = stages.collect::<Result<Vec<_>, &str>>().map_err(wrong)?;
        items.push(Item { serial, title, division, stages, amount, ..Item::default() });
    }
    Ok(items)
}
