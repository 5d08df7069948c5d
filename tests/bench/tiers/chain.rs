//! Province, municipality and county as processes of their own, each giving all its indicators to the tier below, and what
//! people do in them in bulk: file, pass, certify.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, DivisionLevel, MandateReference, Programme,
};
use minsheng_proto::common::v1::{BulkMode, Quantity};
use minsheng_proto::identity::v1::tier_admin_service_client::TierAdminServiceClient;
use minsheng_proto::identity::v1::{
    CreateEnrolmentCodeRequest, ExchangeNowRequest, ExchangeNowResponse, JoinParentRequest,
};
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::{GetCheckpointRequest, GetCheckpointResponse};
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{BatchFileReportsRequest, FileReportRow};
use minsheng_proto::tier::v1::uplink_service_client::UplinkServiceClient;
use minsheng_proto::tier::v1::{ListOutgoingSetsRequest, OutgoingSetState};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{BatchDecideRequest, Case, CaseState, DecideRow, Decision, ListCasesRequest};
use minsheng_tests::{Client, Program, small};

use crate::figures::Territory;
use crate::load::account;
use crate::{filing, tier};

/// The tiers from the top.
pub const PLACES: [(&str, &str); 3] = [("430000", "湖南省"), ("430900", "益阳市"), ("430923", "安化县")];
/// Target of each measure, at each tier.
const TARGET: &str = "1000";
/// What a measure grows by in a month, so that no check finds anything.
const A_MONTH: u64 = 80;
/// Calls at the same time, each by a head of its own.
pub const CALLS: usize = 4;
/// Rows of a call, the most that it may have.
const ROWS: usize = 1_000;

/// Months of a year.
pub const MONTHS: usize = 12;
/// Indicators of a programme: as many as a table that gives them down may have columns.
const INDICATORS: usize = 200;

/// A programme of the tiers: so many indicators in a year. Each of its reports lies in a month that is over.
#[derive(Clone, Copy, Debug)]
pub struct Year {
    pub year: i16,
    pub indicators: usize,
}

/// As many years, going back from one, as so many reports need.
pub fn years(reports: usize, last: i16) -> Vec<Year> {
    let count = reports.div_ceil(INDICATORS * MONTHS).max(1);
    let indicators = reports.div_ceil(count * MONTHS).max(1);
    (0..count).zip((0..=last).rev()).map(|(_, year)| Year { year, indicators }).collect()
}

/// A tier with its people, logged in.
pub struct Tier {
    pub program: Program,
    pub office: Client,
    pub certifier: Client,
    pub security: Client,
    heads: Vec<Client>,
}

impl Year {
    /// Its programme at a place.
    pub fn programme(self, place: usize) -> String {
        format!("programmes/{}-{}", PLACES[place].0, self.year)
    }

    /// One of its months.
    fn month(self, month: usize) -> String {
        format!("{}-{month:02}", self.year)
    }

    fn content(self, place: usize) -> Programme {
        let mut programme = small::programme(self.year.into(), self.indicators);
        filing::complete(&mut programme);
        (programme.division, programme.division_name) = (PLACES[place].0.into(), PLACES[place].1.into());
        if let Some(above) = place.checked_sub(1) {
            let above = self.programme(above);
            for indicator in programme.projects.iter_mut().flat_map(|project| &mut project.indicators) {
                let own_measure = indicator.measures[0].code.clone();
                indicator.mandates = vec![MandateReference {
                    measure: format!("{above}/indicators/{}/measures/{own_measure}", indicator.code),
                    target: Some(Quantity { value: TARGET.into(), unit: "个".into() }),
                    document_number: String::new(),
                    own_measure,
                }];
            }
        }
        if let Some((code, name)) = PLACES.get(place + 1) {
            let column = |number: usize| AllocationColumn {
                measure: format!("{}-1", small::code(number)),
                heading: format!("计量项{number}"),
                unit: "个".into(),
            };
            programme.allocation_table = Some(AllocationTable {
                columns: (1..=self.indicators).map(column).collect(),
                rows: vec![AllocationRow {
                    division: (*code).into(),
                    display_name: (*name).into(),
                    cells: vec![TARGET.into(); self.indicators],
                    mandate: true,
                }],
                printed_totals: vec![String::new(); self.indicators],
                ..AllocationTable::default()
            });
        }
        programme
    }
}

