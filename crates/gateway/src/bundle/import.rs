//! Takes bundles in. One of a lower tier: its calls are made in its name, as if they came over its line, and answered. One
//! of the parent: its answers are taken as if they had come over the line.

use std::sync::Arc;

use minsheng_domain::division::DivisionCode;
use minsheng_kit::authority::is_signed_by;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::identity::Caller;
use minsheng_kit::tls::{PeerCertificate, certificates};
use minsheng_kit::writer::Call;
use minsheng_proto::identity::v1::AuditRecorded;
use minsheng_proto::tier::v1::bundle_mandates_service_client::BundleMandatesServiceClient;
use minsheng_proto::tier::v1::bundle_part::Part;
use minsheng_proto::tier::v1::bundle_sets_service_client::BundleSetsServiceClient;
use minsheng_proto::tier::v1::enrolment_service_client::EnrolmentServiceClient;
use minsheng_proto::tier::v1::filing_service_client::FilingServiceClient;
use minsheng_proto::tier::v1::witness_service_client::WitnessServiceClient;
use minsheng_proto::tier::v1::{
    Bundle, BundleSummary, FigureSet, FileSetsRequest, FileSetsResponse, HeadResult, MandatesAnswer, RefusedHead,
    SignedBundle, TakeMandatesRequest, TakeSetsAnswerRequest,
};
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::{Code, Status};

use super::file::{damaged, not_signed_by};
use super::inward::AsTier;
use super::{Bundles, Summed, WORD, add, count, signed, unwrap};
use crate::command::NoteReceived;
use crate::store;

impl Bundles {
    /// Takes a file in; gives what became of it, and for one of a lower tier the answer.
    ///
    /// # Errors
    /// TOO_LARGE, BUNDLE_UNREADABLE, BUNDLE_ALTERED, BUNDLE_MISADDRESSED, TIER_UNKNOWN, TIER_REVOKED, PARENT_NOT_JOINED;
    /// SERVICE_UNAVAILABLE when it must be taken in again.
    pub(crate) async fn take(&self, caller: &Caller, file: &[u8]) -> Result<Summed, Status> {
        let _running = self.running.lock().await;
        let sealed = SignedBundle::decode(unwrap(WORD, file)?).map_err(|_| damaged())?;
        let bundle = Bundle::decode(sealed.bundle.as_slice()).map_err(|_| damaged())?;
        if i64::try_from(bundle.number).is_err() || bundle.number == 0 {
            return Err(Refusal::new(Reason::BundleUnreadable).into());
        }
        let own = &self.service.division;
        if bundle.destination != *own {
            let (from, to) = (&bundle.origin, &bundle.destination);
            let refusal = Refusal::new(Reason::BundleMisaddressed).with("destination", to).because(
                format!("这个数据包由{from}发给{to}，本级是{own}，没有导入任何内容"),
                format!("the bundle of {from} is for {to}, but this tier is {own}; nothing was taken in"),
            );
            return Err(refusal.into());
        }
        let sha256: [u8; 32] = Sha256::digest(&sealed.bundle).into();
        let repeated = store::is_bundle_known(&hex::encode(sha256), self.service.database.reader()).await?;
        let mut summary = BundleSummary {
            origin: bundle.origin.clone(),
            destination: bundle.destination.clone(),
            number: bundle.number,
            sha256: sha256.to_vec(),
            create_time: bundle.create_time,
            answers: bundle.answers,
            repeated,
            ..BundleSummary::default()
        };
        if is_above(&bundle.origin, own) {
            self.take_answers(&sealed, &bundle, &mut summary).await?;
            self.note(caller, &bundle, sha256, None, &mut summary).await?;
            return Ok((summary, None));
        }
        let tier = self.signer(&sealed, &bundle.origin).await?;
        let after = bundle.parts.iter().find_map(|part| match &part.part {
            Some(Part::Mandates(asked)) => Some(asked.after),
            _ => None,
        });
        let (division, number) = (bundle.origin.clone(), bundle.number);
        let noted = Bundle { parts: Vec::new(), ..bundle.clone() };
        let parts = self.make_calls(tier, bundle, &mut summary).await?;
        self.note(caller, &noted, sha256, after, &mut summary).await?;
        let told = BundleSummary {
            heads: summary.heads,
            refused_heads: summary.refused_heads.clone(),
            sets: summary.sets,
            sets_filed: summary.sets_filed,
            sets_refused: summary.sets_refused,
            sets_waiting: summary.sets_waiting,
            mandates: summary.mandates,
            renewal: summary.renewal,
            ..BundleSummary::default()
        };
        let answer = self.answer(&division, number, parts, told, caller).await?;
        Ok((summary, Some(answer)))
    }

