//! The catalogue through its gRPC services, on real databases and with the project's own data files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod amendments;
mod bundles;
mod calendar;
mod divisions;
mod house;
mod line;
mod mandates;
mod programme;
mod refusals;
mod tables;
mod units;
