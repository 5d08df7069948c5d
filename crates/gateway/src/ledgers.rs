//! This tier's own ledgers, the gateway's and those behind the door: their keys, their heads, and proofs from what another
//! tier keeps of them. A service that is not reached is left out; it is told of when it is back.

use std::collections::{BTreeMap, BTreeSet};

use minsheng_kit::client::PeerChannel;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::ledger::{Hash, LedgerReader, LedgerVerifier};
use minsheng_kit::witness::{WitnessVerifier, offer, proof_span};
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::{GetCheckpointRequest, GetConsistencyProofRequest};
use minsheng_proto::tier::v1::{LedgerKey, OfferedHead};
use tonic::Status;

use crate::command::origin_of;
use crate::entity::cosigned_head;

/// The ledgers of this tier.
#[derive(Clone, Debug)]
pub(crate) struct Ledgers {
    pub(crate) own: LedgerReader,
    /// The services behind the door, by name.
    pub(crate) behind: Vec<(&'static str, PeerChannel)>,
}

/// A head of one of them.
#[derive(Clone, Debug)]
struct Head {
    checkpoint: String,
    verifier_key: String,
}

impl Head {
    /// Second line of the checkpoint.
    fn size(&self) -> Option<u64> {
        self.checkpoint.lines().nth(1)?.parse().ok()
    }
}

impl Ledgers {
    /// The keys of those that answer.
    pub(crate) async fn keys(&self) -> Vec<LedgerKey> {
        let mut keys = Vec::new();
        for (_, head) in self.heads().await {
            let origin = origin_of(&head.checkpoint).to_owned();
            keys.push(LedgerKey { origin, verifier_key: head.verifier_key });
        }
        keys
    }

    /// The sizes of those that answer, by origin.
    pub(crate) async fn sizes(&self) -> BTreeMap<String, u64> {
        let heads = self.heads().await.into_iter();
        heads.filter_map(|(_, head)| Some((origin_of(&head.checkpoint).to_owned(), head.size()?))).collect()
    }

    /// The heads of those that answer, each with the proof from what the other side keeps of it. `only` these origins,
    /// where it names some.
    pub(crate) async fn offers(&self, kept: &BTreeMap<String, u64>, only: &BTreeSet<String>) -> Vec<OfferedHead> {
        let mut offers = Vec::new();
        for (channel, head) in self.heads().await {
            let origin = origin_of(&head.checkpoint);
            if !only.is_empty() && !only.contains(origin) {
                continue;
            }
            let from = kept.get(origin).copied().unwrap_or_default();
            let span = head.size().and_then(|size| proof_span(from, size));
            let proof = match span {
                None => Ok(Vec::new()),
                Some(span) => self.proof(channel, span).await,
            };
            match proof {
                Ok(proof) => offers.push(offer(head.checkpoint, &head.verifier_key, from, &proof)),
                Err(status) => tracing::warn!(origin, %status, "a ledger's proof is not read"),
            }
        }
        offers
    }

    /// Own heads as another tier cosigned them, as far as both signatures hold.
    pub(crate) async fn checked(
        &self,
        witness: &str,
        witness_key: &str,
        cosigned: impl IntoIterator<Item = String>,
    ) -> Vec<cosigned_head::Model> {
        let name = witness_name(witness);
        let Some(verifier) = WitnessVerifier::new(witness_key).ok().filter(|verifier| verifier.name() == name) else {
            return Vec::new();
        };
        let keys: BTreeMap<String, String> =
            self.keys().await.into_iter().map(|key| (key.origin, key.verifier_key)).collect();
        let row = |checkpoint: String| {
            let origin = origin_of(&checkpoint).to_owned();
            let ledger = keys.get(&origin).and_then(|key| LedgerVerifier::new(key).ok())?;
            let opened = verifier.open(&checkpoint, &ledger);
            let opened =
                opened.inspect_err(|error| tracing::warn!(origin, %error, "a cosignature does not hold")).ok()?;
            Some(cosigned_head::Model {
                key: cosigned_head::Model::key_of(witness, &origin),
                witness: witness.to_owned(),
                size: i64::try_from(opened.head.size).ok()?,
                origin,
                checkpoint,
                keep_time: 0,
            })
        };
        cosigned.into_iter().filter(|checkpoint| !checkpoint.is_empty()).filter_map(row).collect()
    }

    async fn heads(&self) -> Vec<(Option<usize>, Head)> {
        let mut heads = Vec::with_capacity(self.behind.len() + 1);
        match self.own.head().await.map_err(Refusal::from) {
            Ok((_, checkpoint)) => {
                heads.push((None, Head { checkpoint, verifier_key: self.own.verifier_key().to_owned() }));
            }
            Err(refusal) => tracing::warn!(%refusal, "the own ledger is not read"),
        }
        for (index, (name, channel)) in self.behind.iter().enumerate() {
            let request = GetCheckpointRequest { ledger: (*name).to_owned() };
            match LedgerServiceClient::new(channel.clone()).get_checkpoint(request).await {
                Ok(answer) => {
                    let answer = answer.into_inner();
                    let head = Head { checkpoint: answer.checkpoint, verifier_key: answer.verifier_key };
                    heads.push((Some(index), head));
                }
                Err(status) => tracing::warn!(service = name, %status, "a ledger's head is not read"),
            }
        }
        heads
    }

    async fn proof(&self, behind: Option<usize>, (from_size, to_size): (u64, u64)) -> Result<Vec<Hash>, Status> {
        let Some((name, channel)) = behind.and_then(|index| self.behind.get(index)) else {
            return Ok(self.own.consistency_proof(from_size, to_size).await.map_err(Refusal::from)?);
        };
        let request = GetConsistencyProofRequest { ledger: (*name).to_owned(), from_size, to_size };
        let answer = LedgerServiceClient::new(channel.clone()).get_consistency_proof(request).await?.into_inner();
        let hash = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map(Hash);
        let proof: Result<Vec<_>, _> = answer.proof.iter().map(|bytes| hash(bytes)).collect();
        proof.map_err(|_| Refusal::new(Reason::Internal).into())
    }
}

/// The witness key that counts: the one of first sight.
pub(crate) fn first_sight<'a>(known: &'a str, told: &'a str) -> &'a str {
    if known.is_empty() {
        return told;
    }
    if !told.is_empty() && known != told {
        tracing::error!(known, told, "a tier shows another witness key than before; its cosignatures do not count");
    }
    known
}

/// The name that a tier cosigns under.
pub(crate) fn witness_name(division: &str) -> String {
    format!("minsheng/{division}/witness")
}
