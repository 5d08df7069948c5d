//! Fetching from the gateway what a proof needs: entries with their receipts, and the whole chain behind a figure.

use std::collections::BTreeSet;

use minsheng_proto::ledger::v1::GetEntryRequest;
use minsheng_proto::ranking::v1::{BulletinState, GetBulletinRequest, GetStandingRequest};

use super::chain::{Chain, ChainEntry};
use super::keys::key_of;
use crate::failure::{Failure, Kind, Outcome};
use crate::session::Session;

/// An entry as the ledger gives it.
pub(crate) async fn fetch_entry(session: &Session, ledger: &str, sequence: u64) -> Outcome<ChainEntry> {
    let request = GetEntryRequest { ledger: ledger.to_owned(), sequence };
    let answer = session.gateway.ledgers().get_entry(request).await?.into_inner();
    let entry = answer.entry.ok_or_else(|| Failure::answer("entry"))?;
    let receipt = answer.receipt.ok_or_else(|| Failure::answer("receipt"))?;
    Ok(ChainEntry { ledger: ledger.to_owned(), bytes: entry.body.to_vec(), receipt })
}

/// Everything a figure of an issued bulletin rests on.
pub(crate) async fn fetch_chain(session: &mut Session, bulletin: &str, indicator: &str) -> Outcome<Chain> {
    let mut chain = Chain { bulletin: bulletin.to_owned(), indicator: indicator.to_owned(), ..Chain::default() };
    let request = GetBulletinRequest { name: bulletin.to_owned() };
    let found = session.gateway.bulletins().get_bulletin(request).await?.into_inner();
    let found = found.bulletin.ok_or_else(|| Failure::answer("bulletin"))?;
    if found.state() != BulletinState::Issued {
        return Err(Failure::new(Kind::State, format!("{bulletin}还没有签发，签发后才能追溯")));
    }
    let request = GetStandingRequest { name: found.snapshot.clone() };
    let standing = session.gateway.standings().get_standing(request).await?.into_inner();
    let standing = standing.standing.ok_or_else(|| Failure::answer("standing"))?;

    let mut wanted = BTreeSet::from([("ranking", revision(&found.etag)?), ("ranking", standing.sequence)]);
    let rows = standing.snapshot.iter().flat_map(|snapshot| &snapshot.indicators);
    let measures = rows.filter(|row| row.indicator == indicator).flat_map(|row| &row.measures);
    for source in measures.filter_map(|measure| measure.source.as_ref()) {
        if !source.version.is_empty() {
            wanted.insert(("reporting", source.reporting_sequence));
        }
        wanted.extend(source.pass_sequence.map(|sequence| ("verification", sequence)));
        wanted.extend(source.certification_sequence.map(|sequence| ("verification", sequence)));
    }
    let bar = session.output.bar("取存证条目", u64::try_from(wanted.len()).unwrap_or(0));
    for (ledger, sequence) in wanted {
        if !chain.keys.contains_key(ledger) {
            chain.keys.insert(ledger.to_owned(), key_of(session, ledger).await?);
        }
        chain.entries.push(fetch_entry(session, ledger, sequence).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(chain)
}

/// A revision is the number of the entry that last changed the thing.
pub(crate) fn revision(etag: &str) -> Outcome<u64> {
    etag.parse().map_err(|_| Failure::answer("etag"))
}
