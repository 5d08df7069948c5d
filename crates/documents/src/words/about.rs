//! What a template says of itself at its top, in a comment that readers of the template see first: what kind of document it
//! makes, in which layout, on which snapshots. With this a further kind of document is one more file and no code.

use minsheng_domain::period::{Period, PeriodKind};

use super::TemplateError;
use crate::document::Layout;

/// What a template is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The kind in words: 月通报.
    pub title: String,
    /// 机关代字, or a brief's name; none where the settings give it.
    pub word: Option<String>,
    /// Layout of the document.
    pub layout: Layout,
    /// On which snapshots it is written.
    pub basis: Basis,
}

/// Snapshots that a kind of document is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Of ten days.
    TenDay,
    /// Of a month.
    Month,
    /// Of the last month of a quarter, with those of the months before.
    Quarter,
    /// Of December, with those of the year's other months.
    Year,
    /// Of a year's tasks.
    Tasks,
}

impl Basis {
    const WORDS: [(&'static str, Basis); 5] = [
        ("旬", Basis::TenDay),
        ("月", Basis::Month),
        ("季", Basis::Quarter),
        ("年", Basis::Year),
        ("任务", Basis::Tasks),
    ];

    /// The period that a document on a snapshot is about; none where the snapshot is of another kind of period.
    pub fn period(self, snapshot: Period) -> Option<Period> {
        let (year, month) = (snapshot.calendar_year(), snapshot.last_month());
        match (self, snapshot.kind()) {
            (Basis::TenDay, PeriodKind::TenDay)
            | (Basis::Month, PeriodKind::Month)
            | (Basis::Tasks, PeriodKind::Year) => Some(snapshot),
            (Basis::Quarter, PeriodKind::Month) if month % 3 == 0 => Period::quarter(year, month / 3).ok(),
            (Basis::Year, PeriodKind::Month) if month == 12 => Period::year(year).ok(),
            _ => None,
        }
    }

    /// In words.
    pub fn zh(self) -> &'static str {
        match self {
            Basis::TenDay => "旬的快照",
            Basis::Month => "月的快照",
            Basis::Quarter => "季末月的快照",
            Basis::Year => "12月的快照",
            Basis::Tasks => "年度任务的快照",
        }
    }
}

impl About {
    /// Reads the comment at the top of a template.
    ///
    /// # Errors
    /// What is missing or not known, with its line.
    pub fn read(file: &str, source: &str) -> Result<About, TemplateError> {
        let wrong = |line: usize, message: &str| TemplateError {
            file: file.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            message: message.to_owned(),
        };
        let (mut title, mut word, mut layout, mut basis) = (None, None, None, None);
        let body = source.trim_start_matches('\u{feff}');
        if !body.starts_with("{#") {
            return Err(wrong(1, "模板开头应是注明文种、版式、依据的注释：{# 文种：… #}"));
        }
        for (number, line) in (1..).zip(body.lines()) {
            let text = line.trim().trim_start_matches("{#").trim_end_matches("#}").trim();
            match text.split_once('：') {
                Some(("文种", text)) if !text.is_empty() => title = Some(text.to_owned()),
                Some(("代字", text)) if !text.is_empty() => word = Some(text.to_owned()),
                Some(("版式", word)) => {
                    layout = Some(match word {
                        "公文" => Layout::Official,
                        "简报" => Layout::Brief,
                        "表册" => Layout::Printed,
                        _ => return Err(wrong(number, "版式应为公文、简报或表册")),
                    });
                }
                Some(("依据", word)) => {
                    let known = Basis::WORDS.iter().find(|(known, _)| *known == word);
                    basis = Some(known.ok_or_else(|| wrong(number, "依据应为旬、月、季、年或任务"))?.1);
                }
                _ => {}
            }
            if line.contains("#}") {
                break;
            }
        }
        match (title, layout, basis) {
            (Some(title), Some(layout), Some(basis)) => Ok(About { title, word, layout, basis }),
            _ => Err(wrong(1, "模板开头的注释缺少文种、版式或依据")),
        }
    }
}
