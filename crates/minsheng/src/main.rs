//! The one binary: the clerk's and the operator's command line.

mod backup;
mod cli;
mod client;
mod command;
mod config;
mod demo;
mod doctor;
mod failure;
mod file;
mod finding;
mod head;
mod help;
mod output;
mod profile;
mod proof;
mod serve;
mod session;
mod spans;
mod usage;
mod words;
mod workbook;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use cli::{Cli, Command};
use failure::{Failure, Kind, Outcome};
use output::{Format, Output, complain};

/// A tier at rest needs less memory with it, and filing less time, than with the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::read(arguments.iter().cloned()) {
        Ok(cli) => cli,
        Err(answer) => return told(&answer, asked_for_json(&arguments)),
    };
    let format = cli.options.output;
    let name = spans::name(&arguments);
    match run(cli, &name) {
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

fn run(cli: Cli, name: &str) -> Outcome {
    match cli.command {
        // Before any thread starts: the worker bounds its own process.
        Command::Worker => {
            Ok(minsheng_documents::worker::run_worker(std::io::stdin().lock(), std::io::stdout().lock())?)
        }
        Command::Operate(command) => command.run(),
        Command::Safekeeping(command) => block_on(command.run(cli.options)),
        Command::Demo(command) => command.run(),
        Command::DemoTier(command) => command.run(),
        Command::Config(command) => block_on(command.run(cli.options)),
        Command::Offline(command) => block_on(spans::traced(name, command.run(cli.options))),
        Command::Online(command) => block_on(spans::traced(name, command.run(cli.options))),
    }
}

fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Kind::Other, error.to_string()))?;
    let done = runtime.block_on(work);
    // A name server that does not answer is not waited for any longer.
    runtime.shutdown_background();
    done
}

/// Help and version are answers; everything else is a wrong use.
fn told(answer: &clap::Error, json: bool) -> ExitCode {
    if matches!(answer.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let shown = Output::new(Format::Table).text(&help::text(answer));
        return shown.map_or_else(|failure| failure.exit_code(), |()| ExitCode::SUCCESS);
    }
    if json {
        complain(&format!("{:#}\n", usage::failure(answer).json()));
    } else {
        complain(&usage::text(answer));
    }
    ExitCode::from(Kind::Usage as u8)
}

/// Whether JSON is asked for, told from arguments that cannot be read otherwise.
fn asked_for_json(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    words.iter().any(|word| matches!(*word, "--output=json" | "-ojson" | "-o=json"))
        || words.windows(2).any(|pair| matches!(pair, ["--output" | "-o", "json"]))
}
