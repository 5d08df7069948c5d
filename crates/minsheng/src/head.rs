//! Heads of ledgers as people compare them: how many entries, and the root in hex. Nothing is proved here.

use std::fmt;

use sha2::{Digest, Sha256};
use tlog_tiles::Checkpoint;

/// What two tiers tell each other on the telephone about a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) size: u64,
    /// In hex.
    pub(crate) root: String,
}

impl Head {
    /// The head that a checkpoint says; none when it is no checkpoint.
    pub(crate) fn read(checkpoint: &str) -> Option<Self> {
        let end = checkpoint.find("\n\n")?;
        let text = checkpoint.get(..=end)?;
        let read = Checkpoint::from_bytes(text.as_bytes()).ok()?;
        Some(Self { size: read.size(), root: hex::encode(read.hash().0) })
    }

    /// A checkpoint in words, also one that cannot be read.
    pub(crate) fn words(checkpoint: &str) -> String {
        match (checkpoint.is_empty(), Self::read(checkpoint)) {
            (true, _) => "无".to_owned(),
            (false, Some(head)) => head.to_string(),
            (false, None) => "不能读懂".to_owned(),
        }
    }

    /// Whether this is the root that somebody typed, as far as they typed it: at least eight digits.
    pub(crate) fn is(&self, typed: &str) -> bool {
        typed.len() >= 8 && self.root.starts_with(&typed.to_lowercase())
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}条，根{}", self.size, self.root)
    }
}

/// Fingerprint of a ledger's key: SHA-256 of its verifier line, in hex.
pub(crate) fn key_fingerprint(verifier_key: &str) -> String {
    hex::encode(Sha256::digest(verifier_key.trim()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_head_is_read_from_a_checkpoint_and_known_by_what_was_typed() {
        let root = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let checkpoint = format!("minsheng/430923/reporting\n7\n{root}\n\n— minsheng/430923/reporting AAAA\n");
        let head = Head::read(&checkpoint).unwrap();
        assert_eq!(head, Head { size: 7, root: "01".repeat(32) });
        assert!(head.is("01010101") && head.is(&"01".repeat(32)));
        assert!(!head.is("0101") && !head.is("01010102"));
        assert_eq!(Head::words(""), "无");
        assert_eq!(Head::words("minsheng"), "不能读懂");
        assert!(Head::words(&checkpoint).starts_with("7条，根0101"));
    }
}
