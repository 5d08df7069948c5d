//! What every online command works with: options, profile, connection, and the short forms people write names in.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use minsheng_proto::catalogue::v1::{
    GetProgrammeRequest, ListProgrammesRequest, Programme, get_programme_request::Which,
};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::identity::v1::{Account, GetSessionRequest};
use tonic::Status;
use uuid::Uuid;

use crate::client::Gateway;
use crate::failure::{Failure, Kind, Outcome};
use crate::file;
use crate::output::{Format, Output, json};
use crate::profile::Profile;

/// Options of all commands.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "通用选项")]
pub(crate) struct Options {
    /// 输出形式
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "table|json"
    )]
    pub(crate) output: Format,
    /// 登录文件（默认 ~/.config/minsheng/profile.toml）
    #[arg(long, global = true, value_name = "FILE", env = "MINSHENG_PROFILE")]
    pub(crate) profile: Option<PathBuf>,
    /// 年度实事项目，如 430923-2023；只有一个时可省略
    #[arg(long, short = 'P', global = true, value_name = "NAME", env = "MINSHENG_PROGRAMME")]
    pub(crate) programme: Option<String>,
    /// 每次调用最长等待秒数
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) deadline: u64,
    /// 请求编号：连接中断后用同一编号原样重试，不会重复登记
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// 把回执存成文件，供 verify receipt 离线验证
    #[arg(long = "receipt", global = true, value_name = "FILE")]
    pub(crate) receipt_file: Option<PathBuf>,
}

/// An online command's surroundings.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) output: Output,
    pub(crate) profile_path: PathBuf,
    pub(crate) profile: Profile,
    pub(crate) gateway: Gateway,
    request_id: String,
    options: Options,
}

impl Options {
    /// Where the profile lies.
    pub(crate) fn profile_path(&self) -> Outcome<PathBuf> {
        self.profile.clone().map_or_else(Profile::default_path, Ok)
    }
}

impl Session {
    /// Connects with the stored profile.
    pub(crate) async fn open(options: Options) -> Outcome<Self> {
        let path = options.profile_path()?;
        let profile = Profile::load(&path)?;
        if profile.token.is_empty() {
            let failure = Failure::new(Kind::NotAllowed, "还没有登录");
            return Err(failure.hint("先运行 minsheng login 账号 --gateway 地址 --ca 证书文件"));
        }
        Self::with(options, path, profile).await
    }

    /// Connects with a profile that may hold no token yet.
    pub(crate) async fn with(options: Options, profile_path: PathBuf, profile: Profile) -> Outcome<Self> {
        let gateway = Gateway::connect(&profile, Duration::from_secs(options.deadline)).await?;
        Ok(Self {
            output: Output::new(options.output),
            profile_path,
            profile,
            gateway,
            request_id: options.request_id.clone().unwrap_or_else(|| Uuid::now_v7().to_string()),
            options,
        })
    }

    /// The request id of this command's only change.
    pub(crate) fn request_id(&self) -> String {
        self.request_id.clone()
    }

    /// The request id of one of this command's changes, from 1; the same again when the command is repeated as it was.
    pub(crate) fn request_id_of(&self, step: usize) -> String {
        format!("{}-{step}", self.request_id)
    }

    /// A failure of the connection says how to go on.
    pub(crate) fn advise(&self, failure: Failure) -> Failure {
        if failure.kind != Kind::Unavailable || failure.has_hint() {
            return failure;
        }
        failure.hint(format!("可加 --request-id {} 原样重试，不会重复登记", self.request_id))
    }

    /// The programme meant: by option, by profile, or the only one there is.
    pub(crate) async fn programme(&self) -> Outcome<String> {
        if let Some(given) = &self.options.programme {
            return Ok(programme_name(given));
        }
        if !self.profile.programme.is_empty() {
            return Ok(programme_name(&self.profile.programme));
        }
        let request = ListProgrammesRequest { page_size: 2, page_token: String::new() };
        let found = self.gateway.programmes().list_programmes(request).await?.into_inner().programmes;
        match found.as_slice() {
            [only] => Ok(only.name.clone()),
            [] => Err(Failure::not_found("还没有年度实事项目")),
            _ => Err(Failure::usage("有多个年度实事项目，请用 --programme 指定，如 --programme 430923-2023")),
        }
    }

