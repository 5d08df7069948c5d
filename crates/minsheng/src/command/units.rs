//! `units`: making and listing the organisations of a division.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use minsheng_proto::catalogue::v1::{
    BatchUpdateUnitsRequest, ListUnitsRequest, ListUnitsResponse, Unit, UnitKind, UpdateUnitRow,
};
use minsheng_proto::common::v1::BulkMode;

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::{Table, json};
use crate::session::{Session, all_pages};
use crate::words;

/// 单位
#[derive(Args, Debug)]
pub(crate) struct Units {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 从CSV（列：id,display_name,kind,division）或JSON（{"units":[…]}）导入
    ///
    /// 示例：minsheng units import units.csv
    Import {
        /// CSV或JSON文件
        file: PathBuf,
        /// 只核查，不导入
        #[arg(long)]
        validate_only: bool,
        /// 逐行处理：一行有错不影响其他行
        #[arg(long)]
        row_by_row: bool,
    },
    /// 单位名单
    List,
}

impl Units {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Import { file, validate_only, row_by_row } => {
                let units = read(&file)?;
                let rows = units.into_iter().map(|unit| UpdateUnitRow { id: unit.id.clone(), unit: Some(unit) });
                let request = BatchUpdateUnitsRequest {
                    rows: rows.collect(),
                    mode: mode(row_by_row).into(),
                    request_id: session.request_id(),
                    validate_only,
                };
                let answer = session.gateway.units().batch_update_units(request).await?.into_inner();
                let taken = answer.successes.len();
                let done = if validate_only { "核查通过，未导入" } else { "已导入" };
                session.output.answer(&answer, |_| format!("{done}：{taken}个单位。\n"))?;
                if answer.failures.is_empty() { Ok(()) } else { Err(Failure::rows(&answer.failures)) }
            }
            Command::List => {
                let answer = ListUnitsResponse { units: all(session).await?, next_page_token: String::new() };
                session.output.answer(&answer, |answer| {
                    let mut table = Table::new(["单位", "名称", "类别", "区划"]);
                    for unit in &answer.units {
                        table.row([&unit.id, &unit.display_name, words::unit_kind(unit.kind()), &unit.division]);
                    }
                    table.text()
                })
            }
        }
    }
}

/// All units.
pub(crate) async fn all(session: &Session) -> Outcome<Vec<Unit>> {
    all_pages(|page_token| {
        let mut client = session.gateway.units();
        async move {
            let answer = client.list_units(ListUnitsRequest { page_size: 1000, page_token }).await?.into_inner();
            Ok((answer.units, answer.next_page_token))
        }
    })
    .await
}

/// How a bulk call treats a refused row.
pub(crate) fn mode(row_by_row: bool) -> BulkMode {
    if row_by_row { BulkMode::RowByRow } else { BulkMode::AllOrNothing }
}

fn read(path: &Path) -> Outcome<Vec<Unit>> {
    if path.extension().is_some_and(|ending| ending == "json") {
        return Ok(json::from_json::<ListUnitsResponse>(&file::text(path)?, &path.display().to_string())?.units);
    }
    let mut units = Vec::new();
    for (line, cells) in file::csv_rows(path, &["id", "display_name", "kind", "division"])? {
        let [id, display_name, kind, division] = <[String; 4]>::try_from(cells).unwrap_or_default();
        let kind = UnitKind::from_str_name(&format!("UNIT_KIND_{}", kind.to_ascii_uppercase()));
        let wrong = || Failure::refused(format!("文件{}第{line}行", path.display())).fault("kind", "没有这个类别");
        units.push(Unit { id, display_name, kind: kind.ok_or_else(wrong)?.into(), division, ..Unit::default() });
    }
    Ok(units)
}
