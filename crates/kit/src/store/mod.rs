//! A service's own database: opening it with its migrations, and the rows a batch of commands works on.
//! SQLite and PostgreSQL behave alike through this module; driver errors end here.

mod db;
mod insert;
mod look;
mod record;
mod rows;
mod wait;

pub use db::{Database, OpenError};
pub(crate) use insert::insert;
pub use look::{Looked, look};
pub use record::Record;
pub use rows::{Rows, Wants};
