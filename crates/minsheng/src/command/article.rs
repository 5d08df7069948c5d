//! `article`: the experience article of a unit and month.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_proto::reporting::v1::{FileArticleRequest, ListArticlesRequest, ListArticlesResponse};

use crate::failure::Outcome;
use crate::file;
use crate::output::Table;
use crate::session::{Session, all_pages};
use crate::words;

/// 典型经验
#[derive(Args, Debug)]
pub(crate) struct Article {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 报送本单位本月的典型经验
    ///
    /// 示例：minsheng article file --period 2023-06 --title 一件事一次办 --text article.txt
    File {
        /// 月份
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        period: String,
        /// 标题
        #[arg(long)]
        title: String,
        /// 正文文件（UTF-8文本，“-”为标准输入）
        #[arg(long, value_name = "FILE")]
        text: PathBuf,
    },
    /// 一个月的典型经验
    List {
        /// 月份
        #[arg(long, value_name = "MONTH", value_parser = super::month)]
        period: String,
    },
}

impl Article {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let programme = session.programme().await?;
        match self.command {
            Command::File { period, title, text } => {
                let text = file::text(&text)?.trim().to_owned();
                let request = FileArticleRequest { programme, period, title, text, request_id: session.request_id() };
                let answer = session.gateway.experience().file_article(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer.article.unwrap_or_default(), |article| {
                    format!("已报送：{}（{}）\n", article.title, words::time(article.time.as_ref()))
                })
            }
            Command::List { period } => {
                let articles = all_pages(|page_token| {
                    let mut client = session.gateway.experience();
                    let (programme, period) = (programme.clone(), period.clone());
                    let request = ListArticlesRequest { programme, period, page_size: 1000, page_token };
                    async move {
                        let answer = client.list_articles(request).await?.into_inner();
                        Ok((answer.articles, answer.next_page_token))
                    }
                });
                let answer = ListArticlesResponse { articles: articles.await?, next_page_token: String::new() };
                session.output.answer(&answer, |answer| {
                    let mut table = Table::new(["单位", "标题", "收到"]);
                    for article in &answer.articles {
                        table.row([&article.unit, &article.title, &words::time(article.time.as_ref())]);
                    }
                    table.text()
                })
            }
        }
    }
}
