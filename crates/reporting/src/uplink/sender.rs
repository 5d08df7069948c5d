//! The task that carries the outbox to the parent: it fetches what each set is proven by, calls this tier's own gateway, which
//! passes the call on, and stores what the parent answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use minsheng_kit::client::PeerChannel;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::service::{Service, StartError};
use minsheng_kit::telemetry::trace;
use minsheng_kit::witness::{proofs_of, proven, submission_of};
use minsheng_kit::writer::Call;
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::{EntryBody, GetCheckpointRequest, GetEntriesRequest};
use minsheng_proto::reporting::v1::ReportSubmitted;
use minsheng_proto::tier::v1::filing_service_client::FilingServiceClient;
use minsheng_proto::tier::v1::{
    FigureSet, FigureSetReceived, FileSetsRequest, FileSetsResponse, FurtherDecision, LedgerKey, PartReference, Proven,
};
use prost::Message;
use tokio::sync::Notify;
use tonic::{Code, Request, Status};
use tracing::{Instrument, debug, info, warn};

use super::exchange::{Answer, Exchange, Step};
use crate::command::SettleOutbox;
use crate::entity::outbox;
use crate::programme::internal;
use crate::store;
use crate::tier::{self, Attached, Share, attachments};

/// Another replica may have put something into the outbox.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Entries that are read at once.
const AT_ONCE: usize = 200;