    /// The lower tier that signed a bundle, as its certificate proves it on a line.
    async fn signer(&self, sealed: &SignedBundle, origin: &str) -> Result<Arc<Caller>, Refusal> {
        if !is_signed_by(&sealed.certificate, &signed(&sealed.certificate, &sealed.bundle), &sealed.signature) {
            return Err(damaged());
        }
        let shown = PeerCertificate::of(&sealed.certificate);
        let tier = self.tiers.caller(&shown).await.inspect_err(|refusal| {
            tracing::warn!(fingerprint = shown.fingerprint, %refusal, "a bundle of a lower tier is refused");
            self.auditor.refused(AuditRecorded {
                event: "TIER_REFUSED".to_owned(),
                account: shown.uris.first().cloned().unwrap_or_default(),
                method: "minsheng.tier.v1.BundleService/ImportBundle".to_owned(),
                reason: refusal.reason.as_str().to_owned(),
                ..AuditRecorded::default()
            });
        })?;
        if tier.division != origin {
            return Err(not_signed_by(origin));
        }
        Ok(tier)
    }

    async fn note(
        &self,
        caller: &Caller,
        bundle: &Bundle,
        sha256: [u8; 32],
        mandates_after: Option<Option<u64>>,
        summary: &mut BundleSummary,
    ) -> Result<(), Refusal> {
        let (division, number) = (bundle.origin.clone(), bundle.number);
        let command = NoteReceived { division, number, sha256, mandates_after };
        let call = Call::internal(caller.clone(), "BundleService/ImportBundle");
        summary.receipt = self.service.writer.run(command, call).await?.receipt();
        let side = store::bundle_side(&bundle.origin, self.service.database.reader()).await?;
        summary.missing = side.map(|side| side.missing()).unwrap_or_default();
        Ok(())
    }

    /// Makes a lower tier's calls, and gives the answers.
    async fn make_calls(
        &self,
        tier: Arc<Caller>,
        bundle: Bundle,
        summary: &mut BundleSummary,
    ) -> Result<Vec<Part>, Status> {
        let line = self.inner.of(tier.clone())?;
        let mut answers = Vec::with_capacity(bundle.parts.len());
        for part in bundle.parts {
            match part.part {
                Some(Part::Heads(request)) => {
                    let mut witness = WitnessServiceClient::new(line.clone());
                    let answer = witness.exchange_heads(request).await?.into_inner();
                    // Where that raised an alarm, it counts for the figures that follow.
                    self.tiers.changed();
                    summary.heads = count(answer.results.len());
                    // A bundle that was overtaken shows old heads, which is no alarm.
                    let alarms = store::alarms(false, self.service.database.reader()).await?;
                    let alarmed = |result: &&HeadResult| alarms.iter().any(|alarm| alarm.origin == result.origin);
                    refused(answer.results.iter().filter(alarmed), summary);
                    answers.push(Part::HeadsAnswer(self.about_heads(&tier.division, answer).await?));
                }
                Some(Part::Sets(request)) => {
                    let all = count(request.sets.len());
                    let answer = file_sets(&line, request).await?;
                    let (filed, failures) = (count(answer.filed.len()), count(answer.failures.len()));
                    add(&mut summary.sets, all);
                    add(&mut summary.sets_filed, filed);
                    add(&mut summary.sets_refused, failures);
                    add(&mut summary.sets_waiting, all - filed - failures);
                    answers.push(Part::SetsAnswer(answer));
                }
                Some(Part::Mandates(asked)) => answers.extend(self.mandates(line.clone(), asked, summary).await?),
                Some(Part::Renewal(request)) => {
                    let renewed = EnrolmentServiceClient::new(line.clone()).renew(request).await?.into_inner();
                    summary.renewal = true;
                    answers.push(Part::RenewalAnswer(renewed));
                }
                _ => add(&mut summary.passed_over, 1),
            }
        }
        Ok(answers)
    }

