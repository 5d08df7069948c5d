//! A chain of tiers, each a program of its own in a folder of its own: each gives its one indicator to the tier below, which
//! answers it with its own. There may be any number of them; none knows how many.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::service::SERVICES;
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::programme_service_client::ProgrammeServiceClient;
use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, Division, ImportDivisionsRequest, ImportProgrammeRequest,
    IssueProgrammeRequest, MandateReference, Programme, ReportingRules, SourceDocument,
};
use minsheng_proto::common::v1::Quantity;
use minsheng_proto::identity::v1::tier_admin_service_client::TierAdminServiceClient;
use minsheng_proto::identity::v1::{CreateEnrolmentCodeRequest, JoinParentRequest, Role};
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{FileReportRequest, GetReportRequest, Report, ReportState};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{CertifyReportRequest, GetCaseRequest, PassReportRequest};
use tonic::{Code, Status};

use crate::small::{self, PASSWORD, account};
use crate::{Client, Program};

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// A division of the chain, from the top.
#[derive(Clone, Debug)]
pub struct Place {
    /// Code.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
}

/// How a tier's gateway is reached, and by what it is trusted.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Address.
    pub address: String,
    /// Certificate that clients trust.
    pub certificate: String,
    /// Password of the first account.
    pub first_password: String,
}

/// A tier with its people.
#[derive(Debug)]
pub struct Link<P = Program> {
    /// Its division.
    pub place: Place,
    /// What runs it: a process, or containers.
    pub program: P,
    /// Its accounts, logged in.
    pub security: Client,
    /// The livelihood office.
    pub office: Client,
    /// Head of the lead unit.
    pub head: Client,
    /// The certifier.
    pub certifier: Client,
}

/// The year of the chain's programmes.
pub fn year() -> i16 {
    SystemClock.now().to_zoned(TimeZone::fixed(offset(8))).year()
}

/// Its months so far, the newest last.
pub fn months() -> Vec<String> {
    let today = SystemClock.now().to_zoned(TimeZone::fixed(offset(8)));
    (1..=today.month()).map(|month| format!("{}-{month:02}", today.year())).collect()
}

/// Environment by which a program serves a division.
pub fn environment(division: &str) -> Vec<(String, String)> {
    SERVICES
        .iter()
        .map(|service| (format!("MINSHENG_{}__DIVISION", service.to_uppercase()), division.to_owned()))
        .chain([("MINSHENG_CATALOGUE__MANDATES__POLL_SECONDS".to_owned(), "1".to_owned())])
        .collect()
}

/// The programme of a place in the chain: one indicator, its target the share of the tier above, given on to the tier below.
pub fn programme(place: &Place, above: Option<&Place>, below: Option<&Place>) -> Programme {
    let year = year();
    let mut programme = small::programme(year.into(), 1);
    programme.division = place.code.into();
    programme.division_name = place.name.into();
    programme.source = Some(SourceDocument {
        title: format!("{}重点民生实事任务（演示数据）", place.name),
        published: format!("{year}-01-01"),
        document_number: format!("演示〔{year}〕1号"),
        ..SourceDocument::default()
    });
    // In time on every day of every month.
    programme.reporting_rules = programme.reporting_rules.map(|rules| ReportingRules { due_day: 28, ..rules });
    if let Some(above) = above {
        let measure = format!("programmes/{}-{year}/indicators/1.1/measures/1.1-1", above.code);
        programme.projects[0].indicators[0].mandates = vec![MandateReference {
            measure,
            target: Some(Quantity { value: "1000".into(), unit: "个".into() }),
            document_number: format!("演示〔{year}〕1号"),
            own_measure: "1.1-1".into(),
        }];
    }
    if let Some(below) = below {
        programme.allocation_table = Some(AllocationTable {
            columns: vec![AllocationColumn {
                measure: "1.1-1".into(), heading: "计量项1".into(), unit: "个".into()
            }],
            rows: vec![AllocationRow {
                division: below.code.into(),
                display_name: below.name.into(),
                cells: vec!["1000".into()],
                mandate: true,
            }],
            printed_totals: vec![String::new()],
            ..AllocationTable::default()
        });
    }
    programme
}

