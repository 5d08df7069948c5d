//! What a programme gives to its lower tiers: of every row of the allocation table that is a mandate the filled cells, each
//! with the definition of its measure.

use std::collections::BTreeMap;

use minsheng_proto::catalogue::v1::{AllocationTable, Indicator, Measure, Programme, TargetKind};
use minsheng_proto::tier::v1::{MandatedIndicator, MandatesGiven};

/// By division; without the version of the programme and the entry before, so that what is alike is equal.
pub(crate) fn given(programme: &Programme) -> BTreeMap<String, MandatesGiven> {
    let empty = AllocationTable::default();
    let table = programme.allocation_table.as_ref().unwrap_or(&empty);
    let mut given = BTreeMap::new();
    for row in table.rows.iter().filter(|row| row.mandate && !row.division.is_empty()) {
        let measures = table.columns.iter().map(|column| column.measure.as_str());
        let shares: BTreeMap<&str, &str> =
            measures.zip(row.cells.iter().map(String::as_str)).filter(|(_, cell)| !cell.is_empty()).collect();
        let indicators = programme.projects.iter().flat_map(|project| &project.indicators);
        let indicators: Vec<MandatedIndicator> = indicators.filter_map(|of| indicator(of, &shares)).collect();
        if !indicators.is_empty() {
            given.insert(row.division.clone(), MandatesGiven { indicators, ..nothing(programme, &row.division) });
        }
    }
    given
}

/// Nothing, or nothing any more.
pub(crate) fn nothing(programme: &Programme, division: &str) -> MandatesGiven {
    MandatesGiven {
        division: division.to_owned(),
        programme: programme.name.clone(),
        source: programme.source.clone(),
        reporting_rules: programme.reporting_rules,
        demo_mark: programme.demo_mark.clone(),
        ..MandatesGiven::default()
    }
}

fn indicator(of: &Indicator, shares: &BTreeMap<&str, &str>) -> Option<MandatedIndicator> {
    let given =
        of.measures.iter().filter_map(|measure| Some(share(measure, shares.get(measure.code.as_str())?, shares)));
    let measures: Vec<Measure> = given.collect();
    (!measures.is_empty()).then(|| MandatedIndicator { code: of.code.clone(), title: of.title.clone(), measures })
}

/// A measure with the share as its target. Parts that are not given stay out, and where the whole began is the whole's.
fn share(of: &Measure, target: &str, shares: &BTreeMap<&str, &str>) -> Measure {
    let whole = of.parts.iter().all(|part| shares.contains_key(part.as_str()));
    let raised = of.kind == i32::from(TargetKind::StandardRaised);
    Measure {
        target: target.to_owned(),
        printed: String::new(),
        parts: if whole { of.parts.clone() } else { Vec::new() },
        baseline: if raised { of.baseline.clone() } else { String::new() },
        ..of.clone()
    }
}
