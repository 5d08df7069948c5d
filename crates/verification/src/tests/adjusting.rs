//! The certifier adjusts with a reason, within the rules that the report itself was held to (abuse cases C4, E1 to E3).

use minsheng_proto::catalogue::v1::CertificationFrequency::Monthly;
use minsheng_proto::common::v1::{NoneHere, NotReported};
use minsheng_proto::verification::v1::{CaseState, ReportCertified};
use tonic_types::StatusExt;

use super::*;

fn adjustment(measure: &str, value: Option<Value>, breakdown: Vec<DivisionValue>) -> Adjustment {
    Adjustment { measure: measure.to_owned(), value, breakdown, reason: "有30人重复计算".to_owned() }
}

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request();
    details.map_or_else(Vec::new, |details| {
        details.field_violations.into_iter().map(|violation| violation.field).collect()
    })
}

async fn passed(indicator: &str, values: Vec<MeasureValue>) -> (House, String) {
    let mut house = House::new(Monthly).await;
    let name = house.submit(indicator, "2023-06", values).await;
    house.pass(&office(), &name).await.unwrap();
    (house, name)
}

#[tokio::test]
async fn the_reported_value_stays_beside_the_adjusted_one() {
    let (mut house, name) = passed("3.1", jobs()).await;
    let shares = vec![share(TOWN, "970"), share(AREA, "734")];
    let change = adjustment("3.1-1", number("1704", "人"), shares.clone());
    let case = house.certify(&certifier(), &name, vec![change]).await.unwrap().case.unwrap();
    let value = &case.values[0];
    assert_eq!(case.state(), CaseState::Certified);
    assert_eq!([text(&value.reported), text(&value.fast), text(&value.certified)], ["1734", "1734", "1704"]);
    assert_eq!(value.adjust_reason, "有30人重复计算");
    assert_eq!(house.case(&name).await.content.unwrap().values, jobs());

    let entry: ReportCertified = house.last_entry().await;
    let adjusted = &entry.adjusted[0];
    assert_eq!((text(&adjusted.reported), text(&adjusted.certified)), ("1734".to_owned(), "1704".to_owned()));
    assert_eq!(entry.values[0].breakdown, shares);
    // It still builds on May's 1412: 1704 − 1412.
    assert_eq!(entry.values[0].this_period.as_ref().unwrap().value, "292");
}

#[tokio::test]
async fn a_breakdown_must_add_up_to_the_adjusted_value() {
    let (mut house, name) = passed("3.1", jobs()).await;
    let attempts = [
        // The reported breakdown no longer adds up.
        (vec![], "adjustments[0].breakdown"),
        (vec![share(TOWN, "971"), share(AREA, "734")], "adjustments[0].breakdown"),
        (vec![share(TOWN, "1704")], "adjustments[0].breakdown[430923L01]"),
        (vec![share(TOWN, "970"), share(BLANK, "734")], "adjustments[0].breakdown[1].division"),
        (vec![share(TOWN, "852"), share(TOWN, "852")], "adjustments[0].breakdown[430923100]"),
    ];
    for (breakdown, field) in attempts {
        let change = adjustment("3.1-1", number("1704", "人"), breakdown.clone());
        let status = house.certify(&certifier(), &name, vec![change]).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(Reason::DecisionInvalid), "{breakdown:?}");
        assert!(fields(&status).contains(&field.to_owned()), "{field}: {:?}", fields(&status));
    }
    // A share may move while the whole stays.
    let change = adjustment("3.1-1", number("1734", "人"), vec![share(TOWN, "900"), share(AREA, "834")]);
    house.certify(&certifier(), &name, vec![change]).await.unwrap();
}

