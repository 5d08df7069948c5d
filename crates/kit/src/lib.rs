//! What every service is made of: settings, telemetry, the server, identity, policies, storage, writer, ledger, follower.

pub mod authority;
pub mod catalogue;
pub mod client;
pub mod clock;
pub mod convert;
pub mod error;
pub mod follower;
pub mod identity;
pub mod lease;
pub mod ledger;
pub mod line;
pub mod measure;
pub mod page;
pub mod policy;
pub mod server;
pub mod service;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod witness;
pub mod writer;
