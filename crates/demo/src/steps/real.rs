//! Real input first: tables that others printed, checked by the same rules that check reports.

use minsheng_domain::table::{TableReport, check_sheet};

use crate::data::TABLES;
use crate::error::DemoError;
use crate::table::Table;
use crate::world::Voice;

/// Checks the printed tables and says what was found; gives the reports by the files' names.
///
/// # Errors
/// When a file is no CSV.
pub fn real_tables(voice: &Voice) -> Result<Vec<(&'static str, TableReport)>, DemoError> {
    let mut reports = Vec::new();
    for (name, text, months) in TABLES {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let rows = reader.records().map(|row| row.map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()));
        let sheet: Vec<Vec<String>> = rows.collect::<Result<_, _>>().map_err(|error| DemoError::data(name, &error))?;
        let report = check_sheet(&sheet, months);
        voice.say(told(name, &report));
        reports.push((name, report));
    }
    Ok(reports)
}

fn told(name: &str, report: &TableReport) -> String {
    let mut text = format!("真实表格 {name}：{}行，发现{}处不符\n", report.rows.len(), report.findings.len());
    if !report.findings.is_empty() {
        let mut findings = Table::new(["级别", "位置", "内容"]);
        for finding in &report.findings {
            findings.row([finding.severity.label(), &finding.field, &finding.zh]);
        }
        text.push_str(&findings.text());
    }
    for ranking in &report.rankings {
        let last = if ranking.last.is_empty() { "无".to_owned() } else { ranking.last.join("、") };
        text.push_str(&format!("  按{}排名：前列 {}；后列 {last}\n", ranking.label, ranking.first.join("、")));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_printed_tables_are_read_and_their_contradictions_found() {
        let reports = real_tables(&Voice::silent()).unwrap();
        let codes = |report: &TableReport| report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
        let district = &reports[0].1;
        assert_eq!(district.rows.len(), 12);
        assert!(codes(district).len() >= 2, "5 of 70 as 54%, percentages without a number: {:?}", codes(district));
        let province = &reports[1].1;
        assert_eq!((province.rows.len(), province.rankings.len()), (15, 2));
        assert_eq!(codes(province).len(), 1, "752393.73 is printed, the rows give 752393.76: {:?}", codes(province));
    }
}