/// What a turn begins with.
#[derive(Debug)]
pub(crate) enum Ready {
    /// Nothing for so long.
    Later(Duration),
    /// These go up, oldest first.
    Sets(Vec<outbox::Model>),
}

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

    /// Sends while this replica has the lease, until the service stops.
    pub(crate) async fn run(mut self) {
        let (cancel, lease) = (self.service.cancel.clone(), self.service.lease.clone());
        let sending = async {
            loop {
                lease.held().await.during(self.send()).await;
                // What another replica was told meanwhile is not known here.
                self.exchange = Exchange::default();
            }
        };
        // That it was cancelled is no news.
        let _ = cancel.run_until_cancelled(sending).await;
    }

    async fn send(&mut self) {
        loop {
            let pause = match self.turn().await {
                Ok(pause) => pause,
                Err(refusal) => {
                    warn!(%refusal, "the outbox cannot be read or written");
                    LOOK_AGAIN
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.news.notified(), if pause == LOOK_AGAIN => {}
            }
        }
    }

    /// One turn; gives how long to wait before the next.
    async fn turn(&mut self) -> Result<Duration, Refusal> {
        let rows = match self.ready(self.now()).await? {
            Ready::Later(pause) => return Ok(pause),
            Ready::Sets(rows) => rows,
        };
        let sent: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        let answer = self.exchange_one(rows).await;
        self.settle(&sent, answer, self.now(), luck()).await?;
        Ok(Duration::ZERO)
    }

    /// What is to be sent now.
    pub(crate) async fn ready(&self, now: u64) -> Result<Ready, Refusal> {
        let rows = store::outbox_pending(self.exchange.window(), self.service.database.reader()).await?;
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        let sent: BTreeSet<String> = match self.exchange.next(&keys, now) {
            Step::Rest => return Ok(Ready::Later(LOOK_AGAIN)),
            Step::Wait(until) => return Ok(Ready::Later(Duration::from_millis(until.saturating_sub(now)))),
            Step::Send(sent) => sent.into_iter().collect(),
        };
        Ok(Ready::Sets(rows.into_iter().filter(|row| sent.contains(&row.key)).collect()))
    }

    /// Stores what came of sending these.
    pub(crate) async fn settle(&mut self, sent: &[String], answer: Answer, now: u64, luck: u64) -> Result<(), Refusal> {
        let changes = self.exchange.answered(sent, answer, now, luck);
        if !changes.is_empty() {
            let call = Call::internal(self.service.caller.clone(), "uplink");
            self.service.writer.run(SettleOutbox(changes), call).await?;
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Sends these, caused by the decisions that they come from.
    async fn exchange_one(&self, rows: Vec<outbox::Model>) -> Answer {
        let decided = self.service.causes_of("verification");
        let decisions = rows.iter().filter_map(|row| u64::try_from(row.decision).ok());
        let causes = decisions.filter_map(|decision| decided.of(decision)).collect();
        let span = trace::send("figures go up", rows.len(), causes);
        self.exchange_in_span(rows).instrument(span).await
    }

    async fn exchange_in_span(&self, rows: Vec<outbox::Model>) -> Answer {
        let count = rows.len();
        match tokio::time::timeout(PATIENCE, self.file(rows)).await {
            Ok(Ok(answer)) => {
                info!(sets = count, filed = answer.filed.len(), refused = answer.failures.len(), "figures went up");
                let sets = |outcome| metrics::counter!("minsheng_uplink_sets_total", "outcome" => outcome);
                sets("filed").increment(answer.filed.len() as u64);
                sets("refused").increment(answer.failures.len() as u64);
                if let Some(first) = answer.failures.first() {
                    warn!(
                        refused = answer.failures.len(),
                        reason = first.reason,
                        why = first.message_en,
                        "figures were refused"
                    );
                }
                Answer::Took(answer)
            }
            Ok(Err(status)) => {
                metrics::counter!("minsheng_uplink_failures_total").increment(1);
                read_failure(&status)
            }
            Err(_elapsed) => {
                metrics::counter!("minsheng_uplink_failures_total").increment(1);
                warn!(sets = count, "the parent has not answered");
                Answer::Failed
            }
        }
    }

    async fn file(&self, rows: Vec<outbox::Model>) -> Result<FileSetsResponse, Status> {
        let mut request = Request::new(self.request(rows, place).await?);
        request.set_timeout(PATIENCE);
        Ok(self.parent.clone().file_sets(request).await?.into_inner())
    }

    /// The call that files these; `id` makes the id of a set of its place and row.
    pub(crate) async fn request(
        &self,
        rows: Vec<outbox::Model>,
        id: impl Fn(usize, &outbox::Model) -> String,
    ) -> Result<FileSetsRequest, Status> {
        let connection = self.service.database.reader();
        let versions = store::parent_programmes(connection).await?;
        let mut proofs = Proofs::default();
        let number = |number: i64| u64::try_from(number).ok();
        let parcels = rows.into_iter().map(Parcel::read).collect::<Result<Vec<_>, _>>()?;
        let decisions = parcels.iter().flat_map(Parcel::decisions);
        self.prove_decisions(decisions, &mut proofs).await?;
        let submissions = parcels.iter().map(|parcel| proofs.submissions(parcel)).collect::<Result<Vec<_>, _>>()?;
        self.prove_own(submissions.iter().flatten().copied(), &mut proofs).await?;
        let mut shares = Vec::with_capacity(parcels.len());
        for (parcel, submissions) in parcels.iter().zip(&submissions) {
            shares.push(self.shares(parcel, submissions, &proofs).await?);
        }
        let all: BTreeSet<&Share> = shares.iter().flatten().collect();
        let keys: BTreeSet<&str> = all.iter().map(|share| share.set_key.as_str()).collect();
        let kept = store::tier_sets(&keys, connection).await?;
        let kept: BTreeMap<&str, u64> =
            kept.iter().filter_map(|row| Some((row.key.as_str(), number(row.entry)?))).collect();
        let own = all.iter().map(|share| share.submission).chain(kept.values().copied());
        self.prove_own(own, &mut proofs).await?;
        self.prove_decisions(all.iter().map(|share| share.decision), &mut proofs).await?;
        let mut attached = BTreeMap::new();
        for share in all {
            attached.insert(share.clone(), proofs.attach(share, kept.get(share.set_key.as_str()).copied())?);
        }
        let mut sets = Vec::with_capacity(parcels.len());
        for (place, (parcel, (submissions, shares))) in
            parcels.into_iter().zip(submissions.iter().zip(&shares)).enumerate()
        {
            let version = versions.get(&parcel.row.programme).copied().unwrap_or_default();
            let attached: Vec<&Attached> = shares.iter().filter_map(|share| attached.get(share)).collect();
            let id = id(place, &parcel.row);
            sets.push(proofs.set(id, parcel, submissions, version, &attached)?.encode_to_vec().into());
        }
        Ok(FileSetsRequest { sets, ledgers: self.ledgers().await? })
    }

    /// Reads entries of verification's ledger.
    async fn prove_decisions(&self, wanted: impl Iterator<Item = u64>, proofs: &mut Proofs) -> Result<(), Status> {
        let wanted: Vec<u64> = wanted.collect::<BTreeSet<u64>>().into_iter().collect();
        for sequences in wanted.chunks(AT_ONCE) {
            let ask = GetEntriesRequest { ledger: "verification".to_owned(), sequences: sequences.to_vec() };
            for found in self.verification.clone().get_entries(ask).await?.into_inner().entries {
                let found = found.entry.zip(found.receipt).ok_or_else(|| internal("an entry without its receipt"))?;
                proofs.decisions.insert(found.0.sequence, proven(found.0.body.to_vec(), found.1));
            }
        }
        Ok(())
    }

    /// Reads entries of the own ledger.
    async fn prove_own(&self, wanted: impl Iterator<Item = u64>, proofs: &mut Proofs) -> Result<(), Refusal> {
        let wanted: Vec<u64> = wanted.collect::<BTreeSet<u64>>().into_iter().collect();
        for sequences in wanted.chunks(AT_ONCE) {
            for (entry, receipt) in self.service.writer.ledger().proven(sequences).await? {
                proofs.own.insert(receipt.sequence, proven(entry.body, receipt));
            }
        }
        Ok(())
    }

    /// The lower tiers' shares that a set is made of.
    async fn shares(&self, parcel: &Parcel, submissions: &[u64], proofs: &Proofs) -> Result<Vec<Share>, Refusal> {
        if submissions.is_empty() {
            return Share::read(&parcel.row.shares);
        }
        let mut shown = Vec::new();
        for submission in submissions {
            let unreadable = |_| internal("the entry of a submission");
            let body = EntryBody::decode(proofs.own(*submission)?.body.as_slice()).map_err(unreadable)?;
            let submitted = ReportSubmitted::decode(body.payload).map_err(unreadable)?;
            let values = submitted.content.iter().flat_map(|content| &content.values);
            if values.into_iter().all(|value| value.breakdown.is_empty()) {
                continue;
            }
            let rows = store::tier_figures(&submitted.report, self.service.database.reader()).await?;
            shown.extend(tier::shown_by(&submitted, &rows)?);
        }
        Ok(shown)
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

/// A set on its way, with its row.
struct Parcel {
    row: outbox::Model,
    decision: u64,
    set: FigureSet,
}

impl Parcel {
    fn read(row: outbox::Model) -> Result<Self, Refusal> {
        let set = FigureSet::decode(row.figures.as_slice()).map_err(|_| internal("a set of the outbox"))?;
        let decision = u64::try_from(row.decision).map_err(|_| internal("the number of a decision"))?;
        Ok(Self { row, decision, set })
    }

    fn decisions(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.decision).chain(self.set.further.iter().map(|further| further.sequence))
    }
}

/// Entries with their proofs, by number: of verification's ledger, and of the own one.
#[derive(Debug, Default)]
struct Proofs {
    decisions: BTreeMap<u64, Proven>,
    own: BTreeMap<u64, Proven>,
}

impl Proofs {
    fn decision(&self, sequence: u64) -> Result<&Proven, Refusal> {
        self.decisions.get(&sequence).ok_or_else(|| internal("a decision without its entry"))
    }

    fn own(&self, sequence: u64) -> Result<&Proven, Refusal> {
        self.own.get(&sequence).ok_or_else(|| internal("a submission without its entry"))
    }

    /// The submissions that a set rests on, as its decisions name them; none for a composed one.
    fn submissions(&self, parcel: &Parcel) -> Result<Vec<u64>, Refusal> {
        let Ok(own) = u64::try_from(parcel.row.submission) else { return Ok(Vec::new()) };
        let further = parcel.set.further.iter().map(|further| {
            let version = submission_of(self.decision(further.sequence)?);
            version.ok_or_else(|| internal("a decision without its submission"))
        });
        std::iter::once(Ok(own)).chain(further).collect()
    }

    /// A set with its proofs.
    fn set(
        &self,
        id: String,
        parcel: Parcel,
        submissions: &[u64],
        version: i32,
        attached: &[&Attached],
    ) -> Result<FigureSet, Refusal> {
        let mut submissions = submissions.iter().map(|sequence| self.own(*sequence).cloned());
        let Parcel { decision, set, .. } = parcel;
        let submission = submissions.next().transpose()?;
        let further = set.further.iter().zip(submissions).map(|(further, submission)| {
            let decision = self.decision(further.sequence)?.clone();
            Ok(FurtherDecision {
                sequence: further.sequence,
                leaf_hash: decision.receipt.clone().unwrap_or_default().leaf_hash,
                decision: Some(decision),
                submission: Some(submission?),
            })
        });
        Ok(FigureSet {
            id,
            programme_version: version,
            decision: Some(self.decision(decision)?.clone()),
            submission,
            further: further.collect::<Result<_, Refusal>>()?,
            parts: attached.iter().map(|share| share.part.clone()).collect(),
            attachments: attachments(attached),
            ..set
        })
    }

    /// What a share is proven by; `set` is the number of the entry that holds the tier's set.
    fn attach(&self, share: &Share, set: Option<u64>) -> Result<Attached, Refusal> {
        let decision = self.decision(share.decision)?.clone();
        let part = PartReference {
            division: share.division.clone(),
            decision_sequence: share.decision,
            decision_leaf_hash: decision.receipt.clone().unwrap_or_default().leaf_hash,
        };
        let own = vec![decision, self.own(share.submission)?.clone()];
        let mut attached = Attached { part, own, below: Vec::new() };
        if let Some(entry) = set.and_then(|sequence| self.own.get(&sequence)) {
            let body = EntryBody::decode(entry.body.as_slice()).map_err(|_| internal("the entry of a set"))?;
            let received = FigureSetReceived::decode(body.payload).map_err(|_| internal("the entry of a set"))?;
            let set = FigureSet::decode(received.set).map_err(|_| internal("the entry of a set"))?;
            attached.below = proofs_of(&set).cloned().collect();
        }
        Ok(attached)
    }
}

/// A call that failed as a whole: too large or unreadable, or anything else, which passes with time or by somebody's hand.
pub(crate) fn read_failure(status: &Status) -> Answer {
    let reason = reason_of(status);
    let unreadable = matches!(reason, Some(Reason::TooLarge | Reason::RequestInvalid));
    if unreadable || status.code() == Code::OutOfRange {
        return Answer::Unfit(Refusal::new(reason.unwrap_or(Reason::TooLarge)).row(""));
    }
    if reason == Some(Reason::ParentWithoutLine) {
        debug!("figures wait for the next bundle");
    } else {
        warn!(%status, "figures wait for the parent");
    }
    Answer::Failed
}

/// Over a line the id of a set is its place in the call.
pub(crate) fn place(place: usize, _row: &outbox::Model) -> String {
    place.to_string()
}

/// A number that nobody can foresee.
fn luck() -> u64 {
    let (_, low) = uuid::Uuid::now_v7().as_u64_pair();
    low
}
