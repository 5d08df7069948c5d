//! A small programme followed from ledgers that the tests write, on a real SQLite database through the real writer.
#![allow(clippy::unwrap_used)]

mod anhua;
mod bulletins;
mod kinds;
mod months;
mod programme;
mod publishing;
mod schemes;
mod service;
mod tiers;

use std::sync::Arc;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, Role};
use minsheng_kit::service::Service;
use minsheng_kit::writer::{Call, Command, Outcome};
use minsheng_proto::catalogue::v1::{CalendarUpdated, ProgrammeIssued, UnitsUpdated};
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{Quantity, Value};
use minsheng_proto::ranking::v1::{FigureBasis, PreviewStandingRequest, PublishStandingRequest, Snapshot, Standing};
use minsheng_proto::reporting::v1::{
    Article, ArticleFiled, EvidenceReference, MeasureValue, PeriodClosed, ReportConfirmed, ReportContent,
    ReportSubmitted, ReturnReason,
};
use minsheng_proto::verification::v1::{
    AdjustedValue, ReportCertified, ReportPassed, ReportReturned, VersionReference,
};
use minsheng_testkit::{Backend, Feed, TestDatabase, caller, moment, open};
use prost::Message;

use crate::Migrator;
use crate::command::{EmbedSchemes, PreviewStanding, PublishStanding};
use crate::follow::Facts;
use crate::snapshot::load::Documents;

pub(super) const PROGRAMME: &str = "programmes/430923-2023";
const NOW: &str = "2023-06-20T09:00:00+08:00";

pub(super) struct World {
    pub(super) service: Service,
    catalogue: Feed,
    reporting: Feed,
    verification: Feed,
    documents: Documents,
    _database: TestDatabase,
}

/// A submission as it is filed.
pub(super) struct Filed<'a> {
    pub(super) indicator: &'a str,
    pub(super) period: &'a str,
    pub(super) version: i32,
    pub(super) values: Vec<MeasureValue>,
    pub(super) days_late: Option<i32>,
    pub(super) to_confirm: bool,
}

impl<'a> Filed<'a> {
    pub(super) fn new(indicator: &'a str, period: &'a str, values: &[(&str, &str, &str)]) -> Self {
        let values = values.iter().map(|(measure, number, unit)| value(measure, number, unit)).collect();
        Self { indicator, period, version: 1, values, days_late: None, to_confirm: false }
    }
}

pub(super) fn number(number: &str, unit: &str) -> Value {
    Value { state: Some(State::Quantity(Quantity { value: number.into(), unit: unit.into() })) }
}

pub(super) fn value(measure: &str, digits: &str, unit: &str) -> MeasureValue {
    MeasureValue { measure: measure.into(), value: Some(number(digits, unit)), ..MeasureValue::default() }
}

impl World {
    /// Schemes, programme, units and calendar are known; nothing is reported.
    pub(super) async fn new() -> Self {
        Self::on(Backend::Sqlite).await
    }

    pub(super) async fn on(backend: Backend) -> Self {
        let database = TestDatabase::new(backend);
        let (service, _clock) = open::<Migrator>("ranking", &database).await;
        let feed = |source| Feed::new(source, Arc::new(Facts), &service);
        let (catalogue, reporting, verification) = (feed("catalogue"), feed("reporting"), feed("verification"));
        let documents = Documents::default();
        let mut world = Self { service, catalogue, reporting, verification, documents, _database: database };
        world.internal(EmbedSchemes::new().unwrap()).await.unwrap();
        let issued = ProgrammeIssued { version: Some(programme::version()) };
        world.catalogue.entry(PROGRAMME, moment(NOW), &UnitsUpdated { units: programme::units() }).await;
        world.catalogue.entry(PROGRAMME, moment(NOW), &CalendarUpdated { calendar: Some(programme::calendar()) }).await;
        world.catalogue.entry(PROGRAMME, moment(NOW), &issued).await;
        world
    }

    /// June as most tests want it: two tie at the top, one is late and far behind, one has no curve.
    pub(super) async fn with_june() -> Self {
        Self::with_june_on(Backend::Sqlite).await
    }

    pub(super) async fn with_june_on(backend: Backend) -> Self {
        let mut world = Self::on(backend).await;
        for filed in programme::june() {
            let version = world.file(&filed).await;
            world.pass(&version, &filed.values).await;
        }
        for unit in ["jyj", "rsj", "wjj"] {
            world.article(unit, "2023-06", unit == "wjj").await;
        }
        world
    }

    pub(super) async fn amend(&mut self, version: minsheng_proto::catalogue::v1::ProgrammeVersion) {
        self.catalogue.entry(PROGRAMME, moment(NOW), &ProgrammeIssued { version: Some(version) }).await;
    }

    /// Something else of the catalogue's.
    pub(super) async fn learn(&mut self, subject: &str, event: &impl prost::Name) {
        self.catalogue.entry(subject, moment(NOW), event).await;
    }

    pub(super) async fn file(&mut self, filed: &Filed<'_>) -> VersionReference {
        let report = format!("{PROGRAMME}/indicators/{}/reports/{}", filed.indicator, filed.period);
        let evidence = EvidenceReference { sha256: vec![9; 32], label: "照片".into(), measure: String::new() };
        let submitted = ReportSubmitted {
            report: report.clone(),
            version: filed.version,
            content: Some(ReportContent {
                values: filed.values.clone(),
                evidence: vec![evidence],
                filled_by: "某某".into(),
                ..ReportContent::default()
            }),
            late: filed.days_late.is_some(),
            working_days_late: filed.days_late.unwrap_or_default(),
            to_confirm: filed.to_confirm,
            ..ReportSubmitted::default()
        };
        let (sequence, leaf_hash) = self.reporting.entry(&report, moment(NOW), &submitted).await;
        VersionReference {
            report,
            version: filed.version,
            submission_sequence: sequence,
            submission_leaf_hash: leaf_hash,
        }
    }

