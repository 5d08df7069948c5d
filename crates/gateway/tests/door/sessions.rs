//! A session's life, and how soon its end is felt.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use minsheng_kit::error::Reason;
use minsheng_proto::identity::v1::*;
use minsheng_proto::ledger::v1::WatchRequest;
use minsheng_proto::reporting::v1::DownloadEvidenceRequest;
use prost_types::FieldMask;
use tonic::Code;

use crate::house::{House, PASSWORD, create, reason, within};

const SOON: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn from_logging_in_to_logging_out() {
    let house = House::open().await;
    let admin = house.admin().await;
    admin.accounts().create_account(create("jyj.tb", "jyj", &[Role::Reporter])).await.unwrap();
    let session = house.door().log_in("jyj.tb", PASSWORD).await.unwrap();
    assert!(session.token.len() >= 43, "256 bits");
    let door = house.door().with(&session.token);
    let mine = door.sessions().get_session(GetSessionRequest {}).await.unwrap().into_inner();
    assert_eq!(mine.account, session.account);
    assert_eq!(mine.expire_time, session.expire_time);
    let account = mine.account.unwrap();
    assert_eq!((account.unit.as_str(), account.roles), ("jyj", vec![i32::from(Role::Reporter)]));
    door.list("").await.unwrap();
    let (caller, _) = house.seen.last();
    assert_eq!(
        (caller.account.as_str(), caller.person.as_str(), caller.unit.as_str()),
        ("jyj.tb", "person-jyj.tb", "jyj")
    );

    let before = house.seen.count();
    door.sessions().log_out(LogOutRequest {}).await.unwrap();
    let refused = door.list("").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::Unauthenticated, Reason::TokenInvalid));
    assert_eq!(house.seen.count(), before, "nothing is passed on");
    assert!(house.door().log_in("jyj.tb", PASSWORD).await.is_ok());
    house.close().await;
}

#[tokio::test]
async fn it_ends_by_itself_unused_or_old() {
    let house = House::open().await;
    let admin = house.admin().await;
    let door = house.account(&admin, "viewer", "", &[Role::Viewer]).await;
    for _ in 0..11 {
        house.clock.advance(SignedDuration::from_mins(64));
        door.list("").await.unwrap();
    }
    house.clock.advance(SignedDuration::from_mins(17));
    assert_eq!(reason(&door.list("").await.unwrap_err()), Reason::TokenInvalid, "12 hours");
    let door = house.door().with(&house.door().log_in("viewer", PASSWORD).await.unwrap().token);
    house.clock.advance(SignedDuration::from_mins(119));
    door.list("").await.unwrap();
    house.clock.advance(SignedDuration::from_mins(121));
    assert_eq!(reason(&door.list("").await.unwrap_err()), Reason::TokenInvalid, "2 hours without a call");
    house.close().await;
}

#[tokio::test]
async fn one_account_has_a_bounded_number_of_sessions() {
    let house = House::open_with(|settings| settings.own.session.per_account = 3).await;
    let admin = house.admin().await;
    let mut doors = vec![house.account(&admin, "viewer", "", &[Role::Viewer]).await];
    for _ in 0..3 {
        house.clock.advance(SignedDuration::from_secs(1));
        doors.push(house.door().with(&house.door().log_in("viewer", PASSWORD).await.unwrap().token));
    }
    let oldest = doors.remove(0);
    within(SOON, "the oldest session ends", || async { oldest.list("").await.is_err() }).await;
    for door in doors {
        door.list("").await.unwrap();
    }
    house.close().await;
}

