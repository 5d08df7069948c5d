//! Item lists: estates and water sources with their stages, from which the counts follow. Names are invented and say so.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::plan::{ItemPlan, StagePlan};
use super::spread::Share;
use crate::data::MARK;

/// Townships in which the invented estates lie, with their number out of seven.
const ESTATES: &[(&str, &str, i64)] =
    &[("430923121", "东坪镇", 3), ("430923L01", "县城南区", 2), ("430923118", "梅城镇", 1), ("430923119", "大福镇", 1)];

/// An object to be listed.
struct Object {
    title: String,
    division: String,
}

/// The estates: those up to `begun` have begun, a third of them is finished. `before` had begun by the cut-off before.
pub(crate) fn estates(all: i64, begun: [i64; 2], cut_offs: [Date; 2], earlier: &[ItemPlan]) -> Vec<ItemPlan> {
    let turn: i64 = ESTATES.iter().map(|(_, _, share)| share).sum();
    let objects = (0..all).map(|number| {
        let mut left = number.rem_euclid(turn);
        let place = ESTATES.iter().find(|(_, _, share)| {
            left -= share;
            left < 0
        });
        let (division, name, _) = place.or(ESTATES.first()).copied().unwrap_or_default();
        Object { title: format!("{name}老旧小区{:02}号（{MARK}）", number + 1), division: division.to_owned() }
    });
    let stages = ["开工", "完工"];
    listed("LJXQ", objects, earlier, |number, item| {
        let has = item.stages.len();
        if number < begun[1] && has == 0 {
            reach(item, stages[0], day_between(cut_offs, number));
        } else if number < begun[0] / 3 && has == 1 {
            reach(item, stages[1], day_between(cut_offs, number));
        }
    })
}

/// The water sources: each township's first ones, up to what it has reached, are put right; all others have their plan, and
/// work has begun at every second of them.
pub(crate) fn sources(
    names: &[(String, String)],
    shares: &[Share],
    cut_offs: [Date; 2],
    earlier: &[ItemPlan],
) -> Vec<ItemPlan> {
    let of = |share: &Share| {
        names.iter().find(|(code, _)| *code == share.division).map_or("", |(_, name)| name.as_str()).to_owned()
    };
    let mut done = Vec::new();
    let mut objects = Vec::new();
    for share in shares {
        for number in 0..share.target.max(share.reached) {
            let title = format!("{}集中饮用水水源地问题{}号（{MARK}）", of(share), number + 1);
            objects.push(Object { title, division: share.division.clone() });
            done.push(number < share.reached);
        }
    }
    listed("SYD", objects.into_iter(), earlier, |number, item| {
        let index = usize::try_from(number).unwrap_or(0);
        let day = day_between(cut_offs, number);
        let done = done.get(index).copied().unwrap_or_default();
        if item.stages.is_empty() {
            reach(item, "制定方案", day);
        }
        if item.stages.len() == 1 && (done || number % 2 == 0) {
            reach(item, "开工整治", day);
        }
        if item.stages.len() == 2 && done {
            reach(item, "完成整治", day);
        }
    })
}

fn listed(
    prefix: &str,
    objects: impl Iterator<Item = Object>,
    earlier: &[ItemPlan],
    advance: impl Fn(i64, &mut ItemPlan),
) -> Vec<ItemPlan> {
    let item = |(number, object): (i64, Object)| {
        let serial = format!("{prefix}-{:03}", number + 1);
        let known = earlier.iter().find(|item| item.serial == serial).map(|item| item.stages.clone());
        let mut item =
            ItemPlan { serial, title: object.title, division: object.division, stages: known.unwrap_or_default() };
        advance(number, &mut item);
        item
    };
    (0..).zip(objects).map(item).collect()
}

fn reach(item: &mut ItemPlan, stage: &str, date: Date) {
    let date = item.stages.last().map_or(date, |before| before.date.max(date));
    item.stages.push(StagePlan { stage: stage.to_owned(), date });
}

/// A day after the first and up to the second of two.
fn day_between(cut_offs: [Date; 2], number: i64) -> Date {
    let span = cut_offs[0].duration_until(cut_offs[1]).as_hours().div_euclid(24).max(1);
    let days: Span = (1 + number.rem_euclid(span)).days();
    cut_offs[0].saturating_add(days).min(cut_offs[1])
}
