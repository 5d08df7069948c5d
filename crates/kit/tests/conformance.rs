//! What storage, writer, ledger and follower promise, on SQLite and on PostgreSQL alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod notes;

use std::sync::Arc;

use minsheng_kit::error::Reason;
use minsheng_kit::follower::TakeError;
use minsheng_kit::ledger::{LedgerCheck, LedgerFault, LedgerVerifier, verify_receipt};
use minsheng_kit::store::{Database, OpenError};
use minsheng_kit::writer::Call;
use minsheng_testkit::{Backend, Feed, TestDatabase, caller, moment, open, open_at, signer};
use notes::{Learn, Migrator, Newer, Note, WriteNote, call, notes_of};

/// Runs a promise on both kinds of database.
macro_rules! on_both {
    ($($promise:ident),* $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $promise() { super::$promise(super::TestDatabase::new(super::Backend::Sqlite)).await }
        )* }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $promise() { super::$promise(super::TestDatabase::new(super::Backend::Postgres)).await }
        )* }
    };
}

on_both!(
    concurrent_commands_get_numbers_without_gaps_and_receipts_that_verify,
    only_the_guilty_command_of_a_merged_batch_fails,
    a_refused_command_leaves_nothing,
    a_repeat_gets_the_first_answer_and_another_body_is_refused,
    a_trial_run_changes_nothing,
    a_reopened_ledger_goes_on_and_extends_what_was_signed,
    a_changed_entry_is_named,
    a_follower_applies_once_and_refuses_a_forked_ledger,
    a_database_of_a_newer_version_is_refused,
    a_locked_database_refuses_writes_answers_reads_and_recovers,
);

async fn concurrent_commands_get_numbers_without_gaps_and_receipts_that_verify(database: TestDatabase) {
    let (service, _) = open::<Migrator>("reporting", &database).await;
    let verifier = LedgerVerifier::new(signer("reporting").verifier_key()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..400 {
        let writer = service.writer.clone();
        tasks.spawn(async move {
            let outcome = writer.run(WriteNote::new(number, "a"), call(&format!("r{number}"), number)).await.unwrap();
            outcome.receipt().unwrap()
        });
    }
    let mut sequences = Vec::new();
    while let Some(receipt) = tasks.join_next().await {
        let receipt = receipt.unwrap();
        verify_receipt(&receipt, &verifier).unwrap();
        sequences.push(receipt.sequence);
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (0..400).collect::<Vec<u64>>());
    assert_eq!(notes_of(&service, "a").await.len(), 400);
    let ledger = service.writer.ledger();
    assert_eq!(ledger.head().await.unwrap().0, 400);
    for from in [1, 7, 399, 400] {
        let old = verifier.verify(&ledger.checkpoint(from).await.unwrap()).unwrap();
        let new = verifier.verify(&ledger.checkpoint(400).await.unwrap()).unwrap();
        let proof = ledger.consistency_proof(from, 400).await.unwrap();
        tlog_tiles::tlog::check_tree(&proof, 400, new.root, from, old.root).unwrap();
    }
}

async fn only_the_guilty_command_of_a_merged_batch_fails(database: TestDatabase) {
    let (service, _) = open::<Migrator>("reporting", &database).await;
    service.writer.run(WriteNote::new(1, "taken"), call("first", 1)).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 10..60 {
        let writer = service.writer.clone();
        let mut command = WriteNote::new(number, "b");
        if number == 30 {
            // Breaks a unique index that the decision does not see.
            command.code = "code-1".into();
        }
        tasks.spawn(async move { (number, writer.run(command, call(&format!("r{number}"), number)).await.is_ok()) });
    }
    let mut failed = Vec::new();
    while let Some(result) = tasks.join_next().await {
        let (number, went_well) = result.unwrap();
        if !went_well {
            failed.push(number);
        }
    }
    assert_eq!(failed, [30]);
    assert_eq!(notes_of(&service, "b").await.len(), 49);
    assert_eq!(service.writer.ledger().head().await.unwrap().0, 50, "a refused write must leave no gap");
}

async fn a_refused_command_leaves_nothing(database: TestDatabase) {
    let (service, _) = open::<Migrator>("reporting", &database).await;
    let mut command = WriteNote::new(1, "a");
    command.refuse_after_writing = true;
    let refusal = service.writer.run(command, call("r", 1)).await.unwrap_err();
    assert_eq!(refusal.reason, Reason::FieldInvalid);
    assert!(notes_of(&service, "a").await.is_empty());
    assert_eq!(service.writer.ledger().head().await.unwrap().0, 0);
    // The id is free again, since nothing was done under it.
    service.writer.run(WriteNote::new(2, "a"), call("r", 2)).await.unwrap();
}

async fn a_repeat_gets_the_first_answer_and_another_body_is_refused(database: TestDatabase) {
    let (service, _) = open::<Migrator>("reporting", &database).await;
    let verifier = LedgerVerifier::new(signer("reporting").verifier_key()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let writer = service.writer.clone();
        tasks.spawn(async move { writer.run(WriteNote::new(1, "a"), call("same", 1)).await.unwrap() });
    }
    while let Some(outcome) = tasks.join_next().await {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.answer.text, "note 1");
        let receipt = outcome.receipt().unwrap();
        assert_eq!(receipt.sequence, 0);
        verify_receipt(&receipt, &verifier).unwrap();
    }
    assert_eq!(service.writer.ledger().head().await.unwrap().0, 1);
    let refusal = service.writer.run(WriteNote::new(2, "a"), call("same", 2)).await.unwrap_err();
    assert_eq!(refusal.reason, Reason::RequestIdReused);
    // Another person's id is another id.
    let other = Call::new(caller("b", "P2", "jyj", &[]), "Test/Write", "same", &Note { text: "2".into() }).unwrap();
    service.writer.run(WriteNote::new(2, "a"), other).await.unwrap();
}

