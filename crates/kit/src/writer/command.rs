//! What a command is to the writer: what it wants to see, and its decision.

use minsheng_proto::common::v1::Receipt;
use prost::Message;
use sha2::{Digest, Sha256};

use super::Context;
use crate::error::{Reason, Refusal};
use crate::identity::Caller;
use crate::store::{Rows, Wants};

/// A change that somebody asks for.
pub trait Command: Send + Sync + 'static {
    /// What the caller gets back; stored for repeats of the same request.
    type Answer: Message + Default + Send + 'static;

    /// The rows it must see to decide.
    fn wants(&self, wants: &mut Wants);

    /// More rows, once those are known: asked again, for the whole batch together, until nothing new is asked for.
    fn wants_more(&self, _rows: &Rows, _wants: &mut Wants) {}

    /// The decision: a change, or a refusal that leaves nothing. It may be asked for again, so it uses nothing up.
    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal>;

    /// About how many bytes it holds; a batch is bounded by the sum.
    fn weight(&self) -> usize {
        1024
    }
}

/// Who asks, by which method, and how a repeat is recognised.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who asks.
    pub caller: Caller,
    /// Method, for example "ReportService/FileReport".
    pub method: &'static str,
    /// The caller's id for this request; none for what a service decides itself.
    pub request_id: Option<String>,
    /// SHA-256 of the request's encoded body.
    pub body_sha256: [u8; 32],
    /// Decide and answer, change nothing.
    pub validate_only: bool,
}

impl Call {
    /// A caller's request. The id must be 1 to 64 characters.
    pub fn new(caller: Caller, method: &'static str, request_id: &str, body: &impl Message) -> Result<Self, Refusal> {
        let length = request_id.chars().count();
        if !(1..=64).contains(&length) {
            return Err(Refusal::new(Reason::RequestIdRequired).field(
                "request_id",
                "须为1至64个字符",
                "must be 1 to 64 characters",
            ));
        }
        Ok(Self {
            caller,
            method,
            request_id: Some(request_id.to_owned()),
            body_sha256: Sha256::digest(body.encode_to_vec()).into(),
            validate_only: false,
        })
    }

    /// The same, changing nothing. No id is needed.
    pub fn validate_only(caller: Caller, method: &'static str) -> Self {
        Self { caller, method, request_id: None, body_sha256: [0; 32], validate_only: true }
    }

    /// What a service decides itself.
    pub fn internal(caller: Caller, method: &'static str) -> Self {
        Self { caller, method, request_id: None, body_sha256: [0; 32], validate_only: false }
    }

    /// Key of the idempotency record: person (or account), method and id.
    pub(crate) fn idempotency_key(&self) -> Option<String> {
        let who = if self.caller.person.is_empty() { &self.caller.account } else { &self.caller.person };
        self.request_id.as_ref().map(|id| format!("{who}|{}|{id}", self.method))
    }
}

/// What a command that was not refused gave.
#[derive(Clone, Debug)]
pub struct Outcome<A> {
    /// The answer.
    pub answer: A,
    /// Receipts of its ledger entries in order; none where it wrote none.
    pub receipts: Vec<Receipt>,
}

impl<A> Outcome<A> {
    /// The receipt of the last entry.
    pub fn receipt(&self) -> Option<Receipt> {
        self.receipts.last().cloned()
    }
}
