//! A parent's catalogue and a lower tier's, and between them a line that passes calls on under the lower tier's identity, as
//! the gateways do, and does what it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, SignedIdentities, Verifier};
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::settings::{CommonSettings, load_with};
use minsheng_kit::telemetry::Readiness;
use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, AmendProgrammeRequest, ImportProgrammeRequest,
    IssueProgrammeRequest, ListMandatesRequest, ListMandatesResponse, MandateReference, Programme, SourceDocument,
};
use minsheng_proto::common::v1::Quantity;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use minsheng_proto::tier::v1::mandate_service_server::{MandateService, MandateServiceServer};
use minsheng_proto::tier::v1::{ListMandateEntriesRequest, ListMandateEntriesResponse};
use minsheng_testkit::{Backend, moment};
use prost::{Message, Name};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Request, Response, Status};

use crate::house::{ANHUA, Door, House, Place, anhua, office, viewer};

const YIYANG: &str = "programmes/430900-2023";
pub const JOBS: &str = "programmes/430900-2023/indicators/3.1/measures/3.1-1";

type Change = Arc<dyn Fn(&mut ListMandateEntriesResponse) + Send + Sync>;

/// To whom the line leads, and what it does to the answers.
#[derive(Clone, Default)]
struct Way {
    parent: Option<MandateServiceClient<Door>>,
    change: Option<Change>,
    /// Calls that found it cut.
    turned_away: usize,
}

/// The line between the two.
#[derive(Clone, Default)]
pub struct Line(Arc<Mutex<Way>>);

impl Line {
    pub fn lead_to(&self, parent: &House) {
        self.0.lock().unwrap().parent = Some(parent.mandates(Caller::tier("430923")));
    }

    pub fn cut(&self) {
        self.0.lock().unwrap().parent = None;
    }

