//! Mandates from a parent's catalogue to a lower tier's.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, Role};
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::store::Wants;
use minsheng_kit::witness::{proven, verify_proven};
use minsheng_kit::writer::{Call, Command, Context};
use minsheng_proto::catalogue::v1::{
    DivisionsImported, ImportDivisionsRequest, ListMandatesRequest, ListMandatesResponse, ListProgrammesRequest,
    ResolveMandateAlarmRequest,
};
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::tier::v1::{
    ListMandateEntriesRequest, MandateFeedReset, MandatedIndicator, MandatesGiven, MandatesReceived, MandatesStopped,
    Unread,
};
use minsheng_testkit::Backend;
use prost::{Message, Name};

use crate::house::{ANHUA, House, anhua, divisions, office, refused, viewer};
use crate::line::{
    JOBS, amend, answering, child, child_on, list, office_above, parent, parent_on, recorded, told, until, yiyang,
};

#[tokio::test]
async fn what_is_given_above_is_received_below_and_the_own_programme_held_against_it() {
    let (parent, _) = parent(yiyang("5200", "3800")).await;
    let (child, line, _guard) = child().await;
    assert_eq!(told(&child, answering("5000"), "alone").await, [], "no parent is known yet");
    line.lead_to(&parent);
    let seen = until(&child, "one mandate", |seen| seen.mandates.len() == 1).await;
    let mandate = &seen.mandates[0];
    let definition = mandate.definition.as_ref().unwrap();
    assert_eq!((mandate.measure.as_str(), definition.target.as_str(), definition.unit.as_str()), (JOBS, "5200", "人"));
    assert_eq!(mandate.source.as_ref().unwrap().document_number, "益办发电〔2023〕22号");
    assert_eq!((mandate.origin.as_str(), mandate.programme_version), ("minsheng/430900/catalogue", 1));
    assert!(seen.alarm.is_none() && seen.findings.is_empty());

    // The bytes are the parent's, proven by its key alone.
    let received = recorded::<MandatesReceived>(&child).await;
    assert_eq!((received.len(), received[0].1.unread()), (1, Unread::Unspecified));
    let proven = received[0].1.entry.as_ref().unwrap();
    let above = parent.service.writer.ledger();
    assert_eq!(proven.body, above.entry(mandate.sequence).await.unwrap().unwrap().body);
    let entry = verify_proven(proven, &LedgerVerifier::new(above.verifier_key()).unwrap()).unwrap();
    assert_eq!(entry.subject, "divisions/430923");
    assert_eq!(entry.payload::<MandatesGiven>().unwrap().indicators.len(), 1);

    let unanswered = told(&child, anhua(), "none").await;
    assert_eq!(
        unanswered,
        [("MANDATE_UNANSWERED".to_owned(), "上级任务“城镇新增就业”（5200人）没有指标回答".to_owned())]
    );
    let codes = |told: Vec<(String, String)>| told.into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes(told(&child, answering("5200"), "less").await), ["MANDATE_LESS_THAN_ASKED"]);
    assert_eq!(codes(told(&child, answering("5000"), "old").await), ["MANDATE_OUTDATED", "MANDATE_LESS_THAN_ASKED"]);
    let seen = until(&child, "an answer, to the office", |_| true).await;
    assert!(seen.mandates[0].answers.is_empty(), "a draft is not shown to everybody");
    let request = ListMandatesRequest { programme: ANHUA.into() };
    let drafted = child.mandate_query(office()).list_mandates(request).await.unwrap().into_inner();
    let answer = &drafted.mandates[0].answers[0];
    assert_eq!((answer.indicator.as_str(), answer.measure.as_str()), ("3.1", "3.1-1"));
    assert_eq!(answer.target.as_ref().unwrap().value, "5000");
}

