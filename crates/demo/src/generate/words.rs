//! The words of invented reports and articles. All begin with the mark.

use jiff::civil::Date;
use minsheng_proto::catalogue::v1::{Indicator, Unit};
use minsheng_proto::reporting::v1::Narrative;

use super::plan::{ArticlePlan, Figure};
use crate::data::MARK;
use crate::random::Random;

const TAKEN: &[&str] = &[
    "实行周调度、月通报，分管领导带队到现场逐项过堂，堵点当场交办。",
    "把任务分解到股室到人，建立台账，完成一项销号一项。",
    "会同乡镇开展入户宣传，资料一次告知、一次收齐，不让群众重复跑。",
    "与财政、发改部门对接，资金到位后按进度拨付，未开工的不预拨。",
];
const PROBLEMS: &[&str] = &[
    "个别乡镇对象分散，组织集中难度较大。",
    "部分点位施工受阵雨影响，工期有所推后。",
    "部门间数据比对周期较长，个别对象资格待复核。",
    "暂无突出问题。",
];
const NEXT: &[&str] = &[
    "倒排工期，力争下月达到序时进度。",
    "对进度靠后的乡镇开展蹲点帮扶，按周清零。",
    "抓紧完善验收资料，达到一个验收一个。",
];
const TITLES: &[&str] =
    &["一线调度破难题", "台账管到人，进度看得见", "“一次告知”让群众少跑路", "晴天抢、雨天补，稳住施工节奏"];

/// What a report says.
pub(crate) fn narrative(indicator: &Indicator, figures: &[Figure], cut_off: Date, random: &mut Random) -> Narrative {
    let figures = figures.iter().filter_map(|figure| {
        let measure = indicator.measures.iter().find(|measure| measure.code == figure.measure)?;
        let part = figure.this_period.map_or_else(String::new, |part| format!("，本期{part}{}", figure.unit));
        Some(format!("{}{}{}{part}", measure.title, figure.value, figure.unit))
    });
    let figures: Vec<String> = figures.collect();
    Narrative {
        progress: format!("【{MARK}】截至{}月{}日，{}。", cut_off.month(), cut_off.day(), figures.join("；")),
        measures_taken: format!("【{MARK}】{}", pick(TAKEN, random)),
        problems: format!("【{MARK}】{}", pick(PROBLEMS, random)),
        next_steps: format!("【{MARK}】{}", pick(NEXT, random)),
    }
}

/// A unit's article.
pub(crate) fn article(unit: &Unit, period: &str, random: &mut Random) -> ArticlePlan {
    ArticlePlan {
        unit: unit.id.clone(),
        title: format!("【{MARK}】{}：{}", unit.display_name, pick(TITLES, random)),
        text: format!(
            "【{MARK}】本文为演示虚构，期别{period}。{}围绕群众最关心的环节，{}同时，{}",
            unit.display_name,
            pick(TAKEN, random),
            pick(NEXT, random),
        ),
    }
}

/// A file that stands for evidence: its text names report and month, so that no two are the same.
pub(crate) fn evidence(unit: &str, indicator: &str, period: &str, what: &str) -> String {
    format!(
        "{MARK}\n\n{what}\n指标：{indicator}\n期别：{period}\n单位：{unit}\n\n本文件由演示程序生成，不是真实材料。\n"
    )
}

fn pick<'a>(texts: &[&'a str], random: &mut Random) -> &'a str {
    let last = i64::try_from(texts.len()).unwrap_or(1) - 1;
    let index = usize::try_from(random.between(0, last)).unwrap_or(0);
    texts.get(index).copied().unwrap_or_default()
}
