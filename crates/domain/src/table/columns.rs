//! What each column of a printed table is, read from its heading: serial, name, unit, plan, done, rate, remark.

use super::cell::narrow;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnRole {
    /// 序号
    Serial,
    /// What the row is about.
    Name,
    /// 单位: unit of measure.
    Unit,
    /// 计划、目标
    Plan,
    /// 完成、开工
    Done,
    /// 占比、率
    Rate,
    /// 备注
    Remark,
    /// Anything else.
    Other,
}

impl ColumnRole {
    /// For showing, in Chinese.
    pub fn label(self) -> &'static str {
        match self {
            Self::Serial => "序号",
            Self::Name => "名称",
            Self::Unit => "计量单位",
            Self::Plan => "计划",
            Self::Done => "完成",
            Self::Rate => "完成率",
            Self::Remark => "备注",
            Self::Other => "未识别",
        }
    }
}

/// Columns that belong together: done, out of planned, at a printed rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What the rate is called in the table.
    pub label: String,
    /// Index of the planned column.
    pub plan: usize,
    /// Index of the done column.
    pub done: usize,
    /// Index of the printed rate's column, if there is one.
    pub rate: Option<usize>,
}

const NAMES: &[&str] = &["市州", "乡镇", "县市区", "区县", "地区", "名称", "指标", "项目", "责任单位", "牵头单位"];
const RATES: &[&str] = &["率", "占比", "比例", "%"];
const PLANS: &[&str] = &["计划", "目标", "任务", "应完成"];
const DONES: &[&str] = &["完成", "开工", "累计", "实际", "已"];
const FIGURES: &[&str] = &["计划", "目标", "完成", "数", "值", "额"];

/// Reads the headings.
pub(super) fn understand(header: &[String]) -> (Vec<ColumnRole>, Vec<Progress>) {
    let mut roles: Vec<ColumnRole> = Vec::with_capacity(header.len());
    for heading in header {
        let text: String = narrow(heading).chars().filter(|c| !c.is_whitespace()).collect();
        let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let named = roles.contains(&ColumnRole::Name);
        roles.push(if any(&["序号", "编号"]) {
            ColumnRole::Serial
        } else if any(&["备注", "说明"]) {
            ColumnRole::Remark
        } else if text == "单位" || text == "计量单位" {
            ColumnRole::Unit
        } else if !named && any(NAMES) && !any(FIGURES) {
            ColumnRole::Name
        } else if any(RATES) {
            ColumnRole::Rate
        } else if any(PLANS) {
            ColumnRole::Plan
        } else if any(DONES) {
            ColumnRole::Done
        } else if !named && !text.is_empty() {
            ColumnRole::Name
        } else {
            ColumnRole::Other
        });
    }
    // A column of names may go without a heading.
    if !roles.contains(&ColumnRole::Name)
        && let Some(role) = roles.iter_mut().find(|role| **role == ColumnRole::Other)
    {
        *role = ColumnRole::Name;
    }
    let progress = group(header, &roles);
    (roles, progress)
}

/// Puts each plan together with the done and the rate that follow it.
fn group(header: &[String], roles: &[ColumnRole]) -> Vec<Progress> {
    let mut groups: Vec<Progress> = Vec::new();
    let mut plan = None;
    for (index, role) in roles.iter().enumerate() {
        match role {
            ColumnRole::Plan => plan = Some(index),
            ColumnRole::Done => {
                if let Some(plan) = plan.take() {
                    groups.push(Progress { label: header[index].clone(), plan, done: index, rate: None });
                }
            }
            ColumnRole::Rate => {
                if let Some(last) = groups.last_mut().filter(|g| g.rate.is_none()) {
                    last.rate = Some(index);
                    last.label.clone_from(&header[index]);
                }
            }
            _ => {}
        }
    }
    groups
}

/// Rows of a sheet that may hold its header.
const HEADER_WITHIN: usize = 8;

/// Finds a sheet's header: the first row, or two rows one under the other, in which names, a plan and what was done of it
/// are understood. A merged cell, blank after its first column, stands over the columns right of it. Gives the header and
/// how many rows lie above the first row of data.
pub(super) fn find_header(rows: &[Vec<String>]) -> Option<(Vec<String>, usize)> {
    let understood = |header: &[String]| {
        let (roles, progress) = understand(header);
        let named = roles.iter().zip(header).any(|(role, text)| *role == ColumnRole::Name && !text.trim().is_empty());
        named && !progress.is_empty()
    };
    for (index, row) in rows.iter().enumerate().take(HEADER_WITHIN) {
        if understood(row) {
            return Some((row.clone(), index + 1));
        }
        let Some(below) = rows.get(index + 1) else { continue };
        let two = join(row, below);
        if !understood(below) && understood(&two) {
            return Some((two, index + 2));
        }
    }
    None
}

/// Two header rows as one.
fn join(upper: &[String], lower: &[String]) -> Vec<String> {
    let mut over = "";
    let columns = upper.len().max(lower.len());
    let text =
        |row: &'_ [String], column: usize| row.get(column).map(|cell| cell.trim().to_owned()).unwrap_or_default();
    (0..columns)
        .map(|column| {
            let (above, below) = (text(upper, column), text(lower, column));
            if !above.is_empty() {
                over = upper[column].trim();
            }
            if below.is_empty() { above } else { format!("{over}{below}") }
        })
        .collect()
}