    /// A report's name from `3.2/2023-06` or the full form.
    pub(crate) async fn report(&self, text: &str) -> Outcome<ReportName> {
        if let Some(name) = ReportName::parse(text) {
            return Ok(name);
        }
        let wrong = || Failure::usage(format!("“{text}”不是报送名，写作 指标/期，如 3.2/2023-06"));
        let (indicator, period) = text.split_once('/').ok_or_else(wrong)?;
        if indicator.is_empty() || period.is_empty() || period.contains('/') {
            return Err(wrong());
        }
        let programme = self.programme().await?;
        Ok(ReportName { programme, indicator: indicator.to_owned(), period: period.to_owned() })
    }

    /// The name of a snapshot or bulletin from `2023-06-1` or the full form.
    pub(crate) async fn numbered(&self, collection: &str, text: &str) -> Outcome<String> {
        if text.starts_with("programmes/") {
            return Ok(text.to_owned());
        }
        Ok(format!("{}/{collection}/{text}", self.programme().await?))
    }

    /// The programme in force in a month.
    pub(crate) async fn catalogue(&self, programme: &str, period: &str) -> Outcome<Programme> {
        let request = GetProgrammeRequest { name: programme.to_owned(), which: Some(Which::Period(period.to_owned())) };
        let answer = self.gateway.programmes().get_programme(request).await?.into_inner();
        let version = answer.version.ok_or_else(|| Failure::answer("version"))?;
        version.programme.ok_or_else(|| Failure::answer("programme"))
    }

    /// The caller's own account.
    pub(crate) async fn account(&self) -> Outcome<Account> {
        let answer = self.gateway.sessions().get_session(GetSessionRequest {}).await?.into_inner();
        answer.account.ok_or_else(|| Failure::answer("account"))
    }

    /// Keeps the receipts where `--receipt` says, and tells of them.
    pub(crate) fn receipts<'a>(&self, receipts: impl IntoIterator<Item = &'a Option<Receipt>>) -> Outcome {
        let receipts: Vec<&Receipt> = receipts.into_iter().flatten().collect();
        if let Some(path) = &self.options.receipt_file {
            let all = receipts.iter().map(|receipt| json::to_json(*receipt)).collect::<Outcome<Vec<_>>>()?;
            let content = match <[serde_json::Value; 1]>::try_from(all) {
                Ok([only]) => only,
                Err(several) => serde_json::Value::Array(several),
            };
            file::write(path, format!("{content:#}\n").as_bytes(), 0o644)?;
        }
        for receipt in receipts {
            let leaf = hex::encode(&receipt.leaf_hash);
            self.output.remark(&format!("回执：{} 第{}条 {leaf}", receipt.origin, receipt.sequence));
        }
        Ok(())
    }
}

/// `programmes/…` from the full or the short form.
pub(crate) fn programme_name(text: &str) -> String {
    if text.starts_with("programmes/") { text.to_owned() } else { format!("programmes/{text}") }
}

/// A report's name in its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ReportName {
    pub(crate) programme: String,
    pub(crate) indicator: String,
    pub(crate) period: String,
}

impl ReportName {
    /// From programmes/{p}/indicators/{code}/reports/{period}.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('/').collect();
        let ["programmes", programme, "indicators", indicator, "reports", period] = parts.as_slice() else {
            return None;
        };
        Some(Self {
            programme: format!("programmes/{programme}"),
            indicator: (*indicator).to_owned(),
            period: (*period).to_owned(),
        })
    }
}

impl std::fmt::Display for ReportName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/indicators/{}/reports/{}", self.programme, self.indicator, self.period)
    }
}

/// Everything of a paged list.
pub(crate) async fn all_pages<T, F, Page>(mut page: F) -> Outcome<Vec<T>>
where
    F: FnMut(String) -> Page,
    Page: Future<Output = Result<(Vec<T>, String), Status>>,
{
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let (rows, next) = page(token).await?;
        all.extend(rows);
        if next.is_empty() {
            return Ok(all);
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn report_names_are_read_and_written_in_one_form() {
        let text = "programmes/430923-2023/indicators/m1.1/reports/2023-06";
        assert_eq!(ReportName::parse(text).unwrap().to_string(), text);
        assert_eq!(ReportName::parse("3.2/2023-06"), None);
        assert_eq!(programme_name("430923-2023"), "programmes/430923-2023");
    }
}
