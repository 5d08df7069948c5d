//! Each rule of duty and territory, as somebody would try to break it.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::error::Reason;
use crate::identity::{Caller, Role};

fn account(person: &str, unit: &str, roles: &[Role]) -> Caller {
    Caller {
        account: format!("{person}-{unit}"),
        person: person.to_owned(),
        unit: unit.to_owned(),
        division: "430923".to_owned(),
        roles: roles.iter().copied().collect(),
        service: None,
        session: "s".to_owned(),
    }
}

fn report(persons: &[&str]) -> Resource {
    let persons = persons.iter().map(|person| (*person).to_owned());
    Resource::new("report").of_unit("jyj").certified_by("tjj").with_persons(persons)
}

fn answer(caller: &Caller, action: Action, resource: &Resource) -> Option<Reason> {
    thread_local! {
        static POLICIES: Policies = Policies::load().unwrap();
    }
    POLICIES.with(|policies| {
        let first = policies.check(caller, action, resource).err().map(|refusal| refusal.reason);
        let kept = policies.check(caller, action, resource).err().map(|refusal| refusal.reason);
        assert_eq!(first, kept);
        first
    })
}

const CHANGES: &[Action] = &[
    Action::ImportDivisions,
    Action::UpdateUnits,
    Action::UpdateCalendar,
    Action::ImportProgramme,
    Action::DecideFinding,
    Action::IssueProgramme,
    Action::AmendProgramme,
    Action::DraftReport,
    Action::ReviewReport,
    Action::SignReport,
    Action::SubmitReport,
    Action::FileReport,
    Action::EnterReport,
    Action::ConfirmReport,
    Action::RequestCorrection,
    Action::UpdateItems,
    Action::UploadEvidence,
    Action::FileArticle,
    Action::ClosePeriod,
    Action::PassReport,
    Action::CertifyReport,
    Action::ReturnReport,
    Action::ApproveCorrection,
    Action::RefuseCorrection,
    Action::CreateScheme,
    Action::PublishStanding,
    Action::ComposeBulletin,
    Action::ApproveBulletin,
    Action::CountersignBulletin,
    Action::CirculateBulletin,
    Action::HoldBulletin,
    Action::IssueBulletin,
    Action::WithdrawBulletin,
    Action::CreateAccount,
    Action::UpdateAccount,
    Action::EnrolTier,
    Action::RevokeTier,
    Action::JoinParent,
    Action::ResolveAlarm,
    Action::ExchangeHeads,
    Action::CarryBundle,
    Action::FileSets,
];

const FIGURES: &[Action] = &[
    Action::ReadProgramme,
    Action::ReadReport,
    Action::ReadItems,
    Action::ReadEvidence,
    Action::ReadArticles,
    Action::ReadDuties,
    Action::ReadCase,
    Action::PreviewStanding,
    Action::ReadStanding,
    Action::ReadBulletin,
];

#[test]
fn the_policies_are_valid_and_the_schema_lists_every_action() {
    Policies::load().unwrap();
}

#[test]
fn a_lead_unit_reports_what_is_its_own_step_by_step() {
    let own = report(&[]);
    let reporter = account("P1", "jyj", &[Role::Reporter]);
    let reviewer = account("P2", "jyj", &[Role::Reviewer]);
    let head = account("P3", "jyj", &[Role::Head]);
    for caller in [&reporter, &reviewer, &head] {
        for action in
            [Action::DraftReport, Action::UpdateItems, Action::FileArticle, Action::UploadEvidence, Action::ReadReport]
        {
            assert_eq!(answer(caller, action, &own), None, "{action:?}");
        }
    }
    assert_eq!(answer(&reviewer, Action::ReviewReport, &own), None);
    assert_eq!(answer(&reporter, Action::ReviewReport, &own), Some(Reason::NotAllowed));
    for action in
        [Action::SignReport, Action::SubmitReport, Action::FileReport, Action::ConfirmReport, Action::RequestCorrection]
    {
        assert_eq!(answer(&head, action, &own), None, "{action:?}");
        assert_eq!(answer(&reporter, action, &own), Some(Reason::NotAllowed), "{action:?}");
    }
}

