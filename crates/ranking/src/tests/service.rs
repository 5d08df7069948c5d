//! The services as a caller sees them. Where a worker is needed a stand-in answers; the real one is tested with its program.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use minsheng_documents::worker::Client;
use minsheng_kit::error::reason_of;
use minsheng_kit::identity::{Caller, Role};
use minsheng_proto::ranking::v1::bulletin_service_server::BulletinService;
use minsheng_proto::ranking::v1::scheme_service_server::SchemeService;
use minsheng_proto::ranking::v1::standing_service_server::StandingService;
use minsheng_proto::ranking::v1::{
    ApproveBulletinRequest, Bulletin, BulletinFormat, BulletinState, CirculateBulletinRequest, ComposeBulletinRequest,
    CountersignBulletinRequest, CreateSchemeRequest, DownloadBulletinRequest, FigureBasis, GetBulletinRequest,
    GetSchemeRequest, GetStandingRequest, IssueBulletinRequest, ListBulletinsRequest, ListSchemesRequest,
    ListStandingsRequest, PreviewStandingRequest, PublishStandingRequest,
};
use minsheng_testkit::caller;
use tokio_stream::StreamExt;
use tonic::{Request, Status};

use super::{Filed, PROGRAMME, World, certifier, chief, colleague, leader, office};
use crate::config::BulletinSettings;
use crate::files::Files;
use crate::freshness::Freshness;
use crate::render::Renderer;
use crate::service::{Bulletins, Schemes, Standings};
use crate::stored::sha256;
use crate::templates::TemplateFolder;

fn by<T>(who: Caller, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(who));
    request
}

fn viewer() -> Caller {
    caller("viewer", "P9", "", &[Role::Viewer])
}

fn refused<T>(result: Result<T, Status>) -> &'static str {
    reason_of(&result.err().unwrap()).unwrap().as_str()
}

