//! The gRPC services: a request in, a command or a query, an answer out.

mod account;
mod audit;
mod session;

use minsheng_kit::server::Source;
use tonic::Request;

pub(crate) use account::Accounts;
pub(crate) use audit::AuditEvents;
pub(crate) use session::LogIns;

use crate::throttle::source_name;

/// Network source of a call.
fn source<T>(request: &Request<T>) -> String {
    request.extensions().get::<Source>().map_or_else(String::new, |source| source_name(source.0))
}
