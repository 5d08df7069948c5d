//! Versions of a programme: how they are kept and shown, which is in force for a month, and what an amendment may not do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minsheng_domain::period::Period;
use minsheng_kit::clock;
use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::catalogue::v1 as proto;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::entity::{finding_decision, programme_version};

/// Key of a version's row.
pub(crate) fn key(programme: &str, version: i32) -> String {
    format!("{programme}/versions/{version}")
}

/// Key of a decision's row.
pub(crate) fn decision_key(programme: &str, finding: &str) -> String {
    format!("{programme}/findings/{finding}")
}

/// The version in force for a month: the last made of those in force from it or before.
pub(crate) fn in_force<'a>(
    versions: impl IntoIterator<Item = &'a programme_version::Model>,
    month: Period,
) -> Option<&'a programme_version::Model> {
    let month = month.to_string();
    let issued = versions.into_iter().filter(|version| version.version > 0 && version.in_force_from <= month);
    issued.max_by_key(|version| version.version)
}

/// Units of measure by code.
pub(crate) fn units(programme: &proto::Programme) -> BTreeMap<String, String> {
    let measures = programme.projects.iter().flat_map(|project| &project.indicators).flat_map(|one| &one.measures);
    measures.map(|measure| (measure.code.clone(), measure.unit.clone())).collect()
}

/// Refuses a code that an earlier version had and a later one dropped, and one that stands for another unit of measure:
/// what was reported under it would be read as something else. Earlier versions are given by their units, the oldest first.
pub(crate) fn check_codes(document: &proto::Programme, earlier: &[BTreeMap<String, String>], faults: &mut Faults) {
    let Some((before, older)) = earlier.split_last() else {
        return;
    };
    for (p, project) in document.projects.iter().enumerate() {
        for (i, indicator) in project.indicators.iter().enumerate() {
            for (m, measure) in indicator.measures.iter().enumerate() {
                let field = |name: &str| format!("projects[{p}].indicators[{i}].measures[{m}].{name}");
                match before.get(&measure.code) {
                    Some(unit) if *unit != measure.unit => faults.add(
                        field("unit"),
                        format!("{}的计量单位原为“{unit}”，不能更改：请另立计量项", measure.code),
                        format!("{} was in {unit:?}: give the measure a new code instead", measure.code),
                    ),
                    None if older.iter().any(|units| units.contains_key(&measure.code)) => faults.add(
                        field("code"),
                        format!("编码{}曾经使用、已经取消，不能再用", measure.code),
                        format!("code {} was used before and dropped: it is never used again", measure.code),
                    ),
                    _ => {}
                }
            }
        }
    }
}

impl programme_version::Model {
    /// The document.
    pub(crate) fn read(&self) -> Result<proto::Programme, Refusal> {
        proto::Programme::decode(self.document.as_slice()).map_err(|error| {
            tracing::error!(%error, version = self.key, "a stored programme cannot be decoded");
            Refusal::new(Reason::Internal)
        })
    }

    /// As it travels, without its document.
    pub(crate) fn head<'a>(
        &self,
        decisions: impl IntoIterator<Item = &'a finding_decision::Model>,
    ) -> proto::ProgrammeVersion {
        proto::ProgrammeVersion {
            name: self.programme.clone(),
            version: self.version,
            programme: None,
            in_force_from: self.in_force_from.clone(),
            reason: self.reason.clone(),
            time: Timestamp::from_millisecond(self.time).ok().map(clock::to_proto),
            sha256: Sha256::digest(&self.document).to_vec(),
            decisions: decisions.into_iter().map(finding_decision::Model::shown).collect(),
            etag: self.revision.to_string(),
        }
    }

    /// As it travels, with its document.
    pub(crate) fn shown<'a>(
        &self,
        decisions: impl IntoIterator<Item = &'a finding_decision::Model>,
    ) -> Result<proto::ProgrammeVersion, Refusal> {
        Ok(proto::ProgrammeVersion { programme: Some(self.read()?), ..self.head(decisions) })
    }
}
