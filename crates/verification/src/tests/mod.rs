//! The whole service over a real SQLite file: entries come in as followers give them, calls go through the handlers with a
//! proven caller, and every decision is taken in the writer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adjusting;
mod anhua;
mod at_once;
mod correcting;
mod following;
mod life;
mod listing;
mod persons;
mod tiers;

use std::sync::Arc;

use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::identity::{Caller, Role};
use minsheng_kit::service::Service;
use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, Basis, CertificationFrequency, Indicator, Measure, Programme,
    ProgrammeIssued, ProgrammeVersion, Project, ProjectKind, ReportingRules, SourceDocument, TargetKind,
};
use minsheng_proto::common::v1::{Quantity, Value, value};
use minsheng_proto::reporting::v1::{DivisionValue, MeasureValue, ReportContent, ReportSubmitted, ReturnReason};
use minsheng_proto::verification::v1::certification_service_server::CertificationService;
use minsheng_proto::verification::v1::{
    Adjustment, ApproveCorrectionRequest, ApproveCorrectionResponse, Case, CertifyReportRequest, CertifyReportResponse,
    GetCaseRequest, GetCaseResponse, PassReportRequest, PassReportResponse, RefuseCorrectionRequest,
    RefuseCorrectionResponse, ReturnReportRequest, ReturnReportResponse,
};
use minsheng_testkit::{Backend, Feed, TestDatabase, caller, moment};
use prost::Message;
use tonic::{Request, Status};

use crate::Migrator;
use crate::follow::Learn;
use crate::programmes::programmes;
use crate::service::Certification;

const PROGRAMME: &str = "programmes/430923-2023";
const TOWN: &str = "430923100";
const AREA: &str = "430923L01";
const BLANK: &str = "430923101";

/// The service with the two ledgers that it follows.
struct House {
    service: Service,
    api: Certification,
    catalogue: Feed,
    reporting: Feed,
    requests: u32,
    _database: TestDatabase,
}

impl House {
    /// A house whose programme certifies as often as is said.
    async fn new(frequency: CertificationFrequency) -> Self {
        Self::on(Backend::Sqlite, frequency).await
    }

    async fn on(backend: Backend, frequency: CertificationFrequency) -> Self {
        let mut house = Self::empty(backend).await;
        house.issue(1, frequency).await;
        house
    }

    async fn empty(backend: Backend) -> Self {
        let database = TestDatabase::new(backend);
        let (service, _clock) = minsheng_testkit::open::<Migrator>(crate::NAME, &database).await;
        let programmes = programmes();
        let learn = Arc::new(Learn::new(programmes.clone()));
        Self {
            api: Certification::new(service.clone(), programmes),
            catalogue: Feed::new("catalogue", learn.clone(), &service),
            reporting: Feed::new("reporting", learn, &service),
            service,
            requests: 0,
            _database: database,
        }
    }

    async fn issue(&mut self, version: i32, frequency: CertificationFrequency) {
        self.issue_with(version, frequency, |_| {}).await;
    }

    async fn issue_with(&mut self, version: i32, frequency: CertificationFrequency, change: impl Fn(&mut Programme)) {
        let mut programme = programme(frequency);
        change(&mut programme);
        let sha256 = vec![u8::try_from(version).unwrap(); 32];
        let issued = ProgrammeVersion {
            name: PROGRAMME.to_owned(),
            version,
            programme: Some(programme),
            sha256,
            ..ProgrammeVersion::default()
        };
        self.catalogue.entry(PROGRAMME, morning(), &ProgrammeIssued { version: Some(issued) }).await;
    }

    /// Version 1 of a report on an indicator, and the name of its case.
    async fn submit(&mut self, indicator: &str, period: &str, values: Vec<MeasureValue>) -> String {
        let event = submitted(indicator, period, 1, values);
        self.submit_event(&event).await
    }

    async fn submit_event(&mut self, event: &ReportSubmitted) -> String {
        self.reporting.entry(&event.report, morning(), event).await;
        format!("{}/versions/{}", event.report, event.version)
    }

    fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("request-{}", self.requests)
    }

    async fn case(&self, name: &str) -> Case {
        self.get(&office(), name).await.unwrap().case.unwrap()
    }

    async fn get(&self, who: &Caller, name: &str) -> Result<GetCaseResponse, Status> {
        let answer = self.api.get_case(as_caller(who, GetCaseRequest { name: name.to_owned() })).await;
        answer.map(tonic::Response::into_inner)
    }

    async fn pass(&mut self, who: &Caller, name: &str) -> Result<PassReportResponse, Status> {
        let etag = self.case(name).await.etag;
        let request = PassReportRequest { name: name.to_owned(), etag, request_id: self.request_id() };
        self.api.pass_report(as_caller(who, request)).await.map(tonic::Response::into_inner)
    }

    async fn certify(
        &mut self,
        who: &Caller,
        name: &str,
        adjustments: Vec<Adjustment>,
    ) -> Result<CertifyReportResponse, Status> {
        let etag = self.case(name).await.etag;
        let request = CertifyReportRequest { name: name.to_owned(), etag, adjustments, request_id: self.request_id() };
        self.api.certify_report(as_caller(who, request)).await.map(tonic::Response::into_inner)
    }

    async fn give_back(&mut self, who: &Caller, name: &str, measure: &str) -> Result<ReturnReportResponse, Status> {
        let reason =
            ReturnReason { measure: measure.to_owned(), reason: "口径不符".to_owned(), ..ReturnReason::default() };
        self.give_back_with(who, name, vec![reason]).await
    }

    async fn give_back_with(
        &mut self,
        who: &Caller,
        name: &str,
        reasons: Vec<ReturnReason>,
    ) -> Result<ReturnReportResponse, Status> {
        let etag = self.case(name).await.etag;
        let request = ReturnReportRequest { name: name.to_owned(), etag, reasons, request_id: self.request_id() };
        self.api.return_report(as_caller(who, request)).await.map(tonic::Response::into_inner)
    }

    async fn agree(&mut self, who: &Caller, name: &str) -> Result<ApproveCorrectionResponse, Status> {
        let etag = self.case(name).await.etag;
        let reason = "已核对原始台账".to_owned();
        let request = ApproveCorrectionRequest { name: name.to_owned(), etag, reason, request_id: self.request_id() };
        self.api.approve_correction(as_caller(who, request)).await.map(tonic::Response::into_inner)
    }

    async fn refuse(&mut self, who: &Caller, name: &str, reason: &str) -> Result<RefuseCorrectionResponse, Status> {
        let etag = self.case(name).await.etag;
        let (name, reason, request_id) = (name.to_owned(), reason.to_owned(), self.request_id());
        let request = RefuseCorrectionRequest { name, etag, reason, request_id };
        self.api.refuse_correction(as_caller(who, request)).await.map(tonic::Response::into_inner)
    }

    /// The payload of the service's own newest entry.
    async fn last_entry<M: Message + prost::Name + Default>(&self) -> M {
        let (size, _) = self.service.writer.ledger().head().await.unwrap();
        let entries = self.service.writer.ledger().entries(size - 1, 1, usize::MAX).await.unwrap();
        let body = minsheng_proto::ledger::v1::EntryBody::decode(entries[0].body.as_slice()).unwrap();
        assert_eq!(body.kind, M::full_name());
        M::decode(body.payload).unwrap()
    }

    async fn entries(&self) -> u64 {
        self.service.writer.ledger().head().await.unwrap().0
    }
}

fn morning() -> jiff::Timestamp {
    moment("2023-06-10T09:00:00+08:00")
}

fn as_caller<T>(who: &Caller, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(who.clone()));
    request
}

fn office() -> Caller {
    caller("sbb.zhang", "P-office", "sbb", &[Role::Office])
}

