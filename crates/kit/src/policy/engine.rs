//! Loads the policies with strict validation and decides. Every policy file of the folder is listed here and embedded.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet,
    Request, RestrictedExpression, Schema, ValidationMode, Validator,
};

use super::{Action, Resource};
use crate::error::{Reason, Refusal};
use crate::identity::{Caller, Role};

const SCHEMA: &str = include_str!("../../policies/minsheng.cedarschema");
const FILES: &[(&str, &str)] = &[
    ("reading", include_str!("../../policies/reading.cedar")),
    ("programme", include_str!("../../policies/programme.cedar")),
    ("reporting", include_str!("../../policies/reporting.cedar")),
    ("verification", include_str!("../../policies/verification.cedar")),
    ("ranking", include_str!("../../policies/ranking.cedar")),
    ("administration", include_str!("../../policies/administration.cedar")),
    ("tier", include_str!("../../policies/tier.cedar")),
];
const MAX_KEPT: usize = 50_000;

/// The policies could not be loaded; the service does not start.
#[derive(Debug, thiserror::Error)]
#[error("policies: {0}")]
pub struct PolicyError(String);

/// All policies, validated, with the decisions made so far.
pub struct Policies {
    authorizer: Authorizer,
    schema: Schema,
    set: PolicySet,
    reasons: HashMap<PolicyId, Reason>,
    actions: HashMap<Action, EntityUid>,
    account: EntityTypeName,
    service: EntityTypeName,
    thing: EntityUid,
    kept: Mutex<HashMap<Question, Option<Reason>>>,
}

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policies").field("policies", &self.set.num_of_policies()).finish_non_exhaustive()
    }
}

/// What a decision depends on, and nothing else. Of the persons who took part only the caller matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    action: Action,
    service: bool,
    roles: BTreeSet<Role>,
    unit: String,
    took_part: bool,
    entered: bool,
    resource_unit: Option<String>,
    certifier: Option<String>,
    state: Option<String>,
    published: bool,
}

/// The name that stands for the caller's person in a question; who it is does not matter.
const CALLER: &str = "caller";
const SOMEBODY_ELSE: &str = "somebody else";

impl Policies {
    /// Parses and validates schema and policies.
    ///
    /// # Errors
    /// The first thing that does not hold, in words.
    pub fn load() -> Result<Self, PolicyError> {
        let schema = Schema::from_str(SCHEMA).map_err(|error| PolicyError(format!("schema: {error}")))?;
        let mut set = PolicySet::new();
        let mut reasons = HashMap::new();
        for (file, text) in FILES {
            let parsed = PolicySet::from_str(text).map_err(|error| PolicyError(format!("{file}.cedar: {error}")))?;
            for (index, policy) in parsed.policies().enumerate() {
                let id = PolicyId::new(format!("{file}-{index}"));
                if let Some(name) = policy.annotation("reason") {
                    let reason = Reason::parse(name)
                        .ok_or_else(|| PolicyError(format!("{file}.cedar: there is no reason {name}")))?;
                    reasons.insert(id.clone(), reason);
                }
                let named: Policy = policy.new_id(id);
                set.add(named).map_err(|error| PolicyError(format!("{file}.cedar: {error}")))?;
            }
        }
        let validation = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if let Some(error) = validation.validation_errors().next() {
            return Err(PolicyError(error.to_string()));
        }
        Ok(Self {
            authorizer: Authorizer::new(),
            actions: declared_actions(&schema)?,
            account: type_name("Account")?,
            service: type_name("Service")?,
            thing: EntityUid::from_type_name_and_id(type_name("Thing")?, EntityId::new("thing")),
            schema,
            set,
            reasons,
            kept: Mutex::new(HashMap::new()),
        })
    }

