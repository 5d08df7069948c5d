//! MandateService: a lower tier reads what it is given, and of nobody else.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::ledger::{LedgerReader, leaf_hash};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::witness::proven;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::tier::v1::mandate_service_server::MandateService;
use minsheng_proto::tier::v1::{ListMandateEntriesRequest, ListMandateEntriesResponse, Proven};
use tonic::{Request, Response, Status};

use super::Mandates;
use crate::store;

/// Entries of one answer.
const MAX_PAGE: i32 = 100;
/// Bytes of one answer, about; one entry larger than this travels alone.
const PAGE_BYTES: usize = 1024 * 1024;

impl Mandates {
    /// The division is the caller's own, which the gateway proved by its certificate; no other can be asked for.
    async fn list(
        &self,
        caller: &Caller,
        request: ListMandateEntriesRequest,
    ) -> Result<ListMandateEntriesResponse, Refusal> {
        self.0.policies.check(caller, Action::ReadMandates, &Resource::new("mandates"))?;
        let count = match request.page_size {
            0 => MAX_PAGE,
            1..=MAX_PAGE => request.page_size,
            _ => {
                let wanted = format!("0至{MAX_PAGE}");
                return Err(Refusal::new(Reason::PageSizeInvalid).with("maximum", MAX_PAGE).field(
                    "page_size",
                    format!("须为{wanted}"),
                    format!("must be 0 to {MAX_PAGE}"),
                ));
            }
        };
        let after = request.after.map(|after| i64::try_from(after).unwrap_or(i64::MAX));
        let count = u64::try_from(count).unwrap_or_default();
        let given = store::given(&caller.division, after, count, self.0.database.reader()).await?;
        let ledger = self.0.writer.ledger();
        // Read after the rows, the head covers them all.
        let (size, checkpoint) = ledger.head().await?;
        let mut entries = Vec::with_capacity(given.len());
        let mut bytes = 0;
        for row in given.iter().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            if bytes >= PAGE_BYTES {
                break;
            }
            let sequence = u64::try_from(row.sequence).map_err(|_| Refusal::new(Reason::Internal))?;
            let entry = entry(ledger, sequence, size, &checkpoint).await?;
            bytes += entry.body.len();
            entries.push(entry);
        }
        let more = entries.len() < given.len();
        Ok(ListMandateEntriesResponse { entries, more, verifier_key: ledger.verifier_key().to_owned() })
    }
}

/// An entry as it is stored, proven under a head.
async fn entry(ledger: &LedgerReader, sequence: u64, size: u64, checkpoint: &str) -> Result<Proven, Refusal> {
    let stored = ledger.entry(sequence).await?.ok_or_else(|| Refusal::new(Reason::Internal))?;
    let proof = ledger.inclusion_proof(sequence, size).await?;
    let receipt = Receipt {
        origin: ledger.origin().to_owned(),
        sequence,
        leaf_hash: leaf_hash(&stored.body).0.to_vec(),
        inclusion_proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
        checkpoint: checkpoint.to_owned(),
    };
    Ok(proven(stored.body, receipt))
}

#[tonic::async_trait]
impl MandateService for Mandates {
    async fn list_mandate_entries(
        &self,
        request: Request<ListMandateEntriesRequest>,
    ) -> Result<Response<ListMandateEntriesResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.list(&caller, request.into_inner()).await?))
    }
}
