//! Writing many rows. Preparing a statement costs more than running it, so all batches share a few: rows are written in
//! powers of two, and each of those is prepared once a connection.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel};

/// Rows written with one INSERT.
const ROWS_PER_INSERT: usize = 64;

/// Inserts rows in the order in which they are given.
pub(crate) async fn insert<E>(
    models: Vec<E::Model>,
    conflict: Option<&OnConflict>,
    transaction: &DatabaseTransaction,
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    let mut rest = models.into_iter();
    while rest.len() > 0 {
        let count = part(rest.len());
        let mut query = E::insert_many(rest.by_ref().take(count).map(|model| model.into_active_model().reset_all()));
        if let Some(conflict) = conflict {
            query = query.on_conflict(conflict.clone());
        }
        query.exec_without_returning(transaction).await?;
    }
    Ok(())
}

/// The largest power of two that is not above a number of rows, nor above what one INSERT takes.
fn part(rows: usize) -> usize {
    1 << rows.min(ROWS_PER_INSERT).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_any_size_share_a_few_statements() {
        let sizes: std::collections::BTreeSet<usize> = (1..5_000).map(part).collect();
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 64]);
    }
}
