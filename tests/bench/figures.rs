//! The province that is measured: the published tree of divisions, and invented figures that follow from place and measure.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use minsheng_proto::catalogue::v1::{Division, DivisionLevel};

/// Measures of the month.
pub const MEASURES: usize = 26;

/// The tree as arrays, parents before children.
pub struct Territory {
    /// Statistical codes.
    pub codes: Vec<String>,
    /// Names.
    pub names: Vec<String>,
    /// Index of each parent; none for the province.
    pub parents: Vec<Option<u32>>,
    /// Indexes of the villages.
    pub villages: Vec<usize>,
}

impl Territory {
    /// Reads the tree from the example data.
    pub fn read() -> anyhow::Result<Self> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/programmes/divisions-hunan.csv");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let level = |name: &str| {
            ["province", "municipality", "county", "township", "village"].iter().position(|it| *it == name)
        };
        let mut rows = Vec::new();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let [code, name, of, parent] = cells[..] else { anyhow::bail!("{}: {line}", path.display()) };
            rows.push((level(of).with_context(|| line.to_owned())?, code, name, parent));
        }
        rows.sort_by_key(|(level, code, _, _)| (*level, *code));
        let places: HashMap<&str, u32> = (0..).zip(&rows).map(|(place, (_, code, _, _))| (*code, place)).collect();
        Ok(Self {
            codes: rows.iter().map(|(_, code, _, _)| (*code).to_owned()).collect(),
            names: rows.iter().map(|(_, _, name, _)| (*name).to_owned()).collect(),
            parents: rows.iter().map(|(_, _, _, parent)| places.get(parent).copied()).collect(),
            villages: rows.iter().enumerate().filter(|(_, row)| row.0 == 4).map(|(place, _)| place).collect(),
        })
    }

    /// The tree as the catalogue takes it in; without townships and villages where only the upper levels are asked for.
    pub fn divisions(&self, deepest: DivisionLevel) -> Vec<Division> {
        let level = |code: &str| match code.len() {
            12 => DivisionLevel::Village,
            9 => DivisionLevel::Township,
            _ if code.ends_with("0000") => DivisionLevel::Province,
            _ if code.ends_with("00") => DivisionLevel::Municipality,
            _ => DivisionLevel::County,
        };
        let division = |place: usize| Division {
            code: self.codes[place].clone(),
            name: self.names[place].clone(),
            level: level(&self.codes[place]).into(),
            parent: self.parents[place].map(|parent| self.codes[parent as usize].clone()).unwrap_or_default(),
        };
        let all = (0..self.codes.len()).map(division);
        all.filter(|division| division.level <= i32::from(deepest)).collect()
    }

    /// A village's target, in whole units.
    pub fn target(&self, measure: usize, village: usize) -> i64 {
        20 + mixed(measure, village) % 80
    }

    /// Its value this month.
    pub fn value(&self, measure: usize, village: usize) -> i64 {
        mixed(village, measure) % (self.target(measure, village) + 1)
    }
}

/// A number that looks like chance and is the same in every run.
fn mixed(a: usize, b: usize) -> i64 {
    let seed = (a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (b as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    let mixed = (seed ^ (seed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    i64::try_from(mixed >> 40).unwrap_or(0)
}
