//! The one way to serve: a listener bound beforehand, every limit set, one door that all calls go through, health and
//! reflection, an admin port, and a shutdown that ends. It stands on hyper itself, since tonic's own server answers an
//! expired deadline outside of every layer and lets a silent connection wait for ever.

mod answer;
mod bind;
mod connection;
mod deadline;
mod door;
mod frames;
mod methods;
mod origins;
mod speech;
mod transcode;
mod unary;
mod web;

#[cfg(test)]
mod tests;

pub use bind::{BindError, BoundServer, Services};
pub use deadline::{GRPC_TIMEOUT, parse_timeout};
pub use door::{Door, Source};
