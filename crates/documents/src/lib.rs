//! Documents out and in: a month's bulletin as HTML and as a workbook, the templates that offices fill in, and the worker
//! process in which all of this runs. Everything here is a pure function of its input; only `worker` touches a process.

pub mod bulletin;
pub mod document;
mod issued;
pub mod picture;
pub mod render;
mod text;
pub mod typeset;
pub mod words;
pub mod workbook;
pub mod worker;

pub use issued::{Issued, issued_prefix};
