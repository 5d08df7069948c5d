//! The one binary: the clerk's and the operator's command line.

mod cli;
mod client;
mod command;
mod demo;
mod failure;
mod file;
mod help;
mod output;
mod profile;
mod proof;
mod serve;
mod session;
mod words;

use std::process::ExitCode;

use clap::error::ErrorKind;

use cli::{Cli, Command};
use failure::{Failure, Kind, Outcome};
use output::{Format, Output, complain};

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(answer) => return told(&answer),
    };
    let format = cli.options.output;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match format {
                Format::Table => complain(&failure.text()),
                Format::Json => complain(&format!("{:#}\n", failure.json())),
            }
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Outcome {
    match cli.command {
        // Before any thread starts: the worker bounds its own process.
        Command::Worker => {
            Ok(minsheng_documents::worker::run_worker(std::io::stdin().lock(), std::io::stdout().lock())?)
        }
        Command::Operate(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Offline(command) => block_on(command.run(cli.options)),
        Command::Online(command) => block_on(command.run(cli.options)),
    }
}

fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(Kind::Other, error.to_string()))?.block_on(work)
}

/// Help and version are answers; everything else is a wrong use.
fn told(answer: &clap::Error) -> ExitCode {
    if matches!(answer.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let shown = Output::new(Format::Table).text(&answer.to_string());
        return shown.map_or_else(|failure| failure.exit_code(), |()| ExitCode::SUCCESS);
    }
    complain(&format!("命令用法有误，用 --help 看说明。\n{answer}"));
    ExitCode::from(Kind::Usage as u8)
}
