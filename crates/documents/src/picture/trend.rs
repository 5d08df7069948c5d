//! A trend by month: lines told apart by dashes and marks, with the last figure written at each line's end.

use super::draw::{Anchor, Drawing, FAINT, INK, length, round_up, scaled, shortened};

const WIDTH: i64 = 44_000;
const HEIGHT: i64 = 20_000;
const LEFT: i64 = 4_500;
const RIGHT: i64 = 9_500;
const TOP: i64 = 1_500;
const BOTTOM: i64 = 2_500;
const DASHES: [&str; 4] = ["", "4 2", "1 2", "6 2 1 2"];

/// A line.
#[derive(Debug, Clone)]
pub struct Series {
    /// Name.
    pub name: String,
    /// A decimal string for each month; empty where there is none, which leaves a gap.
    pub values: Vec<String>,
}

/// The trend of up to four lines over these months, from zero up; `unit` such as % stands at the axis.
pub fn trend(months: &[String], series: &[Series], unit: &str) -> String {
    let mut drawing = Drawing::new(WIDTH, HEIGHT);
    let (across, up) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let all = series.iter().flat_map(|line| &line.values).filter_map(|value| scaled(value));
    let whole = all.max().map_or(10_000, |most| round_up(most.max(1)));
    let ground = HEIGHT - BOTTOM;
    for quarter in 0..=4 {
        let at = ground - up * quarter / 4;
        drawing.line((LEFT, at), (WIDTH - RIGHT, at), FAINT, if quarter == 0 { "" } else { "1 2" });
        let value = minsheng_domain::quantity::Quantity::from_scaled(whole / 4 * quarter).display_with(0);
        drawing.words((LEFT - 300, at + 300), Anchor::End, &value);
    }
    drawing.words((LEFT - 300, 900), Anchor::End, unit);
    let last = i64::try_from(months.len().saturating_sub(1)).unwrap_or(0).max(1);
    let x = |month: i64| LEFT + across * month / last;
    for (month, name) in (0..).zip(months) {
        drawing.words((x(month), HEIGHT - 1_200), Anchor::Middle, name);
    }
    let mut ends = Vec::new();
    for (number, line) in series.iter().enumerate() {
        let points: Vec<Option<(i64, i64)>> = (0..)
            .zip(&line.values)
            .map(|(month, value)| Some((x(month), ground - length(scaled(value)?, whole, up))))
            .collect();
        for pair in points.windows(2) {
            if let [Some(from), Some(to)] = pair {
                drawing.line(*from, *to, INK, DASHES[number % DASHES.len()]);
            }
        }
        points.iter().flatten().for_each(|point| drawing.mark(*point, number));
        let known = points.iter().zip(&line.values).rev().find_map(|(point, value)| Some(((*point)?, value)));
        if let Some(((_, y), value)) = known {
            ends.push((y, format!("{} {value}", shortened(&line.name, 7)), number));
        }
    }
    ends.sort();
    let mut free = TOP;
    for (y, words, number) in ends {
        let at = y.max(free);
        drawing.mark((WIDTH - RIGHT + 700, at), number);
        drawing.words((WIDTH - RIGHT + 1_300, at + 300), Anchor::Start, &words);
        free = at + 1_200;
    }
    drawing.finish()
}

#[cfg(test)]
mod tests {
    use super::super::draw::units;
    use super::*;

    fn height_of(value: &str, whole: i64) -> String {
        units(HEIGHT - BOTTOM - length(scaled(value).unwrap_or(0), whole, HEIGHT - TOP - BOTTOM))
    }

    fn series(name: &str, values: &[&str]) -> Series {
        Series { name: name.to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect() }
    }

    #[test]
    fn points_stand_at_their_height_and_a_missing_month_leaves_a_gap() {
        let months: Vec<String> = (1..=4).map(|month| format!("{month}月")).collect();
        let svg = trend(&months, &[series("平均完成率", &["10", "", "30.5", "46.8"])], "%");
        // The scale ends at 50; 160 points are the whole height.
        assert_eq!(height_of("46.8", 500_000), "25.24");
        assert!(svg.contains(&format!("M345 {}m", height_of("46.8", 500_000))), "{svg}");
        assert!(svg.contains(&format!("M45 {}m", height_of("10", 500_000))), "{svg}");
        assert!(svg.contains("平均完成率 46.8<") && svg.contains(">3月<"));
        assert_eq!(svg.matches("<line ").count(), 5 + 1, "five of the scale, one between the last two months");
    }

    #[test]
    fn lines_are_told_apart_by_dashes_and_marks_and_their_names_do_not_collide() {
        let months = vec!["5月".to_owned(), "6月".to_owned()];
        let svg = trend(&months, &[series("报送数", &["1", "2"]), series("认定数", &["1", "2"])], "人");
        assert!(svg.contains("stroke-dasharray=\"4 2\""));
        let heights: Vec<&str> = ["报送数 2<", "认定数 2<"]
            .iter()
            .filter_map(|name| svg.split(name).next()?.rsplit("y=\"").next()?.split('"').next())
            .collect();
        assert_ne!(heights[0], heights[1]);
    }
}
