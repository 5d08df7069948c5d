//! Every metric of the operators' list is there with its type, nothing is there that is not on the list, and those that
//! alerts are made of tell the truth when a parent goes away.

use std::collections::BTreeMap;

use minsheng_tests::Program;
use minsheng_tests::chain::{self, Link};

use crate::{TIERS, divisions, free, get, soon, value, variable};

const GUIDE: &str = include_str!("../../deploy/guide/operations.md");

/// Name and type of each documented metric.
fn documented() -> BTreeMap<String, String> {
    let begin = GUIDE.find("<!-- metrics: begin").unwrap();
    let end = GUIDE.find("<!-- metrics: end -->").unwrap();
    let rows = GUIDE[begin..end].lines().filter(|line| line.starts_with("| `minsheng_"));
    let cells = |row: &str| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(cells.len() >= 7 && !cells[5].is_empty(), "a row without its meaning: {row}");
        (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
    };
    rows.map(cells).collect()
}

/// Name and type of each metric of ours that a scrape shows.
fn shown(scraped: &str) -> BTreeMap<String, String> {
    let types = scraped.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.filter(|(name, _)| name.starts_with("minsheng_")).map(|(name, kind)| (name.into(), kind.into())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_metric_is_there_and_tells_of_a_parent_that_went_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut tiers = Vec::new();
    for (place, _) in &TIERS[1..] {
        let admin = free();
        let mut environment = chain::environment(place.code);
        environment.push(variable("MINSHENG_GATEWAY__SERVER__ADMIN_LISTEN", &admin));
        environment.push(variable("MINSHENG_GATEWAY__PARENT__EXCHANGE_SECONDS", "1"));
        // Nobody takes what is sent: it is counted.
        environment.push(variable("MINSHENG_TELEMETRY__OTLP__ENDPOINT", &format!("http://{}", free())));
        let folder = folder.path().join(place.code);
        std::fs::create_dir_all(&folder).unwrap();
        let program = Program::start(&folder, &environment);
        let link = Link::with(place, &divisions(), program).await;
        if let Some((above, _)) = tiers.last() {
            link.join(above).await;
        }
        let above = (place.code == TIERS[2].0.code).then_some(&TIERS[1].0);
        let below = (place.code == TIERS[1].0.code).then_some(&TIERS[2].0);
        link.issue(chain::programme(place, above, below)).await;
        tiers.push((link, admin));
    }
    let (county, admin) = tiers.pop().unwrap();
    let (municipality, above) = tiers.pop().unwrap();
    let month = chain::months().pop().unwrap();
    county.file_and_certify(&month, 12).await;

    let documented = documented();
    assert!(documented.len() > 40, "{}", documented.len());
    let all = soon("every documented metric", async || {
        let mut all = shown(&get(&above, "/metrics").await);
        all.extend(shown(&get(&admin, "/metrics").await));
        documented.keys().all(|name| all.contains_key(name)).then_some(all)
    });
    let all = match tokio::time::timeout(crate::PATIENCE, all).await {
        Ok(all) => all,
        Err(_) => {
            let mut all = shown(&get(&above, "/metrics").await);
            all.extend(shown(&get(&admin, "/metrics").await));
            let missing: Vec<_> = documented.keys().filter(|name| !all.contains_key(*name)).collect();
            panic!("documented and not there: {missing:?}");
        }
    };
    for (name, kind) in &all {
        assert_eq!(documented.get(name), Some(kind), "{name} is not documented so");
    }

    let left = soon("a parent that is joined", async || {
        let now = get(&admin, "/metrics").await;
        let is_joined = value(&now, "minsheng_parent_joined")? == 1.0;
        let left = value(&now, "minsheng_certificate_days_left{service=\"gateway\",certificate=\"parent\"}");
        left.filter(|_| is_joined)
    })
    .await;
    assert!((80.0..=90.0).contains(&left), "{left}");
    let now = get(&admin, "/metrics").await;
    assert_eq!(value(&now, "minsheng_lease_held{service=\"reporting\"}"), Some(1.0));
    soon("a parent that took everything", async || {
        let now = get(&admin, "/metrics").await;
        let filed = value(&now, "minsheng_uplink_sets_total{outcome=\"filed\"}")? >= 1.0;
        (filed && value(&now, "minsheng_uplink_pending_sets")? == 0.0).then_some(())
    })
    .await;
    soon("a lower tier that is enrolled", async || {
        let now = get(&above, "/metrics").await;
        let is_enrolled = value(&now, "minsheng_lower_tiers")? == 1.0;
        (is_enrolled && value(&now, "minsheng_parent_joined")? == 0.0).then_some(())
    })
    .await;

    // The parent dies: figures wait, and are told to have waited.
    municipality.program.kill();
    let earlier = chain::months().first().unwrap().clone();
    if earlier != month {
        county.file_and_certify(&earlier, 11).await;
        soon("a backlog", async || {
            let now = get(&admin, "/metrics").await;
            let waits = value(&now, "minsheng_uplink_pending_sets")? >= 1.0;
            let ages = value(&now, "minsheng_uplink_backlog_seconds")? >= 1.0;
            let fails = value(&now, "minsheng_uplink_failures_total")? >= 1.0;
            (waits && ages && fails && value(&now, "minsheng_parent_reachable")? == 0.0).then_some(())
        })
        .await;
    }
    county.program.stop();
}
