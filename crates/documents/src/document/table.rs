//! A table, made once and written in every format: heads with groups, rows of typed cells, and the
//! line that says what the figures are as at, what they rest on, and whether they are invented.

use minsheng_proto::common::v1::{Value, value::State};
use minsheng_proto::ranking::v1::Light;

use crate::text::clean;

/// A column's head; neighbours of the same group stand under one head.
#[derive(Debug, Clone)]
pub struct Head {
    /// Group; empty for none.
    pub group: String,
    /// Title.
    pub title: String,
    /// Width in characters of a sheet; relative in print.
    pub width: u16,
}

impl Head {
    /// A column that stands alone.
    pub fn new(title: &str, width: u16) -> Head {
        Head { group: String::new(), title: clean(title), width }
    }

    /// A column of a group.
    pub fn of(group: &str, title: &str, width: u16) -> Head {
        Head { group: clean(group), title: clean(title), width }
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing to say, shown as a dash.
    Blank,
    /// Text.
    Text(String),
    /// A decimal string.
    Number(String),
    /// A light by its word.
    Light(Light),
}

impl Cell {
    /// Text, or blank when empty.
    pub fn text(text: &str) -> Cell {
        if text.is_empty() { Cell::Blank } else { Cell::Text(clean(text)) }
    }

    /// A decimal string, or blank when empty; what is no number stays text.
    pub fn number(text: &str) -> Cell {
        match text.parse::<minsheng_domain::quantity::Quantity>() {
            Ok(_) => Cell::Number(text.to_owned()),
            Err(_) => Cell::text(text),
        }
    }

    /// A count.
    pub fn count(count: i32) -> Cell {
        Cell::Number(count.to_string())
    }

    /// One of the four states of a value; a dash where there is none yet.
    pub fn value(value: Option<&Value>) -> Cell {
        match value.and_then(|value| value.state.as_ref()) {
            None => Cell::Blank,
            Some(State::Quantity(quantity)) => Cell::number(&quantity.value),
            Some(State::NotApplicable(_)) => Cell::Text("不适用".to_owned()),
            Some(State::NoneHere(_)) => Cell::Text("本地无".to_owned()),
            Some(State::NotReported(_)) => Cell::Text("未报".to_owned()),
        }
    }

    /// As read by people.
    pub fn shown(&self) -> &str {
        match self {
            Cell::Blank => "—",
            Cell::Text(text) | Cell::Number(text) => text,
            Cell::Light(light) => light_word(*light),
        }
    }

    /// Class in the page.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Cell::Blank => "blank",
            Cell::Text(_) => "text",
            Cell::Number(_) => "number",
            Cell::Light(Light::Blue) => "light blue",
            Cell::Light(Light::Green) => "light green",
            Cell::Light(Light::Yellow) => "light yellow",
            Cell::Light(Light::Red) => "light red",
            Cell::Light(_) => "light none",
        }
    }
}

/// The word for a light.
pub fn light_word(light: Light) -> &'static str {
    match light {
        Light::Unspecified => "—",
        Light::Green => "按序时推进",
        Light::Yellow => "滞后",
        Light::Red => "严重滞后",
        Light::Blue => "已完成",
        Light::MetNow => "目前达标",
        Light::NotMet => "未达标",
        Light::Pending => "待下达",
        Light::NoCurve => "未定计划曲线",
        Light::Ongoing => "持续推进",
        Light::NoFigure => "无数据",
        Light::DueLater => "跨年度",
        Light::NotApplicable => "不涉及",
    }
}

/// What stands in a table without rows.
pub const NOTHING: &str = "本期没有";

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name of its sheet in a workbook, unlike that of every other table of the document.
    pub sheet: String,
    /// Title.
    pub title: String,
    /// What the figures are as at, what they rest on, the mark of invented ones.
    pub source: String,
    /// Units of the columns.
    pub units: String,
    /// Heads.
    pub heads: Vec<Head>,
    /// Rows, each as long as the heads.
    pub rows: Vec<Vec<Cell>>,
    /// Note under the table; empty for none.
    pub note: String,
}

/// A head as laid out.
#[derive(Debug)]
pub struct Spanned {
    /// Words.
    pub title: String,
    /// First column from 0.
    pub column: usize,
    /// Columns it covers.
    pub columns: usize,
    /// Rows it covers.
    pub rows: usize,
}

impl Table {
    /// Whether there are groups and so two rows of heads.
    pub fn grouped(&self) -> bool {
        self.heads.iter().any(|head| !head.group.is_empty())
    }

    /// The rows of heads: one, or two where there are groups.
    pub fn head_rows(&self) -> Vec<Vec<Spanned>> {
        let depth = if self.grouped() { 2 } else { 1 };
        let (mut first, mut second): (Vec<Spanned>, Vec<Spanned>) = (Vec::new(), Vec::new());
        let mut open_group = "";
        for (column, head) in self.heads.iter().enumerate() {
            let single = |rows| Spanned { title: head.title.clone(), column, columns: 1, rows };
            if head.group.is_empty() {
                first.push(single(depth));
            } else {
                match first.last_mut() {
                    Some(group) if open_group == head.group => group.columns += 1,
                    _ => first.push(Spanned { title: head.group.clone(), column, columns: 1, rows: 1 }),
                }
                second.push(single(1));
            }
            open_group = &head.group;
        }
        if depth == 1 { vec![first] } else { vec![first, second] }
    }

    /// Whether it has more columns than an upright page holds well.
    pub fn is_broad(&self) -> bool {
        self.columns() > 8
    }

    /// Columns it has.
    pub fn columns(&self) -> usize {
        self.heads.len()
    }
}