    pub(super) async fn confirm(&mut self, version: &VersionReference) {
        let confirmed =
            ReportConfirmed { report: version.report.clone(), version: version.version, person: "P30".into() };
        self.reporting.entry(&version.report, moment(NOW), &confirmed).await;
    }

    pub(super) async fn article(&mut self, unit: &str, period: &str, late: bool) {
        let name = format!("{PROGRAMME}/articles/{unit}-{period}");
        let article = Article { name: name.clone(), unit: unit.into(), period: period.into(), ..Article::default() };
        self.reporting.entry(&name, moment(NOW), &ArticleFiled { article: Some(article), late }).await;
    }

    pub(super) async fn close(&mut self, period: &str) {
        let closed = PeriodClosed { programme: PROGRAMME.into(), period: period.into(), ..PeriodClosed::default() };
        self.reporting.entry(PROGRAMME, moment(NOW), &closed).await;
    }

    pub(super) async fn pass(&mut self, version: &VersionReference, values: &[MeasureValue]) {
        let passed = ReportPassed { version: Some(version.clone()), values: values.to_vec(), person: "P20".into() };
        self.verification.entry(&version.report, moment(NOW), &passed).await;
    }

    /// Certifies with some values adjusted, for a reason.
    pub(super) async fn certify(
        &mut self,
        version: &VersionReference,
        reported: &[MeasureValue],
        adjusted: &[MeasureValue],
        person: &str,
    ) {
        let certified = reported.iter().map(|own| {
            let other = adjusted.iter().find(|other| other.measure == own.measure);
            other.unwrap_or(own).clone()
        });
        let adjusted = adjusted.iter().map(|value| AdjustedValue {
            measure: value.measure.clone(),
            reported: reported.iter().find(|own| own.measure == value.measure).and_then(|own| own.value.clone()),
            certified: value.value.clone(),
            reason: "台账核减".into(),
        });
        let certified = ReportCertified {
            version: Some(version.clone()),
            values: certified.collect(),
            adjusted: adjusted.collect(),
            person: person.into(),
        };
        self.verification.entry(&version.report, moment(NOW), &certified).await;
    }

    pub(super) async fn give_back(&mut self, version: &VersionReference, measure: &str) {
        let reason =
            ReturnReason { measure: measure.into(), reason: "口径不符".into(), returned_by_unit: "ssb".into() };
        let returned =
            ReportReturned { version: Some(version.clone()), reasons: vec![reason], ..ReportReturned::default() };
        self.verification.entry(&version.report, moment(NOW), &returned).await;
    }

    pub(super) async fn internal<C: Command>(&self, command: C) -> Result<Outcome<C::Answer>, Refusal> {
        self.service.writer.run(command, Call::internal(self.service.caller.clone(), "test")).await
    }

    pub(super) async fn run<C: Command>(
        &self,
        who: &Caller,
        command: C,
        request_id: &str,
    ) -> Result<Outcome<C::Answer>, Refusal> {
        let call = Call::new(who.clone(), std::any::type_name::<C>(), request_id, &request_id.to_owned())?;
        self.service.writer.run(command, call).await
    }

    pub(super) async fn preview(&self, period: &str, basis: FigureBasis, scheme: &str) -> Result<Snapshot, Refusal> {
        let request = PreviewStandingRequest {
            programme: PROGRAMME.into(),
            period: period.into(),
            basis: basis.into(),
            scheme: scheme.into(),
        };
        let call = Call::validate_only(office(), "preview");
        let outcome = self.service.writer.run(PreviewStanding::parse(&request, self.documents.clone())?, call).await?;
        assert!(outcome.receipts.is_empty());
        Ok(outcome.answer.snapshot.unwrap())
    }

    pub(super) async fn publish(&self, who: &Caller, period: &str, basis: FigureBasis) -> Result<Standing, Refusal> {
        let request = PublishStandingRequest {
            programme: PROGRAMME.into(),
            period: period.into(),
            basis: basis.into(),
            ..PublishStandingRequest::default()
        };
        let id = format!("{period}-{}", *self.service.writer.size().borrow());
        Ok(self
            .run(who, PublishStanding::parse(&request, self.documents.clone())?, &id)
            .await?
            .answer
            .standing
            .unwrap())
    }

    pub(super) fn entries(&self) -> u64 {
        *self.service.writer.size().borrow()
    }
}

pub(super) fn office() -> Caller {
    caller("ssb.wang", "P1", "ssb", &[Role::Office])
}

pub(super) fn colleague() -> Caller {
    caller("ssb.li", "P2", "ssb", &[Role::Office])
}

pub(super) fn chief() -> Caller {
    caller("ssb.zhang", "P5", "ssb", &[Role::Office])
}

pub(super) fn leader() -> Caller {
    caller("leader.zhou", "P3", "", &[Role::Leader])
}

pub(super) fn certifier() -> Caller {
    caller("tjj.chen", "P4", "tjj", &[Role::Certifier])
}

pub(super) fn reason<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Reason {
    result.unwrap_err().reason
}

/// An encoded snapshot without what differs between any two: name and cut.
pub(super) fn body(snapshot: &Snapshot) -> Vec<u8> {
    Snapshot { name: String::new(), cut: None, ..snapshot.clone() }.encode_to_vec()
}
