//! Duties of a month, articles, and the closing of a month in one order with every submission.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::Caller;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::duty_service_server::DutyService;
use minsheng_proto::reporting::v1::experience_service_server::ExperienceService;
use minsheng_proto::reporting::v1::{
    ClosePeriodRequest, ClosePeriodResponse, Duty, DutyKind, FileArticleRequest, FileArticleResponse,
    ListArticlesRequest, ListDutiesRequest, PeriodClosed, ReportState,
};
use prost::Message;
use tonic::Status;

use super::programme::{PROGRAMME, report_name};
use super::world::*;

async fn article(world: &World, who: &Caller, text: &str) -> Result<FileArticleResponse, Status> {
    let request = FileArticleRequest {
        programme: PROGRAMME.into(),
        period: "2023-06".into(),
        title: "零工市场办到家门口".into(),
        text: text.into(),
        request_id: id(),
    };
    Ok(world.parts.file_article(by(who, request)).await?.into_inner())
}

async fn close(world: &World, who: &Caller) -> Result<ClosePeriodResponse, Status> {
    let request = ClosePeriodRequest { programme: PROGRAMME.into(), period: "2023-06".into(), request_id: id() };
    Ok(world.parts.close_period(by(who, request)).await?.into_inner())
}

async fn duties(world: &World, who: &Caller, unit: &str) -> Result<(Vec<Duty>, bool), Status> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListDutiesRequest {
            programme: PROGRAMME.into(),
            period: "2023-06".into(),
            unit: unit.into(),
            page_size: 3,
            page_token,
        };
        let page = world.parts.list_duties(by(who, request)).await?.into_inner();
        all.extend(page.duties);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok((all, page.closed));
        }
    }
}

#[tokio::test]
async fn who_owes_what_by_when() {
    let world = World::new().await;
    let (own, closed) = duties(&world, &reporter("rsj"), "").await.unwrap();
    let kinds: Vec<(DutyKind, &str)> = own.iter().map(|duty| (duty.kind(), duty.indicator.as_str())).collect();
    assert_eq!(kinds, [(DutyKind::Report, "3.1"), (DutyKind::Report, "3.2"), (DutyKind::Article, "")]);
    assert_eq!((own[0].due_date.as_str(), own[0].unit_name.as_str(), closed), ("2023-06-20", "牵头单位rsj", false));
    assert!(own.iter().all(|duty| !duty.fulfilled && !duty.late));

    world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    world.at("2023-06-21T00:00:00+08:00");
    article(&world, &reporter("rsj"), "晚了一天").await.unwrap();
    let (own, _) = duties(&world, &reporter("rsj"), "rsj").await.unwrap();
    let states: Vec<(bool, bool)> = own.iter().map(|duty| (duty.fulfilled, duty.late)).collect();
    assert_eq!(states, [(true, false), (false, true), (true, true)]);
    assert_eq!(own[0].state(), ReportState::Submitted);
    let (all, _) = duties(&world, &office(), "").await.unwrap();
    assert_eq!(all.len(), 6 + 5);
    assert!(all.iter().find(|duty| duty.indicator == "6.1").unwrap().evidence_required);
    assert!(duties(&world, &reporter("rsj"), "jyj").await.is_err());
}

