//! What follows a restore, by where the tier stands: those above and below may have seen more than the backup holds.

use std::path::Path;

use super::manifest::{Backup, HEADS, SETTINGS};
use crate::failure::Outcome;
use crate::proof::database;

/// The tiers that know this one, by the gateway's database in the backup.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours {
    pub(super) parent: Option<String>,
    pub(super) lower: Vec<String>,
}

impl Neighbours {
    /// Reads them; nothing is known of a gateway whose database is elsewhere.
    pub(super) async fn read(backup: &Backup, folder: &Path) -> Outcome<Self> {
        if !backup.manifest.databases().any(|(service, _)| service == "gateway") {
            return Ok(Self::default());
        }
        let gateway = database::open(&format!("sqlite://{}", folder.join("gateway.db").display())).await?;
        let parent = gateway.texts(r#"SELECT division FROM parent WHERE "left" = 0"#).await?.pop();
        let lower = gateway.texts("SELECT division FROM lower_tier WHERE revoked = 0 ORDER BY division").await?;
        Ok(Self { parent, lower })
    }
}

/// The steps, in order.
pub(super) fn steps(backup: &Backup, folder: &Path, neighbours: &Neighbours) -> Vec<String> {
    let mut steps = Vec::new();
    steps.push("确认原来的服务已停止，不再启动：同一本存证账只能有一处续写。".to_owned());
    for (service, _) in backup.manifest.elsewhere() {
        let heads = backup.folder.join(HEADS);
        steps.push(format!(
            "恢复{service}的PostgreSQL数据库，再验证：minsheng verify ledger --database postgres://… --key {} --head {}",
            heads.join(format!("{service}.vkey")).display(),
            heads.join(format!("{service}.txt")).display(),
        ));
    }
    if backup.files_in(SETTINGS).next().is_some() {
        let settings = backup.folder.join(SETTINGS);
        steps.push(format!("设置没有覆盖：与备份中的{}比较后自行放好。", settings.display()));
    }
    steps.push(format!("启动：minsheng serve all --folder {}（设置同前）。", folder.display()));
    steps.push(
        "备份之后的账号变动、停用、改密码、撤销下级，都回到了备份时的样子：先补做停用和撤销。备份之后本级报送、认定、\
         签发过的，须重新办理。"
            .to_owned(),
    );
    if let Some(parent) = &neighbours.parent {
        steps.push(format!(
            "安全管理员运行 minsheng doctor。上级{parent}见过备份之后的条目时，显示OWN_LEDGER_REFUSED（LEDGER_SHORTER；\
             已有新写入的是LEDGER_FORKED），该账的数据暂不上报：按 deploy/guide/backup.md“恢复之后”办理，\
             由上级核对账头后 minsheng tier resolve … --accept offered。"
        ));
    }
    if !neighbours.lower.is_empty() {
        steps.push(format!(
            "通知下级{}：它们见过备份之后的条目时，minsheng doctor 显示PARENT_LEDGER_REFUSED，同样由各下级核对后处理\
             （deploy/guide/backup.md“恢复之后”）。",
            neighbours.lower.join("、")
        ));
    }
    steps
}
