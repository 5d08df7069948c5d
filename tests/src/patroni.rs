//! Three machines with etcd, patroni and PostgreSQL, and HAProxy before them, from the files of deploy/postgresql. A machine is
//! a process namespace for etcd and one for patroni with its PostgreSQL: killed, all in it is gone at the same moment.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::podman::deploy;

const NAMES: [&str; 3] = ["one", "two", "three"];
const SERVICES: [&str; 5] = ["catalogue", "reporting", "verification", "ranking", "gateway"];
const USER: &str = "postgres";
const PATIENCE: Duration = Duration::from_secs(120);

/// The machines, and the address by which services connect.
#[derive(Debug)]
pub struct Cluster {
    folder: tempfile::TempDir,
    machines: Vec<Machine>,
    proxy: Child,
    /// Where HAProxy listens.
    pub port: u16,
}

#[derive(Debug)]
struct Machine {
    ports: Ports,
    etcd: Option<Child>,
    patroni: Option<Child>,
}

#[derive(Clone, Copy, Debug)]
struct Ports {
    peer: u16,
    etcd: u16,
    rest: u16,
    postgresql: u16,
}

impl Cluster {
    /// Starts all, and waits until one leads and another follows it synchronously.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("minsheng-ha-").tempdir_in("/tmp").unwrap();
        let opened = Command::new("chmod").arg("755").arg(folder.path()).status().unwrap();
        assert!(opened.success());
        let all = NAMES.map(|_| Ports { peer: free(), etcd: free(), rest: free(), postgresql: free() });
        let port = free();
        let proxy = proxy(port, &all, folder.path());
        let mut cluster = Self { folder, machines: Vec::new(), proxy, port };
        cluster.machines = all.map(|ports| Machine { ports, etcd: None, patroni: None }).into();
        for machine in 0..NAMES.len() {
            cluster.boot(machine);
        }
        cluster.wait_for("a leader with a synchronous standby", |cluster| {
            cluster.named("leader").is_some() && cluster.named("sync_standby").is_some()
        });
        cluster
    }

    /// Starts etcd, patroni and by it PostgreSQL on a machine.
    pub fn boot(&mut self, machine: usize) {
        let place = self.folder.path().join(NAMES[machine]);
        std::fs::create_dir_all(&place).unwrap();
        let owned = Command::new("chown").arg(USER).arg(&place).status().unwrap();
        assert!(owned.success());
        let etcd = self.etcd(machine, &place);
        let patroni = self.patroni(machine, &place);
        let machine = &mut self.machines[machine];
        (machine.etcd, machine.patroni) = (Some(etcd), Some(patroni));
    }

    /// Everything on a machine is gone.
    pub fn kill(&mut self, machine: usize) {
        let machine = &mut self.machines[machine];
        for mut child in [machine.patroni.take(), machine.etcd.take()].into_iter().flatten() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The machine with this role, as patroni on another one says.
    pub fn named(&self, role: &str) -> Option<usize> {
        let members = self.machines.iter().filter(|machine| machine.patroni.is_some());
        let said = members.filter_map(|machine| get(machine.ports.rest, "/cluster")).next()?;
        let member = said["members"].as_array()?.iter().find(|member| {
            // A standby of a leader that is gone says "running" for a while, too.
            member["role"] == role && matches!(member["state"].as_str(), Some("running" | "streaming"))
        })?;
        NAMES.iter().position(|name| member["name"] == *name)
    }

    /// Waits for it.
    pub fn wait_for(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < end, "no {what}: {}", self.said());
            pause();
        }
    }

    /// Makes the services' databases, as the guide does, and gives their addresses.
    pub fn databases(&self) -> Vec<(&'static str, String)> {
        let secrets = self.folder.path().join("secrets");
        std::fs::create_dir(&secrets).unwrap();
        for service in SERVICES {
            std::fs::write(secrets.join(format!("{service}-password")), format!("of-{service}")).unwrap();
        }
        let port = self.port.to_string();
        let made = Command::new(deploy().join("compose/postgresql/databases.sh"))
            .envs([("PGHOST", "127.0.0.1"), ("PGPORT", &port), ("PGPASSWORD", "superuser")])
            .env("SECRETS", &secrets)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let url =
            |service: &'static str| (service, format!("postgres://{service}:of-{service}@127.0.0.1:{port}/{service}"));
        SERVICES.map(url).into()
    }

    fn etcd(&self, machine: usize, place: &Path) -> Child {
        let ports = self.machines[machine].ports;
        let peer = |ports: Ports| format!("http://127.0.0.1:{}", ports.peer);
        let members = NAMES.iter().zip(&self.machines).map(|(name, machine)| format!("{name}={}", peer(machine.ports)));
        let client = format!("http://127.0.0.1:{}", ports.etcd);
        let mut environment = variables(&deploy().join("postgresql/etcd.env"));
        environment.extend(
            [
                ("ETCD_NAME", NAMES[machine].to_owned()),
                ("ETCD_DATA_DIR", place.join("etcd").display().to_string()),
                ("ETCD_INITIAL_CLUSTER", members.collect::<Vec<_>>().join(",")),
                ("ETCD_LISTEN_PEER_URLS", peer(ports)),
                ("ETCD_INITIAL_ADVERTISE_PEER_URLS", peer(ports)),
                ("ETCD_LISTEN_CLIENT_URLS", client.clone()),
                ("ETCD_ADVERTISE_CLIENT_URLS", client),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        spawn(&["etcd"], environment, &place.join("etcd.log"))
    }

    fn patroni(&self, machine: usize, place: &Path) -> Child {
        let ports = self.machines[machine].ports;
        let settings = place.join("patroni.yml");
        std::fs::copy(deploy().join("postgresql/patroni.yml"), &settings).unwrap();
        let hosts = self.machines.iter().map(|machine| format!("127.0.0.1:{}", machine.ports.etcd));
        let (rest, listen) = (format!("127.0.0.1:{}", ports.rest), format!("127.0.0.1:{}", ports.postgresql));
        let environment = [
            ("PATRONI_NAME", NAMES[machine].to_owned()),
            ("PATRONI_ETCD3_HOSTS", hosts.collect::<Vec<_>>().join(",")),
            ("PATRONI_RESTAPI_LISTEN", rest.clone()),
            ("PATRONI_RESTAPI_CONNECT_ADDRESS", rest),
            ("PATRONI_POSTGRESQL_LISTEN", listen.clone()),
            ("PATRONI_POSTGRESQL_CONNECT_ADDRESS", listen),
            ("PATRONI_POSTGRESQL_DATA_DIR", place.join("data").display().to_string()),
            ("PATRONI_POSTGRESQL_BIN_DIR", programs().display().to_string()),
            ("PATRONI_POSTGRESQL_PGPASS", place.join("pgpass").display().to_string()),
            ("PATRONI_SUPERUSER_PASSWORD", "superuser".to_owned()),
            ("PATRONI_REPLICATION_PASSWORD", "replication".to_owned()),
            ("PATRONI_REWIND_PASSWORD", "rewind".to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        spawn(&["patroni", settings.to_str().unwrap()], environment, &place.join("patroni.log"))
    }

    /// The ends of all logs.
    fn said(&self) -> String {
        let logs = NAMES
            .iter()
            .flat_map(|name| ["etcd.log", "patroni.log"].map(|log| self.folder.path().join(name).join(log)));
        let ends = logs.map(|log| {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(8).collect();
            format!("\n{}\n{}", log.display(), lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
        });
        ends.collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for machine in 0..self.machines.len() {
            self.kill(machine);
        }
        // It may have ended already.
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

fn proxy(port: u16, all: &[Ports; 3], folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("haproxy.log")).unwrap();
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(deploy().join("postgresql/haproxy.cfg"));
    command.env("LISTEN", format!("127.0.0.1:{port}"));
    for (name, ports) in NAMES.iter().zip(all) {
        let name = name.to_uppercase();
        command.env(format!("POSTGRESQL_{name}"), format!("127.0.0.1:{}", ports.postgresql));
        command.env(format!("PATRONI_{name}"), ports.rest.to_string());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().expect("haproxy is missing: tests/run installs it")
}

/// Runs a program as the unprivileged user, in a process namespace that ends with the child.
fn spawn(program: &[&str], environment: Vec<(String, String)>, log: &Path) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
    Command::new("unshare")
        .args(["--pid", "--fork", "--mount-proc", "--kill-child", "runuser", "-u", USER, "--"])
        .args(program)
        .envs(environment)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .expect("unshare (Debian's package util-linux) must be there")
}

/// The lines NAME=value of a file.
fn variables(file: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Where Debian keeps PostgreSQL's programs, of the newest version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("Debian's package postgresql must be installed");
    let mut found: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
    found.sort();
    found.pop().expect("Debian's package postgresql must be installed")
}

fn get(port: u16, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[expect(clippy::disallowed_methods, reason = "a short pause between two looks")]
fn pause() {
    std::thread::sleep(Duration::from_millis(200));
}
