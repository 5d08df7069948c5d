//! The program as a process of its own, which can be killed at any moment.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running `minsheng serve`.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: String,
    folder: PathBuf,
}

/// The program that was built beside the tests and the bench.
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let places = here.ancestors().skip(1).take(2).map(|folder| folder.join("minsheng"));
    let mut built = places.filter(|place| place.is_file());
    built.next().expect("the program is missing: run `cargo build --bin minsheng` first")
}

impl Program {
    /// Starts all services on a folder and waits until the gateway listens.
    pub fn start(folder: &Path, environment: &[(String, String)]) -> Self {
        Self::start_at("127.0.0.1:0", folder, environment)
    }

    /// The same on an address, as a tier whose children know it must come back on.
    pub fn start_at(listen: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        let mut environment = environment.to_vec();
        environment.push(("MINSHENG_GATEWAY__SERVER__LISTEN".into(), listen.into()));
        Self::run("all", "gateway", folder, &environment)
    }

    /// Starts one service alone and waits until it listens.
    pub fn alone(service: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        Self::run(service, service, folder, environment)
    }

    fn run(what: &str, awaited: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let mut child = Command::new(binary())
            .args(["serve", what, "--log", "warn", "--folder"])
            .arg(folder)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix(&format!("serving {awaited} ")).map(str::to_owned));
        let address = address.unwrap_or_else(|| {
            panic!("the program did not start: {}", std::fs::read_to_string(folder.join("log")).unwrap_or_default())
        });
        Self { child, address, folder: folder.to_owned() }
    }

    /// Address of the gateway, or of the service that runs alone.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Certificate that clients trust.
    pub fn certificate(&self) -> String {
        std::fs::read_to_string(self.folder.join("gateway-certificate.pem")).unwrap()
    }

    /// Password of the first account.
    pub fn first_password(&self) -> String {
        std::fs::read_to_string(self.folder.join("first-password")).unwrap().trim().to_owned()
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
