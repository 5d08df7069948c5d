//! Catalogue: what was promised, who leads it, where and by when — divisions, units, programmes with their versions, the
//! calendar. It follows nobody in its tier; everybody follows it.

mod command;
mod config;
mod entity;
mod examine;
mod migration;
mod service;
mod store;
mod version;

use minsheng_kit::server::Services;
use minsheng_kit::service::{Service, StartError};
use minsheng_proto::catalogue::v1::calendar_service_server::CalendarServiceServer;
use minsheng_proto::catalogue::v1::division_service_server::DivisionServiceServer;
use minsheng_proto::catalogue::v1::programme_service_server::ProgrammeServiceServer;
use minsheng_proto::catalogue::v1::unit_service_server::UnitServiceServer;

pub use config::Settings;
pub use migration::Migrator;

/// The service's name, which is its ledger's too.
pub const NAME: &str = "catalogue";

/// The gRPC services over an open service.
///
/// # Errors
/// None at present: it follows nobody.
#[allow(clippy::unused_async)]
pub async fn start(service: Service, _settings: &Settings) -> Result<Services, StartError> {
    Ok(Services::new()
        .with(DivisionServiceServer::new(service::Divisions(service.clone())))
        .with(UnitServiceServer::new(service::Units(service.clone())))
        .with(ProgrammeServiceServer::new(service::Programmes(service.clone())))
        .with(CalendarServiceServer::new(service::Calendars(service))))
}
