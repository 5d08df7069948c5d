//! The overlays of deploy/kubernetes on this machine, run by its own script over `podman play kube`: nothing of the
//! manifests is said again here but the image, and a prefix that keeps tests apart.

use std::path::PathBuf;
use std::process::Command;

use crate::chain::Reached;
use crate::podman::{Podman, deploy};
use crate::process::binary;

/// The overlays, with the image of a test.
#[derive(Debug)]
pub struct Overlays<'a> {
    podman: &'a Podman,
    folder: PathBuf,
    prefix: String,
}

/// A tier whose services run in pods.
#[derive(Debug)]
pub struct Pods {
    overlay: &'static str,
    /// Name that all of its pods, volumes and networks begin with.
    pub name: String,
    /// Where its door is on this machine.
    pub address: String,
}

impl<'a> Overlays<'a> {
    /// Copies deploy/kubernetes, and puts an overlay of the test, which names its image, upon each of the three.
    pub fn new(podman: &'a Podman, image: &str) -> Self {
        let folder = podman.folder().join("kubernetes");
        let copied = Command::new("cp").arg("-r").arg(deploy().join("kubernetes")).arg(&folder).status().unwrap();
        assert!(copied.success());
        let (name, tag) = image.rsplit_once(':').unwrap();
        for overlay in ["province", "municipality", "county"] {
            let place = folder.join("overlays").join(format!("tested-{overlay}"));
            std::fs::create_dir(&place).unwrap();
            let text = format!(
                "resources: [../{overlay}]\nimages:\n  - {{name: localhost/minsheng, newName: {name}, newTag: {tag}}}\n"
            );
            std::fs::write(place.join("kustomization.yaml"), text).unwrap();
        }
        Self { podman, prefix: format!("{}-", podman.name("pods")), folder }
    }

    /// Makes a tier's keys and starts it; gone when the test ends, with all that it kept.
    pub fn up(&self, overlay: &'static str, division: &str) -> Pods {
        let keys = self.keys(overlay);
        let made = Command::new(binary()).args(["keys", "--division", division, "--folder"]).arg(&keys).output();
        assert!(made.unwrap().status.success());
        let script = self.folder.join("play").display().to_string();
        let place = format!("tested-{overlay}");
        self.podman.run_at_end(&[&script, "down", &place, "--prefix", &self.prefix, "--volumes"]);
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let name = format!("{}minsheng-{overlay}", self.prefix);
        let pods = Pods { overlay, name, address: format!("127.0.0.1:{port}") };
        self.upgrade(&pods);
        pods
    }

    /// Starts a tier's pods again in place of the old ones, as an upgrade does.
    pub fn upgrade(&self, pods: &Pods) {
        let keys = self.keys(pods.overlay);
        let place = format!("tested-{}", pods.overlay);
        let up = self.play(&["up", &place, keys.to_str().unwrap(), "--door", &pods.address]);
        assert!(up.0, "{}", up.1);
    }

    fn keys(&self, overlay: &str) -> PathBuf {
        self.folder.join(format!("keys-{overlay}"))
    }

    /// Runs the script; whether it ended well, and what it said.
    fn play(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = self.podman.command(self.folder.join("play"));
        let done = command.args(arguments).args(["--prefix", &self.prefix]).output().unwrap();
        (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

impl Pods {
    /// The container in which a service runs.
    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}-minsheng", self.name)
    }

    /// How its gateway is reached.
    pub fn reached(&self, podman: &Podman) -> Reached {
        let gateway = self.container("gateway");
        Reached {
            address: self.address.clone(),
            certificate: podman.read(&gateway, "/data/gateway-certificate.pem"),
            first_password: podman.read(&gateway, "/data/first-password").trim().to_owned(),
        }
    }

    /// A pod's addresses in its networks.
    pub fn addresses(&self, podman: &Podman, service: &str) -> Vec<String> {
        let infra =
            podman.run(&["pod", "inspect", &format!("{}-{service}", self.name), "--format", "{{.InfraContainerID}}"]);
        let each = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
        podman.run(&["inspect", &infra, "--format", each]).split_whitespace().map(str::to_owned).collect()
    }
}
