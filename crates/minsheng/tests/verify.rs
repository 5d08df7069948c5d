//! `verify` offline: a ledger written by a real service, then altered in each way an insider could; receipts; heads that
//! somebody else kept.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Ran, minsheng};
use minsheng_kit::error::Refusal;
use minsheng_kit::ledger::entity::{entry, hash};
use minsheng_kit::ledger::leaf_hash;
use minsheng_kit::service::Service;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Call, Command, Context};
use minsheng_proto::catalogue::v1::{Calendar, CalendarUpdated};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::identity::v1::LogOutResponse;
use minsheng_testkit::{Backend, TestDatabase, caller, open, signer};
use prost_reflect::DynamicMessage;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Database, DatabaseConnection, EntityTrait, QueryFilter,
};
use sea_orm_migration::prelude::*;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(minsheng_kit::ledger::entity::Migration), Box::new(minsheng_kit::writer::idempotency::Migration)]
    }
}

/// Records a calendar and nothing else.
struct Record(u16);

impl Command for Record {
    type Answer = LogOutResponse;

    fn wants(&self, _: &mut Wants) {}

    fn decide(&self, context: &mut Context<'_>) -> Result<LogOutResponse, Refusal> {
        let name = format!("calendars/{}", self.0);
        let calendar = Calendar { name: name.clone(), source: "通知".to_owned(), ..Calendar::default() };
        context.record(&name, &CalendarUpdated { calendar: Some(calendar) });
        Ok(LogOutResponse {})
    }
}

async fn record(service: &Service, years: std::ops::Range<u16>) -> Receipt {
    let mut last = None;
    for year in years {
        let call = Call::internal(caller("ssb.office", "P1", "ssb", &[]), "Test/Record");
        last = service.writer.run(Record(year), call).await.unwrap().receipt();
    }
    last.unwrap()
}

fn key() -> String {
    signer("catalogue").verifier_key().to_owned()
}

fn verify(url: &str) -> Ran {
    minsheng(&["verify", "ledger", "--database", url, "--key", &key()])
}

/// A ledger of nine entries, altered by an insider's hand.
async fn altered<F: AsyncFnOnce(DatabaseConnection)>(backend: Backend, alter: F) -> Ran {
    let database = TestDatabase::new(backend);
    let (service, _) = open::<Migrator>("catalogue", &database).await;
    record(&service, 2020..2029).await;
    let intact = verify(database.url());
    assert_eq!(intact.code, 0, "{intact:?}");
    assert!(intact.stdout.contains("minsheng/430923/catalogue，共9条"), "{}", intact.stdout);
    alter(Database::connect(database.url()).await.unwrap()).await;
    verify(database.url())
}

async fn body(connection: &DatabaseConnection, sequence: i64) -> Vec<u8> {
    entry::Entity::find_by_id(sequence).one(connection).await.unwrap().unwrap().body
}

async fn put_body(connection: &DatabaseConnection, sequence: i64, body: Vec<u8>) {
    let row = entry::ActiveModel { sequence: Set(sequence), body: Set(body), ..Default::default() };
    row.update(connection).await.unwrap();
}

