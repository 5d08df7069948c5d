//! Item lists as stored, as they count at a cut-off date, and the rules of a single item.

use std::collections::BTreeMap;

use jiff::civil::Date;
use minsheng_domain::check::{CountedBy, Item as Counted, ItemList, find_personal_data};
use minsheng_domain::quantity::Quantity;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::reporting::v1::{Item, ItemStage, ItemsUpdated};
use prost::Message;

use crate::content::Faults;
use crate::entity::item_list;
use crate::programme::{LedMeasure, internal};

const MAX_SERIAL: usize = 40;
const MAX_TITLE: usize = 100;
const MAX_REASON: usize = 500;
const MAX_EVIDENCE: usize = 50;

/// Where else the items of a list are listed, by serial.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Elsewhere {
    #[prost(btree_map = "string, string", tag = "1")]
    pub(crate) lists: BTreeMap<String, String>,
}

/// The items of a stored list by serial.
pub(crate) fn stored(row: &item_list::Model) -> Result<ItemsUpdated, Refusal> {
    ItemsUpdated::decode(row.items.as_slice()).map_err(|_| internal("an item list"))
}

/// Where else the items of a stored list are listed.
pub(crate) fn elsewhere(row: &item_list::Model) -> Result<Elsewhere, Refusal> {
    Elsewhere::decode(row.elsewhere.as_slice()).map_err(|_| internal("an item list"))
}

/// A list with nothing in it.
pub(crate) fn empty(measure: &LedMeasure) -> ItemList {
    ItemList { counted_by: CountedBy::Number, persons: measure.persons, items: Vec::new() }
}

/// A list as it stood at the end of a day: stages reached later do not count yet, what was struck counts no more. Where
/// items have amounts the amounts count, and one without counts as one.
pub(crate) fn as_counted(row: &item_list::Model, measure: &LedMeasure, cut_off: Date) -> Result<ItemList, Refusal> {
    let elsewhere = elsewhere(row)?;
    let listed = stored(row)?;
    let standing: Vec<&Item> = listed.items.iter().filter(|item| counts_at(item, measure, cut_off)).collect();
    let by_amount = standing.iter().any(|item| !item.amount.is_empty());
    let one = Quantity::from_integer(1);
    let item = |item: &&Item| Counted {
        serial: item.serial.clone(),
        name: item.title.clone(),
        area: item.division.parse().ok(),
        stage: reached(item, cut_off).map(|stage| stage.stage.clone()),
        amount: if item.amount.is_empty() { one } else { item.amount.parse().ok() },
        elsewhere: elsewhere.lists.get(&item.serial).cloned().unwrap_or_default(),
    };
    Ok(ItemList {
        counted_by: if by_amount { CountedBy::Amount } else { CountedBy::Number },
        persons: measure.persons,
        items: standing.iter().map(item).collect(),
    })
}

/// The last stage that was reached by the end of a day.
fn reached(item: &Item, cut_off: Date) -> Option<&ItemStage> {
    item.stages.iter().rev().find(|stage| stage.date.parse::<Date>().is_ok_and(|date| date <= cut_off))
}

/// An item counts while it is not struck and, in a measure without stages, from its day on.
fn counts_at(item: &Item, measure: &LedMeasure, cut_off: Date) -> bool {
    let there = !measure.stages.is_empty() || item.stages.is_empty() || reached(item, cut_off).is_some();
    item.struck_reason.is_empty() && there
}