/// A4.
#[tokio::test]
async fn who_is_switched_off_or_loses_a_post_is_refused_within_a_second() {
    let house = House::open().await;
    let admin = house.admin().await;
    let office = house.account(&admin, "ssb.zr", "ssb", &[Role::Office, Role::Viewer]).await;
    office.list("office").await.unwrap();
    let mut stream = office.evidence().download_evidence(endless()).await.unwrap().into_inner();
    for _ in 0..3 {
        stream.message().await.unwrap().unwrap();
    }
    let account = admin.accounts().get_account(GetAccountRequest { name: "accounts/ssb.zr".into() }).await.unwrap();
    let mut account = account.into_inner().account.unwrap();
    account.create_time = None;
    account.roles = vec![Role::Viewer.into()];
    let changed = admin.accounts().update_account(update(&account, &["roles"])).await.unwrap().into_inner();
    let started = Instant::now();
    let refused = office.list("office").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, Reason::NotAllowed));
    office.list("").await.unwrap();
    let ended = stream.message().await.unwrap_err();
    assert_eq!(reason(&ended), Reason::NotAllowed, "the post that the stream was opened with is lost");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());

    let mut stream = office.evidence().download_evidence(endless()).await.unwrap().into_inner();
    for _ in 0..3 {
        stream.message().await.unwrap().unwrap();
    }
    let mut account = changed.account.unwrap();
    account.create_time = None;
    account.disabled = true;
    admin.accounts().update_account(update(&account, &["disabled"])).await.unwrap();
    let started = Instant::now();
    assert_eq!(reason(&office.list("").await.unwrap_err()), Reason::TokenInvalid);
    assert_eq!(reason(&stream.message().await.unwrap_err()), Reason::TokenInvalid);
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(reason(&house.door().log_in("ssb.zr", PASSWORD).await.unwrap_err()), Reason::CredentialsInvalid);
    house.close().await;
}

/// A4: another replica's change is felt as soon.
#[tokio::test]
async fn what_another_replica_wrote_is_felt_within_a_second() {
    let house = House::open().await;
    let admin = house.admin().await;
    let auditor = house.account(&admin, "auditor", "", &[Role::AuditAdmin]).await;
    let watch = WatchRequest { ledger: "gateway".into(), after: 0 };
    let mut stream = auditor.ledger().watch(watch).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    let caller = {
        let session = auditor.sessions().get_session(GetSessionRequest {}).await.unwrap().into_inner();
        let id = session.account.unwrap().name.replace("accounts/", "");
        assert_eq!(id, "auditor");
        id
    };
    // Straight into the database, as a replica would: this process's memory is not told.
    let connection = house.service.database.reader();
    let statement = format!("UPDATE session SET ended = 1 WHERE account = '{caller}'");
    use sea_orm::ConnectionTrait;
    connection.execute_unprepared(&statement).await.unwrap();
    let started = Instant::now();
    within(SOON, "calls are refused", || async { auditor.sessions().get_session(GetSessionRequest {}).await.is_err() })
        .await;
    loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => {
                assert_eq!(reason(&status), Reason::TokenInvalid);
                break;
            }
        }
    }
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    house.close().await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let house = House::open().await;
    let admin = house.admin().await;
    let here = house.account(&admin, "viewer", "", &[Role::Viewer]).await;
    let there = house.door().with(&house.door().log_in("viewer", PASSWORD).await.unwrap().token);
    let change = |old: &str, new: &str| ChangePasswordRequest { old_password: old.into(), new_password: new.into() };
    let wrong = here.sessions().change_password(change("not mine at all", "8%Tz!w3LqPn5")).await.unwrap_err();
    assert_eq!((wrong.code(), reason(&wrong)), (Code::Unauthenticated, Reason::CredentialsInvalid));
    for weak in ["short", "aaaaaaaaaaaaaaaa", PASSWORD] {
        let weak = here.sessions().change_password(change(PASSWORD, weak)).await.unwrap_err();
        assert_eq!((weak.code(), reason(&weak)), (Code::InvalidArgument, Reason::PasswordWeak));
    }
    here.sessions().change_password(change(PASSWORD, "8%Tz!w3LqPn5")).await.unwrap();
    here.list("").await.unwrap();
    assert_eq!(reason(&there.list("").await.unwrap_err()), Reason::TokenInvalid);
    assert_eq!(reason(&house.door().log_in("viewer", PASSWORD).await.unwrap_err()), Reason::CredentialsInvalid);
    house.door().log_in("viewer", "8%Tz!w3LqPn5").await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn the_first_account_has_a_password_that_only_its_file_knows() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open_with(|settings| settings.own.bootstrap.password.clear()).await;
    let file = house.folder.path().join("first-password");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let password = std::fs::read_to_string(&file).unwrap();
    let session = house.door().log_in("security-admin", password.trim()).await.unwrap();
    assert_eq!(session.account.unwrap().roles, [i32::from(Role::SecurityAdmin)]);
    house.close().await;
}

pub fn update(account: &Account, paths: &[&str]) -> UpdateAccountRequest {
    UpdateAccountRequest {
        account: Some(account.clone()),
        update_mask: Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
        new_password: String::new(),
        request_id: format!("update-{}-{}-{}", account.name, account.etag, paths.join("+")),
    }
}

fn endless() -> DownloadEvidenceRequest {
    DownloadEvidenceRequest { sha256: b"endless".to_vec() }
}
