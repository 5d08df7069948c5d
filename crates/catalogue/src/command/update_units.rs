//! Makes or changes units, all together or row by row. Names have dates: a unit that takes a new name keeps the old one.

use std::collections::BTreeSet;

use minsheng_kit::convert::{Faults, name};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{
    BatchUpdateUnitsRequest, BatchUpdateUnitsResponse, Unit, UnitKind, UnitsUpdated, UpdateUnitRow, UpdateUnitSuccess,
};
use minsheng_proto::common::v1::BulkMode;
use prost::Message;

use super::check_own;
use crate::entity::{division, unit};

/// Most rows of one call.
const MAX_ROWS: usize = 1_000;
/// Longest name, in characters.
const MAX_NAME: usize = 100;
/// Most former names of a unit.
const MAX_FORMER: usize = 50;

/// The batch.
#[derive(Debug)]
pub(crate) struct UpdateUnits(pub(crate) BatchUpdateUnitsRequest);

impl Command for UpdateUnits {
    type Answer = BatchUpdateUnitsResponse;

    fn wants(&self, wants: &mut Wants) {
        for unit in self.0.rows.iter().take(MAX_ROWS).filter_map(|row| row.unit.as_ref()) {
            wants.row::<unit::Entity>(unit.id.as_str());
            wants.row::<division::Entity>(unit.division.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<BatchUpdateUnitsResponse, Refusal> {
        context.authorise(Action::UpdateUnits, &Resource::new("unit"))?;
        let row_by_row = self.check_call()?;
        let sequence = context.next_sequence();
        let mut answer = BatchUpdateUnitsResponse::default();
        let mut changed: Vec<Unit> = Vec::new();
        for row in &self.0.rows {
            let taken = match judge(row, context) {
                Ok(Judged::Same(unit)) => unit,
                Ok(Judged::Changed(unit)) => {
                    let unit = Unit { etag: sequence.to_string(), ..unit };
                    changed.push(unit.clone());
                    unit
                }
                Err(refusal) => {
                    answer.failures.push(refusal.row(row.id.as_str()));
                    continue;
                }
            };
            answer.successes.push(UpdateUnitSuccess { id: row.id.clone(), unit: Some(taken) });
        }
        if !answer.failures.is_empty() && !row_by_row {
            answer.successes.clear();
            return Ok(answer);
        }
        if changed.is_empty() {
            return Ok(answer);
        }
        for unit in &changed {
            let stored = Unit { etag: String::new(), ..unit.clone() };
            context.put::<unit::Entity>(unit::Model {
                id: unit.id.clone(),
                unit: stored.encode_to_vec(),
                revision: i64::try_from(sequence).unwrap_or(i64::MAX),
            });
        }
        context.record("units", &UnitsUpdated { units: changed });
        Ok(answer)
    }

    fn weight(&self) -> usize {
        self.0.encoded_len()
    }
}

impl UpdateUnits {
    /// What must hold of the call for its rows to be answered one by one; gives whether each row stands for itself.
    fn check_call(&self) -> Result<bool, Refusal> {
        let rows = &self.0.rows;
        if rows.is_empty() {
            return Err(Refusal::required("rows"));
        }
        let mut faults = Faults::default();
        faults.count("rows", rows.len(), MAX_ROWS);
        let row_by_row = faults.choice("mode", self.0.mode, |mode: BulkMode| Some(mode == BulkMode::RowByRow));
        let (mut ids, mut units) = (BTreeSet::new(), BTreeSet::new());
        for (place, row) in rows.iter().enumerate() {
            let field = format!("rows[{place}].id");
            faults.required_text(&field, &row.id, 64);
            if !ids.insert(row.id.as_str()) {
                faults.add(field, "编号在本次请求中重复", "is used twice in the call");
            }
            if let Some(unit) = &row.unit
                && !units.insert(unit.id.as_str())
            {
                faults.add(format!("rows[{place}].unit.id"), "同一单位出现两次", "the unit stands twice in the call");
            }
        }
        faults.check(Reason::FieldInvalid)?;
        Ok(row_by_row.unwrap_or_default())
    }
}

enum Judged {
    /// Nothing to change.
    Same(Unit),
    /// As it shall be; its etag follows.
    Changed(Unit),
}

fn judge(row: &UpdateUnitRow, context: &Context<'_>) -> Result<Judged, Refusal> {
    let unit = row.unit.as_ref().ok_or_else(|| Refusal::required("unit"))?;
    let mut faults = Faults::default();
    check_form(unit, context, &mut faults);
    let Some(present) = context.get::<unit::Entity>(&unit.id) else {
        faults.check(Reason::UnitInvalid)?;
        return if unit.etag.is_empty() {
            Ok(Judged::Changed(unit.clone()))
        } else {
            Err(Refusal::new(Reason::UnitUnknown).with("unit", &unit.id))
        };
    };
    let present = present.shown()?;
    if present == (Unit { etag: present.etag.clone(), ..unit.clone() }) {
        return Ok(Judged::Same(present));
    }
    faults.check(Reason::UnitInvalid)?;
    if unit.etag != present.etag {
        let (current, name) = (&present.etag, &present.display_name);
        return Err(Refusal::new(Reason::EtagMismatch)
            .because(
                format!("单位{}已有不同的内容（现名“{name}”，版本{current}），请刷新后重试。", unit.id),
                format!("Unit {} is {name:?} at revision {current}: read it again and send that etag.", unit.id),
            )
            .field("unit.etag", format!("现为{current}"), format!("is {current} now")));
    }
    check_names_kept(unit, &present)?;
    Ok(Judged::Changed(unit.clone()))
}

fn check_form(unit: &Unit, context: &Context<'_>, faults: &mut Faults) {
    if !name::is_unit_id(&unit.id) {
        faults.add(
            "unit.id",
            "须为2至40个小写字母、数字或“-”，不以“tier-”开头（留给下级）",
            "must be 2 to 40 of a–z, 0–9 and \"-\", not beginning with \"tier-\", which stands for lower tiers",
        );
    }
    faults.required_text("unit.display_name", &unit.display_name, MAX_NAME);
    faults.choice("unit.kind", unit.kind, |kind: UnitKind| (kind != UnitKind::Unspecified).then_some(()));
    if context.get::<division::Entity>(&unit.division).is_none() {
        faults.add("unit.division", "区划名录中没有这个区划", "is no known division");
    }
    check_own("unit.division", &unit.division, context, faults);
    let named_from = faults.date("unit.named_from", &unit.named_from);
    faults.count("unit.former_names", unit.former_names.len(), MAX_FORMER);
    let mut before = None;
    for (place, former) in unit.former_names.iter().enumerate() {
        let field = |name: &str| format!("unit.former_names[{place}].{name}");
        faults.required_text(&field("display_name"), &former.display_name, MAX_NAME);
        let Some(to) = faults.keep(minsheng_kit::convert::period::date(&field("named_to"), &former.named_to)) else {
            continue;
        };
        if before.is_some_and(|before| before >= to) || named_from.is_some_and(|from| to >= from) {
            faults.add(
                field("named_to"),
                "曾用名须按时间先后排列，并早于现名的启用日",
                "former names stand in order of time, before the name in force",
            );
        }
        before = Some(to);
    }
    if named_from.is_none() && !unit.former_names.is_empty() {
        faults.add("unit.named_from", "有曾用名时须填现名的启用日", "is required where there are former names");
    }
}

/// A name once borne is not lost.
fn check_names_kept(unit: &Unit, present: &Unit) -> Result<(), Refusal> {
    let kept = |name: &str| unit.former_names.iter().any(|former| former.display_name == name);
    let renamed = unit.display_name != present.display_name;
    let mut lost = present.former_names.iter().filter(|former| !unit.former_names.contains(former));
    if (renamed && !kept(&present.display_name)) || lost.next().is_some() {
        let name = &present.display_name;
        return Err(Refusal::new(Reason::UnitInvalid).field(
            "unit.former_names",
            format!("须保留全部曾用名；改名时原名“{name}”连同停用日列入曾用名"),
            format!("must keep all former names, and {name:?} with its last day when the name changes"),
        ));
    }
    Ok(())
}
