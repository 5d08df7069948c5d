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
    plan: Plan,
}

/// How it is started.
#[derive(Debug)]
struct Plan {
    what: String,
    awaited: String,
    environment: Vec<(String, String)>,
    around: Around,
}

/// What a process sees of the machine.
#[derive(Debug)]
enum Around {
    /// All of it.
    Machine,
    /// A network namespace, and the host by which the tests reach it there.
    Network(String, String),
    /// The machine, with this file for its table of hosts.
    Hosts(PathBuf),
}

impl Around {
    /// What starts the program; it becomes the program, so that the process id stays.
    fn command(&self) -> Command {
        match self {
            Self::Machine => Command::new(binary()),
            Self::Network(namespace, _) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]).arg(binary());
                command
            }
            Self::Hosts(file) => {
                const BECOME: &str = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
                let mut command = Command::new("unshare");
                command.args(["--mount", "--propagation", "private", "sh", "-c", BECOME]).arg(file).arg(binary());
                command
            }
        }
    }
}

/// The program that was built beside the tests and the bench.
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let places = here.ancestors().skip(1).take(2).map(|folder| folder.join("minsheng"));
    let mut built = places.filter(|place| place.is_file());
    built.next().expect("the program is missing: run `cargo build --bin minsheng` first")
}

impl Plan {
    /// Starts it and waits until it listens; gives its address, too.
    fn start(&self, folder: &Path) -> (Child, String) {
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let mut child = self
            .around
            .command()
            .args(["serve", &self.what, "--folder"])
            .arg(folder)
            .env("MINSHENG_TELEMETRY__LOG", "warn")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix(&format!("serving {} ", self.awaited)).map(str::to_owned));
        let address = address.unwrap_or_else(|| {
            panic!("the program did not start: {}", std::fs::read_to_string(folder.join("log")).unwrap_or_default())
        });
        match &self.around {
            Around::Network(_, host) => (child, format!("{host}:{}", address.rsplit(':').next().unwrap_or_default())),
            Around::Machine | Around::Hosts(_) => (child, address),
        }
    }
}

/// The environment in which the gateway listens there.
fn listening(environment: &[(String, String)], listen: &str) -> Vec<(String, String)> {
    const KEY: &str = "MINSHENG_GATEWAY__SERVER__LISTEN";
    let others = environment.iter().filter(|(key, _)| key != KEY).cloned();
    others.chain([(KEY.to_owned(), listen.to_owned())]).collect()
}

impl Program {
    /// Starts all services on a folder and waits until the gateway listens.
    pub fn start(folder: &Path, environment: &[(String, String)]) -> Self {
        Self::start_at("127.0.0.1:0", folder, environment)
    }

    /// The same on an address, as a tier whose children know it must come back on.
    pub fn start_at(listen: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        Self::run("all", "gateway", folder, listening(environment, listen), Around::Machine)
    }

    /// The same in a network namespace, on all addresses there; the tests reach it by one of them.
    pub fn inside(namespace: &str, host: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        let around = Around::Network(namespace.to_owned(), host.to_owned());
        Self::run("all", "gateway", folder, listening(environment, "0.0.0.0:0"), around)
    }

    /// Starts one service alone and waits until it listens.
    pub fn alone(service: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        Self::run(service, service, folder, environment.to_vec(), Around::Machine)
    }

    /// The same with a table of hosts of its own.
    pub fn alone_among(hosts: &Path, service: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        Self::run(service, service, folder, environment.to_vec(), Around::Hosts(hosts.to_owned()))
    }

    fn run(what: &str, awaited: &str, folder: &Path, environment: Vec<(String, String)>, around: Around) -> Self {
        let plan = Plan { what: what.to_owned(), awaited: awaited.to_owned(), environment, around };
        let (child, address) = plan.start(folder);
        Self { child, address, folder: folder.to_owned(), plan }
    }

    /// kill -9; what it kept stays, and it can be started again.
    pub fn crash(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, on the address that it had.
    pub fn restart(&mut self) {
        let port = self.address.rsplit(':').next().unwrap_or_default();
        let inside = matches!(self.plan.around, Around::Network(..));
        let listen = if inside { format!("0.0.0.0:{port}") } else { self.address.clone() };
        self.plan.environment = listening(&self.plan.environment, &listen);
        (self.child, self.address) = self.plan.start(&self.folder);
    }

    /// Address of the gateway, or of the service that runs alone.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Folder of its data.
    pub fn folder(&self) -> &Path {
        &self.folder
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
        self.crash();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
