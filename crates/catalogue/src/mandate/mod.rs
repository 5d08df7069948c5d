//! Mandates (上级任务): what this tier gives to lower ones, and what it is given by its parent.

pub(crate) mod asked;
pub(crate) mod given;
pub(crate) mod keep;
pub mod pull;
#[cfg(test)]
mod simulation;
pub(crate) mod task;