#[test]
fn another_lead_unit_neither_reads_nor_writes_it() {
    let own = report(&[]);
    let other = account("P9", "wjj", &[Role::Reporter, Role::Reviewer, Role::Head]);
    for action in [
        Action::DraftReport,
        Action::ReviewReport,
        Action::SignReport,
        Action::SubmitReport,
        Action::FileReport,
        Action::ConfirmReport,
        Action::RequestCorrection,
        Action::UpdateItems,
        Action::FileArticle,
    ] {
        assert_eq!(answer(&other, action, &own), Some(Reason::NotLeadUnit), "{action:?}");
    }
    for action in [Action::ReadReport, Action::ReadItems, Action::ReadEvidence, Action::ReadCase] {
        assert_eq!(answer(&other, action, &own), Some(Reason::NotAllowed), "{action:?}");
    }
}

#[test]
fn who_took_part_neither_passes_nor_certifies_under_no_account() {
    let taken_part = report(&["P1", "P2", "P3"]);
    // A second account of the same person, in the bureau of statistics or in the office.
    for caller in [account("P1", "tjj", &[Role::Certifier]), account("P2", "ssb", &[Role::Office])] {
        for action in [
            Action::PassReport,
            Action::CertifyReport,
            Action::ReturnReport,
            Action::ApproveCorrection,
            Action::RefuseCorrection,
        ] {
            assert_eq!(answer(&caller, action, &taken_part), Some(Reason::SamePerson), "{action:?}");
        }
    }
    // The reporter's own account.
    let reporter = account("P1", "jyj", &[Role::Reporter]);
    assert_eq!(answer(&reporter, Action::CertifyReport, &taken_part), Some(Reason::SamePerson));
    let stranger = account("P8", "jyj", &[Role::Reporter]);
    assert_eq!(answer(&stranger, Action::CertifyReport, &taken_part), Some(Reason::NotAllowed));
}

#[test]
fn who_entered_a_sheet_neither_passes_nor_confirms_it() {
    let mut entered = report(&[]);
    entered.entered_by = Some("P5".to_owned());
    let officer = account("P5", "ssb", &[Role::Office]);
    assert_eq!(answer(&officer, Action::EnterReport, &entered), None);
    assert_eq!(answer(&officer, Action::PassReport, &entered), Some(Reason::SamePerson));
    assert_eq!(answer(&account("P5", "jyj", &[Role::Head]), Action::ConfirmReport, &entered), Some(Reason::SamePerson));
    assert_eq!(answer(&account("P3", "jyj", &[Role::Head]), Action::ConfirmReport, &entered), None);
    assert_eq!(answer(&account("P6", "ssb", &[Role::Office]), Action::PassReport, &entered), None);
}

#[test]
fn a_certifier_certifies_what_is_assigned_to_it_and_ranks_nothing() {
    let submitted = report(&["P1"]).in_state("SUBMITTED");
    let certifier = account("P7", "tjj", &[Role::Certifier]);
    for action in
        [Action::CertifyReport, Action::ReturnReport, Action::ApproveCorrection, Action::ReadCase, Action::ReadReport]
    {
        assert_eq!(answer(&certifier, action, &submitted), None, "{action:?}");
    }
    assert_eq!(answer(&certifier, Action::ReadReport, &report(&[]).in_state("DRAFT")), Some(Reason::NotAllowed));
    assert_eq!(answer(&certifier, Action::PassReport, &submitted), Some(Reason::NotAllowed));
    let other = account("P7", "sjj", &[Role::Certifier]);
    assert_eq!(answer(&other, Action::CertifyReport, &submitted), Some(Reason::NotCertifier));
    assert_eq!(answer(&other, Action::ReturnReport, &submitted), Some(Reason::NotAllowed));
    let standing = Resource::new("standing");
    // Not even with the office's post beside it.
    for caller in [certifier, account("P7", "tjj", &[Role::Certifier, Role::Office])] {
        for action in [
            Action::CreateScheme,
            Action::PreviewStanding,
            Action::PublishStanding,
            Action::ComposeBulletin,
            Action::ApproveBulletin,
            Action::CirculateBulletin,
            Action::IssueBulletin,
            Action::WithdrawBulletin,
        ] {
            assert_eq!(answer(&caller, action, &standing), Some(Reason::NotAllowed), "{action:?}");
        }
        let (drafted, own) = (["P4".to_owned()], ["P7".to_owned()]);
        let bulletin = |persons| Resource::new("bulletin").with_persons(persons);
        assert_eq!(answer(&caller, Action::CountersignBulletin, &bulletin(drafted)), None);
        assert_eq!(answer(&caller, Action::CountersignBulletin, &bulletin(own)), Some(Reason::SamePerson));
        assert_eq!(answer(&caller, Action::ReadBulletin, &Resource::new("bulletin")), None);
    }
}

