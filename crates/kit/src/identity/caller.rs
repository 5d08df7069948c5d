//! Who calls: an account with its person, unit and posts, or a service of the same tier.

use std::collections::BTreeSet;

use minsheng_proto::identity::v1 as proto;
use minsheng_proto::ledger::v1::Actor;
use serde::{Deserialize, Serialize};

use crate::error::Refusal;

/// A post that an account holds. The order is the proto's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Livelihood office (实事办).
    Office,
    /// Fills in reports of a lead unit (填报人).
    Reporter,
    /// Reviews reports of a lead unit (审核人).
    Reviewer,
    /// Head of a lead unit (负责人).
    Head,
    /// Township.
    Township,
    /// Certifier (数据评估认定单位).
    Certifier,
    /// Leader in charge (分管领导).
    Leader,
    /// Sees what is published.
    Viewer,
    /// System administrator.
    SystemAdmin,
    /// Security administrator.
    SecurityAdmin,
    /// Audit administrator.
    AuditAdmin,
    /// A lower tier, known by its certificate; no account holds it.
    Tier,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 12] = [
        Role::Office,
        Role::Reporter,
        Role::Reviewer,
        Role::Head,
        Role::Township,
        Role::Certifier,
        Role::Leader,
        Role::Viewer,
        Role::SystemAdmin,
        Role::SecurityAdmin,
        Role::AuditAdmin,
        Role::Tier,
    ];

    /// The name in tokens, policies and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Office => "office",
            Role::Reporter => "reporter",
            Role::Reviewer => "reviewer",
            Role::Head => "head",
            Role::Township => "township",
            Role::Certifier => "certifier",
            Role::Leader => "leader",
            Role::Viewer => "viewer",
            Role::SystemAdmin => "system_admin",
            Role::SecurityAdmin => "security_admin",
            Role::AuditAdmin => "audit_admin",
            Role::Tier => "tier",
        }
    }

    /// The role of a name.
    pub fn parse(name: &str) -> Option<Role> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The role as it travels.
    pub const fn to_proto(self) -> proto::Role {
        match self {
            Role::Office => proto::Role::Office,
            Role::Reporter => proto::Role::Reporter,
            Role::Reviewer => proto::Role::Reviewer,
            Role::Head => proto::Role::Head,
            Role::Township => proto::Role::Township,
            Role::Certifier => proto::Role::Certifier,
            Role::Leader => proto::Role::Leader,
            Role::Viewer => proto::Role::Viewer,
            Role::SystemAdmin => proto::Role::SystemAdmin,
            Role::SecurityAdmin => proto::Role::SecurityAdmin,
            Role::AuditAdmin => proto::Role::AuditAdmin,
            Role::Tier => proto::Role::Tier,
        }
    }

    /// A role that came in the named field.
    ///
    /// # Errors
    /// FIELD_INVALID for zero and for unknown numbers.
    pub fn from_proto(field: &str, number: i32) -> Result<Role, Refusal> {
        let known = proto::Role::try_from(number).ok();
        known
            .and_then(|wanted| Self::ALL.into_iter().find(|role| role.to_proto() == wanted))
            .ok_or_else(|| Refusal::invalid(field, "没有这个岗位", "is no role"))
    }
}

/// Who calls, as proven by a verified token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// Account id, or the service's name.
    pub account: String,
    /// Local number of the person; empty for a service.
    pub person: String,
    /// Unit id it acts for; empty for administrators and services.
    pub unit: String,
    /// Code of the division whose tier this is.
    pub division: String,
    /// Posts held; none for a service.
    pub roles: BTreeSet<Role>,
    /// Name of the calling service; none for an account.
    pub service: Option<String>,
    /// Session id; empty for a service.
    pub session: String,
}

impl Caller {
    /// A service of the tier of this division.
    pub fn service(name: impl Into<String>, division: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            account: name.clone(),
            person: String::new(),
            unit: String::new(),
            division: division.into(),
            roles: BTreeSet::new(),
            service: Some(name),
            session: String::new(),
        }
    }

    /// The lower tier of this division, which the gateway knows by its certificate.
    pub fn tier(division: &str) -> Self {
        let name = format!("tier:{division}");
        Self {
            account: name.clone(),
            person: name.clone(),
            unit: String::new(),
            division: division.to_owned(),
            roles: BTreeSet::from([Role::Tier]),
            service: None,
            session: name,
        }
    }

    /// Whether a service calls for itself.
    pub fn is_service(&self) -> bool {
        self.service.is_some()
    }

    /// Whether the account holds this post.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The caller as ledger entries name it.
    pub fn actor(&self) -> Actor {
        Actor { account: self.account.clone(), person: self.person.clone(), unit: self.unit.clone() }
    }
}
