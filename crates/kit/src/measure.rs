//! What is measured from time to time: queues, pools, backlogs, room on the disk, days left. A service measures its own
//! matters beside this in the same rhythm.

use std::path::{Path, PathBuf};
use std::time::Duration;

use metrics::gauge;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::service::Service;
use crate::telemetry::{begin_at_zero, days, measured};
use crate::tls::read_certificates;

/// How often.
pub const EVERY: Duration = Duration::from_secs(10);

/// Measures what every service has until it stops.
pub(crate) async fn run(service: Service, certificate: PathBuf) {
    begin_at_zero(&["minsheng_lease_taken_total"], &[("service", service.name)]);
    begin_at_zero(&["minsheng_verification_failures_total"], &[("service", service.name), ("of", "follower")]);
    if !service.lease.is_held() {
        gauge!("minsheng_lease_held", "service" => service.name).set(0.0);
    }
    let mut rhythm = Rhythm::of(&service, EVERY);
    while rhythm.next().await {
        writer(&service).await;
        followers(&service);
        disk(&service);
        if !certificate.as_os_str().is_empty() {
            certificate_days(service.name, "server", &certificate, &service);
        }
    }
}

/// When to measure: at once, and then again and again until the service stops.
#[derive(Debug)]
pub struct Rhythm {
    pause: Duration,
    every: Duration,
    cancel: CancellationToken,
}

impl Rhythm {
    /// Of a service.
    pub fn of(service: &Service, every: Duration) -> Self {
        Self { pause: Duration::ZERO, every, cancel: service.cancel.clone() }
    }

    /// Waits until it is time; false when the service stops.
    pub async fn next(&mut self) -> bool {
        let pause = std::mem::replace(&mut self.pause, self.every);
        self.cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_some()
    }
}

async fn writer(service: &Service) {
    let name = service.name;
    gauge!("minsheng_ready", "service" => name).set(flag(service.readiness.is_ready()));
    gauge!("minsheng_writer_healthy", "service" => name).set(flag(*service.writer.healthy().borrow()));
    gauge!("minsheng_writer_queue_commands", "service" => name).set(service.writer.waiting() as f64);
    gauge!("minsheng_ledger_entries", "service" => name).set(*service.writer.size().borrow() as f64);
    for (pool, used, idle) in service.database.connections() {
        gauge!("minsheng_database_connections", "service" => name, "pool" => pool, "state" => "used").set(used);
        gauge!("minsheng_database_connections", "service" => name, "pool" => pool, "state" => "idle").set(idle);
    }
    if let Ok(last) = service.writer.ledger().last_time().await {
        let behind = last.saturating_sub(service.clock.now().as_millisecond()).max(0) / 1_000;
        gauge!("minsheng_clock_behind_seconds", "service" => name).set(measured(behind));
    }
}

fn followers(service: &Service) {
    let name = service.name;
    let now = Instant::now();
    for (source, followed) in service.followed() {
        let Some(state) = followed.state.map(|state| state.borrow().clone()) else { continue };
        let since = |moment: Option<Instant>| moment.map_or(0.0, |moment| (now - moment).as_secs_f64());
        let lag = state.known.max(state.told).saturating_sub(state.applied);
        gauge!("minsheng_follower_lag_entries", "service" => name, "source" => source).set(lag as f64);
        gauge!("minsheng_follower_backlog_seconds", "service" => name, "source" => source)
            .set(since(state.behind_since));
        gauge!("minsheng_follower_silent_seconds", "service" => name, "source" => source)
            .set(since(state.heard.or(Some(state.began))));
        gauge!("minsheng_follower_refused", "service" => name, "source" => source).set(flag(state.refused.is_some()));
    }
}

fn disk(service: &Service) {
    let Ok(room) = Room::of(&service.folder) else { return };
    gauge!("minsheng_storage_free_bytes", "service" => service.name).set(room.free as f64);
    gauge!("minsheng_storage_free_percent", "service" => service.name).set(f64::from(room.percent()));
}

/// Room on a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that an ordinary user may still write.
    pub free: u64,
    /// Bytes in all.
    pub whole: u64,
}

impl Room {
    /// Of the file system that a path lies on.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let seen = rustix::fs::statvfs(path)?;
        let size = |blocks: u64| blocks.saturating_mul(seen.f_frsize);
        Ok(Self { free: size(seen.f_bavail), whole: size(seen.f_blocks) })
    }

    /// Free of a hundred.
    pub fn percent(self) -> u8 {
        let percent = u128::from(self.free) * 100 / u128::from(self.whole.max(1));
        u8::try_from(percent).unwrap_or(100)
    }
}

/// Tells for how long the first certificate of a file is good; nothing while it cannot be read.
pub fn certificate_days(service: &'static str, certificate: &'static str, file: &Path, by: &Service) {
    let Some(end) = end_of(file) else { return };
    let left = end - by.clock.now().as_second();
    gauge!("minsheng_certificate_days_left", "service" => service, "certificate" => certificate).set(days(left));
}

/// When the first certificate of a file ends, in seconds since 1970.
pub fn end_of(file: &Path) -> Option<i64> {
    let chain = read_certificates(file).ok()?;
    let (_, parsed) = x509_parser::parse_x509_certificate(chain.first()?).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn room_is_what_an_ordinary_user_may_write() {
        let room = Room::of(Path::new("/")).unwrap();
        assert!(room.free <= room.whole && room.whole > 0 && room.percent() <= 100);
        assert_eq!(Room { free: 5, whole: 1_000 }.percent(), 0);
        assert!(Room::of(Path::new("/not/there")).is_err());
    }
}
