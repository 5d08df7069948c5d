//! The same figure at all three tiers: what the county certified, as its parent holds it, and as the province holds it within
//! the municipality's. Every entry comes with its inclusion proof, which is checked here with the ledgers' public keys; no
//! tier's word is taken for what another tier said.

use minsheng_kit::identity::load_public_key;
use minsheng_kit::ledger::{LedgerVerifier, verify_receipt};
use minsheng_kit::witness::{DecidedFigure, LedgerKeys, ProvenEntry, check_decision, proven};
use minsheng_proto::common::v1::{Value, value::State};
use minsheng_proto::identity::v1::ExchangeNowRequest;
use minsheng_proto::ledger::v1::GetEntryRequest;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, FigureSetReceived, OutgoingSet, OutgoingSetState};
use prost::Message;

use super::AUDITOR;
use super::above::outgoing;
use crate::accounts::SECURITY_ADMIN;
use crate::error::DemoError;
use crate::generate::{COUNTY, MUNICIPALITY, PROVINCE, Place};
use crate::table::Table;
use crate::world::World;

/// A measure that is the same at all three tiers, with the numbers of the entries that prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Same {
    /// The measure.
    pub measure: String,
    /// What the county certified.
    pub county: String,
    /// What the municipality makes of it with the others.
    pub municipality: String,
    /// What the province holds of the municipality.
    pub province: String,
    /// Entries of the county's verification and the municipality's reporting ledger, then of the municipality's verification
    /// and the province's reporting ledger.
    pub entries: [u64; 4],
}

/// Compares and proves the certified figures of a month, says them, and gives them with the number of proofs that hold.
///
/// # Errors
/// When figures differ or a proof does not hold.
pub async fn same_figures(
    province: &World,
    municipality: &World,
    county: &World,
    period: &str,
) -> Result<(Vec<Same>, usize), DemoError> {
    let mut proofs = Proofs { keys: LedgerKeys::default(), held: 0 };
    proofs.keys = [(province, PROVINCE), (municipality, MUNICIPALITY), (county, COUNTY)]
        .iter()
        .flat_map(|(world, place)| ["reporting", "verification"].map(|service| key(world, place, service)))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .collect();
    let up = newest(outgoing(municipality, OutgoingSetState::Filed).await?, period);
    let mut all = Vec::new();
    for set in newest(outgoing(county, OutgoingSetState::Filed).await?, period) {
        let below = proofs.received(&set, municipality).await?;
        let code = set.indicator.rsplit('/').next().unwrap_or_default();
        let whole = up.iter().find(|set| set.indicator.rsplit('/').next() == Some(code));
        let whole = whole.ok_or_else(|| DemoError::Unexpected(format!("市级没有把{code}报省")))?;
        let above = proofs.received(whole, province).await?;
        for value in &set.values {
            let measure = &value.measure;
            let (own, total) = (value_of(&below.figure, measure), value_of(&above.figure, measure));
            let submitted = above.figure.submitted.content.clone().unwrap_or_default().values;
            let within = submitted.iter().find(|value| value.measure == *measure);
            let within =
                within.and_then(|value| value.breakdown.iter().find(|share| share.division == COUNTY.division));
            let within = within.and_then(|share| share.value.clone());
            if own.is_none() || own != value.value || own != within {
                return Err(DemoError::Unexpected(format!("{measure}三级不一致")));
            }
            let held = above.set.values.iter().find(|value| value.measure == *measure);
            let held = held.and_then(|value| value.value.clone());
            if total.is_none() || total != held {
                return Err(DemoError::Unexpected(format!("{measure}省级与市级不一致")));
            }
            all.push(Same {
                measure: measure.clone(),
                county: text(own.as_ref()),
                municipality: text(total.as_ref()),
                province: text(held.as_ref()),
                entries: [below.decision, below.entry, above.decision, above.entry],
            });
        }
    }
    Ok((all, proofs.held))
}

/// The table of what is the same.
pub fn told(all: &[Same]) -> String {
    let entries = "存证号：县verification→市reporting→市verification→省reporting";
    let mut table = Table::new(["计量项", "县认定", "市存安化县", "市汇总认定", "省存益阳市", entries]);
    for same in all {
        let entries = same.entries.map(|entry| entry.to_string()).join("→");
        table.row([&same.measure, &same.county, &same.county, &same.municipality, &same.province, &entries]);
    }
    table.text()
}

