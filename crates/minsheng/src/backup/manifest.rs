//! What a backup says of itself: `backup.json` (when, of whom, the heads of all ledgers) and `SHA256SUMS`, which names every
//! other file and is written last: a backup without it was not finished. `sha256sum -c SHA256SUMS` reads it too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files;
use crate::failure::{Failure, Outcome};
use crate::file;

/// Form of the backup that is written and read here.
const FORMAT: u32 = 1;
const MANIFEST: &str = "backup.json";
pub(super) const SUMS: &str = "SHA256SUMS";
/// The data folder as it is restored.
pub(super) const DATA: &str = "data";
/// Heads and public keys of the ledgers, one file each.
pub(super) const HEADS: &str = "heads";
/// Settings as they were.
pub(super) const SETTINGS: &str = "settings";

/// The manifest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// Version of the program that wrote it.
    pub(super) version: String,
    /// The one moment of all databases.
    pub(super) time: String,
    pub(super) division: String,
    pub(super) services: BTreeMap<String, Ledger>,
    /// Private files that were left out, with their SHA-256.
    pub(super) left_out: BTreeMap<String, String>,
}

/// A service's ledger at that moment.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ledger {
    pub(super) origin: String,
    pub(super) size: u64,
    /// Root in hex.
    pub(super) root: String,
    /// Public key of the ledger as a verifier line.
    pub(super) key: String,
    pub(super) checkpoint: String,
    /// Whether its database is in the backup; one in PostgreSQL is not.
    pub(super) database: bool,
}

impl Manifest {
    pub(super) fn new(time: String, division: String, services: BTreeMap<String, Ledger>) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, version, time, division, services, left_out: BTreeMap::new() }
    }

    /// Services whose databases are in the backup.
    pub(super) fn databases(&self) -> impl Iterator<Item = (&String, &Ledger)> {
        self.services.iter().filter(|(_, ledger)| ledger.database)
    }

    /// Services whose databases are not.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = (&String, &Ledger)> {
        self.services.iter().filter(|(_, ledger)| !ledger.database)
    }
}

/// A backup: its folder, what it says, and the sums of its files.
#[derive(Debug)]
pub(super) struct Backup {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) sums: BTreeMap<String, String>,
}

impl Backup {
    /// Writes manifest and sums, in this order.
    pub(super) fn write(&self) -> Outcome {
        let mut sums = self.sums.clone();
        let manifest =
            serde_json::to_vec_pretty(&self.manifest).map_err(|error| Failure::refused(error.to_string()))?;
        file::write(&self.folder.join(MANIFEST), &manifest, 0o600)?;
        sums.insert(MANIFEST.to_owned(), hex::encode(file::sha256(&manifest)));
        let lines: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
        files::sync_folders(&self.folder)?;
        file::write(&self.folder.join(SUMS), lines.as_bytes(), 0o600)?;
        files::sync_folders(&self.folder)
    }

    /// Reads what a backup says. That it has exactly its files is checked; their bytes are not yet.
    pub(super) fn open(folder: &Path) -> Outcome<Self> {
        let path = folder.join(SUMS);
        if !path.is_file() {
            return Err(Failure::usage(format!("{}不是备份，或备份没有做完：缺少{SUMS}", folder.display())));
        }
        let text = file::text(&path)?;
        let mut sums = BTreeMap::new();
        for line in text.lines() {
            let read = line.split_once("  ").filter(|(sum, name)| is_sum(sum) && is_inside(name));
            let (sum, name) = read.ok_or_else(|| damaged(SUMS, &format!("有一行不是校验和：{line}")))?;
            if sums.insert(name.to_owned(), sum.to_owned()).is_some() {
                return Err(damaged(SUMS, &format!("{name}写了两次")));
            }
        }
        let mut found: BTreeSet<String> = files::below(folder)?.into_iter().collect();
        found.remove(SUMS);
        if let Some(missing) = sums.keys().find(|name| !found.contains(*name)) {
            return Err(damaged(missing, "文件不见了"));
        }
        if let Some(strange) = found.iter().find(|name| !sums.contains_key(*name)) {
            return Err(damaged(strange, "不在SHA256SUMS之中"));
        }
        let manifest = file::bytes(&folder.join(MANIFEST))?;
        if sums.remove(MANIFEST) != Some(hex::encode(file::sha256(&manifest))) {
            return Err(damaged(MANIFEST, "SHA-256不符"));
        }
        let manifest: Manifest =
            serde_json::from_slice(&manifest).map_err(|error| damaged(MANIFEST, &format!("读不懂：{error}")))?;
        if manifest.format != FORMAT {
            return Err(Failure::refused(format!("备份由另一版本（{}）做成，请用该版本恢复", manifest.version)));
        }
        Ok(Self { folder: folder.to_owned(), manifest, sums })
    }

    /// Checks the bytes of every file.
    pub(super) fn check(&self, mut progress: impl FnMut()) -> Outcome {
        for (name, sum) in &self.sums {
            same(name, sum, &files::sum(&self.folder.join(name))?)?;
            progress();
        }
        Ok(())
    }

    /// Files below a folder of the backup, by their names in it.
    pub(super) fn files_in<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.sums.iter().filter_map(move |(name, sum)| {
            let name = name.strip_prefix(folder)?.strip_prefix('/')?;
            Some((name, sum.as_str()))
        })
    }
}

/// Says which file is not what it was.
pub(super) fn same(name: &str, expected: &str, found: &str) -> Outcome {
    if expected == found { Ok(()) } else { Err(damaged(name, "SHA-256不符")) }
}

fn damaged(name: &str, what: &str) -> Failure {
    Failure::verification(format!("备份已损坏，什么也没有恢复：{name}：{what}"))
}

fn is_sum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

/// A name that leads to nowhere outside.
fn is_inside(name: &str) -> bool {
    !name.is_empty() && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}
