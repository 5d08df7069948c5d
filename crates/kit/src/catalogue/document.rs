//! What a version of a programme or calendar says: written once, never changed.

use crate::store::Record;

/// Documents.
pub mod row {
    use sea_orm::entity::prelude::*;

    /// A version.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_document")]
    pub struct Model {
        /// Name of the programme or calendar followed by /versions/{number}.
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// Encoded ProgrammeVersion or Calendar.
        pub document: Vec<u8>,
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

/// Name of a version.
pub(super) fn name(of: &str, number: i64) -> String {
    format!("{of}/versions/{number}")
}
