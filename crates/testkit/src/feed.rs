//! A ledger that a test writes by hand, and that a service follows as it would follow another service.

use std::sync::Arc;

use jiff::Timestamp;
use minsheng_kit::clock;
use minsheng_kit::follower::{Applier, Follow, TakeError};
use minsheng_kit::ledger::{Frontier, LedgerSigner, LedgerVerifier, leaf_hash};
use minsheng_kit::service::Service;
use minsheng_proto::ledger::v1::{Actor, Entry, EntryBody, WatchResponse};
use prost::{Message, Name};

use crate::signer;

/// A ledger and who follows it.
#[derive(Debug)]
pub struct Feed {
    signer: LedgerSigner,
    frontier: Frontier,
    applier: Applier,
}

impl Feed {
    /// An empty ledger of `source`, followed by `service`.
    pub fn new(source: &'static str, follow: Arc<dyn Follow>, service: &Service) -> Self {
        let signer = signer(source);
        let verifier = LedgerVerifier::new(signer.verifier_key()).unwrap();
        Self { signer, frontier: Frontier::default(), applier: Applier::new(source, verifier, follow, service) }
    }

    /// Writes an entry and has it applied; gives its number and leaf hash.
    pub async fn entry<M: Message + Name>(&mut self, subject: &str, time: Timestamp, payload: &M) -> (u64, Vec<u8>) {
        self.try_entry(subject, time, payload).await.unwrap()
    }

    /// The same where the service may not take it.
    pub async fn try_entry<M: Message + Name>(
        &mut self,
        subject: &str,
        time: Timestamp,
        payload: &M,
    ) -> Result<(u64, Vec<u8>), TakeError> {
        let (sequence, leaf, entry) = self.append(subject, time, payload);
        let checkpoint = self.signer.sign(self.frontier.size(), self.frontier.root().unwrap()).unwrap();
        self.applier
            .take(WatchResponse { entries: vec![entry], checkpoint, ledger_size: self.frontier.size() })
            .await?;
        Ok((sequence, leaf))
    }

    /// Writes an entry that the service is taken to have already.
    pub fn write<M: Message + Name>(&mut self, subject: &str, time: Timestamp, payload: &M) {
        self.append(subject, time, payload);
    }

    /// Has the service read how far it is.
    pub async fn resume(&mut self) -> u64 {
        self.applier.resume().await.unwrap()
    }

    fn append<M: Message + Name>(&mut self, subject: &str, time: Timestamp, payload: &M) -> (u64, Vec<u8>, Entry) {
        let sequence = self.frontier.size();
        let body = EntryBody {
            sequence,
            kind: M::full_name(),
            subject: subject.to_owned(),
            actor: Some(Actor { account: "test".into(), person: "test".into(), unit: String::new() }),
            time: Some(clock::to_proto(time)),
            payload: payload.encode_to_vec().into(),
        }
        .encode_to_vec();
        let leaf = leaf_hash(&body);
        self.frontier.append(leaf).unwrap();
        self.frontier.trim();
        (sequence, leaf.0.to_vec(), Entry { sequence, body: body.into(), ..Entry::default() })
    }
}
