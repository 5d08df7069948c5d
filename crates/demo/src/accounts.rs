//! The people of the demonstration: who holds which account. All are invented; each account has a person of its own.

use minsheng_proto::catalogue::v1::Unit;
use minsheng_proto::identity::v1::Role;

use crate::data::MARK;
use crate::generate::LEAD;

/// The account that the first start makes.
pub(crate) const SECURITY_ADMIN: &str = "security-admin";

/// An account to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Id of the account.
    pub account: String,
    /// Name shown.
    pub display_name: String,
    /// Local number of the person.
    pub person: String,
    /// Unit it acts for; empty for administrators.
    pub unit: String,
    /// Posts held.
    pub role: Role,
}

/// Everybody but the security administrator: three officers, the certifier, a leader in charge, a reader, the other two
/// administrators, and a reporter, reviewer and head for each lead unit.
pub fn posts(lead_units: &[Unit]) -> Vec<Post> {
    let mut posts = vec![
        post("ssb.office1", "实事办经办一", "P101", "ssb", Role::Office),
        post("ssb.office2", "实事办经办二", "P102", "ssb", Role::Office),
        post("ssb.chief", "实事办负责人", "P103", "ssb", Role::Office),
        post("tjj.certifier", "统计局评估认定", "P201", "tjj", Role::Certifier),
        post("leader", "分管领导", "P301", "dcs", Role::Leader),
        post("viewer", "绩效办查阅", "P302", "jxb", Role::Viewer),
        post("system-admin", "系统管理员", "P901", "", Role::SystemAdmin),
        post("audit-admin", "审计管理员", "P903", "", Role::AuditAdmin),
    ];
    for (place, unit) in lead_units.iter().enumerate() {
        let roles = [
            ("reporter", "填报人", Role::Reporter),
            ("reviewer", "审核人", Role::Reviewer),
            ("head", "负责人", Role::Head),
        ];
        for (number, (name, title, role)) in roles.into_iter().enumerate() {
            let account = format!("{}.{name}", unit.id);
            let person = format!("P{}", 1001 + place * 10 + number);
            posts.push(post(&account, &format!("{}{title}", unit.display_name), &person, &unit.id, role));
        }
    }
    posts
}

/// The people of a tier whose one lead unit leads everything.
pub fn tier_posts() -> Vec<Post> {
    let head = format!("{LEAD}.head");
    vec![
        post("ssb.office1", "实事办经办一", "P101", "ssb", Role::Office),
        post("ssb.office2", "实事办经办二", "P102", "ssb", Role::Office),
        post("ssb.chief", "实事办负责人", "P103", "ssb", Role::Office),
        post("tjj.certifier", "统计局评估认定", "P201", "tjj", Role::Certifier),
        post(&head, "牵头单位负责人", "P1001", LEAD, Role::Head),
        post("audit-admin", "审计管理员", "P903", "", Role::AuditAdmin),
    ]
}

fn post(account: &str, title: &str, person: &str, unit: &str, role: Role) -> Post {
    Post {
        account: account.to_owned(),
        display_name: format!("{title}（{MARK}）"),
        person: person.to_owned(),
        unit: unit.to_owned(),
        role,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::data::Documents;

    #[test]
    fn nobody_holds_two_posts() {
        let documents = Documents::read().unwrap();
        let posts = posts(&documents.lead_units());
        assert_eq!(posts.len(), 8 + 14 * 3);
        let accounts: BTreeSet<&str> = posts.iter().map(|post| post.account.as_str()).collect();
        let persons: BTreeSet<&str> = posts.iter().map(|post| post.person.as_str()).collect();
        assert_eq!((accounts.len(), persons.len()), (posts.len(), posts.len()));
        assert!(posts.iter().all(|post| post.display_name.contains(MARK)));
    }
}
