//! Who has seen which ledgers: heads that other tiers, or this one, signed as witnesses. An entry that is proven under such a
//! head cannot be taken back by its own tier, not even with its own signing key.

use minsheng_kit::ledger::SignedHead;
use minsheng_kit::witness::{Lower, WitnessVerifier};

use super::chain::Entries;
use super::figure::Figure;
use crate::failure::{Failure, Outcome};

/// A head with the signature of a witness.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The checkpoint, signed by its ledger and by the witness.
    pub(crate) checkpoint: String,
    /// Key of the witness as a verifier line.
    pub(crate) witness: String,
}

/// What a witness has seen of a ledger.
#[derive(Clone, Debug)]
pub(crate) struct Witnessed {
    /// Origin of the ledger.
    pub(crate) origin: String,
    /// Name of the witness.
    pub(crate) witness: String,
    /// Entries that it has seen.
    pub(crate) size: u64,
    /// When it signed, seconds since 1970.
    pub(crate) seconds: u64,
    /// How many entries of the chain are proven under this very head.
    pub(crate) proven: usize,
}

/// Checks the heads, and that what is proven under heads as long as these has their roots.
pub(crate) fn check_heads(heads: &[Head], entries: &Entries, shares: &[&Figure]) -> Outcome<Vec<Witnessed>> {
    let mut proven: Vec<&SignedHead> = entries.every().map(|entry| &entry.head).collect();
    for lower in shares.iter().filter_map(|share| share.lower.as_ref()) {
        heads_of(lower, &mut proven);
    }
    let mut witnessed = Vec::with_capacity(heads.len());
    for Head { checkpoint, witness } in heads {
        let wrong = |what: &str| Failure::verification(format!("见证的账头{what}"));
        let witness = WitnessVerifier::new(witness).map_err(|_| wrong("所附的见证公钥写法不对"))?;
        let origin = checkpoint.lines().next().unwrap_or_default();
        let ledger =
            entries.keys().get(origin).ok_or_else(|| Failure::verification(format!("缺少{origin}存证账的公钥")))?;
        let head = witness
            .open(checkpoint, ledger)
            .map_err(|_| wrong(&format!("没有有效签名：{origin}，见证人{}", witness.name())))?;
        let of_ledger = proven.iter().filter(|known| known.origin == origin && known.size == head.head.size);
        let of_ledger: Vec<&&SignedHead> = of_ledger.collect();
        if of_ledger.iter().any(|known| known.root != head.head.root) {
            return Err(wrong(&format!("与条目所据的账头分叉：{origin}，{}条", head.head.size)));
        }
        witnessed.push(Witnessed {
            origin: origin.to_owned(),
            witness: head.witness,
            size: head.head.size,
            seconds: head.seconds,
            proven: of_ledger.len(),
        });
    }
    Ok(witnessed)
}

fn heads_of<'a>(lower: &'a Lower, heads: &mut Vec<&'a SignedHead>) {
    let decided = std::iter::once(&lower.decided).chain(lower.parts.iter().map(|part| &part.decided));
    heads.extend(
        decided.flat_map(|decided| [&decided.decision, &decided.submission]).flatten().map(|entry| &entry.head),
    );
    for below in lower.parts.iter().filter_map(|part| part.lower.as_ref()) {
        heads_of(below, heads);
    }
}
