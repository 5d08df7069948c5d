//! The task that carries the outbox to the parent: it fetches what each set is proven by, calls this tier's own gateway, which
//! passes the call on, and stores what the parent answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use minsheng_kit::client::PeerChannel;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::service::{Service, StartError};
use minsheng_kit::witness::proven;
use minsheng_kit::writer::Call;
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::{EntryBody, GetCheckpointRequest, GetEntryRequest};
use minsheng_proto::tier::v1::filing_service_client::FilingServiceClient;
use minsheng_proto::tier::v1::{FigureSet, FigureSetReceived, FileSetsRequest, LedgerKey, Proven};
use prost::Message;
use tokio::sync::Notify;
use tonic::{Code, Request, Status};
use tracing::{info, warn};

use super::exchange::{Answer, Exchange, Step};
use crate::command::SettleOutbox;
use crate::entity::outbox;
use crate::programme::internal;
use crate::store;

/// Another replica may have put something into the outbox.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(60);
/// Entries from further down go along up to this size.
const ATTACHED_BYTES: usize = 512 * 1024;
/// Entries that are fetched from verification at the same time.
const AT_ONCE: usize = 8;

/// Carries the outbox up.
#[derive(Debug)]
pub(crate) struct Sender {
    service: Service,
    verification: LedgerServiceClient<PeerChannel>,
    parent: FilingServiceClient<PeerChannel>,
    news: Arc<Notify>,
    exchange: Exchange,
    began: Instant,
}

impl Sender {
    /// Over an open service; `news` is told when the outbox may hold more.
    ///
    /// # Errors
    /// When verification or the gateway has no address.
    pub(crate) fn new(service: &Service, news: Arc<Notify>) -> Result<Self, StartError> {
        Ok(Self::over(service.clone(), service.channel("verification")?, service.channel("gateway")?, news))
    }

    /// The same over given channels.
    pub(crate) fn over(service: Service, verification: PeerChannel, gateway: PeerChannel, news: Arc<Notify>) -> Self {
        Self {
            service,
            verification: LedgerServiceClient::new(verification).max_decoding_message_size(usize::MAX),
            parent: FilingServiceClient::new(gateway).max_decoding_message_size(usize::MAX),
            news,
            exchange: Exchange::default(),
            began: Instant::now(),
        }
    }

