//! What deploy/observability watches, against what a tier tells: the rules are valid and each alert is tried on what sets it
//! off and on what must not; each has its page; rules and dashboards ask only for metrics and labels that the guide lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use minsheng_tests::podman::deploy;
use minsheng_tests::python::documents;
use serde_json::Value;

#[test]
fn rules_are_valid_and_each_alert_fires_when_it_should() {
    for arguments in [["check", "config", "prometheus.yaml"], ["test", "rules", "alerts_test.yaml"]] {
        promtool(&arguments, &folder());
    }
    let alerts: BTreeSet<String> = alerts().iter().map(|alert| text(&alert["alert"])).collect();
    let tests = read("alerts_test.yaml");
    let named: BTreeSet<String> = list(&tests["tests"]).iter().map(|test| text(&test["name"])).collect();
    let wanted = alerts.iter().flat_map(|alert| [format!("{alert} fires"), format!("{alert} is quiet")]);
    assert_eq!(named, wanted.collect());
    // A test that fires expects something, one that is quiet nothing.
    for test in list(&tests["tests"]) {
        let samples = list(&test["promql_expr_test"][0]["exp_samples"]).len();
        assert_eq!(samples == 1, text(&test["name"]).ends_with(" fires"), "{test}");
    }
}

#[test]
fn each_alert_has_its_page_and_each_page_its_alert() {
    let pages = deploy().join("guide/runbooks");
    let mut known = BTreeSet::new();
    for alert in alerts() {
        let name = text(&alert["alert"]);
        assert_eq!(alert["annotations"]["runbook"], format!("deploy/guide/runbooks/{name}.md"));
        assert!(!text(&alert["annotations"]["summary"]).is_empty());
        let page = std::fs::read_to_string(pages.join(format!("{name}.md"))).unwrap();
        assert!(page.contains(&format!("`{}`", text(&alert["expr"]))), "{name}: the page states another condition");
        for heading in ["## 意味着什么", "## 先看什么", "## 怎么办"] {
            assert!(page.contains(heading), "{name}: {heading}");
        }
        known.insert(format!("{name}.md"));
    }
    let files = std::fs::read_dir(pages).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), known);
}

#[test]
fn rules_and_dashboards_ask_for_what_a_tier_tells() {
    let told = told();
    let mut asked: Vec<(String, String)> =
        alerts().iter().map(|alert| (text(&alert["alert"]), text(&alert["expr"]))).collect();
    let mut panels = 0;
    for file in std::fs::read_dir(folder().join("dashboards")).unwrap() {
        let path = file.unwrap().path();
        let board: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for panel in list(&board["panels"]) {
            panels += 1;
            for target in list(&panel["targets"]) {
                asked.push((format!("{} {}", path.display(), panel["title"]), text(&target["expr"])));
            }
        }
    }
    assert!(panels > 20);
    for (place, expression) in &asked {
        for name in words(expression).filter(|word| word.starts_with("minsheng_")) {
            let plain = name.strip_suffix("_bucket").unwrap_or(name);
            let (kind, labels) = told.get(plain).unwrap_or_else(|| panic!("{place}: no tier tells {name}"));
            assert_eq!(kind == "histogram", name.ends_with("_bucket"), "{place}: {name} is a {kind}");
            let over_time = ["rate", "increase"].iter().any(|way| expression.contains(&format!("{way}({name}")));
            assert_eq!(kind != "gauge", over_time, "{place}: {name} is a {kind}");
            for label in grouped(expression).filter(|label| *label != "le") {
                assert!(
                    label == "namespace" || labels.contains(&format!("`{label}`")),
                    "{place}: {name} has no {label}"
                );
            }
        }
    }
    // Prometheus reads every one of them.
    let rules: String = asked
        .iter()
        .enumerate()
        .map(|(number, (_, expression))| {
            let plain = expression.replace("$__rate_interval", "5m").replace("$namespace", ".*");
            format!("- record: asked:{number}\n  expr: {}\n", serde_json::to_string(&plain).unwrap())
        })
        .collect();
    let place = tempfile::tempdir().unwrap();
    let rules = format!("groups:\n- name: asked\n  rules:\n{}", indent(&rules));
    std::fs::write(place.path().join("asked.yaml"), rules).unwrap();
    promtool(&["check", "rules", "asked.yaml"], place.path());
}

/// The metrics of the guide: type and labels by name.
fn told() -> BTreeMap<String, (String, String)> {
    let guide = std::fs::read_to_string(deploy().join("guide/operations.md")).unwrap();
    let rows = guide.lines().filter(|line| line.starts_with("| `minsheng_"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        (cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), cells[4].to_owned()))
    };
    rows.map(row).collect()
}

/// Names in an expression, without what stands in quotes.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    let outside = expression.split('"').step_by(2);
    outside.flat_map(|part| part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_'))
}

/// Labels that an expression groups by.
fn grouped(expression: &str) -> impl Iterator<Item = &str> {
    let lists = expression.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    lists.flat_map(|list| list.split(',').map(str::trim))
}

fn alerts() -> Vec<Value> {
    let rules = read("alerts.yaml");
    list(&rules["groups"]).iter().flat_map(|group| list(&group["rules"]).clone()).collect()
}

fn read(file: &str) -> Value {
    documents(&std::fs::read_to_string(folder().join(file)).unwrap()).remove(0)
}

fn promtool(arguments: &[&str], place: &Path) {
    let done = Command::new("promtool").args(arguments).current_dir(place).output();
    let done = done.expect("promtool is missing: tests/run installs it (Debian package prometheus)");
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
}

fn folder() -> PathBuf {
    deploy().join("observability")
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
