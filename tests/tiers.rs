//! Five tiers, each a deployment of its own with nothing in it that knows of a fourth or fifth: mandates come down, a
//! village's certified figure goes up to the province with proof, a correction arrives as a correction, a tier that is cut
//! off works on and catches up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use minsheng_proto::catalogue::v1::{Division, DivisionLevel};
use minsheng_proto::reporting::v1::ReportState;
use minsheng_tests::chain::{self, Link, Place, number};

const CHAIN: [(Place, DivisionLevel); 5] = [
    (Place { code: "430000", name: "湖南省" }, DivisionLevel::Province),
    (Place { code: "430900", name: "益阳市" }, DivisionLevel::Municipality),
    (Place { code: "430923", name: "安化县" }, DivisionLevel::County),
    (Place { code: "430923100", name: "东坪镇" }, DivisionLevel::Township),
    (Place { code: "430923100001", name: "城南社区" }, DivisionLevel::Village),
];

fn divisions() -> Vec<Division> {
    let mut parent = "";
    let mut all = Vec::new();
    for (place, level) in &CHAIN {
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

/// The tiers of the chain, known to each other, each with its programme in force.
async fn start(folder: &std::path::Path, count: usize) -> Vec<Link> {
    let places: Vec<&Place> = CHAIN.iter().map(|(place, _)| place).take(count).collect();
    let mut links: Vec<Link> = Vec::new();
    for (number, place) in places.iter().enumerate() {
        let link = Link::start(place, &divisions(), &folder.join(place.code)).await;
        if let Some(above) = links.last() {
            link.join(above).await;
        }
        let above = number.checked_sub(1).map(|number| places[number]);
        link.issue(chain::programme(place, above, places.get(number + 1).copied())).await;
        links.push(link);
    }
    links
}

#[tokio::test(flavor = "multi_thread")]
async fn a_villages_figure_reaches_the_province_through_five_tiers() {
    let folder = tempfile::tempdir().unwrap();
    let links = start(folder.path(), CHAIN.len()).await;
    let village = links.last().unwrap();
    let month = chain::months().pop().unwrap();
    village.file_and_certify(&month, 12).await;
    // Each tier above has it of the one below, and its own sum goes on up without anybody's hand.
    for pair in links.windows(2).rev() {
        let (above, below) = (&pair[0], &pair[1]);
        let indicator = format!("1.1@{}", below.place.code);
        let report = above.report(&indicator, &month, |report| number(report).as_deref() == Some("12")).await;
        assert_eq!(report.unit, format!("tier-{}", below.place.code));
    }

    // What a tier files is certified above like any unit's.
    let township = &links[3];
    let indicator = format!("1.1@{}", village.place.code);
    let before = township.report(&indicator, &month, |report| report.state() == ReportState::Fast).await;
    township.decide(&format!("{}/versions/{}", before.name, before.version)).await;
    township.report(&indicator, &month, |report| report.state() == ReportState::Certified).await;
}
