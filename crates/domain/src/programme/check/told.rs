//! Findings of which there may be as many as a table has cells: the first of each code are told, the others are counted, so
//! that a table of many thousand rows can still be read, and a hostile one costs nothing.

use std::collections::BTreeMap;

use crate::finding::Finding;

/// Findings of one code that are told.
pub(super) const MOST: usize = 100;

/// What was found so far.
#[derive(Default)]
pub(super) struct Told {
    findings: Vec<Finding>,
    counts: BTreeMap<&'static str, usize>,
    others: BTreeMap<&'static str, Finding>,
}

impl Told {
    /// One more of a code; it is made only if it is told.
    pub(super) fn push(&mut self, code: &'static str, make: impl FnOnce() -> Finding) {
        let count = self.counts.entry(code).or_default();
        *count += 1;
        if *count <= MOST {
            self.findings.push(make());
        } else {
            self.others.entry(code).or_insert_with(make);
        }
    }

    /// All, and one for each code that has more.
    pub(super) fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings;
        for (code, first) in self.others {
            let others = self.counts.get(code).copied().unwrap_or_default().saturating_sub(MOST);
            let zh = format!("同类问题另有{others}处，未逐一列出；其一：{}", first.zh);
            let en = format!("{others} more of the same are not listed; one of them: {}", first.en);
            let field = "allocation_table.rows".to_owned();
            findings.push(Finding { field, zh, en, facts: Vec::new(), ..first }.fact("others", others));
        }
        findings
    }
}
