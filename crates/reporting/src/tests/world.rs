//! A running reporting service with the ledgers that it follows, and the people who call it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use minsheng_domain::check::Bounds;
use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::identity::{Caller, Role};
use minsheng_proto::catalogue::v1::{
    Calendar, CalendarUpdated, Division, DivisionsImported, Programme, ProgrammeIssued, ProgrammeVersion,
};
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{NotReported, Quantity, Value};
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    DivisionValue, EvidenceHeader, FileReportRequest, FileReportResponse, GetReportRequest, MeasureValue, Report,
    ReportContent, UploadEvidenceRequest, UploadEvidenceResponse, upload_evidence_request::Part,
};
use minsheng_testkit::{Backend, Feed, TestDatabase, caller, moment, open};
use prost::Message;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tonic::{Request, Status};
use tonic_types::StatusExt;

use super::programme::{PROGRAMME, programme, report_name};
use crate::config::EvidenceSettings;
use crate::evidence::EvidenceStore;
use crate::follow::Learn;
use crate::migration::Migrator;
use crate::service::{Evidence, Parts};

/// Everything a test needs; fields that only live as long as it are not read.
pub(super) struct World {
    pub(super) parts: Parts,
    pub(super) evidence: Evidence,
    pub(super) clock: ManualClock,
    pub(super) catalogue: Feed,
    pub(super) verification: Feed,
    pub(super) folder: TempDir,
    _database: TestDatabase,
}

impl World {
    /// Noon of 10 June 2023; the programme is issued as version 1, in force from February.
    pub(super) async fn new() -> Self {
        let database = TestDatabase::new(Backend::Sqlite);
        let (service, clock) = open::<Migrator>("reporting", &database).await;
        let folder = tempfile::tempdir().unwrap();
        let settings = EvidenceSettings { dir: folder.path().to_owned(), max_bytes: 5 * 1024 * 1024, idle_seconds: 5 };
        let store = EvidenceStore::open(&settings).await.unwrap();
        let parts = Parts::new(service.clone(), Bounds::default());
        let learn = Arc::new(Learn::new(parts.rules.clone(), Arc::default()));
        let catalogue = Feed::new("catalogue", learn.clone(), &service);
        let verification = Feed::new("verification", learn, &service);
        let evidence = Evidence::new(parts.clone(), store);
        let mut world = Self { parts, evidence, clock, catalogue, verification, folder, _database: database };
        world.issue(programme(), 1, "2023-02").await;
        let divisions = vec![Division { code: "430923103".into(), name: "渠江镇".into(), ..Division::default() }];
        world.catalogue.entry("divisions", world.now(), &DivisionsImported { divisions }).await;
        world
    }

    pub(super) async fn issue(&mut self, programme: Programme, version: i32, in_force_from: &str) {
        let now = self.now();
        self.catalogue.entry(PROGRAMME, now, &issued(programme, version, in_force_from)).await;
    }

    pub(super) async fn days_off(&mut self, year: i16, days: &[&str]) {
        let calendar = Calendar {
            name: format!("calendars/{year}"),
            days_off: days.iter().map(|day| (*day).to_owned()).collect(),
            ..Calendar::default()
        };
        let now = self.now();
        self.catalogue.entry("calendar", now, &CalendarUpdated { calendar: Some(calendar) }).await;
    }

    pub(super) fn now(&self) -> Timestamp {
        self.parts.service.clock.now()
    }

    pub(super) fn at(&self, text: &str) {
        self.clock.set(moment(text));
    }

    /// The head files a report in one step.
    pub(super) async fn file(
        &self,
        who: &Caller,
        indicator: &str,
        period: &str,
        content: ReportContent,
    ) -> Result<FileReportResponse, Status> {
        let name = report_name(indicator, period);
        let request = FileReportRequest { name, content: Some(content), request_id: id() };
        Ok(self.parts.file_report(by(who, request)).await?.into_inner())
    }

    pub(super) async fn get(&self, who: &Caller, indicator: &str, period: &str) -> Report {
        let request = GetReportRequest { name: report_name(indicator, period) };
        self.parts.get_report(by(who, request)).await.unwrap().into_inner().report.unwrap()
    }

