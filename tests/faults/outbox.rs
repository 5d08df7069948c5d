//! What a tier's reporting service has stored of the exchange, read beside it from its database: how far the child is, and,
//! at the moment of a fault, which sets were on their way.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use crate::pair::{PATIENCE, Tier};

/// How many sets are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// No answer yet.
    pub pending: u64,
    /// The parent has answered that it keeps them.
    pub filed: u64,
    /// The parent refused them.
    pub refused: u64,
}

/// The stored state, opened to be read.
#[derive(Debug)]
pub struct Stored(DatabaseConnection);

impl Stored {
    /// Of a tier that runs.
    pub async fn of(tier: &Tier) -> Self {
        Self::open(&tier.database("reporting"), "ro").await
    }

    /// Of a tier that was killed: a copy, so that it is itself that puts its database in order when it starts again.
    pub async fn left_by(tier: &Tier, folder: &Path) -> Self {
        let database = tier.database("reporting");
        for end in ["", "-wal"] {
            let name = format!("reporting.db{end}");
            std::fs::copy(database.with_file_name(&name), folder.join(&name)).unwrap();
        }
        Self::open(&folder.join("reporting.db"), "rw").await
    }

    async fn open(path: &Path, mode: &str) -> Self {
        Self(Database::connect(format!("sqlite://{}?mode={mode}", path.display())).await.unwrap())
    }

    /// Closes it.
    pub async fn close(self) {
        self.0.close().await.unwrap();
    }

    async fn pairs(&self, select: &str) -> Vec<(i64, i64)> {
        let rows = self.0.query_all_raw(Statement::from_string(DbBackend::Sqlite, select)).await.unwrap();
        rows.into_iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
    }

    /// How the child's sets stand.
    pub async fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        for (state, count) in self.pairs("SELECT CAST(state AS BIGINT), count(*) FROM outbox GROUP BY state").await {
            let count = u64::try_from(count).unwrap();
            match state {
                1 => standing.pending = count,
                2 => standing.filed = count,
                _ => standing.refused = count,
            }
        }
        standing
    }

    /// Entries of the child's decisions whose sets were not answered.
    pub async fn unanswered(&self) -> BTreeSet<i64> {
        self.pairs("SELECT decision, 0 FROM outbox WHERE state = 1").await.into_iter().map(|(entry, _)| entry).collect()
    }

    /// Entries of the child's decisions whose sets the parent has kept.
    pub async fn kept(&self) -> BTreeSet<i64> {
        self.pairs("SELECT sequence, 0 FROM tier_set").await.into_iter().map(|(entry, _)| entry).collect()
    }

    /// Waits until the parent has kept more sets than so many.
    pub async fn until_kept(&self, before: usize) {
        let end = Instant::now() + PATIENCE;
        while self.pairs("SELECT count(*), 0 FROM tier_set").await[0].0 <= before as i64 {
            assert!(Instant::now() < end, "nothing arrives above");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until the child's sets stand so.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Standing) -> bool) -> Standing {
        let end = Instant::now() + 3 * PATIENCE;
        loop {
            let standing = self.standing().await;
            assert_eq!(standing.refused, 0, "the parent refused sets");
            if wanted(&standing) {
                return standing;
            }
            assert!(Instant::now() < end, "{what}: it does not come to that: {standing:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