/// Has a tier exchange the heads of its ledgers with its parent now; gives how many heads are kept and cosigned.
///
/// # Errors
/// When one is refused.
pub async fn exchange_heads(world: &World) -> Result<usize, DemoError> {
    let security = world.as_account(SECURITY_ADMIN).await?;
    let done = security.tiers().exchange_now(ExchangeNowRequest {}).await;
    let done = done.map_err(|status| DemoError::call("交换账头", status))?.into_inner();
    match done.refused.first() {
        Some(refused) => Err(DemoError::Unexpected(format!("账头被拒绝：{}（{}）", refused.origin, refused.reason))),
        None => Ok(done.kept.len()),
    }
}

/// A set as its parent holds it, proven.
struct Received {
    figure: DecidedFigure,
    set: minsheng_proto::tier::v1::FigureSet,
    /// Entry below that decided it.
    decision: u64,
    /// Entry above that received it.
    entry: u64,
}

struct Proofs {
    keys: LedgerKeys,
    held: usize,
}

impl Proofs {
    /// Follows a set from the receipt that came back to the entry above, and from there to the entries below.
    async fn received(&mut self, set: &OutgoingSet, parent: &World) -> Result<Received, DemoError> {
        let receipt = set.receipt.as_ref().ok_or(DemoError::Answer("receipt"))?;
        let unknown = || DemoError::Key(receipt.origin.clone());
        verify_receipt(receipt, self.keys.get(&receipt.origin).ok_or_else(unknown)?)?;
        self.held += 1;
        let auditor = parent.as_account(AUDITOR).await?;
        let request = GetEntryRequest { ledger: "reporting".to_owned(), sequence: receipt.sequence };
        let got = auditor.ledgers().get_entry(request).await;
        let got = got.map_err(|status| DemoError::call("取上级的存证", status))?.into_inner();
        let (entry, now) = got.entry.zip(got.receipt).ok_or(DemoError::Answer("entry"))?;
        let entry = self.verify(&proven(entry.body.to_vec(), now))?;
        if entry.leaf_hash.0.to_vec() != receipt.leaf_hash {
            return Err(DemoError::Unexpected(format!("上级第{}条与回执不符", receipt.sequence)));
        }
        let received: FigureSetReceived = entry.payload().ok_or(DemoError::Answer("FigureSetReceived"))?;
        let held = FigureSet::decode(received.set).map_err(|_| DemoError::Answer("set"))?;
        let decision = self.verify(held.decision.as_ref().ok_or(DemoError::Answer("decision"))?)?;
        let submission = self.verify(held.submission.as_ref().ok_or(DemoError::Answer("submission"))?)?;
        let figure = check_decision(&decision, &submission)?;
        if held.values != set.values || decision.sequence != set.decision_sequence {
            return Err(DemoError::Unexpected(format!("上级所存{}与下级所报不一致", set.indicator)));
        }
        Ok(Received { figure, set: held, decision: decision.sequence, entry: entry.sequence })
    }

    fn verify(&mut self, entry: &minsheng_proto::tier::v1::Proven) -> Result<ProvenEntry, DemoError> {
        let verified = self.keys.verify(entry)?;
        self.held += 1;
        Ok(verified)
    }
}

/// The last certified set of each indicator in a month.
fn newest(sets: Vec<OutgoingSet>, period: &str) -> Vec<OutgoingSet> {
    let mut newest: Vec<OutgoingSet> = Vec::new();
    for set in sets.into_iter().filter(|set| set.period == period && set.mark() == FigureMark::Certified) {
        match newest.iter_mut().find(|known| known.indicator == set.indicator) {
            Some(known) if known.decision_sequence < set.decision_sequence => *known = set,
            Some(_) => {}
            None => newest.push(set),
        }
    }
    newest
}

fn key(world: &World, place: &Place, service: &str) -> Result<LedgerVerifier, DemoError> {
    let file = world.folder().join("keys/trusted").join(format!("{service}-ledger.pem"));
    let key = load_public_key(&file).map_err(|error| DemoError::Key(error.to_string()))?;
    Ok(LedgerVerifier::of_key(&format!("minsheng/{}/{service}", place.division), &key)?)
}

/// What was decided of a measure.
fn value_of(figure: &DecidedFigure, measure: &str) -> Option<Value> {
    figure.values.iter().find(|value| value.measure == measure).and_then(|value| value.value.clone())
}

fn text(value: Option<&Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => format!("{}{}", quantity.value, quantity.unit),
        _ => "—".to_owned(),
    }
}
