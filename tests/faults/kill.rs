//! Either side killed with -9 while figures are on their way, again and again: at any moment of an exchange, and in every
//! other round as soon as the parent has kept the sets, when the child has not yet learned of it.

use std::time::{Duration, Instant};

use crate::filer::{Filed, Filer};
use crate::outbox::Stored;
use crate::pair::Pair;
use crate::{long, reckon};

/// Reports of a round.
const AT_ONCE: usize = 20;
const INDICATORS: usize = 200;

/// What the kills hit.
#[derive(Debug, Default)]
struct Hits {
    /// Kills of the parent, of the child.
    kills: [usize; 2],
    /// Kills while sets were on their way.
    hits: usize,
    /// Sets without an answer at a kill.
    in_flight: usize,
    /// Of these, sets that the parent had kept: the kill came between its commit and the answer.
    kept_unanswered: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn either_side_killed_at_any_moment() {
    let mut pair = Pair::start(INDICATORS).await;
    let filer = Filer::of(&pair);
    let rounds = if long() { 100 } else { 20 };
    let (mut filed, mut hits) = (Filed::new(), Hits::default());
    let mut exchange = Duration::from_millis(100);
    for round in 0..rounds {
        let (month, first) = (1 + round * AT_ONCE / INDICATORS, 1 + round * AT_ONCE % INDICATORS);
        // Both are well, and everything that was on its way has arrived; then more goes up, and a call is opened.
        let [above, below] = [Stored::of(&pair.above).await, Stored::of(&pair.below).await];
        below.until("the tiers find each other again", |standing| standing.pending == 0).await;
        let kept = above.kept().await.len();
        let filer = filer.clone();
        let people = tokio::spawn(async move { filer.month(month, first..=first + AT_ONCE - 1).await });
        below.until("figures go up", |standing| standing.pending > 0).await;
        let began = Instant::now();
        if round % 2 == 0 {
            above.until_kept(kept).await;
            exchange = began.elapsed();
        } else {
            tokio::time::sleep(exchange.mul_f64(rand::random_range(0.0..1.2))).await;
        }
        kill(&mut pair, &mut hits, [above, below]).await;
        filed.extend(people.await.unwrap());
    }
    let found = reckon::all_above_once(&pair, &filed).await;
    let Hits { kills: [above, below], hits, in_flight, kept_unanswered } = hits;
    println!(
        "kills {rounds} (parent {above}, child {below}), of which {hits} hit an open exchange: filed {} reports, in flight \
         {in_flight} sets, of which the parent had kept {kept_unanswered}, found {found} sets above",
        filed.len()
    );
    assert!(hits >= rounds / 2, "too few kills hit an open exchange to show anything");
    assert!(kept_unanswered > 0, "no kill fell between a commit and its answer");
    assert!(in_flight > kept_unanswered, "no kill fell before a commit");
}

/// Kills one of them and starts it again.
async fn kill(pair: &mut Pair, hits: &mut Hits, stored: [Stored; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let parent = rand::random();
    let tier = if parent { &mut pair.above } else { &mut pair.below };
    tier.link.program.crash();
    // One side is as it was left, the other is a moment further on.
    let left = Stored::left_by(tier, folder.path()).await;
    let [above, below] = &stored;
    let (above, below) = if parent { (&left, below) } else { (above, &left) };
    let (unanswered, kept) = (below.unanswered().await, above.kept().await);
    for stored in stored.into_iter().chain([left]) {
        stored.close().await;
    }
    hits.kills[usize::from(!parent)] += 1;
    hits.hits += usize::from(!unanswered.is_empty());
    hits.in_flight += unanswered.len();
    hits.kept_unanswered += unanswered.intersection(&kept).count();
    tier.link.program.restart();
}
