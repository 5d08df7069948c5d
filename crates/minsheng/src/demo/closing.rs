//! The last words of the demonstration: accounts, where things lie, and what to try next.

use std::fmt::Write as _;
use std::path::Path;

use minsheng_demo::{Chain, Documents, PASSWORD, Played, Post, Published, Table, World, posts, tier_posts};

use crate::failure::{Failure, Outcome};
use crate::file;

const ACCOUNTS: &str = "accounts.txt";
const PASSWORD_FILE: &str = "password.txt";
const PROFILE: &str = "profile.toml";

/// Keeps the accounts of each tier in its folder and the password in the demonstration's, for the commands that follow.
pub(crate) fn write_accounts(chain: &Chain, folder: &Path) -> Outcome {
    let documents = Documents::read().map_err(|error| Failure::refused(error.to_string()))?;
    let county = accounts(&posts(&documents.lead_units()));
    let above = accounts(&tier_posts());
    for (world, accounts) in [(&chain.province, &above), (&chain.municipality, &above), (&chain.county, &county)] {
        file::write(&world.folder().join(ACCOUNTS), accounts.as_bytes(), 0o600)?;
    }
    file::write(&folder.join(PASSWORD_FILE), format!("{PASSWORD}\n").as_bytes(), 0o600)
}

fn accounts(posts: &[Post]) -> String {
    let mut table = Table::new(["账号", "名称", "单位", "人员"]);
    table.row(["security-admin", "安全管理员（管账号、上下级接入）", "", "security-admin"]);
    for post in posts {
        table.row([&post.account, &post.display_name, &post.unit, &post.person]);
    }
    table.text()
}

/// Where everything is, and what to try.
pub(crate) fn words(chain: &Chain, folder: &Path, played: &Played) -> String {
    let mut text = String::from("七、账号与下一步\n");
    let mut table = Table::new(["级", "网关", "证书（CA）", "账号清单"]);
    let tiers = [("省", &chain.province), ("市", &chain.municipality), ("县", &chain.county)];
    for (level, world) in tiers {
        let accounts = world.folder().join(ACCOUNTS);
        table.row([level, &world.url(), &world.ca_file().display().to_string(), &accounts.display().to_string()]);
    }
    text.push_str(&table.text());
    let password = folder.join(PASSWORD_FILE);
    let _ = writeln!(text, "  各账号密码都是 {PASSWORD}（文件 {}）", password.display());
    let mut table = Table::new(["账号", "是谁"]);
    for (account, who) in [
        ("ssb.office1、ssb.office2", "实事办两名经办：一个录入、另一个核（三级都有）"),
        ("tjj.certifier", "统计局评估认定（三级都有）"),
        ("rsj.reporter、rsj.reviewer、rsj.head", "县人社局填报人、审核人、负责人（其余13家牵头单位同样命名）"),
        ("qt.head", "省、市牵头单位负责人：由下级数汇总后报送"),
        ("leader、viewer", "县分管领导、查阅"),
        ("security-admin、audit-admin、system-admin", "安全、审计、系统三员（省、市没有建系统管理员）"),
    ] {
        table.row([account, who]);
    }
    text.push_str(&table.text());
    text.push_str("  通报文件：\n");
    let above = [&played.municipality, &played.province];
    for path in played.months.iter().chain(above.into_iter().flatten()).flat_map(|month: &Published| &month.files) {
        let _ = writeln!(text, "    {}", path.display());
    }
    text.push_str("  另开终端可试（逐行；登录三级各存一个登录文件）：\n");
    for (level, world, accounts) in tries(chain) {
        let _ = writeln!(text, "  {level}：\n    export MINSHENG_PROFILE={}", world.folder().join(PROFILE).display());
        for (account, commands) in accounts {
            let _ = writeln!(text, "    {}", log_in(world, account, &password));
            for command in commands {
                let _ = writeln!(text, "    {} {command}", program());
            }
        }
    }
    text
}

type Tries<'a> = Vec<(&'static str, &'a World, Vec<(&'static str, Vec<String>)>)>;

/// What to try at each tier, by account.
fn tries(chain: &Chain) -> Tries<'_> {
    let say = |commands: &[&str]| commands.iter().map(|command| (*command).to_owned()).collect();
    let traced = |world: &World, figure: &str| {
        let folder = world.folder().join("trace").display().to_string();
        vec![format!("trace {figure} --indicator 4.2 --save {folder}"), format!("verify folder {folder}")]
    };
    vec![
        (
            "县",
            &chain.county,
            vec![
                ("ssb.office1", say(&["duties --period 2023-09", "mandates list", "filings list", "doctor"])),
                ("security-admin", say(&["parent show", "doctor"])),
                ("audit-admin", traced(&chain.county, "2023-06-1")),
            ],
        ),
        (
            "市",
            &chain.municipality,
            vec![
                ("ssb.office1", say(&["report show 4.2@430923/2023-09", "rank show 2023-09-1 --explain tier-430923"])),
                ("security-admin", say(&["tier list"])),
            ],
        ),
        (
            "省",
            &chain.province,
            vec![
                ("ssb.office1", say(&["report show 4.2/2023-09"])),
                ("audit-admin", traced(&chain.province, "2023-09-1")),
            ],
        ),
    ]
}

fn log_in(world: &World, account: &str, password: &Path) -> String {
    let (url, ca, password) = (world.url(), world.ca_file(), password.display());
    format!("{} login {account} --gateway {url} --ca {} --password-file {password}", program(), ca.display())
}

fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "minsheng".to_owned())
}