async fn a_trial_run_changes_nothing(database: TestDatabase) {
    let (service, _) = open::<Migrator>("reporting", &database).await;
    let trial = Call::validate_only(caller("a", "P1", "jyj", &[]), "Test/Write");
    let outcome = service.writer.run(WriteNote::new(1, "a"), trial).await.unwrap();
    assert_eq!(outcome.answer.text, "note 1");
    assert!(outcome.receipts.is_empty());
    assert!(notes_of(&service, "a").await.is_empty());
    assert_eq!(service.writer.ledger().head().await.unwrap().0, 0);
}

async fn a_reopened_ledger_goes_on_and_extends_what_was_signed(database: TestDatabase) {
    let verifier = LedgerVerifier::new(signer("reporting").verifier_key()).unwrap();
    let (service, clock) = open::<Migrator>("reporting", &database).await;
    for number in 0..5 {
        service.writer.run(WriteNote::new(number, "a"), call(&format!("r{number}"), number)).await.unwrap();
    }
    let before = verifier.verify(&service.writer.ledger().head().await.unwrap().1).unwrap();
    drop(service);
    // A clock that went back does not go into the ledger.
    clock.set(moment("2023-06-01T00:00:00+08:00"));
    let service = open_at::<Migrator>("reporting", &database, &clock).await;
    service.writer.run(WriteNote::new(9, "a"), call("r9", 9)).await.unwrap();
    let ledger = service.writer.ledger();
    let after = verifier.verify(&ledger.head().await.unwrap().1).unwrap();
    assert_eq!((before.size, after.size), (5, 6));
    let proof = ledger.consistency_proof(5, 6).await.unwrap();
    tlog_tiles::tlog::check_tree(&proof, 6, after.root, 5, before.root).unwrap();
    let mut check = LedgerCheck::begin(&after.note, &verifier).unwrap();
    for entry in ledger.entries(0, 100, usize::MAX).await.unwrap() {
        check.entry(&entry.body, None).unwrap();
    }
    check.finish().unwrap();
}

