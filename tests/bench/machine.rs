//! What the figures depend on: the machine, its disk, and what the processes of a run take of it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::table::Table;

/// Ticks of processor time in a second, as Linux shows them.
const TICKS: f64 = 100.0;

/// Notes the machine.
pub fn note(folder: &Path, table: &mut Table) -> anyhow::Result<()> {
    let of = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).and_then(|line| line.split(':').nth(1));
        line.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism()?;
    table.fact(
        "machine",
        format!("{} x {}, {}", cores, of("/proc/cpuinfo", "model name"), of("/proc/meminfo", "MemTotal")),
    );
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let build = if cfg!(debug_assertions) { "UNOPTIMISED: its figures say nothing" } else { "release" };
    table.fact("system", format!("Linux {}, build {build}", kernel.trim()));
    let kind = Command::new("stat").args(["-f", "-c", "%T"]).arg(folder).output()?;
    let kind = String::from_utf8_lossy(&kind.stdout).trim().to_owned();
    table.fact("disk", format!("{kind}, {:.0} us to write 4 KiB durably", fdatasync(folder)?));
    Ok(())
}

/// Microseconds in the median for 4 KiB and their fdatasync.
fn fdatasync(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("fdatasync");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..101 {
        let begin = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(median(&mut times).as_secs_f64() * 1e6)
}

/// The one in the middle.
pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Seconds of processor time that a process has taken.
pub fn processor_seconds(process: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).context("the process has ended")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<u32>().ok()).unwrap_or(0);
    Ok((f64::from(ticks(11)) + f64::from(ticks(12))) / TICKS)
}

/// MiB that a process holds now, and the most it has held.
pub fn memory(process: u32) -> anyhow::Result<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("the process has ended")?;
    let of = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u32>().ok());
        f64::from(kib.unwrap_or(0)) / 1024.0
    };
    Ok((of("VmRSS:"), of("VmHWM:")))
}

/// Waits until a process has nothing to do: less than a fiftieth of a processor over a second. At most for so long.
pub async fn settle(process: u32, at_most: Duration) -> anyhow::Result<()> {
    let end = Instant::now() + at_most;
    let mut before = processor_seconds(process)?;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = processor_seconds(process)?;
        if now - before < 0.02 || Instant::now() > end {
            return Ok(());
        }
        before = now;
    }
}
