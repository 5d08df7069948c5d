//! All queries of accounts and sessions.

use minsheng_kit::error::Refusal;
use minsheng_kit::page::Page;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{account, session};

/// One account.
pub(crate) async fn account(id: &str, connection: &impl ConnectionTrait) -> Result<Option<account::Model>, Refusal> {
    Ok(account::Entity::find_by_id(id).one(connection).await?)
}

/// Accounts by id: one more than the page has.
pub(crate) async fn accounts(page: &Page, connection: &impl ConnectionTrait) -> Result<Vec<account::Model>, Refusal> {
    let mut select = account::Entity::find();
    if let Some(after) = &page.after {
        select = select.filter(account::Column::Id.gt(after.as_str()));
    }
    Ok(select.order_by_asc(account::Column::Id).limit(page.fetch()).all(connection).await?)
}

/// Whether there is no account at all.
pub(crate) async fn is_empty(connection: &impl ConnectionTrait) -> Result<bool, Refusal> {
    Ok(account::Entity::find().one(connection).await?.is_none())
}

/// The places of an account's sessions, open or not.
pub(crate) async fn sessions(account: &str, connection: &impl ConnectionTrait) -> Result<Vec<session::Model>, Refusal> {
    Ok(session::Entity::find().filter(session::Column::Account.eq(account)).all(connection).await?)
}

/// The session of a token.
pub(crate) async fn session(
    token_sha256: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<session::Model>, Refusal> {
    let query = session::Entity::find().filter(session::Column::TokenSha256.eq(token_sha256));
    Ok(query.one(connection).await?)
}
