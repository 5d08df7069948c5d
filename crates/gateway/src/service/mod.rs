//! The gRPC services: a request in, a command or a query, an answer out.

mod account;
mod audit;
mod bundle;
mod bundle_enrolment;
mod enrolment;
mod session;
mod tier_admin;
mod witness;

use minsheng_kit::server::Source;
use tonic::Request;

pub(crate) use account::Accounts;
pub(crate) use audit::AuditEvents;
pub(crate) use bundle::BundleFiles;
pub(crate) use bundle_enrolment::BundleEnrolments;
pub(crate) use enrolment::{Enrolments, Tries};
pub(crate) use session::LogIns;
pub(crate) use tier_admin::TierAdmin;
pub(crate) use witness::Witness;

use crate::throttle::source_name;

/// Network source of a call.
fn source<T>(request: &Request<T>) -> String {
    request.extensions().get::<Source>().map_or_else(String::new, |source| source_name(source.0))
}
