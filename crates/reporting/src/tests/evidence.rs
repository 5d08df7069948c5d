//! Evidence: chunks, hash, type told from the bytes, who reads it, the same file twice.

use futures_util::StreamExt;
use minsheng_kit::error::Reason;
use minsheng_kit::identity::Role;
use minsheng_proto::reporting::v1::{EvidenceHeader, EvidenceReference};
use minsheng_testkit::caller;
use sha2::{Digest, Sha256};

use super::world::*;

#[tokio::test]
async fn a_file_goes_in_and_comes_out_by_its_hash() {
    let world = World::new().await;
    let mut bytes = b"%PDF-1.7 ".to_vec();
    bytes.extend((0..2_500_000_u32).map(|it| it.to_le_bytes()[0]));
    let stored = world.upload(&reporter("rsj"), &bytes, 700_000).await.unwrap();
    assert_eq!((stored.content_type.as_str(), stored.known), ("application/pdf", false));
    assert!(world.upload(&head("zjj"), &bytes, 1_000_000).await.unwrap().known);
    let mut chunks = world.evidence.open(&reporter("rsj"), &stored.sha256).await.unwrap();
    let mut read = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.unwrap();
        assert!(chunk.chunk.len() <= 1024 * 1024);
        read.extend(chunk.chunk);
    }
    assert_eq!(Sha256::digest(&read).to_vec(), stored.sha256);
    assert_eq!(std::fs::read_dir(world.folder.path().join("incoming")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_not_taken() {
    let world = World::new().await;
    let rsj = reporter("rsj");
    let upload = |bytes: &'static [u8], header: EvidenceHeader| {
        let (world, rsj) = (&world, &rsj);
        async move { reason(&world.upload_as(rsj, header, bytes, 4).await.unwrap_err()) }
    };
    let header = |bytes: &[u8]| EvidenceHeader {
        sha256: Sha256::digest(bytes).to_vec(),
        size: bytes.len() as u64,
        label: "验收单.pdf".into(),
    };
    assert_eq!(upload(b"MZ\x90\0 a program", header(b"MZ\x90\0 a program")).await, Reason::EvidenceType);
    assert_eq!(upload(b"%PDF-1.7 b", header(b"%PDF-1.7 a")).await, Reason::EvidenceHash);
    assert_eq!(upload(b"%PDF-1.7 longer", header(b"%PDF-1.7")).await, Reason::EvidenceHash);
    assert_eq!(upload(b"%PDF", EvidenceHeader { size: 9, ..header(b"%PDF-1.7 ") }).await, Reason::EvidenceHash);
    let huge = EvidenceHeader { size: 6 * 1024 * 1024, ..header(b"%PDF") };
    assert_eq!(upload(b"%PDF", huge).await, Reason::EvidenceTooLarge);
    let short = EvidenceHeader { sha256: vec![1; 20], ..header(b"%PDF") };
    assert_eq!(upload(b"%PDF", short).await, Reason::FieldInvalid);
    let labelled = EvidenceHeader { label: "13812345678.pdf".into(), ..header(b"%PDF") };
    assert_eq!(upload(b"%PDF", labelled).await, Reason::PersonalData);
    let bytes = vec![b'a'; 2 * 1024 * 1024];
    assert_eq!(reason(&world.upload(&rsj, &bytes, bytes.len()).await.unwrap_err()), Reason::FieldInvalid);
    let viewer = caller("v", "V", "", &[Role::Viewer]);
    assert_eq!(reason(&world.upload(&viewer, b"%PDF-1.7", 8).await.unwrap_err()), Reason::NotAllowed);
    // Nothing of it stays behind.
    assert_eq!(std::fs::read_dir(world.folder.path().join("incoming")).unwrap().count(), 0);
    assert_eq!(*world.parts.service.writer.size().borrow(), 0);
}

#[tokio::test]
async fn evidence_is_read_by_its_unit_and_by_the_unit_whose_report_names_it() {
    let world = World::new().await;
    let stored = world.upload(&office(), b"%PDF-1.7", 8).await.unwrap();
    assert!(world.evidence.open(&reporter("rsj"), &stored.sha256).await.is_err());
    let mut june = content(vec![value("3.1-1", "1734", "人")]);
    june.evidence = vec![EvidenceReference { sha256: stored.sha256.clone(), ..EvidenceReference::default() }];
    world.file(&head("rsj"), "3.1", "2023-06", june.clone()).await.unwrap();
    assert!(world.evidence.open(&reporter("rsj"), &stored.sha256).await.is_ok());
    assert!(world.evidence.open(&reporter("zjj"), &stored.sha256).await.is_err());
    let Err(status) = world.evidence.open(&office(), &[7; 32]).await else { panic!("it was never stored") };
    assert_eq!(reason(&status), Reason::EvidenceUnknown);
    // The same file for another report asks for an explanation.
    let mut parts = content(vec![value("3.2-1", "30", "人"), value("3.2-2", "20", "人"), value("3.2-3", "10", "人")]);
    parts.evidence = june.evidence;
    let status = world.file(&head("rsj"), "3.2", "2023-06", parts).await.unwrap_err();
    assert_eq!(
        (reason(&status), fields(&status)),
        (Reason::WarningsUnexplained, vec!["content.evidence[0]".to_owned()])
    );
}
