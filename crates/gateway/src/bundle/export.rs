//! Makes bundles: for the parent the calls that wait, for a lower tier what it would be answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Caller;
use minsheng_kit::tls::{TlsError, certificates};
use minsheng_kit::writer::Call;
use minsheng_proto::tier::v1::bundle_mandates_service_client::BundleMandatesServiceClient;
use minsheng_proto::tier::v1::bundle_part::Part;
use minsheng_proto::tier::v1::bundle_sets_service_client::BundleSetsServiceClient;
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use minsheng_proto::tier::v1::{
    Bundle, BundlePart, BundleSummary, Cosigned, ExchangeHeadsResponse, HeadsAnswer, ListMandateEntriesRequest,
    MandatesAnswer, PackMandatesRequest, PackSetsRequest, RenewRequest, SignedBundle,
};
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Status;

use super::inward::AsTier;
use super::{Bundles, MOST_BYTES, WORD, add, count, signed, wrap};
use crate::command::NoteSent;
use crate::entity::bundle_side;
use crate::parent::Joined;
use crate::store;

/// A bundle is full when its parts are this large; one more part may be on top.
const FULL: usize = 40 << 20;
/// Mandates that come down at once; the rest comes with the next bundle.
const MANDATE_BYTES: usize = 16 << 20;

/// A bundle's file.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) summary: BundleSummary,
    pub(crate) file: Vec<u8>,
}

/// Where the next bundle for the parent goes on.
#[derive(Clone, Debug)]
pub(crate) struct More(String);

impl Bundles {
    /// What waits for the parent; `from` where the bundle before ended.
    ///
    /// # Errors
    /// PARENT_NOT_JOINED, CURSOR_MOVED, SERVICE_UNAVAILABLE.
    pub(crate) async fn up(&self, caller: &Caller, from: Option<More>) -> Result<(Made, Option<More>), Status> {
        let _running = self.running.lock().await;
        let joined = self.parent.joined()?;
        let side = self.side(&joined.parent.division).await?;
        let mut summary = BundleSummary::default();
        let mut parts = Vec::new();
        let mut after = match from {
            Some(More(after)) => after,
            None => {
                self.questions(&joined, side.sent + 1, &mut parts, &mut summary).await?;
                String::new()
            }
        };
        let mut sets =
            BundleSetsServiceClient::new(self.service_behind("reporting")?).max_decoding_message_size(usize::MAX);
        let (mut bytes, mut more) = (0, None);
        loop {
            let packed = sets.pack_sets(PackSetsRequest { after }).await?.into_inner();
            let request = packed.request.filter(|request| !request.sets.is_empty());
            if let Some(request) = request {
                bytes += request.encoded_len();
                add(&mut summary.sets, count(request.sets.len()));
                parts.push(Part::Sets(request));
            }
            after = packed.next;
            if after.is_empty() {
                break;
            }
            if bytes >= FULL {
                more = Some(More(after));
                break;
            }
        }
        let seal = |bundle: &[u8]| self.parent.sign(&joined, bundle);
        let made = self.make(side, &joined.parent.division, parts, summary, seal, caller).await?;
        Ok((made, more))
    }

    /// What the gateway and the catalogue ask.
    async fn questions(
        &self,
        joined: &Joined,
        number: i64,
        parts: &mut Vec<Part>,
        summary: &mut BundleSummary,
    ) -> Result<(), Status> {
        let heads = self.exchange.question(&joined.parent).await?;
        summary.heads = count(heads.heads.len());
        parts.push(Part::Heads(heads));
        let ask = PackMandatesRequest { parent: joined.parent.division.clone() };
        let mut mandates = BundleMandatesServiceClient::new(self.service_behind("catalogue")?);
        parts.extend(mandates.pack_mandates(ask).await?.into_inner().request.map(Part::Mandates));
        if joined.parent.is_due(self.service.clock.now().as_millisecond()) {
            let certificate_request = self.parent.request_renewal(number)?;
            parts.push(Part::Renewal(RenewRequest { certificate_request }));
            summary.renewal = true;
        }
        Ok(())
    }

    /// What this tier gives to a lower one without being asked.
    ///
    /// # Errors
    /// TIER_NOT_ENROLLED, TIER_REVOKED, CURSOR_MOVED, SERVICE_UNAVAILABLE.
    pub(crate) async fn down(&self, caller: &Caller, division: &str) -> Result<Made, Status> {
        let _running = self.running.lock().await;
        let reader = self.service.database.reader();
        let unknown = || Refusal::new(Reason::TierNotEnrolled).with("division", division);
        let tier = store::tier(division, reader).await?.ok_or_else(unknown)?;
        if tier.revoked {
            return Err(Refusal::new(Reason::TierRevoked).with("division", division).into());
        }
        let cosigned = store::cosigned_heads(division, reader).await?;
        let kept: BTreeMap<String, u64> =
            cosigned.into_iter().map(|row| (row.origin, u64::try_from(row.size).unwrap_or_default())).collect();
        let answer = ExchangeHeadsResponse {
            heads: self.ledgers.offers(&kept, &BTreeSet::new()).await,
            witness_key: self.exchange.witness.verifier_key().to_owned(),
            ..ExchangeHeadsResponse::default()
        };
        let mut summary = BundleSummary { heads: count(answer.heads.len()), ..BundleSummary::default() };
        let mut parts = vec![Part::HeadsAnswer(self.about_heads(division, answer).await?)];
        let side = self.side(division).await?;
        let after = side.mandates_after.and_then(|after| u64::try_from(after).ok());
        let asked = ListMandateEntriesRequest { after, page_size: 0 };
        let line = self.inner.of(Arc::new(Caller::tier(division)))?;
        parts.extend(self.mandates(line, asked, &mut summary).await?);
        self.answer(division, 0, parts, summary, caller).await
    }

