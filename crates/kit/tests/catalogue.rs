//! What decisions rest on: the version in force as the transaction sees it, whoever applied it, and documents that are
//! read once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::sync::Arc;

use jiff::Timestamp;
use minsheng_domain::period::Period;
use minsheng_kit::catalogue::{self, Calendars, Programmes, Version};
use minsheng_kit::convert::json;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::follower::{Follow, Followed};
use minsheng_kit::service::Service;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Call, Command, Context};
use minsheng_proto::catalogue::v1::{Calendar, CalendarUpdated, Programme, ProgrammeIssued, ProgrammeVersion};
use minsheng_testkit::{Backend, Feed, TestDatabase, moment, open};
use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

const PROGRAMME: &str = "programmes/430923-2023";
/// An entry about it is refused after it was applied.
const DAMAGED: &str = "damaged";

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(minsheng_kit::ledger::entity::Migration),
            Box::new(minsheng_kit::writer::idempotency::Migration),
            Box::new(minsheng_kit::lease::Migration),
            Box::new(minsheng_kit::follower::cursor::Migration),
            Box::new(catalogue::Migration),
        ]
    }
}

struct Learn;

impl Follow for Learn {
    fn wants(&self, _source: &str, entry: &Followed, wants: &mut Wants) {
        catalogue::wants(entry, wants);
    }

    fn apply(&self, _source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
        assert!(catalogue::apply_programme(entry, context)? || catalogue::apply_calendar(entry, context)?);
        if entry.subject == DAMAGED { Err(Refusal::new(Reason::Internal)) } else { Ok(()) }
    }
}

/// What a service has in memory.
#[derive(Clone)]
struct Memory {
    programmes: Programmes<Version>,
    calendars: Calendars,
}

impl Default for Memory {
    fn default() -> Self {
        Self { programmes: Programmes::new(Ok), calendars: Calendars::default() }
    }
}

/// Which version it is judged by and by when it is due, as a decision finds it.
struct Ask {
    month: Period,
    memory: Memory,
}

impl Command for Ask {
    type Answer = String;

