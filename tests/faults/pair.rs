//! A parent and a child in their namespaces, joined over the line between them: the child has to report on as many
//! indicators of the parent as a test asks for, each for twelve months that are over. A programme gives 200 of them, so
//! more are of earlier years.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, Division, DivisionLevel, MandateReference, Programme,
    ReportingRules, SourceDocument,
};
use minsheng_proto::common::v1::Quantity;
use minsheng_proto::identity::v1::tier_admin_service_client::TierAdminServiceClient;
use minsheng_proto::identity::v1::{CreateEnrolmentCodeRequest, JoinParentRequest, Role};
use minsheng_proto::reporting::v1::GetReportRequest;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_tests::chain::{Link, Place, environment, year};
use minsheng_tests::small::{self, PASSWORD, account, code};
use minsheng_tests::{Client, Program};
use tempfile::TempDir;

use crate::net::{self, Net, Side};

/// How long is waited for what must come.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Indicators of a programme.
pub const A_PROGRAMME: usize = 200;

/// The child's programme that an indicator is of, numbered from 1, and its code there. The newest is last year's: all its
/// months are over on any day.
pub fn place(indicator: usize) -> (String, String) {
    let before = (indicator - 1) / A_PROGRAMME;
    (format!("programmes/430923-{}", newest() - before), code((indicator - 1) % A_PROGRAMME + 1))
}

/// Name of the child's report on an indicator.
pub fn report(indicator: usize, month: usize) -> String {
    let (programme, code) = place(indicator);
    let year = programme.rsplit('-').next().unwrap();
    format!("{programme}/indicators/{code}/reports/{year}-{month:02}")
}

fn newest() -> usize {
    usize::try_from(year() - 1).unwrap()
}

/// Both tiers.
#[derive(Debug)]
pub struct Pair {
    /// The upper tier.
    pub above: Tier,
    /// The lower one.
    pub below: Tier,
    /// Between them.
    pub net: Net,
}

/// A tier.
#[derive(Debug)]
pub struct Tier {
    /// Its process and people.
    pub link: Link,
    /// Reads its ledgers.
    pub audit: Client,
    folder: TempDir,
}

impl Pair {
    /// Starts both, with so many mandated indicators, and waits until the child may report.
    pub async fn start(indicators: usize) -> Self {
        let net = Net::start();
        let above = Place { code: "430900", name: "益阳市" };
        let below = Place { code: "430923", name: "安化县" };
        let above = Tier::start(&above, net.above()).await;
        let below = Tier::start(&below, net.below()).await;
        let pair = Self { above, below, net };
        pair.join().await;
        for (before, first) in (0..indicators).step_by(A_PROGRAMME).enumerate() {
            let (year, count) = (newest() - before, A_PROGRAMME.min(indicators - first));
            pair.above.link.issue(pair.given(year, count)).await;
            pair.below.link.issue(pair.answering(year, count)).await;
        }
        let mut reports = ReportServiceClient::new(pair.below.link.office.door());
        let end = Instant::now() + PATIENCE;
        while let Err(status) = reports.get_report(GetReportRequest { name: report(indicators, 12) }).await {
            assert!(Instant::now() < end, "the child cannot report: {status:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        pair
    }

    async fn join(&self) {
        let asked = CreateEnrolmentCodeRequest { division: self.below.link.place.code.into() };
        let mut above = TierAdminServiceClient::new(self.above.link.security.door());
        let code = above.create_enrolment_code(asked).await.unwrap().into_inner();
        let port = self.above.link.program.address().rsplit(':').next().unwrap();
        let asked = JoinParentRequest {
            url: format!("https://{}:{port}", net::ABOVE),
            code: code.code,
            fingerprint: code.fingerprint,
        };
        TierAdminServiceClient::new(self.below.link.security.door()).join_parent(asked).await.unwrap();
    }

    fn programme(place: &Place, year: usize, indicators: usize) -> Programme {
        let mut programme = small::programme(i32::try_from(year).unwrap(), indicators);
        programme.division = place.code.into();
        programme.division_name = place.name.into();
        programme.source = Some(SourceDocument {
            title: format!("{}重点民生实事任务（演示数据）", place.name),
            published: format!("{year}-01-01"),
            document_number: format!("演示〔{year}〕1号"),
            ..SourceDocument::default()
        });
        programme.reporting_rules = programme.reporting_rules.map(|rules| ReportingRules { due_day: 28, ..rules });
        programme
    }

    /// The parent's programme: all of each target is the child's share.
    fn given(&self, year: usize, indicators: usize) -> Programme {
        let below = &self.below.link.place;
        let mut programme = Self::programme(&self.above.link.place, year, indicators);
        let column = |indicator: usize| AllocationColumn {
            measure: format!("{}-1", code(indicator)),
            heading: format!("计量项{indicator}"),
            unit: "个".into(),
        };
        programme.allocation_table = Some(AllocationTable {
            columns: (1..=indicators).map(column).collect(),
            rows: vec![AllocationRow {
                division: below.code.into(),
                display_name: below.name.into(),
                cells: vec!["1000".into(); indicators],
                mandate: true,
            }],
            printed_totals: vec![String::new(); indicators],
            ..AllocationTable::default()
        });
        programme
    }

    /// The child's programme: each indicator answers the parent's of the same code.
    fn answering(&self, year: usize, indicators: usize) -> Programme {
        let above = &self.above.link.place;
        let mut programme = Self::programme(&self.below.link.place, year, indicators);
        for indicator in programme.projects.iter_mut().flat_map(|project| &mut project.indicators) {
            let code = &indicator.code;
            indicator.mandates = vec![MandateReference {
                measure: format!("programmes/{}-{year}/indicators/{code}/measures/{code}-1", above.code),
                target: Some(Quantity { value: "1000".into(), unit: "个".into() }),
                document_number: format!("演示〔{year}〕1号"),
                own_measure: format!("{code}-1"),
            }];
        }
        programme
    }
}

impl Tier {
    async fn start(place: &Place, side: &Side) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut environment = environment(place.code);
        environment.push(("MINSHENG_GATEWAY__DOOR__NAMES".into(), net::ABOVE.into()));
        // The load of a month's work comes from few accounts here.
        for key in ["CALLS_PER_SECOND", "BURST"] {
            environment.push((format!("MINSHENG_GATEWAY__CALLERS__{key}"), "100000".into()));
        }
        let program = Program::inside(&side.namespace, &side.host, folder.path(), &environment);
        let link = Link::with(place, &divisions(), program).await;
        account(&link.security, "audit", "audit", "", &[Role::AuditAdmin]).await.unwrap();
        let (address, certificate) = (link.program.address(), link.program.certificate());
        let audit = Client::log_in(address, &certificate, "audit", PASSWORD).await.unwrap();
        Self { link, audit, folder }
    }

    /// Database of a service.
    pub fn database(&self, service: &str) -> PathBuf {
        self.folder.path().join(format!("{service}.db"))
    }

    /// Lines of its log that hold a text.
    pub fn said(&self, text: &str) -> usize {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        log.lines().filter(|line| line.contains(text)).count()
    }
}

fn divisions() -> Vec<Division> {
    [
        ("430000", "湖南省", DivisionLevel::Province, ""),
        ("430900", "益阳市", DivisionLevel::Municipality, "430000"),
        ("430923", "安化县", DivisionLevel::County, "430900"),
    ]
    .map(|(code, name, level, parent)| Division {
        code: code.into(),
        name: name.into(),
        level: level.into(),
        parent: parent.into(),
    })
    .to_vec()
}
