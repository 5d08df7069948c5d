//! What is certified changes by a correction that two persons decide, and by nothing else (abuse case C5).

use minsheng_proto::catalogue::v1::CertificationFrequency::Monthly;
use minsheng_proto::reporting::v1::{CorrectionRequested, ReportSubmitted};
use minsheng_proto::verification::v1::{CaseState, CorrectionApproved, CorrectionRefused};

use super::*;

async fn certified() -> (House, String) {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    house.pass(&office(), &name).await.unwrap();
    house.certify(&certifier(), &name, Vec::new()).await.unwrap();
    (house, name)
}

async fn ask(house: &mut House) {
    let asked = CorrectionRequested {
        report: report("3.1", "2023-06"),
        version: 1,
        reason: "漏报一个乡镇".to_owned(),
        person: "P-asker".to_owned(),
    };
    house.reporting.entry(&asked.report, morning(), &asked).await;
}

#[tokio::test]
async fn two_persons_open_it_and_the_next_version_flows() {
    let (mut house, first) = certified().await;
    ask(&mut house).await;
    let case = house.case(&first).await;
    assert_eq!((case.state(), case.correction_reason.as_str()), (CaseState::CorrectionAsked, "漏报一个乡镇"));

    // Neither who asked nor who took part, under no account; nor one person for both sides.
    for person in ["P-asker", "P-reporter", "P-head"] {
        let one_of_them = caller("sbb.x", person, "sbb", &[Role::Office]);
        assert_eq!(refused(house.agree(&one_of_them, &first).await), Reason::SamePerson);
    }
    let answer = house.agree(&office(), &first).await.unwrap();
    assert_eq!((answer.agreed, answer.case.unwrap().state()), (1, CaseState::CorrectionAsked));
    let entry: CorrectionApproved = house.last_entry().await;
    assert!(!entry.opened);
    let same_person = caller("tjj.x", "P-office", "tjj", &[Role::Certifier]);
    assert_eq!(refused(house.agree(&same_person, &first).await), Reason::SamePerson);
    let same_side = caller("sbb.y", "P-officer", "sbb", &[Role::Office]);
    assert_eq!(refused(house.agree(&same_side, &first).await), Reason::CaseState);
    let elsewhere = caller("slj.wang", "P-water", "slj", &[Role::Certifier]);
    assert_eq!(refused(house.agree(&elsewhere, &first).await), Reason::NotAllowed);

    let answer = house.agree(&certifier(), &first).await.unwrap();
    assert_eq!((answer.agreed, answer.case.unwrap().state()), (2, CaseState::CorrectionOpen));
    let entry: CorrectionApproved = house.last_entry().await;
    assert!(entry.opened && entry.version.unwrap().version == 1);

    let corrected =
        vec![MeasureValue { breakdown: vec![share(TOWN, "1000"), share(AREA, "800")], ..heads("3.1-1", "1800") }];
    let event = ReportSubmitted { corrects_version: 1, ..submitted("3.1", "2023-06", 2, corrected) };
    let second = house.submit_event(&event).await;
    house.pass(&office(), &second).await.unwrap();
    let case = house.certify(&certifier(), &second, Vec::new()).await.unwrap().case.unwrap();
    assert_eq!(text(&case.values[0].certified), "1800");
    // What was certified before is kept.
    let before = house.case(&first).await;
    assert_eq!((before.state(), text(&before.values[0].certified)), (CaseState::Certified, "1734".to_owned()));
    assert_eq!(refused(house.agree(&same_side, &first).await), Reason::CaseState);
    // The next month builds on the last certified.
    let july = house.submit("3.1", "2023-07", vec![heads("3.1-1", "1900")]).await;
    let figure = house.case(&july).await.values[0].earlier.clone().unwrap();
    assert_eq!((figure.state.as_str(), text(&figure.value).as_str()), ("CERTIFIED", "1800"));
}

