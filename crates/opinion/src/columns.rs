//! What a table's columns are, by their headings.

use crate::words::holds;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Column {
    Serial,
    Category,
    Title,
    Task,
    Amount,
    Unit,
    Leader,
    Lead,
    Participants,
    Certifier,
    Due,
    Money,
    Remark,
    Other,
}

const TITLES: &[&str] =
    &["项目名称", "实事名称", "事项名称", "实事项目", "民生实事", "民生事项", "名称", "事项", "项目", "实事"];
const TASKS: &[&str] = &[
    "指标任务",
    "目标任务",
    "任务目标",
    "工作任务",
    "主要任务",
    "年度目标",
    "全年目标",
    "工作目标",
    "任务内容",
    "主要内容",
    "建设内容",
    "工作内容",
    "实施内容",
    "具体内容",
    "实事内容",
    "项目内容",
    "建设任务",
    "任务指标",
    "具体任务",
    "年度任务",
    "任务",
    "内容",
    "目标",
    "指标",
    "建设规模",
];

/// Headings of what was done so far, and of whom to ask: columns that are passed over.
const PROGRESS: &[&str] = &[
    "完成情况",
    "进展",
    "推进情况",
    "成效",
    "达序",
    "实际完成",
    "监督电话",
    "联系电话",
    "联系人",
    "联络员",
    "完成率",
    "联系方式",
    "形象进度",
];

/// Whether a text is a heading that is known, also one whose column is passed over.
pub(crate) fn is_heading(text: &str) -> bool {
    of_heading(text)[0] != Column::Other || text.chars().count() <= 18 && holds(text, PROGRESS)
}

/// A heading's columns: two where a merged heading stands over two.
pub(crate) fn of_heading(heading: &str) -> Vec<Column> {
    let text: String = heading.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
    let any = |words: &[&str]| holds(&text, words);
    if text.is_empty() || text.chars().count() > 24 {
        return vec![Column::Other];
    }
    if any(&["序号", "编号"]) || text == "号" {
        return vec![Column::Serial];
    }
    if any(PROGRESS) {
        return vec![Column::Other];
    }
    if any(&["备注", "说明"]) {
        return vec![Column::Remark];
    }
    if any(&["认定", "考核单位", "考核部门", "验收单位", "核查单位", "评估单位", "验收部门"])
    {
        return vec![Column::Certifier];
    }
    if any(&["领导", "责任人", "负责人", "县长", "市长", "区长"]) {
        return vec![Column::Leader];
    }
    if any(&["配合", "参与", "协办", "协同", "协助"]) && any(&["单位", "部门", "主体"]) {
        return vec![Column::Participants];
    }
    if any(&["牵头", "主管", "主办", "主责"]) && any(&["单位", "部门", "局"]) || text == "牵头" {
        return vec![Column::Lead];
    }
    if any(&["责任", "承办", "实施", "落实", "负责"]) && any(&["单位", "部门", "主体"]) {
        return vec![Column::Participants];
    }
    if any(&["时限", "时间", "期限", "完成日期", "时间节点"]) {
        return vec![Column::Due];
    }
    if any(&["资金", "投资", "经费", "预算"]) {
        return vec![Column::Money];
    }
    if matches!(text.as_str(), "单位" | "计量单位") {
        return vec![Column::Unit];
    }
    if any(&["数量", "任务数", "目标数", "目标值", "指标值", "计划数", "任务量", "计划值"]) {
        return vec![Column::Amount];
    }
    if any(&["类别", "类型", "级别", "层级", "分类", "领域", "来源"]) {
        return vec![Column::Category];
    }
    let title = TITLES.iter().any(|word| text.contains(word));
    let task = TASKS.iter().any(|word| text.contains(word));
    let both = ["名称", "项目", "事项"]
        .iter()
        .filter_map(|word| text.find(word))
        .min()
        .zip(["指标任务", "目标任务", "任务", "内容", "指标"].iter().filter_map(|word| text.find(word)).min());
    match (title, task) {
        (true, true) if both.is_some_and(|(title, task)| title < task && text.contains("名称")) => {
            vec![Column::Title, Column::Task]
        }
        (_, true) => vec![Column::Task],
        (true, false) => vec![Column::Title],
        _ => vec![Column::Other],
    }
}

/// Settles what only all headings together say: 责任单位 leads where no column 牵头单位 stands; of two columns of tasks
/// without a title the first is the title; without a column of tasks the title is the task.
pub(crate) fn settle(columns: &mut [Column]) {
    let position = |columns: &[Column], wanted: Column| columns.iter().position(|column| *column == wanted);
    if position(columns, Column::Lead).is_none()
        && let Some(first) = position(columns, Column::Participants)
    {
        columns[first] = Column::Lead;
    }
    let tasks = columns.iter().filter(|column| **column == Column::Task).count();
    let titles = columns.iter().filter(|column| **column == Column::Title).count();
    if titles == 0
        && tasks > 1
        && let Some(first) = position(columns, Column::Task)
    {
        columns[first] = Column::Title;
    }
    if tasks == 0
        && titles > 1
        && let Some(last) = columns.iter().rposition(|column| *column == Column::Title)
    {
        columns[last] = Column::Task;
    }
    if tasks == 0
        && titles == 1
        && let Some(first) = position(columns, Column::Title)
    {
        columns[first] = Column::Task;
    }
    // 内容 and 目标 beside each other: one task in two columns; the second is read with the first.
    let mut seen = [false; 14];
    for column in columns.iter_mut() {
        let index = *column as usize;
        if seen[index] && !matches!(*column, Column::Other | Column::Task | Column::Leader | Column::Participants) {
            *column = Column::Other;
        }
        seen[index] = true;
    }
}

/// Whether headings are those of a table of tasks.
pub(crate) fn is_task_table(columns: &[Column]) -> bool {
    let has = |wanted: &[Column]| columns.iter().any(|column| wanted.contains(column));
    has(&[Column::Task])
        && has(&[Column::Serial, Column::Title, Column::Category])
        && has(&[
            Column::Lead,
            Column::Participants,
            Column::Leader,
            Column::Due,
            Column::Certifier,
            Column::Remark,
            Column::Amount,
            Column::Money,
        ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headings: &[&str]) -> Vec<Column> {
        let mut columns: Vec<Column> = headings.iter().flat_map(|heading| of_heading(heading)).collect();
        settle(&mut columns);
        columns
    }

    #[test]
    fn headings_of_many_offices_are_understood() {
        use Column::{Category, Certifier, Due, Lead, Leader, Other, Participants, Remark, Serial, Task, Title};
        assert_eq!(
            read(&["序号", "实事项目名称指标任务", "分管领导", "牵头单位", "数据评估认定单位"]),
            [Serial, Title, Task, Leader, Lead, Certifier]
        );
        assert_eq!(
            read(&["序号", "项目名称", "主要内容", "区政府分管领导", "牵头单位", "配合单位"]),
            [Serial, Title, Task, Leader, Lead, Participants]
        );
        assert_eq!(
            read(&["类别", "民生事项名称", "2022年度任务目标", "责任单位", "分管市领导", "1-9月份工作完成情况"]),
            [Category, Title, Task, Lead, Leader, Other]
        );
        assert_eq!(read(&["序号", "主要任务", "全年目标任务", "完成时限", "备注"]), [Serial, Title, Task, Due, Remark]);
        assert_eq!(read(&["序号", "主 要 工 作 任 务", "责任单位"]), [Serial, Task, Lead]);
    }
}
