//! The real programme of Anhua county: every kind of measure that it has can be certified and adjusted.

use minsheng_kit::convert;
use minsheng_proto::verification::v1::CaseState;

use super::*;

const DOCUMENT: &str = include_str!("../../../../deploy/programmes/anhua-2023/programme.json");

/// A measure with a value, on the first allocated division if it is allocated, the others at zero.
fn reported(measure: &Measure, whole: u32, table: &AllocationTable) -> MeasureValue {
    let quantity = |number: u32| number_of(number, &measure.unit);
    let column = table.columns.iter().position(|column| column.measure == measure.code);
    let filled = table.rows.iter().filter(|row| column.is_some_and(|column| !row.cells[column].is_empty()));
    let mut breakdown: Vec<DivisionValue> =
        filled.map(|row| DivisionValue { division: row.division.clone(), value: quantity(0) }).collect();
    if let Some(first) = breakdown.first_mut() {
        first.value = quantity(whole);
    }
    MeasureValue { measure: measure.code.clone(), value: quantity(whole), breakdown, ..MeasureValue::default() }
}

fn number_of(number: u32, unit: &str) -> Option<Value> {
    super::number(&number.to_string(), unit)
}

/// Every atomic measure at `each`, every whole of parts at their sum.
fn values(indicator: &Indicator, each: u32, table: &AllocationTable) -> Vec<MeasureValue> {
    let value = |measure: &Measure| {
        let parts = u32::try_from(measure.parts.len()).unwrap();
        let whole = measure.kind() == TargetKind::Parts;
        reported(measure, if whole { parts * each } else { each }, table)
    };
    indicator.measures.iter().map(value).collect()
}

#[tokio::test]
async fn every_measure_is_certified_adjusted() {
    let mut house = House::empty(Backend::Sqlite).await;
    let programme: Programme = convert::json::from_json(DOCUMENT).unwrap();
    let table = programme.allocation_table.clone().unwrap();
    let version = ProgrammeVersion {
        name: PROGRAMME.to_owned(),
        version: 1,
        programme: Some(programme.clone()),
        sha256: vec![1; 32],
        ..ProgrammeVersion::default()
    };
    house.catalogue.entry(PROGRAMME, morning(), &ProgrammeIssued { version: Some(version) }).await;
    let indicators: Vec<&Indicator> = programme.projects.iter().flat_map(|project| &project.indicators).collect();
    assert_eq!(indicators.len(), 26);
    let mut adjusted = 0;
    for indicator in indicators {
        let name = house.submit(&indicator.code, "2023-06", values(indicator, 3, &table)).await;
        assert_eq!(house.case(&name).await.certifier, indicator.certifier);
        house.pass(&office(), &name).await.unwrap();
        let changes = values(indicator, 2, &table).into_iter().map(|value| Adjustment {
            measure: value.measure,
            value: value.value,
            breakdown: value.breakdown,
            reason: "核对台账".to_owned(),
        });
        let by = caller("certifier", "P-certifier", &indicator.certifier, &[Role::Certifier]);
        let case =
            house.certify(&by, &name, changes.collect()).await.unwrap_or_else(|status| panic!("{name}: {status:?}"));
        let case = case.case.unwrap();
        assert_eq!(case.state(), CaseState::Certified);
        for value in &case.values {
            assert_ne!(text(&value.reported), text(&value.certified), "{}", value.measure);
            adjusted += 1;
        }
    }
    assert_eq!(adjusted, 39);
}
