//! The county's real programme: every kind of target, both bases, the township table with its blanks.

use minsheng_kit::convert::json::from_json;
use minsheng_proto::catalogue::v1::{Measure, Programme, ProgrammeVersion, TargetKind};
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{NotApplicable, Value};
use minsheng_proto::ranking::v1::{FigureBasis, Light};
use minsheng_proto::reporting::v1::{DivisionValue, MeasureValue};

use super::{Filed, PROGRAMME, World, number, office};

const ANHUA: &str = include_str!("../../../../deploy/programmes/anhua-2023/programme.json");

fn programme() -> Programme {
    from_json(ANHUA).unwrap()
}

/// Everything as the target asks; a pending one is left out with a reason.
fn met(programme: &Programme, measure: &Measure) -> MeasureValue {
    let table = programme.allocation_table.as_ref().unwrap();
    let column = table.columns.iter().position(|column| column.measure == measure.code);
    let breakdown = column.map_or(Vec::new(), |column| {
        let filled = table.rows.iter().filter(|row| !row.cells[column].is_empty());
        let parts = filled.map(|row| DivisionValue {
            division: row.division.clone(),
            value: Some(number(&row.cells[column], &measure.unit)),
        });
        parts.collect()
    });
    let value = match (measure.kind(), measure.target.as_str()) {
        (TargetKind::Milestone, _) => number("1", &measure.unit),
        (TargetKind::MoreThan, target) => number(&format!("{target}0"), &measure.unit),
        (TargetKind::AtMost, _) => number("1", &measure.unit),
        (_, "") => Value { state: Some(State::NotApplicable(NotApplicable { reason: "目标未下达".into() })) },
        (_, target) => number(target, &measure.unit),
    };
    MeasureValue {
        measure: measure.code.clone(),
        value: Some(value),
        breakdown,
        stage: measure.required_stage.clone(),
        paid: true,
        ..MeasureValue::default()
    }
}

#[tokio::test]
async fn the_real_programme_is_ranked_by_its_real_table() {
    let mut world = World::new().await;
    let document = programme();
    world
        .amend(ProgrammeVersion {
            name: PROGRAMME.into(),
            version: 2,
            programme: Some(document.clone()),
            in_force_from: "2023-01".into(),
            reason: "下达全部项目".into(),
            ..ProgrammeVersion::default()
        })
        .await;
    let nothing = world.preview("2023-06", FigureBasis::Fast, "").await.unwrap();
    assert_eq!(nothing.indicators.len(), 26);
    assert_eq!(nothing.indicators.iter().map(|row| row.measures.len()).sum::<usize>(), 39);
    assert!(nothing.indicators.iter().all(|row| row.light() == Light::NoFigure));
    assert_eq!(nothing.discipline.as_ref().unwrap().missing.len(), 26);
    assert_eq!((nothing.townships.len(), nothing.township_columns.len()), (24, 7));
    assert!(nothing.lead_units.iter().all(|row| row.rank == 0));

    for indicator in document.projects.iter().flat_map(|project| &project.indicators) {
        let values: Vec<MeasureValue> = indicator.measures.iter().map(|measure| met(&document, measure)).collect();
        let filed = Filed {
            indicator: &indicator.code,
            period: "2023-06",
            version: 1,
            values: values.clone(),
            days_late: None,
            to_confirm: false,
        };
        let version = world.file(&filed).await;
        world.pass(&version, &values).await;
        world.certify(&version, &values, &[], "P4").await;
    }
    world.close("2023-06").await;
    for basis in [FigureBasis::Fast, FigureBasis::Certified] {
        let sealed = world.publish(&office(), "2023-06", basis).await.unwrap().snapshot.unwrap();
        let without = sealed.indicators.iter().filter(|row| row.light() == Light::NoFigure);
        assert_eq!(without.map(|row| row.indicator.as_str()).collect::<Vec<_>>(), [""; 0]);
        let filled = sealed.townships.iter().flat_map(|row| &row.cells).filter(|cell| !cell.completion.is_empty());
        assert_eq!(filled.count(), 115, "blanks stay blank");
        assert!(sealed.townships.iter().all(|row| row.completion == "100.0"));
        let discipline = sealed.discipline.unwrap();
        assert_eq!((discipline.owed, discipline.on_time, discipline.missing.len()), (26, 26, 0));
        let scored: Vec<&str> =
            sealed.lead_units.iter().filter(|row| row.rank > 0).map(|row| row.score.as_str()).collect();
        assert!(!scored.is_empty() && scored.iter().all(|score| *score == "100"), "{scored:?}");
    }
}
