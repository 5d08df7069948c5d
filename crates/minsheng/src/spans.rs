//! A command as the beginning of a trace, where the environment names a collector: the same variables as for a service,
//! MINSHENG_TELEMETRY__OTLP__ENDPOINT and its like. TRACEPARENT in the environment is the span that called the command.

use std::ffi::OsString;

use clap::CommandFactory;
use minsheng_kit::telemetry::Telemetry;
use minsheng_kit::telemetry::trace::{self, Cause};
use minsheng_tier::telemetry_of_environment;
use tracing::Instrument;

use crate::cli::Cli;
use crate::config::words;
use crate::failure::{Failure, Outcome};

/// The words of the command, without anything that was given to it.
pub(crate) fn name(arguments: &[OsString]) -> String {
    let mut command = Cli::command();
    let mut name = String::from("minsheng");
    for word in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        let Some(found) = command.find_subcommand(word).cloned() else { continue };
        name.push(' ');
        name.push_str(word);
        command = found;
    }
    name
}

/// Runs a command in a span of its own.
pub(crate) async fn traced(name: &str, work: impl Future<Output = Outcome>) -> Outcome {
    let wrong =
        |finding: crate::finding::Finding| Failure::usage(finding.message).hint(format!("{}。", finding.advice));
    let settings = telemetry_of_environment("off").map_err(|error| wrong(words::settings(&error)))?;
    let telemetry = Telemetry::of_command(&settings).map_err(|error| wrong(words::telemetry(&error)))?;
    let span = trace::command_line(name, inherited());
    let done = work.instrument(span).await;
    telemetry.stop().await;
    done
}

/// The span that called this command.
pub(crate) fn inherited() -> Option<Cause> {
    Cause::parse(&std::env::var("TRACEPARENT").ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_named_by_the_command_and_by_nothing_that_was_given_to_it() {
        let named = |line: &str| name(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(named("minsheng -o json report file 3.2/2023-06 --values 3.2-1=1475"), "minsheng report file");
        assert_eq!(named("minsheng login office"), "minsheng login");
    }
}