#[tokio::test]
async fn an_article_is_the_units_own_and_its_first_text_says_whether_it_is_late() {
    let world = World::new().await;
    for (text, reason_of_it) in [("", Reason::ArticleInvalid), ("致电13812345678", Reason::PersonalData)] {
        assert_eq!(reason(&article(&world, &reporter("rsj"), text).await.unwrap_err()), reason_of_it);
    }
    let long = "长".repeat(4_001);
    assert_eq!(reason(&article(&world, &reporter("rsj"), &long).await.unwrap_err()), Reason::ArticleInvalid);
    assert_eq!(reason(&article(&world, &reporter("wjj"), "一").await.unwrap_err()), Reason::NotLeadUnit);
    let first = article(&world, &reporter("rsj"), "一").await.unwrap();
    assert!(first.receipt.is_some());
    world.at("2023-06-25T09:00:00+08:00");
    article(&world, &reporter("rsj"), "二").await.unwrap();
    let request =
        ListArticlesRequest { programme: PROGRAMME.into(), period: "2023-06".into(), ..ListArticlesRequest::default() };
    let listed = world.parts.list_articles(by(&office(), request)).await.unwrap().into_inner().articles;
    assert_eq!((listed.len(), listed[0].text.as_str(), listed[0].unit.as_str()), (1, "二", "rsj"));
    let (own, _) = duties(&world, &reporter("rsj"), "").await.unwrap();
    assert!(own[2].fulfilled && !own[2].late);
}

#[tokio::test]
async fn a_month_is_closed_after_its_deadline_and_takes_nothing_new() {
    let mut world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    article(&world, &reporter("rsj"), "一").await.unwrap();
    assert_eq!(reason(&close(&world, &office()).await.unwrap_err()), Reason::PeriodNotDue);
    world.at("2023-06-21T09:00:00+08:00");
    assert_eq!(reason(&close(&world, &head("rsj")).await.unwrap_err()), Reason::NotAllowed);
    let closed = close(&world, &office()).await.unwrap();
    assert_eq!(closed.missing, ["3.2", "5.1", "6.1", "7.1", "8.1"].map(|code| report_name(code, "2023-06")));
    let entry = world.parts.service.writer.ledger().entry(closed.receipt.unwrap().sequence).await.unwrap().unwrap();
    let event = PeriodClosed::decode(EntryBody::decode(entry.body.as_slice()).unwrap().payload).unwrap();
    assert_eq!(event.articles_missing, ["jtj", "jyj", "mzj", "zjj"]);

    assert_eq!(reason(&close(&world, &office()).await.unwrap_err()), Reason::PeriodClosed);
    let late = world.file(&head("jyj"), "5.1", "2023-06", content(vec![super::filing::milestone("开工")])).await;
    assert_eq!(reason(&late.unwrap_err()), Reason::PeriodClosed);
    assert_eq!(reason(&article(&world, &reporter("jyj"), "一").await.unwrap_err()), Reason::PeriodClosed);
    assert!(duties(&world, &office(), "").await.unwrap().1);
    // What came in time and is returned now may still be mended.
    let returned = minsheng_proto::verification::v1::ReportReturned {
        version: Some(minsheng_proto::verification::v1::VersionReference {
            report: report_name("3.1", "2023-06"),
            version: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    let now = world.now();
    world.verification.entry("case", now, &returned).await;
    let again = world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1700", "人")])).await.unwrap();
    assert!(!again.report.unwrap().late);
}

#[tokio::test]
async fn submissions_that_race_with_the_closing_are_in_it_or_refused() {
    let world = World::new().await;
    world.at("2023-06-21T09:00:00+08:00");
    let office = office();
    let (rsj, jyj, jtj) = (head("rsj"), head("jyj"), head("jtj"));
    let shares = [("430923100", "10"), ("430923101", "5"), ("430923L01", "5")];
    let (first, closed, second, third) = tokio::join!(
        world.file(&rsj, "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])),
        close(&world, &office),
        world.file(&jyj, "5.1", "2023-06", content(vec![super::filing::milestone("开工")])),
        world.file(&jtj, "8.1", "2023-06", content(vec![roads("20", &shares)])),
    );
    let closed = closed.unwrap();
    let order = closed.receipt.as_ref().unwrap().sequence;
    for (code, filed) in [("3.1", first), ("5.1", second), ("8.1", third)] {
        let missing = closed.missing.contains(&report_name(code, "2023-06"));
        match filed {
            Ok(answer) => assert!(!missing && answer.receipt.unwrap().sequence < order, "{code}"),
            Err(status) => assert!(missing && reason(&status) == Reason::PeriodClosed, "{code}"),
        }
    }
}
