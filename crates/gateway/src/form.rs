//! What an account may look like: ids, names, posts and the units that go with them.

use std::collections::BTreeSet;

use minsheng_domain::programme::tier_of_unit;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Role;
use minsheng_kit::writer::Context;
use minsheng_proto::identity::v1::Account;

use crate::entity::account;

const MAX_NAME_CHARS: usize = 100;
const MAX_ID_CHARS: usize = 64;

/// What an account is made of, beside its id and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) display_name: String,
    pub(crate) person: String,
    pub(crate) unit: String,
    pub(crate) roles: BTreeSet<Role>,
    pub(crate) disabled: bool,
}

impl Content {
    /// The account's first row.
    pub(crate) fn account(&self, id: &str, password_hash: &str, context: &Context<'_>) -> account::Model {
        account::Model {
            id: id.to_owned(),
            display_name: self.display_name.clone(),
            person: self.person.clone(),
            unit: self.unit.clone(),
            roles: account::Model::join(&self.roles),
            disabled: self.disabled,
            password_hash: password_hash.to_owned(),
            revision: i64::try_from(context.next_sequence()).unwrap_or(i64::MAX),
            create_time: context.now().as_millisecond(),
        }
    }
}

/// The id in accounts/{id}: 2 to 40 of a–z, 0–9, "-", ".".
pub(crate) fn parse_id(id: &str) -> Option<&str> {
    let well = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    ((2..=40).contains(&id.len()) && id.bytes().all(well)).then_some(id)
}

/// The id of a resource name that came in the named field.
pub(crate) fn id_of_name(field: &str, name: &str) -> Result<String, Refusal> {
    let id = name.strip_prefix("accounts/").and_then(parse_id);
    id.map(str::to_owned).ok_or_else(|| {
        Refusal::invalid(
            field,
            "须为accounts/加账号，账号为2至40个小写字母、数字、“-”或“.”",
            "must be accounts/{id}, the id 2 to 40 of a–z, 0–9, \"-\", \".\"",
        )
    })
}

/// A new account as its caller gave it; every fault is named.
pub(crate) fn read_new(account: &Account) -> Result<(String, Content), Refusal> {
    output_only(account)?;
    if !account.etag.is_empty() {
        return Err(Refusal::output_only("account.etag"));
    }
    let id = id_of_name("account.name", &account.name)?;
    let content = Content {
        display_name: read_display_name(&account.display_name)?,
        person: read_short("account.person", &account.person)?,
        unit: read_unit(&account.unit)?,
        roles: read_roles(&account.roles)?,
        disabled: account.disabled,
    };
    check_posts(&content.roles, &content.unit)?;
    Ok((id, content))
}

/// Refuses what only the server sets.
pub(crate) fn output_only(account: &Account) -> Result<(), Refusal> {
    match account.create_time {
        Some(_) => Err(Refusal::output_only("account.create_time")),
        None => Ok(()),
    }
}

/// The name shown.
pub(crate) fn read_display_name(text: &str) -> Result<String, Refusal> {
    read_text("account.display_name", text, MAX_NAME_CHARS)
}

/// The unit, which may be empty.
pub(crate) fn read_unit(unit: &str) -> Result<String, Refusal> {
    if unit.is_empty() {
        return Ok(String::new());
    }
    let unit = read_short("account.unit", unit)?;
    if tier_of_unit(&unit).is_some() {
        return Err(Refusal::invalid(
            "account.unit",
            "“tier-”开头的单位指下级，不设账号",
            "stands for a lower tier, which has no accounts here",
        ));
    }
    Ok(unit)
}

/// The posts: each once, none unknown.
pub(crate) fn read_roles(numbers: &[i32]) -> Result<BTreeSet<Role>, Refusal> {
    let mut roles = BTreeSet::new();
    for (index, number) in numbers.iter().enumerate() {
        let field = format!("account.roles[{index}]");
        let role = Role::from_proto(&field, *number)?;
        if role == Role::Tier {
            return Err(Refusal::invalid(
                field,
                "下级由证书识别，账号不能担任",
                "is held by certificates, never by accounts",
            ));
        }
        if !roles.insert(role) {
            return Err(Refusal::invalid(field, "岗位重复", "is given twice"));
        }
    }
    if roles.is_empty() {
        return Err(Refusal::required("account.roles"));
    }
    Ok(roles)
}

