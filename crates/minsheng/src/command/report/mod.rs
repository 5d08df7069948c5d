//! `report`: a unit's report on an indicator and a month, from draft to submitted version.

pub(crate) mod content;
mod filing;
mod show;
mod steps;
mod values;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_proto::common::v1::Value;

use crate::failure::Outcome;
use crate::session::Session;
use content::ContentArgs;

/// 进展报送：名称写作 指标/期，如 3.2/2023-06
#[derive(Args, Debug)]
pub(crate) struct Report {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 一份报送的内容、状态和经过
    Show {
        /// 报送，如 3.2/2023-06
        name: String,
    },
    /// 一个月的报送
    List {
        /// 月份
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        period: String,
        /// 只看某单位
        #[arg(long, value_name = "UNIT", default_value = "")]
        unit: String,
    },
    /// 保存草稿：所给的值并入现有草稿
    ///
    /// 示例：minsheng report draft 3.2/2023-06 --values 3.2-1=1475/310 --progress "已完成第二批培训"
    Draft {
        /// 报送，如 3.2/2023-06；用 --workbook 时省略
        name: Option<String>,
        #[command(flatten)]
        content: Box<ContentArgs>,
    },
    /// 比上月无变化：一步填好草稿
    Unchanged {
        /// 报送
        name: String,
    },
    /// 对草稿作全部自动核查，不改变任何内容
    Check {
        /// 报送
        name: String,
    },
    /// 审核人审核草稿
    Review {
        /// 报送
        name: String,
    },
    /// 单位负责人签批
    Sign {
        /// 报送
        name: String,
    },
    /// 报送已签批的草稿
    Submit {
        /// 报送
        name: String,
        /// 对一条预警的说明：编号=说明，可多次
        #[arg(long = "explain", value_name = "ID=TEXT", value_parser = super::named)]
        explanations: Vec<(String, String)>,
    },
    /// 负责人一步报送已在纸上审核签批的内容：逐项给值、JSON或月报工作簿
    ///
    /// 示例：minsheng report file 3.2/2023-06 --values 3.2-1=1475/310 --filled-by 张三 --reviewed-by 李四 --head 王五；
    /// minsheng report file --workbook month.xlsx
    File {
        /// 报送，如 3.2/2023-06；用 --workbook 时省略
        name: Option<String>,
        #[command(flatten)]
        content: Box<ContentArgs>,
        /// 工作簿逐份处理：一份有错不影响其他（默认有一份有错就都不报）
        #[arg(long, requires = "workbook")]
        row_by_row: bool,
    },
    /// 实事办代录，附盖章原件
    ///
    /// 示例：minsheng report enter 3.2/2023-06 --values 3.2-1=1475/310 --sealed-original 哈希
    Enter {
        /// 报送
        name: String,
        #[command(flatten)]
        content: Box<ContentArgs>,
        /// 盖章原件：已上传文件的SHA-256，或现在上传的文件
        #[arg(long, value_name = "SHA256|FILE")]
        sealed_original: String,
    },
    /// 单位确认代录的内容
    Confirm {
        /// 报送
        name: String,
    },
    /// 申请更正已认定的报送
    Correct {
        /// 报送
        name: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 把现有内容写成JSON文件，改好后用 --json 报送
    Export {
        /// 报送
        name: String,
        /// 写到哪个文件
        out: PathBuf,
    },
}

impl Report {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Show { name } => show::show(session, &name).await,
            Command::List { period, unit } => show::list(session, period, unit).await,
            Command::Draft { name, content } => filing::draft(session, name, *content).await,
            Command::Unchanged { name } => steps::unchanged(session, &name).await,
            Command::Check { name } => steps::check(session, &name).await,
            Command::Review { name } => steps::review(session, &name).await,
            Command::Sign { name } => steps::sign(session, &name).await,
            Command::Submit { name, explanations } => steps::submit(session, &name, explanations).await,
            Command::File { name, content, row_by_row } => filing::file(session, name, *content, row_by_row).await,
            Command::Enter { name, content, sealed_original } => {
                filing::enter(session, &name, *content, &sealed_original).await
            }
            Command::Confirm { name } => steps::confirm(session, &name).await,
            Command::Correct { name, reason } => steps::correct(session, &name, reason).await,
            Command::Export { name, out } => show::export(session, &name, &out).await,
        }
    }
}

/// A typed value without this period's part; none when it is not of a known form.
pub(crate) fn value(text: &str, unit: &str) -> Option<Value> {
    match values::parse(text, unit) {
        Some((value, None)) => Some(value),
        _ => None,
    }
}
