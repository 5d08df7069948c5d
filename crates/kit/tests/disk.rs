//! A full disk: writes are refused, reads are served, and once there is room again the writer goes on by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod notes;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::Reason;
use minsheng_kit::policy::Policies;
use minsheng_kit::service::Service;
use minsheng_kit::store::Database;
use minsheng_testkit::{moment, signer};
use notes::{Migrator, WriteNote, call, notes_of};

/// A file system of two mebibytes, gone when the test ends.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.unwrap().success(), "a small file system cannot be mounted: the test must run as root");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the database may still be closing.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_answers_reads_and_recovers() {
    let disk = SmallDisk::mount();
    let url = format!("sqlite://{}", disk.path().join("test.db").display());
    let database = Database::open::<Migrator>(&url).await.unwrap();
    let clock = Arc::new(ManualClock::at(moment("2023-06-10T12:00:00+08:00")));
    let policies = Arc::new(Policies::load().unwrap());
    let service = Service::start("reporting", "430923", database, signer("reporting"), policies, clock).await.unwrap();
    service.writer.run(WriteNote::new(1, "a"), call("r1", 1)).await.unwrap();

    let ballast = disk.path().join("ballast");
    // As much as fits; that it ends in an error is the point.
    let _ = std::fs::write(&ballast, vec![0_u8; 4 << 20]);
    let mut refused = None;
    for number in 2..200 {
        if let Err(refusal) = service.writer.run(WriteNote::new(number, "a"), call(&format!("r{number}"), number)).await
        {
            refused = Some((number, refusal));
            break;
        }
    }
    let (number, refusal) = refused.expect("the disk is full");
    assert_eq!(refusal.reason, Reason::StorageUnavailable);
    assert!(!*service.writer.healthy().borrow(), "health must say so");
    let kept = usize::try_from(number - 1).unwrap();
    assert_eq!(notes_of(&service, "a").await.len(), kept, "reads are served and nothing acknowledged is gone");

    std::fs::remove_file(&ballast).unwrap();
    let mut healthy = service.writer.healthy();
    tokio::time::timeout(Duration::from_secs(60), healthy.wait_for(|well| *well)).await.unwrap().unwrap();
    service.writer.run(WriteNote::new(number, "a"), call(&format!("r{number}"), number)).await.unwrap();
    assert_eq!(notes_of(&service, "a").await.len(), kept + 1);
    assert_eq!(service.writer.ledger().head().await.unwrap().0, number);
}
