//! What the tests of a whole tier share: the program as a process, clients through the gateway, a programme as small as
//! can be. The program is the one that `cargo build` made beside the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

pub mod chain;
pub mod clerk;
pub mod client;
pub mod filing;
pub mod kube;
pub mod patroni;
pub mod podman;
pub mod process;
pub mod python;
pub mod small;

pub use client::Client;
pub use process::Program;
