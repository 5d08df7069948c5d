//! Allocation tables whose rows lie at any depth: villages of a county, and every village of the province.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::Caller;
use minsheng_kit::ledger::MAX_DOCUMENT;
use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, AmendProgrammeRequest, BatchUpdateUnitsRequest,
    CheckProgrammeRequest, DecideFindingRequest, Division, DivisionLevel, GetProgrammeRequest, ImportDivisionsRequest,
    ImportProgrammeRequest, IssueProgrammeRequest, Programme, UpdateUnitRow,
};
use minsheng_proto::common::v1::Severity;

use crate::house::{ANHUA, House, anhua, divisions, office, refused, units};

const PROVINCE: &str = "programmes/430000-2023";
const MEASURES: usize = 26;

fn row(division: &Division, columns: usize) -> AllocationRow {
    let cells = (0..columns).map(|column| (column + division.name.len()).to_string());
    AllocationRow {
        division: division.code.clone(),
        display_name: division.name.clone(),
        cells: cells.collect(),
        ..AllocationRow::default()
    }
}

/// The county's programme with these rows.
fn county(rows: impl IntoIterator<Item = AllocationRow>) -> Programme {
    let mut programme = anhua();
    programme.allocation_table.as_mut().unwrap().rows = rows.into_iter().collect();
    programme
}

fn below(code: &'static str, level: DivisionLevel) -> Vec<Division> {
    divisions(|it| it.starts_with(code)).into_iter().filter(|it| it.level() == level).collect()
}

#[tokio::test]
async fn villages_of_a_county_are_rows_though_its_townships_are_known() {
    let house = House::new().await;
    let villages = below("430923", DivisionLevel::Village);
    let answer = house.import(county(villages.iter().map(|village| row(village, 7))), "import").await.unwrap();
    assert_eq!(answer.counts.unwrap().cells, 433 * 7);
    let about_rows =
        |code: &str| ["DIVISION_WITHOUT_ROW", "ROW_COUNT_DIFFERS", "DIVISION_NAME_DIFFERS"].contains(&code);
    assert!(answer.findings.iter().all(|finding| !about_rows(&finding.code)));
    let draft = answer.draft.unwrap();
    let issue = IssueProgrammeRequest { name: ANHUA.into(), etag: draft.etag, request_id: "issue".into() };
    assert!(house.programmes(office()).issue_programme(issue).await.is_ok());
}

#[tokio::test]
async fn townships_and_villages_stand_in_one_table_but_none_inside_another() {
    let house = House::new().await;
    let townships = below("430923", DivisionLevel::Township);
    let (first, others) = townships.split_first().unwrap();
    let villages: Vec<Division> =
        below("430923", DivisionLevel::Village).into_iter().filter(|village| village.parent == first.code).collect();
    let mut rows: Vec<AllocationRow> = villages.iter().chain(others).map(|division| row(division, 7)).collect();
    let taken = house.import(county(rows.clone()), "mixed").await.unwrap();
    assert!(taken.findings.iter().all(|finding| finding.severity() != Severity::Error));

    rows.push(row(first, 7));
    let (reason, fields) = refused(house.import(county(rows.clone()), "nested").await);
    assert_eq!(reason, Reason::ProgrammeInvalid);
    let expected: Vec<String> = (0..villages.len()).map(|place| format!("allocation_table.rows[{place}]")).collect();
    assert_eq!(fields, expected[..fields.len()]);
    rows.pop();

    rows.remove(0);
    let taken = house.import(county(rows), "one less").await.unwrap();
    let missing = taken.findings.iter().find(|finding| finding.code == "DIVISION_WITHOUT_ROW").unwrap();
    assert_eq!(missing.facts["name"], villages[0].name);
    let decide = DecideFindingRequest {
        name: ANHUA.into(),
        finding_id: missing.id.clone(),
        decision: "该村无任务".into(),
        request_id: "decide".into(),
    };
    assert!(house.programmes(office()).decide_finding(decide).await.is_ok());
    let check = CheckProgrammeRequest { name: ANHUA.into(), version: 0 };
    let checked = house.programmes(office()).check_programme(check).await.unwrap().into_inner();
    assert_eq!(checked.findings, taken.findings);
}

#[tokio::test]
async fn a_table_has_its_bounds() {
    let house = House::new().await;
    let stranger = |number: usize| AllocationRow {
        division: format!(
            "4309{:02}{:03}{:03}",
            number / 100_000 % 100 + 24,
            number / 1_000 % 100 + 1,
            number % 999 + 1
        ),
        display_name: "外地".into(),
        cells: vec![String::new(); 7],
        ..AllocationRow::default()
    };
    let (reason, fields) = refused(house.import(county((0..50_001).map(stranger)), "too many").await);
    assert_eq!((reason, fields), (Reason::ProgrammeInvalid, vec!["allocation_table.rows".to_owned()]));
    let (reason, fields) = refused(house.import(county((0..3_000).map(stranger)), "strangers").await);
    assert_eq!((reason, fields.len()), (Reason::ProgrammeInvalid, 20));
}

