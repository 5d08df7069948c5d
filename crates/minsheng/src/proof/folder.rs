//! A chain kept in a folder, to be checked again anywhere: `chain.json` names the entries, beside it lie each entry's bytes
//! and its receipt.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::chain::{Chain, ChainEntry};
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::json;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    bulletin: String,
    indicator: String,
    keys: BTreeMap<String, String>,
    entries: Vec<Place>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    ledger: String,
    sequence: u64,
}

impl Place {
    fn file(&self, ending: &str) -> Outcome<String> {
        let plain = !self.ledger.is_empty() && self.ledger.bytes().all(|byte| byte.is_ascii_lowercase());
        if !plain {
            return Err(Failure::refused(format!("chain.json中的存证账名“{}”不对", self.ledger)));
        }
        Ok(format!("{}-{}.{ending}", self.ledger, self.sequence))
    }
}

/// Writes a chain.
pub(crate) fn save_chain(folder: &Path, chain: &Chain) -> Outcome {
    let mut index = Index {
        bulletin: chain.bulletin.clone(),
        indicator: chain.indicator.clone(),
        keys: chain.keys.clone(),
        entries: Vec::new(),
    };
    for entry in &chain.entries {
        let place = Place { ledger: entry.ledger.clone(), sequence: entry.receipt.sequence };
        file::write(&folder.join(place.file("entry")?), &entry.bytes, 0o644)?;
        let receipt = format!("{:#}\n", json::to_json(&entry.receipt)?);
        file::write(&folder.join(place.file("receipt.json")?), receipt.as_bytes(), 0o644)?;
        index.entries.push(place);
    }
    let text = serde_json::to_string_pretty(&index).map_err(|error| Failure::file(folder, error))?;
    file::write(&folder.join("chain.json"), format!("{text}\n").as_bytes(), 0o644)
}

/// Reads a chain; keys given by hand take the place of those in the folder.
pub(crate) fn load_chain(folder: &Path, keys: BTreeMap<String, String>) -> Outcome<Chain> {
    let path = folder.join("chain.json");
    let index: Index = serde_json::from_str(&file::text(&path)?).map_err(|error| Failure::file(&path, error))?;
    let mut chain =
        Chain { bulletin: index.bulletin, indicator: index.indicator, keys: index.keys, entries: Vec::new() };
    chain.keys.extend(keys);
    for place in index.entries {
        let receipt = folder.join(place.file("receipt.json")?);
        let receipt = json::from_json(&file::text(&receipt)?, &receipt.display().to_string())?;
        let bytes = file::bytes(&folder.join(place.file("entry")?))?;
        chain.entries.push(ChainEntry { ledger: place.ledger, bytes, receipt });
    }
    Ok(chain)
}
