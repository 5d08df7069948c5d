//! A clerk at the command line: the real program as processes, with a profile of the clerk's own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process::{Program, binary};

/// How long services may take to follow each other.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Somebody with a home of their own.
#[derive(Debug)]
pub struct Clerk {
    home: PathBuf,
}

impl Clerk {
    /// Somebody who has not logged in.
    pub fn stranger(folder: &Path, name: &str) -> Self {
        let home = folder.join(name);
        std::fs::create_dir_all(&home).unwrap();
        Self { home }
    }

    /// Logs in at the gateway of a program.
    pub fn log_in(folder: &Path, program: &Program, account: &str, password: &str) -> Self {
        let clerk = Self::stranger(folder, account);
        let certificate = clerk.write("gateway.pem", program.certificate());
        let password = clerk.write("password", password);
        let url = format!("https://{}", program.address());
        clerk.ok(&["login", account, "--gateway", &url, "--ca", &certificate, "--password-file", &password]);
        clerk
    }

    /// Path of a file in the clerk's home.
    pub fn path(&self, name: &str) -> String {
        self.home.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file into the clerk's home and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.home.join(name), content).unwrap();
        self.path(name)
    }

    /// Runs `minsheng` with these arguments.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        let output = Command::new(binary()).args(arguments).env_clear().env("HOME", &self.home).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What a command that succeeds prints.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.stdout
    }

    /// The same as JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let printed = self.ok(&[arguments, &["--output", "json"]].concat());
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {printed}"))
    }

    /// What a command says that ends with this exit code and prints no answer.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}: {ran:?}");
        ran.stderr
    }

    /// The reason that a refused command tells programs, with its exit code.
    pub fn reason(&self, code: i32, arguments: &[&str]) -> String {
        let said = self.fails(code, &[arguments, &["--output", "json"]].concat());
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["error"]["exitCode"], code);
        said["error"]["reason"].as_str().unwrap().to_owned()
    }

    /// What a command prints once the services have followed each other; until then it is not found or out of place.
    pub fn soon(&self, arguments: &[&str], done: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ran = self.run(arguments);
            match ran.code {
                0 if done(&ran.stdout) => return ran.stdout,
                0 | 5 | 6 if Instant::now() < deadline => {}
                _ => panic!("{arguments:?}: {ran:?}"),
            }
            pause();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a short pause between two looks")]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}
