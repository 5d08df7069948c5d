//! Two network namespaces with one line between them, and the faults of that line. Each namespace has a second line to the
//! test, which no fault touches. Made by `ip`, `tc` and `ss` of iproute2, as root; all of it is removed at the end, and what
//! a test left that was killed itself is removed by the next.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index;
use serde_json::Value;

/// The line between the two, in both of them.
const LINE: &str = "line";
/// Address of the upper side on the line.
pub const ABOVE: &str = "10.99.0.1";
const BELOW: &str = "10.99.0.2";
/// All that arrives is dropped: a program for the kernel's packet filter that returns TC_ACT_SHOT.
const NOTHING_ARRIVES: &str = "1,6 0 0 2";
/// Of so many packets that arrive one after the other so many are lost.
const OF: usize = 25;
const LOST: usize = 5;
const PREFIX: &str = "minsheng-faults";

/// The two namespaces; the upper one first.
#[derive(Debug)]
pub struct Net {
    sides: [Side; 2],
}

/// A namespace.
#[derive(Debug)]
pub struct Side {
    /// Its name.
    pub namespace: String,
    /// Address by which the test reaches it.
    pub host: String,
    outside: String,
}

/// What a command of iproute2 prints; that it cannot be run fails the test.
fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be run ({error}): install iproute2"));
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
}

fn must(program: &str, arguments: &[&str]) -> String {
    run(program, arguments).unwrap_or_else(|error| panic!("{error}"))
}

impl Net {
    /// Makes both.
    pub fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        assert!(
            rustix::process::geteuid().is_root(),
            "network namespaces are made by root alone: run the tests as root"
        );
        remove_leftovers();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let side = |letter: &str| {
            let namespace = format!("{PREFIX}-{process}-{number}{letter}");
            must("ip", &["netns", "add", &namespace]);
            // From here on dropping it removes it.
            let mut side = Side { namespace, host: String::new(), outside: format!("mf{process:x}-{number}{letter}") };
            side.reach();
            side
        };
        let net = Self { sides: [side("a"), side("b")] };
        let [above, below] = &net.sides;
        let (a, b) = (above.namespace.as_str(), below.namespace.as_str());
        must("ip", &["link", "add", LINE, "netns", a, "type", "veth", "peer", "name", LINE, "netns", b]);
        for (side, address) in [(above, ABOVE), (below, BELOW)] {
            // A packet is a packet, as on a wire, and not dozens handed over at once.
            side.ip(&["link", "set", LINE, "gso_max_segs", "1"]);
            side.ip(&["addr", "add", &format!("{address}/30"), "dev", LINE]);
            side.ip(&["link", "set", LINE, "up"]);
            side.tc(&["qdisc", "add", "dev", LINE, "clsact"]);
        }
        net
    }

    /// The upper side.
    pub fn above(&self) -> &Side {
        &self.sides[0]
    }

    /// The lower side.
    pub fn below(&self) -> &Side {
        &self.sides[1]
    }

    /// From now on nothing arrives at either side, and neither is told.
    pub fn black_hole(&self) {
        self.filter(NOTHING_ARRIVES);
    }

    /// From now on a fifth of the packets is lost, either way; which ones of those that arrive follows from the seed.
    pub fn lossy(&self, seed: u64) {
        let mut chance = StdRng::seed_from_u64(seed);
        for side in &self.sides {
            for packet in index::sample(&mut chance, OF, LOST) {
                let (every, packet) = (OF.to_string(), packet.to_string());
                let which = ["-m", "statistic", "--mode", "nth", "--every", &every, "--packet", &packet];
                side.iptables(&[&["-A", "INPUT", "-i", LINE], &which[..], &["-j", "DROP"]].concat());
            }
        }
    }

    fn filter(&self, program: &str) {
        for side in &self.sides {
            side.tc(&["filter", "add", "dev", LINE, "ingress", "bpf", "da", "bytecode", program]);
        }
    }

    /// From now on 64 kbit pass in a second, either way.
    pub fn slow(&self) {
        for side in &self.sides {
            let rate = ["qdisc", "add", "dev", LINE, "root", "tbf", "rate", "64kbit", "burst", "1600", "latency", "1s"];
            side.tc(&rate);
        }
    }

    /// The line is sound again.
    pub fn lift(&self) {
        for side in &self.sides {
            // Only one of them may be there.
            let namespace = side.namespace.as_str();
            let filter = run("tc", &["-n", namespace, "filter", "del", "dev", LINE, "ingress"]);
            let queue = run("tc", &["-n", namespace, "qdisc", "del", "dev", LINE, "root"]);
            let lost = side.iptables(&["-S", "INPUT"]).contains("DROP");
            side.iptables(&["-F", "INPUT"]);
            assert!(filter.is_ok() || queue.is_ok() || lost, "there was no fault to lift: {filter:?}, {queue:?}");
        }
    }

    /// Ends the lower side's open connections with a reset; says how many there were.
    pub fn reset(&self) -> usize {
        let all = [
            "netns",
            "exec",
            &self.below().namespace,
            "ss",
            "-H",
            "-K",
            "-t",
            "-n",
            "state",
            "established",
            "dst",
            ABOVE,
        ];
        must("ip", &all).lines().count()
    }

    /// Bytes on the line that were sent and that the other side has not acknowledged.
    pub fn unacknowledged(&self) -> u64 {
        let mut bytes = 0;
        for (side, address) in self.sides.iter().zip([ABOVE, BELOW]) {
            let all =
                ["netns", "exec", &side.namespace, "ss", "-H", "-t", "-n", "state", "established", "src", address];
            let told = must("ip", &all);
            let queued = told.lines().filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
            bytes += queued.sum::<u64>();
        }
        bytes
    }

    /// Packets that were dropped because of a fault, and how often one had to wait for the slow line.
    pub fn hit(&self) -> (u64, u64) {
        let (mut dropped, mut waited) = (0, 0);
        for side in &self.sides {
            let told = must("tc", &["-n", &side.namespace, "-s", "-j", "qdisc", "show", "dev", LINE]);
            let told: Value = serde_json::from_str(&told).unwrap();
            for queue in told.as_array().unwrap() {
                dropped += queue["drops"].as_u64().unwrap_or(0);
                waited += queue["overlimits"].as_u64().unwrap_or(0);
            }
            let rules = side.iptables(&["-nvxL", "INPUT"]);
            let counts = rules.lines().filter(|line| line.contains("DROP"));
            dropped += counts.filter_map(|line| line.split_whitespace().next()?.parse::<u64>().ok()).sum::<u64>();
        }
        (dropped, waited)
    }
}