    /// Decides whether the caller may do this to the thing.
    ///
    /// # Errors
    /// NOT_ALLOWED, or the reason that the policy which forbids it is annotated with (SAME_PERSON, NOT_LEAD_UNIT,
    /// NOT_CERTIFIER).
    pub fn check(&self, caller: &Caller, action: Action, resource: &Resource) -> Result<(), Refusal> {
        let question = Question {
            action,
            service: caller.is_service(),
            roles: caller.roles.clone(),
            unit: caller.unit.clone(),
            took_part: resource.persons.contains(&caller.person),
            entered: resource.entered_by.as_ref() == Some(&caller.person),
            resource_unit: resource.unit.clone(),
            certifier: resource.certifier.clone(),
            state: resource.state.clone(),
            published: resource.published,
        };
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&question).copied();
        let refused = match known {
            Some(refused) => refused,
            None => self.decide_and_keep(question)?,
        };
        let Some(reason) = refused else { return Ok(()) };
        tracing::info!(account = caller.account, action = action.as_str(), kind = resource.kind, %reason, "not allowed");
        Err(Refusal::new(reason).with("action", action.as_str()))
    }

    fn decide_and_keep(&self, question: Question) -> Result<Option<Reason>, Refusal> {
        let refused = self.decide(&question).map_err(|error| {
            tracing::error!(%error, "policy evaluation");
            Refusal::new(Reason::Internal)
        })?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(question, refused);
        Ok(refused)
    }

    fn decide(&self, question: &Question) -> Result<Option<Reason>, PolicyError> {
        let principal = self.principal(question)?;
        let thing = self.thing(question)?;
        let action = self.actions.get(&question.action).cloned();
        let action = action.ok_or_else(|| PolicyError(format!("no action {}", question.action.as_str())))?;
        let request = Request::new(principal.uid(), action, thing.uid(), Context::empty(), Some(&self.schema))
            .map_err(|error| PolicyError(error.to_string()))?;
        let entities = Entities::from_entities([principal, thing], Some(&self.schema))
            .map_err(|error| PolicyError(error.to_string()))?;
        let answer = self.authorizer.is_authorized(&request, &self.set, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(PolicyError(error.to_string()));
        }
        if answer.decision() == Decision::Allow {
            return Ok(None);
        }
        let named = answer.diagnostics().reason().filter_map(|policy| self.reasons.get(policy).copied());
        // Of several the one about the person says most.
        let most_telling = named.min_by_key(|reason| *reason != Reason::SamePerson);
        Ok(Some(most_telling.unwrap_or(Reason::NotAllowed)))
    }

    fn principal(&self, question: &Question) -> Result<Entity, PolicyError> {
        if question.service {
            let uid = EntityUid::from_type_name_and_id(self.service.clone(), EntityId::new("service"));
            return Ok(Entity::new_no_attrs(uid, HashSet::new()));
        }
        let roles = question.roles.iter().map(|role| text(role.as_str()));
        let mut attributes = HashMap::from([
            ("person".to_owned(), text(CALLER)),
            ("roles".to_owned(), RestrictedExpression::new_set(roles)),
        ]);
        if !question.unit.is_empty() {
            attributes.insert("unit".to_owned(), text(&question.unit));
        }
        let uid = EntityUid::from_type_name_and_id(self.account.clone(), EntityId::new("account"));
        Entity::new(uid, attributes, HashSet::new()).map_err(|error| PolicyError(error.to_string()))
    }

    fn thing(&self, question: &Question) -> Result<Entity, PolicyError> {
        let persons = question.took_part.then(|| text(CALLER));
        let entered_by = if question.entered { CALLER } else { SOMEBODY_ELSE };
        let mut attributes = HashMap::from([
            ("persons".to_owned(), RestrictedExpression::new_set(persons)),
            ("entered_by".to_owned(), text(entered_by)),
            ("published".to_owned(), RestrictedExpression::new_bool(question.published)),
        ]);
        let optional =
            [("unit", &question.resource_unit), ("certifier", &question.certifier), ("state", &question.state)];
        for (name, value) in optional {
            if let Some(value) = value {
                attributes.insert(name.to_owned(), text(value));
            }
        }
        Entity::new(self.thing.clone(), attributes, HashSet::new()).map_err(|error| PolicyError(error.to_string()))
    }
}

/// The entity of every action; an action that the schema does not declare, or declares beyond the list, is an error.
fn declared_actions(schema: &Schema) -> Result<HashMap<Action, EntityUid>, PolicyError> {
    let type_name = type_name("Action")?;
    let named: HashMap<Action, EntityUid> = Action::ALL
        .iter()
        .map(|action| (*action, EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(action.as_str()))))
        .collect();
    let groups: HashSet<EntityUid> = schema.action_groups().cloned().collect();
    let declared: HashSet<EntityUid> = schema.actions().filter(|uid| !groups.contains(uid)).cloned().collect();
    if let Some(missing) = named.values().find(|uid| !declared.contains(uid)) {
        return Err(PolicyError(format!("the schema does not declare {missing}")));
    }
    if let Some(extra) = declared.iter().find(|uid| !named.values().any(|known| known == *uid)) {
        return Err(PolicyError(format!("the schema declares {extra}, which nobody decides on")));
    }
    Ok(named)
}

fn type_name(name: &str) -> Result<EntityTypeName, PolicyError> {
    EntityTypeName::from_str(name).map_err(|error| PolicyError(error.to_string()))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}
