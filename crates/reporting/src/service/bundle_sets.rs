//! BundleSetsService: the calls that a bundle takes up, made as the sender makes them for the line, and the answers that one
//! brings down, which mean what they mean there.

use minsheng_kit::client::PeerChannel;
use minsheng_kit::convert::name::IndicatorName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, GATEWAY};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::{Service, StartError};
use minsheng_kit::writer::Call;
use minsheng_proto::tier::v1::bundle_sets_service_server::BundleSetsService;
use minsheng_proto::tier::v1::{
    FileSetsRequest, FileSetsResponse, PackSetsRequest, PackSetsResponse, TakeSetsAnswerRequest, TakeSetsAnswerResponse,
};
use tonic::{Request, Response, Status};

use crate::command::SettleOutbox;
use crate::store;
use crate::uplink::{Answer, Exchange, Sender, Settled, key};

/// Sets of a call, and its size, about; one set larger than this travels alone.
const MOST: usize = 100;
const CALL_BYTES: usize = 1024 * 1024;

/// Packs sets and takes answers.
#[derive(Clone, Debug)]
pub(crate) struct BundleSets {
    service: Service,
    verification: PeerChannel,
    gateway: PeerChannel,
}

impl BundleSets {
    /// Over an open service.
    ///
    /// # Errors
    /// When verification or the gateway has no address.
    pub(crate) fn new(service: &Service) -> Result<Self, StartError> {
        Ok(Self::over(service.clone(), service.channel("verification")?, service.channel("gateway")?))
    }

    /// The same over given channels.
    pub(crate) fn over(service: Service, verification: PeerChannel, gateway: PeerChannel) -> Self {
        Self { service, verification, gateway }
    }

    fn check<T>(&self, request: &Request<T>) -> Result<(), Refusal> {
        let caller = identity::caller(request)?;
        self.service.policies.check(&caller, Action::PackParcel, &Resource::new("outgoing set"))?;
        match caller.service.as_deref() {
            Some(GATEWAY) => Ok(()),
            _ => Err(Refusal::new(Reason::NotAllowed)),
        }
    }

    async fn pack(&self, after: &str) -> Result<PackSetsResponse, Status> {
        let rows = store::outbox_pending_after(after, MOST, self.service.database.reader()).await?;
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        if keys.is_empty() {
            return Ok(PackSetsResponse::default());
        }
        let sender = Sender::over(
            self.service.clone(),
            self.verification.clone(),
            self.gateway.clone(),
            std::sync::Arc::default(),
        );
        let mut request: FileSetsRequest = sender.request(rows, |_, row| label(&row.key)).await?;
        let mut bytes = 0;
        let fitting = request.sets.iter().take_while(|set| {
            let fits = bytes < CALL_BYTES;
            bytes += set.len();
            fits
        });
        let count = fitting.count();
        request.sets.truncate(count);
        let more = count < keys.len() || keys.len() == MOST;
        let next = keys.get(count.saturating_sub(1)).filter(|_| more).cloned().unwrap_or_default();
        Ok(PackSetsResponse { request: Some(request), next })
    }

    async fn take(&self, mut answer: FileSetsResponse) -> Result<TakeSetsAnswerResponse, Refusal> {
        // The exchange knows the sets of a call by their places.
        let mut sent = Vec::with_capacity(answer.filed.len() + answer.failures.len());
        let mut place = |id: &mut String| {
            if let Some(key) = key_of(id) {
                *id = sent.len().to_string();
                sent.push(key);
            }
        };
        answer.filed.iter_mut().for_each(|filed| place(&mut filed.id));
        answer.failures.iter_mut().for_each(|failure| place(&mut failure.id));
        let all = sent.len();
        let changes = Exchange::default().answered(&sent, Answer::Took(answer), 0, 0);
        let filed = changes.iter().filter(|change| matches!(change, Settled::Filed { .. })).count();
        let (settled, refused) = (changes.len(), changes.len() - filed);
        if settled > 0 {
            let call = Call::internal(self.service.caller.clone(), "bundle");
            self.service.writer.run(SettleOutbox(changes), call).await?;
        }
        let count = |number: usize| i32::try_from(number).map_err(|_| Refusal::new(Reason::Internal));
        Ok(TakeSetsAnswerResponse {
            filed: count(filed)?,
            refused: count(refused)?,
            waiting: count(all.saturating_sub(settled))?,
        })
    }
}

/// A set's id in a bundle: short, and its key in the outbox can be told from it, whenever the answer comes.
fn label(key: &str) -> String {
    let (entry, indicator) = key.split_once('|').unwrap_or((key, ""));
    let indicator = indicator.trim_start_matches("programmes/").replacen("/indicators/", "/", 1);
    format!("{}|{indicator}", entry.trim_start_matches('0'))
}

/// The key of a set with this id; none where it is none of ours.
fn key_of(label: &str) -> Option<String> {
    let (entry, indicator) = label.split_once('|')?;
    let (programme, code) = indicator.split_once('/')?;
    let indicator = format!("programmes/{programme}/indicators/{code}");
    let indicator = IndicatorName::parse("indicator", &indicator).ok()?;
    let entry = if entry.is_empty() { 0 } else { entry.parse().ok()? };
    Some(key(entry, &indicator))
}

#[tonic::async_trait]
impl BundleSetsService for BundleSets {
    async fn pack_sets(&self, request: Request<PackSetsRequest>) -> Result<Response<PackSetsResponse>, Status> {
        self.check(&request)?;
        Ok(Response::new(self.pack(&request.get_ref().after).await?))
    }

    async fn take_sets_answer(
        &self,
        request: Request<TakeSetsAnswerRequest>,
    ) -> Result<Response<TakeSetsAnswerResponse>, Status> {
        self.check(&request)?;
        Ok(Response::new(self.take(request.into_inner().answer.unwrap_or_default()).await?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_key_of_a_set_is_told_from_its_short_id() {
        for name in ["programmes/430900-2023/indicators/3.2", "programmes/430923100001-2023/indicators/m10.12"] {
            for entry in [0, 7, 100, u64::MAX] {
                let key = key(entry, &IndicatorName::parse("indicator", name).unwrap());
                let label = label(&key);
                assert!(label.chars().count() <= 64, "{label}");
                assert_eq!(key_of(&label), Some(key));
            }
        }
        for none in ["", "0", "7|", "7|x", "7|430900-2023", "x|430900-2023/3.2"] {
            assert_eq!(key_of(none), None, "{none}");
        }
    }
}
