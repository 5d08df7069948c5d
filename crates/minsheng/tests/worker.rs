//! The program as the worker that services start: it does its job within the bounds, with the allocator that the program
//! really has, and says so when a document does not fit them.
#![allow(clippy::unwrap_used)]

use minsheng_documents::bulletin::{BulletinHead, Material};
use minsheng_documents::worker::{Client, Form, WorkerError};
use minsheng_proto::catalogue::v1::Programme;
use minsheng_proto::ranking::v1::{FigureBasis, Snapshot};

fn client() -> Client {
    Client::new(env!("CARGO_BIN_EXE_minsheng"))
}

#[tokio::test]
async fn a_template_is_written_within_the_bounds() {
    let written = client().write_catalogue_template(Programme::default()).await.unwrap();
    let read = client().read_sheet(written, "基本情况".to_owned()).await.unwrap();
    assert!(read.rows.len() > 3, "{read:?}");
}

#[tokio::test]
async fn what_needs_more_memory_than_a_worker_has_is_said_to() {
    let snapshot = Snapshot {
        basis: FigureBasis::Certified.into(),
        period: "2023-06".to_owned(),
        cut_off: "2023-06-20".to_owned(),
        demo_mark: "演".repeat(10 << 20),
        ..Snapshot::default()
    };
    let material = Material {
        kind: "monthly".to_owned(),
        snapshot: Some(snapshot),
        head: Some(BulletinHead { date: "2023-06-28".to_owned(), ..BulletinHead::default() }),
        ..Material::default()
    };
    let outcome = client().render_bulletin(material, Form::Html, None).await;
    assert!(matches!(outcome, Err(WorkerError::Memory)), "{:?}", outcome.map(|bytes| bytes.len()));
}
