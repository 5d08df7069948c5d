//! Proves the databases of a backup: every ledger whole and at the head that the manifest says, and no service ahead of
//! what it follows.

use std::collections::BTreeMap;
use std::path::Path;

use super::manifest::Manifest;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::proof::{database, verifier};

/// Checks the databases in a folder.
pub(super) async fn prove(folder: &Path, manifest: &Manifest, output: Output) -> Outcome {
    let mut stored = BTreeMap::new();
    for (service, _) in manifest.databases() {
        let url = format!("sqlite://{}", folder.join(format!("{service}.db")).display());
        stored.insert(service, database::open(&url).await?);
    }
    // What followers have of each ledger, by its origin.
    let mut followed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (follower, ledger) in &stored {
        for cursor in ledger.cursors().await? {
            let origin = cursor.checkpoint.lines().next().unwrap_or_default();
            let Some((source, at)) = manifest.databases().find(|(_, ledger)| ledger.origin == origin) else { continue };
            let size = u64::try_from(cursor.size).unwrap_or(u64::MAX);
            if size > at.size {
                return Err(Failure::verification(format!(
                    "备份前后不一：{follower}已跟到{source}的第{size}条，而{source}只有{}条",
                    at.size
                )));
            }
            followed.entry(origin.to_owned()).or_default().push(cursor.checkpoint);
        }
    }
    let none = Vec::new();
    for (service, ledger) in &stored {
        let Some(said) = manifest.services.get(*service) else { continue };
        let of = |failure: Failure| Failure::verification(format!("{service}：{}", failure.message));
        if ledger.checkpoint() != said.checkpoint {
            return Err(Failure::verification(format!("{service}：数据库的账头不是备份清单中的")));
        }
        let bar = output.bar("验证存证账", ledger.size());
        let kept = followed.get(&said.origin).unwrap_or(&none);
        let checked = ledger.check(&verifier(&said.key)?, kept, |done| bar.set_position(done)).await;
        bar.finish_and_clear();
        checked.map_err(of)?;
    }
    for (service, said) in manifest.elsewhere() {
        let head = verifier(&said.key)?.verify(&said.checkpoint);
        head.map_err(|error| Failure::verification(format!("{service}：账头不成立：{error}")))?;
    }
    Ok(())
}
