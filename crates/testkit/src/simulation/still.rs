//! Real storage under simulated time: an operation runs on a runtime of its own to its end, while the simulation waits.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Runs an operation in real time, while simulated time stands still. Everything that services do in a simulation goes
/// through here; what they spawn lives on.
pub fn still<F: Future<Output: Send> + Send>(operation: F) -> F::Output {
    static REAL: OnceLock<Runtime> = OnceLock::new();
    let real = REAL.get_or_init(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());
    std::thread::scope(|scope| {
        let done = scope.spawn(|| real.block_on(operation)).join();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A folder for databases, in memory where there is a file system for that: what is killed is the service, not the machine.
#[derive(Debug)]
pub struct Store(TempDir);

impl Default for Store {
    fn default() -> Self {
        let memory = Path::new("/dev/shm");
        Self(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap())
    }
}

impl Store {
    /// Address of a database in the form the settings take.
    pub fn url(&self, name: &str) -> String {
        format!("sqlite://{}", self.file(name).display())
    }

    /// Makes one database the copy of another that nobody has open, as restoring a backup does.
    pub fn copy_from(&self, name: &str, other: &Store, from: &str) {
        for suffix in ["", "-wal", "-shm"] {
            let (from, to) = (other.file(&format!("{from}{suffix}")), self.file(&format!("{name}{suffix}")));
            let _ = std::fs::remove_file(&to);
            if from.exists() && suffix != "-shm" {
                std::fs::copy(from, to).unwrap();
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
