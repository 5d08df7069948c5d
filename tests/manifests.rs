//! What deploy/kubernetes and deploy/compose say against the code: the overlays render and are valid, with and without
//! PostgreSQL; every setting exists and its files are mounted; ports, peers, probes and the edges that the network allows are
//! those of the services.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use minsheng_kit::service::SERVICES;
use minsheng_kit::settings::{ServiceSettings, load_service};
use minsheng_kit::telemetry::{AdminServer, Readiness};
use minsheng_tests::podman::deploy;
use minsheng_tests::process::binary;
use minsheng_tests::python::{documents, tool};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

const OVERLAYS: [&str; 3] = ["province", "municipality", "county"];
const KUBERNETES: &str = "1.32";

type Settings = ServiceSettings<serde::de::IgnoredAny>;

#[tokio::test]
async fn manifests_are_valid_and_fit_the_code() {
    let folder = tempfile::tempdir().unwrap();
    copy(&deploy().join("kubernetes"), folder.path());
    let mut divisions = BTreeSet::new();
    for overlay in OVERLAYS {
        let place = folder.path().join("overlays").join(overlay);
        let plain = render(&place);
        divisions.insert(check_tier(&plain, 1).await);
        let mut file = std::fs::File::options().append(true).open(place.join("kustomization.yaml")).unwrap();
        file.write_all(b"components: [../../components/postgresql]\n").unwrap();
        let replicated = render(&place);
        check_tier(&replicated, 2).await;
        for service in SERVICES {
            let url =
                &environment(&replicated, named(&replicated, "Deployment", service))["MINSHENG__DATABASE__URL_FILE"];
            assert_eq!(url, "/etc/minsheng/database/url");
        }
    }
    assert_eq!(divisions.len(), OVERLAYS.len(), "each tier has its division");
}

#[test]
fn secrets_hold_every_file_that_a_service_is_told_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = Command::new(binary());
    keys.args(["keys", "--division", "430923", "--folder"]).arg(folder.path()).stdout(Stdio::null());
    assert!(keys.status().unwrap().success());
    std::fs::create_dir(folder.path().join("database")).unwrap();
    for service in SERVICES {
        std::fs::write(folder.path().join("database").join(format!("{service}.url")), "postgres://a:b@c/d").unwrap();
    }
    let written = Command::new(deploy().join("kubernetes/secrets")).arg(folder.path()).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let text = String::from_utf8(written.stdout).unwrap();
    validate(&text);
    let secrets = documents(&text);
    let keys = |kind: &str, name: &str, section: &str| -> BTreeSet<String> {
        named(&secrets, kind, name)[section].as_object().unwrap().keys().cloned().collect()
    };
    let place = deploy().join("kubernetes/overlays/county");
    let manifests = render(&place);
    let trusted = keys("ConfigMap", "trusted", "binaryData");
    assert!(SERVICES.iter().all(|name| trusted.contains(&format!("{name}.pub"))), "{trusted:?}");
    for service in SERVICES {
        let own = keys("Secret", &format!("{service}-keys"), "data");
        for (name, file) in environment(&manifests, named(&manifests, "Deployment", service)) {
            if let Some(file) = file.strip_prefix("/etc/minsheng/keys/") {
                assert!(own.contains(file), "{service}: {name} names {file}, which its secret lacks");
            }
            if let Some(file) = file.strip_prefix("/etc/minsheng/trusted/") {
                assert!(trusted.contains(file), "{service}: {name} names {file}, which is not among the public keys");
            }
        }
        assert!(keys("Secret", &format!("{service}-database"), "data").contains("url"));
    }
}

