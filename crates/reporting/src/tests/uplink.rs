//! What this tier's decisions put on the way to the parent.

use minsheng_kit::writer::Call;
use minsheng_proto::catalogue::v1::{Indicator, MandateReference};
use minsheng_proto::common::v1::{Quantity, Receipt, RowFailure};
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::uplink_service_server::UplinkService;
use minsheng_proto::tier::v1::{FigureMark, MandatesGiven, MandatesReceived};
use minsheng_proto::tier::v1::{ListOutgoingSetsRequest, OutgoingSet, OutgoingSetState};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed, VersionReference};

use super::child::{Child, Ledger};
use super::programme::{programme, report_name};
use super::world::*;
use crate::command::SettleOutbox;
use crate::store;
use crate::uplink::Settled;

const NORTH: &str = "430923100";
const SOUTH: &str = "430923101";
const ABOVE: &str = "programmes/430900-2023/indicators";

fn mandate(measure: &str, own: &str, unit: &str) -> MandateReference {
    let (indicator, _) = measure.split_once('-').unwrap();
    MandateReference {
        measure: format!("{ABOVE}/{indicator}/measures/{measure}"),
        target: Some(Quantity { value: "1".into(), unit: unit.into() }),
        document_number: "益办发电〔2023〕22号".into(),
        own_measure: own.to_owned(),
    }
}

/// 3.2 answers two measures of the parent's 4.1; roads, which two townships' tiers report, its 9.1.
async fn world() -> World {
    let mut world = World::new().await;
    let mut programme = programme();
    for row in &mut programme.allocation_table.as_mut().unwrap().rows {
        row.mandate = [NORTH, SOUTH].contains(&row.division.as_str());
    }
    let mut set = |code: &str, mandates: Vec<MandateReference>| {
        let found = programme.projects[0].indicators.iter_mut().find(|it: &&mut Indicator| it.code == code);
        found.unwrap().mandates = mandates;
    };
    set("3.2", vec![mandate("4.1-1", "3.2-2", "人"), mandate("4.1-2", "3.2-3", "人")]);
    set("8.1", vec![mandate("9.1-1", "8.1-1", "公里")]);
    world.issue(programme, 2, "2023-02").await;
    world
}

fn trainings(first: &str, second: &str) -> Vec<MeasureValue> {
    let whole = first.parse::<u32>().unwrap() + second.parse::<u32>().unwrap();
    vec![value("3.2-1", &whole.to_string(), "人"), value("3.2-2", first, "人"), value("3.2-3", second, "人")]
}

fn version(report: String, number: i32, submission: u64) -> Option<VersionReference> {
    Some(VersionReference { report, version: number, submission_sequence: submission, ..VersionReference::default() })
}

async fn outgoing(world: &World, state: OutgoingSetState) -> Vec<OutgoingSet> {
    let request = ListOutgoingSetsRequest { state: state.into(), ..ListOutgoingSetsRequest::default() };
    world.parts.list_outgoing_sets(by(&office(), request)).await.unwrap().into_inner().sets
}

