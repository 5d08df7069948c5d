//! What tests of every crate start from: real databases of both kinds, a clock that is set by hand, callers with posts.
//! Nothing here is a mock; what cannot be started fails the test and says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod callers;
mod database;
mod feed;
mod postgres;
mod service;
pub mod simulation;

pub use callers::{caller, moment};
pub use database::{Backend, TestDatabase};
pub use feed::Feed;
pub use postgres::Postgres;
pub use service::{open, open_at, signer};
