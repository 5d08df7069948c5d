//! All queries: accounts and sessions, lower tiers and the parent, what is kept of other tiers.

use std::collections::BTreeMap;

use minsheng_kit::error::Refusal;
use minsheng_kit::page::Page;
use minsheng_proto::identity::v1::WitnessedHead;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{
    account, alarm, bundle_received, bundle_request, bundle_side, certificate, cosigned_head, enrolment_code,
    kept_head, parent, session, tier,
};

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

/// A code by its SHA-256.
pub(crate) async fn enrolment_code(
    code_sha256: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<enrolment_code::Model>, Refusal> {
    Ok(enrolment_code::Entity::find_by_id(code_sha256).one(connection).await?)
}

/// The certificates that a call may come with, those that were taken back among them.
pub(crate) async fn certificates(connection: &impl ConnectionTrait) -> Result<Vec<certificate::Model>, Refusal> {
    let ended = certificate::Column::State.ne(certificate::ENDED);
    Ok(certificate::Entity::find().filter(ended).all(connection).await?)
}

/// One lower tier.
pub(crate) async fn tier(division: &str, connection: &impl ConnectionTrait) -> Result<Option<tier::Model>, Refusal> {
    Ok(tier::Entity::find_by_id(division).one(connection).await?)
}

/// Lower tiers by division: one more than the page has.
pub(crate) async fn tiers(page: &Page, connection: &impl ConnectionTrait) -> Result<Vec<tier::Model>, Refusal> {
    let mut select = tier::Entity::find();
    if let Some(after) = &page.after {
        select = select.filter(tier::Column::Division.gt(after.as_str()));
    }
    Ok(select.order_by_asc(tier::Column::Division).limit(page.fetch()).all(connection).await?)
}

/// All lower tiers.
pub(crate) async fn all_tiers(connection: &impl ConnectionTrait) -> Result<Vec<tier::Model>, Refusal> {
    Ok(tier::Entity::find().all(connection).await?)
}

/// The parent's row, if this tier ever joined one.
pub(crate) async fn parent(connection: &impl ConnectionTrait) -> Result<Option<parent::Model>, Refusal> {
    Ok(parent::Entity::find_by_id(parent::KEY).one(connection).await?)
}

/// What is kept of a tier's ledgers, by origin.
pub(crate) async fn kept_heads(
    division: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<kept_head::Model>, Refusal> {
    let of_tier = kept_head::Entity::find().filter(kept_head::Column::Division.eq(division));
    Ok(of_tier.order_by_asc(kept_head::Column::Origin).all(connection).await?)
}

/// The own heads that a tier has cosigned last, by origin.
pub(crate) async fn cosigned_heads(
    witness: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<cosigned_head::Model>, Refusal> {
    let by_tier = cosigned_head::Entity::find().filter(cosigned_head::Column::Witness.eq(witness));
    Ok(by_tier.order_by_asc(cosigned_head::Column::Origin).all(connection).await?)
}

/// Alarms by origin.
pub(crate) async fn alarms(
    with_resolved: bool,
    connection: &impl ConnectionTrait,
) -> Result<Vec<alarm::Model>, Refusal> {
    let mut select = alarm::Entity::find();
    if !with_resolved {
        select = select.filter(alarm::Column::ResolveTime.eq(0));
    }
    Ok(select.order_by_asc(alarm::Column::Origin).all(connection).await?)
}

/// The unused and used codes of a division.
pub(crate) async fn enrolment_codes(
    division: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<enrolment_code::Model>, Refusal> {
    let of_division = enrolment_code::Column::Division.eq(division);
    Ok(enrolment_code::Entity::find().filter(of_division).all(connection).await?)
}

/// Bundles exchanged with another tier.
pub(crate) async fn bundle_side(
    division: &str,
    connection: &impl ConnectionTrait,
) -> Result<Option<bundle_side::Model>, Refusal> {
    Ok(bundle_side::Entity::find_by_id(division).one(connection).await?)
}

/// Whether a bundle was taken in before.
pub(crate) async fn is_bundle_known(sha256: &str, connection: &impl ConnectionTrait) -> Result<bool, Refusal> {
    Ok(bundle_received::Entity::find_by_id(sha256).one(connection).await?.is_some())
}

/// The request for a certificate that waits for its answer as a file.
pub(crate) async fn bundle_request(
    connection: &impl ConnectionTrait,
) -> Result<Option<bundle_request::Model>, Refusal> {
    let found = bundle_request::Entity::find_by_id(bundle_request::KEY).one(connection).await?;
    Ok(found.filter(|found| !found.secret.is_empty()))
}

/// Heads of all ledgers with the signatures of their witnesses, by origin: other tiers' as this tier signed them by its key
/// `own`, and this tier's as others did.
pub(crate) async fn witnessed_heads(
    own: &str,
    connection: &impl ConnectionTrait,
) -> Result<Vec<WitnessedHead>, Refusal> {
    let tiers = tier::Entity::find().all(connection).await?.into_iter().map(|row| (row.division, row.witness_key));
    let parent = parent(connection).await?.map(|row| (row.division, row.witness_key));
    let keys: BTreeMap<String, String> = tiers.chain(parent).collect();
    let head = |origin: String, size: i64, checkpoint: String, witness_key: String| WitnessedHead {
        origin,
        size: u64::try_from(size).unwrap_or_default(),
        checkpoint,
        witness_key,
    };
    let kept = kept_head::Entity::find().filter(kept_head::Column::Checkpoint.ne("")).all(connection).await?;
    let mut heads: Vec<WitnessedHead> =
        kept.into_iter().map(|row| head(row.origin, row.size, row.checkpoint, own.to_owned())).collect();
    for row in cosigned_head::Entity::find().all(connection).await? {
        let key = keys.get(&row.witness).filter(|key| !key.is_empty());
        heads.extend(key.map(|key| head(row.origin, row.size, row.checkpoint, key.clone())));
    }
    heads.sort_by(|one, other| (&one.origin, one.size).cmp(&(&other.origin, other.size)));
    Ok(heads)
}
