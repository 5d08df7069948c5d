//! Containers as an operator runs them, by podman: with settings that also work inside a container, and with what was
//! started removed at the end.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use crate::process::binary;

/// What podman needs to run where cgroups and limits are those of another container.
const SETTINGS: &str = "\
[containers]
default_ulimits = [\"nofile=4096:4096\", \"nproc=4096:4096\"]
[engine]
runtime = \"runc\"
cgroup_manager = \"cgroupfs\"
events_logger = \"file\"
";

/// podman, and what is to be removed when the test ends.
#[derive(Debug)]
pub struct Podman {
    folder: tempfile::TempDir,
    /// Commands, with the program first.
    removals: Mutex<Vec<Vec<String>>>,
}

impl Podman {
    /// Looks whether it is there.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("containers.conf"), SETTINGS).unwrap();
        let podman = Self { folder, removals: Mutex::new(Vec::new()) };
        podman.run(&["--version"]);
        podman
    }

    /// A name that nobody else uses.
    pub fn name(&self, what: &str) -> String {
        let id = self.folder.path().file_name().unwrap().to_string_lossy().replace('.', "").to_lowercase();
        format!("minsheng-{what}-{id}")
    }

    /// A folder that goes with the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Another program that uses podman, in the same settings.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("CONTAINERS_CONF", self.folder.path().join("containers.conf")).env("PATH", path());
        command
    }

    /// Runs it, whatever comes out.
    pub fn output(&self, arguments: &[&str]) -> Output {
        let done = self.command("podman").args(arguments).output();
        done.expect("podman is missing: tests/run installs it (Debian packages podman, buildah, runc)")
    }

    /// Runs it, and gives what it said.
    pub fn run(&self, arguments: &[&str]) -> String {
        let done = self.output(arguments);
        assert!(done.status.success(), "podman {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// What is to be run at the end; the last first.
    pub fn remove_at_end(&self, arguments: &[&str]) {
        self.run_at_end(&[&["podman"], arguments].concat());
    }

    /// Another command that is to be run at the end, its program first.
    pub fn run_at_end(&self, command: &[&str]) {
        let command = command.iter().map(|argument| (*argument).to_owned()).collect();
        self.removals.lock().unwrap().push(command);
    }

    /// A file of a container.
    pub fn read(&self, container: &str, path: &str) -> String {
        let to = self.folder.path().join("copied");
        self.run(&["cp", &format!("{container}:{path}"), to.to_str().unwrap()]);
        std::fs::read_to_string(to).unwrap()
    }

    /// What a container wrote to its log.
    pub fn log(&self, container: &str) -> String {
        String::from_utf8_lossy(&self.output(&["logs", container]).stderr).into_owned()
    }
}

impl Default for Podman {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        for command in self.removals.lock().unwrap().iter().rev() {
            let (program, arguments) = command.split_first().unwrap();
            // The others are to be removed all the same.
            let _ = self.command(program).args(arguments).output();
        }
    }
}

/// The path on which the tests' Python and its tools come first.
fn path() -> String {
    let python = deploy().join("../target/python/bin");
    format!("{}:{}", python.display(), std::env::var("PATH").unwrap_or_default())
}

/// The folder of deploy/.
pub fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy")
}

/// The image of the program that was built beside the tests, made by deploy/image; gone when the test ends.
pub fn image(podman: &Podman) -> String {
    let program = podman.folder().join("minsheng");
    // Without what only a debugger reads; a copy, since another build may come.
    let stripped = Command::new("strip").arg("-o").arg(&program).arg(binary()).status().unwrap();
    assert!(stripped.success());
    let tag = format!("localhost/{}:test", podman.name("image"));
    let done = podman.command(deploy().join("image")).arg("--program").arg(&program).args(["--tag", &tag]).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    podman.remove_at_end(&["rmi", "--force", &tag]);
    tag
}
