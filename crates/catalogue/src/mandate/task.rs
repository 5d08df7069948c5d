//! Asks the parent for mandates, for ever, through this tier's own gateway; a tier without a parent, or without a line to it,
//! asks quietly. What is asked and what an answer means is decided in `pull`; what is taken is kept by the writer.

use std::time::Duration;

use minsheng_kit::client::PeerChannel;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::service::Service;
use minsheng_kit::telemetry::begin_at_zero;
use minsheng_proto::tier::v1::ListMandateEntriesResponse;
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use rand_core::RngCore;
use tonic::{Code, Request, Status};
use tracing::{debug, warn};

use super::keep::{Heard, hear};
use super::pull::Pull;
use crate::entity::mandate_feed;
use crate::store;

/// Longest time that an answer is waited for.
const CALL: Duration = Duration::from_secs(30);
/// A page holds about a megabyte, or one entry as large as the largest document.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Pulls while this replica has the lease, until the service stops.
pub(crate) async fn run(service: Service, channel: PeerChannel, poll: Duration) {
    begin_at_zero(&["minsheng_verification_failures_total"], &[("service", crate::NAME), ("of", "mandate")]);
    metrics::gauge!("minsheng_mandates_stopped").set(0.0);
    let (cancel, lease) = (service.cancel.clone(), service.lease.clone());
    let client = MandateServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE);
    let mut task = Task { service, client, told: None };
    let pulling = async {
        loop {
            lease.held().await.during(task.run(poll)).await;
        }
    };
    // That it was cancelled is no news.
    let _ = cancel.run_until_cancelled(pulling).await;
}

struct Task {
    service: Service,
    client: MandateServiceClient<PeerChannel>,
    /// The last failure that was logged, so that the same one is told once.
    told: Option<String>,
}

impl Task {
    async fn run(&mut self, poll: Duration) {
        let mut pull = self.resume().await;
        loop {
            let chance = rand_core::OsRng.next_u32() % 1_000;
            tokio::time::sleep(pull.as_ref().map_or(poll, |pull| pull.pause(poll, chance))).await;
            match pull.as_mut() {
                Some(known) => {
                    if !self.turn(known).await {
                        pull = self.resume().await;
                    }
                }
                None => pull = self.resume().await,
            }
        }
    }

    /// What is kept; none while the database does not answer.
    async fn resume(&self) -> Option<Pull> {
        match store::feeds(self.service.database.reader()).await {
            Ok(feeds) => Some(Pull::new(&self.service.division, feeds.iter().filter_map(mandate_feed::Model::feed))),
            Err(refusal) => {
                warn!(%refusal, "what is kept of the parent's mandates cannot be read");
                None
            }
        }
    }

    /// One question and what comes of it; false when what is kept must be read again.
    async fn turn(&mut self, pull: &mut Pull) -> bool {
        let asked = pull.ask();
        let answer = match self.call(asked).await {
            Ok(answer) => answer,
            Err(status) => {
                match reason_of(&status) {
                    // The gateway has waited for one to be joined; the next question waits there again.
                    Some(Reason::ParentNotJoined) => pull.alone(),
                    _ => pull.failed(),
                }
                self.tell(&status);
                return true;
            }
        };
        self.told = None;
        // After an alarm, too, what is kept is read again: it may have been resolved.
        matches!(hear(&self.service, pull, &asked, &answer).await, Heard::Taken(_) | Heard::Nothing | Heard::Again)
    }

    async fn call(
        &mut self,
        asked: minsheng_proto::tier::v1::ListMandateEntriesRequest,
    ) -> Result<ListMandateEntriesResponse, Status> {
        let mut request = Request::new(asked);
        request.set_timeout(CALL);
        let answered = tokio::time::timeout(CALL, self.client.list_mandate_entries(request)).await;
        let late = |_| Status::from(Refusal::new(Reason::DeadlineExceeded));
        Ok(answered.map_err(late)??.into_inner())
    }

    /// No parent and no line are nothing to tell; anything else is told once.
    fn tell(&mut self, status: &Status) {
        let quiet = matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded)
            || matches!(reason_of(status), Some(Reason::ParentNotJoined | Reason::ParentWithoutLine));
        let text = status.to_string();
        if quiet {
            debug!(%status, "the parent does not answer");
        } else if self.told.as_ref() != Some(&text) {
            warn!(%status, "the parent gives no mandates");
            self.told = Some(text);
        }
    }
}
