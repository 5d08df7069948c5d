//! A snapshot as people read it in a terminal: ranks, indicators, discipline.

use minsheng_proto::ranking::v1::{Discipline, IndicatorRow, Snapshot, Standing, StandingRow};

use crate::output::{Table, one_line};
use crate::words;

/// A published standing.
pub(super) fn standing(standing: &Standing) -> String {
    let snapshot_text = standing.snapshot.as_ref().map(snapshot).unwrap_or_default();
    let name = standing.snapshot.as_ref().map(|snapshot| snapshot.name.as_str()).unwrap_or_default();
    format!(
        "{name} 由{}于{}发布，排名存证第{}条，SHA-256 {}\n{snapshot_text}",
        standing.published_by,
        words::time(standing.publish_time.as_ref()),
        standing.sequence,
        hex::encode(&standing.sha256),
    )
}

/// A snapshot.
pub(super) fn snapshot(snapshot: &Snapshot) -> String {
    let scheme = snapshot.scheme.clone().unwrap_or_default();
    let mut text = format!(
        "{}{} {}，依据{}，数据截至{}，办法：{}第{}版\n",
        if snapshot.demo_mark.is_empty() { String::new() } else { format!("【{}】", snapshot.demo_mark) },
        snapshot.programme_title,
        snapshot.period,
        words::basis(snapshot.basis()),
        snapshot.cut_off,
        scheme.title,
        scheme.version,
    );
    text.push_str(&format!("\n{}", ranks("单位", &snapshot.lead_units)));
    text.push_str(&format!("\n{}", indicators("牵头单位", &snapshot.indicators)));
    if !snapshot.lower_tiers.is_empty() {
        text.push_str(&format!("\n下级地区排名（按各地上报的数）\n{}", ranks("地区", &snapshot.lower_tiers)));
        text.push_str(&format!("\n{}", indicators("地区", &snapshot.tier_indicators)));
    }
    if let Some(discipline) = &snapshot.discipline {
        text.push_str(&self::discipline(discipline));
    }
    text
}

/// Standings of a group.
fn ranks(who: &'static str, rows: &[StandingRow]) -> String {
    let mut ranks = Table::new([">名次", ">上次", who, ">得分", ">完成率", ">指标", "说明"]);
    for row in rows {
        let number = |rank: i32| if rank == 0 { "-".to_owned() } else { rank.to_string() };
        let mut remarks = Vec::new();
        if row.tied {
            remarks.push("并列");
        }
        if row.among_first {
            remarks.push("居前");
        }
        if row.among_last {
            remarks.push("居后");
        }
        if !row.unranked_reason.is_empty() {
            remarks.push(&row.unranked_reason);
        }
        let (rank, before, count) = (number(row.rank), number(row.previous_rank), row.indicators.to_string());
        let (completion, remarks) = (words::percent(&row.completion), remarks.join("，"));
        ranks.row([&rank, &before, &row.unit_name, &row.score, &completion, &count, &remarks]);
    }
    ranks.text()
}

/// Rows of indicators.
fn indicators(who: &'static str, rows: &[IndicatorRow]) -> String {
    let mut indicators = Table::new(["指标", "名称", who, ">完成", ">应完成", ">偏差", "亮灯"]);
    for row in rows {
        let (completion, expected) = (words::percent(&row.completion), words::percent(&row.expected));
        let light = words::light(row.light());
        indicators.row([&row.indicator, &row.title, &row.unit_name, &completion, &expected, &row.deviation, light]);
    }
    indicators.text()
}

fn discipline(discipline: &Discipline) -> String {
    let mut text = format!("\n应报{}份，按时{}份。\n", discipline.owed, discipline.on_time);
    let lists = [
        ("缺报", &discipline.missing),
        ("迟报", &discipline.late),
        ("退回未重报", &discipline.returned),
        ("待确认", &discipline.to_confirm),
        ("认定调整", &discipline.adjusted),
        ("缺典型经验", &discipline.articles_missing),
    ];
    for (title, rows) in lists {
        for row in rows {
            text.push_str(&format!("{title}：{} {} {}\n", row.unit_name, row.indicator, one_line(&row.detail)));
        }
    }
    text
}

/// A unit's score, line by line.
pub(super) fn explanation(row: &StandingRow) -> String {
    let mut table = Table::new(["组成", "依据", ">得分"]);
    for line in &row.lines {
        table.row([&line.title, &line.facts, &line.points]);
    }
    table.row(["合计", "", &row.score]);
    format!("{} 第{}名\n{}", row.unit_name, row.rank, table.text())
}
