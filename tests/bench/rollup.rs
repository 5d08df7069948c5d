//! Sums of a province's month up the tree and places of its townships, from memory as ranking does it, against a plain loop
//! over the same columns and against SQL.

use std::cmp::Ordering;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use minsheng_domain::score::rollup::{self, CellState, Columns, rank_by_completion};

use crate::figures::{MEASURES, Territory};
use crate::machine::median;
use crate::plain;
use crate::table::{Figure, Goal, Table};

const ROUNDS: usize = 31;
const SQL_ROUNDS: usize = 3;
/// Depth of a township below the province.
const TOWNSHIP: u8 = 3;

/// Measures and adds the figures.
pub async fn run(folder: &Path, territory: &Territory, table: &mut Table) -> anyhow::Result<()> {
    let tree = rollup::Territory::new(territory.parents.clone())?;
    let mut columns = Columns::new(tree, MEASURES);
    let mut plain_columns = Vec::new();
    for measure in 0..MEASURES {
        let mut values = vec![0; territory.codes.len()];
        let mut targets = vec![0; territory.codes.len()];
        for village in &territory.villages {
            values[*village] = territory.value(measure, *village) * 10_000;
            targets[*village] = territory.target(measure, *village) * 10_000;
            if let Some(column) = columns.column_mut(measure) {
                column.set(*village, CellState::Reported, values[*village]);
            }
        }
        add_up(&mut targets, &territory.parents);
        plain_columns.push(Plain { values, targets });
    }

    let townships: Vec<usize> = columns.territory().at_level(TOWNSHIP).collect();
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| from_memory(&mut columns, &plain_columns)).collect();
    let memory = median(&mut times);
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| by_loop(&plain_columns, territory, &townships)).collect();
    let by_loop = median(&mut times);

    let database = plain::table(folder, territory).await?;
    for measure in 0..MEASURES {
        let sum = columns.column(measure).map(|column| column.sums[0]);
        ensure!(sum == Some(plain::sum(measure, &database).await?), "memory and SQL differ on measure {measure}");
    }
    let mut times = Vec::new();
    let mut rows = 0;
    for _ in 0..SQL_ROUNDS {
        let (came, took) = plain::group_by(&database).await?;
        rows = came;
        times.push(took);
    }
    let sql = median(&mut times);
    database.close().await?;

    table.fact(
        "roll-up",
        format!(
            "{MEASURES} measures, {} divisions, {} townships ranked by each; SQL gave {rows} rows",
            territory.codes.len(),
            townships.len()
        ),
    );
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let figure = |peer, time| {
        Figure::new("roll-up and ranking from memory", milliseconds(memory), "ms").against(peer, milliseconds(time))
    };
    table.add(figure("plain loop", by_loop).goal(Goal::AtMost(5.0)));
    table.add(figure("SQL GROUP BY", sql).goal(Goal::AtMost(1.0 / 50.0)));
    Ok(())
}

struct Plain {
    values: Vec<i64>,
    targets: Vec<i64>,
}

fn from_memory(columns: &mut Columns, plain: &[Plain]) -> Duration {
    let begin = Instant::now();
    columns.roll_up();
    for (measure, plain) in plain.iter().enumerate() {
        if let Some(column) = columns.column(measure) {
            black_box(rank_by_completion(column, &plain.targets, columns.territory().at_level(TOWNSHIP)));
        }
    }
    begin.elapsed()
}

fn add_up(sums: &mut [i64], parents: &[Option<u32>]) {
    for index in (0..sums.len()).rev() {
        if let Some(parent) = parents[index] {
            sums[parent as usize] += sums[index];
        }
    }
}

fn by_loop(columns: &[Plain], territory: &Territory, townships: &[usize]) -> Duration {
    let begin = Instant::now();
    for column in columns {
        let mut sums = column.values.clone();
        add_up(&mut sums, &territory.parents);
        let compare = |a: &usize, b: &usize| -> Ordering {
            let left = i128::from(sums[*b]) * i128::from(column.targets[*a]);
            let right = i128::from(sums[*a]) * i128::from(column.targets[*b]);
            left.cmp(&right)
        };
        let mut order = townships.to_vec();
        order.sort_unstable_by(compare);
        let mut ranks = vec![0; order.len()];
        for place in 0..order.len() {
            let is_tie = place > 0 && compare(&order[place - 1], &order[place]) == Ordering::Equal;
            ranks[place] = if is_tie { ranks[place - 1] } else { place + 1 };
        }
        black_box((sums, order, ranks));
    }
    begin.elapsed()
}