#[tokio::test]
async fn while_a_correction_waits_the_certified_figure_counts() {
    let (mut house, first) = certified().await;
    ask(&mut house).await;
    house.agree(&certifier(), &first).await.unwrap();
    house.agree(&office(), &first).await.unwrap();
    let event = ReportSubmitted { corrects_version: 1, ..submitted("3.1", "2023-06", 2, vec![heads("3.1-1", "1800")]) };
    let second = house.submit_event(&event).await;
    house.pass(&office(), &second).await.unwrap();
    let july = house.submit("3.1", "2023-07", vec![heads("3.1-1", "1900")]).await;
    let figure = house.case(&july).await.values[0].earlier.clone().unwrap();
    assert_eq!((figure.state.as_str(), text(&figure.value).as_str()), ("CERTIFIED", "1734"));
}

#[tokio::test]
async fn a_version_over_a_certified_one_does_not_stand() {
    let (mut house, first) = certified().await;
    let second = house.submit_event(&submitted("3.1", "2023-06", 2, vec![heads("3.1-1", "9999")])).await;
    assert_eq!(refused(house.pass(&office(), &second).await), Reason::CaseState);
    assert_eq!(refused(house.give_back(&office(), &second, "").await), Reason::CaseState);
    let case = house.case(&first).await;
    assert_eq!((case.state(), text(&case.values[0].certified)), (CaseState::Certified, "1734".to_owned()));
    // Nor while a correction is only asked for, by one person's agreement.
    ask(&mut house).await;
    house.agree(&office(), &first).await.unwrap();
    let third = house.submit_event(&submitted("3.1", "2023-06", 3, vec![heads("3.1-1", "9999")])).await;
    assert_eq!(refused(house.pass(&office(), &third).await), Reason::CaseState);
    assert_eq!(house.case(&first).await.state(), CaseState::CorrectionAsked);
}

#[tokio::test]
async fn one_refusal_ends_it_and_the_unit_may_ask_again() {
    let (mut house, name) = certified().await;
    assert_eq!(refused(house.refuse(&office(), &name, "无须更正").await), Reason::CaseState, "nobody asked");
    ask(&mut house).await;
    for person in ["P-asker", "P-reporter", "P-head"] {
        let one_of_them = caller("sbb.x", person, "sbb", &[Role::Office]);
        assert_eq!(refused(house.refuse(&one_of_them, &name, "无须更正").await), Reason::SamePerson);
    }
    let elsewhere = caller("slj.wang", "P-water", "slj", &[Role::Certifier]);
    assert_eq!(refused(house.refuse(&elsewhere, &name, "无须更正").await), Reason::NotAllowed);
    assert_eq!(refused(house.refuse(&certifier(), &name, " ").await), Reason::DecisionInvalid);

    // The office has agreed already: two have to, so one refusal is enough, and the agreement is gone with it.
    house.agree(&office(), &name).await.unwrap();
    let case = house.refuse(&certifier(), &name, "与台账一致，无须更正").await.unwrap().case.unwrap();
    assert_eq!((case.state(), case.correction_reason.as_str()), (CaseState::Certified, ""));
    assert_eq!(text(&case.values[0].certified), "1734", "what is certified stands");
    let entry: CorrectionRefused = house.last_entry().await;
    assert_eq!((entry.reason.as_str(), entry.version.unwrap().version), ("与台账一致，无须更正", 1));
    assert_eq!(refused(house.agree(&office(), &name).await), Reason::CaseState);

    ask(&mut house).await;
    assert_eq!(house.agree(&certifier(), &name).await.unwrap().agreed, 1, "it begins anew");
    assert_eq!(house.agree(&office(), &name).await.unwrap().agreed, 2);
}

#[tokio::test]
async fn an_agreement_says_why() {
    let (mut house, name) = certified().await;
    ask(&mut house).await;
    let etag = house.case(&name).await.etag;
    for reason in ["", " ", &"长".repeat(1001)] {
        let request = ApproveCorrectionRequest {
            name: name.clone(),
            etag: etag.clone(),
            reason: reason.to_owned(),
            request_id: house.request_id(),
        };
        assert_eq!(refused(house.api.approve_correction(as_caller(&office(), request)).await), Reason::DecisionInvalid);
    }
}