    /// Sends until the service stops.
    pub(crate) async fn run(mut self) {
        let cancel = self.service.cancel.clone();
        loop {
            let pause = match self.turn().await {
                Ok(pause) => pause,
                Err(refusal) => {
                    warn!(%refusal, "the outbox cannot be read or written");
                    LOOK_AGAIN
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                () = self.news.notified(), if pause == LOOK_AGAIN => {}
            }
        }
    }

    /// One turn; gives how long to wait before the next.
    async fn turn(&mut self) -> Result<Duration, Refusal> {
        let connection = self.service.database.reader();
        let rows = store::outbox_pending(self.exchange.window(), connection).await?;
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        let sent = match self.exchange.next(&keys, self.now()) {
            Step::Rest => return Ok(LOOK_AGAIN),
            Step::Wait(until) => return Ok(Duration::from_millis(until.saturating_sub(self.now()))),
            Step::Send(sent) => sent,
        };
        let wanted: BTreeSet<&String> = sent.iter().collect();
        let rows: Vec<outbox::Model> = rows.into_iter().filter(|row| wanted.contains(&row.key)).collect();
        let answer = self.exchange_one(rows).await;
        let now = self.now();
        let changes = self.exchange.answered(&sent, answer, now, luck());
        if !changes.is_empty() {
            let call = Call::internal(self.service.caller.clone(), "uplink");
            self.service.writer.run(SettleOutbox(changes), call).await?;
        }
        Ok(Duration::ZERO)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn exchange_one(&mut self, rows: Vec<outbox::Model>) -> Answer {
        let count = rows.len();
        match tokio::time::timeout(PATIENCE, self.file(rows)).await {
            Ok(Ok(answer)) => {
                info!(sets = count, filed = answer.filed.len(), refused = answer.failures.len(), "figures went up");
                Answer::Took(answer)
            }
            Ok(Err(status)) => read_failure(&status),
            Err(_elapsed) => {
                warn!(sets = count, "the parent has not answered");
                Answer::Failed
            }
        }
    }

    async fn file(&mut self, rows: Vec<outbox::Model>) -> Result<minsheng_proto::tier::v1::FileSetsResponse, Status> {
        let connection = self.service.database.reader();
        let versions = store::parent_programmes(connection).await?;
        let attached = self.attached(&rows).await?;
        let fetching = rows.into_iter().enumerate().map(|(place, row)| {
            let version = versions.get(&row.programme).copied().unwrap_or_default();
            self.set(place, row, version, &attached)
        });
        let sets: Vec<FigureSet> = stream::iter(fetching).buffered(AT_ONCE).try_collect().await?;
        let ledgers = self.ledgers().await?;
        let mut request = Request::new(FileSetsRequest { sets, ledgers });
        request.set_timeout(PATIENCE);
        Ok(self.parent.clone().file_sets(request).await?.into_inner())
    }

    /// A set with its proofs.
    async fn set(
        &self,
        place: usize,
        row: outbox::Model,
        version: i32,
        attached: &BTreeMap<String, Attached>,
    ) -> Result<FigureSet, Status> {
        let set = FigureSet::decode(row.figures.as_slice()).map_err(|_| internal("a set of the outbox"))?;
        let sequence = u64::try_from(row.decision).map_err(|_| internal("the number of a decision"))?;
        let ask = GetEntryRequest { ledger: "verification".to_owned(), sequence };
        let decision = self.verification.clone().get_entry(ask).await?.into_inner();
        let (entry, receipt) =
            decision.entry.zip(decision.receipt).ok_or_else(|| internal("an entry without its receipt"))?;
        let submission = match u64::try_from(row.submission) {
            Ok(sequence) => Some(self.own(sequence).await?),
            Err(_) => None,
        };
        Ok(FigureSet {
            id: place.to_string(),
            programme_version: version,
            decision: Some(proven(entry.body.to_vec(), receipt)),
            submission,
            attachments: attachments(&row, attached),
            ..set
        })
    }

    /// An entry of the own ledger.
    async fn own(&self, sequence: u64) -> Result<Proven, Refusal> {
        let ledger = self.service.writer.ledger();
        let entry = ledger.entry(sequence).await?.ok_or_else(|| internal("a submission without its entry"))?;
        let receipt = ledger.receipt(sequence).await?.ok_or_else(|| internal("an entry without its receipt"))?;
        Ok(proven(entry.body, receipt))
    }

    /// What composed sets rest on, by the key of the lower tier's set.
    async fn attached(&self, rows: &[outbox::Model]) -> Result<BTreeMap<String, Attached>, Refusal> {
        let keys: BTreeSet<&str> = rows.iter().flat_map(|row| row.attachments.lines()).collect();
        let mut attached = BTreeMap::new();
        for row in store::tier_sets(&keys, self.service.database.reader()).await? {
            let Ok(sequence) = u64::try_from(row.entry) else { continue };
            let entry = self.service.writer.ledger().entry(sequence).await?;
            let entry = entry.ok_or_else(|| internal("a set without its entry"))?;
            let body = EntryBody::decode(entry.body.as_slice()).map_err(|_| internal("the entry of a set"))?;
            let received = FigureSetReceived::decode(body.payload).map_err(|_| internal("the entry of a set"))?;
            let set = received.set.unwrap_or_default();
            let own = set.decision.into_iter().chain(set.submission).collect();
            attached.insert(row.key, Attached { own, below: set.attachments });
        }
        Ok(attached)
    }

    /// The ledgers that the proofs are of, with their keys.
    async fn ledgers(&self) -> Result<Vec<LedgerKey>, Status> {
        let key = |origin: &str, verifier_key: &str| LedgerKey {
            origin: origin.to_owned(),
            verifier_key: verifier_key.to_owned(),
        };
        let own = self.service.writer.ledger();
        let mut ledgers = vec![key(own.origin(), own.verifier_key())];
        let ask = GetCheckpointRequest { ledger: "verification".to_owned() };
        let verification = self.verification.clone().get_checkpoint(ask).await?.into_inner();
        ledgers.push(key(&format!("minsheng/{}/verification", self.service.division), &verification.verifier_key));
        let below = store::tier_keys(self.service.database.reader()).await?;
        ledgers.extend(below.iter().map(|row| key(&row.origin, &row.verifier_key)));
        Ok(ledgers)
    }
}

/// What a lower tier's set is proven by, and what it came with itself.
#[derive(Debug)]
struct Attached {
    own: Vec<Proven>,
    below: Vec<Proven>,
}

/// The entries that a composed set rests on, each once: those of the tiers below, then those further down as long as they
/// make no large message. What is left out is found with the tier that has it.
fn attachments(row: &outbox::Model, attached: &BTreeMap<String, Attached>) -> Vec<Proven> {
    let of = || row.attachments.lines().filter_map(|key| attached.get(key));
    let own = of().flat_map(|it| &it.own).map(|it| (it, true));
    let below = of().flat_map(|it| &it.below).map(|it| (it, false));
    let (mut seen, mut bytes, mut chosen) = (BTreeSet::new(), 0, Vec::new());
    for (proven, must) in own.chain(below) {
        let hash = proven.receipt.as_ref().map_or(&[][..], |receipt| &receipt.leaf_hash);
        let size = proven.encoded_len();
        if (must || bytes + size <= ATTACHED_BYTES) && seen.insert(hash) {
            bytes += size;
            chosen.push(proven.clone());
        }
    }
    chosen
}

/// A call that failed as a whole: too large or unreadable, or anything else, which passes with time or by somebody's hand.
fn read_failure(status: &Status) -> Answer {
    let reason = reason_of(status);
    let unreadable = matches!(reason, Some(Reason::TooLarge | Reason::RequestInvalid));
    if unreadable || status.code() == Code::OutOfRange {
        return Answer::Unfit(Refusal::new(reason.unwrap_or(Reason::TooLarge)).row(""));
    }
    warn!(%status, "figures wait for the parent");
    Answer::Failed
}

/// A number that nobody can foresee.
fn luck() -> u64 {
    let (_, low) = uuid::Uuid::now_v7().as_u64_pair();
    low
}