/// Posts that act for a unit need one; administrators have none.
pub(crate) fn check_posts(roles: &BTreeSet<Role>, unit: &str) -> Result<(), Refusal> {
    let of_unit = roles
        .iter()
        .any(|role| matches!(role, Role::Reporter | Role::Reviewer | Role::Head | Role::Township | Role::Certifier));
    if of_unit && unit.is_empty() {
        return Err(Refusal::new(Reason::FieldRequired).field(
            "account.unit",
            "该岗位代表单位，须填所在单位",
            "is required: the post acts for a unit",
        ));
    }
    let administers =
        roles.iter().any(|role| matches!(role, Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin));
    if administers && !unit.is_empty() {
        return Err(Refusal::invalid("account.unit", "管理员不代表单位，须留空", "must be empty for administrators"));
    }
    Ok(())
}

fn read_text(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::required(field));
    }
    if text.chars().count() > most || text.chars().any(char::is_control) || text.trim() != text {
        return Err(Refusal::invalid(
            field,
            format!("须为1至{most}个字符，前后无空格，不含控制字符"),
            format!("must be 1 to {most} characters without surrounding blanks and control characters"),
        ));
    }
    Ok(text.to_owned())
}

fn read_short(field: &str, text: &str) -> Result<String, Refusal> {
    let read = read_text(field, text, MAX_ID_CHARS)?;
    if read.chars().any(|character| character.is_whitespace() || character == '/' || character == '|') {
        return Err(Refusal::invalid(field, "不含空格、“/”和“|”", "must not hold blanks, \"/\" or \"|\""));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_proto::identity::v1 as proto;

    use super::*;

    fn account() -> Account {
        Account {
            name: "accounts/jyj.tb".into(),
            display_name: "教育局填报".into(),
            person: "P1".into(),
            unit: "jyj".into(),
            roles: vec![proto::Role::Reporter.into()],
            ..Account::default()
        }
    }

    fn field(change: impl FnOnce(&mut Account)) -> String {
        let mut account = account();
        change(&mut account);
        let refusal = read_new(&account).unwrap_err();
        refusal.violations.first().map(|violation| violation.field.clone()).unwrap_or_default()
    }

    #[test]
    fn every_fault_is_named() {
        assert!(read_new(&account()).is_ok());
        for name in ["", "accounts/", "accounts/a", "accounts/A.B", "accounts/a/b", "jyj.tb", "accounts/x y"] {
            assert_eq!(field(|account| account.name = name.into()), "account.name", "{name}");
        }
        assert_eq!(field(|account| account.display_name = " ".into()), "account.display_name");
        assert_eq!(field(|account| account.display_name = "长".repeat(101)), "account.display_name");
        assert_eq!(field(|account| account.person.clear()), "account.person");
        assert_eq!(field(|account| account.person = "P|1".into()), "account.person");
        assert_eq!(field(|account| account.unit.clear()), "account.unit");
        assert_eq!(field(|account| account.unit = "tier-430923".into()), "account.unit");
        assert_eq!(field(|account| account.roles.clear()), "account.roles");
        assert_eq!(field(|account| account.roles = vec![2, 0]), "account.roles[1]");
        assert_eq!(field(|account| account.roles = vec![2, 99]), "account.roles[1]");
        assert_eq!(field(|account| account.roles = vec![proto::Role::Tier.into()]), "account.roles[0]");
        assert_eq!(field(|account| account.roles = vec![2, 2]), "account.roles[1]");
        assert_eq!(field(|account| account.roles = vec![9]), "account.unit");
        assert_eq!(
            field(|account| account.create_time = Some(prost_types::Timestamp::default())),
            "account.create_time"
        );
        assert_eq!(field(|account| account.etag = "1".into()), "account.etag");
    }
}
