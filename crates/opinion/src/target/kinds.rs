//! Which kind of target words and bounds make, what basis, what stage; what is pending, and units that may be supposed.

use minsheng_domain::programme::TargetKind;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::target::Basis;

use crate::clause::{Bound, Bounded};
use crate::number::Number;
use crate::words::{OBJECTS, STAGES, WORKS, begins, ends, holds};

pub(super) fn kind(
    words: &str,
    clause: &str,
    unit: &str,
    number: &Number,
    read: &Bounded<'_>,
) -> (TargetKind, bool, String) {
    let one = number.value == Quantity::from_integer(1);
    let object = OBJECTS.contains(&unit);
    let kind = |kind| (kind, false, String::new());
    match read.bound {
        Bound::AtMost | Bound::Falls => return kind(TargetKind::AtMost),
        Bound::Below => return (TargetKind::AtMost, true, String::new()),
        _ => {}
    }
    if unit == "%" || unit == "‰" {
        return kind(TargetKind::Rate);
    }
    if unit.contains('元') {
        let standard = unit.contains('/') || words.contains("标准");
        return kind(if standard { TargetKind::StandardRaised } else { TargetKind::Money });
    }
    if read.bound == Bound::MoreThan {
        return kind(TargetKind::MoreThan);
    }
    if read.all || clause.contains("全覆盖") && !words.contains("新增") && !words.contains("新建") {
        return kind(TargetKind::Coverage);
    }
    if let Some(stage) = stage(words).filter(|_| object) {
        return (if one { TargetKind::Milestone } else { TargetKind::StageCount }, false, stage.to_owned());
    }
    if object && one && words.trim_start().starts_with("完成") {
        return (TargetKind::Milestone, false, "完成".to_owned());
    }
    kind(if object && holds(words, WORKS) && !words.contains("新增") {
        TargetKind::StageCount
    } else {
        TargetKind::AtLeast
    })
}

pub(super) fn basis(kind: TargetKind, words: &str, unit: &str, bound: Bound) -> Basis {
    let standing = [
        "用户",
        "总数",
        "总量",
        "参保",
        "存量",
        "保有",
        "事项",
        "种类",
        "覆盖",
        "累计达",
        "规模",
        "拥有",
        "每千",
        "密度",
    ];
    match kind {
        TargetKind::Rate => Basis::Rate,
        TargetKind::AtMost if unit == "%" || unit == "‰" => Basis::Rate,
        TargetKind::Milestone => Basis::OneOff,
        TargetKind::StandardRaised | TargetKind::Coverage | TargetKind::Pending => Basis::Stock,
        _ if matches!(bound, Bound::Rises | Bound::Falls) || holds(words, &standing) => Basis::Stock,
        _ => Basis::Flow,
    }
}

/// The stage that words ask for.
pub(crate) fn stage(words: &str) -> Option<&'static str> {
    STAGES.iter().rev().find(|(names, _)| holds(words, names)).map(|(_, stage)| *stage)
}

/// What is to reach a target that is still to come; none where nothing is.
pub(super) fn pending(text: &str) -> Option<&str> {
    let givers = ["省", "市", "州", "国家", "上级", "县", "区"];
    let goals = [
        "定目标",
        "定任务",
        "级目标",
        "下达目标",
        "下达的目标",
        "下达任务",
        "下达的任务",
        "下达指标",
        "下达的指标",
        "定指标",
        "定标准",
        "目标任务",
        "目标要求",
    ];
    let verbs = ["达到", "完成", "实现"];
    for verb in verbs {
        if let Some(at) = text.find(verb) {
            let goal = &text[at + verb.len()..];
            if let Some(giver) = begins(goal, &givers)
                && begins(&goal[giver.len()..], &goals).is_some()
            {
                let subject = text[..at].trim_end_matches(['均', '都', '全', ',', '，']);
                return Some(if subject.trim().is_empty() { goal } else { subject });
            }
        }
    }
    let waits = text.find('待').is_some_and(|at| holds(&text[at..], &["下达", "明确", "确定"]));
    let later = holds(text, &["另行下达", "另行明确", "以省下达为准", "以上级下达", "以市下达为准"]);
    (waits || later).then(|| text.split(['待', '(', ',', '，']).next().unwrap_or(text))
}

/// The unit that a subject lets expect, where none was printed.
pub(crate) fn guess(subject: &str) -> Option<&'static str> {
    let subject = subject.trim_end_matches(|c: char| !c.is_alphanumeric());
    let people = [
        "人数",
        "人口",
        "人员",
        "劳动力",
        "就业",
        "老年人",
        "儿童",
        "妇女",
        "学生",
        "培训",
        "职工",
        "居民",
        "群众",
        "教师",
        "医生",
    ];
    if ends(subject, &["率", "比例", "比重", "占比"]).is_some() {
        return Some("%");
    }
    if ends(subject, &["户数", "用户", "用户数", "农户"]).is_some() {
        return Some("户");
    }
    if ends(subject, &people).is_some() {
        return Some("人");
    }
    ends(subject, &["事项", "项目"])
        .map(|_| "项")
        .or_else(|| ends(subject, &["学位", "床位", "泊位", "车位", "托位", "园位"]).map(|_| "个"))
}
