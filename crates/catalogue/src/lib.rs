//! Catalogue: what was promised, who leads it, where and by when — divisions, units, programmes with their versions, the
//! calendar; mandates, those given to lower tiers and those that the parent gives. It follows nobody in its tier; everybody
//! follows it.

mod command;
mod config;
mod entity;
mod examine;
pub mod mandate;
mod migration;
mod service;
mod store;
mod version;

use minsheng_kit::server::Services;
use minsheng_kit::service::{Service, StartError};
use minsheng_proto::catalogue::v1::calendar_service_server::CalendarServiceServer;
use minsheng_proto::catalogue::v1::division_service_server::DivisionServiceServer;
use minsheng_proto::catalogue::v1::mandate_alarm_service_server::MandateAlarmServiceServer;
use minsheng_proto::catalogue::v1::mandate_query_service_server::MandateQueryServiceServer;
use minsheng_proto::catalogue::v1::programme_service_server::ProgrammeServiceServer;
use minsheng_proto::catalogue::v1::unit_service_server::UnitServiceServer;
use minsheng_proto::tier::v1::bundle_mandates_service_server::BundleMandatesServiceServer;
use minsheng_proto::tier::v1::mandate_service_server::MandateServiceServer;

pub use config::Settings;
pub use migration::Migrator;

/// The service's name, which is its ledger's too.
pub const NAME: &str = "catalogue";

/// Starts asking the parent for mandates, and gives the gRPC services over an open service.
///
/// # Errors
/// When the settings do not say where the gateway is.
#[allow(clippy::unused_async)]
pub async fn start(service: Service, settings: &Settings) -> Result<Services, StartError> {
    if let Some(poll) = settings.mandates.poll() {
        let gateway = service.channel("gateway")?;
        tokio::spawn(mandate::task::run(service.clone(), gateway, poll));
    }
    // The server's door bounds the messages.
    let programmes = ProgrammeServiceServer::new(service::Programmes(service.clone()))
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let bundles = BundleMandatesServiceServer::new(service::BundleMandates(service.clone()))
        .max_decoding_message_size(usize::MAX);
    Ok(Services::new()
        .with(bundles)
        .with(DivisionServiceServer::new(service::Divisions(service.clone())))
        .with(UnitServiceServer::new(service::Units(service.clone())))
        .with(programmes)
        .with(MandateServiceServer::new(service::Mandates(service.clone())))
        .with(MandateAlarmServiceServer::new(service::MandateAlarms(service.clone())))
        .with(MandateQueryServiceServer::new(service::MandateQuery(service.clone())))
        .with(CalendarServiceServer::new(service::Calendars(service))))
}
