//! Accounts: who may make and change them, and what they may be.

use minsheng_kit::error::Reason;
use minsheng_proto::identity::v1::*;
use tonic::{Code, Status};

use crate::house::{ADMIN, Door, House, create, reason};
use crate::sessions::update;

async fn get(admin: &Door, id: &str) -> Account {
    let request = GetAccountRequest { name: format!("accounts/{id}") };
    let mut account = admin.accounts().get_account(request).await.unwrap().into_inner().account.unwrap();
    account.create_time = None;
    account
}

fn field(status: &Status) -> String {
    use tonic_types::StatusExt;
    let details = status.get_error_details();
    details.bad_request().map(|request| request.field_violations[0].field.clone()).unwrap_or_default()
}

#[tokio::test]
async fn made_once_read_and_listed_by_pages() {
    let house = House::open().await;
    let admin = house.admin().await;
    let request = create("jyj.tb", "jyj", &[Role::Reporter, Role::Reviewer]);
    let made = admin.accounts().create_account(request.clone()).await.unwrap().into_inner();
    let receipt = made.receipt.clone().unwrap();
    assert_eq!(receipt.origin, "minsheng/430923/gateway");
    assert_eq!(made.account.as_ref().unwrap().etag, receipt.sequence.to_string());
    let again = admin.accounts().create_account(request.clone()).await.unwrap().into_inner();
    assert_eq!((again.account.clone(), again.receipt.unwrap().sequence), (made.account.clone(), receipt.sequence));
    let mut other = request.clone();
    other.password = "quite another 55!".into();
    let reused = admin.accounts().create_account(other).await.unwrap_err();
    assert_eq!(reason(&reused), Reason::RequestIdReused, "the password is part of the request");
    let mut taken = request;
    taken.request_id = "r2".into();
    let taken = admin.accounts().create_account(taken).await.unwrap_err();
    assert_eq!((taken.code(), reason(&taken)), (Code::AlreadyExists, Reason::AccountExists));

    for number in 0..8 {
        admin.accounts().create_account(create(&format!("viewer-{number}"), "", &[Role::Viewer])).await.unwrap();
    }
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListAccountsRequest { page_size: 4, page_token };
        let page = admin.accounts().list_accounts(request).await.unwrap().into_inner();
        assert!(page.accounts.len() <= 4);
        names.extend(page.accounts.into_iter().map(|account| account.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((names.len(), &names), (10, &sorted));
    let bad = ListAccountsRequest { page_size: -1, page_token: String::new() };
    assert_eq!(reason(&admin.accounts().list_accounts(bad).await.unwrap_err()), Reason::PageSizeInvalid);
    house.close().await;
}

#[tokio::test]
async fn changed_field_by_field_and_never_over_another_change() {
    let house = House::open().await;
    let admin = house.admin().await;
    admin.accounts().create_account(create("jyj.tb", "jyj", &[Role::Reporter])).await.unwrap();
    let before = get(&admin, "jyj.tb").await;
    let wanted = Account { display_name: "改名".into(), unit: "wjj".into(), person: "P9".into(), ..before.clone() };
    let answer = admin.accounts().update_account(update(&wanted, &["display_name"])).await.unwrap().into_inner();
    let after = get(&admin, "jyj.tb").await;
    assert_eq!((after.display_name.as_str(), after.unit.as_str()), ("改名", "jyj"), "only what the mask names");
    assert_eq!(after.person, before.person);
    assert_eq!(after.etag, answer.receipt.unwrap().sequence.to_string());

    let stale = admin.accounts().update_account(update(&wanted, &["unit"])).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale)), (Code::Aborted, Reason::EtagMismatch));
    let refused = async |account: Account, paths: &[&str]| {
        let status = admin.accounts().update_account(update(&account, paths)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        field(&status)
    };
    assert_eq!(refused(after.clone(), &["person"]).await, "update_mask.paths[0]");
    assert_eq!(refused(after.clone(), &["unit", "*"]).await, "update_mask.paths[1]");
    assert_eq!(refused(after.clone(), &[]).await, "update_mask");
    assert_eq!(refused(Account { etag: String::new(), ..after.clone() }, &["unit"]).await, "account.etag");
    assert_eq!(refused(Account { unit: String::new(), ..after.clone() }, &["unit"]).await, "account.unit");
    assert_eq!(refused(Account { roles: vec![77], ..after.clone() }, &["roles"]).await, "account.roles[0]");
    let made = Account { create_time: Some(prost_types::Timestamp::default()), ..after.clone() };
    assert_eq!(refused(made, &["unit"]).await, "account.create_time");
    let unknown = Account { name: "accounts/nobody".into(), ..after.clone() };
    let status = admin.accounts().update_account(update(&unknown, &["unit"])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, Reason::AccountUnknown));

    let mut weak = update(&after, &[]);
    weak.new_password = "short".into();
    assert_eq!(reason(&admin.accounts().update_account(weak).await.unwrap_err()), Reason::PasswordWeak);
    let mut reset = update(&after, &[]);
    reset.new_password = "8%Tz!w3LqPn5".into();
    admin.accounts().update_account(reset).await.unwrap();
    house.door().log_in("jyj.tb", "8%Tz!w3LqPn5").await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn only_the_security_administrator_and_nobody_for_oneself() {
    let house = House::open().await;
    let admin = house.admin().await;
    for (id, unit, role) in [
        ("head", "jyj", Role::Head),
        ("office", "ssb", Role::Office),
        ("system", "", Role::SystemAdmin),
        ("auditor", "", Role::AuditAdmin),
    ] {
        let door = house.account(&admin, id, unit, &[role]).await;
        let status = door.accounts().create_account(create("friend", "", &[Role::Viewer])).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, Reason::NotAllowed), "{id}");
        let status = door.accounts().update_account(update(&get(&admin, "head").await, &["roles"])).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{id}");
        assert_eq!(
            door.accounts().list_accounts(ListAccountsRequest::default()).await.unwrap_err().code(),
            Code::PermissionDenied
        );
    }
    let own = get(&admin, ADMIN).await;
    let status = admin.accounts().update_account(update(&own, &["display_name"])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, Reason::SamePerson));
    let mut second = create("second", "", &[Role::Office]);
    second.account.as_mut().unwrap().person = own.person;
    let status = admin.accounts().create_account(second).await.unwrap_err();
    assert_eq!(reason(&status), Reason::SamePerson, "nor by a second account");
    house.close().await;
}

