//! Checks on the item list (台账): the count follows from the list, no object stands in it twice, and for persons an item
//! is a serial whose key stays in the bureau. Field rules §3.

use std::collections::BTreeMap;

use super::{MeasureInput, ReportInput};
use crate::division::DivisionCode;
use crate::finding::Finding;
use crate::measure::Evaluation;
use crate::quantity::Quantity;
use crate::target::Kind;

/// How a measure's value follows from its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CountedBy {
    /// Number of items: estates, sources, households.
    #[default]
    Number,
    /// Sum of the items' amounts: kilometres of road, money.
    Amount,
}

/// A named object behind a measure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Serial within the list.
    pub serial: String,
    /// Name of the object; empty for persons.
    pub name: String,
    /// Township or area where it lies.
    pub area: Option<DivisionCode>,
    /// Stage it has reached.
    pub stage: Option<String>,
    /// Length, money or the like, in the measure's unit.
    pub amount: Option<Quantity>,
    /// Where else the same object is listed, such as another programme; empty if nowhere.
    pub elsewhere: String,
}

/// The item list of a measure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemList {
    /// How the value follows from it.
    pub counted_by: CountedBy,
    /// True where the items are persons: serials only.
    pub persons: bool,
    /// The items.
    pub items: Vec<Item>,
}

/// Number or amount of the items that count: those at or beyond the required stage where the kind has stages.
fn counted(measure: &MeasureInput, list: &ItemList) -> Option<Quantity> {
    let (stages, required) = match &measure.spec.kind {
        Kind::StageCount(rule) => (rule.stages.as_slice(), rule.required.as_deref()),
        _ => (&[][..], None),
    };
    let position = |stage: &str| stages.iter().position(|known| known == stage);
    let required = required.and_then(position);
    let there = |item: &&Item| match required {
        None => true,
        Some(required) => item.stage.as_deref().and_then(position).is_some_and(|reached| reached >= required),
    };
    let counting = list.items.iter().filter(there);
    match list.counted_by {
        CountedBy::Number => i64::try_from(counting.count()).ok().and_then(Quantity::from_integer),
        CountedBy::Amount => Quantity::checked_sum(counting.filter_map(|item| item.amount)),
    }
}

/// Error: the value differs from what its list gives.
pub(super) fn count(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let (Some(list), Some(value)) = (&measure.items, measure.actual.value.number()) else {
        return Vec::new();
    };
    let counted = counted(measure, list);
    if counted == Some(value) {
        return Vec::new();
    }
    let shown = counted.map_or_else(|| "过大".to_owned(), |counted| counted.to_string());
    let finding = Finding::error(
        "item_count",
        measure.field("items"),
        format!("所报{value}与台账计得的{shown}不符"),
        format!("{value} reported, the item list gives {shown}"),
    );
    vec![finding.fact("value", value).fact("counted", shown)]
}

/// Error: a serial, or an object by name and area, stands in the list twice. Warning: it is listed elsewhere too.
pub(super) fn duplicates(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let Some(list) = &measure.items else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut serials: BTreeMap<&str, usize> = BTreeMap::new();
    let mut objects: BTreeMap<(&str, Option<DivisionCode>), usize> = BTreeMap::new();
    for (row, item) in list.items.iter().enumerate() {
        let field = measure.field(&format!("items[{}]", row + 1));
        let named = (!item.name.trim().is_empty()).then_some((item.name.trim(), item.area));
        let same_serial = serials.insert(&item.serial, row);
        let same_object = named.and_then(|object| objects.insert(object, row));
        if let Some(first) = same_serial.or(same_object) {
            let finding = Finding::error(
                "item_twice",
                field.clone(),
                format!("台账第{}条与第{}条为同一对象", row + 1, first + 1),
                format!("item {} is the same object as item {}", row + 1, first + 1),
            );
            findings.push(finding.fact("serial", &item.serial).fact("first", first + 1));
        }
        if !item.elsewhere.is_empty() {
            let finding = Finding::warning(
                "item_elsewhere",
                field,
                format!("台账第{}条同时列入{}", row + 1, item.elsewhere),
                format!("item {} is listed in {} too", row + 1, item.elsewhere),
            );
            findings.push(finding.fact("serial", &item.serial).fact("elsewhere", &item.elsewhere));
        }
    }
    findings
}

/// Error: an item of persons carries a name.
pub(super) fn persons(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let Some(list) = measure.items.as_ref().filter(|list| list.persons) else {
        return Vec::new();
    };
    let named = list.items.iter().enumerate().filter(|(_, item)| !item.name.trim().is_empty());
    let find = |(row, _): (usize, &Item)| {
        Finding::error(
            "item_names_person",
            measure.field(&format!("items[{}].name", row + 1)),
            "人员类台账只记编号，不得填写姓名",
            "an item of persons is a serial; names are not accepted",
        )
    };
    named.map(find).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{codes, measure, q};
    use super::*;
    use crate::target::StageCount;

    fn estates(value: &str, stages: &[&str]) -> MeasureInput {
        let mut it = measure(value);
        it.spec.kind = Kind::StageCount(StageCount {
            target: q("28"),
            stages: ["开工", "完工"].map(str::to_owned).to_vec(),
            required: Some("完工".to_owned()),
        });
        let item = |(row, stage): (usize, &&str)| Item {
            serial: format!("{}", row + 1),
            name: format!("小区{row}"),
            stage: Some((*stage).to_owned()),
            ..Item::default()
        };
        let items = stages.iter().enumerate().map(item).collect();
        it.items = Some(ItemList { items, ..ItemList::default() });
        it
    }

    #[test]
    fn the_count_follows_from_the_list_at_the_required_stage() {
        assert!(codes(estates("2", &["完工", "开工", "完工"])).is_empty());
        assert_eq!(codes(estates("3", &["完工", "开工", "完工"])), ["item_count"]);
    }

    #[test]
    fn amounts_are_summed_where_the_measure_is_a_length() {
        let mut roads = measure("4");
        let item =
            |serial: &str, length| Item { serial: serial.to_owned(), amount: Some(q(length)), ..Item::default() };
        let items = vec![item("1", "1.5"), item("2", "2.5")];
        roads.items = Some(ItemList { counted_by: CountedBy::Amount, items, ..ItemList::default() });
        assert!(codes(roads).is_empty());
    }

    #[test]
    fn the_same_object_twice_or_in_two_programmes_is_found() {
        let mut it = estates("2", &["完工", "完工"]);
        it.items.as_mut().unwrap().items[1].name = "小区0".to_owned();
        assert_eq!(codes(it.clone()), ["item_twice"]);
        // Many villages share a name: in another township it is another object.
        it.items.as_mut().unwrap().items[1].area = Some("430923100".parse().unwrap());
        assert!(codes(it.clone()).is_empty());
        it.items.as_mut().unwrap().items[0].elsewhere = "programmes/430923-2022".to_owned();
        assert_eq!(codes(it), ["item_elsewhere"]);
    }

    #[test]
    fn persons_have_serials_and_no_names() {
        let mut it = measure("1");
        let item = Item { serial: "1".to_owned(), name: "张三".to_owned(), ..Item::default() };
        it.items = Some(ItemList { persons: true, items: vec![item], ..ItemList::default() });
        assert_eq!(codes(it), ["item_names_person"]);
    }
}