#[test]
fn the_office_passes_and_ranks_but_neither_reports_nor_certifies() {
    let office = account("P4", "ssb", &[Role::Office]);
    let submitted = report(&["P1"]);
    for action in
        [Action::PassReport, Action::ReturnReport, Action::EnterReport, Action::ClosePeriod, Action::ReadReport]
    {
        assert_eq!(answer(&office, action, &submitted), None, "{action:?}");
    }
    for action in [
        Action::PublishStanding,
        Action::ComposeBulletin,
        Action::ApproveBulletin,
        Action::CirculateBulletin,
        Action::IssueBulletin,
        Action::WithdrawBulletin,
    ] {
        assert_eq!(answer(&office, action, &Resource::new("standing")), None, "{action:?}");
    }
    for action in [
        Action::DraftReport,
        Action::SubmitReport,
        Action::FileReport,
        Action::ConfirmReport,
        Action::CertifyReport,
        Action::CountersignBulletin,
        Action::HoldBulletin,
    ] {
        assert_eq!(answer(&office, action, &submitted), Some(Reason::NotAllowed), "{action:?}");
    }
    let took_part = Resource::new("standing").with_persons(["P4".to_owned()]);
    for action in [
        Action::PublishStanding,
        Action::ComposeBulletin,
        Action::ApproveBulletin,
        Action::IssueBulletin,
        Action::WithdrawBulletin,
    ] {
        assert_eq!(answer(&office, action, &took_part), Some(Reason::SamePerson), "{action:?}");
    }
}

#[test]
fn a_leader_may_hold_a_bulletin_and_no_more() {
    let leader = account("P10", "xzf", &[Role::Leader]);
    for action in CHANGES {
        let expected = (*action != Action::HoldBulletin).then_some(Reason::NotAllowed);
        assert_eq!(answer(&leader, *action, &report(&[])), expected, "{action:?}");
    }
    assert_eq!(answer(&leader, Action::ReadBulletin, &Resource::new("bulletin")), None);
}

#[test]
fn viewers_and_townships_see_what_is_published_and_change_nothing() {
    for caller in [account("P11", "xc", &[Role::Viewer]), account("P12", "dkz", &[Role::Township])] {
        for action in CHANGES {
            assert_eq!(answer(&caller, *action, &report(&[])), Some(Reason::NotAllowed), "{action:?}");
        }
        for action in FIGURES {
            assert_eq!(answer(&caller, *action, &report(&[])), Some(Reason::NotAllowed), "{action:?}");
        }
        for action in [Action::ReadProgramme, Action::ReadStanding, Action::ReadBulletin] {
            assert_eq!(answer(&caller, action, &Resource::new("x").published(true)), None, "{action:?}");
        }
        for action in [Action::ReadAccounts, Action::ReadAudit, Action::WatchLedger, Action::ReadEntry] {
            assert_eq!(answer(&caller, action, &Resource::new("x")), Some(Reason::NotAllowed), "{action:?}");
        }
        assert_eq!(answer(&caller, Action::ReadReference, &Resource::new("division")), None);
    }
}

