//! Makes or changes items of a list by serial. The whole list goes into the ledger, since counts are checked against it.

use std::collections::{BTreeMap, HashSet};

use minsheng_domain::division::DivisionCode;
use minsheng_domain::period::beijing_date;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::reporting::v1::{
    BatchUpdateItemsRequest, BatchUpdateItemsResponse, Item, ItemsUpdated, UpdateItemRow, UpdateItemSuccess,
};
use prost::Message;

use super::Rules;
use super::batch_file::{check_ids, mode};
use crate::content::Faults;
use crate::entity::{evidence, item_list, item_object};
use crate::items::{self, Elsewhere};
use crate::names;
use crate::programme::{self, InForce, LedMeasure, Programmes};

/// A list in one ledger entry, in bytes.
const MAX_LIST_BYTES: usize = 3 * 1024 * 1024;

/// Items to make or change.
#[derive(Debug)]
pub(crate) struct BatchUpdateItems {
    request: BatchUpdateItemsRequest,
    mode: BulkMode,
    rules: Rules,
}

impl BatchUpdateItems {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_REQUIRED without rows, FIELD_INVALID for too many, for an unknown mode, for ids or serials given twice.
    pub(crate) fn new(request: BatchUpdateItemsRequest, rules: Rules) -> Result<Self, Refusal> {
        ProgrammeName::parse("programme", &request.programme)?;
        let mode = mode(request.mode)?;
        check_ids(request.rows.iter().map(|row| row.id.as_str()))?;
        let mut serials = HashSet::new();
        for (place, row) in request.rows.iter().enumerate() {
            let item = row.item.as_ref().ok_or_else(|| Refusal::required(format!("rows[{place}].item")))?;
            if !serials.insert(item.serial.as_str()) {
                let field = format!("rows[{place}].item.serial");
                return Err(Refusal::invalid(field, "同一编号在一批中只能出现一次", "stands in the batch already"));
            }
        }
        Ok(Self { mode, rules, request })
    }

    fn items(&self) -> impl Iterator<Item = &Item> {
        self.request.rows.iter().filter_map(|row| row.item.as_ref())
    }

    fn list_name(&self) -> String {
        names::item_list(&self.request.programme, &self.request.measure)
    }
}

/// Key of a named object; none for persons and for what has no name.
fn object(item: &Item) -> Option<String> {
    let title = item.title.trim();
    (!title.is_empty()).then(|| format!("{}|{title}", item.division))
}

impl Command for BatchUpdateItems {
    type Answer = BatchUpdateItemsResponse;

