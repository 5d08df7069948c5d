//! Who may do what: Cedar policies over posts, units, persons and the state of a thing, all in crates/kit/policies.
//! A decision takes 22–60 µs, so answers are kept; they depend on nothing but what the key holds.

mod action;
mod engine;
mod resource;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use engine::{Policies, PolicyError};
pub use resource::Resource;
