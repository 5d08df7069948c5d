//! Runs the built binary as a user would, with a home of its own.
#![allow(dead_code, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `minsheng` with these arguments.
pub fn minsheng<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Ran {
    let home = tempfile::tempdir().unwrap();
    minsheng_at(home.path(), arguments)
}

/// The same with this home.
pub fn minsheng_at<S: AsRef<std::ffi::OsStr>>(home: &Path, arguments: &[S]) -> Ran {
    let output =
        Command::new(env!("CARGO_BIN_EXE_minsheng")).args(arguments).env_clear().env("HOME", home).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file of deploy/programmes.
pub fn programme_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/programmes").join(name)
}
