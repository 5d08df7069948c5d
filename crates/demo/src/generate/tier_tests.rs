//! What must hold of the tiers above the county and beside it.
#![allow(clippy::unwrap_used)]

use minsheng_domain::programme::check::{Context, check};
use minsheng_kit::convert::programme::to_domain;

use super::tiers::*;
use crate::data::{Documents, MARK};

#[test]
fn the_municipality_holds_what_was_given_to_the_county_and_all_else_is_marked() {
    let county = Documents::read().unwrap().programme;
    let mut rows = vec![(COUNTY, county_shares(&county))];
    rows.extend(BESIDE_COUNTY.map(|place| (place, invented_shares(&place, &county))));
    let source = municipal_source();
    let programme = tier_programme(&MUNICIPALITY, &county, &total(&rows), &rows, None, source.clone());
    let table = programme.allocation_table.clone().unwrap();
    let cell = |row: usize, measure: &str| {
        let column = table.columns.iter().position(|column| column.measure == measure).unwrap();
        table.rows[row].cells[column].clone()
    };
    assert_eq!((cell(0, "4.2-1"), cell(0, "10.4-1"), cell(0, "3.2-1")), ("20400".into(), "71".into(), "2975".into()));
    assert_eq!(table.columns.len(), 20);
    assert!(table.rows[0].display_name == "安化县");
    assert!(table.rows[1..].iter().all(|row| row.mandate && row.display_name.contains(MARK)));
    let findings = check(&to_domain(&programme).unwrap(), &Context::default());
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    for wrong in ["sum_differs_from_total", "shares_exceed_target", "total_differs_from_target", "curve_missing"] {
        assert!(!codes.contains(&wrong), "{codes:?}");
    }
    let answering = answering(&county, &MUNICIPALITY, &source);
    let answered = answering.projects.iter().flat_map(|project| &project.indicators);
    assert_eq!(answered.map(|indicator| indicator.mandates.len()).sum::<usize>(), 20);
}

#[test]
fn parts_of_invented_shares_make_their_whole_and_figures_never_fall() {
    let county = Documents::read().unwrap().programme;
    for place in BESIDE_COUNTY.iter().chain(&BESIDE_MUNICIPALITY) {
        let shares = invented_shares(place, &county);
        assert_eq!(shares["3.2-1"], shares["3.2-2"] + shares["3.2-3"]);
        assert_eq!(shares["8.1-2"], 8 * shares["8.1-1"]);
        let source = invented_source(place);
        let programme = tier_programme(place, &county, &shares, &[], Some((&MUNICIPALITY, &source)), source.clone());
        let reports = invented_reports(&programme, 2023);
        assert_eq!(reports.len(), given_codes().count());
        assert_ne!(reports, invented_reports(&programme, 7));
    }
}
