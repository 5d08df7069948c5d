//! The catalogue as it is deployed: opened from its settings on a real database, behind kit's server on a port, called with
//! signed identities; and the project's own data files.

use std::sync::Arc;

use minsheng_catalogue::{Migrator, NAME, Settings};
use minsheng_kit::clock::ManualClock;
use minsheng_kit::convert::json::from_json;
use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::identity::{Caller, GATEWAY, KeyRing, Role};
use minsheng_kit::policy::Policies;
use minsheng_kit::server::BoundServer;
use minsheng_kit::service::{SERVICES, Service, Surroundings};
use minsheng_kit::settings::{ServiceSettings, load_service};
use minsheng_kit::telemetry::Readiness;
use minsheng_proto::catalogue::v1::calendar_service_client::CalendarServiceClient;
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::mandate_alarm_service_client::MandateAlarmServiceClient;
use minsheng_proto::catalogue::v1::mandate_query_service_client::MandateQueryServiceClient;
use minsheng_proto::catalogue::v1::programme_service_client::ProgrammeServiceClient;
use minsheng_proto::catalogue::v1::unit_service_client::UnitServiceClient;
use minsheng_proto::catalogue::v1::{
    BatchUpdateUnitsRequest, Division, DivisionLevel, ImportDivisionsRequest, ImportProgrammeRequest,
    ImportProgrammeResponse, IssueProgrammeRequest, IssueProgrammeResponse, Measure, Programme, Unit, UnitKind,
    UpdateUnitRow,
};
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use minsheng_testkit::{Backend, TestDatabase, caller, moment};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt;

/// The moment at which the clock stands.
const NOON: &str = "2023-06-10T12:00:00+08:00";

/// The programme of the data files.
pub const ANHUA: &str = "programmes/430923-2023";

const PROGRAMME: &str = include_str!("../../../../deploy/programmes/anhua-2023/programme.json");
const UNITS: &str = include_str!("../../../../deploy/programmes/anhua-2023/units.csv");
const DIVISIONS: &str = include_str!("../../../../deploy/programmes/divisions-hunan.csv");

/// Carries a signed identity with every call, as the gateway does.
#[derive(Clone)]
pub struct As(MetadataValue<Ascii>);

impl Interceptor for As {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

pub type Door = InterceptedService<Channel, As>;

/// Where a catalogue lives, and goes on from when it is opened again.
pub struct Place {
    pub division: &'static str,
    /// Address of the gateway by which it reaches its parent; empty for a tier that asks for nothing.
    pub gateway: String,
    pub folder: TempDir,
    database: TestDatabase,
}

impl Place {
    pub fn new(division: &'static str, backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { division, gateway: String::new(), folder, database: TestDatabase::new(backend) }
    }

    /// The keys of the tier's services.
    pub fn keys(&self) -> KeyRing {
        KeyRing::ensure(&self.folder.path().join("keys"), &SERVICES).unwrap()
    }

    fn settings(&self) -> ServiceSettings<Settings> {
        let (database, division) = (self.database.url(), self.division);
        let (gateway, poll) = match self.gateway.as_str() {
            "" => ("http://127.0.0.1:1", 0),
            gateway => (gateway, 1),
        };
        let overlay = format!(
            "division = \"{division}\"\n[server]\nlisten = \"127.0.0.1:0\"\n[database]\nurl = \"{database}\"\n\
             [peers.gateway]\nurl = \"{gateway}\"\n[mandates]\npoll_seconds = {poll}\n"
        );
        load_service(Settings::DEFAULTS, Some(("test", &overlay)), []).unwrap()
    }
}

/// A running catalogue; it stops with the test.
pub struct House {
    pub service: Service,
    pub channel: Channel,
    keys: KeyRing,
    place: Place,
    cancel: DropGuard,
}

impl House {
    /// An empty one.
    pub async fn empty() -> Self {
        Self::empty_on(Backend::Sqlite).await
    }

    /// An empty one on a database of this kind.
    pub async fn empty_on(backend: Backend) -> Self {
        Self::open(Place::new("430923", backend)).await
    }

    /// One with what its place holds.
    pub async fn open(place: Place) -> Self {
        let settings = place.settings();
        let common = &settings.common;
        let cancel = CancellationToken::new();
        let surroundings = Surroundings {
            folder: place.folder.path().to_owned(),
            clock: Arc::new(ManualClock::at(moment(NOON))),
            policies: Arc::new(Policies::load().unwrap()),
            cancel: cancel.clone(),
            near: Arc::default(),
        };
        let readiness = Readiness::default();
        let server = BoundServer::bind(&common.server, readiness.clone()).await.unwrap();
        let address = server.addr();
        let opened = Service::open::<Migrator>(NAME, common, readiness, &surroundings).await.unwrap();
        let services = minsheng_catalogue::start(opened.service.clone(), &settings.own).await.unwrap();
        tokio::spawn(server.serve(services, opened.callers, cancel.clone()));
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Self { service: opened.service, channel, keys: place.keys(), place, cancel: cancel.drop_guard() }
    }

    /// Stops it.
    pub async fn close(self) -> Place {
        drop(self.cancel);
        self.service.database.close().await.unwrap();
        self.place
    }

    /// One with the county's divisions and units.
    pub async fn new() -> Self {
        Self::new_on(Backend::Sqlite).await
    }

    /// The same on a database of this kind.
    pub async fn new_on(backend: Backend) -> Self {
        let house = Self::empty_on(backend).await;
        house.furnish(office(), |code| code.starts_with("430923")).await;
        house
    }