#[tokio::test]
async fn each_tier_reads_its_own_and_nobody_else_reads_any() {
    let (parent, _) = parent(yiyang("5200", "3800")).await;
    let ask = |caller: Caller, after: Option<u64>| {
        let mut mandates = parent.mandates(caller);
        async move { mandates.list_mandate_entries(ListMandateEntriesRequest { after, page_size: 0 }).await }
    };
    for (division, indicators) in [("430923", 1), ("430922", 2)] {
        let answer = ask(Caller::tier(division), None).await.unwrap().into_inner();
        let verifier = LedgerVerifier::new(&answer.verifier_key).unwrap();
        let entries: Vec<MandatesGiven> =
            answer.entries.iter().map(|entry| verify_proven(entry, &verifier).unwrap().payload().unwrap()).collect();
        assert_eq!((entries.len(), answer.more), (1, false));
        assert_eq!((entries[0].division.as_str(), entries[0].indicators.len()), (division, indicators));
        assert_eq!(entries[0].previous, None);
    }
    for division in ["430981", "430900", "430902", ""] {
        assert!(ask(Caller::tier(division), None).await.unwrap().into_inner().entries.is_empty(), "{division}");
    }
    for caller in [office_above(), viewer()] {
        assert_eq!(refused(ask(caller, None).await).0, Reason::NotAllowed);
    }
    let mut tier = parent.programmes(Caller::tier("430923"));
    let request = ListProgrammesRequest::default();
    assert_eq!(refused(tier.list_programmes(request).await).0, Reason::NotAllowed);
}

#[tokio::test]
async fn amendments_follow_one_another_and_a_withdrawn_mandate_is_gone() {
    amendments(Backend::Sqlite).await;
}

#[tokio::test]
async fn the_same_on_postgresql() {
    amendments(Backend::Postgres).await;
}

async fn amendments(backend: Backend) {
    let (parent, etag) = parent_on(backend, yiyang("5200", "3800")).await;
    let (child, line, _guard) = child_on(backend).await;
    line.lead_to(&parent);
    until(&child, "the first", |seen| seen.mandates.len() == 1).await;
    let etag = amend(&parent, yiyang("5100", "3800"), &etag).await;
    until(&child, "the second", |seen| seen.mandates.first().is_some_and(|it| it.programme_version == 2)).await;
    // What is the same for a tier is not given again.
    let mut retitled = yiyang("5100", "3800");
    retitled.projects[0].title.push('。');
    let etag = amend(&parent, retitled.clone(), &etag).await;
    let given = recorded::<MandatesGiven>(&parent).await;
    assert_eq!(given.iter().filter(|(_, given)| given.division == "430923").count(), 2);
    assert_eq!(given.iter().filter(|(_, given)| given.division == "430922").count(), 1, "nothing changed for it");
    let mut without = retitled;
    without.allocation_table.as_mut().unwrap().rows[0].mandate = false;
    amend(&parent, without, &etag).await;
    until(&child, "none", |seen| seen.mandates.is_empty() && !seen.feeds.is_empty()).await;
    let given = recorded::<MandatesGiven>(&parent).await;
    let own: Vec<_> = given.iter().filter(|(_, given)| given.division == "430923").collect();
    assert_eq!(own.len(), 3);
    assert!(own[2].1.indicators.is_empty());
    for pair in own.windows(2) {
        assert_eq!(pair[1].1.previous, Some(pair[0].0.sequence));
    }
    assert_eq!(told(&child, answering("5000"), "late").await[0].0, "MANDATE_NOT_RECEIVED");
}

#[tokio::test]
async fn a_withheld_entry_is_noticed_and_nothing_is_taken_before_it_is_there() {
    let (parent, etag) = parent(yiyang("5200", "3800")).await;
    let etag = amend(&parent, yiyang("5100", "3800"), &etag).await;
    amend(&parent, yiyang("5000", "3800"), &etag).await;
    let (child, line, _guard) = child().await;
    line.change(|answer| {
        if answer.entries.len() == 3 {
            answer.entries.remove(1);
        }
    });
    line.lead_to(&parent);
    let seen = until(&child, "an alarm", |seen| seen.alarm.is_some()).await;
    assert_eq!(seen.alarm.as_ref().unwrap().code, "MANDATE_WITHHELD");
    assert!(seen.alarm.unwrap().message.contains("没有给到"));
    assert!(seen.mandates.is_empty() && seen.feeds.is_empty());
    line.change_nothing();
    let seen = until(&child, "all three", |seen| seen.mandates.len() == 1 && seen.alarm.is_none()).await;
    assert_eq!(seen.mandates[0].programme_version, 3);
    assert_eq!(recorded::<MandatesReceived>(&child).await.len(), 3);
    let told = recorded::<MandatesStopped>(&child).await;
    assert_eq!(told.iter().map(|(_, told)| told.alarm.as_str()).collect::<Vec<_>>(), ["MANDATE_WITHHELD", ""]);
}

