//! The check of a foreign table: every printed percentage is computed again to its printed decimals, totals are added up,
//! and what is printed without what it rests on is named (field rules §5).

use super::cell::{Cell, Number};
use super::columns::{ColumnRole, Progress, find_header, understand};
use super::{rank, remark};
use crate::finding::Finding;
use crate::quantity::Quantity;
use crate::ratio::Ratio;
use crate::score::Ranking;
use crate::wording::nest_quotes;

/// What a table says, and what contradicts in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// The headings as understood; two header rows are joined.
    pub header: Vec<String>,
    /// How many rows of the sheet lie above the first row of data.
    pub header_rows: usize,
    /// What each column was understood to be.
    pub roles: Vec<ColumnRole>,
    /// Columns that belong together.
    pub progress: Vec<Progress>,
    /// The rows, in the table's order.
    pub rows: Vec<TableRow>,
    /// What was found; fields are `rows[i].columns[j]`, counted from 0 below the header.
    pub findings: Vec<Finding>,
    /// One ranking a rate.
    pub rankings: Vec<Ranking>,
}

/// A row as understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// What it is about.
    pub name: String,
    /// It is a total row.
    pub total: bool,
    /// The computed rate of each progress; none where plan or done is missing.
    pub rates: Vec<Option<Ratio>>,
}

/// Names of total rows.
const TOTALS: &[&str] = &["合计", "总计", "小计", "全省", "全市", "全县", "全区", "全州"];

struct Table<'a> {
    header: &'a [String],
    roles: Vec<ColumnRole>,
    progress: Vec<Progress>,
    cells: Vec<Vec<Cell>>,
    names: Vec<String>,
    totals: Vec<bool>,
    /// Months elapsed in the table's period, where known.
    months: Option<u32>,
}

/// Checks and ranks a sheet as it comes: titles may stand above its header, and the header may have two rows.
/// `months` says how many months of the year it covers, where that is known.
pub fn check_sheet(sheet: &[Vec<String>], months: Option<u32>) -> TableReport {
    let (header, header_rows) = find_header(sheet).unwrap_or_else(|| (sheet.first().cloned().unwrap_or_default(), 1));
    let rows = sheet.get(header_rows..).unwrap_or_default();
    TableReport { header_rows, ..check_table(&header, rows, months) }
}

/// Checks and ranks a table: its header, its rows below, and how many months of the year it covers, where known.
/// A row shorter than the header is read as blank at its end.
pub fn check_table(header: &[String], rows: &[Vec<String>], months: Option<u32>) -> TableReport {
    let (roles, progress) = understand(header);
    let name_column = roles.iter().position(|role| *role == ColumnRole::Name);
    let text = |row: &Vec<String>, column: usize| row.get(column).map_or("", |cell| cell.trim()).to_owned();
    let names: Vec<String> = rows.iter().map(|row| name_column.map_or_else(String::new, |c| text(row, c))).collect();
    let serial = roles.iter().position(|role| *role == ColumnRole::Serial);
    let totals =
        rows.iter().zip(&names).map(|(row, name)| is_total(name) || serial.is_some_and(|c| is_total(&text(row, c))));
    let totals = totals.collect();
    let cells = rows.iter().map(|row| (0..header.len()).map(|c| Cell::read(&text(row, c))).collect()).collect();
    let table = Table { header, roles, progress, cells, names, totals, months };

    let mut findings = Vec::new();
    if table.progress.is_empty() {
        findings.push(Finding::error(
            "columns_not_understood",
            "header",
            "表头中没有可以配成一组的计划（目标）列和完成列",
            "the header has no pair of a planned and a done column",
        ));
    }
    let mut understood = Vec::new();
    for row in 0..table.cells.len() {
        findings.extend(table.unreadable(row));
        let mut rates = Vec::new();
        for progress in &table.progress {
            let rate = table.rate(row, progress);
            findings.extend(table.percentage(row, progress, rate));
            rates.push(rate);
        }
        findings.extend(table.person_months(row));
        understood.push(TableRow { name: table.names[row].clone(), total: table.totals[row], rates });
    }
    findings.extend(table.sums());
    let rankings = rank::rankings(&table.progress, &understood);
    TableReport {
        header: header.to_vec(),
        header_rows: 1,
        roles: table.roles,
        progress: table.progress,
        rows: understood,
        findings: findings.into_iter().map(nested).collect(),
        rankings,
    }
}

fn nested(finding: Finding) -> Finding {
    Finding { zh: nest_quotes(&finding.zh), ..finding }
}

