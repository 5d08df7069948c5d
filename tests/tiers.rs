//! Five tiers, each a deployment of its own with nothing in it that knows of a fourth or fifth: mandates come down, a
//! village's certified figure goes up to the province with proof, a correction arrives as a correction, a tier that is cut
//! off works on and catches up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use minsheng_proto::catalogue::v1::{AllocationColumn, Division, DivisionLevel, MandateReference, Measure, Programme};
use minsheng_proto::reporting::v1::ReportState;
use minsheng_tests::chain::{self, Link, Place, number};
use minsheng_tests::small;

const TOWNSHIP: &str = "430923100";
const VILLAGE: &str = "430923100001";

const CHAIN: [(Place, DivisionLevel); 5] = [
    (Place { code: "430000", name: "湖南省" }, DivisionLevel::Province),
    (Place { code: "430900", name: "益阳市" }, DivisionLevel::Municipality),
    (Place { code: "430923", name: "安化县" }, DivisionLevel::County),
    (Place { code: TOWNSHIP, name: "东坪镇" }, DivisionLevel::Township),
    (Place { code: VILLAGE, name: "城南社区" }, DivisionLevel::Village),
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
        let mut programme = chain::programme(place, above, places.get(number + 1).copied());
        match place.code {
            TOWNSHIP => asks_for_more(&mut programme),
            VILLAGE => answers_with_two(&mut programme),
            _ => {}
        }
        link.issue(programme).await;
        links.push(link);
    }
    links
}

/// The township's indicator has a second measure, which it asks of the village too.
fn asks_for_more(programme: &mut Programme) {
    let measures = &mut programme.projects[0].indicators[0].measures;
    let second = Measure { code: "1.1-2".into(), title: "计量项2".into(), ..measures[0].clone() };
    measures.push(second);
    let table = programme.allocation_table.as_mut().unwrap();
    let column = AllocationColumn { measure: "1.1-2".into(), heading: "计量项2".into(), unit: "个".into() };
    table.columns.push(column);
    table.rows[0].cells.push("1000".into());
    table.printed_totals.push(String::new());
}

/// The village answers the township's one indicator with two of its own.
fn answers_with_two(programme: &mut Programme) {
    let mut second = small::programme(programme.year, 2).projects.remove(0).indicators.remove(1);
    let first = &programme.projects[0].indicators[0].mandates[0];
    let measure = first.measure.replace("1.1-1", "1.1-2");
    second.mandates = vec![MandateReference { measure, own_measure: "1.2-1".into(), ..first.clone() }];
    programme.projects[0].indicators.push(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_villages_figure_reaches_the_province_through_five_tiers() {
    let folder = tempfile::tempdir().unwrap();
    let links = start(folder.path(), CHAIN.len()).await;
    let village = links.last().unwrap();
    let month = chain::months().pop().unwrap();
    village.file_and_certify(&month, 12).await;
    // The township's indicator is answered by two of the village's: a set needs both.
    village.file_and_certify_of(2, &month, 7).await;
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
    let numbers: Vec<_> = before.content.as_ref().unwrap().values.iter().map(|value| value.measure.as_str()).collect();
    assert_eq!(numbers, [format!("1.1@{VILLAGE}-1"), format!("1.1@{VILLAGE}-2")]);
    township.decide(&format!("{}/versions/{}", before.name, before.version)).await;
    township.report(&indicator, &month, |report| report.state() == ReportState::Certified).await;
}
