//! What a bundle has to do with this tier's certificate: it is signed by it, brings another one, and files bring the first.

use minsheng_kit::authority::{is_key_of, request_certificate, sign};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Caller;
use minsheng_kit::tls::{TlsError, certificates, fingerprint};
use minsheng_kit::writer::Call;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::tier::v1::{EnrolRequest, EnrolmentAnswered, EnrolmentAsked, RenewResponse};
use sha2::{Digest, Sha256};
use tonic::Status;

use super::signed;
use crate::command::RequestByFile;
use crate::entity::{bundle_request, parent};
use crate::key_file::NewKey;
use crate::parent::{Joined, Parent, unusable};

impl Parent {
    /// This tier's certificate, DER, and its signature of a bundle.
    pub(crate) fn sign(&self, joined: &Joined, bundle: &[u8]) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
        let own = first_of(&joined.parent.chain)?;
        let signature = sign(&self.folder.join(&joined.parent.key_file), &signed(&own, bundle))?;
        Ok((own, signature))
    }

    /// A request for the next certificate, with a key of its own for the bundle of this number.
    pub(crate) fn request_renewal(&self, number: i64) -> Result<Vec<u8>, Refusal> {
        let key_file = self.folder.join(renewal_key(number));
        request_certificate(&key_file, &self.service.division).map_err(unusable)
    }

    /// The next certificate, as the answer to the bundle of this number; false where it is of no use any more.
    pub(crate) async fn take_renewal(&self, number: u64, answer: RenewResponse) -> Result<bool, Refusal> {
        let joined = self.joined()?;
        let key_file = renewal_key(i64::try_from(number).unwrap_or_default());
        let certificate = first_of(&answer.certificate_chain).map_err(unusable)?;
        let is_newer = answer.expire_time.is_some_and(|it| it.seconds * 1000 > joined.parent.expire_time);
        let is_ours = self.folder.join(&key_file).exists()
            && is_key_of(&self.folder.join(&key_file), &certificate).map_err(unusable)?;
        if !is_newer || !is_ours || fingerprint(&certificate) == joined.parent.fingerprint {
            return Ok(false);
        }
        self.renewed(&joined, &key_file, answer).await?;
        Ok(true)
    }

    /// Asks for a certificate by a file: the key is made here, and the request remembered until its answer comes.
    pub(crate) async fn ask_by_file(
        &self,
        secret: &str,
        caller: Caller,
    ) -> Result<(EnrolmentAsked, Option<Receipt>), Status> {
        let key = NewKey::in_folder(&self.folder);
        let certificate_request = request_certificate(key.path(), &self.service.division).map_err(unusable)?;
        let command = RequestByFile {
            secret: secret.to_owned(),
            key_file: key.name().to_owned(),
            request_sha256: Sha256::digest(&certificate_request).into(),
            by: caller.account.clone(),
        };
        let ledgers = self.ledgers.keys().await;
        key.keep();
        let call = Call::internal(caller, "BundleEnrolmentService/RequestEnrolment");
        let receipt = self.service.writer.run(command, call).await?.receipt();
        let request = EnrolRequest { code: String::new(), certificate_request, ledgers };
        Ok((EnrolmentAsked { division: self.service.division.clone(), request: Some(request) }, receipt))
    }

    /// Joins the parent whose answer came by a file.
    pub(crate) async fn accept_by_file(
        &self,
        pending: &bundle_request::Model,
        answered: EnrolmentAnswered,
        caller: Caller,
    ) -> Result<(parent::Model, Option<Receipt>), Refusal> {
        if hex::encode(&answered.request_sha256) != pending.request_sha256 {
            return Err(Refusal::new(Reason::BundleMisaddressed));
        }
        let answer = answered.response.unwrap_or_default();
        // Who joins the same parent again keeps the line, if there was one.
        let known = self.joined().ok().filter(|known| known.parent.division == answer.parent_division);
        let place = known.as_ref().map_or(("", ""), |known| (&known.parent.url, &known.parent.pinned));
        let (parent, ledgers) = self.read_answer(place, &pending.key_file, answer)?;
        let certificate = first_of(&parent.chain).map_err(unusable)?;
        if !is_key_of(&self.folder.join(&pending.key_file), &certificate).map_err(unusable)? {
            return Err(Refusal::new(Reason::BundleAltered));
        }
        let receipt = self.store(parent.clone(), ledgers, caller).await?.receipt();
        Ok((parent, receipt))
    }
}

/// Name of the key that the bundle of a number asks for a certificate with: its answer may come after weeks.
fn renewal_key(number: i64) -> String {
    format!("bundle-{number}.key")
}

/// The first certificate of a chain, DER.
fn first_of(chain: &str) -> Result<Vec<u8>, TlsError> {
    let chain = certificates(chain.as_bytes()).map_err(TlsError::Use)?;
    chain.first().map(|first| first.to_vec()).ok_or_else(|| TlsError::Use("no certificate".to_owned()))
}
