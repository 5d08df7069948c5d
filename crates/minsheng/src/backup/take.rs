//! Taking a backup while the services run: the databases of one moment, then the files that they name. A file is in its
//! folder before an entry names it and stays there, so what is copied after the moment holds all that the moment names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::identity::load_public_key;
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::service::SERVICES;
use minsheng_tier::{Place, Places, TierOptions};

use super::cut::Cut;
use super::manifest::{Backup, DATA, HEADS, Ledger, Manifest, SETTINGS};
use super::{files, prove, show};
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::Output;
use crate::proof::database;

/// Folders of the data folder that hold private keys.
const KEY_FOLDERS: [&str; 2] = ["keys", "parent"];
/// Files of the data folder beside them: the tier's authority, the gateway's certificate, the first account's password.
const KEY_FILES: [&str; 5] =
    ["authority.pem", "authority.key", "gateway-certificate.pem", "gateway-certificate.key", "first-password"];

/// What is to be backed up, and where to.
#[derive(Debug)]
pub(super) struct Take {
    pub(super) folder: PathBuf,
    pub(super) settings: Option<PathBuf>,
    pub(super) out: PathBuf,
    pub(super) without_keys: bool,
}

impl Take {
    pub(super) async fn run(self, output: Output) -> Outcome {
        let mut options = TierOptions::all(&self.folder, Arc::new(SystemClock));
        options.settings.clone_from(&self.settings);
        let places = options.places().map_err(|error| Failure::usage(error.to_string()))?;
        let fresh = !self.out.exists();
        if !fresh && !is_empty(&self.out)? {
            return Err(Failure::usage(format!("{}不是空的：每次备份写入一个新文件夹", self.out.display())));
        }
        let taken = self.take(&places, output).await;
        if taken.is_err() {
            // What is there is no backup; why it is not one is what is said.
            let _ = clear(&self.out, fresh);
        }
        let (backup, paused) = taken?;
        let paused = paused.as_millis();
        show(&backup, output, &format!("备份完成，各存证账已验证，各服务的进度彼此相符。写入为此停了{paused}毫秒。"))
    }

    async fn take(&self, places: &Places, output: Output) -> Outcome<(Backup, Duration)> {
        let data = self.out.join(DATA);
        let elsewhere = heads_elsewhere(&places.services).await?;
        let now = || SystemClock.now();
        let meanwhile = || Ok((now(), self.private_files()?));
        let (cut, (time, private)) = Cut::take(&places.services, &data, meanwhile).await?;
        let mut services = BTreeMap::new();
        for place in &places.services {
            let copied = cut.heads.get(place.service);
            let head = copied.or_else(|| elsewhere.get(place.service)).cloned().unwrap_or_default();
            services.insert(place.service.to_owned(), ledger(place, head, copied.is_some())?);
        }
        let division = places.services.first().map(|place| place.division.clone()).unwrap_or_default();
        let manifest = Manifest::new(time.to_string(), division, services);
        let mut backup = Backup { folder: self.out.clone(), manifest, sums: BTreeMap::new() };
        let paused = cut.paused;
        for path in cut.copy().await? {
            let name = path.strip_prefix(&self.out).unwrap_or(&path).display().to_string();
            backup.sums.insert(name, files::sum(&path)?);
        }
        for (name, bytes) in private {
            if self.without_keys && !is_public(&name) {
                backup.manifest.left_out.insert(name, hex::encode(file::sha256(&bytes)));
            } else {
                put(&mut backup, &format!("{DATA}/{name}"), &bytes)?;
            }
        }
        for (from, name) in [(&places.evidence, "evidence"), (&places.bulletins, "bulletins")] {
            let all = files::below(from)?.into_iter().filter(|file| !file.starts_with("incoming/"));
            for file in all {
                let to = format!("{DATA}/{name}/{file}");
                let sum = files::copy(&from.join(file), &self.out.join(&to))?;
                backup.sums.insert(to, sum);
            }
        }
        self.settings_and_heads(&mut backup)?;
        prove::prove(&data, &backup.manifest, output).await?;
        backup.write()?;
        Ok((backup, paused))
    }

