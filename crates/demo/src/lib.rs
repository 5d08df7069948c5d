//! The demonstration: three tiers, each in a folder and a process of its own, the county's real programme, and four invented
//! months run through it by the people whose work it is, up to the province. Steps can be called one by one; tests build
//! their worlds from them, also in their own process.
//! Everything invented is marked 演示数据.

mod accounts;
mod chain;
mod clock;
mod data;
mod door;
mod error;
mod generate;
mod process;
mod random;
mod relay;
mod steps;
mod table;
mod world;

pub use accounts::{Post, posts, tier_posts};
pub use chain::{Chain, ChainOptions, Played};
pub use clock::DemoClock;
pub use data::{Documents, MARK};
pub use door::{Door, Gateway};
pub use error::DemoError;
pub use generate::{
    AdjustPlan, ArticlePlan, Days, Figure, Filing, ItemPlan, MonthPlan, ReportPlan, ReturnPlan, StagePlan, amended,
    months,
};
pub use process::{TIER_COMMAND, serve_tier};
pub use random::Random;
pub use relay::Relay;
pub use steps::{
    Loaded, Published, amend, close_month, decide_month, file_month, issue_bulletin, load, publish_month, real_tables,
    trace_figure,
};
pub use table::Table;
pub use world::{PASSWORD, Voice, World, WorldOptions};