#[tokio::test]
async fn administrators_are_kept_apart_by_person() {
    let house = House::open().await;
    let admin = house.admin().await;
    let both = admin.accounts().create_account(create("both", "", &[Role::SystemAdmin, Role::AuditAdmin])).await;
    assert_eq!(field(&both.unwrap_err()), "account.roles");
    admin.accounts().create_account(create("system", "", &[Role::SystemAdmin])).await.unwrap();
    let mut second = create("second", "ssb", &[Role::Office]);
    second.account.as_mut().unwrap().person = "person-system".into();
    let status = admin.accounts().create_account(second.clone()).await.unwrap_err();
    assert_eq!(field(&status), "account.roles");
    second.account.as_mut().unwrap().disabled = true;
    second.request_id = "disabled".into();
    admin.accounts().create_account(second).await.unwrap();
    let account = Account { disabled: false, ..get(&admin, "second").await };
    let status = admin.accounts().update_account(update(&account, &["disabled"])).await.unwrap_err();
    assert_eq!(field(&status), "account.roles", "nor by switching it on later");
    house.close().await;
}

#[tokio::test]
async fn of_two_security_administrators_one_remains() {
    let house = House::open().await;
    let first = house.admin().await;
    let second = house.account(&first, "second", "", &[Role::SecurityAdmin]).await;
    let off = async |by: &Door, id: &str| {
        let account = Account { disabled: true, ..get(by, id).await };
        update(&account, &["disabled"])
    };
    let (first_off, second_off) = (off(&second, ADMIN).await, off(&first, "second").await);
    let (mut by_first, mut by_second) = (first.accounts(), second.accounts());
    let (one, two) = tokio::join!(by_first.update_account(second_off), by_second.update_account(first_off));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    house.close().await;
}