/// Checks a single item; what it says of evidence and divisions is checked against what is known, by the command.
///
/// # Errors
/// ITEM_INVALID, or PERSONAL_DATA where nothing else is wrong.
pub(crate) fn check(item: &Item, measure: &LedMeasure, today: Date) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    let invalid = Reason::FieldInvalid;
    let serial = item.serial.chars().count();
    let blank = item.serial.chars().any(|character| character.is_whitespace() || character.is_control());
    if !(1..=MAX_SERIAL).contains(&serial) || blank {
        faults.add(invalid, "item.serial", "须为1至40个字符，不含空格", "must be 1 to 40 characters without blanks");
    }
    title(item, measure, &mut faults);
    stages(&item.stages, measure, today, &mut faults);
    if !item.amount.is_empty() {
        amount(&item.amount, measure, &mut faults);
    }
    if item.evidence.len() > MAX_EVIDENCE || item.evidence.iter().any(|hash| hash.len() != 32) {
        faults.add(invalid, "item.evidence", "须为SHA-256，至多50个", "must be SHA-256 hashes of 32 bytes, at most 50");
    }
    if item.struck_reason.chars().count() > MAX_REASON {
        faults.add(invalid, "item.struck_reason", "至多500个字符", "must be at most 500 characters");
    }
    for (field, text) in
        [("item.serial", &item.serial), ("item.title", &item.title), ("item.struck_reason", &item.struck_reason)]
    {
        if find_personal_data(text).is_some() {
            personal(field, &mut faults);
        }
    }
    faults.check(Reason::ItemInvalid)
}

fn personal(field: &str, faults: &mut Faults) {
    let (zh, en) = ("含有姓名、公民身份号码或手机号码，个人信息不得填入", "holds personal data, which is not accepted");
    faults.add(Reason::PersonalData, field, zh, en);
}

/// Objects have names; persons have none, and their serial is no name either.
fn title(item: &Item, measure: &LedMeasure, faults: &mut Faults) {
    let length = item.title.chars().count();
    if measure.persons {
        if length > 0 {
            personal("item.title", faults);
        }
        let key = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '/' | '.');
        if !item.serial.chars().all(key) {
            personal("item.serial", faults);
        }
    } else if !(1..=MAX_TITLE).contains(&length) || item.title.trim().is_empty() {
        faults.add(
            Reason::FieldInvalid,
            "item.title",
            "须写明名称，1至100个字符",
            "must be a name of 1 to 100 characters",
        );
    }
    if item.title.chars().any(char::is_control) {
        faults.add(Reason::FieldInvalid, "item.title", "不得含有控制字符", "must not hold control characters");
    }
}

fn stages(stages: &[ItemStage], measure: &LedMeasure, today: Date, faults: &mut Faults) {
    let mut last: Option<(usize, Date)> = None;
    for (row, stage) in stages.iter().enumerate() {
        let field = format!("item.stages[{row}]");
        let place = match (measure.stages.is_empty(), stage.stage.as_str()) {
            (true, "") if row == 0 => Some(0),
            (true, _) => None,
            (false, name) => measure.stages.iter().position(|known| known == name),
        };
        let date = convert::period::date(&format!("{field}.date"), &stage.date).ok();
        let (Some(place), Some(date)) = (place, date) else {
            let zh = "须为本计量项的阶段，日期写作2023-06-20";
            faults.add(Reason::FieldInvalid, field, zh, "must be a stage of the measure with an ISO date");
            continue;
        };
        if date > today {
            faults.add(Reason::FieldInvalid, format!("{field}.date"), "日期不得晚于今天", "must not lie in the future");
        }
        if last.is_some_and(|(before, day)| place <= before || date < day) {
            faults.add(
                Reason::FieldInvalid,
                field,
                "阶段须按顺序填写",
                "must follow the stage before in order and date",
            );
        }
        last = Some((place, date));
    }
}

fn amount(text: &str, measure: &LedMeasure, faults: &mut Faults) {
    match convert::value::decimal("item.amount", text) {
        Ok(number) if number.is_negative() || number.decimals_used() > measure.spec.decimals => {
            let zh = format!("不得为负，至多{}位小数", measure.spec.decimals);
            let en = format!("must not be negative and have at most {} decimals", measure.spec.decimals);
            faults.add(Reason::FieldInvalid, "item.amount", zh, en);
        }
        Ok(_) => {}
        Err(refusal) => {
            for violation in refusal.violations {
                faults.add(Reason::QuantityInvalid, violation.field, violation.zh, violation.en);
            }
        }
    }
}
