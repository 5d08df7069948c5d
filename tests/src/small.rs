//! A programme as small as can be: one lead unit, so many indicators of one measure each.

use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::programme_service_client::ProgrammeServiceClient;
use minsheng_proto::catalogue::v1::unit_service_client::UnitServiceClient;
use minsheng_proto::catalogue::v1::{
    Basis, BatchUpdateUnitsRequest, CertificationFrequency, Division, DivisionLevel, ImportDivisionsRequest,
    ImportProgrammeRequest, Indicator, IssueProgrammeRequest, Measure, Programme, Project, ProjectKind, ReportingRules,
    SourceDocument, TargetKind, Unit, UnitKind, UpdateUnitRow,
};
use minsheng_proto::common::v1::{BulkMode, Quantity, Value, value::State};
use minsheng_proto::identity::v1::account_service_client::AccountServiceClient;
use minsheng_proto::identity::v1::{Account, CreateAccountRequest, Role};
use minsheng_proto::reporting::v1::{MeasureValue, Narrative, ReportContent};
use tonic::Status;

use crate::Client;

/// Password of the accounts made here.
pub const PASSWORD: &str = "correct horse 430923";

/// Indicators of one project; a document takes no more.
const A_PROJECT: usize = 200;

/// Code of the indicator with this number, from 1.
pub fn code(number: usize) -> String {
    format!("{}.{}", (number - 1) / A_PROJECT + 1, (number - 1) % A_PROJECT + 1)
}

/// The programme with so many indicators in the division 430923.
pub fn programme(year: i32, indicators: usize) -> Programme {
    let indicator = |number: usize| Indicator {
        code: code(number),
        title: format!("指标{number}"),
        lead_unit: "jyj".into(),
        lead_unit_name: "县教育局".into(),
        certifier: "tjj".into(),
        certifier_name: "县统计局".into(),
        measures: vec![Measure {
            code: format!("{}-1", code(number)),
            title: format!("计量项{number}"),
            basis: Basis::Stock.into(),
            unit: "个".into(),
            kind: TargetKind::AtLeast.into(),
            target: "1000".into(),
            ..Measure::default()
        }],
        ..Indicator::default()
    };
    let project = |(indicators, number): (&[Indicator], i32)| Project {
        kind: ProjectKind::Key.into(),
        number,
        title: format!("项目{number}"),
        indicators: indicators.to_vec(),
    };
    let all: Vec<Indicator> = (1..=indicators).map(indicator).collect();
    Programme {
        division: "430923".into(),
        division_name: "安化县".into(),
        year,
        title: format!("{year}年重点民生实事项目（演示数据）"),
        source: Some(SourceDocument {
            title: "演示数据".into(),
            published: format!("{year}-01-01"),
            ..Default::default()
        }),
        projects: all.chunks(A_PROJECT).zip(1..).map(project).collect(),
        reporting_rules: Some(ReportingRules {
            due_day: 20,
            certification_frequency: CertificationFrequency::Monthly.into(),
            ..Default::default()
        }),
        demo_mark: "演示数据".into(),
        ..Programme::default()
    }
}

/// A report that says one number.
pub fn content(indicator: usize, number: u64) -> ReportContent {
    ReportContent {
        values: vec![MeasureValue {
            measure: format!("{}-1", code(indicator)),
            value: Some(Value {
                state: Some(State::Quantity(Quantity { value: number.to_string(), unit: "个".into() })),
            }),
            ..MeasureValue::default()
        }],
        narrative: Some(Narrative { progress: "按计划推进。".into(), ..Narrative::default() }),
        filled_by: "甲".into(),
        reviewed_by: "乙".into(),
        head: "丙".into(),
        ..ReportContent::default()
    }
}

/// Makes an account that holds roles for a unit.
pub async fn account(security: &Client, id: &str, person: &str, unit: &str, roles: &[Role]) -> Result<(), Status> {
    let account = Account {
        name: format!("accounts/{id}"),
        display_name: id.into(),
        person: person.into(),
        unit: unit.into(),
        roles: roles.iter().map(|role| i32::from(*role)).collect(),
        ..Account::default()
    };
    let asked =
        CreateAccountRequest { account: Some(account), password: PASSWORD.into(), request_id: format!("make-{id}") };
    AccountServiceClient::new(security.door()).create_account(asked).await.map(|_| ())
}

/// Makes the three units that a programme needs: who leads, who checks, who certifies.
pub async fn units(office: &Client, division: &str) -> Result<(), Status> {
    let unit = |(id, name, kind): (&str, &str, UnitKind)| UpdateUnitRow {
        id: id.into(),
        unit: Some(Unit {
            id: id.into(),
            display_name: name.into(),
            kind: kind.into(),
            division: division.into(),
            ..Unit::default()
        }),
    };
    let units = [
        ("jyj", "县教育局", UnitKind::Bureau),
        ("ssb", "县实事办", UnitKind::Office),
        ("tjj", "县统计局", UnitKind::Certifier),
    ];
    let asked = BatchUpdateUnitsRequest {
        rows: units.into_iter().map(unit).collect(),
        mode: BulkMode::AllOrNothing.into(),
        request_id: "units".into(),
        validate_only: false,
    };
    let answer = UnitServiceClient::new(office.door()).batch_update_units(asked).await?.into_inner();
    assert!(answer.failures.is_empty(), "{:?}", answer.failures);
    Ok(())
}

/// Makes divisions and units, imports and issues the programme, as the office.
pub async fn load(office: &Client, programme: Programme) -> Result<(), Status> {
    let division = |code: &str, name: &str, level: DivisionLevel, parent: &str| Division {
        code: code.into(),
        name: name.into(),
        level: level.into(),
        parent: parent.into(),
    };
    let divisions = vec![
        division("430000", "湖南省", DivisionLevel::Province, ""),
        division("430900", "益阳市", DivisionLevel::Municipality, "430000"),
        division("430923", "安化县", DivisionLevel::County, "430900"),
    ];
    let asked = ImportDivisionsRequest { divisions, request_id: "divisions".into(), validate_only: false };
    DivisionServiceClient::new(office.door()).import_divisions(asked).await?;
    units(office, "430923").await?;
    let name = format!("programmes/{}-{}", programme.division, programme.year);
    let mut programmes = ProgrammeServiceClient::new(office.door());
    let asked =
        ImportProgrammeRequest { programme: Some(programme), request_id: "import".into(), validate_only: false };
    let draft = programmes.import_programme(asked).await?.into_inner().draft.unwrap_or_default();
    let asked = IssueProgrammeRequest { name, etag: draft.etag, request_id: "issue".into() };
    programmes.issue_programme(asked).await.map(|_| ())
}