/// The province's office.
fn province() -> Caller {
    Caller { division: "430000".into(), ..office() }
}

/// A programme of the province: measures of the county's, and all villages in its table.
fn all_villages() -> Programme {
    let mut programme = anhua();
    programme.division = "430000".into();
    programme.division_name = "湖南省".into();
    programme.name = String::new();
    let measures = programme.projects.iter().flat_map(|project| &project.indicators).flat_map(|it| &it.measures);
    let columns = measures.take(MEASURES).map(|measure| AllocationColumn {
        measure: measure.code.clone(),
        heading: measure.title.clone(),
        unit: measure.unit.clone(),
    });
    let columns = columns.collect();
    let rows = divisions(|code| code.len() == 12).iter().map(|village| row(village, MEASURES)).collect();
    let printed_totals = vec![String::new(); MEASURES];
    programme.allocation_table = Some(AllocationTable { columns, rows, printed_totals, note: String::new() });
    programme
}

#[tokio::test]
async fn every_village_of_the_province_stands_in_one_table() {
    let house = House::empty().await;
    let mut all = divisions(|_| true);
    all.sort_by_key(|division| division.level);
    for (number, rows) in all.chunks(10_000).enumerate() {
        let request_id = format!("divisions-{number}");
        let asked = ImportDivisionsRequest { divisions: rows.to_vec(), request_id, validate_only: false };
        house.divisions(province()).import_divisions(asked).await.unwrap();
    }
    let rows = units().into_iter().map(|unit| UpdateUnitRow { id: unit.id.clone(), unit: Some(unit) });
    let asked = BatchUpdateUnitsRequest { rows: rows.collect(), request_id: "units".into(), ..Default::default() };
    assert!(house.units(province()).batch_update_units(asked).await.unwrap().into_inner().failures.is_empty());
    let mut programmes =
        house.programmes(province()).max_decoding_message_size(usize::MAX).max_encoding_message_size(usize::MAX);

    let document = all_villages();
    let villages = document.allocation_table.as_ref().unwrap().rows.len();
    assert_eq!(villages, 29_534);
    let asked =
        ImportProgrammeRequest { programme: Some(document.clone()), request_id: "import".into(), validate_only: false };
    let taken = programmes.import_programme(asked).await.unwrap().into_inner();
    let counts = taken.counts.unwrap();
    assert_eq!(counts.filled, 29_534 * 26);
    let sum: usize = document.allocation_table.as_ref().unwrap().rows.iter().map(|row| row.display_name.len()).sum();
    assert_eq!(counts.sums_by_column[0], sum.to_string());
    assert_eq!(counts.sums_by_column[25], (sum + 25 * villages).to_string());
    let about_rows: Vec<_> = taken.findings.iter().filter(|it| it.field.starts_with("allocation_table.rows")).collect();
    assert!(about_rows.is_empty(), "{:?}", about_rows.first());
    let check = CheckProgrammeRequest { name: PROVINCE.into(), version: 0 };
    let checked = programmes.check_programme(check).await.unwrap().into_inner();
    assert_eq!(checked.findings, taken.findings);

    let etag = taken.draft.unwrap().etag;
    let issue = IssueProgrammeRequest { name: PROVINCE.into(), etag, request_id: "issue".into() };
    let issued = programmes.issue_programme(issue).await.unwrap().into_inner();
    let sequence = issued.receipt.unwrap().sequence;
    let entry = house.service.writer.ledger().entry(sequence).await.unwrap().unwrap();
    assert!(entry.body.len() < MAX_DOCUMENT, "{} bytes", entry.body.len());

    let mut amended = document;
    amended.allocation_table.as_mut().unwrap().rows.swap(0, 29_533);
    let asked = AmendProgrammeRequest {
        name: PROVINCE.into(),
        programme: Some(amended),
        reason: "任务调整".into(),
        in_force_from: "2023-07".into(),
        etag: issued.version.unwrap().etag,
        request_id: "amend".into(),
    };
    assert!(programmes.amend_programme(asked).await.is_ok());
    let asked = GetProgrammeRequest { name: PROVINCE.into(), which: None };
    let read = programmes.get_programme(asked).await.unwrap().into_inner().version.unwrap();
    assert_eq!(read.version, 2);
    assert_eq!(read.programme.unwrap().allocation_table.unwrap().rows.len(), 29_534);
}
