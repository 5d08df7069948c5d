//! The child is cut off for so long that much gathers, then catches up: in batches, and neither side holds more memory for it.

use std::time::{Duration, Instant};

use crate::filer::{Filed, Filer};
use crate::outbox::Stored;
use crate::pair::{A_PROGRAMME, Pair, Tier};
use crate::{long, reckon};

/// Entries that a report makes in the child's ledgers: submitted, passed, certified.
const ENTRIES: usize = 3;
const MONTHS: usize = 12;
/// Sets that the child files in a call.
const A_CALL: u64 = 200;
/// MiB by which a process may grow while it catches up, however much there is, and of these once so many sets are above.
const GROWTH: u64 = 128;
const GROWTH_LATER: u64 = 32;
const LATER: u64 = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_gathered_goes_up_in_batches_and_memory_stays_flat() {
    let wanted = if long() { 100_000 } else { 5_000 };
    let indicators = wanted / ENTRIES / MONTHS + 1;
    let pair = Pair::start(indicators).await;
    let before = entries(&pair.below).await;
    pair.net.black_hole();
    let began = Instant::now();
    let filer = Filer::of(&pair);
    let mut filed = Filed::new();
    for month in 1..=MONTHS {
        for first in (1..=indicators).step_by(A_PROGRAMME) {
            filed.extend(filer.month(month, first..=(first + A_PROGRAMME - 1).min(indicators)).await);
        }
    }
    let sets = 2 * filed.len() as u64;
    let stored = Stored::of(&pair.below).await;
    stored.until("all figures wait", |standing| standing.pending == sets).await;
    let gathered = entries(&pair.below).await - before;
    assert!(gathered >= wanted as u64, "{gathered} entries gathered");
    println!("cut off: {gathered} entries, {sets} sets gathered in {:?}", began.elapsed());
    assert!(pair.net.hit().0 > 0, "nobody tried to reach the parent");

    let at_rest = [memory(&pair.above), memory(&pair.below)];
    pair.net.lift();
    let lifted = Instant::now();
    let first = stored.until("it goes on", |standing| standing.filed > 0).await;
    let began = Instant::now();
    let (mut last, mut calls, mut largest, mut most) = (first.filed, 1, first.filed, at_rest);
    let (mut next_line, mut later) = (sets / 10, None);
    while last < sets {
        let standing = stored.standing().await;
        if standing.filed > last {
            calls += 1;
            largest = largest.max(standing.filed - last);
            last = standing.filed;
        }
        for (most, tier) in most.iter_mut().zip([&pair.above, &pair.below]) {
            *most = memory(tier).max(*most);
        }
        if last >= next_line {
            println!("{last} sets above after {:?}, memory at most {most:?} MiB", began.elapsed());
            next_line += sets / 10;
        }
        if last >= LATER {
            later.get_or_insert(most);
        }
        assert!(began.elapsed() < Duration::from_secs(1800), "it does not catch up: {standing:?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let took = began.elapsed();
    stored.close().await;
    let found = reckon::all_above_once(&pair, &filed).await;
    println!(
        "backlog: filed {} reports, in flight {sets} sets, found {found} sets above; begun {:?} after the line was back, in \
         {calls} batches of at most {largest}, {:.0} sets/s; memory parent {} -> at most {} MiB, child {} -> at most {} MiB",
        filed.len(),
        began.duration_since(lifted),
        (sets - first.filed) as f64 / took.as_secs_f64(),
        at_rest[0],
        most[0],
        at_rest[1],
        most[1],
    );
    assert!(largest <= A_CALL, "a batch of {largest}");
    let later = later.unwrap_or(most);
    for ((before, later), most) in at_rest.into_iter().zip(later).zip(most) {
        assert!(most <= before + GROWTH, "memory grew from {before} to {most} MiB");
        assert!(most <= later + GROWTH_LATER, "memory went on growing from {later} to {most} MiB");
    }
}

/// Entries of the ledgers that the backlog is made of.
async fn entries(tier: &Tier) -> u64 {
    reckon::size(tier, "reporting").await + reckon::size(tier, "verification").await
}

/// MiB that a tier's process holds of its own.
fn memory(tier: &Tier) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", tier.link.program.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}
