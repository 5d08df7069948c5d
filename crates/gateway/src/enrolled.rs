//! What a parent answered to a request for a certificate, over a line or in a file, as it is stored.

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Caller;
use minsheng_kit::tls::{TlsError, certificates, fingerprint};
use minsheng_kit::writer::{Call, Outcome};
use minsheng_proto::identity::v1::JoinParentResponse;
use minsheng_proto::tier::v1::{EnrolResponse, LedgerKey, RenewResponse};

use crate::command::{JoinParent, RenewParent};
use crate::entity::parent;
use crate::parent::{Joined, Parent, unusable};
use crate::tier_form as form;

impl Parent {
    /// What a parent answered to a request for a certificate, as it is stored: with its address and the fingerprint by which
    /// it is known, both empty where there is no line.
    pub(crate) fn read_answer(
        &self,
        (url, pinned): (&str, &str),
        key_file: &str,
        answer: EnrolResponse,
    ) -> Result<(parent::Model, Vec<LedgerKey>), Refusal> {
        if answer.division != self.service.division {
            return Err(Refusal::invalid(
                "code",
                format!("该登记码是给{}的，本级是{}", answer.division, self.service.division),
                format!("is for {}, but this tier is {}", answer.division, self.service.division),
            ));
        }
        let expires = answer.expire_time.as_ref().map(|time| clock::from_proto("expire_time", time)).transpose()?;
        let now = self.service.clock.now().as_millisecond();
        let parent = parent::Model {
            id: parent::KEY.to_owned(),
            division: form::read_division("parent_division", &answer.parent_division)?,
            url: url.to_owned(),
            pinned: pinned.to_owned(),
            fingerprint: fingerprint_of(&answer.certificate_chain)?,
            chain: answer.certificate_chain,
            key_file: key_file.to_owned(),
            issue_time: now,
            expire_time: expires.map_or(now, |expires| expires.as_millisecond()),
            join_time: now,
            left: false,
            exchange_time: 0,
            witness_key: String::new(),
            old_key_files: String::new(),
        };
        let ledgers = form::read_ledgers(&parent.division, answer.ledgers)?;
        Ok((parent, ledgers))
    }

    /// Stores a parent that has given this tier a certificate.
    pub(crate) async fn store(
        &self,
        parent: parent::Model,
        ledgers: Vec<LedgerKey>,
        caller: Caller,
    ) -> Result<Outcome<JoinParentResponse>, Refusal> {
        let by = caller.account.clone();
        let call = Call::internal(caller, "TierAdminService/JoinParent");
        let outcome = self.service.writer.run(JoinParent { parent, ledgers, by }, call).await?;
        self.read_again().await?;
        Ok(outcome)
    }

    /// Stores the certificate that replaces the one of now.
    pub(crate) async fn renewed(&self, joined: &Joined, key_file: &str, answer: RenewResponse) -> Result<(), Refusal> {
        let expires = answer.expire_time.as_ref().map(|time| clock::from_proto("expire_time", time)).transpose()?;
        let command = RenewParent {
            replaces: joined.parent.fingerprint.clone(),
            fingerprint: fingerprint_of(&answer.certificate_chain)?,
            chain: answer.certificate_chain,
            key_file: key_file.to_owned(),
            expire_time: expires.map_or(joined.parent.expire_time, |expires| expires.as_millisecond()),
        };
        let call = Call::internal(self.service.caller.clone(), "TierAdminService/RenewParent");
        self.service.writer.run(command, call).await?;
        self.read_again().await
    }
}

fn fingerprint_of(chain: &str) -> Result<String, Refusal> {
    let chain = certificates(chain.as_bytes()).map_err(|error| unusable(TlsError::Use(error)))?;
    chain.first().map(|certificate| fingerprint(certificate)).ok_or_else(|| Refusal::new(Reason::Internal))
}
