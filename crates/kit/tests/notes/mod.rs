//! A service as small as can be: notes in groups, one of whose columns is unique.
#![allow(dead_code)] // Each test uses a part of it.

use minsheng_kit::error::Refusal;
use minsheng_kit::follower::{Follow, Followed};
use minsheng_kit::service::Service;
use minsheng_kit::store::{Record, Wants};
use minsheng_kit::writer::{Call, Command, Context};
use minsheng_testkit::{TestDatabase, caller};
use sea_orm::{ColumnTrait, ConnectionTrait, Database, DatabaseConnection, EntityTrait, QueryFilter};
use sea_orm_migration::prelude::*;

pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "note")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub bundle: String,
        pub code: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for row::Entity {
    fn key_column() -> row::Column {
        row::Column::Key
    }

    fn key(model: &row::Model) -> &str {
        &model.key
    }

    fn group_column() -> Option<row::Column> {
        Some(row::Column::Bundle)
    }

    fn group(model: &row::Model) -> &str {
        &model.bundle
    }
}

/// What a note says; also the payload of its entry.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Note {
    #[prost(string, tag = "1")]
    pub text: String,
}

impl prost::Name for Note {
    const NAME: &'static str = "Note";
    const PACKAGE: &'static str = "minsheng.test.v1";
}

pub struct WriteNote {
    pub key: String,
    pub bundle: String,
    pub code: String,
    pub refuse_after_writing: bool,
}

impl WriteNote {
    pub fn new(number: u64, bundle: &str) -> Self {
        Self {
            key: format!("note {number}"),
            bundle: bundle.to_owned(),
            code: format!("code-{number}"),
            refuse_after_writing: false,
        }
    }
}

impl Command for WriteNote {
    type Answer = Note;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<row::Entity>(self.key.clone());
        wants.group::<row::Entity>(self.bundle.clone());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Note, Refusal> {
        let model = row::Model { key: self.key.clone(), bundle: self.bundle.clone(), code: self.code.clone() };
        context.put::<row::Entity>(model);
        let note = Note { text: self.key.clone() };
        context.record(&self.key, &note);
        if self.refuse_after_writing {
            return Err(Refusal::invalid("key", "不行", "no"));
        }
        Ok(note)
    }
}

/// Learns notes from another ledger.
pub struct Learn;

impl Follow for Learn {
    fn wants(&self, _source: &str, entry: &Followed, wants: &mut Wants) {
        wants.row::<row::Entity>(format!("learned {}", entry.sequence));
    }

    fn apply(&self, _source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
        if let Some(note) = entry.payload::<Note>() {
            let key = format!("learned {}", entry.sequence);
            context.put::<row::Entity>(row::Model {
                key: key.clone(),
                bundle: "learned".into(),
                code: format!("{key}{}", note.text),
            });
        }
        Ok(())
    }
}

pub fn call(request_id: &str, number: u64) -> Call {
    Call::new(caller("a", "P1", "jyj", &[]), "Test/Write", request_id, &Note { text: number.to_string() }).unwrap()
}

pub async fn notes_of(service: &Service, bundle: &str) -> Vec<row::Model> {
    row::Entity::find().filter(row::Column::Bundle.eq(bundle)).all(service.database.reader()).await.unwrap()
}

/// Holds the ledger's head, or on SQLite the whole database, against the writer.
pub struct Lock(DatabaseConnection);

impl Lock {
    pub async fn take(database: &TestDatabase) -> Self {
        let connection =
            Database::connect(sea_orm::ConnectOptions::new(database.url().to_owned()).max_connections(1).to_owned())
                .await
                .unwrap();
        let statements: &[&str] = if database.file().is_some() {
            &["BEGIN IMMEDIATE"]
        } else {
            &["BEGIN", "LOCK TABLE ledger_head IN ACCESS EXCLUSIVE MODE"]
        };
        for statement in statements {
            connection.execute_unprepared(statement).await.unwrap();
        }
        Self(connection)
    }

    pub async fn release(self) {
        self.0.execute_unprepared("ROLLBACK").await.unwrap();
        self.0.close().await.unwrap();
    }
}

struct Notes;

impl MigrationName for Notes {
    fn name(&self) -> &str {
        "m0010_notes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(row::Entity)
                    .col(ColumnDef::new(row::Column::Key).string().not_null().primary_key())
                    .col(ColumnDef::new(row::Column::Bundle).string().not_null())
                    .col(ColumnDef::new(row::Column::Code).string().not_null().unique_key())
                    .to_owned(),
            )
            .await
    }
}

struct FromTheFuture;

impl MigrationName for FromTheFuture {
    fn name(&self) -> &str {
        "m9999_later"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FromTheFuture {
    async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

fn base() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(minsheng_kit::ledger::entity::Migration),
        Box::new(minsheng_kit::writer::idempotency::Migration),
        Box::new(minsheng_kit::lease::Migration),
        Box::new(minsheng_kit::follower::cursor::Migration),
        Box::new(Notes),
    ]
}

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        base()
    }
}

/// The same one version on.
pub struct Newer;

impl MigratorTrait for Newer {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = base();
        migrations.push(Box::new(FromTheFuture));
        migrations
    }
}
