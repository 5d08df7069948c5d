//! `keys`: makes what must be the same for all copies of a tier's services, before any of them starts; for deployments in
//! which each service gets its own keys from a store of secrets.

use std::path::PathBuf;

use clap::Args;
use minsheng_kit::authority::Authority;
use minsheng_kit::identity::KeyRing;
use minsheng_kit::service::SERVICES;

use crate::failure::{Failure, Kind, Outcome};
use crate::output::{Output, Table};

/// 生成一级全部服务的密钥和证书颁发机构后退出：已有的不动
///
/// 示例：minsheng keys --folder secrets --division 430923
#[derive(Args, Debug)]
pub(crate) struct Keys {
    /// 写入的文件夹
    #[arg(long, value_name = "DIR", env = "MINSHENG_FOLDER", default_value = "data")]
    folder: PathBuf,
    /// 本级区划代码
    #[arg(long, value_name = "CODE")]
    division: String,
}

impl Keys {
    pub(crate) fn run(self, output: Output) -> Outcome {
        let ring = KeyRing::ensure(&self.folder.join("keys"), &SERVICES).map_err(unmade)?;
        Authority::ensure(&self.folder, &self.division).map_err(unmade)?;
        let (authority, authority_key) = Authority::files(&self.folder);
        let private = SERVICES.iter().flat_map(|name| [ring.identity_key_file(name), ring.ledger_key_file(name)]);
        let private = private.chain([authority_key]).map(|file| (file, "机密：只给用它的服务"));
        let public = [ring.trusted_dir(), authority].map(|file| (file, "公开：给各服务"));
        let all: Vec<(String, &str)> =
            private.chain(public).map(|(file, kind)| (file.display().to_string(), kind)).collect();
        if output.is_json() {
            return output
                .value(&all.iter().map(|(file, kind)| serde_json::json!({"file": file, "kind": kind})).collect());
        }
        let mut table = Table::new(["文件", "性质"]);
        for (file, kind) in all {
            table.row([file.as_str(), kind]);
        }
        output.text(&table.text())
    }
}

fn unmade(error: impl std::fmt::Display) -> Failure {
    Failure::new(Kind::Other, format!("密钥没有生成：{error}"))
}
