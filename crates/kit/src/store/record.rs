//! What an entity must tell so that the writer can load, change and save its rows without knowing it.

use sea_orm::{EntityTrait, IntoActiveModel};

/// An entity with one text primary key, and optionally a group: the rows that a command may ask for together.
pub trait Record:
    EntityTrait<Model: Clone + PartialEq + Send + Sync + IntoActiveModel<Self::ActiveModel>, ActiveModel: Send> + Default
{
    /// Column of the primary key.
    fn key_column() -> Self::Column;

    /// A row's primary key.
    fn key(model: &Self::Model) -> &str;

    /// Column by which rows are asked for together, if any.
    fn group_column() -> Option<Self::Column> {
        None
    }

    /// A row's group; empty without a group column.
    fn group(_model: &Self::Model) -> &str {
        ""
    }
}
