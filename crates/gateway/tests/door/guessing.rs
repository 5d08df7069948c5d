//! A3: passwords are guessed by the thousand, and the owner still comes in.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use minsheng_kit::error::Reason;
use minsheng_proto::identity::v1::{AuditEvent, Role};
use tonic::Code;

use crate::house::{Door, House, PASSWORD, create, reason, within};

/// Guesses, sixteen at a time; how many passwords were really tried.
async fn guess(door: &Door, accounts: impl Iterator<Item = String>) -> usize {
    let guesses = accounts.enumerate().map(|(number, account)| {
        let door = door.clone();
        async move { door.log_in(&account, &format!("guess number {number}")).await.unwrap_err() }
    });
    let refused: Vec<_> = futures_util::stream::iter(guesses).buffer_unordered(16).collect().await;
    for status in &refused {
        let expected = match status.code() {
            Code::Unauthenticated => Reason::CredentialsInvalid,
            _ => Reason::LoginThrottled,
        };
        assert_eq!(reason(status), expected);
    }
    refused.iter().filter(|status| status.code() == Code::Unauthenticated).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_guesses_at_one_account() {
    let house = House::open().await;
    let admin = house.admin().await;
    house.account(&admin, "jyj.head", "jyj", &[Role::Head]).await;
    house.account(&admin, "auditor", "", &[Role::AuditAdmin]).await;
    let entries = *house.service.writer.size().borrow();
    let started = Instant::now();
    let mut tried = 0;
    for source in 2..12 {
        let door = house.door_from(&format!("127.0.0.{source}"));
        tried += guess(&door, (0..1_000).map(|_| "jyj.head".to_owned())).await;
    }
    let allowed = 20 + 4 + started.elapsed().as_secs() / 30;
    assert!(tried as u64 <= allowed, "{tried} guesses were tried, {allowed} are allowed");
    house.door().log_in("jyj.head", PASSWORD).await.expect("the owner, from where it logged in before");
    let auditor = house.door().log_in("auditor", PASSWORD).await.unwrap();
    let auditor = house.door().with(&auditor.token);
    let about = |event: &AuditEvent| event.event == "LOGIN_REFUSED" && event.account == "jyj.head";
    within(Duration::from_secs(10), "the guesses are audited", || async {
        auditor.audit_events().await.iter().any(|event| about(event) && event.reason == "LOGIN_THROTTLED")
    })
    .await;
    let events = auditor.audit_events().await;
    assert!(
        events.iter().any(|event| about(event) && event.reason == "CREDENTIALS_INVALID" && event.source == "127.0.0.2")
    );
    assert!(*house.service.writer.size().borrow() - entries < 100, "not an entry a guess");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_guesses_across_accounts() {
    let house = House::open().await;
    let admin = house.admin().await;
    house.account(&admin, "jyj.head", "jyj", &[Role::Head]).await;
    let started = Instant::now();
    let door = house.door_from("127.0.0.9");
    let tried = guess(&door, (0..10_000).map(|number| format!("unit-{number}.head"))).await;
    let allowed = 30 + 4 + started.elapsed().as_secs() / 5;
    assert!(tried as u64 <= allowed, "{tried} guesses were tried, {allowed} are allowed");
    house.door().log_in("jyj.head", PASSWORD).await.unwrap();
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_owners_own_source_a_known_device_still_comes_in() {
    let house = House::open().await;
    let admin = house.admin().await;
    let mine = house.account(&admin, "jyj.head", "jyj", &[Role::Head]).await;
    assert!(guess(&house.door(), (0..500).map(|_| "jyj.head".to_owned())).await <= 10);
    assert_eq!(reason(&house.door().log_in("jyj.head", PASSWORD).await.unwrap_err()), Reason::LoginThrottled);
    mine.log_in("jyj.head", PASSWORD).await.expect("with the token that the device got before");
    house.close().await;
}

#[tokio::test]
async fn every_wrong_log_in_has_the_same_answer() {
    let house = House::open().await;
    let admin = house.admin().await;
    admin.accounts().create_account(create("jyj.head", "jyj", &[Role::Head])).await.unwrap();
    let mut disabled = create("gone.head", "jyj", &[Role::Head]);
    disabled.account.as_mut().unwrap().disabled = true;
    admin.accounts().create_account(disabled).await.unwrap();
    let mut answers = Vec::new();
    for (account, password) in [
        ("jyj.head", "wrong"),
        ("gone.head", PASSWORD),
        ("nobody", PASSWORD),
        ("", ""),
        ("' OR 1=1 --", PASSWORD),
        ("JYJ.HEAD", PASSWORD),
    ] {
        let status = house.door().log_in(account, password).await.unwrap_err();
        assert_eq!(reason(&status), Reason::CredentialsInvalid, "{account}");
        answers.push((status.code(), status.message().to_owned(), status.details().to_vec()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    house.close().await;
}