#[tokio::test]
async fn parts_and_their_whole_move_together() {
    let values = vec![heads("3.2-1", "1500"), heads("3.2-2", "1200"), heads("3.2-3", "300")];
    let (mut house, name) = passed("3.2", values).await;
    let part = adjustment("3.2-2", number("1100", "人"), vec![]);
    let status = house.certify(&certifier(), &name, vec![part.clone()]).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::DecisionInvalid));
    assert_eq!(fields(&status), ["adjustments"]);
    let whole = adjustment("3.2-1", number("1400", "人"), vec![]);
    let case = house.certify(&certifier(), &name, vec![part, whole]).await.unwrap().case.unwrap();
    let certified: Vec<String> = case.values.iter().map(|value| text(&value.certified)).collect();
    assert_eq!(certified, ["1400", "1100", "300"]);
}

#[tokio::test]
async fn what_is_no_value_is_refused_by_its_field() {
    let (mut house, name) = passed("3.1", jobs()).await;
    let value = "adjustments[0].value";
    let quantity = "adjustments[0].value.quantity";
    let not_reported = Some(Value { state: Some(value::State::NotReported(NotReported {})) });
    let attempts = [
        (adjustment("3.1-1", number("1704", "户"), vec![]), Reason::UnitMismatch, quantity),
        (adjustment("3.1-1", number("1e3", "人"), vec![]), Reason::QuantityInvalid, quantity),
        (adjustment("3.1-1", number("１７０４", "人"), vec![]), Reason::QuantityInvalid, quantity),
        (adjustment("3.1-1", number("-0", "人"), vec![]), Reason::QuantityInvalid, quantity),
        (
            adjustment("3.1-1", number("1704.5", "人"), vec![share(TOWN, "970.5"), share(AREA, "734")]),
            Reason::DecisionInvalid,
            value,
        ),
        (
            adjustment("3.1-1", number("-5", "人"), vec![share(TOWN, "-5"), share(AREA, "0")]),
            Reason::DecisionInvalid,
            value,
        ),
        (adjustment("3.1-1", number("1734", "人"), vec![]), Reason::DecisionInvalid, value),
        (adjustment("3.1-1", not_reported, vec![]), Reason::DecisionInvalid, value),
        (adjustment("3.1-1", None, vec![]), Reason::FieldRequired, value),
        (adjustment("3.1-9", number("1704", "人"), vec![]), Reason::DecisionInvalid, "adjustments[0].measure"),
        (
            Adjustment {
                reason: " ".into(),
                ..adjustment("3.1-1", number("1704", "人"), vec![share(TOWN, "970"), share(AREA, "734")])
            },
            Reason::DecisionInvalid,
            "adjustments[0].reason",
        ),
    ];
    for (change, reason, field) in attempts {
        let status = house.certify(&certifier(), &name, vec![change.clone()]).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(reason), "{change:?}");
        assert!(fields(&status).iter().any(|found| found.starts_with(field)), "{field}: {:?}", fields(&status));
    }
    assert_eq!(house.case(&name).await.state(), CaseState::Fast);
    let twice = adjustment("3.1-1", number("1704", "人"), vec![share(TOWN, "970"), share(AREA, "734")]);
    let status = house.certify(&certifier(), &name, vec![twice.clone(), twice]).await.unwrap_err();
    assert_eq!(fields(&status), ["adjustments[1].measure"]);
}

#[tokio::test]
async fn more_covered_than_there_are_is_refused_and_an_empty_base_is_certified() {
    let covered = MeasureValue { measure: "5.1-1".into(), value: number("7", "个"), ..MeasureValue::default() };
    let (mut house, name) = passed("5.1", vec![covered]).await;
    let status =
        house.certify(&certifier(), &name, vec![adjustment("5.1-1", number("9", "个"), vec![])]).await.unwrap_err();
    assert_eq!(fields(&status), ["adjustments[0].value"]);
    let none = Value { state: Some(value::State::NoneHere(NoneHere { reason: "本县无此类机构".into() })) };
    let case = house
        .certify(&certifier(), &name, vec![adjustment("5.1-1", Some(none.clone()), vec![])])
        .await
        .unwrap()
        .case
        .unwrap();
    assert_eq!(case.values[0].certified, Some(none));
}