#[tokio::test]
async fn one_changed_byte_is_named_by_its_entry() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let ran = altered(backend, async |connection| {
            let mut bytes = body(&connection, 4).await;
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            put_body(&connection, 4, bytes).await;
        });
        let ran = ran.await;
        assert_eq!(ran.code, 8, "{ran:?}");
        assert!(ran.stderr.contains("第4条被改动"), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn swapped_rows_are_named_by_the_first() {
    let ran = altered(Backend::Sqlite, async |connection| {
        let (second, third) = (body(&connection, 2).await, body(&connection, 3).await);
        put_body(&connection, 2, third).await;
        put_body(&connection, 3, second).await;
    });
    let ran = ran.await;
    assert_eq!(ran.code, 8);
    assert!(ran.stderr.contains("第2条"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_cut_tail_is_seen() {
    let ran = altered(Backend::Sqlite, async |connection| {
        entry::Entity::delete_by_id(8).exec(&connection).await.unwrap();
    });
    let ran = ran.await;
    assert_eq!(ran.code, 8);
    assert!(ran.stderr.contains("账头有9条，账中只有8条"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_missing_row_in_the_middle_is_named() {
    let ran = altered(Backend::Sqlite, async |connection| {
        entry::Entity::delete_by_id(5).exec(&connection).await.unwrap();
    });
    let ran = ran.await;
    assert_eq!(ran.code, 8);
    assert!(ran.stderr.contains("第5条"), "{}", ran.stderr);
}

#[tokio::test]
async fn whoever_recomputes_the_leaf_is_caught_by_the_tree() {
    let ran = altered(Backend::Sqlite, async |connection| {
        let mut bytes = body(&connection, 4).await;
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let place: i64 = tlog_tiles::tlog::stored_hash_index(0, 4).try_into().unwrap();
        let row = hash::ActiveModel { place: Set(place), hash: Set(leaf_hash(&bytes).0.to_vec()) };
        row.update(&connection).await.unwrap();
        put_body(&connection, 4, bytes).await;
    });
    let ran = ran.await;
    assert_eq!(ran.code, 8, "{ran:?}");
}

#[tokio::test]
async fn a_column_that_contradicts_its_bytes_is_named() {
    let ran = altered(Backend::Sqlite, async |connection| {
        let changed = entry::Entity::update_many().col_expr(entry::Column::Subject, Expr::value("calendars/1999"));
        changed.filter(entry::Column::Sequence.eq(6)).exec(&connection).await.unwrap();
    });
    let ran = ran.await;
    assert_eq!(ran.code, 8);
    assert!(ran.stderr.contains("第6条"), "{}", ran.stderr);
}

#[tokio::test]
async fn an_old_backup_is_unmasked_by_a_receipt_that_somebody_kept() {
    let database = TestDatabase::new(Backend::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.db");
    let (service, _) = open::<Migrator>("catalogue", &database).await;
    record(&service, 2020..2023).await;
    let vacuum = format!("VACUUM INTO '{}'", backup.display());
    Database::connect(database.url()).await.unwrap().execute_unprepared(&vacuum).await.unwrap();
    let receipt = record(&service, 2023..2025).await;
    let kept = write_receipt(folder.path(), &receipt);

    let backup = format!("sqlite://{}", backup.display());
    assert_eq!(verify(&backup).code, 0, "by itself the backup is sound");
    let arguments = |url: &str| minsheng(&["verify", "ledger", "--database", url, "--key", &key(), "--head", &kept]);
    let ran = arguments(&backup);
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(ran.stderr.contains("账头有5条，账中只有3条"), "{}", ran.stderr);
    let ran = arguments(database.url());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("是另存账头的延续"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_receipt_proves_itself_and_no_other_entry() {
    let database = TestDatabase::new(Backend::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let (service, _) = open::<Migrator>("catalogue", &database).await;
    let receipt = record(&service, 2020..2026).await;
    let file = write_receipt(folder.path(), &receipt);
    let ran = minsheng(&["verify", "receipt", &file, "--key", &key()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("第5条"), "{}", ran.stdout);

    let bytes = folder.path().join("entry");
    std::fs::write(&bytes, body(service.database.reader(), 5).await).unwrap();
    let with_entry =
        |path: &Path| minsheng(&["verify", "receipt", &file, "--key", &key(), "--entry", path.to_str().unwrap()]);
    assert_eq!(with_entry(&bytes).code, 0);
    std::fs::write(&bytes, body(service.database.reader(), 4).await).unwrap();
    assert_eq!(with_entry(&bytes).code, 8, "the bytes of another entry");

    let other_key = signer("reporting").verifier_key().to_owned();
    assert_eq!(minsheng(&["verify", "receipt", &file, "--key", &other_key]).code, 8, "another ledger's key");
    let mut forged = receipt.clone();
    forged.leaf_hash[0] ^= 1;
    let file = write_receipt(folder.path(), &forged);
    assert_eq!(minsheng(&["verify", "receipt", &file, "--key", &key()]).code, 8);
    let mut moved = receipt;
    moved.origin = "minsheng/430923/reporting".to_owned();
    let file = write_receipt(folder.path(), &moved);
    assert_eq!(minsheng(&["verify", "receipt", &file, "--key", &key()]).code, 8);
}

#[test]
fn a_database_that_is_none_is_a_wrong_use() {
    let ran = minsheng(&["verify", "ledger", "--database", "sqlite:///nowhere.db", "--key", &key()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = minsheng(&["verify", "ledger", "--database", "sqlite:///nowhere.db", "--key", "nonsense"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

/// Writes a receipt in the JSON form in which the command line keeps it.
fn write_receipt(folder: &Path, receipt: &Receipt) -> String {
    let mut message =
        DynamicMessage::new(minsheng_proto::DESCRIPTORS.get_message_by_name("minsheng.common.v1.Receipt").unwrap());
    message.transcode_from(receipt).unwrap();
    let path = folder.join(format!("receipt-{}.json", receipt.sequence));
    std::fs::write(&path, serde_json::to_string(&message).unwrap()).unwrap();
    path.to_str().unwrap().to_owned()
}