async fn pending(world: &World) -> Vec<String> {
    let rows = store::outbox_pending(1_000, world.parts.service.database.reader()).await.unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

#[tokio::test]
async fn each_decision_on_a_mandated_indicator_makes_a_set_in_the_parent_s_words() {
    let mut world = world().await;
    world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    let filed = world.file(&head("rsj"), "3.2", "2023-06", content(trainings("1000", "300"))).await.unwrap();
    let submission = filed.receipt.unwrap().sequence;
    let report = || report_name("3.2", "2023-06");
    let now = world.now();
    let other = ReportPassed { version: version(report_name("3.1", "2023-06"), 1, 0), ..ReportPassed::default() };
    world.verification.entry("case", now, &other).await;
    assert!(pending(&world).await.is_empty(), "nobody above asks for it");
    let passed = ReportPassed {
        version: version(report(), 1, submission),
        values: trainings("1000", "300"),
        ..ReportPassed::default()
    };
    world.verification.entry("case", now, &passed).await;
    let certified = ReportCertified {
        version: version(report(), 1, submission),
        values: trainings("990", "300"),
        ..ReportCertified::default()
    };
    world.verification.entry("case", now, &certified).await;
    let sets = outgoing(&world, OutgoingSetState::Unspecified).await;
    assert_eq!(sets.iter().map(|set| set.mark()).collect::<Vec<_>>(), [FigureMark::Fast, FigureMark::Certified]);
    assert_eq!(
        (sets[0].indicator.as_str(), sets[0].period.as_str()),
        ("programmes/430900-2023/indicators/4.1", "2023-06")
    );
    assert_eq!(sets[0].values, [value("4.1-1", "1000", "人"), value("4.1-2", "300", "人")]);
    assert_eq!(sets[1].values[0], value("4.1-1", "990", "人"), "as certified");
    assert_eq!(sets.iter().map(|set| set.decision_sequence).collect::<Vec<_>>(), [1, 2]);
    assert!(sets.iter().all(|set| set.state() == OutgoingSetState::Pending));
}

#[tokio::test]
async fn what_the_parent_answered_is_kept_and_a_late_refusal_takes_nothing_back() {
    let mut world = world().await;
    world.file(&head("rsj"), "3.2", "2023-06", content(trainings("1000", "300"))).await.unwrap();
    let now = world.now();
    for _ in 0..2 {
        let passed = ReportPassed {
            version: version(report_name("3.2", "2023-06"), 1, 0),
            values: trainings("1000", "300"),
            ..ReportPassed::default()
        };
        world.verification.entry("case", now, &passed).await;
    }
    let keys = pending(&world).await;
    assert_eq!(keys.len(), 2);
    let times = |set: &OutgoingSet| (set.put_time, set.answer_time);
    let put = Some(minsheng_kit::clock::to_proto(now));
    assert!(outgoing(&world, OutgoingSetState::Pending).await.iter().all(|set| times(set) == (put, None)));
    world.clock.advance(jiff::SignedDuration::from_hours(3));
    let answered = Some(minsheng_kit::clock::to_proto(world.now()));
    let failure = RowFailure { reason: "SET_INCOMPLETE".into(), ..RowFailure::default() };
    let receipt = Receipt { sequence: 7, ..Receipt::default() };
    let changes = vec![
        Settled::Filed { key: keys[1].clone(), receipt },
        Settled::Refused { key: keys[0].clone(), failure: failure.clone() },
        Settled::Refused { key: keys[1].clone(), failure },
    ];
    let call = Call::internal(world.parts.service.caller.clone(), "uplink");
    world.parts.service.writer.run(SettleOutbox(changes), call).await.unwrap();
    assert!(pending(&world).await.is_empty());
    let filed = outgoing(&world, OutgoingSetState::Filed).await;
    assert_eq!((filed.len(), filed[0].receipt.as_ref().unwrap().sequence), (1, 7));
    let refused = outgoing(&world, OutgoingSetState::Refused).await;
    assert_eq!((times(&filed[0]), times(&refused[0])), ((put, answered), (put, answered)));
    assert_eq!((refused.len(), refused[0].refusal.as_ref().unwrap().reason.as_str()), (1, "SET_INCOMPLETE"));
}

#[tokio::test]
async fn a_whole_that_lower_tiers_make_goes_up_at_once_and_names_the_silent() {
    let mut world = world().await;
    let (mut north, mut south) = (Child::new(NORTH), Child::new(SOUTH));
    let mut decide = async |child: &mut Child, kilometres: &str| {
        let set = child.fast(kilometres);
        child.kept(&world, set).await;
        let code = format!("8.1@{}-1", child.division);
        let passed = ReportPassed {
            version: version(child.report("2023-06"), 1, 0),
            values: vec![value(&code, kilometres, "公里")],
            ..ReportPassed::default()
        };
        let now = world.now();
        world.verification.entry("case", now, &passed).await;
    };
    decide(&mut north, "12.5").await;
    decide(&mut south, "0").await;
    let sets = outgoing(&world, OutgoingSetState::Pending).await;
    let made: Vec<_> = sets.iter().map(|set| (set.values.clone(), set.missing.clone(), set.mark())).collect();
    let whole = || vec![value("9.1-1", "12.5", "公里")];
    assert_eq!(
        made,
        [(whole(), vec![SOUTH.to_owned()], FigureMark::Fast), (whole(), Vec::new(), FigureMark::Fast)],
        "zero is a figure"
    );
    let rows = store::outbox_pending(10, world.parts.service.database.reader()).await.unwrap();
    assert_eq!(rows[1].shares.lines().count(), 2, "it carries what it rests on");
    assert!(rows.iter().all(|row| row.submission < 0));
    assert_eq!(sets[0].indicator, format!("{ABOVE}/9.1"));
}

#[tokio::test]
async fn what_was_decided_before_the_programme_said_whom_it_answers_goes_up_then() {
    let mut world = World::new().await;
    let filed = world.file(&head("rsj"), "3.2", "2023-06", content(trainings("1000", "300"))).await.unwrap();
    let submission = filed.receipt.unwrap().sequence;
    let now = world.now();
    let passed = ReportPassed {
        version: version(report_name("3.2", "2023-06"), 1, submission),
        values: trainings("1000", "300"),
        ..ReportPassed::default()
    };
    world.verification.entry("case", now, &passed).await;
    assert!(pending(&world).await.is_empty());
    let answering = |own: &str| {
        let mut programme = programme();
        let trainings = programme.projects[0].indicators.iter_mut().find(|it| it.code == "3.2").unwrap();
        trainings.mandates = vec![mandate("4.1-1", own, "人")];
        programme
    };
    world.issue(answering("3.2-2"), 2, "2023-02").await;
    let sets = outgoing(&world, OutgoingSetState::Pending).await;
    assert_eq!((sets.len(), &sets[0].values[0]), (1, &value("4.1-1", "1000", "人")));
    assert_eq!((sets[0].mark(), sets[0].decision_sequence), (FigureMark::Fast, 0));

    // Refused, it is made anew by the next version; filed, it stays as it was filed.
    let failure = RowFailure { reason: "UNIT_MISMATCH".into(), ..RowFailure::default() };
    settle(&world, Settled::Refused { key: pending(&world).await.remove(0), failure }).await;
    world.issue(answering("3.2-3"), 3, "2023-02").await;
    let sets = outgoing(&world, OutgoingSetState::Pending).await;
    assert_eq!((sets.len(), &sets[0].values[0]), (1, &value("4.1-1", "300", "人")));
    settle(&world, Settled::Filed { key: pending(&world).await.remove(0), receipt: Receipt::default() }).await;
    world.issue(answering("3.2-1"), 4, "2023-02").await;
    assert!(pending(&world).await.is_empty());
    // A version for later months says nothing of June.
    world.issue(answering("3.2-1"), 5, "2023-07").await;
    assert!(pending(&world).await.is_empty());
}

#[tokio::test]
async fn what_lower_tiers_made_together_before_it_was_said_whom_it_answers_goes_up_then() {
    let mut world = World::new().await;
    let programme = |answering: bool| {
        let mut programme = programme();
        for row in &mut programme.allocation_table.as_mut().unwrap().rows {
            row.mandate = [NORTH, SOUTH].contains(&row.division.as_str());
        }
        let roads = programme.projects[0].indicators.iter_mut().find(|it| it.code == "8.1").unwrap();
        roads.mandates = if answering { vec![mandate("9.1-1", "8.1-1", "公里")] } else { Vec::new() };
        programme
    };
    world.issue(programme(false), 2, "2023-02").await;
    for (division, kilometres) in [(NORTH, "12.5"), (SOUTH, "7")] {
        let mut child = Child::new(division);
        let set = child.fast(kilometres);
        child.kept(&world, set).await;
        let passed = ReportPassed {
            version: version(child.report("2023-06"), 1, 0),
            values: vec![value(&format!("8.1@{division}-1"), kilometres, "公里")],
            ..ReportPassed::default()
        };
        let now = world.now();
        world.verification.entry("case", now, &passed).await;
    }
    assert!(pending(&world).await.is_empty(), "nobody above asks for it");
    world.issue(programme(true), 3, "2023-07").await;
    assert!(pending(&world).await.is_empty(), "a version for later months says nothing of June");
    world.issue(programme(true), 4, "2023-02").await;
    let sets = outgoing(&world, OutgoingSetState::Pending).await;
    assert_eq!((sets.len(), &sets[0].values[0], sets[0].missing.len()), (1, &value("9.1-1", "19.5", "公里"), 0));
    assert_eq!((sets[0].mark(), sets[0].decision_sequence), (FigureMark::Fast, 1), "by the newest decision");

    // Once it is on its way, another version changes nothing of it; refused, it is made anew.
    settle(&world, Settled::Filed { key: pending(&world).await.remove(0), receipt: Receipt::default() }).await;
    world.issue(programme(true), 5, "2023-02").await;
    assert!(pending(&world).await.is_empty());
    let filed = outgoing(&world, OutgoingSetState::Filed).await;
    assert_eq!(filed.len(), 1);
}

#[tokio::test]
async fn what_was_refused_is_tried_again_when_the_parent_gives_other_mandates() {
    let mut world = world().await;
    world.file(&head("rsj"), "3.2", "2023-06", content(trainings("1000", "300"))).await.unwrap();
    let now = world.now();
    let passed = ReportPassed {
        version: version(report_name("3.2", "2023-06"), 1, 0),
        values: trainings("1000", "300"),
        ..ReportPassed::default()
    };
    world.verification.entry("case", now, &passed).await;
    let failure = RowFailure { reason: "MANDATE_UNKNOWN".into(), ..RowFailure::default() };
    settle(&world, Settled::Refused { key: pending(&world).await.remove(0), failure }).await;
    for (programme, waiting) in [("programmes/430900-2024", 0), ("programmes/430900-2023", 1)] {
        let given = MandatesGiven { programme: programme.into(), programme_version: 2, ..MandatesGiven::default() };
        let mut ledger = Ledger::new("430900", "catalogue", 5);
        let entry = ledger.record(&given);
        let received = MandatesReceived { entry: Some(ledger.proven(entry)), ..MandatesReceived::default() };
        world.catalogue.entry("mandates", now, &received).await;
        assert_eq!(pending(&world).await.len(), waiting);
    }
    assert!(outgoing(&world, OutgoingSetState::Refused).await.is_empty());
}

async fn settle(world: &World, change: Settled) {
    let call = Call::internal(world.parts.service.caller.clone(), "uplink");
    world.parts.service.writer.run(SettleOutbox(vec![change]), call).await.unwrap();
}
