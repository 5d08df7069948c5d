//! The overlays of province, municipality and county really run, each tier in a network of its own, from the manifests that
//! a cluster is given: a county reaches its parent's door and nothing else there, and a month that it files and has certified
//! is in the province's standing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::time::{Duration, Instant};

use minsheng_kit::service::SERVICES;
use minsheng_proto::catalogue::v1::{Division, DivisionLevel};
use minsheng_proto::ranking::v1::standing_service_client::StandingServiceClient;
use minsheng_proto::ranking::v1::{FigureBasis, PreviewStandingRequest, Snapshot};
use minsheng_tests::chain::{self, Link, Place, number};
use minsheng_tests::kube::{Overlays, Pods};
use minsheng_tests::podman::{Podman, image};

const TIERS: [(&str, Place, DivisionLevel); 3] = [
    ("province", Place { code: "430000", name: "湖南省" }, DivisionLevel::Province),
    ("municipality", Place { code: "430900", name: "益阳市" }, DivisionLevel::Municipality),
    ("county", Place { code: "430923", name: "安化县" }, DivisionLevel::County),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_month_goes_up_through_three_tiers_that_reach_nothing_but_doors() {
    let podman = Podman::new();
    let image = image(&podman);
    let overlays = Overlays::new(&podman, &image);
    let begin = Instant::now();
    let mut links: Vec<Link<Pods>> = Vec::new();
    for (index, (overlay, place, _)) in TIERS.iter().enumerate() {
        let pods = overlays.up(overlay, place.code);
        let link = Link::over(place, &divisions(), pods.reached(&podman), pods).await;
        if let Some(above) = links.last() {
            let (parent, ..) = &TIERS[index - 1];
            link.join_at(&format!("https://door.minsheng-{parent}.svc:50050"), above).await;
        }
        let above = index.checked_sub(1).map(|index| &TIERS[index].1);
        link.issue(chain::programme(place, above, TIERS.get(index + 1).map(|(_, below, _)| below))).await;
        links.push(link);
    }
    let since = |what: &str| println!("{what}: {:.1} s", begin.elapsed().as_secs_f32());
    since(&format!("three tiers of {} pods run", 3 * SERVICES.len()));

    let month = chain::months().pop().unwrap();
    links[2].file_and_certify(&month, 12).await;
    links[1].settle("1.1@430923", &month, "12").await;
    links[0].settle("1.1@430900", &month, "12").await;
    let snapshot = standing(&links[0], &month).await;
    let row = snapshot.tier_indicators.iter().find(|row| row.indicator == "1.1@430900").unwrap();
    assert!(format!("{:?}", row.measures).contains("\"12\""), "{row:?}");
    assert_eq!(snapshot.lower_tiers.len(), 1, "{:?}", snapshot.lower_tiers);
    since("the county's month is in the province's standing");

    overlays.upgrade(&links[2].program);
    links[2].report("1.1", &month, |report| number(report).as_deref() == Some("12")).await;
    since("the county has new pods, and what it had");
    // Networks have come and gone meanwhile.
    only_doors_are_reached(&podman, &links).await;
}

/// A way from one container to an address, tried by what the image has.
struct Way {
    from: String,
    to: String,
    may: bool,
}

/// Of its own tier a service is reached; of another one the gateway alone, by the gateway alone, and only where the two are
/// neighbours.
async fn only_doors_are_reached(podman: &Podman, links: &[Link<Pods>]) {
    let mut ways = Vec::new();
    for (index, link) in links.iter().enumerate() {
        for (other, target) in links.iter().enumerate() {
            let address = &target.program.addresses(podman, "catalogue")[0];
            for caller in ["gateway", "reporting"] {
                let from = link.program.container(caller);
                ways.push(Way { from, to: format!("http://{address}:50051"), may: index == other });
            }
            if index == other {
                continue;
            }
            for address in target.program.addresses(podman, "gateway") {
                let to = format!("https://{address}:50050");
                let shared = shares_network(podman, &link.program, &address);
                assert!(!shared || index.abs_diff(other) == 1, "{} is beside {to}", link.place.code);
                ways.push(Way { from: link.program.container("gateway"), to: to.clone(), may: shared });
                ways.push(Way { from: link.program.container("reporting"), to, may: false });
            }
        }
    }
    let mut trials = tokio::task::JoinSet::new();
    for way in ways {
        let mut command = podman.command("podman");
        command.args(["exec", &way.from, "/usr/bin/minsheng"]);
        match way.to.starts_with("https") {
            false => command.args(["healthcheck", &way.to]),
            // Whoever reaches a door is told what is wrong with its certificate.
            true => command.args(["doctor", "--fingerprint", "00", "--url", &way.to]),
        };
        trials.spawn_blocking(move || (command.output().unwrap(), way));
    }
    let (mut open, mut closed) = (0, 0);
    while let Some(trial) = trials.join_next().await {
        let (done, Way { from, to, may }) = trial.unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        let door = said.contains("FINGERPRINT_CHANGED") || said.contains("CERTIFICATE_NAME");
        let reached = done.status.success() || door;
        assert_eq!(reached, may, "from {from} to {to}: {said}{}", String::from_utf8_lossy(&done.stderr));
        *(if reached { &mut open } else { &mut closed }) += 1;
    }
    println!("ways that are open {open}, closed {closed}");
    assert!(open > 0 && closed > 0);
}

/// Whether a gateway is in the network of an address.
fn shares_network(podman: &Podman, pods: &Pods, address: &str) -> bool {
    let network = |address: &str| address.rsplit_once('.').unwrap().0.to_owned();
    pods.addresses(podman, "gateway").iter().any(|own| network(own) == network(address))
}

/// The province's standing as it would be sealed now, once it rests on the certified figure.
async fn standing(province: &Link<Pods>, month: &str) -> Snapshot {
    let mut standings = StandingServiceClient::new(province.office.door());
    let asked = PreviewStandingRequest {
        programme: format!("programmes/430000-{}", chain::year()),
        period: month.into(),
        basis: FigureBasis::Certified.into(),
        scheme: String::new(),
    };
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = standings.preview_standing(asked.clone()).await;
        if let Ok(answer) = &answer
            && let Some(snapshot) = &answer.get_ref().snapshot
            && snapshot.tier_indicators.iter().any(|row| format!("{:?}", row.measures).contains("\"12\""))
        {
            return snapshot.clone();
        }
        assert!(Instant::now() < end, "the standing does not show it: {answer:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn divisions() -> Vec<Division> {
    let mut parent = "";
    let mut all = Vec::new();
    for (_, place, level) in &TIERS {
        all.push(Division {
            code: place.code.into(),
            name: place.name.into(),
            level: (*level).into(),
            parent: parent.into(),
        });
        parent = place.code;
    }
    all
}