impl Link {
    /// Starts a tier, with its people, divisions and units; without programme and parent.
    pub async fn start(place: &Place, chain: &[Division], folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let program = Program::start(folder, &environment(place.code));
        Self::with(place, chain, program).await
    }

    /// The same over a program that was started otherwise.
    pub async fn with(place: &Place, chain: &[Division], program: Program) -> Self {
        let reached = Reached {
            address: program.address().to_owned(),
            certificate: program.certificate(),
            first_password: program.first_password(),
        };
        Self::over(place, chain, reached, program).await
    }

    /// Becomes known to the tier above.
    pub async fn join(&self, parent: &Link) {
        self.join_at(&format!("https://{}", parent.program.address()), parent).await;
    }
}

impl<P> Link<P> {
    /// The people, divisions and units of a tier that runs already.
    pub async fn over(place: &Place, chain: &[Division], reached: Reached, program: P) -> Self {
        let Reached { address, certificate, first_password } = reached;
        let log_in = |account: &'static str| {
            let (address, certificate) = (address.clone(), certificate.clone());
            async move { Client::log_in(&address, &certificate, account, PASSWORD).await.unwrap() }
        };
        let security = Client::log_in(&address, &certificate, "security-admin", &first_password).await.unwrap();
        for (id, unit, role) in
            [("office", "ssb", Role::Office), ("head", "jyj", Role::Head), ("certifier", "tjj", Role::Certifier)]
        {
            account(&security, id, id, unit, &[role]).await.unwrap();
        }
        let (office, head, certifier) = (log_in("office").await, log_in("head").await, log_in("certifier").await);
        let asked =
            ImportDivisionsRequest { divisions: chain.to_vec(), request_id: "divisions".into(), validate_only: false };
        DivisionServiceClient::new(office.door()).import_divisions(asked).await.unwrap();
        small::units(&office, place.code).await.unwrap();
        Self { place: place.clone(), program, security, office, head, certifier }
    }

    /// Puts a programme in force.
    pub async fn issue(&self, programme: Programme) {
        let name = format!("programmes/{}-{}", programme.division, programme.year);
        let mut programmes = ProgrammeServiceClient::new(self.office.door()).max_decoding_message_size(usize::MAX);
        let (import, issue) = (format!("import-{}", programme.year), format!("issue-{}", programme.year));
        let asked = ImportProgrammeRequest { programme: Some(programme), request_id: import, validate_only: false };
        let draft = programmes.import_programme(asked).await.unwrap().into_inner().draft.unwrap();
        let asked = IssueProgrammeRequest { name, etag: draft.etag, request_id: issue };
        programmes.issue_programme(asked).await.unwrap();
    }

    /// Becomes known to the tier above, by the address that it will use.
    pub async fn join_at(&self, url: &str, parent: &Link<P>) {
        let asked = CreateEnrolmentCodeRequest { division: self.place.code.into() };
        let code = TierAdminServiceClient::new(parent.security.door());
        let code = code.clone().create_enrolment_code(asked).await.unwrap().into_inner();
        let asked = JoinParentRequest { url: url.to_owned(), code: code.code, fingerprint: code.fingerprint };
        TierAdminServiceClient::new(self.security.door()).join_parent(asked).await.unwrap();
    }

    /// The report of an indicator of this tier for a month, once it is as wanted.
    pub async fn report(&self, indicator: &str, month: &str, wanted: impl Fn(&Report) -> bool) -> Report {
        let name = format!("programmes/{}-{}/indicators/{indicator}/reports/{month}", self.place.code, year());
        let mut reports = ReportServiceClient::new(self.office.door());
        let end = Instant::now() + PATIENCE;
        loop {
            let found = reports.get_report(GetReportRequest { name: name.clone() }).await;
            if let Ok(answer) = &found
                && let Some(report) = answer.get_ref().report.as_ref()
                && wanted(report)
            {
                return report.clone();
            }
            assert!(Instant::now() < end, "{name} does not become as it must: {found:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The lead unit files a number; the office passes it, the certifier certifies it.
    pub async fn file_and_certify(&self, month: &str, number: u64) {
        self.file_and_certify_of(1, month, number).await;
    }

    /// The same of the indicator with a number.
    pub async fn file_and_certify_of(&self, indicator: usize, month: &str, number: u64) {
        let code = small::code(indicator);
        let name = format!("programmes/{}-{}/indicators/{code}/reports/{month}", self.place.code, year());
        self.report(&code, month, |_| true).await;
        let request_id = format!("file-{code}-{month}");
        let content = Some(small::content(indicator, number));
        let asked = FileReportRequest { name: name.clone(), content, request_id };
        let version = ReportServiceClient::new(self.head.door()).file_report(asked).await.unwrap().into_inner();
        let version = version.report.unwrap().version;
        let case = format!("{name}/versions/{version}");
        self.decide(&case).await;
    }

    /// What stands in a report is certified, whichever version comes last while that is done.
    pub async fn settle(&self, indicator: &str, month: &str, wanted: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let is_it = |report: &Report| number(report).as_deref() == Some(wanted);
            let report = self.report(indicator, month, is_it).await;
            if report.state() == ReportState::Certified {
                return;
            }
            if let Err(status) = self.try_decide(&format!("{}/versions/{}", report.name, report.version)).await {
                // A newer version has come meanwhile, the case moved on after it was read, or what was decided is not known
                // to reporting yet.
                assert!(matches!(status.code(), Code::FailedPrecondition | Code::Aborted), "{status:?}");
                assert!(Instant::now() < end, "{} is not certified: {status:?}", report.name);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The office passes a case where nobody has, and the certifier certifies it.
    pub async fn decide(&self, case: &str) {
        self.try_decide(case).await.unwrap();
    }

    async fn try_decide(&self, case: &str) -> Result<(), Status> {
        let mut office = CertificationServiceClient::new(self.office.door());
        let end = Instant::now() + PATIENCE;
        let known = loop {
            match office.get_case(GetCaseRequest { name: case.into() }).await {
                Ok(answer) => break answer.into_inner().case.unwrap(),
                Err(status) => assert!(Instant::now() < end, "{case} does not come: {status:?}"),
            }
            tokio::time::sleep(PAUSE).await;
        };
        let mut etag = known.etag.clone();
        if known.state() == minsheng_proto::verification::v1::CaseState::ToCheck {
            let asked =
                PassReportRequest { name: case.into(), request_id: format!("{}-{etag}", short("pass", case)), etag };
            etag = office.pass_report(asked).await?.into_inner().case.unwrap().etag;
        }
        let asked = CertifyReportRequest {
            name: case.into(),
            request_id: format!("{}-{etag}", short("certify", case)),
            etag,
            ..CertifyReportRequest::default()
        };
        CertificationServiceClient::new(self.certifier.door()).certify_report(asked).await.map(|_| ())
    }
}

/// A request id of what is done to a case.
fn short(act: &str, case: &str) -> String {
    let tail: Vec<&str> = case.rsplit('/').take(5).collect();
    format!("{act}-{}-{}-{}", tail[4], tail[2], tail[0])
}

/// The number that a report says of its one measure.
pub fn number(report: &Report) -> Option<String> {
    use minsheng_proto::common::v1::value::State;
    let value = report.content.as_ref()?.values.first()?.value.as_ref()?;
    match value.state.as_ref()? {
        State::Quantity(quantity) => Some(quantity.value.clone()),
        _ => None,
    }
}
