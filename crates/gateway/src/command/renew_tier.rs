//! Puts another certificate of a lower tier on the enrolled list. One that was never used is replaced; the one in use stays
//! until the new one is.

use minsheng_kit::authority::Issued;
use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::TierRenewed;
use minsheng_proto::tier::v1::RenewResponse;

use super::moment;
use crate::entity::{certificate, tier};

/// A new certificate.
#[derive(Debug)]
pub(crate) struct RenewTier {
    pub(crate) division: String,
    pub(crate) request_sha256: String,
    pub(crate) issued: Issued,
}

impl Command for RenewTier {
    type Answer = RenewResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<tier::Entity>(self.division.as_str());
        wants.group::<certificate::Entity>(self.division.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let tier = context.get::<tier::Entity>(&self.division).ok_or_else(|| Refusal::new(Reason::TierUnknown))?;
        if tier.revoked {
            return Err(Refusal::new(Reason::TierRevoked));
        }
        let held: Vec<_> = context.group::<certificate::Entity>(&self.division).into_iter().cloned().collect();
        let same = |held: &&certificate::Model| held.is_alive() && held.request_sha256 == self.request_sha256;
        if let Some(before) = held.iter().find(same) {
            return Ok(answer(before));
        }
        for unused in held.into_iter().filter(|held| held.state == certificate::ISSUED) {
            context.put::<certificate::Entity>(certificate::Model { state: certificate::ENDED.to_owned(), ..unused });
        }
        let certificate = certificate::Model {
            fingerprint: self.issued.fingerprint.clone(),
            division: self.division.clone(),
            state: certificate::ISSUED.to_owned(),
            request_sha256: self.request_sha256.clone(),
            chain: self.issued.chain.clone(),
            issue_time: context.now().as_millisecond(),
            expire_time: self.issued.expires.as_millisecond(),
        };
        let answer = answer(&certificate);
        let event = TierRenewed {
            division: self.division.clone(),
            fingerprint: certificate.fingerprint.clone(),
            expire_time: answer.expire_time,
        };
        context.record(&format!("tiers/{}", self.division), &event);
        context.put::<certificate::Entity>(certificate);
        Ok(answer)
    }
}

fn answer(certificate: &certificate::Model) -> RenewResponse {
    RenewResponse {
        certificate_chain: certificate.chain.clone(),
        expire_time: Some(clock::to_proto(moment(certificate.expire_time))),
    }
}