    /// Takes the parent's answers.
    async fn take_answers(
        &self,
        sealed: &SignedBundle,
        bundle: &Bundle,
        summary: &mut BundleSummary,
    ) -> Result<(), Status> {
        let joined = self.parent.joined()?;
        let above = joined.parent.division.as_str();
        if above != bundle.origin {
            let refusal = Refusal::new(Reason::BundleMisaddressed).with("origin", &bundle.origin).because(
                format!("这个数据包由{}发来，本级的上级是{above}，没有导入任何内容", bundle.origin),
                format!("the bundle is of {}, but this tier's parent is {above}", bundle.origin),
            );
            return Err(refusal.into());
        }
        let chain = certificates(joined.parent.chain.as_bytes()).map_err(|error| {
            tracing::error!(error, "the certificate for the parent cannot be read");
            Refusal::new(Reason::Internal)
        })?;
        if !chain.iter().skip(1).any(|authority| **authority == *sealed.certificate) {
            return Err(not_signed_by(above).into());
        }
        if !is_signed_by(&sealed.certificate, &signed(&sealed.certificate, &sealed.bundle), &sealed.signature) {
            return Err(damaged().into());
        }
        for part in &bundle.parts {
            match part.part.clone() {
                Some(Part::HeadsAnswer(given)) => {
                    let answer = given.answer.unwrap_or_default();
                    let cosigned = given.cosigned.into_iter().map(|cosigned| cosigned.checkpoint);
                    let sizes = self.ledgers.sizes().await;
                    // The parent keeps no more than there is: its answer was overtaken.
                    let overtaken = |result: &HeadResult| {
                        let size = sizes.get(&result.origin).copied().unwrap_or_default();
                        result.reason == "LEDGER_SHORTER" && result.kept_size <= size
                    };
                    refused(answer.results.iter().filter(|result| !overtaken(result)), summary);
                    summary.heads = count(answer.heads.len());
                    let judged = self.exchange.take(&joined.parent, answer, cosigned).await?;
                    let alarms = store::alarms(false, self.service.database.reader()).await?;
                    let alarmed = |result: &&HeadResult| alarms.iter().any(|alarm| alarm.origin == result.origin);
                    refused(judged.iter().filter(alarmed), summary);
                }
                Some(Part::SetsAnswer(answer)) => {
                    let mut sets = BundleSetsServiceClient::new(self.service_behind("reporting")?);
                    add(&mut summary.sets, count(answer.filed.len() + answer.failures.len()));
                    let asked = TakeSetsAnswerRequest { answer: Some(answer) };
                    let taken = sets.take_sets_answer(asked).await?.into_inner();
                    add(&mut summary.sets_filed, taken.filed);
                    add(&mut summary.sets_refused, taken.refused);
                    add(&mut summary.sets_waiting, taken.waiting);
                }
                Some(Part::MandatesAnswer(answer)) => self.take_mandates(above, answer, summary).await?,
                Some(Part::RenewalAnswer(answer)) => {
                    summary.renewal = self.parent.take_renewal(bundle.answers, answer).await?;
                }
                _ => add(&mut summary.passed_over, 1),
            }
        }
        self.parent.read_again().await?;
        Ok(())
    }

    async fn take_mandates(
        &self,
        above: &str,
        answer: MandatesAnswer,
        summary: &mut BundleSummary,
    ) -> Result<(), Status> {
        let channel = self.service_behind("catalogue")?;
        let asked = TakeMandatesRequest { parent: above.to_owned(), answer: Some(answer) };
        let taken = BundleMandatesServiceClient::new(channel).take_mandates(asked).await?.into_inner();
        add(&mut summary.mandates, taken.taken);
        if !taken.refused.is_empty() {
            summary.mandates_refused = taken.refused;
            summary.mandates_message = taken.message;
        }
        Ok(())
    }
}

/// Whether a division lies above another.
fn is_above(above: &str, below: &str) -> bool {
    let read = |code: &str| code.parse::<DivisionCode>().ok();
    read(above).zip(read(below)).is_some_and(|(above, below)| above != below && below.is_within(above))
}

fn refused<'a>(results: impl Iterator<Item = &'a HeadResult>, summary: &mut BundleSummary) {
    let refused = results.filter(|result| !matches!(result.reason.as_str(), "" | "PROOF_NEEDED"));
    summary.refused_heads.extend(refused.map(|result| {
        let HeadResult { origin, reason, .. } = result.clone();
        RefusedHead { origin, reason }
    }));
}

/// Files sets as the tier. A call that is too large is made in halves, and a set that is too large alone is refused.
async fn file_sets(line: &AsTier, request: FileSetsRequest) -> Result<FileSetsResponse, Status> {
    let FileSetsRequest { sets, ledgers } = request;
    let mut waiting = vec![sets];
    let mut all = FileSetsResponse::default();
    while let Some(mut sets) = waiting.pop() {
        let request = FileSetsRequest { sets: sets.clone(), ledgers: ledgers.clone() };
        let mut filing = FilingServiceClient::new(line.clone()).max_decoding_message_size(usize::MAX);
        match filing.file_sets(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                all.filed.extend(answer.filed);
                all.failures.extend(answer.failures);
            }
            Err(status) if is_too_large(&status) && sets.len() > 1 => {
                let rest = sets.split_off(sets.len() / 2);
                waiting.extend([rest, sets]);
            }
            Err(status) if is_too_large(&status) => {
                let id = |set| FigureSet::decode(set).unwrap_or_default().id;
                all.failures.extend(sets.into_iter().map(|set| Refusal::new(Reason::TooLarge).row(id(set))));
            }
            // Nothing is taken while an alarm is open; it is not answered, and so it comes again.
            Err(status) if is_about_an_alarm(&status) => return Ok(all),
            Err(status) => return Err(status),
        }
    }
    Ok(all)
}

fn is_about_an_alarm(status: &Status) -> bool {
    matches!(reason_of(status), Some(Reason::LedgerForked | Reason::LedgerShorter | Reason::LedgerKeyChanged))
}

fn is_too_large(status: &Status) -> bool {
    reason_of(status) == Some(Reason::TooLarge) || status.code() == Code::OutOfRange
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_told_from_a_lower_tier_by_its_division() {
        assert!(is_above("430000", "430923") && is_above("430900", "430923") && is_above("430923", "430923100"));
        assert!(!is_above("430923", "430900") && !is_above("430923", "430923") && !is_above("430900", "430122"));
    }
}
