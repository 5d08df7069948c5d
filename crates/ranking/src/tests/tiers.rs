//! Lower tiers are ranked among themselves, and nobody else is ranked otherwise for it.

use minsheng_domain::programme::code_at;
use minsheng_proto::catalogue::v1::ProgrammeVersion;
use minsheng_proto::ranking::v1::{FigureBasis, Light, Snapshot};

use super::{Filed, World, programme};

const FAST: FigureBasis = FigureBasis::Fast;

/// Every row of the township table that has a target is a mandate.
fn mandated() -> ProgrammeVersion {
    let mut version = programme::version();
    version.version = 2;
    for row in &mut version.programme.as_mut().unwrap().allocation_table.as_mut().unwrap().rows {
        row.mandate = true;
    }
    version
}

#[tokio::test]
async fn lower_tiers_have_a_standing_of_their_own() {
    let mut world = World::with_june().await;
    let before = world.preview("2023-06", FAST, "").await.unwrap();
    assert!(before.lower_tiers.is_empty() && before.tier_indicators.is_empty());
    let version = mandated();
    let table = version.programme.clone().unwrap().allocation_table.unwrap();
    let column = &table.columns[0];
    let given: Vec<_> = table.rows.iter().filter(|row| !row.cells[0].is_empty()).collect();
    assert!(given.len() >= 2);
    world.amend(version).await;
    let (indicator, _) = column.measure.split_once('-').unwrap();
    let (first, target) = (given[0].division.as_str(), given[0].cells[0].as_str());
    let code = code_at(indicator, first);
    let measure = code_at(&column.measure, first);
    let filed = Filed::new(&code, "2023-06", &[(&measure, target, &column.unit)]);
    let reference = world.file(&filed).await;
    world.pass(&reference, &filed.values).await;

    let after = world.preview("2023-06", FAST, "").await.unwrap();
    let ranks: Vec<(&str, i32)> = after.lower_tiers.iter().map(|row| (row.unit.as_str(), row.rank)).collect();
    assert_eq!(ranks.len(), given.len());
    assert_eq!(ranks[0], (&*format!("tier-{first}"), 1));
    assert_eq!(after.lower_tiers[0].unit_name, given[0].display_name);
    assert!(after.lower_tiers[1..].iter().all(|row| row.rank == 0 || row.rank > 1), "{ranks:?}");
    let row = after.tier_indicators.iter().find(|row| row.indicator == code).unwrap();
    assert_eq!((row.measures[0].target.as_str(), row.completion.as_str(), row.light()), (target, "100.0", Light::Blue));
    assert!(after.tier_indicators.iter().filter(|row| row.indicator != code).all(|row| row.light() == Light::NoFigure));

    let without = |snapshot: Snapshot| Snapshot {
        lower_tiers: Vec::new(),
        tier_indicators: Vec::new(),
        cut: None,
        programme_version: 0,
        amendment_reason: String::new(),
        ..snapshot
    };
    assert_eq!(without(after), without(before), "lead units, townships and discipline are what they were");
}