async fn a_changed_entry_is_named(database: TestDatabase) {
    let verifier = LedgerVerifier::new(signer("reporting").verifier_key()).unwrap();
    let (service, _) = open::<Migrator>("reporting", &database).await;
    for number in 0..9 {
        service.writer.run(WriteNote::new(number, "a"), call(&format!("r{number}"), number)).await.unwrap();
    }
    let ledger = service.writer.ledger();
    let (_, head) = ledger.head().await.unwrap();
    let entries = ledger.entries(0, 100, usize::MAX).await.unwrap();
    let stored = ledger.leaf_hashes(0, 9).await.unwrap();
    let run = |change: &dyn Fn(usize, &mut Vec<u8>)| {
        let mut check = LedgerCheck::begin(&head, &verifier).unwrap();
        for (place, (entry, leaf)) in entries.iter().zip(&stored).enumerate() {
            let mut body = entry.body.clone();
            change(place, &mut body);
            check.entry(&body, Some(&leaf.0))?;
        }
        check.finish().map(|_| ())
    };
    assert_eq!(run(&|_, _| ()), Ok(()));
    let one_byte = |place: usize, body: &mut Vec<u8>| {
        if place == 4 {
            *body.last_mut().unwrap() ^= 1;
        }
    };
    assert_eq!(run(&one_byte), Err(LedgerFault::Leaf(4)));
    let swapped = |place: usize, body: &mut Vec<u8>| match place {
        2 => *body = entries[3].body.clone(),
        3 => *body = entries[2].body.clone(),
        _ => (),
    };
    assert_eq!(run(&swapped), Err(LedgerFault::Leaf(2)));
    let mut short = LedgerCheck::begin(&head, &verifier).unwrap();
    for entry in &entries[..7] {
        short.entry(&entry.body, None).unwrap();
    }
    assert_eq!(short.finish(), Err(LedgerFault::Short { head: 9, found: 7 }));
}

async fn a_follower_applies_once_and_refuses_a_forked_ledger(database: TestDatabase) {
    let (service, clock) = open::<Migrator>("reporting", &database).await;
    let now = moment("2023-06-10T12:00:00+08:00");
    let mut feed = Feed::new("catalogue", Arc::new(Learn), &service);
    for number in 0..3 {
        feed.entry("notes", now, &Note { text: format!("{number}") }).await;
    }
    assert_eq!(notes_of(&service, "learned").await.len(), 3);
    assert_eq!(service.writer.ledger().head().await.unwrap().0, 0, "following decides nothing new");
    // With the last that works under it, the lease is given back.
    drop((feed, service));
    let service = open_at::<Migrator>("reporting", &database, &clock).await;
    // Another ledger of the same name, signed with the same key, whose first entries differ.
    let mut forked = Feed::new("catalogue", Arc::new(Learn), &service);
    forked.resume().await;
    for number in 0..3 {
        forked.write("notes", now, &Note { text: format!("other {number}") });
    }
    let refused = forked.try_entry("notes", now, &Note { text: "3".into() }).await.unwrap_err();
    let TakeError::Refused(words) = refused else { panic!("{refused:?}") };
    assert!(words.contains("kept head") && words.contains("offered head"), "{words}");
    // The true one goes on where it was, and a repeat of what is there changes nothing.
    let mut feed = Feed::new("catalogue", Arc::new(Learn), &service);
    feed.resume().await;
    for number in 0..3 {
        feed.write("notes", now, &Note { text: format!("{number}") });
    }
    feed.entry("notes", now, &Note { text: "3".into() }).await;
    assert_eq!(notes_of(&service, "learned").await.len(), 4);
}

async fn a_database_of_a_newer_version_is_refused(database: TestDatabase) {
    drop(Database::open::<Newer>(database.url()).await.unwrap());
    assert!(matches!(Database::open::<Migrator>(database.url()).await, Err(OpenError::Newer)));
}

async fn a_locked_database_refuses_writes_answers_reads_and_recovers(database: TestDatabase) {
    let (service, _) = open::<Migrator>("reporting", &database).await;
    service.writer.run(WriteNote::new(1, "a"), call("r1", 1)).await.unwrap();
    let lock = notes::Lock::take(&database).await;
    let refusal = service.writer.run(WriteNote::new(2, "a"), call("r2", 2)).await.unwrap_err();
    assert_eq!(refusal.reason, Reason::StorageUnavailable);
    assert!(!*service.writer.healthy().borrow());
    assert_eq!(notes_of(&service, "a").await.len(), 1, "reads are served");
    lock.release().await;
    let mut healthy = service.writer.healthy();
    tokio::time::timeout(std::time::Duration::from_secs(30), healthy.wait_for(|well| *well)).await.unwrap().unwrap();
    service.writer.run(WriteNote::new(2, "a"), call("r2", 2)).await.unwrap();
    assert_eq!(notes_of(&service, "a").await.len(), 2);
}
