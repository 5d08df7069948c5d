//! Filing in bulk: all or nothing, row by row, each row as those before it leave things, bounds.

use minsheng_kit::error::Reason;
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    BatchFileReportsRequest, BatchFileReportsResponse, FileReportRow, ReportContent, ReportState,
};
use tonic::Status;

use super::programme::report_name;
use super::world::*;

fn row(id: &str, indicator: &str, period: &str, content: ReportContent) -> FileReportRow {
    FileReportRow { id: id.into(), name: report_name(indicator, period), content: Some(content) }
}

async fn file(world: &World, rows: Vec<FileReportRow>, mode: BulkMode) -> Result<BatchFileReportsResponse, Status> {
    let request = BatchFileReportsRequest { rows, mode: mode.into(), request_id: id() };
    Ok(world.parts.batch_file_reports(by(&head("rsj"), request)).await?.into_inner())
}

fn rows() -> Vec<FileReportRow> {
    let parts = vec![value("3.2-1", "31", "人"), value("3.2-2", "20", "人"), value("3.2-3", "10", "人")];
    vec![
        row("a", "3.1", "2023-05", content(vec![value("3.1-1", "1400", "人")])),
        row("b", "3.1", "2023-06", content(vec![flow("3.1-1", "1734", "334", "人")])),
        row("c", "3.2", "2023-06", content(parts)),
        row("d", "5.1", "2023-06", content(vec![super::filing::milestone("开工")])),
        row("e", "3.1", "2023-13", content(vec![value("3.1-1", "1", "人")])),
    ]
}

#[tokio::test]
async fn one_refused_row_refuses_all_with_every_rows_errors() {
    let world = World::new().await;
    let answer = file(&world, rows(), BulkMode::AllOrNothing).await.unwrap();
    assert!(answer.successes.is_empty());
    let failed: Vec<(&str, &str)> = answer.failures.iter().map(|it| (it.id.as_str(), it.reason.as_str())).collect();
    assert_eq!(failed, [("e", "PERIOD_INVALID"), ("c", "REPORT_INVALID"), ("d", "NOT_LEAD_UNIT")]);
    assert_eq!(answer.failures[1].violations[0].field, "content.values[0].value");
    assert_eq!(world.get(&head("rsj"), "3.1", "2023-05").await.state(), ReportState::NotStarted);
    assert_eq!(*world.parts.service.writer.size().borrow(), 0);
}

#[tokio::test]
async fn row_by_row_each_stands_for_itself_with_its_own_receipt() {
    let world = World::new().await;
    let answer = file(&world, rows(), BulkMode::RowByRow).await.unwrap();
    // June's row builds on May's of the same call.
    let filed: Vec<&str> = answer.successes.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(filed, ["a", "b"]);
    assert_eq!(answer.failures.len(), 3);
    let sequences: Vec<u64> = answer.successes.iter().map(|it| it.receipt.as_ref().unwrap().sequence).collect();
    assert_eq!(sequences, [0, 1]);
    assert_eq!(world.get(&head("rsj"), "3.1", "2023-06").await.state(), ReportState::Submitted);
}

#[tokio::test]
async fn a_batch_is_bounded_and_its_rows_are_told_apart() {
    let world = World::new().await;
    let one = || row("a", "3.1", "2023-06", ReportContent::default());
    for (rows, field) in [
        (Vec::new(), "rows"),
        (vec![one(); 1_001], "rows"),
        (vec![one(), one()], "rows[1].id"),
        (vec![one(), FileReportRow { id: "b".into(), ..one() }], "rows[1].name"),
    ] {
        let status = file(&world, rows, BulkMode::RowByRow).await.unwrap_err();
        assert_eq!(fields(&status), [field]);
    }
    let request = BatchFileReportsRequest { rows: vec![one()], mode: 9, request_id: id() };
    let status = world.parts.batch_file_reports(by(&head("rsj"), request)).await.unwrap_err();
    assert_eq!((reason(&status), fields(&status)), (Reason::FieldInvalid, vec!["mode".to_owned()]));
}