    /// Uploads a file in chunks of a size.
    pub(super) async fn upload(
        &self,
        who: &Caller,
        bytes: &[u8],
        chunk: usize,
    ) -> Result<UploadEvidenceResponse, Status> {
        let header = EvidenceHeader {
            sha256: Sha256::digest(bytes).to_vec(),
            size: bytes.len() as u64,
            label: "验收单.pdf".into(),
        };
        self.upload_as(who, header, bytes, chunk).await
    }

    pub(super) async fn upload_as(
        &self,
        who: &Caller,
        header: EvidenceHeader,
        bytes: &[u8],
        chunk: usize,
    ) -> Result<UploadEvidenceResponse, Status> {
        let part = |part| Ok(UploadEvidenceRequest { part: Some(part) });
        let mut parts = vec![part(Part::Header(header))];
        parts.extend(bytes.chunks(chunk).map(|bytes| part(Part::Chunk(bytes.to_vec()))));
        self.evidence.take(who.clone(), futures_util::stream::iter(parts)).await
    }
}

/// That a version of a programme was issued.
pub(super) fn issued(programme: Programme, version: i32, in_force_from: &str) -> ProgrammeIssued {
    let sha256 = Sha256::digest(programme.encode_to_vec()).to_vec();
    let version = ProgrammeVersion {
        name: programme.name.clone(),
        version,
        in_force_from: in_force_from.to_owned(),
        sha256,
        programme: Some(programme),
        ..ProgrammeVersion::default()
    };
    ProgrammeIssued { version: Some(version) }
}

/// A request of a proven caller.
pub(super) fn by<T>(who: &Caller, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(who.clone()));
    request
}

/// A request id that nobody used.
pub(super) fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}

pub(super) fn head(unit: &str) -> Caller {
    caller(&format!("{unit}.head"), &format!("{unit}-H"), unit, &[Role::Head])
}

pub(super) fn reporter(unit: &str) -> Caller {
    caller(&format!("{unit}.reporter"), &format!("{unit}-R"), unit, &[Role::Reporter])
}

pub(super) fn reviewer(unit: &str) -> Caller {
    caller(&format!("{unit}.reviewer"), &format!("{unit}-V"), unit, &[Role::Reviewer])
}

pub(super) fn office() -> Caller {
    caller("ssb.office", "OFFICE-1", "ssb", &[Role::Office])
}

pub(super) fn number(value: &str, unit: &str) -> Value {
    Value { state: Some(State::Quantity(Quantity { value: value.to_owned(), unit: unit.to_owned() })) }
}

pub(super) fn not_reported() -> Value {
    Value { state: Some(State::NotReported(NotReported {})) }
}

/// A measure's number.
pub(super) fn value(measure: &str, text: &str, unit: &str) -> MeasureValue {
    MeasureValue { measure: measure.to_owned(), value: Some(number(text, unit)), ..MeasureValue::default() }
}

/// A flow's number with this period's part.
pub(super) fn flow(measure: &str, text: &str, this_period: &str, unit: &str) -> MeasureValue {
    let this_period = Some(Quantity { value: this_period.to_owned(), unit: unit.to_owned() });
    MeasureValue { this_period, ..value(measure, text, unit) }
}

/// 8.1-1 with shares of divisions.
pub(super) fn roads(whole: &str, shares: &[(&str, &str)]) -> MeasureValue {
    let share = |(division, share): &(&str, &str)| DivisionValue {
        division: (*division).to_owned(),
        value: Some(number(share, "公里")),
    };
    MeasureValue { breakdown: shares.iter().map(share).collect(), ..value("8.1-1", whole, "公里") }
}

/// A content with its signatories.
pub(super) fn content(values: Vec<MeasureValue>) -> ReportContent {
    ReportContent {
        values,
        filled_by: "填报人".to_owned(),
        reviewed_by: "审核人".to_owned(),
        head: "负责人".to_owned(),
        telephone: "0737-7222222".to_owned(),
        ..ReportContent::default()
    }
}

/// Why a call was refused.
pub(super) fn reason(status: &Status) -> Reason {
    reason_of(status).unwrap_or_else(|| panic!("no refusal: {status:?}"))
}

/// The fields at fault.
pub(super) fn fields(status: &Status) -> Vec<String> {
    let violations = status.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

/// Facts of a refusal.
pub(super) fn facts(status: &Status) -> BTreeMap<String, String> {
    status.get_details_error_info().map(|info| info.metadata.into_iter().collect()).unwrap_or_default()
}