/// A program that answers every job with the file "ok".
fn stand_in(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("worker");
    std::fs::write(&path, "#!/bin/sh\ncat > /dev/null\nprintf '\\000\\000\\000\\004\\012\\002ok'\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn bulletins(world: &World, folder: &Path, program: &Path) -> Bulletins {
    let settings = BulletinSettings {
        agency_words: [("monthly".to_owned(), "安实办通报".to_owned())].into(),
        office: "安化县重点民生实事项目办公室".into(),
        addressees: Vec::new(),
        copies_to: Vec::new(),
        templates: Default::default(),
        brief: Default::default(),
    };
    let files = Files::open(folder.join("files")).await.unwrap();
    let templates = TemplateFolder::new(Path::new(""), settings.agency_words.clone());
    let renderer = Renderer::new(Client::new(program), files, None, settings);
    Bulletins::new(world.service.clone(), renderer, templates)
}

/// A bulletin that is ready to be issued by the chief.
async fn circulated(service: &Bulletins, snapshot: &str, id: &str) -> Bulletin {
    let request_id = || id.to_owned();
    let compose = ComposeBulletinRequest {
        snapshot: snapshot.into(),
        date: "2023-07-02".into(),
        request_id: request_id(),
        kind: "monthly".into(),
    };
    let draft = service.compose_bulletin(by(office(), compose)).await.unwrap().into_inner().bulletin.unwrap();
    let approve = ApproveBulletinRequest { name: draft.name, etag: draft.etag, request_id: request_id() };
    let draft = service.approve_bulletin(by(colleague(), approve)).await.unwrap().into_inner().bulletin.unwrap();
    let agree = CountersignBulletinRequest { name: draft.name, etag: draft.etag, request_id: request_id() };
    let draft = service.countersign_bulletin(by(certifier(), agree)).await.unwrap().into_inner().bulletin.unwrap();
    let circulate = CirculateBulletinRequest {
        name: draft.name,
        etag: draft.etag,
        leaders: vec!["周某某".into()],
        request_id: request_id(),
    };
    service.circulate_bulletin(by(office(), circulate)).await.unwrap().into_inner().bulletin.unwrap()
}

async fn published(world: &mut World) -> String {
    world.close("2023-06").await;
    world.publish(&office(), "2023-06", FigureBasis::Fast).await.unwrap().snapshot.unwrap().name
}

#[tokio::test]
async fn a_failed_issue_keeps_its_number_and_its_repeat_goes_on() {
    let mut world = World::with_june().await;
    let snapshot = published(&mut world).await;
    let folder = tempfile::tempdir().unwrap();
    let failing = bulletins(&world, folder.path(), Path::new("/bin/false")).await;
    let working = bulletins(&world, folder.path(), &stand_in(folder.path())).await;
    let bulletin = circulated(&working, &snapshot, "c1").await;
    let name = bulletin.name.clone();
    let request = IssueBulletinRequest { name: name.clone(), etag: bulletin.etag.clone(), request_id: "i1".into() };
    assert_eq!(refused(failing.issue_bulletin(by(chief(), request.clone())).await), "SERVICE_UNAVAILABLE");
    let get = || GetBulletinRequest { name: name.clone() };
    let kept = failing.get_bulletin(by(office(), get())).await.unwrap().into_inner().bulletin.unwrap();
    assert_eq!((kept.state(), kept.issue_number, kept.files.len()), (BulletinState::Circulated, 1, 0));

    let issued = working.issue_bulletin(by(chief(), request.clone())).await.unwrap().into_inner();
    let receipt = issued.receipt.clone().unwrap();
    let bulletin = issued.bulletin.clone().unwrap();
    assert_eq!(bulletin.document_number, "安实办通报〔2023〕1号");
    assert_eq!(bulletin.files.len(), 3);
    assert!(bulletin.files.iter().all(|file| file.sha256 == sha256(b"ok") && file.size == 2));
    assert_eq!(bulletin.etag, receipt.sequence.to_string());

    let entries = world.entries();
    let again = working.issue_bulletin(by(chief(), request.clone())).await.unwrap().into_inner();
    assert_eq!((again.bulletin, again.receipt.unwrap().sequence), (issued.bulletin, receipt.sequence));
    let other = IssueBulletinRequest { etag: "0".into(), ..request };
    assert_eq!(refused(working.issue_bulletin(by(chief(), other)).await), "REQUEST_ID_REUSED");
    assert_eq!(world.entries(), entries);
}

#[tokio::test]
async fn drafts_are_for_those_who_work_on_them_and_issued_files_for_every_reader() {
    let mut world = World::with_june().await;
    let snapshot = published(&mut world).await;
    let folder = tempfile::tempdir().unwrap();
    let service = bulletins(&world, folder.path(), &stand_in(folder.path())).await;
    let bulletin = circulated(&service, &snapshot, "c1").await;
    circulated(&service, &snapshot, "c2").await;
    let get = || GetBulletinRequest { name: bulletin.name.clone() };
    assert_eq!(refused(service.get_bulletin(by(viewer(), get())).await), "NOT_ALLOWED");
    assert!(service.get_bulletin(by(leader(), get())).await.is_ok());
    assert!(service.get_bulletin(by(certifier(), get())).await.is_ok());
    let download = |format: i32| DownloadBulletinRequest { name: bulletin.name.clone(), format };
    let html = BulletinFormat::Html.into();
    assert_eq!(refused(service.download_bulletin(by(viewer(), download(html))).await), "NOT_ALLOWED");
    let mut draft = service.download_bulletin(by(leader(), download(html))).await.unwrap().into_inner();
    assert_eq!(draft.next().await.unwrap().unwrap().chunk, b"ok");

    let issue =
        IssueBulletinRequest { name: bulletin.name.clone(), etag: bulletin.etag.clone(), request_id: "i".into() };
    assert_eq!(refused(service.issue_bulletin(by(leader(), issue.clone())).await), "NOT_ALLOWED");
    service.issue_bulletin(by(chief(), issue)).await.unwrap();
    let mut stream = service.download_bulletin(by(viewer(), download(html))).await.unwrap().into_inner();
    assert_eq!(stream.next().await.unwrap().unwrap().chunk, b"ok");
    assert!(stream.next().await.is_none());
    for (format, reason) in [(0, "FIELD_REQUIRED"), (7, "FIELD_INVALID")] {
        let answer = service.download_bulletin(by(viewer(), download(format))).await;
        assert_eq!(refused(answer), reason);
    }
    let list = |page_size, page_token: &str| ListBulletinsRequest {
        programme: PROGRAMME.into(),
        page_size,
        page_token: page_token.into(),
    };
    let seen = service.list_bulletins(by(viewer(), list(0, ""))).await.unwrap().into_inner();
    assert_eq!(seen.bulletins.len(), 1);
    let first = service.list_bulletins(by(office(), list(1, ""))).await.unwrap().into_inner();
    assert_eq!(first.bulletins[0].name, format!("{PROGRAMME}/bulletins/2023-06-2"), "newest first");
    let rest = service.list_bulletins(by(office(), list(9, &first.next_page_token))).await.unwrap().into_inner();
    assert_eq!((rest.bulletins[0].name.clone(), rest.next_page_token), (bulletin.name.clone(), String::new()));
    assert_eq!(
        refused(service.list_bulletins(by(viewer(), list(1, &first.next_page_token))).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn previews_are_for_office_and_leader_and_published_standings_for_every_reader() {
    let mut world = World::with_june().await;
    let service = Standings::new(world.service.clone(), Freshness::default());
    let preview = || PreviewStandingRequest {
        programme: PROGRAMME.into(),
        period: "2023-06".into(),
        basis: FigureBasis::Fast.into(),
        scheme: String::new(),
    };
    for other in [viewer(), certifier(), caller("jyj.head", "P5", "jyj", &[Role::Head])] {
        assert_eq!(refused(service.preview_standing(by(other, preview())).await), "NOT_ALLOWED");
    }
    assert!(service.preview_standing(by(leader(), preview())).await.is_ok());
    assert_eq!(refused(service.preview_standing(Request::new(preview())).await), "TOKEN_INVALID");

    let first = published(&mut world).await;
    let corrected = Filed { version: 2, ..Filed::new("3.1", "2023-06", &[("3.1-1", "100", "人")]) };
    let version = world.file(&corrected).await;
    world.pass(&version, &corrected.values).await;
    let request = PublishStandingRequest {
        programme: PROGRAMME.into(),
        period: "2023-06".into(),
        basis: FigureBasis::Fast.into(),
        scheme: String::new(),
        request_id: "p2".into(),
    };
    let second = service.publish_standing(by(office(), request)).await.unwrap().into_inner();
    assert_eq!(second.receipt.unwrap().sequence, second.standing.as_ref().unwrap().sequence);

    let list = |page_token: &str| ListStandingsRequest {
        programme: PROGRAMME.into(),
        page_size: 1,
        page_token: page_token.into(),
    };
    let page = service.list_standings(by(viewer(), list(""))).await.unwrap().into_inner();
    let newest = page.standings[0].snapshot.as_ref().unwrap();
    assert_eq!(newest.name, second.standing.unwrap().snapshot.unwrap().name);
    assert!(newest.indicators.is_empty() && newest.cut.is_some() && newest.scheme.is_some());
    let page = service.list_standings(by(viewer(), list(&page.next_page_token))).await.unwrap().into_inner();
    assert_eq!(
        (page.standings[0].snapshot.as_ref().unwrap().name.as_str(), page.next_page_token.as_str()),
        (first.as_str(), "")
    );
    let whole = service.get_standing(by(viewer(), GetStandingRequest { name: first })).await.unwrap().into_inner();
    assert_eq!(whole.standing.unwrap().snapshot.unwrap().indicators.len(), 6);
    let unknown = GetStandingRequest { name: format!("{PROGRAMME}/snapshots/2023-06-9") };
    assert_eq!(refused(service.get_standing(by(viewer(), unknown)).await), "STANDING_UNKNOWN");
}

#[tokio::test]
async fn schemes_are_read_by_all_and_made_by_the_office() {
    let world = World::new().await;
    let service = Schemes::new(world.service.clone());
    let get = |name: &str, version| GetSchemeRequest { name: name.into(), version };
    let read = service.get_scheme(by(viewer(), get("schemes/default-month", 0))).await.unwrap().into_inner();
    let scheme = minsheng_proto::ranking::v1::Scheme { version: 0, ..read.scheme.unwrap() };
    let create = CreateSchemeRequest { scheme: Some(scheme), request_id: "s".into() };
    assert_eq!(refused(service.create_scheme(by(certifier(), create.clone())).await), "NOT_ALLOWED");
    let made = service.create_scheme(by(office(), create)).await.unwrap().into_inner();
    assert_eq!((made.scheme.unwrap().version, made.receipt.is_some()), (2, true));
    for (name, version, reason) in [
        ("schemes/none", 0, "SCHEME_UNKNOWN"),
        ("schemes/default-month", 9, "SCHEME_UNKNOWN"),
        ("schemes/default-month", -1, "FIELD_INVALID"),
        ("default-month", 0, "FIELD_INVALID"),
    ] {
        assert_eq!(refused(service.get_scheme(by(viewer(), get(name, version))).await), reason);
    }
    let list = ListSchemesRequest { page_size: -1, page_token: String::new() };
    assert_eq!(refused(service.list_schemes(by(viewer(), list)).await), "PAGE_SIZE_INVALID");
    let all = service.list_schemes(by(viewer(), ListSchemesRequest::default())).await.unwrap().into_inner();
    assert_eq!(all.schemes.iter().map(|scheme| scheme.version).collect::<Vec<_>>(), [2, 1, 1, 1, 1]);
}
