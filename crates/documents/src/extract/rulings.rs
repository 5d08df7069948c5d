//! The lines drawn on a page, and the tables that they rule: places between lines, merged where no line parts them.
#![allow(clippy::float_arithmetic, reason = "places on a page, no figures of the field")]

/// How far two lines may lie apart and be one.
const NEAR: f64 = 3.0;
/// The shortest line that rules a table.
const SHORTEST: f64 = 6.0;
/// Lines of each direction that a table may have.
const MOST: usize = 300;

/// A line across or down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ruling {
    /// It runs across; else down.
    across: bool,
    /// Its height on the page, or its distance from the left.
    at: f64,
    from: f64,
    to: f64,
}

impl Ruling {
    /// The line between two points; none where it is short or slanted.
    pub(super) fn between(a: (f64, f64), b: (f64, f64)) -> Option<Ruling> {
        let (wide, high) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        if ![a.0, a.1, b.0, b.1].iter().all(|value| value.is_finite()) {
            return None;
        }
        if high < 1.0 && wide > SHORTEST {
            Some(Ruling { across: true, at: (a.1 + b.1) / 2.0, from: a.0.min(b.0), to: a.0.max(b.0) })
        } else if wide < 1.0 && high > SHORTEST {
            Some(Ruling { across: false, at: (a.0 + b.0) / 2.0, from: a.1.min(b.1), to: a.1.max(b.1) })
        } else {
            None
        }
    }
}

/// A table that lines rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruled {
    /// Heights of the lines across, from the top.
    pub(super) ys: Vec<f64>,
    /// Distances of the lines down, from the left.
    pub(super) xs: Vec<f64>,
    /// For each row its cells: first column, columns, rows.
    pub(super) cells: Vec<Vec<(usize, usize, usize)>>,
}

/// The tables on a page.
pub(super) fn tables(rulings: &[Ruling]) -> Vec<Ruled> {
    let across: Vec<&Ruling> = rulings.iter().filter(|ruling| ruling.across).collect();
    let down: Vec<&Ruling> = rulings.iter().filter(|ruling| !ruling.across).collect();
    let mut heights = distinct(across.iter().map(|ruling| ruling.at));
    heights.reverse();
    let mut found = Vec::new();
    let mut from = 0;
    while from + 1 < heights.len() {
        // A table goes on as long as some line runs down between two heights.
        let mut to = from;
        while to + 1 < heights.len() && down.iter().any(|ruling| spans(ruling, (heights[to] + heights[to + 1]) / 2.0)) {
            to += 1;
        }
        if to > from {
            found.extend(ruled(&heights[from..=to], &across, &down));
        }
        from = to.max(from + 1);
    }
    found
}

fn spans(ruling: &Ruling, at: f64) -> bool {
    ruling.from - NEAR <= at && at <= ruling.to + NEAR
}

fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|next, kept| (*next - *kept).abs() < NEAR);
    values
}

fn ruled(ys: &[f64], across: &[&Ruling], down: &[&Ruling]) -> Option<Ruled> {
    let (top, bottom) = (*ys.first()?, *ys.last()?);
    let inside = down.iter().filter(|ruling| ruling.from < top - NEAR && ruling.to > bottom + NEAR);
    let xs = distinct(inside.map(|ruling| ruling.at));
    if xs.len() < 3 || ys.len() < 3 || xs.len() > MOST || ys.len() > MOST {
        return None;
    }
    let (rows, columns) = (ys.len() - 1, xs.len() - 1);
    let middle_x = |column: usize| (xs[column] + xs[column + 1]) / 2.0;
    let middle_y = |row: usize| (ys[row] + ys[row + 1]) / 2.0;
    let right = |row: usize, column: usize| {
        down.iter().any(|r| (r.at - xs[column + 1]).abs() < NEAR && spans(r, middle_y(row)))
    };
    let under = |row: usize, column: usize| {
        across.iter().any(|r| (r.at - ys[row + 1]).abs() < NEAR && spans(r, middle_x(column)))
    };
    let mut taken = vec![vec![false; columns]; rows];
    let mut cells = vec![Vec::new(); rows];
    for row in 0..rows {
        for column in 0..columns {
            if taken[row][column] {
                continue;
            }
            let mut wide = 1;
            while column + wide < columns && !right(row, column + wide - 1) && !taken[row][column + wide] {
                wide += 1;
            }
            let mut high = 1;
            while row + high < rows
                && !(column..column + wide).any(|at| under(row + high - 1, at) || taken[row + high][at])
            {
                high += 1;
            }
            for line in &mut taken[row..row + high] {
                line[column..column + wide].fill(true);
            }
            cells[row].push((column, wide, high));
        }
    }
    Some(Ruled { ys: ys.to_vec(), xs, cells })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cells_are_merged_where_no_line_parts_them() {
        let line = |a, b| Ruling::between(a, b).unwrap();
        let rulings = [
            line((0.0, 100.0), (90.0, 100.0)),
            line((30.0, 80.0), (90.0, 80.0)),
            line((0.0, 60.0), (90.0, 60.0)),
            line((0.0, 60.0), (0.0, 100.0)),
            line((30.0, 60.0), (30.0, 100.0)),
            line((60.0, 60.0), (60.0, 80.0)),
            line((90.0, 60.0), (90.0, 100.0)),
        ];
        let tables = tables(&rulings);
        assert_eq!(tables.len(), 1);
        assert_eq!(tables[0].cells, [vec![(0, 1, 2), (1, 2, 1)], vec![(1, 1, 1), (2, 1, 1)]]);
    }
}
