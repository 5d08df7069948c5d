//! The promises of a refusal: one page a reason, everything readable by a foreign client, never too large for headers.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use sea_orm::DbErr;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::*;

#[test]
fn every_reason_has_a_page_and_every_page_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/guide/errors");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let reasons: BTreeSet<String> = Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect();
    assert_eq!(pages, reasons);
}

#[test]
fn every_reason_that_the_contract_names_exists() {
    // Reasons stand in the comments in brackets behind a code: "NOT_FOUND (REPORT_UNKNOWN)".
    let comments = minsheng_proto::DESCRIPTORS.services().filter_map(|service| {
        let path = service.path().to_vec();
        let file = service.parent_file().file_descriptor_proto().clone();
        let info = file.source_code_info?;
        info.location.into_iter().find(|location| location.path == path)?.leading_comments
    });
    let mut named = 0;
    for comment in comments {
        for bracket in comment.split('(').skip(1).filter_map(|rest| rest.split(')').next()) {
            for word in bracket.split([',', ' ']).filter(|word| word.contains('_') && *word == word.to_uppercase()) {
                assert!(Reason::parse(word).is_some(), "{word} is not in the table");
                named += 1;
            }
        }
    }
    assert!(named > 30, "only {named} reasons found in the comments");
}

#[test]
fn a_refusal_reaches_the_client_whole() {
    let refusal = Refusal::new(Reason::QuantityInvalid)
        .because("数值须为最多两位小数", "at most two decimals")
        .field("content.values[0].value.quantity.value", "“1.234”有三位小数", "\"1.234\" has three decimals")
        .with("measure", "3.2-2");
    let status = Status::from(refusal);
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(reason_of(&status), Some(Reason::QuantityInvalid));
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["measure"], "3.2-2");
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.field, "content.values[0].value.quantity.value");
    assert!(violation.description.contains("三位小数") && violation.description.contains("three decimals"));
    let locales: Vec<String> = status
        .get_error_details_vec()
        .into_iter()
        .filter_map(|detail| match detail {
            tonic_types::ErrorDetail::LocalizedMessage(message) => Some(message.locale),
            _ => None,
        })
        .collect();
    assert_eq!(locales, ["zh-CN", "en"]);
}

#[test]
fn a_status_never_outgrows_the_headers() {
    let long = "很长的一句话".repeat(500);
    let mut refusal = Refusal::new(Reason::ReportInvalid).because(long.clone(), long.clone());
    for row in 0..1000 {
        refusal =
            refusal.field(format!("rows[{row}].value"), long.clone(), long.clone()).with(format!("k{row}"), &long);
    }
    let rows = refusal.row("r1");
    assert_eq!(rows.violations.len(), 1000);
    let mut headers = http::HeaderMap::new();
    Status::from(refusal).add_header(&mut headers).unwrap();
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(size < 16 * 1024, "{size} bytes of headers");

    let mut many = Refusal::new(Reason::ReportInvalid);
    for row in 0..30 {
        many = many.field(format!("rows[{row}]"), "有误", "is wrong");
    }
    let details = Status::from(many).get_error_details();
    assert_eq!(details.bad_request().unwrap().field_violations.len(), 20);
    assert_eq!(details.error_info().unwrap().metadata["violations_total"], "30");
}

#[test]
fn the_drivers_words_stay_inside() {
    let secret = "no such table: accounts at /var/lib/secret.db";
    let refusal = Refusal::from(DbErr::Custom(secret.to_owned()));
    assert_eq!(refusal.reason, Reason::Internal);
    assert!(!format!("{refusal:?}").contains("secret"));
    let status = Status::from(Refusal::from(DbErr::Conn(sea_orm::RuntimeErr::Internal(secret.to_owned()))));
    assert_eq!(reason_of(&status), Some(Reason::StorageUnavailable));
    assert!(!format!("{status:?}").contains("secret"));
}
