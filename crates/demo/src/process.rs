//! A tier in a process of its own, and how the demonstration holds it: each line on its standard input is a moment, which its
//! clock shows from then on and which it answers with the same line; when the input ends, for whatever reason, it stops.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use minsheng_kit::clock::ManualClock;
use minsheng_tier::{Tier, TierOptions};

use crate::error::DemoError;

/// Command of the program that runs [`serve_tier`].
pub const TIER_COMMAND: &str = "demo-tier";
/// What a process prints once its gateway listens, with the address.
const SERVING: &str = "serving gateway ";
/// File in the tier's folder with what the process logs.
const LOG: &str = "log";
/// How long a process may take to stop.
const STOPPING: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(20);

/// The hold on a process's clock.
#[derive(Debug)]
pub(crate) struct Hand {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Hand {
    /// Sends a moment; false when the process has ended.
    pub(crate) fn send(&mut self, moment: Timestamp) -> bool {
        writeln!(self.input, "{moment}").is_ok()
    }

    /// Waits until the process's clock shows what was sent; false when it has ended.
    pub(crate) fn is_set(&mut self) -> bool {
        let mut line = String::new();
        self.output.read_line(&mut line).is_ok_and(|read| read > 0)
    }
}

/// A process with a tier.
#[derive(Debug)]
pub(crate) struct TierProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl TierProcess {
    /// Starts this program again as a tier and waits until its gateway listens.
    pub(crate) fn start(
        folder: &Path,
        settings: &[(&'static str, &'static str, String)],
        begin: Timestamp,
    ) -> Result<(Self, Hand), DemoError> {
        let failed = |source| DemoError::Process { folder: folder.to_owned(), source };
        let environment = settings.iter().map(|(service, key, value)| {
            let key = key.replace('.', "__").to_uppercase();
            (format!("MINSHENG_{}__{key}", service.to_uppercase()), value)
        });
        std::fs::create_dir_all(folder).map_err(failed)?;
        let log = File::options().create(true).append(true).open(folder.join(LOG)).map_err(failed)?;
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .args([TIER_COMMAND, "--folder"])
            .arg(folder)
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C is for the demonstration, which then ends its tiers in order.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(DemoError::Answer("pipes"));
        };
        let mut hand = Hand { input, output: BufReader::new(output) };
        let mut line = String::new();
        let said = hand.send(begin) && hand.output.read_line(&mut line).is_ok();
        let address = line.trim().strip_prefix(SERVING).and_then(|address| address.parse().ok());
        match address.filter(|_| said) {
            Some(address) => Ok((Self { child, address }, hand)),
            None => {
                let _ = child.kill();
                let status = child.wait().map_err(failed)?;
                Err(failed(std::io::Error::other(status.to_string())))
            }
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) {
        while !self.has_ended() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks it to stop, as the input's end does, and waits until it has; one that does not stop is killed.
    pub(crate) async fn stop(mut self) {
        let process = rustix::process::Pid::from_child(&self.child);
        // It may have ended already.
        let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        let _ = tokio::time::timeout(STOPPING, self.ended()).await;
    }
}

impl Drop for TierProcess {
    fn drop(&mut self) {
        if !self.has_ended() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Serves a tier in this process as [`TierProcess`] holds it, until its input ends or `stopped` comes.
///
/// # Errors
/// When there is no first moment, or the services do not start.
pub async fn serve_tier(folder: &Path, stopped: impl Future<Output = ()>) -> Result<(), DemoError> {
    let begin = next_moment().ok_or(DemoError::Answer("the first moment"))?;
    let clock = ManualClock::at(begin);
    let mut tier = Tier::start(TierOptions::all(folder, Arc::new(clock.clone()))).await?;
    let address = tier.address("gateway").ok_or(DemoError::Answer("gateway address"))?;
    let (over, mut is_over) = tokio::sync::mpsc::channel::<()>(1);
    std::thread::spawn(move || {
        let mut output = std::io::stdout();
        let mut say = |line: String| writeln!(output, "{line}").and_then(|()| output.flush()).is_ok();
        let mut heard = say(format!("{SERVING}{address}"));
        while heard && let Some(moment) = next_moment() {
            clock.set(moment);
            heard = say(moment.to_string());
        }
        drop(over);
    });
    tokio::select! {
        _ = is_over.recv() => {}
        () = stopped => {}
        () = tier.wait() => {}
    }
    tier.stop().await;
    Ok(())
}

/// The moment on the next line of the input; none at its end.
fn next_moment() -> Option<Timestamp> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    line.trim().parse().ok()
}
