//! Where a figure comes from: snapshot → certification → pass → report, each entry fetched with its receipt and proved here
//! against the ledger's public key, not believed.

use minsheng_kit::identity::load_public_key;
use minsheng_kit::ledger::{LedgerVerifier, leaf_hash, verify_receipt};
use minsheng_proto::common::v1::{Value, value::State};
use minsheng_proto::ledger::v1::{EntryBody, GetEntryRequest};
use minsheng_proto::ranking::v1::StandingPublished;
use minsheng_proto::reporting::v1::{MeasureValue, ReportSubmitted};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed};
use prost::{Message, Name};
use sha2::{Digest, Sha256};

use super::AUDITOR;
use super::publish::Published;
use crate::error::DemoError;
use crate::world::World;

/// Traces a measure of a published month and says each step; gives the entries proved, by ledger and number.
///
/// # Errors
/// When an entry is missing, a proof does not hold, or an entry says something else than the snapshot.
pub async fn trace_figure(
    world: &World,
    published: &Published,
    measure: &str,
) -> Result<Vec<(&'static str, u64)>, DemoError> {
    let snapshot = published.snapshot()?;
    let mut rows = snapshot.indicators.iter().flat_map(|row| &row.measures);
    let row = rows.find(|row| row.measure == measure).ok_or(DemoError::Answer("measure"))?;
    let source = row.source.clone().ok_or(DemoError::Answer("source"))?;
    let mut trail = Trail { world, proved: Vec::new(), lines: Vec::new() };

    let sealed: StandingPublished = trail.prove("ranking", published.standing.sequence, "快照封存").await?.1;
    same("快照的SHA-256", &Sha256::digest(&sealed.snapshot).to_vec(), &sealed.sha256)?;
    same("快照的SHA-256", &sealed.sha256, &published.standing.sha256)?;
    trail.says(&snapshot.name);

    if let Some(sequence) = source.certification_sequence {
        let certified: ReportCertified = trail.prove("verification", sequence, "统计局认定").await?.1;
        let value = find(&certified.values, measure);
        same("认定数", &value, &row.certified.clone())?;
        let adjusted = certified.adjusted.iter().find(|adjusted| adjusted.measure == measure);
        let reason = adjusted.map_or_else(String::new, |adjusted| format!("（核定：{}）", adjusted.reason));
        trail.says(&format!("{}{reason}", text(value.as_ref())));
    }
    if let Some(sequence) = source.pass_sequence {
        let passed: ReportPassed = trail.prove("verification", sequence, "实事办核为快报数").await?.1;
        let value = find(&passed.values, measure);
        same("快报数", &value, &row.fast.clone())?;
        trail.says(&text(value.as_ref()));
    }
    let (leaf, submitted): (_, ReportSubmitted) =
        trail.prove("reporting", source.reporting_sequence, "单位报送").await?;
    same("报送条目的叶哈希", &leaf, &source.reporting_leaf_hash)?;
    let content = submitted.content.unwrap_or_default();
    let value = find(&content.values, measure);
    same("报送数", &value, &row.reported.clone())?;
    trail.says(&format!(
        "{}，{}第{}稿，{}、{}、{}，佐证{}份",
        text(value.as_ref()),
        submitted.report,
        submitted.version,
        content.filled_by,
        content.reviewed_by,
        content.head,
        content.evidence.len(),
    ));
    world.voice.say(format!(
        "  追溯 {} {}（{}）：\n{}\n    {}条存证的叶哈希、包含证明和签名都在本机验证通过。",
        snapshot.period,
        row.title,
        row.measure,
        trail.lines.join("\n"),
        trail.proved.len(),
    ));
    Ok(trail.proved)
}

/// The way back, step by step.
struct Trail<'a> {
    world: &'a World,
    proved: Vec<(&'static str, u64)>,
    lines: Vec<String>,
}

impl Trail<'_> {
    /// Fetches an entry, proves it, and reads what it says; gives its leaf hash too.
    async fn prove<M: Message + Name + Default>(
        &mut self,
        ledger: &'static str,
        sequence: u64,
        step: &str,
    ) -> Result<(Vec<u8>, M), DemoError> {
        let auditor = self.world.as_account(AUDITOR).await?;
        let request = GetEntryRequest { ledger: ledger.to_owned(), sequence };
        let got = auditor.ledgers().get_entry(request).await;
        let got = got.map_err(|status| DemoError::call(format!("取{ledger}第{sequence}条"), status))?.into_inner();
        let receipt = got.receipt.ok_or(DemoError::Answer("receipt"))?;
        let stored = got.entry.ok_or(DemoError::Answer("entry"))?.body;
        let file = self.world.folder().join("keys/trusted").join(format!("{ledger}-ledger.pem"));
        let key = load_public_key(&file).map_err(|error| DemoError::Key(error.to_string()))?;
        let verifier = LedgerVerifier::of_key(&receipt.origin, &key)?;
        let head = verify_receipt(&receipt, &verifier)?;
        let leaf = leaf_hash(&stored).0.to_vec();
        same("叶哈希", &leaf, &receipt.leaf_hash)?;
        same("条目号", &sequence, &receipt.sequence)?;
        if !receipt.origin.ends_with(&format!("/{ledger}")) {
            return Err(DemoError::Unexpected(format!("回执出自{}，不是{ledger}", receipt.origin)));
        }
        let unreadable = |_| DemoError::Unexpected(format!("{ledger}第{sequence}条读不懂"));
        let body = EntryBody::decode(&stored[..]).map_err(unreadable)?;
        same("条目种类", &body.kind, &M::full_name())?;
        let message = M::decode(&body.payload[..]).map_err(unreadable)?;
        let by = body.actor.unwrap_or_default().account;
        let hash = hex::encode(leaf.get(..6).unwrap_or_default());
        self.lines.push(format!("    {step}：{ledger}第{sequence}条（共{}条）{hash}… {by}", head.size));
        self.proved.push((ledger, sequence));
        Ok((leaf, message))
    }

    /// Adds what the last entry says.
    fn says(&mut self, what: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.push_str("\n      ");
            line.push_str(what);
        }
    }
}

fn same<T: PartialEq>(what: &str, found: &T, expected: &T) -> Result<(), DemoError> {
    if found == expected { Ok(()) } else { Err(DemoError::Unexpected(format!("{what}前后不一致"))) }
}

fn find(values: &[MeasureValue], measure: &str) -> Option<Value> {
    values.iter().find(|value| value.measure == measure).and_then(|value| value.value.clone())
}

fn text(value: Option<&Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => format!("{}{}", quantity.value, quantity.unit),
        Some(State::NotApplicable(_)) => "不适用".to_owned(),
        Some(State::NoneHere(_)) => "本地无此项".to_owned(),
        Some(State::NotReported(_)) | None => "未报".to_owned(),
    }
}
