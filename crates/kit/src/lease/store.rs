//! The lease in the database: one row, taken and renewed by single statements and judged by the database's own clock, so
//! that no replica's clock counts.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait, ExprTrait,
    QueryFilter, QuerySelect,
};
use sea_orm_migration::prelude::{ColumnDef, MigrationName, MigrationTrait, Query, SchemaManager, Table, async_trait};

use crate::store::Record;

/// Key of the one row.
pub(crate) const KEY: &str = "work";
/// Milliseconds since 1970 by the database; PostgreSQL's moment of the statement, not of its transaction.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// The table.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    /// Who works for all replicas.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "lease")]
    pub struct Model {
        /// Always the same.
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// The replica that has it: its process id and a random number, another at each start.
        pub holder: String,
        /// How often it was taken: what an older holder still does is refused by it.
        pub fence: i64,
        /// Until when, in milliseconds since 1970 by the database's clock; 0 when it was given back.
        pub expires: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for row::Entity {
    fn key_column() -> row::Column {
        row::Column::Name
    }

    fn key(model: &row::Model) -> &str {
        &model.name
    }
}

/// For how long it is still another's; none when it can be taken. PostgreSQL only.
pub(super) async fn rest(reader: &DatabaseConnection) -> Result<Option<Duration>, DbErr> {
    let rest = Expr::cust(format!("expires - {NOW}"));
    let query = row::Entity::find_by_id(KEY).select_only().column_as(rest, "rest");
    let rest: Option<i64> = query.into_tuple().one(reader).await?;
    let rest = rest.and_then(|rest| u64::try_from(rest).ok()).filter(|rest| *rest > 0);
    Ok(rest.map(Duration::from_millis))
}

/// Takes it unless another has it, and gives the fencing number. The caller holds the lock of the ledger's head: who was
/// let through by an older number has committed before. A SQLite database has one process: that always takes it, and keeps
/// it for ever.
pub(super) async fn take(
    holder: &str,
    life: Duration,
    transaction: &DatabaseTransaction,
) -> Result<Option<i64>, DbErr> {
    let query = row::Entity::update_many()
        .col_expr(row::Column::Holder, Expr::value(holder))
        .col_expr(row::Column::Fence, Expr::col(row::Column::Fence).add(1));
    let query = match transaction.get_database_backend() {
        DbBackend::Postgres => query
            .col_expr(row::Column::Expires, until(life))
            .filter(Expr::col(row::Column::Expires).lte(Expr::cust(NOW))),
        _ => query,
    };
    if query.exec(transaction).await?.rows_affected == 0 {
        return Ok(None);
    }
    let taken = row::Entity::find_by_id(KEY).one(transaction).await?;
    Ok(taken.map(|row| row.fence))
}

/// Holds it for longer; false when another has taken it.
pub(super) async fn renew(fence: i64, life: Duration, connection: &DatabaseConnection) -> Result<bool, DbErr> {
    prolong(fence, until(life), connection).await
}

/// Gives it back.
pub(super) async fn release(fence: i64, connection: &DatabaseConnection) -> Result<bool, DbErr> {
    prolong(fence, Expr::value(0_i64), connection).await
}

async fn prolong(fence: i64, expires: Expr, connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let query = row::Entity::update_many().col_expr(row::Column::Expires, expires);
    Ok(query.filter(row::Column::Fence.eq(fence)).exec(connection).await?.rows_affected > 0)
}

fn until(life: Duration) -> Expr {
    Expr::cust(format!("{NOW} + {}", life.as_millis()))
}

/// Makes the table and its row.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_lease"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(row::Entity)
            .col(ColumnDef::new(row::Column::Name).string().not_null().primary_key())
            .col(ColumnDef::new(row::Column::Holder).string().not_null())
            .col(ColumnDef::new(row::Column::Fence).big_integer().not_null())
            .col(ColumnDef::new(row::Column::Expires).big_integer().not_null())
            .to_owned();
        manager.create_table(table).await?;
        let row = Query::insert()
            .into_table(row::Entity)
            .columns([row::Column::Name, row::Column::Holder, row::Column::Fence, row::Column::Expires])
            .values_panic([KEY.into(), "".into(), 0_i64.into(), 0_i64.into()])
            .to_owned();
        manager.execute(row).await
    }
}