    fn wants(&self, wants: &mut Wants) {
        Programmes::wants(&self.request.programme, wants);
        wants.row::<item_list::Entity>(self.list_name());
        for item in self.items() {
            if !item.division.is_empty() {
                self.rules.divisions.wants(&item.division, wants);
            }
            if let Some(object) = object(item) {
                wants.row::<item_object::Entity>(object);
            }
            for hash in &item.evidence {
                wants.row::<evidence::Entity>(hex::encode(hash));
            }
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        self.rules.programmes.wants_more(&self.request.programme, None, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<BatchUpdateItemsResponse, Refusal> {
        let in_force = programme::in_force(&self.rules.programmes, &self.request.programme, None, context)?;
        let unknown = || Refusal::new(Reason::MeasureUnknown).with("measure", &self.request.measure);
        let (indicator, measure) = in_force.measure(&self.request.measure).ok_or_else(unknown)?;
        let resource = Resource::new("items").of_unit(&indicator.lead_unit).certified_by(&indicator.certifier);
        context.authorise(Action::UpdateItems, &resource)?;
        let indicator_name = format!("{}/indicators/{}", self.request.programme, indicator.code);

        let list_name = self.list_name();
        let row = context.get::<item_list::Entity>(&list_name);
        let revision = row.map_or(0, |row| row.revision) + 1;
        let mut elsewhere = row.map(items::elsewhere).transpose()?.unwrap_or_default();
        let listed = row.map(items::stored).transpose()?.unwrap_or_default();
        let mut list: BTreeMap<String, Item> =
            listed.items.into_iter().map(|item| (item.serial.clone(), item)).collect();

        let mut answer = BatchUpdateItemsResponse::default();
        for row in &self.request.rows {
            match self.judge(row, measure, &list, &in_force, context) {
                Ok(mut item) => {
                    item.etag = revision.to_string();
                    list.insert(item.serial.clone(), item.clone());
                    answer.successes.push(UpdateItemSuccess { id: row.id.clone(), item: Some(item) });
                }
                Err(refusal) => answer.failures.push(refusal.row(row.id.as_str())),
            }
        }
        if answer.successes.is_empty() || (self.mode == BulkMode::AllOrNothing && !answer.failures.is_empty()) {
            answer.successes.clear();
            return Ok(answer);
        }
        for item in answer.successes.iter().filter_map(|success| success.item.as_ref()) {
            note_object(item, &list_name, &mut elsewhere, context);
        }
        let event = ItemsUpdated {
            programme: self.request.programme.clone(),
            measure: self.request.measure.clone(),
            items: list.into_values().collect(),
        };
        let stored = event.encode_to_vec();
        if stored.len() > MAX_LIST_BYTES {
            return Err(
                Refusal::new(Reason::TooLarge).because("台账过大，请按要求精简。", "The item list is too large.")
            );
        }
        context.record(&list_name, &event);
        context.put::<item_list::Entity>(item_list::Model {
            name: list_name,
            indicator_name,
            measure: self.request.measure.clone(),
            revision,
            items: stored,
            elsewhere: elsewhere.encode_to_vec(),
        });
        Ok(answer)
    }

    fn weight(&self) -> usize {
        self.request.encoded_len()
    }
}

impl BatchUpdateItems {
    /// Whether a row may be taken.
    fn judge(
        &self,
        row: &UpdateItemRow,
        measure: &LedMeasure,
        list: &BTreeMap<String, Item>,
        in_force: &InForce,
        context: &Context<'_>,
    ) -> Result<Item, Refusal> {
        let item = row.item.clone().unwrap_or_default();
        items::check(&item, measure, beijing_date(context.now()))?;
        match list.get(&item.serial) {
            Some(known) if known.etag != item.etag => {
                return Err(Refusal::new(Reason::EtagMismatch)
                    .because(
                        "这条台账已存在，或在读取之后已被更改，请刷新后再改。",
                        "The item exists or was changed since it was read.",
                    )
                    .with("serial", &item.serial)
                    .with("etag", &known.etag));
            }
            None if !item.etag.is_empty() => {
                return Err(Refusal::new(Reason::EtagMismatch)
                    .because("台账中没有这一条。", "There is no such item.")
                    .with("serial", &item.serial));
            }
            _ => {}
        }
        let mut faults = Faults::default();
        if !item.division.is_empty() && !self.lies_here(&item.division, in_force, context) {
            let (zh, en) = ("不是本行政区的区划或任务分解表中的区域", "is no division of this territory");
            faults.add(Reason::FieldInvalid, "item.division", zh, en);
        }
        for (place, hash) in item.evidence.iter().enumerate() {
            if context.get::<evidence::Entity>(&hex::encode(hash)).is_none() {
                let (zh, en) = ("没有这个佐证文件，请先上传", "is not known; upload it first");
                faults.add(Reason::EvidenceUnknown, format!("item.evidence[{place}]"), zh, en);
            }
        }
        faults.check(Reason::ItemInvalid)?;
        Ok(item)
    }

    /// An area of the allocation table, or a known division within the programme's.
    fn lies_here(&self, code: &str, in_force: &InForce, context: &Context<'_>) -> bool {
        let Ok(area) = code.parse::<DivisionCode>() else {
            return false;
        };
        let within = in_force.division.is_some_and(|whole| area.is_within(whole));
        in_force.has_area(area) || (within && self.rules.divisions.exists(code, context))
    }
}

/// Notes that the list holds the object, and whether a list of another programme does too.
fn note_object(item: &Item, list_name: &str, elsewhere: &mut Elsewhere, context: &mut Context<'_>) {
    elsewhere.lists.remove(&item.serial);
    let Some(key) = object(item) else { return };
    let known = context.get::<item_object::Entity>(&key).cloned();
    let mut row = known.unwrap_or_else(|| item_object::Model { name: key, lists: String::new() });
    let programme = list_name.split('|').next();
    let other = row.lists.lines().find(|list| list.split('|').next() != programme);
    if let Some(other) = other {
        elsewhere.lists.insert(item.serial.clone(), other.replace('|', "/measures/"));
    }
    if !row.lists.lines().any(|list| list == list_name) {
        if !row.lists.is_empty() {
            row.lists.push('\n');
        }
        row.lists.push_str(list_name);
        context.put::<item_object::Entity>(row);
    }
}
