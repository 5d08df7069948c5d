//! Section 二: who stands first and last, who moved, who is listed without a rank. Who is named is the snapshot's to say;
//! here only the words agree with how many there are.

use minsheng_proto::ranking::v1::StandingRow;

use super::compose::Context;
use crate::document::{Block, Table};
use crate::text::{clean, list};

/// The section's parts with the ranking's table.
pub(crate) fn parts(context: &Context<'_>, ranking: &Table) -> Vec<Block> {
    let rows = &context.snapshot.lead_units;
    let ranked: Vec<&StandingRow> = rows.iter().filter(|row| row.rank > 0).collect();
    let mut texts = vec![("名次", places(context, &ranked))];
    if !ranked.is_empty() {
        texts.push(("名次变化", changes(context, &ranked)));
    }
    let unranked: Vec<&StandingRow> = rows.iter().filter(|row| row.rank == 0).collect();
    if !unranked.is_empty() && !context.by_component() {
        texts.push(("不参加排名的单位", without_rank(&unranked)));
    }
    let texts = (1..).zip(texts).map(|(number, (heading, text))| Block::numbered(number, heading, text));
    let mut parts: Vec<Block> = texts.collect();
    if !rows.is_empty() {
        parts.push(Block::Table(ranking.clone()));
    }
    parts
}

impl Context<'_> {
    /// The scheme ranks each component for itself.
    pub(crate) fn by_component(&self) -> bool {
        self.snapshot.scheme.as_ref().is_some_and(|scheme| scheme.rank_by_component)
    }
}

fn places(context: &Context<'_>, ranked: &[&StandingRow]) -> String {
    if context.by_component() {
        return "按计分方案各项分别排名，不计总分，名次见下表。".to_owned();
    }
    if ranked.is_empty() {
        return "本月没有可以排名的牵头单位。".to_owned();
    }
    let first: Vec<&StandingRow> = ranked.iter().filter(|row| row.among_first).copied().collect();
    let last: Vec<&StandingRow> = ranked.iter().filter(|row| row.among_last).copied().collect();
    let scheme = context.snapshot.scheme.clone().unwrap_or_default();
    let small = if scheme.small_group == 0 { 6 } else { scheme.small_group };
    let named = if scheme.named == 0 { 3 } else { scheme.named };
    let places = match i32::try_from(ranked.len()).unwrap_or(i32::MAX) {
        count if count <= small => "一位".to_owned(),
        _ => match named {
            1 => "一位".to_owned(),
            2 => "两位".to_owned(),
            count => format!("{}位", crate::text::chinese_number(usize::try_from(count).unwrap_or(0))),
        },
    };
    let mut text = format!("参加排名的牵头单位{}个。", ranked.len());
    match first.is_empty() {
        true => {}
        false => text.push_str(&format!("前{places}：{}。", with_ties(&first))),
    }
    match last.is_empty() {
        true => text.push_str("按序时推进或已完成的单位不列入后位，本月没有单位列入后位。"),
        false => text.push_str(&format!("后{places}：{}。", with_ties(&last))),
    }
    text
}

/// 县教育局（第1名，98.50分）；县民政局、县水利局（并列第2名，94.00分）: in the order given, those who share a rank together.
fn with_ties(rows: &[&StandingRow]) -> String {
    let groups = rows.chunk_by(|one, other| one.rank == other.rank).map(|group| {
        let names = list(group.iter().map(|row| clean(&row.unit_name)));
        let tied = if group.iter().any(|row| row.tied) { "并列" } else { "" };
        let score = group.first().map(|row| row.score.clone()).unwrap_or_default();
        let score = if score.is_empty() { String::new() } else { format!("，{score}分") };
        format!("{names}（{tied}第{}名{score}）", group.first().map_or(0, |row| row.rank))
    });
    groups.collect::<Vec<_>>().join("；")
}

fn changes(context: &Context<'_>, ranked: &[&StandingRow]) -> String {
    let Some(previous) = context.previous() else {
        return "此前没有公布过的排名，不作比较。".to_owned();
    };
    let compared: Vec<&StandingRow> = ranked.iter().filter(|row| row.previous_rank > 0).copied().collect();
    if compared.is_empty() {
        return format!("各单位在{previous}均无名次，不作比较。");
    }
    let moved = |row: &StandingRow| {
        let (name, before, now) = (clean(&row.unit_name), row.previous_rank, row.rank);
        format!("{name}（第{before}名→第{now}名）")
    };
    let up: Vec<String> = compared.iter().filter(|row| row.rank < row.previous_rank).map(|row| moved(row)).collect();
    let down: Vec<String> = compared.iter().filter(|row| row.rank > row.previous_rank).map(|row| moved(row)).collect();
    let same = compared.len() - up.len() - down.len();
    let mut pieces = Vec::new();
    if !up.is_empty() {
        pieces.push(format!("名次上升{}个：{}", up.len(), list(&up)));
    }
    if !down.is_empty() {
        pieces.push(format!("名次下降{}个：{}", down.len(), list(&down)));
    }
    if same == compared.len() {
        pieces.push(format!("{same}个单位名次均未变化"));
    } else if same > 0 {
        pieces.push(format!("名次未变{same}个"));
    }
    let fresh: Vec<String> =
        ranked.iter().filter(|row| row.previous_rank == 0).map(|row| clean(&row.unit_name)).collect();
    if !fresh.is_empty() {
        pieces.push(format!("本期新参加排名{}个：{}", fresh.len(), list(&fresh)));
    }
    format!("与{previous}相比，{}。", pieces.join("；"))
}

fn without_rank(rows: &[&StandingRow]) -> String {
    let named = rows.iter().map(|row| {
        let reason = clean(&row.unranked_reason);
        let reason = reason.trim_end_matches('。');
        if reason.is_empty() { clean(&row.unit_name) } else { format!("{}（{reason}）", clean(&row.unit_name)) }
    });
    format!("{}个单位列示而不计分：{}。", rows.len(), list(named))
}
