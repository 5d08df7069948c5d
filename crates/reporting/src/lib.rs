//! Reporting: drafts, submitted versions, item lists, evidence, articles, who owes what by when, and the closing of a month.
//! It follows the catalogue (programmes, calendar, units) and verification (what became of a version); what it submits is an
//! entry of its own ledger, which orders it with the closing of its month. It takes in what lower tiers file, and carries
//! this tier's figures to the parent.

mod check;
mod command;
mod config;
mod content;
mod divisions;
mod duty;
mod entity;
mod evidence;
mod follow;
mod items;
mod measure;
mod migration;
mod names;
mod programme;
mod report;
mod service;
mod sniff;
mod store;
#[cfg(test)]
mod tests;
mod tier;
mod uplink;

use std::sync::Arc;

use minsheng_kit::server::Services;
use minsheng_kit::service::{Service, StartError};
use minsheng_proto::reporting::v1::duty_service_server::DutyServiceServer;
use minsheng_proto::reporting::v1::evidence_service_server::EvidenceServiceServer;
use minsheng_proto::reporting::v1::experience_service_server::ExperienceServiceServer;
use minsheng_proto::reporting::v1::item_service_server::ItemServiceServer;
use minsheng_proto::reporting::v1::report_service_server::ReportServiceServer;
use minsheng_proto::reporting::v1::tier_alarm_service_server::TierAlarmServiceServer;
use minsheng_proto::tier::v1::bundle_sets_service_server::BundleSetsServiceServer;
use minsheng_proto::tier::v1::filing_service_server::FilingServiceServer;
use minsheng_proto::tier::v1::trace_service_server::TraceServiceServer;
use minsheng_proto::tier::v1::uplink_service_server::UplinkServiceServer;
use tokio::sync::Notify;

pub use config::{CheckSettings, EvidenceSettings, Settings};
pub use migration::Migrator;

use evidence::EvidenceStore;
use follow::Learn;
use service::{BundleSets, Evidence, Parts};
use uplink::Sender;

/// The service's name, which is its ledger's too.
pub const NAME: &str = "reporting";

/// Starts the followers and gives the gRPC services. The server's door bounds the messages.
///
/// # Errors
/// When a followed service's address or ledger key is missing, or the folder for evidence cannot be made.
pub async fn start(service: Service, settings: &Settings) -> Result<Services, StartError> {
    let kept = EvidenceSettings { dir: settings.evidence.dir_in(&service.folder), ..settings.evidence.clone() };
    let opened = EvidenceStore::open(&kept).await;
    let folder = |source| StartError::Folder { key: "evidence.dir", path: kept.dir.clone(), source };
    let store = opened.map_err(folder)?;
    let parts = Parts::new(service.clone(), settings.checks.bounds());
    let news = Arc::new(Notify::new());
    let sender = Sender::new(&service, news.clone())?;
    let learn = Arc::new(Learn::new(parts.rules.clone(), news));
    service.follow("catalogue", learn.clone())?;
    service.follow("verification", learn)?;
    tokio::spawn(sender.run());
    tokio::spawn(measure::traffic(parts.clone()));
    tokio::spawn(measure::duties(parts.clone()));
    let bundles = BundleSetsServiceServer::new(BundleSets::new(&service)?)
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let evidence = Evidence::new(parts.clone(), store);
    let reports = ReportServiceServer::new(parts.clone())
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let items = ItemServiceServer::new(parts.clone())
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    Ok(Services::new()
        .with(reports)
        .with(items)
        .with(EvidenceServiceServer::new(evidence))
        .with(
            FilingServiceServer::new(parts.clone())
                .max_decoding_message_size(usize::MAX)
                .max_encoding_message_size(usize::MAX),
        )
        .with(TraceServiceServer::new(parts.clone()).max_encoding_message_size(usize::MAX))
        .with(TierAlarmServiceServer::new(parts.clone()))
        .with(UplinkServiceServer::new(parts.clone()).max_encoding_message_size(usize::MAX))
        .with(bundles)
        .with(ExperienceServiceServer::new(parts.clone()).max_encoding_message_size(usize::MAX))
        .with(DutyServiceServer::new(parts).max_encoding_message_size(usize::MAX)))
}
