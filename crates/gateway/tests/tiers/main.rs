//! Two tiers, each with a gateway on a real port with TLS, real databases and real ledgers: how one comes to be known to the
//! other, what it may do then, and how each keeps the other honest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod behind;
mod bundles;
mod certificates;
mod enrolling;
mod house;
mod listed;
mod trust;
mod witness;
