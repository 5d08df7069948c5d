//! The exchange of heads with the parent, from time to time and when it is asked for: this tier offers its own with proofs
//! from what the parent keeps, and judges the parent's by what it keeps itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::line::Line;
use minsheng_kit::service::Service;
use minsheng_kit::witness::WitnessSigner;
use minsheng_kit::writer::Call;
use minsheng_proto::identity::v1::{ExchangeNowResponse, KeptLedger, RefusedLedger};
use minsheng_proto::tier::v1::witness_service_client::WitnessServiceClient;
use minsheng_proto::tier::v1::{
    Cosigned, ExchangeHeadsRequest, ExchangeHeadsResponse, HeadResult, KeptHead, OfferedHead,
};
use tonic::Status;

use crate::command::{KeepHeads, Side, origin_of};
use crate::config::seconds;
use crate::entity::parent;
use crate::ledgers::{Ledgers, first_sight};
use crate::parent::Parent;
use crate::store;

/// How long one exchange may take.
const PATIENCE: Duration = Duration::from_secs(25);

/// Exchanges heads.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) service: Service,
    pub(crate) parent: Arc<Parent>,
    pub(crate) ledgers: Ledgers,
    pub(crate) witness: WitnessSigner,
    /// Held while one is going on.
    pub(crate) running: tokio::sync::Mutex<()>,
}

impl Exchange {
    /// Exchanges from time to time while this replica has the lease, until the service stops.
    pub(crate) async fn keep(self: Arc<Self>, every: u32) {
        let exchanging = async {
            loop {
                let held = self.service.lease.held().await;
                held.during(self.again_and_again(seconds(every.max(1)))).await;
            }
        };
        // That it was cancelled is no news.
        let _ = self.service.cancel.run_until_cancelled(exchanging).await;
    }

    /// Exchanges once this tier has joined, without waiting for its turn.
    pub(crate) async fn first(self: Arc<Self>) {
        let _ = self.service.cancel.run_until_cancelled(self.try_now()).await;
    }

    async fn again_and_again(&self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            if self.parent.joined().is_ok_and(|joined| joined.line().is_ok()) {
                self.try_now().await;
            }
        }
    }

    async fn try_now(&self) {
        match self.now().await {
            Ok(done) if done.refused.is_empty() => tracing::debug!("heads exchanged with the parent"),
            Ok(done) => tracing::error!(refused = done.refused.len(), "heads exchanged, and some were refused"),
            Err(status) => tracing::warn!(%status, "heads are not exchanged with the parent"),
        }
    }

    /// Exchanges now.
    ///
    /// # Errors
    /// PARENT_NOT_JOINED, PARENT_WITHOUT_LINE, SERVICE_UNAVAILABLE, or what the parent says.
    pub(crate) async fn now(&self) -> Result<ExchangeNowResponse, Status> {
        let _running = self.running.lock().await;
        let joined = self.parent.joined()?;
        let exchanging = tokio::time::timeout(PATIENCE, self.with(&joined.parent, joined.line()?)).await;
        let answered = exchanging.unwrap_or_else(|_| Err(Refusal::new(Reason::DeadlineExceeded).into()));
        self.parent.note(answered.as_ref().err());
        if answered.is_ok() {
            joined.confirm();
        }
        self.parent.read_again().await?;
        answered
    }

    /// Exchanges with a parent over a line.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE, STORAGE_UNAVAILABLE, or what the parent says.
    pub(crate) async fn with(&self, parent: &parent::Model, line: Line) -> Result<ExchangeNowResponse, Status> {
        let division = &parent.division;
        let mut kept = self.kept_above(division).await?;
        let offered = self.ledgers.offers(&kept, &BTreeSet::new()).await;
        let mut results = Results::default();
        let answer = self.ask(parent, line.clone(), offered.clone()).await?;
        results.add(&answer.results, &offered);
        // What could not be judged is proven from where the parent says.
        let again: BTreeSet<String> = answer
            .results
            .iter()
            .filter(|result| is_worth_again(result, &offered))
            .map(|result| {
                kept.insert(result.origin.clone(), result.kept_size);
                result.origin.clone()
            })
            .collect();
        if !again.is_empty() {
            let offered = self.ledgers.offers(&kept, &again).await;
            let second = self.ask(parent, line.clone(), offered.clone()).await?;
            results.add(&second.results, &offered);
        }
        let cosigned: Vec<String> = results.by_origin.values().map(|(result, _)| result.cosigned.clone()).collect();
        let offered = of_division(answer.heads.clone(), division);
        let judged = self.take(parent, answer, cosigned).await?;
        let mut all = Results::default();
        all.add(&judged, &offered);
        all.by_origin.append(&mut results.by_origin);
        Ok(all.answer(clock::to_proto(self.service.clock.now())))
    }

    /// What the parent keeps of this tier's ledgers, as far as it is known.
    async fn kept_above(&self, division: &str) -> Result<BTreeMap<String, u64>, Refusal> {
        let above = store::cosigned_heads(division, self.service.database.reader()).await?;
        Ok(above.into_iter().map(|row| (row.origin, u64::try_from(row.size).unwrap_or_default())).collect())
    }

    /// What the parent answered: its heads are judged, and its cosignatures of the own ones kept.
    ///
    /// # Errors
    /// STORAGE_UNAVAILABLE; a head that is refused is told in its result.
    pub(crate) async fn take(
        &self,
        parent: &parent::Model,
        answer: ExchangeHeadsResponse,
        cosigned: impl IntoIterator<Item = String>,
    ) -> Result<Vec<HeadResult>, Refusal> {
        let division = &parent.division;
        let known_key = first_sight(&parent.witness_key, &answer.witness_key);
        let command = KeepHeads {
            division: division.clone(),
            side: Side::Above,
            offered: of_division(answer.heads, division),
            witness: self.witness.clone(),
            cosigned: self.ledgers.checked(division, known_key, cosigned).await,
            witness_key: answer.witness_key,
        };
        let call = Call::internal(self.service.caller.clone(), "TierAdminService/Exchange");
        Ok(self.service.writer.run(command, call).await?.answer.results)
    }

    /// The call that offers all heads to the parent.
    ///
    /// # Errors
    /// STORAGE_UNAVAILABLE.
    pub(crate) async fn question(&self, parent: &parent::Model) -> Result<ExchangeHeadsRequest, Refusal> {
        let kept = self.kept_above(&parent.division).await?;
        self.call(parent, self.ledgers.offers(&kept, &BTreeSet::new()).await).await
    }

    async fn call(&self, parent: &parent::Model, heads: Vec<OfferedHead>) -> Result<ExchangeHeadsRequest, Refusal> {
        let theirs = store::kept_heads(&parent.division, self.service.database.reader()).await?;
        let taken = theirs.iter().filter(|row| !row.checkpoint.is_empty());
        let cosigned = taken.map(|row| Cosigned { checkpoint: row.checkpoint.clone() }).collect();
        let kept = theirs
            .iter()
            .map(|row| KeptHead { origin: row.origin.clone(), size: u64::try_from(row.size).unwrap_or_default() });
        let witness_key = self.witness.verifier_key().to_owned();
        Ok(ExchangeHeadsRequest { heads, kept: kept.collect(), cosigned, witness_key })
    }

    async fn ask(
        &self,
        parent: &parent::Model,
        line: Line,
        heads: Vec<OfferedHead>,
    ) -> Result<ExchangeHeadsResponse, Status> {
        let request = self.call(parent, heads).await?;
        Ok(WitnessServiceClient::new(line).exchange_heads(request).await?.into_inner())
    }
}