    /// An answer about heads, with all that is cosigned.
    pub(super) async fn about_heads(
        &self,
        division: &str,
        answer: ExchangeHeadsResponse,
    ) -> Result<HeadsAnswer, Refusal> {
        let kept = store::kept_heads(division, self.service.database.reader()).await?;
        let cosigned = kept.into_iter().filter(|row| !row.checkpoint.is_empty());
        let cosigned = cosigned.map(|row| Cosigned { checkpoint: row.checkpoint }).collect();
        Ok(HeadsAnswer { answer: Some(answer), cosigned })
    }

    /// The mandates that a tier asks for, asked again until there are no more.
    pub(super) async fn mandates(
        &self,
        line: AsTier,
        mut asked: ListMandateEntriesRequest,
        summary: &mut BundleSummary,
    ) -> Result<Vec<Part>, Status> {
        let mut mandates = MandateServiceClient::new(line).max_decoding_message_size(usize::MAX);
        let (mut parts, mut bytes) = (Vec::new(), 0);
        loop {
            let answer = mandates.list_mandate_entries(asked).await?.into_inner();
            add(&mut summary.mandates, count(answer.entries.len()));
            bytes += answer.encoded_len();
            let last = answer.entries.last().and_then(|entry| entry.receipt.as_ref()).map(|receipt| receipt.sequence);
            let more = answer.more && bytes < MANDATE_BYTES;
            parts.push(Part::MandatesAnswer(MandatesAnswer { asked: Some(asked), answer: Some(answer) }));
            let Some(last) = last.filter(|_| more) else { return Ok(parts) };
            asked.after = Some(last);
        }
    }

    /// A bundle of answers for a lower tier, signed by the authority that it knows this tier by.
    pub(super) async fn answer(
        &self,
        division: &str,
        answers: u64,
        parts: Vec<Part>,
        summary: BundleSummary,
        caller: &Caller,
    ) -> Result<Made, Status> {
        let seal = |bundle: &[u8]| {
            let own = certificates(self.authority.pem().as_bytes()).map_err(TlsError::Use)?;
            let own = own.first().ok_or_else(|| TlsError::Use("no certificate".to_owned()))?.to_vec();
            let signature = self.authority.sign(&signed(&own, bundle))?;
            Ok((own, signature))
        };
        let side = self.side(division).await?;
        let summary = BundleSummary { answers, ..summary };
        self.make(side, division, parts, summary, seal, caller).await
    }

    async fn side(&self, division: &str) -> Result<bundle_side::Model, Refusal> {
        Ok(store::bundle_side(division, self.service.database.reader()).await?.unwrap_or_default())
    }

    async fn make(
        &self,
        side: bundle_side::Model,
        division: &str,
        parts: Vec<Part>,
        summary: BundleSummary,
        seal: impl FnOnce(&[u8]) -> Result<(Vec<u8>, Vec<u8>), TlsError>,
        caller: &Caller,
    ) -> Result<Made, Status> {
        let now = clock::to_proto(self.service.clock.now());
        let bundle = Bundle {
            origin: self.service.division.clone(),
            destination: division.to_owned(),
            number: u64::try_from(side.sent + 1).map_err(|_| Refusal::new(Reason::Internal))?,
            previous_sha256: hex::decode(&side.sent_sha256).map_err(|_| Refusal::new(Reason::Internal))?,
            create_time: Some(now),
            answers: summary.answers,
            parts: parts.into_iter().map(|part| BundlePart { part: Some(part) }).collect(),
        };
        let bytes = bundle.encode_to_vec();
        let (certificate, signature) = seal(&bytes).map_err(|error| {
            tracing::error!(%error, "a bundle cannot be signed");
            Refusal::new(Reason::Internal)
        })?;
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        let file = wrap(WORD, &SignedBundle { bundle: bytes, signature, certificate }.encode_to_vec());
        if file.len() > MOST_BYTES {
            return Err(Refusal::new(Reason::TooLarge).with("bytes", file.len()).into());
        }
        let (number, answers) = (bundle.number, bundle.answers);
        let command = NoteSent { division: division.to_owned(), number, sha256, answers };
        let call = Call::internal(caller.clone(), "BundleService/ExportBundle");
        let outcome = self.service.writer.run(command, call).await?;
        let summary = BundleSummary {
            origin: bundle.origin,
            destination: bundle.destination,
            number,
            sha256: sha256.to_vec(),
            create_time: bundle.create_time,
            receipt: outcome.receipt(),
            ..summary
        };
        Ok(Made { summary, file })
    }
}
