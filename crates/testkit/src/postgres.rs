//! A PostgreSQL server of the test's own, from Debian's packages, run as the unprivileged user that they make, and stopped
//! when the test ends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Where Debian keeps the server's programs, by version.
const PROGRAMS: &str = "/usr/lib/postgresql";
/// The user that Debian's package makes.
const USER: &str = "postgres";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it; fsync stays on, since what is tested is durability.
    pub fn start() -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("minsheng-pg-").tempdir_in("/tmp").unwrap();
        let owned = Command::new("chown").arg(USER).arg(folder.path()).status().expect("chown");
        assert!(
            owned.success(),
            "the folder cannot be given to the user {USER}: is Debian's package postgresql installed?"
        );
        let port = free_port();
        let server = Self { folder, programs, port };
        server.run(
            "initdb",
            &["-D", &server.data(), "--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", USER],
        );
        server.resume();
        server
    }

    /// Stops the server; what it holds stays.
    pub fn halt(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "fast", "-w", "stop"]);
    }

    /// Starts it again where it was.
    pub fn resume(&self) {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -p {} -k {} -c max_connections=120",
            self.port,
            self.folder.path().display()
        );
        let log = self.folder.path().join("log");
        self.run(
            "pg_ctl",
            &["-D", &self.data(), "-l", &log.display().to_string(), "-o", &options, "-w", "-t", "60", "start"],
        );
    }

    /// Makes a database and gives its address.
    pub fn create(&self, name: &str) -> String {
        let port = self.port.to_string();
        self.run("createdb", &["-h", "127.0.0.1", "-p", &port, "-U", USER, name]);
        format!("postgres://{USER}@127.0.0.1:{port}/{name}")
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        assert!(self.try_run(program, arguments), "{program} failed; log: {}", self.log());
    }

    fn try_run(&self, program: &str, arguments: &[&str]) -> bool {
        Command::new("runuser")
            .args(["-u", USER, "--"])
            .arg(self.programs.join(program))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("runuser (Debian's package util-linux) must be there, and the tests must run as root")
            .success()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.try_run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }
}

fn programs() -> PathBuf {
    let versions = std::fs::read_dir(Path::new(PROGRAMS)).expect("Debian's package postgresql must be installed");
    let mut found: Vec<PathBuf> =
        versions.flatten().map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).collect();
    found.sort();
    found.pop().expect("Debian's package postgresql must be installed")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map(|address| address.port()).unwrap()
}
