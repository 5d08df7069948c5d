//! What units, office and followers rely on, on a real SQLite database through the writer and the handlers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod articles_and_closing;
mod bulk;
mod bundle;
mod child;
mod decisions;
mod drafts;
mod evidence;
mod filing;
mod items;
mod jointly;
mod programme;
mod refusals;
mod simulation;
mod tier_alarms;
mod tiers;
mod up;
mod uplink;
mod world;
