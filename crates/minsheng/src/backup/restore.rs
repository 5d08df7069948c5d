//! Restoring a backup into an empty folder: copied with its sums checked, proved as copied, and only then put in its place,
//! so that no service can start on half of it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::manifest::{Backup, DATA, same};
use super::{files, heads, json, procedure, prove, take};
use crate::failure::{Failure, Kind, Outcome};
use crate::output::Output;

/// What is not finished lies here.
const UNFINISHED: &str = ".restoring";

/// 把备份恢复到一个空的数据目录，逐项验证，并说明随后要办的事
///
/// 示例：minsheng restore /backup/2023-06-20 --folder data
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// 备份的文件夹
    backup: PathBuf,
    /// 恢复到的数据目录：没有，或是空的
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// 备份不含私钥时，另行保管的私钥所在，其中的文件名与数据目录中的相同
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

impl Restore {
    pub(super) async fn run(self, output: Output) -> Outcome {
        let folder = &self.folder;
        if folder.exists() {
            // A try before that did not get to its end.
            let _ = std::fs::remove_dir_all(folder.join(UNFINISHED));
            if !take::is_empty(folder)? {
                return Err(Failure::new(
                    Kind::State,
                    format!("{}不是空的，什么也没有恢复：只恢复到空的数据目录", folder.display()),
                )
                .hint("正在使用的数据目录，先停止服务，把它整个移到别处保存，再恢复"));
            }
        }
        let backup = Backup::open(&self.backup)?;
        let unfinished = folder.join(UNFINISHED);
        let restored = self.restore(&backup, &unfinished, output).await;
        if restored.is_err() {
            // Why it was not restored is what is said.
            let _ = std::fs::remove_dir_all(&unfinished);
        }
        let neighbours = restored?;
        put_in_place(&unfinished, folder)?;
        let after = procedure::steps(&backup, folder, &neighbours);
        if output.is_json() {
            let mut value = json(&backup);
            value["restored"] = folder.display().to_string().into();
            value["parent"] = neighbours.parent.clone().into();
            value["lowerTiers"] = neighbours.lower.clone().into();
            value["steps"] = after.into();
            return output.value(&value);
        }
        let manifest = &backup.manifest;
        let mut text = format!(
            "已恢复到{}，各存证账已验证，各服务的进度彼此相符。区划{}，{}的备份。\n{}随后：\n",
            folder.display(),
            manifest.division,
            manifest.time,
            heads(&backup)
        );
        for (number, step) in after.iter().enumerate() {
            text += &format!("{}. {step}\n", number + 1);
        }
        output.text(&text)
    }

    async fn restore(&self, backup: &Backup, into: &Path, output: Output) -> Outcome<procedure::Neighbours> {
        files::make_folder(into)?;
        let bar = output.bar("恢复文件", u64::try_from(backup.sums.len()).unwrap_or(0));
        for (name, sum) in backup.files_in(DATA) {
            let copied = files::copy(&backup.folder.join(DATA).join(name), &into.join(name))?;
            same(&format!("{DATA}/{name}"), sum, &copied)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        self.private_files(backup, into)?;
        prove::prove(into, &backup.manifest, output).await?;
        files::sync_folders(into)?;
        procedure::Neighbours::read(backup, into).await
    }

    /// The private files that the backup was made without.
    fn private_files(&self, backup: &Backup, into: &Path) -> Outcome {
        let left_out = &backup.manifest.left_out;
        if left_out.is_empty() {
            return Ok(());
        }
        let missing = |name: &str| {
            Failure::usage(format!("备份不含私钥，什么也没有恢复：缺少{name}"))
                .hint("用 --keys 给出另行保管的私钥；没有它们而启动，会另造密钥，上下级都会告警")
        };
        for (name, sum) in left_out {
            let from = self.keys.as_ref().ok_or_else(|| missing(name))?.join(name);
            // The first password opens nothing once it was changed.
            if !from.is_file() && name == "first-password" {
                continue;
            }
            if !from.is_file() {
                return Err(missing(name));
            }
            let copied = files::copy(&from, &into.join(name))?;
            if copied != *sum {
                return Err(Failure::verification(format!("{}不是备份时的那一个，什么也没有恢复", from.display())));
            }
        }
        Ok(())
    }
}

/// Moves everything up; within one file system this is a change of names.
fn put_in_place(from: &Path, folder: &Path) -> Outcome {
    let moved = (|| {
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            std::fs::rename(entry.path(), folder.join(entry.file_name()))?;
        }
        std::fs::remove_dir(from)
    })();
    moved.map_err(|error| files::unwritable(folder, error))?;
    files::sync_folders(folder)
}
