//! Accounts. They are switched off, never deleted, so that what they did keeps its name.

use std::collections::BTreeSet;

use minsheng_kit::clock;
use minsheng_kit::identity::{Caller, Role};
use minsheng_kit::store::Record;
use minsheng_proto::identity::v1::{Account, AccountChanged};
use sea_orm::entity::prelude::*;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Account id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Name shown.
    pub display_name: String,
    /// Person who holds it; never changes.
    pub person: String,
    /// Unit id; empty for administrators.
    pub unit: String,
    /// Names of the posts, sorted, with commas between.
    pub roles: String,
    /// Whether it is switched off.
    pub disabled: bool,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
    /// Ledger entry that last changed it.
    pub revision: i64,
    /// When it was made, in milliseconds since 1970.
    pub create_time: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Id
    }

    fn key(model: &Model) -> &str {
        &model.id
    }

    fn group_column() -> Option<Column> {
        Some(Column::Person)
    }

    fn group(model: &Model) -> &str {
        &model.person
    }
}

impl Model {
    /// Posts held.
    pub fn roles(&self) -> BTreeSet<Role> {
        self.roles.split(',').filter_map(Role::parse).collect()
    }

    /// Posts as they are stored.
    pub fn join(roles: &BTreeSet<Role>) -> String {
        let mut names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        names.sort_unstable();
        names.join(",")
    }

    /// Resource name.
    pub fn name(&self) -> String {
        format!("accounts/{}", self.id)
    }

    /// Revision as it travels.
    pub fn etag(&self) -> String {
        self.revision.to_string()
    }

    /// Whom a session of this account proves.
    pub fn caller(&self, division: &str, session: &str) -> Caller {
        Caller {
            account: self.id.clone(),
            person: self.person.clone(),
            unit: self.unit.clone(),
            division: division.to_owned(),
            roles: self.roles(),
            service: None,
            session: session.to_owned(),
        }
    }

    /// The account as it travels; nothing of its password does.
    pub fn to_proto(&self) -> Account {
        let made = jiff::Timestamp::from_millisecond(self.create_time).unwrap_or_default();
        Account {
            name: self.name(),
            display_name: self.display_name.clone(),
            person: self.person.clone(),
            unit: self.unit.clone(),
            roles: self.roles().into_iter().map(|role| i32::from(role.to_proto())).collect(),
            disabled: self.disabled,
            etag: self.etag(),
            create_time: Some(clock::to_proto(made)),
        }
    }

    /// The ledger's record of how it is now.
    pub fn changed(&self, created: bool, password_set: bool) -> AccountChanged {
        AccountChanged {
            account: self.id.clone(),
            display_name: self.display_name.clone(),
            person: self.person.clone(),
            unit: self.unit.clone(),
            roles: self.roles.split(',').filter(|role| !role.is_empty()).map(str::to_owned).collect(),
            disabled: self.disabled,
            created,
            password_set,
        }
    }
}
