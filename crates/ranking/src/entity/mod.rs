//! The tables, one a file. Immutable content lies in them as the encoded messages of the contract.

pub mod article;
pub mod bulletin;
pub mod numbering;
pub mod period;
pub mod scheme;
pub mod snapshot;
pub mod standing;
pub mod submission;
pub mod template;
pub mod township;
