//! The last words of the demonstration: accounts, where things lie, and what to try next.

use std::path::PathBuf;

use minsheng_demo::{Documents, PASSWORD, Published, Table, World, posts};

use crate::failure::{Failure, Outcome};
use crate::file;

const ACCOUNTS: &str = "accounts.txt";
const PASSWORD_FILE: &str = "password.txt";

/// Keeps accounts and password in the demonstration's folder, for the commands that follow.
pub(crate) fn write_accounts(world: &World) -> Outcome {
    file::write(&path(world, ACCOUNTS), accounts()?.as_bytes(), 0o600)?;
    file::write(&path(world, PASSWORD_FILE), format!("{PASSWORD}\n").as_bytes(), 0o600)
}

fn accounts() -> Outcome<String> {
    let documents = Documents::read().map_err(|error| Failure::refused(error.to_string()))?;
    let mut table = Table::new(["账号", "名称", "单位", "人员"]);
    table.row(["security-admin", "安全管理员（管账号）", "", "security-admin"]);
    for post in posts(&documents.lead_units()) {
        table.row([&post.account, &post.display_name, &post.unit, &post.person]);
    }
    Ok(table.text())
}

fn path(world: &World, name: &str) -> PathBuf {
    world.folder().join(name)
}

/// Where everything is, and what to try.
pub(crate) fn words(world: &World, published: &[Published]) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "minsheng".to_owned());
    let folder = world.folder().display();
    let mut text = format!(
        "四、账号与下一步\n  网关 {}，证书（CA） {}\n  账号清单 {}，各账号密码都是 {PASSWORD}（文件 {}）\n",
        world.url(),
        world.ca_file().display(),
        path(world, ACCOUNTS).display(),
        path(world, PASSWORD_FILE).display(),
    );
    let mut table = Table::new(["账号", "是谁"]);
    for (account, who) in [
        ("ssb.office1、ssb.office2", "实事办两名经办：一个录入、另一个核"),
        ("tjj.certifier", "县统计局评估认定"),
        ("rsj.reporter、rsj.reviewer、rsj.head", "县人社局填报人、审核人、负责人（其余13家牵头单位同样命名）"),
        ("leader、viewer", "分管领导、查阅"),
        ("system-admin、security-admin、audit-admin", "系统、安全、审计三员"),
    ] {
        table.row([account, who]);
    }
    text.push_str(&table.text());
    text.push_str("  通报文件：\n");
    for path in published.iter().flat_map(|month| &month.files) {
        text.push_str(&format!("    {}\n", path.display()));
    }
    text.push_str(&format!(
        "  另开终端可试（逐行）：\n    \
         export MINSHENG_PROFILE={folder}/profile.toml\n    \
         {program} login ssb.office1 --gateway {} --ca {} --password-file {folder}/{PASSWORD_FILE}\n    \
         {program} duties --period 2023-09\n    \
         {program} programme check\n    \
         {program} report show 9.2/2023-09\n    \
         {program} login audit-admin --password-file {folder}/{PASSWORD_FILE}\n    \
         {program} trace 2023-06-1 --indicator 4.2 --save {folder}/trace\n    \
         {program} verify folder {folder}/trace\n",
        world.url(),
        world.ca_file().display(),
    ));
    text
}
