//! Townships against indicators: a field for each pair, filled by how far it is, with the figure in it.

use super::draw::{Anchor, Drawing, Fill, scaled, shortened};

const NAMES: i64 = 7_500;
const HEADS: i64 = 3_200;
const WIDTH: i64 = 44_000;
const FIELD: i64 = 1_400;

/// A matrix of completion.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Names of the rows, such as townships.
    pub rows: Vec<String>,
    /// Names of the columns, such as indicators.
    pub columns: Vec<String>,
    /// Completion in percent as decimal strings, a row of fields for each row; empty where there is no task.
    pub fields: Vec<Vec<String>>,
    /// What the schedule expects in percent; empty for none.
    pub expected: String,
}

/// Striped where a field is behind the schedule, grey where it is not, dotted from 100% on, empty without a task.
pub fn matrix(matrix: &Matrix) -> String {
    let count = i64::try_from(matrix.columns.len()).unwrap_or(1).max(1);
    let wide = (WIDTH - NAMES - 100) / count;
    let rows = i64::try_from(matrix.rows.len()).unwrap_or(0);
    let mut drawing = Drawing::new(WIDTH, HEADS + FIELD * rows + 2_400);
    let letters = usize::try_from(wide / 920).unwrap_or(1).max(2);
    for (column, name) in (0..).zip(&matrix.columns) {
        let middle = NAMES + wide * column + wide / 2;
        let letters_of_name: Vec<char> = name.chars().collect();
        let (first, second) = letters_of_name.split_at(letters_of_name.len().min(letters));
        let second: String = second.iter().collect();
        drawing.words((middle, 1_200), Anchor::Middle, &first.iter().collect::<String>());
        drawing.words((middle, 2_400), Anchor::Middle, &shortened(&second, letters));
    }
    let expected = scaled(&matrix.expected);
    for (row, name) in (0..).zip(&matrix.rows) {
        let top = HEADS + FIELD * row;
        drawing.words((NAMES - 300, top + 1_020), Anchor::End, &shortened(name, 8));
        let fields = matrix.fields.get(usize::try_from(row).unwrap_or(0));
        for (column, field) in (0..).zip(fields.into_iter().flatten()) {
            let left = NAMES + wide * column;
            let share = scaled(field);
            drawing.rectangle((left, top), (wide, FIELD), fill(share, expected));
            if let Some(share) = share {
                if matches!(fill(Some(share), expected), Fill::Stripes | Fill::Dots) {
                    // The figure on white, so that no pattern crosses it.
                    let room = 520 * i64::try_from(field.len()).unwrap_or(4) + 300;
                    drawing.patch((left + wide / 2 - room / 2, top + 150), (room, FIELD - 300));
                }
                drawing.words((left + wide / 2, top + 1_020), Anchor::Middle, field);
            }
        }
    }
    let foot = HEADS + FIELD * rows + 700;
    let mut left = NAMES;
    for (kind, words) in
        [(Fill::Dots, "100%及以上"), (Fill::Grey, "达到序时"), (Fill::Stripes, "未达序时"), (Fill::Empty, "没有任务")]
    {
        drawing.rectangle((left, foot), (1_000, 800), kind);
        drawing.words((left + 1_300, foot + 730), Anchor::Start, words);
        left += 2_600 + 920 * i64::try_from(words.chars().count()).unwrap_or(0);
    }
    drawing.finish()
}

fn fill(share: Option<i64>, expected: Option<i64>) -> Fill {
    match (share, expected) {
        (None, _) => Fill::Empty,
        (Some(share), _) if share >= 1_000_000 => Fill::Dots,
        (Some(share), Some(expected)) if share < expected => Fill::Stripes,
        (Some(_), _) => Fill::Grey,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_field_and_its_figure() {
        let svg = matrix(&Matrix {
            rows: vec!["东坪镇".to_owned(), "清塘铺镇".to_owned()],
            columns: vec!["城镇新增就业".to_owned(), "新增改善蓄水能力".to_owned()],
            fields: vec![vec!["50.5".to_owned(), "32.2".to_owned()], vec![String::new(), "100.0".to_owned()]],
            expected: "46.8".to_owned(),
        });
        for figure in [">50.5<", ">32.2<", ">100.0<", ">东坪镇<", ">清塘铺镇<"] {
            assert!(svg.contains(figure), "{figure}");
        }
        let field = |x: &str, y: &str| format!("<rect x=\"{x}\" y=\"{y}\" width=\"182\" height=\"14\" fill=\"");
        for (x, y, paint) in
            [("75", "32", "#bbb"), ("257", "32", "url(#stripes)"), ("75", "46", "#fff"), ("257", "46", "url(#dots)")]
        {
            assert!(svg.contains(&format!("{}{paint}\"", field(x, y))), "{x},{y} is not {paint}: {svg}");
        }
    }
}
