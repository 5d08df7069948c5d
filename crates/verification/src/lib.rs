//! Verification: the office's check that makes a fast figure (快报数) and the certifier's decision (数据认定) on every
//! submitted version. It follows the catalogue (who certifies what, and when) and reporting (what was submitted), and
//! decides in its own writer; a decision names the version by its ledger entry's hash, so certify and edit never meet.

mod adjust;
mod case;
mod command;
mod earlier;
mod entity;
mod follow;
mod migration;
mod programmes;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use minsheng_kit::server::Services;
use minsheng_kit::service::{Service, StartError};
use minsheng_proto::verification::v1::certification_service_server::CertificationServiceServer;

pub use migration::Migrator;

use follow::Learn;
use programmes::programmes;
use service::Certification;

/// The service's name, which is its ledger's too.
pub const NAME: &str = "verification";

/// The defaults of its settings, put after those that every service has. It has no settings of its own.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// Starts the followers and gives the gRPC services.
///
/// # Errors
/// When a followed service has no address.
pub async fn start(service: Service) -> Result<Services, StartError> {
    let programmes = programmes();
    let learn = Arc::new(Learn::new(programmes.clone()));
    service.follow("catalogue", learn.clone())?;
    service.follow("reporting", learn)?;
    let certification = Certification::new(service, programmes);
    // An adjusted breakdown may go down to every village of a province; the server's door bounds the messages.
    let certification = CertificationServiceServer::new(certification).max_decoding_message_size(usize::MAX);
    Ok(Services::new().with(certification))
}