fn is_total(name: &str) -> bool {
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    TOTALS.contains(&name.as_str()) || name.starts_with("合计") || name.starts_with("总计")
}

impl Table<'_> {
    fn field(row: usize, column: usize) -> String {
        format!("rows[{row}].columns[{column}]")
    }

    /// Adds where it is to a finding.
    fn at(&self, finding: Finding, row: usize, column: usize) -> Finding {
        finding.fact("row", &self.names[row]).fact("column", &self.header[column])
    }

    fn value(&self, row: usize, column: usize) -> Option<Quantity> {
        self.cells[row][column].value()
    }

    fn rate(&self, row: usize, progress: &Progress) -> Option<Ratio> {
        let (done, plan) = (self.value(row, progress.done)?, self.value(row, progress.plan)?);
        if plan > Quantity::ZERO { Ratio::of(done, plan) } else { None }
    }

    /// Cells of figures that hold no figure that can be computed with.
    fn unreadable(&self, row: usize) -> Vec<Finding> {
        let figures = [ColumnRole::Plan, ColumnRole::Done, ColumnRole::Rate];
        let mut findings = Vec::new();
        for (column, cell) in self.cells[row].iter().enumerate().filter(|(c, _)| figures.contains(&self.roles[*c])) {
            let printed = match cell {
                Cell::Text(text) => text.clone(),
                Cell::Number(number) if number.value.is_none() => "超过四位小数或过大".to_owned(),
                _ => continue,
            };
            let zh = format!("“{}”“{}”不是可计算的数：{printed}", self.names[row], self.header[column]);
            let finding = Finding::warning(
                "cell_not_a_number",
                Self::field(row, column),
                zh,
                "the cell holds no figure to compute with",
            );
            findings.push(self.at(finding, row, column));
        }
        findings
    }

    fn percentage(&self, row: usize, progress: &Progress, rate: Option<Ratio>) -> Option<Finding> {
        let column = progress.rate?;
        let field = Self::field(row, column);
        let name = &self.names[row];
        let Cell::Number(printed) = &self.cells[row][column] else {
            let rate = rate.filter(|_| self.cells[row][column] == Cell::Blank)?;
            let zh = format!("“{name}”未印百分比，计算为{}", rate.completion_percent(1));
            let finding = Finding::note(
                "percentage_missing",
                field,
                zh,
                format!("no percentage is printed; it computes to {}", rate.completion_percent(1)),
            );
            return Some(self.at(finding.fact("computed", rate.completion_percent(1)), row, column));
        };
        let shown = shown(printed);
        let (done, plan) = (&self.cells[row][progress.done], &self.cells[row][progress.plan]);
        let Some(rate) = rate else {
            let missing = if *done == Cell::Blank { &self.header[progress.done] } else { &self.header[progress.plan] };
            if *done != Cell::Blank && *plan != Cell::Blank {
                return None;
            }
            let zh = format!("“{name}”只印{shown}，没有“{missing}”的数，视为未报");
            let en = format!("{shown} is printed without a number under {missing:?}: not reported");
            return Some(self.at(
                Finding::warning("percentage_without_number", field, zh, en).fact("printed", shown),
                row,
                column,
            ));
        };
        let computed = rate.completion_percent(printed.decimals.max(1));
        let terms = format!("{}/{}", done.value()?, plan.value()?);
        let full = Quantity::from_integer(100);
        let finding = if !follows(printed, rate) {
            let zh = format!("“{name}”印{shown}，{terms}为{computed}");
            Finding::warning("percentage_differs", field, zh, format!("printed {shown}, {terms} is {computed}"))
        } else if rate < Ratio::ONE && printed.percent && printed.value == full {
            let zh = format!("“{name}”印{shown}，{terms}未满100%（{computed}）");
            Finding::warning(
                "rounded_to_full",
                field,
                zh,
                format!("printed {shown}, {terms} is below 100% ({computed})"),
            )
        } else {
            return None;
        };
        Some(self.at(finding.fact("printed", shown).fact("computed", computed).fact("terms", terms), row, column))
    }

    /// What a remark says of person-months, against the row and against the months elapsed.
    fn person_months(&self, row: usize) -> Vec<Finding> {
        let Some(column) = self.roles.iter().position(|role| *role == ColumnRole::Remark) else {
            return Vec::new();
        };
        let Cell::Text(text) = &self.cells[row][column] else {
            return Vec::new();
        };
        let Some(told) = remark::person_months(text) else {
            return Vec::new();
        };
        let field = Self::field(row, column);
        let name = &self.names[row];
        let mut findings = Vec::new();
        let product = Ratio::from_quantity(told.target_heads) * Ratio::from_quantity(told.months_each);
        if product != Ratio::from_quantity(told.target) {
            let zh = format!("“{name}”备注{}×{}不等于{}", told.target_heads, told.months_each, told.target);
            findings.push(Finding::warning("product_differs", field.clone(), zh, "the product in the remark is wrong"));
        }
        for progress in &self.progress {
            let printed = progress.rate.and_then(|c| self.cells[row][c].number());
            let by_months = told.months.and_then(|months| Ratio::of(months, told.target));
            if let (Some(printed), Some(by_months), Some(rate), Some(months)) =
                (printed, by_months, self.rate(row, progress), told.months)
                && follows(printed, by_months)
                && follows(printed, rate)
                && by_months != rate
            {
                let (shown, heads_rate, months_rate) =
                    (shown(printed), rate.completion_percent(1), by_months.completion_percent(1));
                let (done, plan) = (self.value(row, progress.done), self.value(row, progress.plan));
                let heads = done.zip(plan).map_or_else(String::new, |(d, p)| format!("{d}/{p}"));
                let zh = format!(
                    "“{name}”印{shown}：人数{heads}为{heads_rate}，人月{months}/{}为{months_rate}，印数从哪个都可能得出",
                    told.target
                );
                let en = format!(
                    "printed {shown}: heads {heads} are {heads_rate}, months {months}/{} are {months_rate}; either may be meant",
                    told.target
                );
                let finding = Finding::warning("percentage_ambiguous", field.clone(), zh, en);
                findings.push(finding.fact("printed", shown).fact("heads", heads_rate).fact("months", months_rate));
            }
        }
        if let (Some(heads), Some(months), Some(elapsed)) = (told.heads, told.months, self.months)
            && let Some(most) = heads.checked_mul(i64::from(elapsed))
            && months > most
        {
            let zh = format!("“{name}”累计{months}人·月，多于{heads}人×{elapsed}个月={most}");
            let en = format!("{months} person-months are more than {heads} heads × {elapsed} months = {most}");
            let finding = Finding::warning("months_exceed_heads", field, zh, en);
            findings
                .push(finding.fact("months", months).fact("most", most).fact("heads", heads).fact("elapsed", elapsed));
        }
        findings.into_iter().map(|finding| self.at(finding, row, column)).collect()
    }

    /// Total rows against what the other rows add up to; where rows have different units there is nothing to add.
    fn sums(&self) -> Vec<Finding> {
        let rows = || (0..self.cells.len()).filter(|row| !self.totals[*row]);
        let mut findings = Vec::new();
        for total in (0..self.cells.len()).filter(|row| self.totals[*row]) {
            for column in self.progress.iter().flat_map(|p| [p.plan, p.done]) {
                let Some(printed) = self.value(total, column) else {
                    continue;
                };
                let values = || rows().filter_map(|row| self.value(row, column));
                let Some(sum) = Quantity::checked_sum(values()) else {
                    continue;
                };
                if sum == printed {
                    continue;
                }
                let decimals = values().chain([printed]).map(Quantity::decimals_used).max().unwrap_or(0);
                let (printed, sum) = (printed.display_with(decimals), sum.display_with(decimals));
                let (count, heading) = (values().count(), &self.header[column]);
                let zh = format!("“{heading}”合计印{printed}，{count}行相加为{sum}");
                let en = format!("the printed total of {heading:?} is {printed}, {count} rows add up to {sum}");
                let finding = Finding::warning("sum_differs_from_total", Self::field(total, column), zh, en);
                findings.push(self.at(finding.fact("printed", printed).fact("computed", sum), total, column));
            }
        }
        findings
    }
}

/// A printed rate as text, with its own decimals.
fn shown(printed: &Number) -> String {
    let value = printed.value.map_or_else(|| "?".to_owned(), |v| v.display_with(printed.decimals));
    if printed.percent { format!("{value}%") } else { value }
}

/// Whether a printed rate is the computed one, rounded half up to its printed decimals. Without a percent sign it may be
/// printed in percent or as a share of 1.
fn follows(printed: &Number, rate: Ratio) -> bool {
    let percent = (rate * Ratio::integer(100)).round(printed.decimals);
    printed.value.is_some()
        && (printed.value == percent || (!printed.percent && printed.value == rate.round(printed.decimals)))
}
