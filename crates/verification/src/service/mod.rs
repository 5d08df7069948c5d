//! The gRPC services: proto in, command or query, proto out.

mod certification;

pub(crate) use certification::Certification;