#[test]
fn compose_files_fit_the_code() {
    for variant in ["sqlite", "postgresql"] {
        let text = std::fs::read_to_string(deploy().join("compose").join(variant).join("compose.yaml")).unwrap();
        let compose = documents(&text).remove(0);
        let services = compose["services"].as_object().unwrap();
        let mut seen = BTreeSet::new();
        for (name, container) in services {
            let Some("serve") = container["command"][0].as_str() else { continue };
            let environment: BTreeMap<String, String> = container["environment"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
                .collect();
            let alone = container["command"][1] != "all";
            let inside: Vec<&str> = if alone { vec![name] } else { SERVICES.to_vec() };
            for service in inside {
                let prefix =
                    if alone { "MINSHENG__".to_owned() } else { format!("MINSHENG_{}__", service.to_uppercase()) };
                let own = environment.iter().filter_map(|(key, value)| {
                    key.strip_prefix(&prefix).map(|rest| (format!("MINSHENG__{rest}"), value.clone()))
                });
                let settings = settings(service, own);
                if alone {
                    let port = port_of(&settings.common.server.listen);
                    assert_eq!(port, default_port(service));
                    let check = container["healthcheck"]["test"][3].as_str().unwrap();
                    assert!(check.ends_with(&format!("://127.0.0.1:{port}")), "{check}");
                    check_peers(service, &settings);
                }
                seen.insert(service.to_owned());
            }
            for key in environment.keys() {
                let known = SERVICES.iter().any(|name| key.starts_with(&format!("MINSHENG_{}__", name.to_uppercase())));
                assert!(known || key.starts_with("MINSHENG__"), "{key}");
            }
            assert_eq!((&container["read_only"], &container["cap_drop"][0]), (&Value::Bool(true), &"ALL".into()));
        }
        assert_eq!(seen.len(), SERVICES.len());
    }
}

#[test]
fn the_recipe_of_the_image_has_no_fault() {
    let checked = tool("hadolint").arg(deploy().join("Containerfile")).output();
    let checked = checked.expect("hadolint is missing: tests/run installs it");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// Checks one tier, and gives its division.
async fn check_tier(manifests: &[Value], replicas: u64) -> String {
    let mut division = String::new();
    for service in SERVICES {
        let deployment = named(manifests, "Deployment", service);
        assert_eq!(deployment["spec"]["replicas"], replicas);
        let pod = &deployment["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        assert_eq!(container["args"], serde_json::json!(["serve", service]));
        assert_eq!(pod["initContainers"][0]["args"], serde_json::json!(["migrate", service]));
        let environment = environment(manifests, deployment);
        let mounts = |container: &Value| -> Vec<String> {
            let mounts = container["volumeMounts"].as_array().unwrap().iter();
            mounts.map(|mount| format!("{}/", mount["mountPath"].as_str().unwrap())).collect()
        };
        for (name, value) in environment.iter().filter(|(_, value)| value.starts_with('/')) {
            let mounted = mounts(container).iter().any(|mount| format!("{value}/").starts_with(mount));
            assert!(mounted, "{service}: {name} names {value}, where nothing is mounted");
            let needed =
                !name.contains("DATABASE") || mounts(&pod["initContainers"][0]).iter().any(|m| value.starts_with(m));
            assert!(needed, "{service}: migrating does not reach {value}");
        }
        let settings = settings(service, environment);
        division.clone_from(&settings.common.division);
        let ports: BTreeMap<&str, u64> = container["ports"]
            .as_array()
            .unwrap()
            .iter()
            .map(|port| (port["name"].as_str().unwrap(), port["containerPort"].as_u64().unwrap()))
            .collect();
        assert_eq!(ports["grpc"], u64::from(port_of(&settings.common.server.listen)));
        assert_eq!(ports["grpc"], u64::from(default_port(service)));
        assert_eq!(ports["admin"], u64::from(port_of(&settings.common.server.admin_listen)));
        let offered = &named(manifests, "Service", service)["spec"];
        assert_eq!((&offered["ports"][0]["port"], &offered["clusterIP"]), (&ports["grpc"].into(), &"None".into()));
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let asked = &container[probe]["httpGet"];
            assert_eq!(asked["port"], "admin");
            assert!(admin_answers(asked["path"].as_str().unwrap()).await, "{service}: {probe} asks {asked}");
        }
        let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert!(grace > u64::from(settings.common.server.limits.shutdown_seconds) + 5);
        check_peers(service, &settings);
        check_edges(manifests, service, &settings);
        named(manifests, "PodDisruptionBudget", service);
    }
    division
}

/// Every peer of the defaults is told by the name and port of its service.
fn check_peers(service: &str, settings: &Settings) {
    for (peer, told) in &settings.common.peers {
        let scheme = if peer == "gateway" { "https" } else { "http" };
        assert_eq!(told.url, format!("{scheme}://{peer}:{}", default_port(peer)), "{service}");
        assert_eq!(
            told.authority_file.as_os_str().is_empty(),
            peer != "gateway",
            "{service}: who is trusted at {peer}"
        );
    }
}

/// The network lets a service reach its peers and nobody else, and each peer lets it in.
fn check_edges(manifests: &[Value], service: &str, settings: &Settings) {
    let policy = &named(manifests, "NetworkPolicy", &format!("from-{service}"))["spec"];
    assert_eq!(policy["podSelector"]["matchLabels"]["app.kubernetes.io/name"], service);
    let allowed: BTreeSet<(String, u64)> = policy["egress"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            assert_eq!((rule["to"].as_array().unwrap().len(), rule["ports"].as_array().unwrap().len()), (1, 1));
            let to = &rule["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"];
            (to.as_str().unwrap().to_owned(), rule["ports"][0]["port"].as_u64().unwrap())
        })
        .collect();
    let peers = settings.common.peers.keys();
    let real: BTreeSet<(String, u64)> = peers.map(|peer| (peer.clone(), u64::from(default_port(peer)))).collect();
    assert_eq!(allowed, real, "{service}");
    // The gateway's door is open to all.
    for (peer, _) in real.iter().filter(|(peer, _)| peer != "gateway") {
        let policy = &named(manifests, "NetworkPolicy", &format!("to-{peer}"))["spec"]["ingress"][0];
        let from = &policy["from"][0]["podSelector"]["matchExpressions"][0]["values"];
        assert!(from.as_array().unwrap().contains(&service.into()), "{peer} does not let {service} in");
        let callers = SERVICES.iter().filter(|caller| self::settings(caller, []).common.peers.contains_key(peer));
        assert_eq!(from.as_array().unwrap().len(), callers.count(), "{peer} lets others in");
    }
}

/// The settings of a service in this environment; files of secrets are stood in for.
fn settings(service: &str, environment: impl IntoIterator<Item = (String, String)>) -> Settings {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let environment = environment.into_iter().map(|(name, value)| match name.ends_with("__URL_FILE") {
        true => (name, secret.path().display().to_string()),
        false => (name, value),
    });
    load_service(defaults(service), None, environment).unwrap_or_else(|error| panic!("{service}: {error}"))
}

fn defaults(service: &str) -> &'static str {
    match service {
        "catalogue" => include_str!("../crates/catalogue/src/defaults.toml"),
        "reporting" => include_str!("../crates/reporting/src/defaults.toml"),
        "verification" => include_str!("../crates/verification/src/defaults.toml"),
        "ranking" => include_str!("../crates/ranking/src/defaults.toml"),
        "gateway" => include_str!("../crates/gateway/src/defaults.toml"),
        other => panic!("there is no service {other}"),
    }
}

