//! `account`: the security administrator's work.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_proto::identity::v1::{
    Account as Record, CreateAccountRequest, GetAccountRequest, ListAccountsRequest, ListAccountsResponse, Role,
    UpdateAccountRequest,
};
use prost_types::FieldMask;

use super::login::{ask, first_line, roles};
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::Table;
use crate::session::{Session, all_pages};
use crate::words;

/// 账号
#[derive(Args, Debug)]
pub(crate) struct Account {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 开设账号；岗位：office reporter reviewer head township certifier leader viewer system_admin security_admin audit_admin
    ///
    /// 示例：minsheng account create jyj.head --display-name 教育局负责人 --person P012 --unit jyj --role head
    Create {
        /// 账号名
        id: String,
        /// 显示名称
        #[arg(long)]
        display_name: String,
        /// 人员编号：同一人的多个账号用同一编号
        #[arg(long)]
        person: String,
        /// 单位
        #[arg(long, default_value = "")]
        unit: String,
        /// 岗位，可多次
        #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
        roles: Vec<Role>,
        /// 从文件读初始密码（“-”为标准输入），不在屏幕上询问
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// 账号名单
    List,
    /// 停用账号
    Disable {
        /// 账号名
        id: String,
    },
}

impl Account {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Create { id, display_name, person, unit, roles, password_file } => {
                let password = match password_file {
                    Some(path) => first_line(&file::text(&path)?),
                    None => ask("初始密码：")?,
                };
                let roles = roles.into_iter().map(i32::from).collect();
                let account = Record { name: name(&id), display_name, person, unit, roles, ..Record::default() };
                let request =
                    CreateAccountRequest { account: Some(account), password, request_id: session.request_id() };
                let answer = session.gateway.accounts().create_account(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                show(session, vec![answer.account.unwrap_or_default()])
            }
            Command::List => {
                let accounts = all_pages(|page_token| {
                    let mut client = session.gateway.accounts();
                    async move {
                        let request = ListAccountsRequest { page_size: 1000, page_token };
                        let answer = client.list_accounts(request).await?.into_inner();
                        Ok((answer.accounts, answer.next_page_token))
                    }
                });
                let accounts = accounts.await?;
                show(session, accounts)
            }
            Command::Disable { id } => {
                let found = session.gateway.accounts().get_account(GetAccountRequest { name: name(&id) }).await?;
                let mut account = found.into_inner().account.ok_or_else(|| Failure::answer("account"))?;
                account.disabled = true;
                account.create_time = None;
                let request = UpdateAccountRequest {
                    account: Some(account),
                    update_mask: Some(FieldMask { paths: vec!["disabled".to_owned()] }),
                    new_password: String::new(),
                    request_id: session.request_id(),
                };
                let answer = session.gateway.accounts().update_account(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                show(session, vec![answer.account.unwrap_or_default()])
            }
        }
    }
}

fn name(id: &str) -> String {
    format!("accounts/{}", id.trim_start_matches("accounts/"))
}

fn role(text: &str) -> Result<Role, String> {
    let name = format!("ROLE_{}", text.to_ascii_uppercase().replace('-', "_"));
    match Role::from_str_name(&name) {
        None | Some(Role::Unspecified) => Err("没有这个岗位".to_owned()),
        Some(role) => Ok(role),
    }
}

fn show(session: &Session, accounts: Vec<Record>) -> Outcome {
    let answer = ListAccountsResponse { accounts, next_page_token: String::new() };
    session.output.answer(&answer, |answer| {
        let mut table = Table::new(["账号", "名称", "人员", "单位", "岗位", "停用"]);
        for account in &answer.accounts {
            let id = account.name.trim_start_matches("accounts/");
            let (posts, off) = (roles(account), words::yes(account.disabled));
            table.row([id, &account.display_name, &account.person, &account.unit, &posts, off]);
        }
        table.text()
    })
}
