//! Section 一: how many indicators stand where, this month against the published month before, July's 双过半, amendments.

use minsheng_domain::quantity::Quantity;
use minsheng_proto::common::v1::Fraction;
use minsheng_proto::ranking::v1::{IndicatorRow, Light};

use super::compose::Context;
use crate::document::{Block, light_word};
use crate::text::{clean, date_text, list};

/// Lights in the order in which the text counts them; red ones are counted with yellow ones.
const COUNTED: [Light; 11] = [
    Light::Blue,
    Light::Green,
    Light::Yellow,
    Light::MetNow,
    Light::NotMet,
    Light::Pending,
    Light::NoCurve,
    Light::Ongoing,
    Light::DueLater,
    Light::NotApplicable,
    Light::NoFigure,
];

/// The section's parts.
pub(crate) fn parts(context: &Context<'_>) -> Vec<Block> {
    let mut texts = vec![("指标进度", progress(context)), ("与上期相比", against_previous(context))];
    if context.period.last_month() == 7 {
        texts.push(("双过半", half_year(context)));
    }
    if !context.snapshot.amendment_reason.is_empty() {
        let text =
            format!("自本月起目标有调整：{}。", clean(&context.snapshot.amendment_reason).trim_end_matches('。'));
        texts.push(("目标调整", text));
    }
    (1..).zip(texts).map(|(number, (heading, text))| Block::numbered(number, heading, text)).collect()
}

fn progress(context: &Context<'_>) -> String {
    let key: Vec<&IndicatorRow> = context.key().collect();
    let monitored: Vec<&IndicatorRow> = context.monitored().collect();
    let mut text = match key.len() {
        0 => "本月没有参加排名的重点指标。".to_owned(),
        count => format!("重点指标{count}项：{}。", counts(&key)),
    };
    match monitored.len() {
        0 => {}
        count => text.push_str(&format!("重点监测指标{count}项，只作展示、不参加排名：{}。", counts(&monitored))),
    }
    let earlier = context.snapshot.indicators.iter().flat_map(|row| &row.measures);
    let earlier = earlier.filter(|row| !row.figure_period.is_empty() && row.figure_period != context.snapshot.period);
    match earlier.count() {
        0 => {}
        count => {
            text.push_str(&format!("有{count}个计量项本月没有{}，沿用以前月份的数，附件1中已注明。", context.basis))
        }
    }
    text
}

/// 已完成2项，按序时推进14项，滞后3项（其中严重滞后1项）: only what there is.
fn counts(rows: &[&IndicatorRow]) -> String {
    let count = |light: Light| rows.iter().filter(|row| row.light() == light).count();
    let red = count(Light::Red);
    let counted = COUNTED.iter().filter_map(|light| {
        let own = count(*light) + if *light == Light::Yellow { red } else { 0 };
        match own {
            0 => None,
            _ if *light == Light::Yellow && red > 0 => Some(format!("滞后{own}项（其中严重滞后{red}项）")),
            _ => Some(format!("{}{own}项", light_word(*light))),
        }
    });
    counted.collect::<Vec<_>>().join("，")
}

fn against_previous(context: &Context<'_>) -> String {
    let Some(previous) = context.previous() else {
        return "此前没有公布过的月份，不作比较。".to_owned();
    };
    let mut changes: Vec<(Quantity, &IndicatorRow)> = Vec::new();
    for row in context.key() {
        let (now, before) = (row.completion.parse::<Quantity>(), row.previous_completion.parse::<Quantity>());
        if let (Ok(now), Ok(before)) = (now, before) {
            changes.extend(now.checked_sub(before).map(|change| (change, row)));
        }
    }
    if changes.is_empty() {
        return format!("与{previous}相比，没有可以比较完成率的重点指标。");
    }
    let up = changes.iter().filter(|(change, _)| *change > Quantity::ZERO).count();
    let down: Vec<&(Quantity, &IndicatorRow)> = changes.iter().filter(|(change, _)| change.is_negative()).collect();
    let same = changes.len() - up - down.len();
    let pieces = [("上升", up), ("持平", same), ("下降", down.len())];
    let pieces = pieces.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{word}{count}项"));
    let pieces: Vec<String> = pieces.collect();
    let mut text = format!("与{previous}相比，可比的重点指标{}项中，完成率{}。", changes.len(), pieces.join("，"));
    let most = changes.iter().map(|(change, _)| *change).max().filter(|change| *change > Quantity::ZERO);
    if let Some(most) = most {
        let named = changes.iter().filter(|(change, _)| *change == most).map(|(_, row)| Context::named(row));
        let named: Vec<String> = named.collect();
        text.push_str(&format!("上升最多的是{}，上升{}个百分点。", list(&named), most.display_with(1)));
    }
    if !down.is_empty() {
        let named = down.iter().map(|(change, row)| {
            let points = change.display_with(1);
            format!("{}下降{}个百分点", Context::named(row), points.trim_start_matches('-'))
        });
        text.push_str(&format!("完成率下降的：{}。", list(named)));
    }
    text
}

/// 时间过半、任务过半, judged on exact fractions.
fn half_year(context: &Context<'_>) -> String {
    let with_ratio: Vec<(&IndicatorRow, bool)> =
        context.key().filter_map(|row| Some((row, half_done(row.completion_exact.as_ref()?)?))).collect();
    let day = date_text(&context.snapshot.cut_off);
    if with_ratio.is_empty() {
        return format!("截至{day}时间已过半，没有可以计算完成率的重点指标。");
    }
    let short = with_ratio.iter().filter(|(_, half)| !half);
    let short = short.map(|(row, _)| format!("{}（{}%）", clean(&row.title), row.completion));
    let short: Vec<String> = short.collect();
    let total = with_ratio.len();
    let begin = format!("截至{day}时间已过半。有完成率的重点指标{total}项");
    match short.len() {
        0 => format!("{begin}全部实现时间过半、任务过半。"),
        count if count == total => format!("{begin}均未实现任务过半：{}。", list(&short)),
        count => {
            format!("{begin}，其中{}项实现时间过半、任务过半；{count}项任务尚未过半：{}。", total - count, list(&short))
        }
    }
}

fn half_done(fraction: &Fraction) -> Option<bool> {
    let numerator: i128 = fraction.numerator.parse().ok()?;
    let denominator: i128 = fraction.denominator.parse().ok()?;
    Some(numerator.checked_mul(2)? >= denominator)
}
