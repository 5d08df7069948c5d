//! TraceService: the numbers of the entries that a report's figures rest on. What the entries say, whoever asks proves.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::policy::{Action, Resource};
use minsheng_proto::tier::v1::trace_service_server::TraceService;
use minsheng_proto::tier::v1::{
    GetSourcesRequest, GetSourcesResponse, LedgerKey, ListLowerLedgersRequest, ListLowerLedgersResponse, ReportSources,
};
use tonic::{Request, Response, Status};

use super::Parts;
use crate::entity::{report, tier_figure};
use crate::store;

impl Parts {
    async fn sources(&self, caller: &Caller, name: &str) -> Result<GetSourcesResponse, Refusal> {
        let read = self.read(caller, name).await?;
        let own = of_report(&read.row).ok_or_else(|| Refusal::new(Reason::ReportUnknown).with("name", name))?;
        let shares = store::tier_figures(name, self.service.database.reader()).await?;
        Ok(GetSourcesResponse { own: Some(own), shares: shares.iter().map(of_share).collect() })
    }

    async fn lower_ledgers(&self, caller: &Caller) -> Result<ListLowerLedgersResponse, Refusal> {
        self.service.policies.check(caller, Action::ReadEntry, &Resource::new("ledger"))?;
        let mut ledgers = Vec::new();
        for row in store::tier_keys(self.service.database.reader()).await? {
            let key = |line: &str| LedgerKey { origin: row.origin.clone(), verifier_key: line.to_owned() };
            ledgers.extend(row.former_keys.lines().map(key).chain([key(&row.verifier_key)]));
        }
        Ok(ListLowerLedgersResponse { ledgers })
    }
}

/// The entries of what is certified, else of what was submitted last; none where nothing was.
fn of_report(row: &report::Model) -> Option<ReportSources> {
    let number = |number: i64| u64::try_from(number).ok();
    let certification = number(row.certified_entry);
    let (submission, is_newest) = match certification {
        Some(_) => (row.certified_submission, row.certified_version == row.version),
        None => (row.submission_sequence, true),
    };
    Some(ReportSources {
        report: row.name.clone(),
        submission_sequence: number(submission)?,
        pass_sequence: number(row.passed_entry).filter(|_| row.fast && is_newest),
        certification_sequence: certification,
    })
}

fn of_share(row: &tier_figure::Model) -> ReportSources {
    let decision = Some(row.decision.cast_unsigned());
    ReportSources {
        report: row.report.clone(),
        submission_sequence: row.submission.cast_unsigned(),
        pass_sequence: decision.filter(|_| !row.certified),
        certification_sequence: decision.filter(|_| row.certified),
    }
}

#[tonic::async_trait]
impl TraceService for Parts {
    async fn get_sources(&self, request: Request<GetSourcesRequest>) -> Result<Response<GetSourcesResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.sources(&caller, &request.get_ref().report).await?))
    }

    async fn list_lower_ledgers(
        &self,
        request: Request<ListLowerLedgersRequest>,
    ) -> Result<Response<ListLowerLedgersResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.lower_ledgers(&caller).await?))
    }
}