    /// Waits until the lower tier has called this often more and found the line cut.
    pub async fn turns_away(&self, calls: usize) {
        let before = self.0.lock().unwrap().turned_away;
        for _ in 0..600 {
            if self.0.lock().unwrap().turned_away >= before + calls {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the lower tier does not call");
    }

    pub fn change(&self, change: impl Fn(&mut ListMandateEntriesResponse) + Send + Sync + 'static) {
        self.0.lock().unwrap().change = Some(Arc::new(change));
    }

    pub fn change_nothing(&self) {
        self.0.lock().unwrap().change = None;
    }

    /// Serves it as the lower tier's gateway; gives its address.
    async fn serve(&self, place: &Place) -> (String, DropGuard) {
        let settings: CommonSettings =
            load_with("", Some(("test", "[server]\nlisten = \"127.0.0.1:0\"\n")), []).unwrap();
        let server = BoundServer::bind(&settings.server, Readiness::default()).await.unwrap();
        let address = format!("http://{}", server.addr());
        let verifier = Verifier::open("gateway", &place.keys().trusted_dir()).unwrap();
        let clock = Arc::new(ManualClock::at(moment("2023-06-10T12:00:00+08:00")));
        let callers = Arc::new(SignedIdentities { verifier, clock });
        let cancel = CancellationToken::new();
        let services = Services::new().with(MandateServiceServer::new(self.clone()));
        tokio::spawn(server.serve(services, callers, cancel.clone()));
        (address, cancel.drop_guard())
    }
}

#[tonic::async_trait]
impl MandateService for Line {
    async fn list_mandate_entries(
        &self,
        request: Request<ListMandateEntriesRequest>,
    ) -> Result<Response<ListMandateEntriesResponse>, Status> {
        assert_eq!(minsheng_kit::identity::caller(&request)?.service.as_deref(), Some("catalogue"));
        let way = {
            let mut way = self.0.lock().unwrap();
            way.turned_away += usize::from(way.parent.is_none());
            way.clone()
        };
        let mut parent = way.parent.ok_or_else(|| Refusal::new(Reason::ParentNotJoined))?;
        let mut answer = parent.list_mandate_entries(request.into_inner()).await?.into_inner();
        if let Some(change) = way.change {
            change(&mut answer);
        }
        Ok(Response::new(answer))
    }
}

pub fn office_above() -> Caller {
    Caller { division: "430900".into(), ..office() }
}

/// The municipality's programme: jobs for two counties, and the screening for one.
pub fn yiyang(anhua_jobs: &str, taojiang_jobs: &str) -> Programme {
    let row = |division: &str, name: &str, cells: [&str; 2]| AllocationRow {
        division: division.into(),
        display_name: name.into(),
        cells: cells.map(str::to_owned).to_vec(),
        mandate: !cells.iter().all(|cell| cell.is_empty()),
    };
    let column = |measure: &str, heading: &str| AllocationColumn {
        measure: measure.into(),
        heading: heading.into(),
        unit: "人".into(),
    };
    Programme {
        name: String::new(),
        division: "430900".into(),
        division_name: "益阳市".into(),
        source: Some(SourceDocument {
            title: "益阳市2023年重点民生实事项目".into(),
            document_number: "益办发电〔2023〕22号".into(),
            ..SourceDocument::default()
        }),
        allocation_table: Some(AllocationTable {
            columns: vec![column("3.1-1", "城镇新增就业"), column("4.2-1", "“两癌”免费检查")],
            rows: vec![
                row("430923", "安化县", [anhua_jobs, ""]),
                row("430922", "桃江县", [taojiang_jobs, "20400"]),
                AllocationRow { mandate: false, ..row("430981", "沅江市", ["1000", ""]) },
            ],
            printed_totals: vec![String::new(), String::new()],
            note: String::new(),
        }),
        claims: Vec::new(),
        ..anhua()
    }
}

/// The municipality's catalogue, with its programme issued; gives the version's etag.
pub async fn parent(programme: Programme) -> (House, String) {
    parent_on(Backend::Sqlite, programme).await
}

pub async fn parent_on(backend: Backend, programme: Programme) -> (House, String) {
    let house = House::open(Place::new("430900", backend)).await;
    let below = |code: &str| code.starts_with("430923") || (code.len() == 6 && code.starts_with("4309"));
    house.furnish(office_above(), below).await;
    let request =
        ImportProgrammeRequest { programme: Some(programme), request_id: "import".into(), validate_only: false };
    let draft = house.programmes(office_above()).import_programme(request).await.unwrap().into_inner().draft.unwrap();
    let request = IssueProgrammeRequest { name: YIYANG.into(), etag: draft.etag, request_id: "issue".into() };
    let issued = house.programmes(office_above()).issue_programme(request).await.unwrap().into_inner();
    let receipt = issued.receipt.unwrap();
    let etag = issued.version.unwrap().etag;
    assert_eq!(receipt.sequence.to_string(), etag, "the receipt is the version's, not the mandates'");
    (house, etag)
}

pub async fn amend(parent: &House, programme: Programme, etag: &str) -> String {
    let request = AmendProgrammeRequest {
        name: YIYANG.into(),
        programme: Some(programme),
        reason: "调整".into(),
        in_force_from: "2023-07".into(),
        etag: etag.into(),
        request_id: format!("amend-{etag}"),
    };
    let answer = parent.programmes(office_above()).amend_programme(request).await.unwrap().into_inner();
    answer.version.unwrap().etag
}

/// The county's catalogue with its line up, which leads nowhere yet.
pub async fn child() -> (House, Line, DropGuard) {
    child_on(Backend::Sqlite).await
}

pub async fn child_on(backend: Backend) -> (House, Line, DropGuard) {
    let mut place = Place::new("430923", backend);
    let line = Line::default();
    let (gateway, guard) = line.serve(&place).await;
    place.gateway = gateway;
    let house = House::open(place).await;
    house.furnish(office(), |code| code.starts_with("430923")).await;
    (house, line, guard)
}

pub async fn list(child: &House) -> ListMandatesResponse {
    let request = ListMandatesRequest { programme: ANHUA.into() };
    child.mandate_query(viewer()).list_mandates(request).await.unwrap().into_inner()
}

/// Waits until the county sees this.
pub async fn until(child: &House, what: &str, is_so: impl Fn(&ListMandatesResponse) -> bool) -> ListMandatesResponse {
    for _ in 0..200 {
        let seen = list(child).await;
        if is_so(&seen) {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it does not come to this: {what}; {:?}", list(child).await);
}

/// Payloads of one kind in a ledger.
pub async fn recorded<M: Message + Name + Default>(house: &House) -> Vec<(EntryBody, M)> {
    let entries = house.service.writer.ledger().entries(0, 1_000, usize::MAX).await.unwrap();
    let bodies = entries.into_iter().map(|entry| EntryBody::decode(entry.body.as_slice()).unwrap());
    let kind = bodies.filter(|body| body.kind == M::full_name());
    kind.map(|body| (body.clone(), M::decode(body.payload.clone()).unwrap())).collect()
}

pub async fn told(child: &House, programme: Programme, id: &str) -> Vec<(String, String)> {
    let findings = child.import(programme, id).await.unwrap().findings;
    let about = findings.into_iter().filter(|it| it.code.contains("MANDATE"));
    about.map(|it| (it.code, it.message)).collect()
}

pub fn answering(target: &str) -> Programme {
    let mut programme = anhua();
    programme.projects[2].indicators[0].mandates = vec![MandateReference {
        measure: JOBS.into(),
        target: Some(Quantity { value: target.into(), unit: "人".into() }),
        document_number: "益办发电〔2023〕22号".into(),
        own_measure: "3.1-1".into(),
    }];
    programme
}
