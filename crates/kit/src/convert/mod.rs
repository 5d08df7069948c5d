//! Between the contract's messages and the domain's types, once for all services. What comes in is refused by name of its
//! field; what goes out is exact.

pub mod calendar;
pub mod faults;
pub mod finding;
pub mod json;
pub mod name;
pub mod period;
pub mod programme;
pub mod value;

pub use faults::Faults;
