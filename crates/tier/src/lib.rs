//! One tier in one process, or any of its services alone: settings are read, ports bound, addresses told to each other,
//! and everything started in the order in which it is needed. The binary, the demo and the tests start services here.

mod examine;
mod part;
mod parts;
mod places;
mod sources;
mod tier;

pub use examine::{Examined, Need, NeedKind, Settled, telemetry_of_environment};
pub use places::{Place, Places};
pub use sources::Overrides;
pub use tier::{Tier, TierOptions};