impl Tier {
    /// Starts the tier of a place with these programmes in force.
    pub async fn start(place: usize, years: &[Year], territory: &Territory, folder: &Path) -> anyhow::Result<Self> {
        let division = PLACES[place].0;
        let program = tier::start(division, &folder.join(division), None)?;
        let content = tier::Content {
            division,
            divisions: territory.divisions(DivisionLevel::County),
            programmes: years.iter().map(|year| year.content(place)).collect(),
            heads: CALLS,
        };
        tier::prepare(&program, content).await.with_context(|| format!("the tier {division}"))?;
        let mut heads = Vec::new();
        for head in 0..CALLS {
            heads.push(tier::log_in(&program, &account(head)).await?);
        }
        let (office, certifier) = (tier::log_in(&program, "office").await?, tier::log_in(&program, "certifier").await?);
        let first = program.first_password();
        let security = Client::log_in(program.address(), &program.certificate(), "security-admin", &first).await?;
        Ok(Self { program, office, certifier, security, heads })
    }

    /// Becomes known to the tier above, which is reached at an address.
    pub async fn join(&self, place: usize, above: &Self, address: &str) -> anyhow::Result<()> {
        let asked = CreateEnrolmentCodeRequest { division: PLACES[place].0.into() };
        let mut security = TierAdminServiceClient::new(above.security.door());
        let code = security.create_enrolment_code(asked).await.map_err(tier::refused)?.into_inner();
        let url = format!("https://{address}");
        let asked = JoinParentRequest { url, code: code.code, fingerprint: code.fingerprint };
        TierAdminServiceClient::new(self.security.door()).join_parent(asked).await.map_err(tier::refused)?;
        Ok(())
    }

    /// Files all reports of some years in calls as large as may be, several at the same time; gives how long it took.
    pub async fn file(&self, years: &[Year]) -> anyhow::Result<Duration> {
        let row = |(year, month, number): (&Year, usize, usize)| FileReportRow {
            id: format!("{}-{number}", year.month(month)),
            name: format!(
                "{}/indicators/{}/reports/{}",
                year.programme(PLACES.len() - 1),
                small::code(number),
                year.month(month)
            ),
            content: Some(small::content(number, month as u64 * A_MONTH)),
        };
        let months = years.iter().flat_map(|year| (1..=MONTHS).map(move |month| (year, month)));
        let all = months.flat_map(|(year, month)| (1..=year.indicators).map(move |number| (year, month, number)));
        let rows: Vec<FileReportRow> = all.map(row).collect();
        let calls: Vec<Vec<FileReportRow>> = rows.chunks(ROWS).map(<[_]>::to_vec).collect();
        let begin = Instant::now();
        let mut filing = tokio::task::JoinSet::new();
        for (place, head) in self.heads.iter().enumerate() {
            let share: Vec<_> = calls.iter().skip(place).step_by(CALLS).cloned().collect();
            filing.spawn(file_some(head.clone(), share));
        }
        while let Some(done) = filing.join_next().await {
            done??;
        }
        Ok(begin.elapsed())
    }

