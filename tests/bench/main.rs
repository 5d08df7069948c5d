//! How fast and how small: prints one table, each figure with its limit measured in the same run. `tests/bench/run` builds
//! in release, installs the peer in Python, and runs this. It ends by itself.
#![allow(clippy::float_arithmetic, clippy::print_stdout, clippy::print_stderr)] // Figures of speed, for whoever runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bare;
mod fastapi;
mod figures;
mod filing;
mod load;
mod machine;
mod plain;
mod province;
mod rollup;
mod table;
mod tier;
mod tiers;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use minsheng_testkit::Postgres;

use crate::table::Table;

/// Measures how fast a tier is and how much memory it takes.
#[derive(Debug, Parser)]
struct Bench {
    #[command(subcommand)]
    process: Option<Process>,
    /// Only one part; all of them otherwise
    #[arg(long)]
    only: Option<Part>,
    /// On PostgreSQL (Debian's package, started by the bench) instead of SQLite
    #[arg(long)]
    postgres: bool,
    /// Seconds that count at each number of clients
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Python with the packages of tests/bench/requirements.txt; without it the FastAPI service is left out
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Worker processes of the FastAPI service
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Sets of figures that pile up while the county's line is cut
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(20..=100_000))]
    entries: u64,
    /// Figures that are certified one after the other, to see how soon each is in the province's standing
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=2_000))]
    rounds: u64,
    /// Also writes the table as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Filing,
    Province,
    Rollup,
    Tiers,
}

/// Processes that the bench starts of itself.
#[derive(Debug, Subcommand)]
enum Process {
    /// A load on a server
    #[command(hide = true)]
    Load { plan: String },
    /// The bare server
    #[command(hide = true)]
    Bare { database: String },
    /// A hop of the way up without proofs, which passes on to the next where there is one
    #[command(hide = true)]
    Unsigned { database: String, next: String },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let bench = Bench::parse();
    minsheng_kit::tls::install_crypto();
    match &bench.process {
        Some(Process::Load { plan }) => load::run(plan).await,
        Some(Process::Bare { database }) => bare::serve(database).await,
        Some(Process::Unsigned { database, next }) => tiers::serve_unsigned(database, next).await,
        None => bench.run().await,
    }
}

impl Bench {
    async fn run(&self) -> anyhow::Result<()> {
        // Beside the program: a temporary folder may lie in memory, where nothing is durable.
        let here = std::env::current_exe()?;
        let folder = tempfile::tempdir_in(here.parent().context("no folder")?)?;
        let postgres = self.postgres.then(Postgres::start);
        let wanted = |part: Part| self.only.is_none_or(|only| only == part);
        let mut table = Table::default();
        let territory = figures::Territory::read()?;
        machine::note(folder.path(), &mut table)?;
        if wanted(Part::Filing) {
            let options = filing::Options {
                folder: folder.path(),
                territory: &territory,
                postgres: postgres.as_ref(),
                seconds: self.seconds,
                python: self.python.as_deref(),
                workers: self.workers,
            };
            filing::run(&options, &mut table).await?;
        }
        if wanted(Part::Province) {
            province::run(folder.path(), postgres.as_ref(), &territory, &mut table).await?;
        }
        if wanted(Part::Rollup) {
            rollup::run(folder.path(), &territory, &mut table).await?;
        }
        if wanted(Part::Tiers) {
            let options = tiers::Options {
                folder: folder.path(),
                territory: &territory,
                entries: usize::try_from(self.entries)?,
                rounds: usize::try_from(self.rounds)?,
            };
            tiers::run(&options, &mut table).await?;
        }
        println!("\n{}", table.text());
        if let Some(path) = &self.json {
            std::fs::write(path, format!("{:#}\n", table.json())).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}