fn default_port(service: &str) -> u16 {
    port_of(&settings(service, []).common.server.listen)
}

fn port_of(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap()
}

async fn admin_answers(path: &str) -> bool {
    let admin = AdminServer::bind("127.0.0.1:0", Readiness::default()).await.unwrap();
    let address = admin.addr().unwrap();
    let end = CancellationToken::new();
    let serving = tokio::spawn(admin.serve(end.clone()));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    end.cancel();
    serving.await.unwrap();
    answer.starts_with("HTTP/1.1 200")
}

/// What the maps of settings give a workload's container.
fn environment(manifests: &[Value], deployment: &Value) -> BTreeMap<String, String> {
    let pod = &deployment["spec"]["template"]["spec"];
    let from = &pod["containers"][0]["envFrom"];
    assert_eq!(from, &pod["initContainers"][0]["envFrom"], "migrating and serving have the same settings");
    let maps = from.as_array().unwrap().iter().map(|from| from["configMapRef"]["name"].as_str().unwrap());
    let entries = maps.flat_map(|name| named(manifests, "ConfigMap", name)["data"].as_object().unwrap());
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn named<'a>(manifests: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let mut found = manifests.iter().filter(|one| one["kind"] == kind && one["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

/// Renders an overlay, and has it validated.
fn render(place: &Path) -> Vec<Value> {
    let rendered = Command::new("kubectl").arg("kustomize").arg(place).output();
    let rendered = rendered.expect("kubectl is missing: tests/run puts it into target/tools");
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let text = String::from_utf8(rendered.stdout).unwrap();
    validate(&text);
    documents(&text)
}

fn validate(text: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut tool = tool("kubernetes-validate");
    let checked = tool.args(["--strict", "--quiet", "-k", KUBERNETES]).arg(file.path()).output();
    let checked = checked.expect("kubernetes-validate is missing: tests/run installs it");
    assert!(checked.status.success(), "{checked:?}");
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}