/// Heads of that division's ledgers; others are none of its business.
fn of_division(heads: Vec<OfferedHead>, division: &str) -> Vec<OfferedHead> {
    let prefix = format!("minsheng/{division}/");
    heads.into_iter().filter(|head| origin_of(&head.checkpoint).starts_with(&prefix)).collect()
}

/// Whether the parent asks for another proof: its own word for it, or a head that it takes for an old one while it was not
/// proven from what it keeps.
fn is_worth_again(result: &HeadResult, offered: &[OfferedHead]) -> bool {
    let from = offered.iter().find(|head| origin_of(&head.checkpoint) == result.origin).map(|head| head.from_size);
    matches!(result.reason.as_str(), "PROOF_NEEDED" | "LEDGER_SHORTER") && from != Some(result.kept_size)
}

/// What became of each ledger, with what was offered of it.
#[derive(Debug, Default)]
struct Results {
    by_origin: BTreeMap<String, (HeadResult, String)>,
}

impl Results {
    fn add(&mut self, results: &[HeadResult], offered: &[OfferedHead]) {
        for result in results {
            let head = offered.iter().find(|head| origin_of(&head.checkpoint) == result.origin);
            let checkpoint = head.map(|head| head.checkpoint.clone()).unwrap_or_default();
            self.by_origin.insert(result.origin.clone(), (result.clone(), checkpoint));
        }
    }

    fn answer(self, now: prost_types::Timestamp) -> ExchangeNowResponse {
        let mut answer = ExchangeNowResponse::default();
        for (origin, (result, offered_checkpoint)) in self.by_origin {
            if result.reason.is_empty() {
                let (size, checkpoint) = (result.kept_size, result.cosigned);
                answer.kept.push(KeptLedger { origin, size, checkpoint, keep_time: Some(now) });
            } else {
                let (reason, kept_checkpoint) = (result.reason, result.kept_checkpoint);
                answer.refused.push(RefusedLedger { origin, reason, kept_checkpoint, offered_checkpoint });
            }
        }
        answer
    }
}
