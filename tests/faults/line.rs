//! The line between the tiers fails while figures are on their way over it, in four ways. The child's people work on all
//! the while; then the line is sound again.

use std::time::{Duration, Instant};

use minsheng_testkit::simulation;
use tokio::task::JoinHandle;

use crate::filer::{Filed, Filer};
use crate::outbox::{Standing, Stored};
use crate::pair::{PATIENCE, Pair};
use crate::{long, reckon};

const INDICATORS: usize = 50;
const MONTHS: usize = 4;
/// Reports of a call of the child's people.
const AT_ONCE: usize = 25;

/// Figures on their way.
struct Exchange {
    pair: Pair,
    stored: Stored,
    people: JoinHandle<Filed>,
}

impl Exchange {
    /// Begins, and waits until some figures are above and others are on their way.
    async fn begin() -> Self {
        let pair = Pair::start(INDICATORS).await;
        let filer = Filer::of(&pair);
        let people = tokio::spawn(async move {
            let mut filed = Filed::new();
            for month in 1..=MONTHS {
                for first in (1..=INDICATORS).step_by(AT_ONCE) {
                    filed.extend(filer.month(month, first..=first + AT_ONCE - 1).await);
                }
            }
            filed
        });
        let stored = Stored::of(&pair.below).await;
        let exchange = Self { pair, stored, people };
        exchange.more_or_all(0).await;
        exchange
    }

    /// Waits until more figures are above than so many, and others are on their way: then a call is open. Or until there are
    /// no more.
    async fn more_or_all(&self, above: u64) -> Standing {
        let done = || self.people.is_finished();
        let more = |standing: &Standing| standing.filed > above && standing.pending > 0;
        let what = "figures are on their way";
        self.stored.until(what, |standing| more(standing) || (done() && standing.pending == 0)).await
    }

    /// The reckoning, with what is printed of it.
    async fn end(self, fault: &str, in_flight: u64, hits: &str) {
        let filed = self.people.await.unwrap();
        self.stored.close().await;
        let found = reckon::all_above_once(&self.pair, &filed).await;
        println!(
            "{fault}: filed {} reports, in flight {in_flight} sets when it hit, found {found} sets above; {hits}",
            filed.len()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole() {
    let mut exchange = Exchange::begin().await;
    exchange.pair.net.black_hole();
    let in_flight = exchange.stored.standing().await.pending;
    let began = Instant::now();
    // The people notice nothing.
    let filed = (&mut exchange.people).await.unwrap();
    exchange.people = tokio::spawn(std::future::ready(filed));
    let before = exchange.stored.standing().await;
    let given_up =
        || exchange.pair.below.said("figures wait for the parent") + exchange.pair.below.said("has not answered");
    let end = Duration::from_secs(if long() { 75 } else { 10 });
    while began.elapsed() < end && given_up() == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let cut_off = exchange.pair.net.unacknowledged();
    let during = exchange.stored.standing().await;
    assert!(cut_off > 0 || given_up() > 0, "no call was open when the line went");
    assert_eq!(during.filed, before.filed, "something came through");
    assert!(during.pending > 0, "nothing was on its way");
    let (dropped, _) = exchange.pair.net.hit();
    exchange.pair.net.lift();
    let hits = format!(
        "{:?} without a line, {cut_off} bytes of open calls unacknowledged, {dropped} packets dropped, {} calls given up",
        began.elapsed(),
        given_up()
    );
    exchange.end("black hole", in_flight, &hits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resets() {
    let exchange = Exchange::begin().await;
    let cut_off = || exchange.pair.below.said("figures wait for the parent");
    let (mut resets, mut above, mut in_flight) = (0, 0, 0);
    for hit in 1..=if long() { 20 } else { 3 } {
        let standing = exchange.more_or_all(above).await;
        if standing.pending == 0 {
            break;
        }
        above = standing.filed;
        in_flight += standing.pending;
        // No connection lives until a call has been cut off, or all have slipped through.
        while cut_off() < hit && exchange.stored.standing().await.pending > 0 {
            resets += exchange.pair.net.reset();
        }
    }
    let cut_off = cut_off();
    assert!(cut_off > 0, "no reset hit an open call");
    exchange.end("reset", in_flight, &format!("{resets} connections reset, {cut_off} calls cut off")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_of_all_packets_is_lost() {
    let seed = simulation::seed("a fifth of all packets is lost");
    let exchange = Exchange::begin().await;
    exchange.pair.net.lossy(seed);
    through("20% loss", exchange, Duration::from_secs(if long() { 120 } else { 15 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_kilobits_a_second() {
    let exchange = Exchange::begin().await;
    exchange.pair.net.slow();
    through("64 kbit/s", exchange, Duration::from_secs(if long() { 300 } else { 25 })).await;
}

/// Figures must come through in spite of the fault, which is lifted when all have, or some and so long has passed.
async fn through(fault: &str, exchange: Exchange, at_most: Duration) {
    let began = Instant::now();
    let before = exchange.stored.standing().await;
    let done = |standing: &Standing| exchange.people.is_finished() && standing.pending == 0;
    let mut during = before;
    let none_yet = |standing: &Standing| standing.filed == before.filed && began.elapsed() < PATIENCE;
    while (began.elapsed() < at_most && !done(&during)) || none_yet(&during) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        during = exchange.stored.standing().await;
    }
    let (dropped, waited) = exchange.pair.net.hit();
    assert!(before.pending > 0, "no call was open when the fault began");
    assert!(dropped + waited > 0, "no packet was hit");
    assert!(during.filed > before.filed, "nothing came through: {before:?}, {during:?}");
    assert!(!long() || done(&during), "not all came through: {during:?}");
    let took = began.elapsed();
    exchange.pair.net.lift();
    let hits = format!(
        "{} sets came through in {took:?} of it, {dropped} packets dropped, {waited} held up",
        during.filed - before.filed
    );
    exchange.end(fault, before.pending, &hits).await;
}