    /// The cases of some years, once all are before the office.
    pub async fn cases(&self, years: &[Year]) -> anyhow::Result<Vec<Case>> {
        let mut all = Vec::new();
        let mut service = CertificationServiceClient::new(self.office.door()).max_decoding_message_size(usize::MAX);
        let end = Instant::now() + Duration::from_secs(300);
        for (year, month) in years.iter().flat_map(|year| (1..=MONTHS).map(move |month| (year, month))) {
            let asked = ListCasesRequest {
                programme: year.programme(PLACES.len() - 1),
                period: year.month(month),
                states: vec![CaseState::ToCheck.into()],
                page_size: 1000,
                page_token: String::new(),
            };
            loop {
                let cases = service.list_cases(asked.clone()).await.map_err(tier::refused)?.into_inner().cases;
                if cases.len() >= year.indicators {
                    all.extend(cases);
                    break;
                }
                ensure!(Instant::now() < end, "{}: {} of {} cases", asked.period, cases.len(), year.indicators);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(all)
    }

    /// Passes cases as the office, or certifies them as the certifier, in batches; gives them as they are then.
    pub async fn decide(&self, cases: &[Case], decision: Decision) -> anyhow::Result<Vec<Case>> {
        let who = if decision == Decision::Pass { &self.office } else { &self.certifier };
        let mut service = CertificationServiceClient::new(who.door()).max_decoding_message_size(usize::MAX);
        let mut decided = Vec::with_capacity(cases.len());
        for batch in cases.chunks(ROWS) {
            let row = |(number, case): (usize, &Case)| DecideRow {
                id: number.to_string(),
                name: case.name.clone(),
                etag: case.etag.clone(),
                decision: decision.into(),
            };
            let rows = batch.iter().enumerate().map(row).collect();
            let request_id = format!("{}-{}", decision.as_str_name(), decided_id(&batch[0].name));
            let asked = BatchDecideRequest { rows, mode: BulkMode::AllOrNothing.into(), request_id };
            let answer = service.batch_decide(asked).await.map_err(tier::refused)?.into_inner();
            ensure!(answer.failures.is_empty(), "decisions refused: {:?}", answer.failures.first());
            decided.extend(answer.successes.into_iter().filter_map(|success| success.case));
        }
        Ok(decided)
    }

    /// Exchanges heads with the tier above now.
    pub async fn exchange(&self) -> anyhow::Result<ExchangeNowResponse> {
        let mut security = TierAdminServiceClient::new(self.security.door());
        let answer = security.exchange_now(ExchangeNowRequest {}).await.map_err(tier::refused)?.into_inner();
        ensure!(answer.refused.is_empty(), "heads refused: {:?}", answer.refused);
        Ok(answer)
    }

    /// The head of one of its ledgers.
    pub async fn head(&self, ledger: &str) -> anyhow::Result<GetCheckpointResponse> {
        let asked = GetCheckpointRequest { ledger: ledger.into() };
        let mut ledger = LedgerServiceClient::new(self.office.door());
        Ok(ledger.get_checkpoint(asked).await.map_err(tier::refused)?.into_inner())
    }

    /// Whether something waits to go up.
    pub async fn has_pending(&self) -> anyhow::Result<bool> {
        let state = OutgoingSetState::Pending.into();
        let asked = ListOutgoingSetsRequest { state, page_size: 1, ..ListOutgoingSetsRequest::default() };
        let mut uplink = UplinkServiceClient::new(self.office.door());
        let answer = uplink.list_outgoing_sets(asked).await.map_err(tier::refused)?.into_inner();
        Ok(!answer.sets.is_empty())
    }
}

/// Number of entries that a head covers.
pub fn size(checkpoint: &str) -> anyhow::Result<u64> {
    let size = checkpoint.lines().nth(1).context("a checkpoint has three lines")?;
    Ok(size.parse()?)
}

/// A report in few letters, for a request id.
fn decided_id(case: &str) -> String {
    let parts: Vec<&str> = case.split('/').collect();
    format!("{}-{}", parts.get(3).unwrap_or(&""), parts.get(5).unwrap_or(&""))
}

async fn file_some(head: Client, calls: Vec<Vec<FileReportRow>>) -> anyhow::Result<()> {
    let mut service = ReportServiceClient::new(head.door())
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    for rows in calls {
        let request_id = format!("file-{}", rows[0].id);
        let asked = BatchFileReportsRequest { rows, mode: BulkMode::AllOrNothing.into(), request_id };
        let answer = service.batch_file_reports(asked).await.map_err(tier::refused)?.into_inner();
        ensure!(answer.failures.is_empty(), "reports refused: {:?}", answer.failures.first());
    }
    Ok(())
}
