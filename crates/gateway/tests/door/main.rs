//! The gateway as its callers and its intruders meet it: a real port with TLS, a real database, a real service behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accounts;
mod guessing;
mod house;
mod intruders;
mod json;
mod passing;
mod sessions;
mod web;
mod wire;
