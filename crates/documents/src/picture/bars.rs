//! Pictures made of bars that lie: completion against schedule, ranking, funds.

use super::draw::{Anchor, Drawing, FAINT, Fill, INK, length, round_up, scaled, shortened};

const WIDTH: i64 = 44_000;
const NAMES: i64 = 11_000;
const FIGURES: i64 = 6_000;
const BAR: i64 = 1_000;
const STEP: i64 = 1_700;
const TOP: i64 = 2_600;
const LONGEST_NAME: usize = 12;

/// How far something is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Name.
    pub name: String,
    /// Completion in percent as a decimal string; empty for none.
    pub completion: String,
    /// What the schedule expects in percent; empty for none.
    pub expected: String,
}

/// A place in a ranking.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Name.
    pub name: String,
    /// Rank from 1.
    pub rank: i32,
    /// Score as a decimal string.
    pub score: String,
}

/// Funds of a project or a source, all in one unit.
#[derive(Debug, Clone)]
pub struct Fund {
    /// Name.
    pub name: String,
    /// Planned as a decimal string; empty for none.
    pub planned: String,
    /// Arrived; empty for none.
    pub arrived: String,
    /// Spent; empty for none.
    pub spent: String,
}

fn room() -> i64 {
    WIDTH - NAMES - FIGURES
}

fn canvas(rows: usize, step: i64) -> Drawing {
    Drawing::new(WIDTH, TOP + step * i64::try_from(rows).unwrap_or(0) + 600)
}

fn name(drawing: &mut Drawing, top: i64, name: &str) {
    drawing.words((NAMES - 400, top + 820), Anchor::End, &shortened(name, LONGEST_NAME));
}

/// A key: squares with what they stand for.
fn key(drawing: &mut Drawing, entries: &[(Fill, &str)]) {
    let mut left = NAMES;
    for (fill, words) in entries {
        drawing.rectangle((left, 500), (1_000, 800), *fill);
        drawing.words((left + 1_300, 1_230), Anchor::Start, words);
        left += 1_800 + 900 * i64::try_from(words.chars().count()).unwrap_or(0) + 900;
    }
}

/// Completion of each against its schedule: a bar, full at 100%, with a stroke where the schedule expects it to end. A bar
/// behind its stroke is striped. What has no ratio has no bar, only words.
pub fn completion(rows: &[Progress]) -> String {
    let mut drawing = canvas(rows.len(), STEP);
    key(&mut drawing, &[(Fill::Grey, "完成率"), (Fill::Stripes, "未达序时")]);
    drawing.line((NAMES + 17_000, 400), (NAMES + 17_000, 1_400), INK, "");
    drawing.words((NAMES + 17_300, 1_230), Anchor::Start, "序时应达");
    let whole = 1_000_000;
    for (row, progress) in (0..).zip(rows) {
        let top = TOP + STEP * row;
        name(&mut drawing, top, &progress.name);
        let Some(done) = scaled(&progress.completion) else {
            drawing.words((NAMES + 300, top + 820), Anchor::Start, "没有完成率");
            continue;
        };
        let expected = scaled(&progress.expected);
        let behind = expected.is_some_and(|expected| done < expected);
        let fill = if behind { Fill::Stripes } else { Fill::Grey };
        drawing.rectangle((NAMES, top), (room(), BAR), Fill::Empty);
        drawing.rectangle((NAMES, top), (length(done, whole, room()), BAR), fill);
        if let Some(expected) = expected {
            let at = NAMES + length(expected, whole, room());
            drawing.line((at, top - 250), (at, top + BAR + 250), INK, "");
        }
        drawing.words((WIDTH - FIGURES + 400, top + 820), Anchor::Start, &format!("{}%", progress.completion));
    }
    drawing.finish()
}

/// Scores by rank, longest bar at the highest score, each with its rank and score.
pub fn ranking(rows: &[Standing]) -> String {
    let mut drawing = canvas(rows.len(), STEP);
    key(&mut drawing, &[(Fill::Grey, "得分")]);
    let whole = rows.iter().filter_map(|row| scaled(&row.score)).max().map_or(1, round_up);
    for (row, standing) in (0..).zip(rows) {
        let top = TOP + STEP * row;
        name(&mut drawing, top, &format!("{} {}", standing.rank, standing.name));
        if let Some(score) = scaled(&standing.score) {
            drawing.rectangle((NAMES, top), (length(score, whole, room()), BAR), Fill::Grey);
        }
        drawing.words((WIDTH - FIGURES + 400, top + 820), Anchor::Start, &standing.score);
    }
    drawing.finish()
}

