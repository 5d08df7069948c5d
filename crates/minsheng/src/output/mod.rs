//! What commands print: answers on standard output as tables or as JSON, remarks and progress on standard error.
//! A reader that goes away (`| head`) ends the command quietly.

pub(crate) mod json;
mod table;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use prost::{Message, Name};

use crate::failure::Outcome;

pub(crate) use table::{Table, one_line};

/// As what answers are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// 表格，供人阅读
    #[default]
    Table,
    /// JSON，供程序读取
    Json,
}

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    /// Prints in this form.
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// JSON is asked for.
    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// An answer: its JSON form, or what `table` writes.
    pub(crate) fn answer<M: Message + Name>(self, message: &M, table: impl FnOnce(&M) -> String) -> Outcome {
        if self.is_json() { self.value(&json::to_json(message)?) } else { self.text(&table(message)) }
    }

    /// JSON, indented.
    pub(crate) fn value(self, value: &serde_json::Value) -> Outcome {
        self.text(&format!("{value:#}\n"))
    }

    /// Text as it is.
    pub(crate) fn text(self, text: &str) -> Outcome {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// A remark for people, beside the answer.
    pub(crate) fn remark(self, text: &str) {
        complain(&format!("{text}\n"));
    }

    /// A bar for long work with a known number of steps, on standard error, hidden where that is no terminal.
    pub(crate) fn bar(self, what: &'static str, steps: u64) -> ProgressBar {
        let bar = if io::stderr().is_terminal() { ProgressBar::new(steps) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:32}] {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar
    }

    /// A sign of life for long work of unknown length.
    pub(crate) fn spinner(self, what: &'static str) -> ProgressBar {
        if !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(what);
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }
}

/// Writes to standard error; when even that fails there is nobody to tell.
pub(crate) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
