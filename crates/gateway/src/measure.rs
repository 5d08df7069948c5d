//! What the gateway measures: the parent, lower tiers, certificates, alarms, the way of the audit.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use metrics::gauge;
use minsheng_kit::error::Refusal;
use minsheng_kit::measure::{EVERY, Rhythm, certificate_days};
use minsheng_kit::service::Service;
use minsheng_kit::telemetry::{begin_at_zero, days, measured};

use crate::audit::Auditor;
use crate::entity::{certificate, parent};
use crate::parent::Parent;
use crate::store;

/// What is measured of.
pub(crate) struct Measured {
    pub(crate) service: Service,
    pub(crate) parent: Arc<Parent>,
    pub(crate) auditor: Auditor,
    /// File with the certificate of the authority that signs for lower tiers.
    pub(crate) authority: std::path::PathBuf,
}

impl Measured {
    /// Measures until the service stops.
    pub(crate) async fn run(self) {
        begin_at_zero(&["minsheng_gateway_audit_lost_total", "minsheng_gateway_calls_limited_total"], &[]);
        begin_at_zero(&["minsheng_gateway_refusals_total"], &[("event", "LOGIN_REFUSED")]);
        begin_at_zero(&["minsheng_verification_failures_total"], &[("service", crate::NAME), ("of", "head")]);
        let mut rhythm = Rhythm::of(&self.service, EVERY);
        while rhythm.next().await {
            gauge!("minsheng_gateway_audit_waiting").set(self.auditor.waiting() as f64);
            certificate_days(crate::NAME, "authority", &self.authority, &self.service);
            self.above();
            if let Err(refusal) = self.below().await {
                tracing::debug!(%refusal, "lower tiers and alarms are not measured");
            }
        }
    }

    fn above(&self) {
        let now = self.service.clock.now();
        let joined = self.parent.joined().ok();
        let parent = joined.as_ref().map(|joined| &joined.parent);
        gauge!("minsheng_parent_joined").set(measured(i64::from(parent.is_some())));
        let is_well = parent.is_none() || self.parent.last_failure().is_empty();
        gauge!("minsheng_parent_reachable").set(measured(i64::from(is_well)));
        let since = |parent: &parent::Model| since(now, parent.exchange_time.max(parent.join_time));
        gauge!("minsheng_parent_exchange_seconds").set(measured(parent.map_or(0, since)));
        if let Some(parent) = parent {
            let left = parent.expire_time.saturating_sub(now.as_millisecond()) / 1_000;
            gauge!("minsheng_certificate_days_left", "service" => crate::NAME, "certificate" => "parent")
                .set(days(left));
        }
    }

    async fn below(&self) -> Result<(), Refusal> {
        let now = self.service.clock.now();
        let connection = self.service.database.reader();
        let mut ends: BTreeMap<String, i64> = BTreeMap::new();
        for certificate in store::certificates(connection).await?.into_iter().filter(certificate::Model::is_alive) {
            let end = ends.entry(certificate.division).or_insert(certificate.expire_time);
            *end = certificate.expire_time.max(*end);
        }
        let tiers: Vec<_> = store::all_tiers(connection).await?.into_iter().filter(|tier| !tier.revoked).collect();
        gauge!("minsheng_lower_tiers").set(tiers.len() as f64);
        for tier in tiers {
            let silent = since(now, tier.exchange_time.max(tier.enrol_time));
            gauge!("minsheng_lower_tier_silent_seconds", "division" => tier.division.clone()).set(measured(silent));
            if let Some(end) = ends.get(&tier.division) {
                let left = end.saturating_sub(now.as_millisecond()) / 1_000;
                gauge!("minsheng_lower_tier_certificate_days_left", "division" => tier.division).set(days(left));
            }
        }
        let open = store::alarms(false, connection).await?.len();
        gauge!("minsheng_alarms_open", "of" => "ledger").set(open as f64);
        Ok(())
    }
}

/// Seconds since a moment in milliseconds.
fn since(now: Timestamp, moment: i64) -> i64 {
    now.as_millisecond().saturating_sub(moment).max(0) / 1_000
}
