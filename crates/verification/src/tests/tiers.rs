//! What lower tiers filed: passed at once where nothing is to be looked at, and never over what is certified.

use minsheng_proto::catalogue::v1::CertificationFrequency::Monthly;
use minsheng_proto::common::v1::{Finding, Severity};
use minsheng_proto::reporting::v1::{CorrectionRequested, ReportSubmitted};
use minsheng_proto::verification::v1::{CaseState, ReportPassed};

use super::*;

/// A version of what the township's tier reports of new jobs.
fn filed(version: i32, jobs: &str) -> ReportSubmitted {
    let code = format!("3.1@{TOWN}");
    let values = vec![heads(&format!("{code}-1"), jobs)];
    let persons = vec![format!("tier:{TOWN}")];
    ReportSubmitted { unit: format!("tier-{TOWN}"), persons, ..submitted(&code, "2023-06", version, values) }
}

fn with(severity: Severity, event: ReportSubmitted) -> ReportSubmitted {
    let finding = Finding { code: "JUMP".to_owned(), severity: severity.into(), ..Finding::default() };
    ReportSubmitted { findings: vec![finding], ..event }
}

async fn house() -> House {
    let mut house = House::empty(Backend::Sqlite).await;
    house
        .issue_with(1, Monthly, |programme| {
            for row in &mut programme.allocation_table.as_mut().unwrap().rows {
                row.mandate = row.division == TOWN;
            }
        })
        .await;
    house
}

#[tokio::test]
async fn what_a_tier_has_checked_is_a_fast_figure_at_once() {
    let mut house = house().await;
    let name = house.submit_event(&with(Severity::Note, filed(1, "900"))).await;
    let passed: ReportPassed = house.last_entry().await;
    assert_eq!(
        (passed.version.unwrap().version, passed.person.as_str(), text(&passed.values[0].value)),
        (1, "", "900".to_owned())
    );
    let case = house.case(&name).await;
    assert_eq!((case.state(), text(&case.values[0].fast)), (CaseState::Fast, "900".to_owned()));
    // The certifier decides as on any report.
    house.certify(&certifier(), &name, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn what_was_found_waits_for_the_office() {
    let mut house = house().await;
    for (version, severity) in [(1, Severity::Warning), (2, Severity::Error)] {
        let name = house.submit_event(&with(severity, filed(version, "900"))).await;
        assert_eq!(house.case(&name).await.state(), CaseState::ToCheck);
    }
    assert_eq!(house.entries().await, 0);
    let name = format!("{}/versions/2", report(&format!("3.1@{TOWN}"), "2023-06"));
    house.pass(&office(), &name).await.unwrap();
    // A newer version stands in its place, and nothing is passed twice.
    let newer = house.submit_event(&filed(3, "950")).await;
    assert_eq!(house.case(&newer).await.state(), CaseState::Fast);
    assert_eq!(refused(house.certify(&certifier(), &name, Vec::new()).await), Reason::CaseState);
    assert_eq!(house.entries().await, 2);
}

#[tokio::test]
async fn a_version_that_comes_after_the_certified_one_becomes_its_correction() {
    let mut house = house().await;
    let first = house.submit_event(&filed(1, "900")).await;
    house.certify(&certifier(), &first, Vec::new()).await.unwrap();
    let entries = house.entries().await;
    // Reporting had not seen the decision yet.
    let second = house.submit_event(&filed(2, "950")).await;
    assert_eq!(house.entries().await, entries, "it is not passed");
    assert_eq!(house.case(&first).await.state(), CaseState::Certified);
    assert_eq!(refused(house.pass(&office(), &second).await), Reason::CaseState);
    let asked = CorrectionRequested {
        report: report(&format!("3.1@{TOWN}"), "2023-06"),
        version: 1,
        reason: "下级更正".to_owned(),
        person: format!("tier:{TOWN}"),
    };
    house.reporting.entry(&asked.report, morning(), &asked).await;
    house.agree(&office(), &first).await.unwrap();
    house.agree(&certifier(), &first).await.unwrap();
    let third = house.submit_event(&ReportSubmitted { corrects_version: 1, ..filed(3, "950") }).await;
    let case = house.case(&third).await;
    assert_eq!((case.state(), text(&case.values[0].fast)), (CaseState::Fast, "950".to_owned()));
    house.certify(&certifier(), &third, Vec::new()).await.unwrap();
    assert_eq!(house.case(&first).await.state(), CaseState::Certified, "what was certified before is kept");
}
