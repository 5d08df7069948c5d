//! The project's own data files, built into the program: the real programme and territory, and the tables of others.

use std::collections::BTreeSet;

use minsheng_kit::convert::json::from_json;
use minsheng_proto::catalogue::v1::{Calendar, Division, DivisionLevel, Programme, Unit, UnitKind};
use serde::Deserialize;

use crate::error::DemoError;

/// What every invented thing is marked with.
pub const MARK: &str = "演示数据";

const DIVISIONS: &str = include_str!("../../../deploy/programmes/divisions-hunan.csv");
const PROGRAMME: &str = include_str!("../../../deploy/programmes/anhua-2023/programme.json");
const UNITS: &str = include_str!("../../../deploy/programmes/anhua-2023/units.csv");
const CALENDAR: &str = include_str!("../../../deploy/programmes/calendar-2023.json");

/// Tables of others that are checked as they were printed: name, content, months of the year covered where known.
pub(crate) const TABLES: [(&str, &str, Option<u32>); 2] = [
    ("yueyanglou-2022-06.csv", include_str!("../../../deploy/programmes/yueyanglou-2022-06.csv"), Some(6)),
    ("hunan-2021-estates.csv", include_str!("../../../deploy/programmes/hunan-2021-estates.csv"), None),
];

/// What is taken in before the first month.
#[derive(Clone, Debug)]
pub struct Documents {
    /// The territory tree down to the village, and the county's reporting area without a code.
    pub divisions: Vec<Division>,
    /// Units of the county.
    pub units: Vec<Unit>,
    /// Days off and working weekends.
    pub calendar: Calendar,
    /// The county's real programme.
    pub programme: Programme,
}

impl Documents {
    /// Reads them.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn read() -> Result<Self, DemoError> {
        let programme: Programme = from_json(PROGRAMME).map_err(|error| DemoError::data("programme.json", &error))?;
        let calendar = from_json(CALENDAR).map_err(|error| DemoError::data("calendar-2023.json", &error))?;
        let mut divisions = divisions()?;
        let known: BTreeSet<String> = divisions.iter().map(|division| division.code.clone()).collect();
        let table = programme.allocation_table.iter().flat_map(|table| &table.rows);
        let areas = table.filter(|row| !known.contains(&row.division)).map(|row| Division {
            code: row.division.clone(),
            name: row.display_name.clone(),
            level: DivisionLevel::LocalArea.into(),
            parent: programme.division.clone(),
        });
        divisions.extend(areas);
        Ok(Self { divisions, units: units()?, calendar, programme })
    }

    /// Name of the programme.
    pub fn programme_name(&self) -> String {
        format!("programmes/{}-{}", self.programme.division, self.programme.year)
    }

    /// A division with those above it and those right below it, from the top.
    pub fn around(&self, division: &str) -> Vec<Division> {
        let find = |code: &str| self.divisions.iter().find(|division| division.code == code);
        let mut around: Vec<Division> = Vec::new();
        let mut next = find(division);
        while let Some(above) = next {
            around.insert(0, above.clone());
            next = find(&above.parent);
        }
        around.extend(self.divisions.iter().filter(|below| below.parent == division).cloned());
        around
    }

    /// Units that lead an indicator, in the order of the units.
    pub fn lead_units(&self) -> Vec<Unit> {
        let leads: BTreeSet<&str> = self
            .programme
            .projects
            .iter()
            .flat_map(|project| &project.indicators)
            .map(|indicator| indicator.lead_unit.as_str())
            .collect();
        self.units.iter().filter(|unit| leads.contains(unit.id.as_str())).cloned().collect()
    }
}

#[derive(Deserialize)]
struct DivisionRow {
    code: String,
    name: String,
    level: String,
    parent: String,
}

fn divisions() -> Result<Vec<Division>, DemoError> {
    let rows = csv::Reader::from_reader(DIVISIONS.as_bytes()).into_deserialize::<DivisionRow>();
    rows.map(|row| {
        let row = row.map_err(|error| DemoError::data("divisions-hunan.csv", &error))?;
        let level = DivisionLevel::from_str_name(&format!("DIVISION_LEVEL_{}", row.level.to_uppercase()));
        let level = level.ok_or_else(|| DemoError::data("divisions-hunan.csv", &format!("级别{}", row.level)))?;
        Ok(Division { code: row.code, name: row.name, level: level.into(), parent: row.parent })
    })
    .collect()
}

#[derive(Deserialize)]
struct UnitRow {
    id: String,
    display_name: String,
    kind: String,
    division: String,
}

fn units() -> Result<Vec<Unit>, DemoError> {
    let rows = csv::Reader::from_reader(UNITS.as_bytes()).into_deserialize::<UnitRow>();
    rows.map(|row| {
        let row = row.map_err(|error| DemoError::data("units.csv", &error))?;
        let kind = UnitKind::from_str_name(&format!("UNIT_KIND_{}", row.kind));
        let kind = kind.ok_or_else(|| DemoError::data("units.csv", &format!("类别{}", row.kind)))?;
        Ok(Unit {
            id: row.id,
            display_name: row.display_name,
            kind: kind.into(),
            division: row.division,
            ..Unit::default()
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_documents_are_the_countys() {
        let documents = Documents::read().unwrap();
        assert_eq!(documents.divisions.len(), 31_691 + 1);
        assert_eq!(documents.divisions.last().unwrap().code, "430923L01");
        assert_eq!((documents.units.len(), documents.lead_units().len()), (43, 14));
        assert_eq!(documents.programme_name(), "programmes/430923-2023");
        assert!(documents.programme.demo_mark.is_empty());
        assert!(documents.calendar.working_days.contains(&"2023-06-25".to_owned()));
    }
}
