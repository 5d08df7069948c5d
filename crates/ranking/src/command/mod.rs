//! Commands, one a file: what rows each wants, and its decision over them.

mod approve_bulletin;
mod circulate_bulletin;
mod compose_bulletin;
mod countersign_bulletin;
mod create_scheme;
mod embed_schemes;
mod hold_bulletin;
mod issue_bulletin;
mod preview_standing;
mod publish_standing;
mod reserve_number;
mod withdraw_bulletin;

pub use approve_bulletin::ApproveBulletin;
pub use circulate_bulletin::CirculateBulletin;
pub use compose_bulletin::{BriefRules, ComposeBulletin};
pub use countersign_bulletin::CountersignBulletin;
pub use create_scheme::CreateScheme;
pub use embed_schemes::EmbedSchemes;
pub use hold_bulletin::HoldBulletin;
pub use issue_bulletin::IssueBulletin;
pub use preview_standing::PreviewStanding;
pub use publish_standing::PublishStanding;
pub use reserve_number::ReserveNumber;
pub use withdraw_bulletin::WithdrawBulletin;
