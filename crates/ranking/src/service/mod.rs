//! The gRPC services, one a file: proto in, command or query, proto out.

mod bulletin;
mod scheme;
mod standing;

pub(crate) use bulletin::Bulletins;
pub(crate) use scheme::Schemes;
pub(crate) use standing::Standings;
