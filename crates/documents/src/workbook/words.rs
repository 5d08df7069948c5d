//! The words that templates show for the contract's enums: one table an enum, used for drop-downs, writing and reading.

use minsheng_proto::catalogue::v1::{
    Basis, CertificationFrequency, ClaimKind, CutOff, DeadlineMove, ProjectKind, TargetKind,
};

/// Words with the numbers they stand for.
pub(crate) type Words = &'static [(&'static str, i32)];

/// Yes or no.
pub(crate) const YES_NO: Words = &[("是", 1), ("否", 0)];

/// Which list a project stands in.
pub(crate) const PROJECT_KIND: Words =
    &[("重点", ProjectKind::Key as i32), ("重点监测", ProjectKind::Monitored as i32)];

/// Basis of a measure.
pub(crate) const BASIS: Words = &[
    ("累计", Basis::Flow as i32),
    ("时点", Basis::Stock as i32),
    ("比率", Basis::Rate as i32),
    ("一次性", Basis::OneOff as i32),
];

/// Kind of a target.
pub(crate) const TARGET_KIND: Words = &[
    ("不少于", TargetKind::AtLeast as i32),
    ("超过", TargetKind::MoreThan as i32),
    ("不高于", TargetKind::AtMost as i32),
    ("全覆盖", TargetKind::Coverage as i32),
    ("比率达到", TargetKind::Rate as i32),
    ("提高标准", TargetKind::StandardRaised as i32),
    ("节点", TargetKind::Milestone as i32),
    ("达到阶段数", TargetKind::StageCount as i32),
    ("分项合计", TargetKind::Parts as i32),
    ("人月", TargetKind::PersonMonths as i32),
    ("双条件", TargetKind::Both as i32),
    ("资金", TargetKind::Money as i32),
    ("待下达", TargetKind::Pending as i32),
    ("无目标", TargetKind::None as i32),
];

/// Date a figure is as at.
pub(crate) const CUT_OFF: Words = &[("截止日", CutOff::Day as i32), ("上月末", CutOff::LastMonthEnd as i32)];

/// Which way a deadline moves.
pub(crate) const DEADLINE_MOVE: Words = &[
    ("顺延", DeadlineMove::NextWorkingDay as i32),
    ("提前", DeadlineMove::PreviousWorkingDay as i32),
    ("不动", DeadlineMove::None as i32),
];

/// How often figures are certified.
pub(crate) const FREQUENCY: Words = &[
    ("每月", CertificationFrequency::Monthly as i32),
    ("每季", CertificationFrequency::Quarterly as i32),
    ("半年", CertificationFrequency::HalfYearly as i32),
    ("全年", CertificationFrequency::Yearly as i32),
];

/// What a claim is about.
pub(crate) const CLAIM_KIND: Words = &[
    ("表述不一", ClaimKind::Wording as i32),
    ("理解不一", ClaimKind::Reading as i32),
    ("仅见正文", ClaimKind::TextOnly as i32),
    ("数字不一", ClaimKind::Figure as i32),
];

/// State of a value that is no number; a number needs no word.
pub(crate) const VALUE_STATE: Words = &[
    ("有数", STATE_NUMBER),
    ("不适用", STATE_NOT_APPLICABLE),
    ("本地无", STATE_NONE_HERE),
    ("未报", STATE_NOT_REPORTED),
];

/// A number is given.
pub(crate) const STATE_NUMBER: i32 = 1;
/// Not applicable, with a reason.
pub(crate) const STATE_NOT_APPLICABLE: i32 = 2;
/// None here, with a reason.
pub(crate) const STATE_NONE_HERE: i32 = 3;
/// Not reported.
pub(crate) const STATE_NOT_REPORTED: i32 = 4;

/// The word for a number; empty where there is none.
pub(crate) fn word(words: Words, number: i32) -> &'static str {
    words.iter().find(|(_, value)| *value == number).map_or("", |(word, _)| word)
}
