//! The limits of a province's month: its values as plain rows through sea-orm's insert_many, and sums by SQL's GROUP BY.

use std::path::Path;
use std::time::{Duration, Instant};

use minsheng_testkit::Postgres;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, IntoActiveModel, Statement,
};

use crate::bare::{begin, create_table, open};
use crate::figures::{MEASURES, Territory};

/// Rows of a statement: SQLite takes 32,766 values in one.
const ROWS: usize = 32_766 / 4;

/// A value.
pub mod fact {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fact")]
    pub struct Model {
        /// Code of the measure.
        #[sea_orm(primary_key, auto_increment = false)]
        pub measure: String,
        /// Code of the village.
        #[sea_orm(primary_key, auto_increment = false)]
        pub division: String,
        /// Month.
        #[sea_orm(primary_key, auto_increment = false)]
        pub period: String,
        /// Value, in ten-thousandths.
        pub value: i64,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A township's target.
mod target {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "target")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub measure: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub township: String,
        pub value: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Inserts the month, a commit a measure, and says how long it took.
pub async fn insert(folder: &Path, postgres: Option<&Postgres>, territory: &Territory) -> anyhow::Result<Duration> {
    let url = match postgres {
        Some(server) => server.create("plain"),
        None => format!("sqlite://{}", folder.join("plain.db").display()),
    };
    let database = open(&url).await?;
    let took = fill(&database, territory).await?;
    database.close().await?;
    Ok(took)
}

async fn fill(database: &DatabaseConnection, territory: &Territory) -> Result<Duration, DbErr> {
    create_table(fact::Entity, database).await?;
    let row = |measure: usize, village: &usize| fact::Model {
        measure: format!("1.{}-1", measure + 1),
        division: territory.codes[*village].clone(),
        period: "2023-06".to_owned(),
        value: territory.value(measure, *village) * 10_000,
    };
    let mut took = Duration::ZERO;
    for measure in 0..MEASURES {
        let rows: Vec<fact::Model> = territory.villages.iter().map(|village| row(measure, village)).collect();
        let begun = Instant::now();
        let transaction = begin(database).await?;
        for rows in rows.chunks(ROWS) {
            let rows = rows.iter().cloned().map(|row| row.into_active_model().reset_all());
            fact::Entity::insert_many(rows).exec_without_returning(&transaction).await?;
        }
        transaction.commit().await?;
        took += begun.elapsed();
    }
    Ok(took)
}

/// The month on SQLite with the townships' targets.
pub async fn table(folder: &Path, territory: &Territory) -> anyhow::Result<DatabaseConnection> {
    let database = open(&format!("sqlite://{}", folder.join("group-by.db").display())).await?;
    fill(&database, territory).await?;
    create_table(target::Entity, &database).await?;
    let transaction = begin(&database).await?;
    for measure in 0..MEASURES {
        let mut targets = std::collections::BTreeMap::new();
        for village in &territory.villages {
            let township = territory.codes[*village][..9].to_owned();
            *targets.entry(township).or_insert(0) += territory.target(measure, *village) * 10_000;
        }
        let code = format!("1.{}-1", measure + 1);
        let row = |(township, value)| target::Model { measure: code.clone(), township, value };
        let rows = targets.into_iter().map(|pair| row(pair).into_active_model().reset_all());
        target::Entity::insert_many(rows).exec_without_returning(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(database)
}

/// Sums by county and municipality and the places of townships, all measures; gives the rows that came and how long it took.
pub async fn group_by(database: &DatabaseConnection) -> Result<(usize, Duration), DbErr> {
    const QUERIES: [&str; 3] = [
        "SELECT measure, substr(division, 1, 4), SUM(value), COUNT(*) FROM fact GROUP BY 1, 2",
        "SELECT measure, substr(division, 1, 6), SUM(value), COUNT(*) FROM fact GROUP BY 1, 2",
        "SELECT f.measure, f.township, f.value, t.value, \
           RANK() OVER (PARTITION BY f.measure ORDER BY f.value * 1.0 / t.value DESC) \
         FROM (SELECT measure, substr(division, 1, 9) AS township, SUM(value) AS value FROM fact GROUP BY 1, 2) f \
         JOIN target t ON t.measure = f.measure AND t.township = f.township",
    ];
    let begun = Instant::now();
    let mut rows = 0;
    for query in QUERIES {
        rows += database.query_all_raw(Statement::from_string(DbBackend::Sqlite, query)).await?.len();
    }
    Ok((rows, begun.elapsed()))
}

/// Sum of a measure, for comparison.
pub async fn sum(measure: usize, database: &DatabaseConnection) -> Result<i64, DbErr> {
    let query = format!("SELECT SUM(value) AS sum FROM fact WHERE measure = '1.{}-1'", measure + 1);
    let row = database.query_one_raw(Statement::from_string(DbBackend::Sqlite, query)).await?;
    row.map_or(Ok(0), |row| row.try_get("", "sum"))
}