#[tokio::test]
async fn another_key_for_the_same_ledger_is_refused() {
    let (first, _) = parent(yiyang("5200", "3800")).await;
    let (second, _) = parent(yiyang("9000", "3800")).await;
    let (child, line, _guard) = child().await;
    line.lead_to(&first);
    until(&child, "the first", |seen| seen.mandates.len() == 1).await;
    line.lead_to(&second);
    let seen = until(&child, "an alarm", |seen| seen.alarm.is_some()).await;
    assert_eq!(seen.alarm.unwrap().code, "LEDGER_KEY_CHANGED");
    assert_eq!(seen.mandates[0].definition.as_ref().unwrap().target, "5200");
    assert_eq!(seen.feeds[0].verifier_key, first.service.writer.ledger().verifier_key());
    line.lead_to(&first);
    until(&child, "peace", |seen| seen.alarm.is_none()).await;
}

#[tokio::test]
async fn after_an_alarm_the_security_administrator_has_it_begin_afresh() {
    let (first, _) = parent(yiyang("5200", "3800")).await;
    let (second, _) = parent(yiyang("9000", "3800")).await;
    let (child, line, _guard) = child().await;
    line.lead_to(&first);
    until(&child, "the first", |seen| seen.mandates.len() == 1).await;
    let request = |alarm: &str, id: &str| ResolveMandateAlarmRequest {
        origin: "minsheng/430900/catalogue".into(),
        alarm: alarm.into(),
        reason: "市级重建了系统，电话核实".into(),
        request_id: id.into(),
    };
    let security = || minsheng_testkit::caller("security", "P8", "", &[Role::SecurityAdmin]);
    let resolve = async |caller: Caller, request: ResolveMandateAlarmRequest| {
        child.mandate_alarms(caller).resolve_mandate_alarm(request).await
    };
    let early = resolve(security(), request("LEDGER_KEY_CHANGED", "a")).await;
    assert_eq!(refused(early).0, Reason::AlarmUnknown);
    line.lead_to(&second);
    until(&child, "an alarm", |seen| seen.alarm.is_some()).await;
    assert_eq!(refused(resolve(office(), request("LEDGER_KEY_CHANGED", "b")).await).0, Reason::NotAllowed);
    assert_eq!(refused(resolve(security(), request("MANDATE_WITHHELD", "c")).await).0, Reason::AlarmMoved);
    let receipt = resolve(security(), request("LEDGER_KEY_CHANGED", "d")).await.unwrap().into_inner().receipt;
    assert!(receipt.is_some());
    let target = |seen: &ListMandatesResponse| seen.mandates[0].definition.as_ref().unwrap().target.clone();
    let seen = until(&child, "the second's", |seen| target(seen) == "9000").await;
    assert!(seen.alarm.is_none());
    assert_eq!(seen.feeds[0].verifier_key, second.service.writer.ledger().verifier_key());
    let reset = recorded::<MandateFeedReset>(&child).await;
    assert_eq!(reset[0].1.verifier_key, first.service.writer.ledger().verifier_key(), "what was given up is known");
}

#[tokio::test]
async fn cut_off_it_waits_and_after_a_restart_it_goes_on_from_where_it_was() {
    let (parent, etag) = parent(yiyang("5200", "3800")).await;
    let (child, line, _guard) = child().await;
    line.lead_to(&parent);
    until(&child, "the first", |seen| seen.mandates.len() == 1).await;
    line.cut();
    amend(&parent, yiyang("5100", "3800"), &etag).await;
    line.turns_away(2).await;
    let seen = list(&child).await;
    assert!(seen.alarm.is_none(), "no line is no alarm");
    assert_eq!(seen.mandates[0].programme_version, 1);
    let place = child.close().await;
    line.lead_to(&parent);
    let child = House::open(place).await;
    let seen = until(&child, "the second", |seen| seen.mandates[0].programme_version == 2).await;
    assert_eq!(seen.mandates[0].definition.as_ref().unwrap().target, "5100");
    assert_eq!(recorded::<MandatesReceived>(&child).await.len(), 2, "each once");
}