/// Funds planned, arrived and spent, three bars each on one scale; `unit` such as 万元.
pub fn funds(rows: &[Fund], unit: &str) -> String {
    let step = 3 * BAR + 900;
    let mut drawing = canvas(rows.len(), step);
    key(&mut drawing, &[(Fill::Empty, "计划"), (Fill::Grey, "到位"), (Fill::Solid, "支出")]);
    drawing.words((WIDTH - 200, 1_230), Anchor::End, &format!("单位：{unit}"));
    let all = rows.iter().flat_map(|row| [&row.planned, &row.arrived, &row.spent]);
    let whole = all.filter_map(|amount| scaled(amount)).max().map_or(1, round_up);
    for (row, fund) in (0..).zip(rows) {
        let top = TOP + step * row;
        name(&mut drawing, top + BAR, &fund.name);
        let bars = [(&fund.planned, Fill::Empty), (&fund.arrived, Fill::Grey), (&fund.spent, Fill::Solid)];
        for (place, (amount, fill)) in (0..).zip(bars) {
            let top = top + BAR * place;
            if let Some(value) = scaled(amount) {
                drawing.rectangle((NAMES, top), (length(value, whole, room()), BAR), fill);
                drawing.words((WIDTH - FIGURES + 400, top + 820), Anchor::Start, amount);
            }
        }
        drawing.line((NAMES, top), (NAMES, top + 3 * BAR), FAINT, "");
    }
    drawing.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn progress(completion: &str, expected: &str) -> Progress {
        Progress {
            name: "城镇新增就业".to_owned(), completion: completion.to_owned(), expected: expected.to_owned()
        }
    }

    /// Widths of the rectangles after the key's.
    fn widths(svg: &str, skipped: usize) -> Vec<String> {
        let after = svg.split("</defs>").nth(1).unwrap().split("<rect ").skip(1 + skipped);
        after.map(|rect| rect.split("width=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_the_stroke_stands_where_the_schedule_does() {
        let svg = completion(&[progress("50.0", "46.8"), progress("25.0", "46.8")]);
        // 270 points are 100%.
        assert_eq!(widths(&svg, 2), ["270", "135", "270", "67.50"]);
        assert_eq!(svg.matches("x1=\"236.36\"").count(), 2, "{svg}");
        assert!(svg.contains(">50.0%<") && svg.contains(">25.0%<"));
        assert_eq!(svg.matches("fill=\"url(#stripes)\"").count(), 2, "the key's and the one behind");
    }

    #[test]
    fn more_than_all_fills_the_bar_and_none_has_no_bar() {
        let svg = completion(&[progress("187.9", "46.8"), progress("", "")]);
        assert_eq!(widths(&svg, 2), ["270", "270"]);
        assert!(svg.contains(">187.9%<") && svg.contains("没有完成率"));
    }

    #[test]
    fn the_ranking_has_one_scale() {
        let standing =
            |name: &str, rank, score: &str| Standing { name: name.to_owned(), rank, score: score.to_owned() };
        let svg = ranking(&[standing("县教育局", 1, "98.50"), standing("县残联", 2, "49.25")]);
        assert_eq!(widths(&svg, 1), ["265.95", "132.97"]);
        assert!(svg.contains(">1 县教育局<") && svg.contains(">49.25<"));
    }

    #[test]
    fn funds_are_exact_and_told_apart_without_colour() {
        let fund = Fund {
            name: "水利".to_owned(),
            planned: "10811".to_owned(),
            arrived: "5405.5".to_owned(),
            spent: String::new(),
        };
        let svg = funds(&[fund], "万元");
        assert_eq!(widths(&svg, 3), ["145.94", "72.97"]);
        assert!(svg.contains(">10811<") && svg.contains(">5405.5<") && svg.contains("单位：万元"));
    }

    #[test]
    fn hostile_names_are_words() {
        let mut row = progress("1", "2");
        row.name = "<script>&\"".to_owned();
        let svg = completion(&[row]);
        assert!(svg.contains("&lt;script&gt;&amp;&quot;") && !svg.contains("<script"));
    }
}
