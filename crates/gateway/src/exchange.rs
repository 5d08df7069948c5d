//! The exchange of heads with the parent, from time to time and when it is asked for: this tier offers its own with proofs
//! from what the parent keeps, and judges the parent's by what it keeps itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
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
use crate::ledgers::{Ledgers, first_sight};
use crate::parent::{Joined, Parent};
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
    /// Exchanges from time to time until the service stops.
    pub(crate) async fn keep(self: Arc<Self>, every: u32) {
        let cancel = self.service.cancel.clone();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(seconds(every.max(1))) => {}
            }
            if self.parent.joined().is_err() {
                continue;
            }
            match self.now().await {
                Ok(done) if done.refused.is_empty() => tracing::debug!("heads exchanged with the parent"),
                Ok(done) => tracing::error!(refused = done.refused.len(), "heads exchanged, and some were refused"),
                Err(status) => tracing::warn!(%status, "heads are not exchanged with the parent"),
            }
        }
    }

    /// Exchanges now.
    ///
    /// # Errors
    /// PARENT_NOT_JOINED, SERVICE_UNAVAILABLE, or what the parent says.
    pub(crate) async fn now(&self) -> Result<ExchangeNowResponse, Status> {
        let _running = self.running.lock().await;
        let joined = self.parent.joined()?;
        let exchanging = tokio::time::timeout(PATIENCE, self.with(&joined)).await;
        let answered = exchanging.unwrap_or_else(|_| Err(Refusal::new(Reason::DeadlineExceeded).into()));
        self.parent.note(answered.as_ref().err());
        self.parent.read_again().await?;
        answered
    }

    async fn with(&self, joined: &Joined) -> Result<ExchangeNowResponse, Status> {
        let division = &joined.parent.division;
        let reader = self.service.database.reader();
        let above = store::cosigned_heads(division, reader).await?;
        let mut kept: BTreeMap<String, u64> =
            above.into_iter().map(|row| (row.origin, u64::try_from(row.size).unwrap_or_default())).collect();
        let offered = self.ledgers.offers(&kept, &BTreeSet::new()).await;
        let mut results = Results::default();
        let answer = self.ask(joined, offered.clone()).await?;
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
            let second = self.ask(joined, offered.clone()).await?;
            results.add(&second.results, &offered);
        }
        let cosigned = results.by_origin.values().map(|(result, _)| result.cosigned.clone());
        let known_key = first_sight(&joined.parent.witness_key, &answer.witness_key);
        let command = KeepHeads {
            division: division.clone(),
            side: Side::Above,
            offered: of_division(answer.heads, division),
            witness: self.witness.clone(),
            cosigned: self.ledgers.checked(division, known_key, cosigned).await,
            witness_key: answer.witness_key,
        };
        let judged = command.offered.clone();
        let call = Call::internal(self.service.caller.clone(), "TierAdminService/Exchange");
        let outcome = self.service.writer.run(command, call).await?;
        let mut all = Results::default();
        all.add(&outcome.answer.results, &judged);
        all.by_origin.append(&mut results.by_origin);
        Ok(all.answer(clock::to_proto(self.service.clock.now())))
    }

    async fn ask(&self, joined: &Joined, heads: Vec<OfferedHead>) -> Result<ExchangeHeadsResponse, Status> {
        let theirs = store::kept_heads(&joined.parent.division, self.service.database.reader()).await?;
        let taken = theirs.iter().filter(|row| !row.checkpoint.is_empty());
        let cosigned = taken.map(|row| Cosigned { checkpoint: row.checkpoint.clone() }).collect();
        let kept = theirs
            .iter()
            .map(|row| KeptHead { origin: row.origin.clone(), size: u64::try_from(row.size).unwrap_or_default() });
        let request = ExchangeHeadsRequest {
            heads,
            kept: kept.collect(),
            cosigned,
            witness_key: self.witness.verifier_key().to_owned(),
        };
        Ok(WitnessServiceClient::new(joined.line.clone()).exchange_heads(request).await?.into_inner())
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
