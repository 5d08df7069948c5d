//! `scheme`: scoring schemes as data.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_proto::ranking::v1::{
    CreateSchemeRequest, GetSchemeRequest, ListSchemesRequest, ListSchemesResponse, Scheme as Document,
};

use crate::failure::Outcome;
use crate::file;
use crate::output::{Table, json};
use crate::session::{Session, all_pages};

/// 评分办法
#[derive(Args, Debug)]
pub(crate) struct Scheme {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 现有的评分办法
    List,
    /// 一个评分办法的组成
    Show {
        /// 编号，如 default-month
        id: String,
        /// 版本；0为最新
        #[arg(long, default_value_t = 0)]
        version: i32,
    },
    /// 从JSON新增一版
    ///
    /// 示例：minsheng scheme create default-month.json
    Create {
        /// JSON文件
        file: PathBuf,
    },
}

impl Scheme {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::List => {
                let schemes = all_pages(|page_token| {
                    let mut client = session.gateway.schemes();
                    async move {
                        let request = ListSchemesRequest { page_size: 1000, page_token };
                        let answer = client.list_schemes(request).await?.into_inner();
                        Ok((answer.schemes, answer.next_page_token))
                    }
                });
                let answer = ListSchemesResponse { schemes: schemes.await?, next_page_token: String::new() };
                session.output.answer(&answer, |answer| {
                    let mut table = Table::new(["办法", ">版本", "名称", "依据"]);
                    for scheme in &answer.schemes {
                        table.row([&scheme.name, &scheme.version.to_string(), &scheme.title, &scheme.source]);
                    }
                    table.text()
                })
            }
            Command::Show { id, version } => {
                let request = GetSchemeRequest { name: name(&id), version };
                let answer = session.gateway.schemes().get_scheme(request).await?.into_inner();
                session.output.answer(&answer.scheme.unwrap_or_default(), show)
            }
            Command::Create { file } => {
                let scheme: Document = json::from_json(&file::text(&file)?, &file.display().to_string())?;
                let request = CreateSchemeRequest { scheme: Some(scheme), request_id: session.request_id() };
                let answer = session.gateway.schemes().create_scheme(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.scheme.unwrap_or_default(), show)
            }
        }
    }
}

/// `schemes/…` from the full or the short form.
pub(crate) fn name(id: &str) -> String {
    format!("schemes/{}", id.trim_start_matches("schemes/"))
}

fn show(scheme: &Document) -> String {
    let mut table = Table::new(["组成", "名称", "度量", ">权重", "参数"]);
    for component in &scheme.components {
        let parameters = component.parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let parameters = parameters.collect::<Vec<_>>().join(" ");
        let metric = component.metric().as_str_name().trim_start_matches("METRIC_").to_ascii_lowercase();
        table.row([&component.id, &component.title, &metric, &component.weight, &parameters]);
    }
    format!("{} 第{}版 {}（{}）\n{}", scheme.name, scheme.version, scheme.title, scheme.source, table.text())
}
