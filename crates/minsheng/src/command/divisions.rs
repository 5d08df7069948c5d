//! `divisions`: taking in the territory tree from the statistics bureau's table.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_proto::catalogue::v1::{Division, DivisionLevel, ImportDivisionsRequest, ListDivisionsRequest};

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::Table;
use crate::session::{Session, all_pages};

/// Rows a call; the contract takes at most 10,000.
const ROWS: usize = 5_000;

/// 行政区划
#[derive(Args, Debug)]
pub(crate) struct Divisions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 从CSV导入（列：code,name,level,parent；level为province、municipality、county、township、village、local_area）
    ///
    /// 示例：minsheng divisions import divisions-hunan.csv
    Import {
        /// CSV文件
        file: PathBuf,
        /// 只核查，不导入
        #[arg(long)]
        validate_only: bool,
    },
    /// 下级行政区划
    List {
        /// 上级代码；省略为最上级
        parent: Option<String>,
    },
}

impl Divisions {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Import { file, validate_only } => import(session, &file, validate_only).await,
            Command::List { parent } => list(session, parent).await,
        }
    }
}

async fn import(session: &mut Session, path: &std::path::Path, validate_only: bool) -> Outcome {
    let rows = read(path)?;
    let bar = session.output.bar("导入行政区划", u64::try_from(rows.len()).unwrap_or(0));
    let (mut changed, mut unchanged) = (0, 0);
    for (index, chunk) in rows.chunks(ROWS).enumerate() {
        let request = ImportDivisionsRequest {
            divisions: chunk.to_vec(),
            request_id: session.request_id_of(index + 1),
            validate_only,
        };
        let answer = session.gateway.divisions().import_divisions(request).await?.into_inner();
        changed += answer.changed;
        unchanged += answer.unchanged;
        bar.inc(u64::try_from(chunk.len()).unwrap_or(0));
    }
    bar.finish_and_clear();
    if session.output.is_json() {
        return session.output.value(&serde_json::json!({"changed": changed, "unchanged": unchanged}));
    }
    let done = if validate_only { "核查通过，未导入" } else { "已导入" };
    session.output.text(&format!("{done}：新增或更名{changed}行，已有{unchanged}行。\n"))
}

fn read(path: &std::path::Path) -> Outcome<Vec<Division>> {
    let mut divisions = Vec::new();
    for (line, cells) in file::csv_rows(path, &["code", "name", "level", "parent"])? {
        let [code, name, level, parent] = <[String; 4]>::try_from(cells).unwrap_or_default();
        let level = DivisionLevel::from_str_name(&format!("DIVISION_LEVEL_{}", level.to_ascii_uppercase()));
        let wrong = || Failure::refused(format!("文件{}第{line}行", path.display())).fault("level", "没有这个层级");
        divisions.push(Division { code, name, level: level.ok_or_else(wrong)?.into(), parent });
    }
    Ok(divisions)
}

async fn list(session: &mut Session, parent: Option<String>) -> Outcome {
    let parent = parent.map_or_else(String::new, |code| format!("divisions/{}", code.trim_start_matches("divisions/")));
    let rows = all_pages(|page_token| {
        let mut client = session.gateway.divisions();
        let request = ListDivisionsRequest { parent: parent.clone(), page_size: 1000, page_token };
        async move {
            let answer = client.list_divisions(request).await?.into_inner();
            Ok((answer.divisions, answer.next_page_token))
        }
    });
    let answer =
        minsheng_proto::catalogue::v1::ListDivisionsResponse { divisions: rows.await?, next_page_token: String::new() };
    session.output.answer(&answer, |answer| {
        let mut table = Table::new(["代码", "名称"]);
        for division in &answer.divisions {
            table.row([&division.code, &division.name]);
        }
        table.text()
    })
}
