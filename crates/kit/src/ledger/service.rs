//! The ledger over gRPC, the same for every service.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use minsheng_proto::ledger::v1::ledger_service_server::LedgerService;
use minsheng_proto::ledger::v1::{
    Entry, GetCheckpointRequest, GetCheckpointResponse, GetConsistencyProofRequest, GetConsistencyProofResponse,
    GetEntriesRequest, GetEntriesResponse, GetEntryRequest, GetEntryResponse, GetInclusionProofRequest,
    GetInclusionProofResponse, WatchRequest, WatchResponse,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::LedgerReader;
use super::entity::entry;
use crate::error::{Reason, Refusal};
use crate::identity;
use crate::policy::{Action, Policies, Resource};
use crate::telemetry::trace::Causes;

/// Entries of one batch.
const BATCH: u64 = 1_000;
/// Bytes of one batch, about; one entry larger than this travels alone.
const BATCH_BYTES: usize = 1024 * 1024;
/// Entries that one call may ask for by number.
const MAX_ENTRIES: usize = 200;
/// After news the entries of this long travel together: a follower's transaction costs the same for one as for many.
const GATHER: Duration = Duration::from_millis(20);
/// Another replica may write without this process knowing.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A stream ends by itself before the connection's age would end it with an error.
const STREAM_LIFE: Duration = Duration::from_secs(240);

/// Serves one service's ledger.
#[derive(Clone, Debug)]
pub struct LedgerApi {
    name: &'static str,
    reader: LedgerReader,
    size: watch::Receiver<u64>,
    policies: Arc<Policies>,
}

impl LedgerApi {
    /// The API of the service with this name.
    pub fn new(name: &'static str, reader: LedgerReader, size: watch::Receiver<u64>, policies: Arc<Policies>) -> Self {
        Self { name, reader, size, policies }
    }

    fn enter<T>(&self, request: &Request<T>, ledger: &str, action: Action) -> Result<(), Refusal> {
        let caller = identity::caller(request)?;
        self.policies.check(&caller, action, &Resource::new("ledger"))?;
        if ledger != self.name {
            return Err(Refusal::new(Reason::LedgerUnknown).with("ledger", ledger));
        }
        Ok(())
    }

    async fn size(&self) -> Result<u64, Refusal> {
        Ok(self.reader.head().await?.0)
    }

    /// Entries with their receipts, as far as there are any.
    async fn proven(&self, sequences: &[u64]) -> Result<Vec<GetEntryResponse>, Refusal> {
        let found = self.reader.proven(sequences).await?;
        let wire = |(model, receipt)| GetEntryResponse { entry: Some(to_wire(model, None)), receipt: Some(receipt) };
        Ok(found.into_iter().map(wire).collect())
    }
}

#[tonic::async_trait]
impl LedgerService for LedgerApi {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.enter(&request, &request.get_ref().ledger, Action::WatchLedger)?;
        let after = request.get_ref().after;
        let (size, head) = self.reader.head().await.map_err(Refusal::from)?;
        if after > size {
            return Err(Refusal::new(Reason::LedgerShorter).with("size", size).with("checkpoint", head).into());
        }
        let (sender, receiver) = mpsc::channel(2);
        let watcher = Watcher { reader: self.reader.clone(), size: self.size.clone(), sender };
        tokio::spawn(watcher.run(after));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_entry(&self, request: Request<GetEntryRequest>) -> Result<Response<GetEntryResponse>, Status> {
        self.enter(&request, &request.get_ref().ledger, Action::ReadEntry)?;
        let sequence = request.get_ref().sequence;
        let found = self.proven(&[sequence]).await?.pop();
        Ok(Response::new(found.ok_or_else(|| Refusal::new(Reason::EntryUnknown).with("sequence", sequence))?))
    }

    async fn get_entries(&self, request: Request<GetEntriesRequest>) -> Result<Response<GetEntriesResponse>, Status> {
        self.enter(&request, &request.get_ref().ledger, Action::ReadEntry)?;
        let sequences = &request.get_ref().sequences;
        if sequences.len() > MAX_ENTRIES {
            return Err(Refusal::invalid("sequences", "至多200个", "must be at most 200").into());
        }
        Ok(Response::new(GetEntriesResponse { entries: self.proven(sequences).await? }))
    }

    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        self.enter(&request, &request.get_ref().ledger, Action::ReadCheckpoint)?;
        let (_, checkpoint) = self.reader.head().await.map_err(Refusal::from)?;
        let verifier_key = self.reader.verifier_key().to_owned();
        Ok(Response::new(GetCheckpointResponse { checkpoint, verifier_key }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        self.enter(&request, &request.get_ref().ledger, Action::ReadCheckpoint)?;
        let GetInclusionProofRequest { sequence, tree_size, .. } = *request.get_ref();
        if sequence >= tree_size || tree_size > self.size().await? {
            return Err(Refusal::new(Reason::TreeSizeInvalid)
                .field(
                    "tree_size",
                    "须大于条目编号且不超过账的长度",
                    "must be above the entry number and not above the ledger's size",
                )
                .into());
        }
        let proof = self.reader.inclusion_proof(sequence, tree_size).await.map_err(Refusal::from)?;
        let proof = proof.into_iter().map(|hash| hash.0.to_vec().into()).collect();
        Ok(Response::new(GetInclusionProofResponse { proof }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        self.enter(&request, &request.get_ref().ledger, Action::ReadCheckpoint)?;
        let GetConsistencyProofRequest { from_size, to_size, .. } = *request.get_ref();
        if from_size == 0 || from_size > to_size || to_size > self.size().await? {
            return Err(Refusal::new(Reason::TreeSizeInvalid)
                .field(
                    "from_size",
                    "须不小于1且不大于to_size，to_size不超过账的长度",
                    "must be at least 1 and not above to_size, to_size not above the ledger's size",
                )
                .into());
        }
        let proof = self.reader.consistency_proof(from_size, to_size).await.map_err(Refusal::from)?;
        let proof = proof.into_iter().map(|hash| hash.0.to_vec().into()).collect();
        Ok(Response::new(GetConsistencyProofResponse { proof }))
    }
}

fn to_wire(model: entry::Model, causes: Option<&Causes>) -> Entry {
    let sequence = u64::try_from(model.sequence).unwrap_or(0);
    let cause = causes.and_then(|causes| causes.of(sequence));
    Entry { sequence, body: model.body.into(), traceparent: cause.map_or_else(String::new, |cause| cause.to_text()) }
}

/// One open stream: it reads no more than the caller takes.
struct Watcher {
    reader: LedgerReader,
    size: watch::Receiver<u64>,
    sender: mpsc::Sender<Result<WatchResponse, Status>>,
}

impl Watcher {
    async fn run(mut self, mut after: u64) {
        let end = Instant::now() + STREAM_LIFE;
        let mut first = true;
        while Instant::now() < end {
            match self.next(after, first).await {
                Ok(Some(response)) => {
                    after += response.entries.len() as u64;
                    if self.sender.send(Ok(response)).await.is_err() {
                        return;
                    }
                }
                Ok(None) => {
                    tokio::select! {
                        changed = self.size.changed() => match changed {
                            Ok(()) => tokio::time::sleep(GATHER).await,
                            Err(_) => return,
                        },
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                        () = self.sender.closed() => return,
                    }
                }
                Err(refusal) => {
                    let _ = self.sender.send(Err(refusal.into())).await;
                    return;
                }
            }
            first = false;
        }
    }

    /// The next batch; at the first call also an empty one, for the sake of its checkpoint.
    async fn next(&self, after: u64, first: bool) -> Result<Option<WatchResponse>, Refusal> {
        let (ledger_size, _) = self.reader.head().await?;
        let models = if first { Vec::new() } else { self.reader.entries(after, BATCH, BATCH_BYTES).await? };
        if models.is_empty() && !first {
            return Ok(None);
        }
        let covered = after + models.len() as u64;
        let checkpoint = self.reader.checkpoint(covered).await?;
        let entries = models.into_iter().map(|model| to_wire(model, Some(self.reader.causes()))).collect();
        Ok(Some(WatchResponse { entries, checkpoint, ledger_size }))
    }
}