impl Side {
    /// Makes the line to the test, on a network that nobody else has.
    fn reach(&mut self) {
        let (namespace, outside) = (self.namespace.as_str(), self.outside.as_str());
        must("ip", &["link", "add", outside, "type", "veth", "peer", "name", "test", "netns", namespace]);
        loop {
            // Of 198.18.0.0/15, which is set aside for tests of networks.
            let number: u32 = rand::random_range(0..1 << 15);
            let address = |host: u32| {
                let [_, _, third, fourth] = (number * 4 + host).to_be_bytes();
                format!("198.{}.{third}.{fourth}", 18 + (number >> 14))
            };
            let (here, there) = (address(1), address(2));
            let here = format!("{here}/30");
            if must("ip", &["-o", "-4", "addr", "show"]).contains(&here) {
                continue;
            }
            must("ip", &["addr", "add", &here, "dev", outside]);
            self.ip(&["addr", "add", &format!("{there}/30"), "dev", "test"]);
            self.host = there;
            break;
        }
        must("ip", &["link", "set", outside, "up"]);
        for device in ["lo", "test"] {
            self.ip(&["link", "set", device, "up"]);
        }
    }

    fn ip(&self, arguments: &[&str]) {
        must("ip", &[&["-n", &self.namespace], arguments].concat());
    }

    fn iptables(&self, arguments: &[&str]) -> String {
        must("ip", &[&["netns", "exec", &self.namespace, "iptables"], arguments].concat())
    }

    fn tc(&self, arguments: &[&str]) {
        let done = run("tc", &[&["-n", &self.namespace], arguments].concat());
        done.unwrap_or_else(|error| panic!("this kernel cannot make the fault: {error}"));
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // Either may be gone with the other.
        let _ = run("ip", &["link", "del", &self.outside]);
        let _ = run("ip", &["netns", "del", &self.namespace]);
    }
}

/// Removes the namespaces of tests that are no more. The lines go with them.
fn remove_leftovers() {
    let listed = must("ip", &["netns", "list"]);
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    for name in names {
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').nth(1));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Another test may have been quicker.
            let _ = run("ip", &["netns", "del", name]);
        }
    }
}
