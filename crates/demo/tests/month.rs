//! A month through all five services over TLS: what is planned is what is published. Issuing needs the program that renders
//! documents and is tested with the whole demonstration.
#![allow(clippy::unwrap_used)]

use minsheng_demo::{
    DemoError, Documents, MARK, MonthPlan, World, WorldOptions, amend, close_month, decide_month, file_month, load,
    months, publish_month, trace_figure,
};
use minsheng_kit::clock::Clock;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::ranking::v1::{Light, Snapshot};

fn certified(snapshot: &Snapshot, measure: &str) -> Option<String> {
    let row = snapshot.indicators.iter().flat_map(|row| &row.measures).find(|row| row.measure == measure)?;
    match row.certified.as_ref()?.state.as_ref()? {
        State::Quantity(quantity) => Some(quantity.value.clone()),
        _ => None,
    }
}

fn planned(plan: &MonthPlan) -> impl Iterator<Item = (&str, String)> {
    plan.reports.iter().flat_map(|report| {
        report.figures.iter().map(|figure| {
            let adjusted = report.adjusted.as_ref().map(|plan| &plan.figure);
            let figure = adjusted.filter(|adjusted| adjusted.measure == figure.measure).unwrap_or(figure);
            (figure.measure.as_str(), figure.value.to_string())
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_is_what_is_certified_ranked_and_proved() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(WorldOptions::new(folder.path().join("tier"))).await.unwrap();
    let documents = Documents::read().unwrap();
    let loaded = load(&world, &documents).await.unwrap();
    let sums = &loaded.counts.sums_by_column;
    assert_eq!((loaded.counts.filled, sums[1].as_str()), (115, "20402"));
    let programme = amend(&world, &loaded, &documents).await.unwrap();
    let plan = &months(&programme, &documents.lead_units(), 5)[0];

    file_month(&world, &loaded.programme, plan).await.unwrap();
    // A month is not published before it is closed, and not closed before it is due.
    let early = close_month_early(&world, &loaded.programme, plan).await;
    assert_eq!(early.unwrap_err().reason().as_deref(), Some("PERIOD_NOT_DUE"));
    decide_month(&world, &loaded.programme, plan).await.unwrap();
    assert!(close_month(&world, &loaded.programme, plan).await.unwrap().is_empty());
    let published = publish_month(&world, &loaded.programme, plan).await.unwrap();

    let snapshot = published.snapshot().unwrap();
    assert_eq!((snapshot.demo_mark.as_str(), snapshot.cut_off.as_str()), (MARK, "2023-06-20"));
    for (measure, value) in planned(plan) {
        assert_eq!(certified(snapshot, measure).as_deref(), Some(value.as_str()), "{measure}");
    }
    let light = |code: &str| snapshot.indicators.iter().find(|row| row.indicator == code).unwrap().light();
    assert_eq!((light("10.4"), light("10.1")), (Light::Red, Light::Yellow));
    let discipline = snapshot.discipline.as_ref().unwrap();
    let late: Vec<&str> = discipline.late.iter().map(|row| row.indicator.as_str()).collect();
    let adjusted: Vec<&str> = discipline.adjusted.iter().map(|row| row.indicator.as_str()).collect();
    let no_article: Vec<&str> = discipline.articles_missing.iter().map(|row| row.unit.as_str()).collect();
    assert_eq!((late, adjusted, no_article), (vec!["10.3"], vec!["4.2"], vec!["kgj"]));
    assert_eq!((discipline.owed, discipline.on_time, discipline.returned.len()), (26, 25, 0));

    let proved = trace_figure(&world, &published, "4.2-1").await.unwrap();
    let ledgers: Vec<&str> = proved.iter().map(|(ledger, _)| *ledger).collect();
    assert_eq!(ledgers, ["ranking", "verification", "verification", "reporting"]);
    world.stop().await;
}

/// Tries to close the month on the last day that is on time.
async fn close_month_early(world: &World, programme: &str, plan: &MonthPlan) -> Result<(), DemoError> {
    use minsheng_proto::reporting::v1::ClosePeriodRequest;
    assert!(world.clock().now().to_string().starts_with("2023-06-20"));
    let request =
        ClosePeriodRequest { programme: programme.to_owned(), period: plan.period.clone(), request_id: world.tick() };
    let closed = world.as_account("ssb.office1").await?.duties().close_period(request).await;
    closed.map(drop).map_err(|status| DemoError::call("close", status))
}
