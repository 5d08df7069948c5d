//! Logging in and out. The password is asked for without echo, or read from a file or from standard input; it is never an
//! argument, since arguments are seen by everybody on the machine.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use minsheng_proto::identity::v1::{Account, GetSessionRequest, LogInRequest, LogOutRequest};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::{Table, complain};
use crate::profile::Profile;
use crate::session::{Options, Session};
use crate::words;

/// 登录，令牌存入登录文件（仅本人可读）
///
/// 示例：minsheng login ssb.office --gateway https://127.0.0.1:50443 --ca gateway-certificate.pem
#[derive(Args, Debug)]
pub(crate) struct LogIn {
    /// 账号
    account: String,
    /// 网关地址；以后登录可省略
    #[arg(long, value_name = "URL", env = "MINSHENG_GATEWAY")]
    gateway: Option<String>,
    /// 要信任的网关证书（PEM）；以后登录可省略
    #[arg(long, value_name = "FILE", env = "MINSHENG_CA")]
    ca: Option<PathBuf>,
    /// 从文件读密码（“-”为标准输入），不在屏幕上询问
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl LogIn {
    pub(crate) async fn run(self, options: Options) -> Outcome {
        let path = options.profile_path()?;
        let mut profile = Profile::load(&path)?;
        if let Some(gateway) = self.gateway {
            if gateway != profile.gateway {
                // Another gateway is another tier: what was kept of the old one says nothing about it.
                profile.ledger_keys.clear();
            }
            profile.gateway = gateway;
        }
        if let Some(ca) = self.ca {
            profile.ca_file = ca.canonicalize().map_err(|error| Failure::file(&ca, error))?;
        }
        if let Some(programme) = &options.programme {
            profile.programme.clone_from(programme);
        }
        profile.token.clear();
        let password = match &self.password_file {
            Some(path) => first_line(&file::text(path)?),
            None => ask("密码：")?,
        };
        let mut session = Session::with(options, path, profile).await?;
        let request = LogInRequest { account: self.account, password };
        let answer = session.gateway.sessions().log_in(request).await?.into_inner();
        let account = answer.account.ok_or_else(|| Failure::answer("account"))?;
        session.profile.token = answer.token;
        session.profile.account = account.name.trim_start_matches("accounts/").to_owned();
        session.profile.save(&session.profile_path)?;
        session.output.answer(&account, |account| {
            let until = words::time(answer.expire_time.as_ref());
            format!("已登录：{}。登录有效至{until}（北京时间）。\n", who(account))
        })
    }
}

/// 退出登录，令牌作废
#[derive(Args, Debug)]
pub(crate) struct LogOut {}

impl LogOut {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        session.gateway.sessions().log_out(LogOutRequest {}).await?;
        session.profile.token.clear();
        session.profile.save(&session.profile_path)?;
        session.output.remark("已退出登录。");
        Ok(())
    }
}

/// 当前账号、人员、单位和岗位
#[derive(Args, Debug)]
pub(crate) struct WhoAmI {}

impl WhoAmI {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let answer = session.gateway.sessions().get_session(GetSessionRequest {}).await?.into_inner();
        session.output.answer(&answer, |answer| {
            let account = answer.account.clone().unwrap_or_default();
            let mut table = Table::new(["项", "内容"]);
            table.row(["账号", account.name.trim_start_matches("accounts/")]);
            table.row(["名称", &account.display_name]);
            table.row(["人员", &account.person]);
            table.row(["单位", &account.unit]);
            table.row(["岗位", &roles(&account)]);
            table.row(["登录有效至", &words::time(answer.expire_time.as_ref())]);
            table.text()
        })
    }
}

/// An account's posts in Chinese.
pub(crate) fn roles(account: &Account) -> String {
    account.roles().map(words::role).collect::<Vec<_>>().join("、")
}

fn who(account: &Account) -> String {
    let name = account.name.trim_start_matches("accounts/");
    format!("{}（{name}），{}", account.display_name, roles(account))
}

/// Asks on the terminal without echo; without a terminal the first line of standard input is the answer.
pub(crate) fn ask(prompt: &str) -> Outcome<String> {
    let input = io::stdin();
    if !input.is_terminal() {
        let mut line = String::new();
        input.lock().read_line(&mut line)?;
        return Ok(first_line(&line));
    }
    complain(prompt);
    let shown = tcgetattr(&input).map_err(io::Error::from)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Flush, &hidden).map_err(io::Error::from)?;
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    tcsetattr(&input, OptionalActions::Now, &shown).map_err(io::Error::from)?;
    complain("\n");
    read?;
    Ok(first_line(&line))
}

/// The first line, without its end.
pub(crate) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
