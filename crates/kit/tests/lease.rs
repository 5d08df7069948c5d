//! Two copies of a service over one PostgreSQL database: one follows for both, the other takes its place when it dies, and
//! one that wakes up after its time is refused. Nothing is lost and nothing applied twice; both read the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod house;
mod notes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use house::{Copy, LEASE_SECONDS, Source, lease_row, until};
use minsheng_kit::error::Reason;
use minsheng_kit::follower::TakeError;
use minsheng_kit::ledger::{LedgerVerifier, verify_receipt};
use minsheng_testkit::{Backend, Feed, TestDatabase, moment};
use notes::{Learn, Note, WriteNote, call, notes_of};

#[tokio::test(flavor = "multi_thread")]
async fn one_copy_follows_for_both_and_its_place_is_taken_when_it_dies() {
    let database = TestDatabase::new(Backend::Postgres);
    let source = Source::start().await;
    let (first, second) = (Copy::start(&source, &database), Copy::start(&source, &database));
    source.write(50).await;
    for copy in [&first, &second] {
        copy.reaches(50).await;
    }
    let (holder, other) = if first.applied() > 0 { (first, second) } else { (second, first) };
    assert_eq!((holder.applied(), other.applied()), (50, 0), "one of them applies");
    assert_eq!(house::learned(&holder).await, house::learned(&other).await, "both read the same");
    let before = lease_row(&database).await;

    // It dies as a process does: nothing is finished, nothing is given back.
    let applied = holder.applied();
    let died = Instant::now();
    holder.dies();
    source.write(30).await;
    other.reaches(80).await;
    println!("a dead holder was replaced after {:?}, its lease being {LEASE_SECONDS} s", died.elapsed());
    let after = lease_row(&database).await;
    assert_eq!(after.fence, before.fence + 1);
    assert_ne!(after.holder, before.holder);
    assert_eq!((applied, other.applied()), (50, 30), "together everything once");
    let rows = house::learned(&other).await;
    assert_eq!(rows.len(), 80);
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>().len(), 80);

    // A copy that stops in order gives the lease back: nobody waits for its end.
    let third = Copy::start(&source, &database);
    third.reaches(80).await;
    other.stops().await;
    source.write(20).await;
    third.reaches(100).await;
    assert_eq!(third.applied(), 20);
    let taken = lease_row(&database).await;
    assert_eq!(taken.fence, after.fence + 1);
    third.stops().await;
    assert_eq!(lease_row(&database).await.expires, 0, "given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_wakes_up_after_its_time_is_refused_by_its_number() {
    let database = TestDatabase::new(Backend::Postgres);
    let source = Source::start().await;
    let old = Copy::start(&source, &database);
    source.write(10).await;
    old.reaches(10).await;
    let asleep = old.falls_asleep().await;
    let before = lease_row(&database).await;
    let new = Copy::start(&source, &database);
    source.write(10).await;
    new.reaches(20).await;
    assert_eq!(lease_row(&database).await.fence, before.fence + 1);

    // What it was about to write when it fell asleep lies before its writer still, under its old number. Its cursor has not
    // moved, so only the number tells.
    let mut feed = Feed::new("ranking", Arc::new(Learn), &old.service);
    let note = Note::default();
    let mut writing = Box::pin(feed.try_entry("note", moment("2023-06-10T12:00:00+08:00"), &note));
    tokio::select! {
        biased;
        done = &mut writing => panic!("it sleeps: {done:?}"),
        () = std::future::ready(()) => {}
    }
    drop(asleep);
    let refused = writing.await.unwrap_err();
    let TakeError::Again(words) = refused else { panic!("{refused:?}") };
    assert!(words.contains(Reason::LeaseLost.as_str()), "{words}");

    // It goes back to waiting, and knows what the other applies.
    until("it knows that it has lost", || async { !old.service.lease.is_held() }).await;
    source.write(10).await;
    for copy in [&old, &new] {
        copy.reaches(30).await;
    }
    assert_eq!((old.applied(), new.applied()), (10, 20));
    assert_eq!(house::learned(&new).await.len(), 30);
    new.dies();
    source.write(5).await;
    old.reaches(35).await;
    assert_eq!(old.applied(), 15, "its turn comes again");
    assert_eq!(house::learned(&old).await.len(), 35);
    old.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_of_one_database_give_numbers_without_gaps() {
    let database = TestDatabase::new(Backend::Postgres);
    let source = Source::start().await;
    let (first, second) = (Copy::start(&source, &database), Copy::start(&source, &database));
    let verifier = LedgerVerifier::new(first.service.writer.ledger().verifier_key()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200_u64 {
        // Every request goes to both copies at once, as a client does that does not know which one answered.
        for copy in [&first, &second] {
            let writer = copy.service.writer.clone();
            tasks.spawn(async move {
                let outcome = writer.run(WriteNote::new(number, "a"), call(&format!("r{number}"), number)).await;
                (number, outcome.unwrap().receipt().unwrap())
            });
        }
    }
    let mut given = std::collections::BTreeMap::<u64, BTreeSet<u64>>::new();
    while let Some(done) = tasks.join_next().await {
        let (number, receipt) = done.unwrap();
        verify_receipt(&receipt, &verifier).unwrap();
        given.entry(number).or_default().insert(receipt.sequence);
    }
    assert!(given.values().all(|numbers| numbers.len() == 1), "the same request has the same entry at both");
    let numbers: BTreeSet<u64> = given.into_values().flatten().collect();
    assert_eq!(numbers, (0..200).collect::<BTreeSet<u64>>());
    let head = first.service.writer.ledger().head().await.unwrap().0;
    assert_eq!((head, notes_of(&second.service, "a").await.len()), (200, 200));
    first.stops().await;
    second.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_on_sqlite_has_its_lease_at_once_after_another_was_killed() {
    let database = TestDatabase::new(Backend::Sqlite);
    let source = Source::start().await;
    let first = Copy::start(&source, &database);
    source.write(5).await;
    first.reaches(5).await;
    first.dies();
    let second = Copy::start(&source, &database);
    source.write(5).await;
    second.reaches(10).await;
    assert_eq!(second.applied(), 5);
    assert_eq!(lease_row(&database).await.fence, 2);
    assert!(second.service.lease.is_held());
    tokio::time::timeout(Duration::from_secs(60), second.stops()).await.unwrap();
}