fn certifier() -> Caller {
    caller("tjj.li", "P-certifier", "tjj", &[Role::Certifier])
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> Reason {
    let status = answer.unwrap_err();
    reason_of(&status).unwrap_or_else(|| panic!("no reason in {status:?}"))
}

fn report(indicator: &str, period: &str) -> String {
    format!("{PROGRAMME}/indicators/{indicator}/reports/{period}")
}

fn submitted(indicator: &str, period: &str, version: i32, values: Vec<MeasureValue>) -> ReportSubmitted {
    ReportSubmitted {
        report: report(indicator, period),
        version,
        unit: "rsj".to_owned(),
        content: Some(ReportContent { values, ..ReportContent::default() }),
        programme_version: 1,
        persons: vec!["P-reporter".to_owned(), "P-head".to_owned()],
        ..ReportSubmitted::default()
    }
}

fn number(text: &str, unit: &str) -> Option<Value> {
    let quantity = Quantity { value: text.to_owned(), unit: unit.to_owned() };
    Some(Value { state: Some(value::State::Quantity(quantity)) })
}

/// A number of persons.
fn heads(measure: &str, text: &str) -> MeasureValue {
    MeasureValue { measure: measure.to_owned(), value: number(text, "人"), ..MeasureValue::default() }
}

/// New jobs of June with both townships' shares: 1000 and 734.
fn jobs() -> Vec<MeasureValue> {
    let increase = Quantity { value: "322".to_owned(), unit: "人".to_owned() };
    let breakdown = vec![share(TOWN, "1000"), share(AREA, "734")];
    vec![MeasureValue { this_period: Some(increase), breakdown, ..heads("3.1-1", "1734") }]
}

fn share(division: &str, text: &str) -> DivisionValue {
    DivisionValue { division: division.to_owned(), value: number(text, "人") }
}

fn text(value: &Option<Value>) -> String {
    match value.as_ref().and_then(|value| value.state.as_ref()) {
        Some(value::State::Quantity(quantity)) => quantity.value.clone(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

fn measure(code: &str, unit: &str, decimals: i32, kind: TargetKind, target: &str) -> Measure {
    Measure {
        code: code.to_owned(),
        title: code.to_owned(),
        counted: "按系统统计".to_owned(),
        basis: Basis::Flow as i32,
        unit: unit.to_owned(),
        decimals,
        kind: kind as i32,
        target: target.to_owned(),
        ..Measure::default()
    }
}

fn indicator(code: &str, certifier: &str, measures: Vec<Measure>) -> Indicator {
    Indicator {
        code: code.to_owned(),
        title: code.to_owned(),
        lead_unit: "rsj".to_owned(),
        certifier: certifier.to_owned(),
        measures,
        ..Indicator::default()
    }
}

/// New jobs by township, trainings in two parts, water in two decimals (certified by another unit), institutions covered.
fn programme(frequency: CertificationFrequency) -> Programme {
    let whole = Measure {
        parts: vec!["3.2-2".to_owned(), "3.2-3".to_owned()],
        ..measure("3.2-1", "人", 0, TargetKind::Parts, "2975")
    };
    let trainings = vec![
        whole,
        measure("3.2-2", "人", 0, TargetKind::AtLeast, "2300"),
        measure("3.2-3", "人", 0, TargetKind::AtLeast, "675"),
    ];
    let covered = Measure { basis: Basis::Stock as i32, ..measure("5.1-1", "个", 0, TargetKind::Coverage, "8") };
    let indicators = vec![
        indicator("3.1", "tjj", vec![measure("3.1-1", "人", 0, TargetKind::AtLeast, "5000")]),
        indicator("3.2", "tjj", trainings),
        indicator("5.1", "tjj", vec![covered]),
        indicator("10.4", "slj", vec![measure("10.4-1", "万方", 2, TargetKind::AtLeast, "71")]),
    ];
    let row = |division: &str, cell: &str| AllocationRow {
        division: division.to_owned(),
        display_name: division.to_owned(),
        cells: vec![cell.to_owned()],
        ..AllocationRow::default()
    };
    let project =
        Project { kind: ProjectKind::Key as i32, number: 3, title: "稳定和扩大就业".to_owned(), indicators };
    Programme {
        name: PROGRAMME.to_owned(),
        division: "430923".to_owned(),
        division_name: "安化县".to_owned(),
        year: 2023,
        title: "2023年重点民生实事".to_owned(),
        source: Some(SourceDocument { title: "意见".to_owned(), ..SourceDocument::default() }),
        projects: vec![project],
        allocation_table: Some(AllocationTable {
            columns: vec![AllocationColumn { measure: "3.1-1".into(), heading: "就业".into(), unit: "人".into() }],
            rows: vec![row(TOWN, "3000"), row(AREA, "2000"), row(BLANK, "")],
            printed_totals: vec!["5000".to_owned()],
            note: String::new(),
        }),
        reporting_rules: Some(ReportingRules {
            due_day: 20,
            certification_frequency: frequency as i32,
            ..ReportingRules::default()
        }),
        ..Programme::default()
    }
}
