//! The follower's task: connects, reads, hands on to the applier, for ever. A stream may end at any time with any code.

use std::time::Duration;

use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::{GetCheckpointRequest, WatchRequest};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info};

use super::applier::{Applier, TakeError};
use crate::client::PeerChannel;
use crate::error::{Reason, reason_of};

/// Pause before the next try, doubled up to the longest, with jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A replica that does not follow looks this often how far the other is.
const LOOK: Duration = Duration::from_secs(1);
/// A ledger that was refused is looked at again this often: an operator may have put it right.
const REFUSED_PAUSE: Duration = Duration::from_secs(10);
/// A batch is one mebibyte, or one entry as large as the largest message a service takes, with its envelope.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// How a follower is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowerState {
    /// When following began.
    pub began: Instant,
    /// Entries applied.
    pub applied: u64,
    /// Entries the followed ledger had when last heard.
    pub known: u64,
    /// Why nothing more is taken: both heads in words. None while all is well.
    pub refused: Option<String>,
    /// Entries that the followed service told of last, though they may not have been taken.
    pub told: u64,
    /// When the followed service was last heard of.
    pub heard: Option<Instant>,
    /// Since when something is waiting to be applied, without a break.
    pub behind_since: Option<Instant>,
}

impl Default for FollowerState {
    fn default() -> Self {
        Self { began: Instant::now(), applied: 0, known: 0, refused: None, told: 0, heard: None, behind_since: None }
    }
}

impl FollowerState {
    /// The followed service has told how long its ledger is.
    fn hear(&mut self, told: u64) {
        let now = Instant::now();
        self.heard = Some(now);
        self.told = told;
        self.behind_since = (self.applied < told).then(|| self.behind_since.unwrap_or(now));
    }

    /// So much is applied, and so much was known then.
    fn advance(&mut self, applied: u64, known: u64) {
        (self.applied, self.known, self.refused) = (applied, known, None);
        self.hear(known);
    }
}

/// Follows one ledger.
#[derive(Debug)]
pub struct Follower {
    /// What checks and applies.
    pub applier: Applier,
    /// How to reach the followed service.
    pub channel: PeerChannel,
}

impl Follower {
    /// Starts the task; it ends when cancelled.
    pub fn start(mut self, cancel: CancellationToken) -> watch::Receiver<FollowerState> {
        let (sender, receiver) = watch::channel(FollowerState::default());
        tokio::spawn(async move {
            // That it was cancelled is no news.
            let _ = cancel.run_until_cancelled(self.run(&sender)).await;
        });
        receiver
    }

    async fn run(&mut self, state: &watch::Sender<FollowerState>) {
        let lease = self.applier.lease().clone();
        loop {
            tokio::select! {
                held = lease.held() => {
                    held.during(self.keep_following(state)).await;
                }
                () = self.look_on(state) => {}
            }
        }
    }

    /// Another replica follows: what it has applied is in the database, and how much there is the followed service says.
    async fn look_on(&mut self, state: &watch::Sender<FollowerState>) {
        let source = self.applier.source();
        let mut client = LedgerServiceClient::new(self.channel.clone());
        loop {
            match self.applier.resume().await {
                Ok(applied) => {
                    let head = client.get_checkpoint(GetCheckpointRequest { ledger: source.to_owned() }).await;
                    let size = head.ok().and_then(|head| self.applier.size_by(&head.get_ref().checkpoint));
                    let known = size.unwrap_or(state.borrow().known).max(applied);
                    match size {
                        Some(_) => state.send_modify(|state| state.advance(applied, known)),
                        None => state.send_modify(|state| (state.applied, state.known) = (applied, known)),
                    }
                }
                Err(refusal) => debug!(source, %refusal, "the cursor cannot be read"),
            }
            tokio::time::sleep(jitter(LOOK)).await;
        }
    }

    async fn keep_following(&mut self, state: &watch::Sender<FollowerState>) {
        let source = self.applier.source();
        let mut pause = FIRST_PAUSE;
        loop {
            let before = state.borrow().applied;
            match self.follow(state).await {
                Ok(()) => debug!(source, "stream ended"),
                Err(TakeError::Again(reason)) => debug!(source, reason, "stream ended"),
                Err(TakeError::Refused(reason)) => {
                    error!(source, reason, "ledger refused: it does not extend what was kept");
                    let labels = [("service", self.applier.service()), ("of", "follower")];
                    metrics::counter!("minsheng_verification_failures_total", &labels).increment(1);
                    state.send_modify(|state| state.refused = Some(reason));
                    tokio::time::sleep(REFUSED_PAUSE).await;
                }
            }
            let moved = state.borrow().applied > before;
            pause = if moved { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            tokio::time::sleep(jitter(pause)).await;
        }
    }

    async fn follow(&mut self, state: &watch::Sender<FollowerState>) -> Result<(), TakeError> {
        let source = self.applier.source();
        let after = self.applier.resume().await?;
        state.send_modify(|state| state.applied = after);
        let mut client = LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE);
        let mut stream = match client.watch(WatchRequest { ledger: source.to_owned(), after }).await {
            Ok(response) => response.into_inner(),
            Err(status) if reason_of(&status) == Some(Reason::LedgerShorter) => {
                let kept = self.applier.head();
                return Err(TakeError::Refused(format!("it is shorter: kept head {kept:?}; {}", status.message())));
            }
            Err(status) => return Err(TakeError::Again(status.to_string())),
        };
        info!(source, after, "following");
        loop {
            let response = match stream.message().await {
                Ok(Some(response)) => response,
                Ok(None) => return Ok(()),
                Err(status) => return Err(TakeError::Again(status.to_string())),
            };
            let known = response.ledger_size;
            // What has come and cannot be applied is a backlog, too.
            state.send_modify(|state| state.hear(known));
            let applied = self.applier.take(response).await?;
            let known = known.max(applied);
            state.send_modify(|state| state.advance(applied, known));
        }
    }
}

fn jitter(pause: Duration) -> Duration {
    use rand_core::RngCore;
    let part = rand_core::OsRng.next_u32() % 1_000;
    pause / 2 + pause * part / 2_000
}
