//! Which versions of a programme or calendar there are and from when each is in force. The row is small, since every
//! decision reads it.

use crate::store::Record;

/// Heads.
pub mod row {
    use sea_orm::entity::prelude::*;

    /// The versions of a programme or calendar.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_head")]
    pub struct Model {
        /// programmes/{division}-{year} or calendars/{year}.
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// Number of each version, a space, and the first period it is in force for; one a line.
        pub versions: String,
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

impl row::Model {
    /// The versions known so far and one more.
    pub(super) fn with(known: Option<&Self>, name: &str, number: i64, from: &str) -> Self {
        let known = known.map_or("", |known| known.versions.as_str());
        Self { name: name.to_owned(), versions: format!("{known}{number} {from}\n") }
    }

    /// Number of the version in force in a period, or of the newest where none is given: of several from the same period
    /// on it is the one made last.
    pub(super) fn in_force(&self, period: Option<&str>) -> Option<i64> {
        let versions = self.versions.lines().filter_map(|line| line.split_once(' '));
        let so_far = versions.filter(|(_, from)| period.is_none_or(|period| *from <= period));
        so_far.filter_map(|(number, _)| number.parse().ok()).max()
    }
}

#[cfg(test)]
mod tests {
    use super::row::Model;

    #[test]
    fn of_several_versions_from_the_same_month_the_last_made_is_in_force() {
        let name = "programmes/430923-2023";
        let mut head = None;
        for (number, from) in [(1, "2023-02"), (2, "2023-06"), (3, "2023-06"), (10, "2023-09")] {
            head = Some(Model::with(head.as_ref(), name, number, from));
        }
        let in_force = |period| head.as_ref().and_then(|head| head.in_force(period));
        let months = ["2023-01", "2023-02", "2023-05", "2023-06", "2023-08", "2023-09"];
        let found = months.map(|month| in_force(Some(month)));
        assert_eq!(found, [None, Some(1), Some(1), Some(3), Some(3), Some(10)]);
        assert_eq!(in_force(None), Some(10), "the newest");
    }
}
