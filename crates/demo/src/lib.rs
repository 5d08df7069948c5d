//! The demonstration: a county's tier in a folder of its own, its real programme, and four invented months run through it
//! by the people whose work it is. Steps can be called one by one; the tests and the benches build their worlds from them.
//! Everything invented is marked 演示数据.

mod accounts;
mod data;
mod door;
mod error;
mod generate;
mod random;
mod steps;
mod table;
mod world;

pub use accounts::{Post, posts};
pub use data::{Documents, MARK};
pub use door::{Door, Gateway};
pub use error::DemoError;
pub use generate::{
    AdjustPlan, ArticlePlan, Days, Figure, Filing, ItemPlan, MonthPlan, ReportPlan, ReturnPlan, StagePlan, amended,
    months,
};
pub use random::Random;
pub use steps::{
    Loaded, Published, amend, close_month, decide_month, file_month, issue_bulletin, load, publish_month, real_tables,
    run_month, trace_figure,
};
pub use table::Table;
pub use world::{PASSWORD, Voice, World, WorldOptions};
