//! FilingService: what lower tiers file. The proofs of a call are checked here, before it comes to the writer.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use minsheng_kit::clock;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::convert::period;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller, Role};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::Call;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::tier::v1::filing_service_server::FilingService;
use minsheng_proto::tier::v1::{
    FileSetsRequest, FileSetsResponse, FiledSet, Filing, ListFilingsRequest, ListFilingsResponse,
};
use tonic::{Request, Response, Status};

use super::Parts;
use crate::command::{FileSets, RaiseAlarm};
use crate::entity::{report, tier_set};
use crate::programme::internal;
use crate::report::milliseconds;
use crate::store;
use crate::tier::{Alarm, Came, Keys, Stranger, prove, stranger};

/// Most sets of a call.
const MAX_SETS: usize = 200;
/// Longest sub-request id, in characters.
const ID_CHARS: usize = 64;

impl Parts {
    async fn take_sets(&self, caller: Caller, request: FileSetsRequest) -> Result<FileSetsResponse, Refusal> {
        self.service.policies.check(&caller, Action::FileSets, &Resource::new("report"))?;
        let sets = read(request.sets)?;
        let connection = self.service.database.reader();
        let division = division(&caller)?;
        if let Some(found) = stranger(&division, &sets, &request.ledgers) {
            return Err(self.refuse_all(caller, &division, &found).await);
        }
        let keys = Keys::new(&division, &store::tier_keys(connection).await?, &request.ledgers)?;
        let (mut proved, mut refused) = (Vec::with_capacity(sets.len()), Vec::new());
        for came in sets {
            let id = came.set.id.clone();
            match prove(came, &keys) {
                Ok(set) => proved.push(set),
                Err(refusal) => refused.push(refusal.row(id)),
            }
        }
        metrics::counter!("minsheng_verification_failures_total", "service" => crate::NAME, "of" => "set")
            .increment(refused.len() as u64);
        let command = FileSets { sets: proved, refused, alarms: keys.alarms(), rules: self.rules.clone() };
        let call = Call::internal(caller, "FilingService/FileSets");
        let outcome = self.service.writer.run(command, call).await?;
        let mut answer = outcome.answer;
        // What was written now comes with its receipts; of what is there already they are read.
        let mut receipts: BTreeMap<u64, Receipt> =
            outcome.receipts.into_iter().map(|receipt| (receipt.sequence, receipt)).collect();
        let number = |filed: &FiledSet| filed.receipt.as_ref().map_or(0, |receipt| receipt.sequence);
        let earlier = answer.filed.iter().map(number).filter(|sequence| !receipts.contains_key(sequence));
        let earlier: Vec<u64> = earlier.collect();
        let earlier = self.service.writer.ledger().proven(&earlier).await?.into_iter();
        receipts.extend(earlier.map(|(_, receipt)| (receipt.sequence, receipt)));
        for filed in &mut answer.filed {
            let receipt = receipts.get(&number(filed)).cloned();
            filed.receipt = Some(receipt.ok_or_else(|| internal("a set without its entry"))?);
        }
        Ok(answer)
    }

    /// A batch that holds something of another tier is refused as a whole, which the gateway audits, and people are told.
    async fn refuse_all(&self, caller: Caller, division: &str, found: &Stranger) -> Refusal {
        let command = RaiseAlarm(Alarm::of_another(division, found));
        if let Err(refusal) = self.service.writer.run(command, Call::internal(caller, "FilingService/FileSets")).await {
            return refusal;
        }
        Refusal::new(Reason::NotAllowed)
            .because(
                format!("{}属于{}，不是本下级的数据；整批没有收。", found.place, found.origin),
                format!("{} is of {}, not of the sender: the batch was refused as a whole.", found.place, found.origin),
            )
            .with("origin", &found.origin)
    }

    async fn filings(&self, caller: &Caller, request: &ListFilingsRequest) -> Result<ListFilingsResponse, Refusal> {
        self.service.policies.check(caller, Action::ReadFilings, &Resource::new("report"))?;
        let division = division(caller)?;
        let year = ProgrammeName::parse("programme", &request.programme)?.year;
        if !request.period.is_empty() {
            period::month_of_year("period", &request.period, year)?;
        }
        let query = ["ListFilings", &division, &request.programme, &request.period];
        let page = Page::parse(page::LIST, &query, request.page_size, &request.page_token)?;
        let connection = self.service.database.reader();
        let mut rows = store::newest_sets(&division, &request.programme, &request.period, &page, connection).await?;
        let next_page_token = page.cut(&mut rows, |row| row.key.clone());
        let names: Vec<String> = rows.iter().map(|row| row.report.clone()).collect();
        let reports = store::reports(&names, connection).await?;
        let reports: BTreeMap<&str, &report::Model> = reports.iter().map(|row| (row.name.as_str(), row)).collect();
        let filings = rows.iter().map(|row| shown(row, reports.get(row.report.as_str()).copied()));
        Ok(ListFilingsResponse { filings: filings.collect::<Result<_, _>>()?, next_page_token })
    }
}

/// The division of a tier that calls.
fn division(caller: &Caller) -> Result<String, Refusal> {
    if caller.has(Role::Tier) { Ok(caller.division.clone()) } else { Err(Refusal::new(Reason::NotAllowed)) }
}

/// Reads the sets of a call.
fn read(sets: Vec<Bytes>) -> Result<Vec<Came>, Refusal> {
    if sets.is_empty() {
        return Err(Refusal::required("sets"));
    }
    if sets.len() > MAX_SETS {
        return Err(Refusal::invalid("sets", "至多200套", "must be at most 200"));
    }
    let (mut seen, mut read) = (HashSet::new(), Vec::with_capacity(sets.len()));
    for (place, bytes) in sets.into_iter().enumerate() {
        let came = Came::read(bytes)
            .map_err(|_| Refusal::invalid(format!("sets[{place}]"), "不是一套数据（FigureSet）", "is no FigureSet"))?;
        let id = &came.set.id;
        if !(1..=ID_CHARS).contains(&id.chars().count()) || !seen.insert(id.clone()) {
            let field = format!("sets[{place}].id");
            return Err(Refusal::invalid(
                field,
                "须为1至64个字符，且不得重复",
                "must be 1 to 64 characters and unique",
            ));
        }
        read.push(came);
    }
    Ok(read)
}

fn shown(row: &tier_set::Model, report: Option<&report::Model>) -> Result<Filing, Refusal> {
    Ok(Filing {
        report: row.report.clone(),
        mark: row.mark,
        origin: row.origin.clone(),
        sequence: u64::try_from(row.sequence).map_err(|_| internal("the number of a set"))?,
        receive_time: Some(clock::to_proto(milliseconds(row.receive_time))),
        state: report.map_or_else(Default::default, |report| report.state),
        return_reasons: report.map(report::Model::return_reasons).transpose()?.unwrap_or_default(),
    })
}

#[tonic::async_trait]
impl FilingService for Parts {
    async fn file_sets(&self, request: Request<FileSetsRequest>) -> Result<Response<FileSetsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.take_sets(caller, request.into_inner()).await?))
    }

    async fn list_filings(
        &self,
        request: Request<ListFilingsRequest>,
    ) -> Result<Response<ListFilingsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.filings(&caller, request.get_ref()).await?))
    }
}
