//! A chain kept in a folder, to be checked again anywhere: `chain.json` names the entries, beside it lie each entry's bytes
//! and its receipt.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::chain::{Chain, ChainEntry};
use super::head::Head;
use super::keys::verifier;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::json;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    of: String,
    indicator: String,
    keys: Vec<String>,
    entries: Vec<Place>,
    heads: Vec<Cosigned>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    origin: String,
    sequence: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cosigned {
    checkpoint: String,
    witness: String,
}

impl Place {
    fn file(&self, ending: &str) -> Outcome<String> {
        let parts: Vec<&str> = self.origin.split('/').collect();
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match parts.as_slice() {
            ["minsheng", division, service] if plain(division) && plain(service) => {
                Ok(format!("{division}-{service}-{}.{ending}", self.sequence))
            }
            _ => Err(Failure::refused(format!("chain.json中的存证账名“{}”不对", self.origin))),
        }
    }
}

/// Writes a chain.
pub(crate) fn save_chain(folder: &Path, chain: &Chain) -> Outcome {
    let cosigned = |head: &Head| Cosigned { checkpoint: head.checkpoint.clone(), witness: head.witness.clone() };
    let mut index = Index {
        of: chain.of.clone(),
        indicator: chain.indicator.clone(),
        keys: chain.keys.clone(),
        entries: Vec::new(),
        heads: chain.heads.iter().map(cosigned).collect(),
    };
    for entry in &chain.entries {
        let place = Place { origin: entry.receipt.origin.clone(), sequence: entry.receipt.sequence };
        file::write(&folder.join(place.file("entry")?), &entry.bytes, 0o644)?;
        let receipt = format!("{:#}\n", json::to_json(&entry.receipt)?);
        file::write(&folder.join(place.file("receipt.json")?), receipt.as_bytes(), 0o644)?;
        index.entries.push(place);
    }
    let text = serde_json::to_string_pretty(&index).map_err(|error| Failure::file(folder, error))?;
    file::write(&folder.join("chain.json"), format!("{text}\n").as_bytes(), 0o644)
}

/// Reads a chain; keys given by hand take the place of those in the folder.
pub(crate) fn load_chain(folder: &Path, given: Vec<String>) -> Outcome<Chain> {
    let path = folder.join("chain.json");
    let index: Index = serde_json::from_str(&file::text(&path)?).map_err(|error| Failure::file(&path, error))?;
    let heads = index.heads.into_iter();
    let mut chain = Chain {
        of: index.of,
        indicator: index.indicator,
        keys: with_given(index.keys, given)?,
        entries: Vec::new(),
        heads: heads.map(|Cosigned { checkpoint, witness }| Head { checkpoint, witness }).collect(),
    };
    for place in index.entries {
        let path = folder.join(place.file("receipt.json")?);
        let receipt: minsheng_proto::common::v1::Receipt =
            json::from_json(&file::text(&path)?, &path.display().to_string())?;
        if (&receipt.origin, receipt.sequence) != (&place.origin, place.sequence) {
            let found = format!("{}第{}条", receipt.origin, receipt.sequence);
            return Err(Failure::verification(format!("{}是另一条目的回执：{found}", path.display())));
        }
        let bytes = file::bytes(&folder.join(place.file("entry")?))?;
        chain.entries.push(ChainEntry { bytes, receipt });
    }
    Ok(chain)
}

/// The keys of a chain with those given by hand in the place of others for the same ledgers.
pub(crate) fn with_given(keys: Vec<String>, given: Vec<String>) -> Outcome<Vec<String>> {
    let origin = |key: &String| Ok(verifier(key)?.origin().to_owned());
    let replaced: Vec<String> = given.iter().map(origin).collect::<Outcome<_>>()?;
    let mut all = Vec::with_capacity(keys.len() + given.len());
    for key in keys {
        if !replaced.contains(&origin(&key)?) {
            all.push(key);
        }
    }
    all.extend(given);
    Ok(all)
}