    fn wants(&self, wants: &mut Wants) {
        Programmes::<Version>::wants(PROGRAMME, wants);
        Calendars::wants(2023, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        self.memory.programmes.wants_more(PROGRAMME, Some(self.month), rows, wants);
        self.memory.calendars.wants_more(2023, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<String, Refusal> {
        let found = self.memory.programmes.in_force(PROGRAMME, Some(self.month), context)?;
        let holidays = self.memory.calendars.holidays(2023, context)?;
        let Some(version) = found else { return Ok("none".to_owned()) };
        let due = version.rule.deadline(self.month, &holidays).map(|deadline| deadline.day.to_string());
        Ok(format!("{} {}", version.number, due.unwrap_or_default()))
    }
}

/// A version by its number.
struct Named(i32, Memory);

impl Command for Named {
    type Answer = String;

    fn wants(&self, wants: &mut Wants) {
        self.1.programmes.wants_version(PROGRAMME, self.0, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<String, Refusal> {
        self.1.programmes.version(PROGRAMME, self.0, context).map(|version| version.in_force_from.clone())
    }
}

async fn run(service: &Service, command: impl Command<Answer = String>) -> Result<String, Refusal> {
    let call = Call::internal(service.caller.clone(), "test");
    service.writer.run(command, call).await.map(|outcome| outcome.answer)
}

async fn ask(service: &Service, month: &str, memory: &Memory) -> String {
    run(service, Ask { month: month.parse().unwrap(), memory: memory.clone() }).await.unwrap()
}

fn now() -> Timestamp {
    moment("2023-06-10T12:00:00+08:00")
}

fn issued(number: i32, from: &str) -> ProgrammeIssued {
    let text = include_str!("../../../deploy/programmes/anhua-2023/programme.json");
    let programme: Programme = json::from_json(text).unwrap();
    let version = ProgrammeVersion {
        name: PROGRAMME.to_owned(),
        version: number,
        in_force_from: from.to_owned(),
        programme: Some(programme),
        ..ProgrammeVersion::default()
    };
    ProgrammeIssued { version: Some(version) }
}

fn days_off(days: &[&str]) -> CalendarUpdated {
    let days_off = days.iter().map(|day| (*day).to_owned()).collect();
    CalendarUpdated { calendar: Some(Calendar { name: "calendars/2023".into(), days_off, ..Calendar::default() }) }
}

/// A service that has followed version 1, in force from February.
async fn with_first(database: &TestDatabase) -> (Service, Feed) {
    let (service, _) = open::<Migrator>("reporting", database).await;
    let mut feed = Feed::new("catalogue", Arc::new(Learn), &service);
    feed.entry(PROGRAMME, now(), &issued(1, "2023-02")).await;
    (service, feed)
}

async fn each_month_has_its_version(database: TestDatabase) {
    let memory = Memory::default();
    let (service, mut feed) = with_first(&database).await;
    assert_eq!(ask(&service, "2023-06", &memory).await, "1 2023-06-20");
    feed.entry(PROGRAMME, now(), &issued(2, "2023-06")).await;
    assert_eq!(ask(&service, "2023-01", &memory).await, "none");
    assert_eq!(ask(&service, "2023-05", &memory).await, "1 2023-05-22");
    assert_eq!(ask(&service, "2023-06", &memory).await, "2 2023-06-20");
    feed.entry("calendars/2023", now(), &days_off(&["2023-06-20"])).await;
    assert_eq!(ask(&service, "2023-06", &memory).await, "2 2023-06-21");
    feed.entry("calendars/2023", now(), &days_off(&["2023-06-20", "2023-06-21"])).await;
    assert_eq!(ask(&service, "2023-06", &memory).await, "2 2023-06-22");
    let connection = service.database.reader();
    let queried = memory.programmes.load(PROGRAMME, Some("2023-05".parse().unwrap()), connection).await.unwrap();
    assert_eq!(queried.map(|version| version.number), Some(1), "a query finds the same");
    let unknown = memory.programmes.load("programmes/430000-2023", None, connection).await;
    assert_eq!(unknown.unwrap_err().reason, Reason::ProgrammeUnknown);
}

/// One task runs everything, so that what is asked for together comes in one batch.
async fn what_the_same_batch_applied_is_seen_and_what_it_refused_is_not(database: TestDatabase) {
    let memory = Memory::default();
    let (service, mut feed) = with_first(&database).await;
    assert_eq!(ask(&service, "2023-06", &memory).await, "1 2023-06-20");
    let second = issued(2, "2023-06");
    let (_, seen) = tokio::join!(feed.entry(PROGRAMME, now(), &second), ask(&service, "2023-06", &memory));
    assert_eq!(seen, "2 2023-06-20");
    let moved = days_off(&["2023-06-20"]);
    let (_, seen) = tokio::join!(feed.entry("calendars/2023", now(), &moved), ask(&service, "2023-06", &memory));
    assert_eq!(seen, "2 2023-06-21");
    let third = issued(3, "2023-06");
    let (seen, _) = tokio::join!(ask(&service, "2023-06", &memory), feed.entry(PROGRAMME, now(), &third));
    assert_eq!(seen, "2 2023-06-21", "it was decided before");
    assert_eq!(ask(&service, "2023-06", &memory).await, "3 2023-06-21");
    let fourth = issued(4, "2023-06");
    let (refused, seen) = tokio::join!(feed.try_entry(DAMAGED, now(), &fourth), ask(&service, "2023-06", &memory));
    assert!(refused.is_err());
    assert_eq!(seen, "3 2023-06-21");
}

async fn what_another_replica_applied_is_seen(database: TestDatabase) {
    let memory = Memory::default();
    let (one, mut feed) = with_first(&database).await;
    let (other, _) = open::<Migrator>("reporting", &database).await;
    assert_eq!(ask(&other, "2023-06", &memory).await, "1 2023-06-20");
    feed.entry(PROGRAMME, now(), &issued(2, "2023-06")).await;
    feed.entry("calendars/2023", now(), &days_off(&["2023-06-20"])).await;
    assert_eq!(ask(&other, "2023-06", &memory).await, "2 2023-06-21");
    assert_eq!(ask(&one, "2023-06", &Memory::default()).await, "2 2023-06-21");
}

async fn a_named_version_is_waited_for_and_read_once(database: TestDatabase) {
    let memory = Memory::default();
    let (service, mut feed) = with_first(&database).await;
    assert_eq!(run(&service, Named(2, memory.clone())).await.unwrap_err().reason, Reason::FiguresBehind);
    let second = issued(2, "2023-06");
    let named = run(&service, Named(2, memory.clone()));
    let (_, seen) = tokio::join!(feed.entry(PROGRAMME, now(), &second), named);
    assert_eq!(seen.unwrap(), "2023-06");
    assert_eq!(ask(&service, "2023-05", &memory).await, "1 2023-05-22");
    // Nothing but memory has the documents now.
    service.database.reader().execute_unprepared("DELETE FROM catalogue_document").await.unwrap();
    assert_eq!(run(&service, Named(2, memory.clone())).await.unwrap(), "2023-06");
    assert_eq!(ask(&service, "2023-05", &memory).await, "1 2023-05-22");
    assert_eq!(ask(&service, "2023-06", &memory).await, "2 2023-06-20");
}

/// Runs a promise on both kinds of database.
macro_rules! on_both {
    ($($promise:ident),* $(,)?) => {
        mod sqlite { $(
            #[tokio::test]
            async fn $promise() { super::$promise(super::TestDatabase::new(super::Backend::Sqlite)).await }
        )* }
        mod postgres { $(
            #[tokio::test]
            async fn $promise() { super::$promise(super::TestDatabase::new(super::Backend::Postgres)).await }
        )* }
    };
}

on_both!(
    each_month_has_its_version,
    what_the_same_batch_applied_is_seen_and_what_it_refused_is_not,
    what_another_replica_applied_is_seen,
    a_named_version_is_waited_for_and_read_once,
);