    /// Keys, certificates and the first password, as they are while no service writes.
    fn private_files(&self) -> Outcome<BTreeMap<String, Vec<u8>>> {
        let mut names: Vec<String> = KEY_FILES.map(str::to_owned).to_vec();
        for folder in KEY_FOLDERS {
            let inside = files::below(&self.folder.join(folder))?;
            names.extend(inside.into_iter().map(|name| format!("{folder}/{name}")));
        }
        names.retain(|name| self.folder.join(name).is_file());
        let read = |name: String| file::bytes(&self.folder.join(&name)).map(|bytes| (name, bytes));
        names.into_iter().map(read).collect()
    }

    fn settings_and_heads(&self, backup: &mut Backup) -> Outcome {
        if let Some(settings) = &self.settings {
            let names = SERVICES.map(|service| format!("{service}.toml"));
            for name in names.iter().filter(|name| settings.join(name).is_file()) {
                put(backup, &format!("{SETTINGS}/{name}"), &file::bytes(&settings.join(name))?)?;
            }
        }
        for (service, ledger) in backup.manifest.services.clone() {
            put(backup, &format!("{HEADS}/{service}.txt"), ledger.checkpoint.as_bytes())?;
            put(backup, &format!("{HEADS}/{service}.vkey"), format!("{}\n", ledger.key).as_bytes())?;
        }
        Ok(())
    }
}

fn put(backup: &mut Backup, name: &str, bytes: &[u8]) -> Outcome {
    let path = backup.folder.join(name);
    if let Some(folder) = path.parent() {
        files::make_folder(folder)?;
    }
    file::write(&path, bytes, 0o600)?;
    backup.sums.insert(name.to_owned(), hex::encode(file::sha256(bytes)));
    Ok(())
}

/// Public halves, which prove and open nothing.
fn is_public(name: &str) -> bool {
    name.ends_with(".pub") || name.ends_with(".pem") && !name.starts_with("parent/")
}

/// Heads of the ledgers in PostgreSQL, read before the moment.
async fn heads_elsewhere(places: &[Place]) -> Outcome<BTreeMap<&'static str, String>> {
    let mut heads = BTreeMap::new();
    for place in places.iter().filter(|place| !place.database.starts_with("sqlite:")) {
        heads.insert(place.service, database::open(&place.database).await?.checkpoint().to_owned());
    }
    Ok(heads)
}

fn ledger(place: &Place, checkpoint: String, database: bool) -> Outcome<Ledger> {
    let Place { service, division, ledger_key, .. } = place;
    let unusable = |error: String| Failure::usage(format!("{service}存证账的公钥不能使用：{error}"));
    let key = load_public_key(ledger_key).map_err(|error| unusable(error.to_string()))?;
    let origin = format!("minsheng/{division}/{service}");
    let verifier = LedgerVerifier::of_key(&origin, &key).map_err(|error| unusable(error.to_string()))?;
    let wrong = |error| Failure::verification(format!("{service}的账头不成立：{error}"));
    let head = verifier.verify(&checkpoint).map_err(wrong)?;
    let (size, root) = (head.size, hex::encode(head.root.0));
    Ok(Ledger { origin, size, root, key: verifier.verifier_key().to_owned(), checkpoint, database })
}

pub(super) fn is_empty(folder: &Path) -> Outcome<bool> {
    let mut inside = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, error))?;
    Ok(inside.next().is_none())
}

/// Takes away what an unfinished backup left in a folder that was empty or not there.
fn clear(folder: &Path, whole: bool) -> std::io::Result<()> {
    if whole {
        return std::fs::remove_dir_all(folder);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { std::fs::remove_dir_all(path)? } else { std::fs::remove_file(path)? }
    }
    Ok(())
}