    /// Takes in divisions and the units.
    pub async fn furnish(&self, office: Caller, pass: impl Fn(&str) -> bool) {
        let rows = divisions(pass);
        let request = ImportDivisionsRequest { divisions: rows, request_id: "divisions".into(), validate_only: false };
        self.divisions(office.clone()).import_divisions(request).await.unwrap();
        let rows = units().into_iter().map(|unit| UpdateUnitRow { id: unit.id.clone(), unit: Some(unit) });
        let request =
            BatchUpdateUnitsRequest { rows: rows.collect(), request_id: "units".into(), ..Default::default() };
        let answer = self.units(office).batch_update_units(request).await.unwrap().into_inner();
        assert_eq!((answer.successes.len(), answer.failures.len()), (43, 0), "{:?}", answer.failures);
    }

    /// One with the issued programme; gives its version.
    pub async fn issued() -> (Self, IssueProgrammeResponse) {
        let house = Self::new().await;
        let draft = house.import(anhua(), "import").await.unwrap().draft.unwrap();
        let request = IssueProgrammeRequest { name: ANHUA.into(), etag: draft.etag, request_id: "issue".into() };
        let issued = house.programmes(office()).issue_programme(request).await.unwrap().into_inner();
        (house, issued)
    }

    pub async fn import(&self, programme: Programme, request_id: &str) -> Result<ImportProgrammeResponse, Status> {
        let request =
            ImportProgrammeRequest { programme: Some(programme), request_id: request_id.into(), validate_only: false };
        self.programmes(office()).import_programme(request).await.map(tonic::Response::into_inner)
    }

    /// Entries of the ledger so far.
    pub async fn entries(&self) -> u64 {
        self.service.writer.ledger().head().await.unwrap().0
    }

    pub fn divisions(&self, caller: Caller) -> DivisionServiceClient<Door> {
        DivisionServiceClient::new(self.door(caller))
    }

    pub fn units(&self, caller: Caller) -> UnitServiceClient<Door> {
        UnitServiceClient::new(self.door(caller))
    }

    pub fn programmes(&self, caller: Caller) -> ProgrammeServiceClient<Door> {
        ProgrammeServiceClient::new(self.door(caller))
    }

    pub fn mandates(&self, caller: Caller) -> MandateServiceClient<Door> {
        MandateServiceClient::new(self.door(caller))
    }

    pub fn mandate_query(&self, caller: Caller) -> MandateQueryServiceClient<Door> {
        MandateQueryServiceClient::new(self.door(caller))
    }

    pub fn mandate_alarms(&self, caller: Caller) -> MandateAlarmServiceClient<Door> {
        MandateAlarmServiceClient::new(self.door(caller))
    }

    pub fn calendars(&self, caller: Caller) -> CalendarServiceClient<Door> {
        CalendarServiceClient::new(self.door(caller))
    }

    pub fn door(&self, caller: Caller) -> Door {
        let issuer = caller.service.clone().unwrap_or_else(|| GATEWAY.to_owned());
        let token = self.keys.signer(&issuer).unwrap().sign(&caller, NAME, moment(NOON)).unwrap();
        InterceptedService::new(self.channel.clone(), As(format!("Bearer {token}").parse().unwrap()))
    }
}

/// The livelihood office.
pub fn office() -> Caller {
    caller("ssb.office", "P1", "ssb", &[Role::Office])
}

/// Somebody who sees what is published.
pub fn viewer() -> Caller {
    caller("viewer", "P9", "", &[Role::Viewer])
}

/// Anhua's programme of 2023.
pub fn anhua() -> Programme {
    from_json(PROGRAMME).unwrap()
}

/// Rows of the province's file whose code passes, and the county's local area.
pub fn divisions(pass: impl Fn(&str) -> bool) -> Vec<Division> {
    let mut reader = csv::Reader::from_reader(DIVISIONS.trim_start_matches('\u{feff}').as_bytes());
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        let level = match &record[2] {
            "province" => DivisionLevel::Province,
            "municipality" => DivisionLevel::Municipality,
            "county" => DivisionLevel::County,
            "township" => DivisionLevel::Township,
            _ => DivisionLevel::Village,
        };
        Division { code: record[0].into(), name: record[1].into(), level: level.into(), parent: record[3].into() }
    });
    let local = Division {
        code: "430923L01".into(),
        name: "县城南区".into(),
        level: DivisionLevel::LocalArea.into(),
        parent: "430923".into(),
    };
    rows.chain([local]).filter(|row| pass(&row.code)).collect()
}

/// The county's units.
pub fn units() -> Vec<Unit> {
    let mut reader = csv::Reader::from_reader(UNITS.as_bytes());
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        let kind = UnitKind::from_str_name(&format!("UNIT_KIND_{}", &record[2])).unwrap();
        Unit {
            id: record[0].into(),
            display_name: record[1].into(),
            kind: kind.into(),
            division: record[3].into(),
            ..Unit::default()
        }
    });
    rows.collect()
}

/// Reason of a refusal and the fields at fault.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Reason, Vec<String>) {
    let status = answer.unwrap_err();
    let fields = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    (reason_of(&status).expect("a refusal"), fields.into_iter().map(|violation| violation.field).collect())
}

/// A measure of a programme, to change it.
pub fn measure<'a>(programme: &'a mut Programme, code: &str) -> &'a mut Measure {
    let indicators = programme.projects.iter_mut().flat_map(|project| &mut project.indicators);
    indicators.flat_map(|indicator| &mut indicator.measures).find(|measure| measure.code == code).unwrap()
}
