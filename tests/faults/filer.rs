//! The people of the child: they file in bulk, pass and certify, whatever is the matter with the line or with their tier.
//! A call without an answer is made again as it was, under the same request id.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{BatchFileReportsRequest, FileReportRow};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{
    BatchDecideRequest, BatchDecideResponse, Case, CaseState, DecideRow, Decision, ListCasesRequest,
};
use minsheng_tests::client::Door;
use minsheng_tests::{Client, small};
use tonic::{Code, Status};

use crate::pair::{A_PROGRAMME, PATIENCE, Pair, place, report};

/// What was filed and certified: the number of each report of the child.
pub type Filed = BTreeMap<String, u64>;

/// Who files, passes and certifies.
#[derive(Clone, Debug)]
pub struct Filer {
    head: Client,
    office: Client,
    certifier: Client,
}

impl Filer {
    /// The people of a pair's child.
    pub fn of(pair: &Pair) -> Self {
        let link = &pair.below.link;
        Self { head: link.head.clone(), office: link.office.clone(), certifier: link.certifier.clone() }
    }

    /// Files the reports of a month on these indicators of one programme in one call, and passes and certifies them in one
    /// call each.
    pub async fn month(&self, month: usize, indicators: RangeInclusive<usize>) -> Filed {
        let mut filed = Filed::new();
        let row = |indicator: usize| {
            // Another figure each month: the same again would ask for an explanation.
            let number = 10 * month as u64 + indicator as u64 % 7;
            let name = report(indicator, month);
            filed.insert(name.clone(), number);
            let content = small::content((indicator - 1) % A_PROGRAMME + 1, number);
            FileReportRow { id: indicator.to_string(), name, content: Some(content) }
        };
        let (first, rows) = (*indicators.start(), indicators.map(row).collect());
        let asked = BatchFileReportsRequest {
            rows,
            mode: BulkMode::AllOrNothing.into(),
            request_id: format!("file-{month}-{first}"),
        };
        let service = ReportServiceClient::new(self.head.door()).max_decoding_message_size(usize::MAX);
        let answer = until_answered(|| {
            let (mut service, asked) = (service.clone(), asked.clone());
            async move { service.batch_file_reports(asked).await }
        })
        .await;
        assert!(answer.failures.is_empty(), "{:?}", answer.failures.first());

        let cases = self.cases(&place(first).0, month, &filed).await;
        let passed = self.decide(&self.office, cases, Decision::Pass, &format!("pass-{month}-{first}")).await;
        let cases = passed.successes.into_iter().map(|success| success.case.unwrap()).collect();
        self.decide(&self.certifier, cases, Decision::Certify, &format!("certify-{month}-{first}")).await;
        filed
    }

    /// The cases of these reports, once all are before the office.
    async fn cases(&self, programme: &str, month: usize, filed: &Filed) -> Vec<Case> {
        let service = CertificationServiceClient::new(self.office.door()).max_decoding_message_size(usize::MAX);
        let year = programme.rsplit('-').next().unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            let asked = ListCasesRequest {
                programme: programme.to_owned(),
                period: format!("{year}-{month:02}"),
                states: vec![CaseState::ToCheck.into()],
                page_size: 1000,
                page_token: String::new(),
            };
            let answer = until_answered(|| {
                let (mut service, asked) = (service.clone(), asked.clone());
                async move { service.list_cases(asked).await }
            })
            .await;
            let cases: Vec<Case> = answer.cases.into_iter().filter(|case| filed.contains_key(&case.report)).collect();
            if cases.len() == filed.len() {
                return cases;
            }
            assert!(Instant::now() < end, "{} of {} cases came", cases.len(), filed.len());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn decide(&self, who: &Client, cases: Vec<Case>, decision: Decision, id: &str) -> BatchDecideResponse {
        let row = |(number, case): (usize, Case)| DecideRow {
            id: number.to_string(),
            name: case.name,
            etag: case.etag,
            decision: decision.into(),
        };
        let rows = cases.into_iter().enumerate().map(row).collect();
        let asked = BatchDecideRequest { rows, mode: BulkMode::AllOrNothing.into(), request_id: id.into() };
        let service: CertificationServiceClient<Door> =
            CertificationServiceClient::new(who.door()).max_decoding_message_size(usize::MAX);
        let answer = until_answered(|| {
            let (mut service, asked) = (service.clone(), asked.clone());
            async move { service.batch_decide(asked).await }
        })
        .await;
        assert!(answer.failures.is_empty(), "{:?}", answer.failures.first());
        answer
    }
}

/// Makes a call again for as long as there is no answer to it.
async fn until_answered<T, F>(call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<tonic::Response<T>, Status>>,
{
    const NO_ANSWER: [Code; 6] = [
        Code::Unavailable,
        Code::Unknown,
        Code::Cancelled,
        Code::Internal,
        Code::DeadlineExceeded,
        Code::Unauthenticated,
    ];
    let end = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Ok(answer) => return answer.into_inner(),
            Err(status) if NO_ANSWER.contains(&status.code()) && Instant::now() < end => {}
            Err(status) => panic!("{status:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