#[tokio::test]
async fn an_entry_of_an_unknown_kind_is_kept_with_a_finding_and_a_changed_one_refused() {
    let (parent, _) = parent(yiyang("5200", "3800")).await;
    let request = ImportDivisionsRequest {
        divisions: divisions(|code| code == "430922101"),
        request_id: "one more".into(),
        validate_only: false,
    };
    parent.divisions(office_above()).import_divisions(request).await.unwrap();
    let (child, line, _guard) = child().await;
    line.change(|answer| answer.entries.iter_mut().for_each(|entry| entry.body.push(0)));
    line.lead_to(&parent);
    let seen = until(&child, "an alarm", |seen| seen.alarm.is_some()).await;
    assert_eq!(seen.alarm.unwrap().code, "MANDATE_UNPROVEN");
    // What a parent of another version may send: an entry of its ledger of a kind that gives no mandates as far as is known.
    let ledger = parent.service.writer.ledger();
    let last = parent.entries().await - 1;
    let other = proven(ledger.entry(last).await.unwrap().unwrap().body, ledger.receipt(last).await.unwrap().unwrap());
    line.change(move |answer| {
        if !answer.entries.is_empty() {
            answer.entries.push(other.clone());
        }
    });
    let seen = until(&child, "both", |seen| seen.alarm.is_none() && seen.feeds.len() == 1).await;
    assert_eq!((seen.mandates.len(), seen.feeds[0].last), (1, Some(last)));
    assert_eq!(seen.findings[0].code, "MANDATE_KIND_UNKNOWN");
    assert_eq!(seen.findings[0].facts["kind"], DivisionsImported::full_name());
    let received = recorded::<MandatesReceived>(&child).await;
    assert_eq!(received.iter().map(|(_, it)| it.unread()).collect::<Vec<_>>(), [Unread::Unspecified, Unread::Kind]);
}

/// The entry of a version to come: it says something more.
#[derive(Clone, PartialEq, prost::Message)]
struct NewerGiven {
    #[prost(string, tag = "1")]
    division: String,
    #[prost(string, tag = "2")]
    programme: String,
    #[prost(int32, tag = "3")]
    programme_version: i32,
    #[prost(message, repeated, tag = "5")]
    indicators: Vec<MandatedIndicator>,
    #[prost(uint64, optional, tag = "6")]
    previous: Option<u64>,
    #[prost(string, tag = "100")]
    more: String,
}

impl Name for NewerGiven {
    const NAME: &'static str = MandatesGiven::NAME;
    const PACKAGE: &'static str = MandatesGiven::PACKAGE;
}

/// Records it as a parent of that version would.
#[derive(Debug)]
struct Give(NewerGiven);

impl Command for Give {
    type Answer = ();

    fn wants(&self, _: &mut Wants) {}

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        context.record("divisions/430923", &self.0);
        Ok(())
    }
}

#[tokio::test]
async fn a_field_of_a_version_to_come_is_kept_with_a_finding_and_the_others_count() {
    let (parent, _) = parent(yiyang("5200", "3800")).await;
    let (child, line, _guard) = child().await;
    line.lead_to(&parent);
    until(&child, "the first", |seen| seen.mandates.len() == 1).await;
    let (body, given) =
        recorded::<MandatesGiven>(&parent).await.into_iter().find(|(_, it)| it.division == "430923").unwrap();
    let newer = NewerGiven {
        division: given.division,
        programme: given.programme,
        programme_version: 2,
        indicators: given.indicators,
        previous: Some(body.sequence),
        more: "以后的内容".to_owned(),
    };
    let call = Call::internal(parent.service.caller.clone(), "Give");
    parent.service.writer.run(Give(newer.clone()), call).await.unwrap();
    let ledger = parent.service.writer.ledger();
    let last = parent.entries().await - 1;
    let other = proven(ledger.entry(last).await.unwrap().unwrap().body, ledger.receipt(last).await.unwrap().unwrap());
    let kept = other.clone();
    line.change(move |answer| answer.entries = vec![other.clone()]);
    let seen = until(&child, "the newer one", |seen| seen.mandates[0].programme_version == 2).await;
    assert!(seen.alarm.is_none(), "{:?}", seen.alarm);
    assert_eq!((seen.findings.len(), seen.findings[0].code.as_str()), (1, "MANDATE_FIELDS_UNKNOWN"));
    assert_eq!(seen.mandates[0].definition.as_ref().unwrap().target, "5200", "what is known of it counts");
    let received = recorded::<MandatesReceived>(&child).await;
    let entry = received.last().unwrap().1.entry.clone().unwrap();
    assert_eq!((received.last().unwrap().1.unread(), &entry), (Unread::Fields, &kept));
    let payload = EntryBody::decode(entry.body.as_slice()).unwrap().payload;
    assert_eq!(NewerGiven::decode(payload).unwrap(), newer, "nothing of it is lost");
}