#[test]
fn administrators_are_three_and_none_touches_figures_whatever_other_posts_they_hold() {
    let all_posts = |admin: Role| {
        let others = [Role::Office, Role::Reporter, Role::Reviewer, Role::Head, Role::Leader];
        let roles: Vec<Role> = others.into_iter().chain([admin]).collect();
        account("P20", "jyj", &roles)
    };
    let allowed = |caller: &Caller, actions: &[Action]| -> Vec<Action> {
        let things = [report(&[]), report(&[]).published(true)];
        let may = |action: &&Action| things.iter().any(|thing| answer(caller, **action, thing).is_none());
        actions.iter().filter(may).copied().collect()
    };
    let of_machines = [Action::ReadReference, Action::CarryBundle, Action::ReadCheckpoint];
    for caller in [account("P20", "", &[Role::SystemAdmin]), all_posts(Role::SystemAdmin)] {
        assert_eq!(allowed(&caller, Action::ALL), of_machines);
    }
    for caller in [account("P20", "", &[Role::SecurityAdmin]), all_posts(Role::SecurityAdmin)] {
        assert!(allowed(&caller, FIGURES).is_empty());
        let of_trust = [
            Action::CreateAccount,
            Action::UpdateAccount,
            Action::EnrolTier,
            Action::RevokeTier,
            Action::JoinParent,
            Action::ResolveAlarm,
            Action::ExchangeHeads,
            Action::CarryBundle,
        ];
        assert_eq!(allowed(&caller, CHANGES), of_trust);
        assert_eq!(answer(&caller, Action::ReadAudit, &Resource::new("audit")), Some(Reason::NotAllowed));
        let own_account = Resource::new("account").with_persons(["P20".to_owned()]);
        assert_eq!(answer(&caller, Action::UpdateAccount, &own_account), Some(Reason::SamePerson));
    }
    for caller in [account("P20", "", &[Role::AuditAdmin]), all_posts(Role::AuditAdmin)] {
        assert!(allowed(&caller, CHANGES).is_empty());
        for action in [Action::ReadAudit, Action::ReadEntry, Action::WatchLedger] {
            assert_eq!(answer(&caller, action, &Resource::new("ledger")), None);
        }
    }
}

#[test]
fn services_follow_and_read_and_change_nothing() {
    let service = Caller::service("verification", "430923");
    for action in CHANGES {
        assert_eq!(answer(&service, *action, &report(&[])), Some(Reason::NotAllowed), "{action:?}");
    }
    for action in FIGURES.iter().chain(&[Action::WatchLedger, Action::ReadEntry, Action::ReadReference]) {
        assert_eq!(answer(&service, *action, &report(&[])), None, "{action:?}");
    }
}

#[test]
fn an_account_without_posts_may_do_nothing_with_figures() {
    let nobody = account("P30", "jyj", &[]);
    for action in CHANGES.iter().chain(FIGURES) {
        assert!(answer(&nobody, *action, &report(&[])).is_some(), "{action:?}");
    }
}

#[test]
fn a_lower_tier_has_its_mandates_and_filings_and_nothing_else() {
    let tier = Caller::tier("430923");
    let own = [Action::ReadMandates, Action::FileSets, Action::ReadFilings];
    for action in Action::ALL {
        let expected = (!own.contains(action)).then_some(Reason::NotAllowed);
        assert_eq!(answer(&tier, *action, &Resource::new("tier")), expected, "{action:?}");
        let published = Resource::new("report").of_unit("").published(true);
        assert_eq!(answer(&tier, *action, &published), expected, "{action:?}");
    }
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Tier) {
        for action in own {
            assert_eq!(
                answer(&account("P1", "jyj", &[role]), action, &report(&[])),
                Some(Reason::NotAllowed),
                "{role:?}"
            );
        }
    }
}

#[test]
fn only_the_security_administrator_has_to_do_with_trust_between_tiers() {
    let actions = [
        Action::EnrolTier,
        Action::RevokeTier,
        Action::JoinParent,
        Action::ResolveAlarm,
        Action::ExchangeHeads,
        Action::ReadTiers,
    ];
    for role in Role::ALL {
        for action in actions {
            let expected = (role != Role::SecurityAdmin).then_some(Reason::NotAllowed);
            assert_eq!(answer(&account("P1", "", &[role]), action, &Resource::new("tier")), expected, "{role:?}");
        }
    }
}
