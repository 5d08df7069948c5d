//! A scheme's message as the rules that it stands for. The field's rules say what each parameter means; here stands what
//! bounds the message itself.

use minsheng_domain::quantity::Quantity;
use minsheng_domain::score::{self, PlainComponent, PlainScheme};
use minsheng_kit::convert::json::from_json;
use minsheng_kit::convert::name::is_id;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::ranking::v1::{Component, Scheme};

/// The scheme that is meant where none is named.
pub(crate) const DEFAULT: &str = "schemes/default-month";

const MAX_COMPONENTS: usize = 20;
const MAX_PARAMETERS: usize = 20;
const MAX_TEXT: usize = 200;

/// The schemes that come with the software, in the JSON form of the message.
const FILES: [&str; 5] = [
    include_str!("../../../deploy/schemes/default-month.json"),
    include_str!("../../../deploy/schemes/province-table.json"),
    include_str!("../../../deploy/schemes/pass-or-fail.json"),
    include_str!("../../../deploy/schemes/district-2018-month.json"),
    include_str!("../../../deploy/schemes/district-2018-year.json"),
];

/// The embedded schemes as version 1.
///
/// # Errors
/// REQUEST_INVALID for a file that is no scheme, which a test excludes.
pub(crate) fn embedded() -> Result<Vec<Scheme>, Refusal> {
    let read = |text: &&str| from_json::<Scheme>(text).map(|scheme| Scheme { version: 1, ..scheme });
    FILES.iter().map(read).collect()
}

/// The rules of a scheme.
///
/// # Errors
/// SCHEME_INVALID with everything at fault, field by field.
pub(crate) fn rules(scheme: &Scheme) -> Result<score::Scheme, Refusal> {
    let mut refusal = Refusal::new(Reason::SchemeInvalid);
    let mut fault = |field: String, zh: &str, en: &str| {
        refusal = refusal.clone().field(format!("scheme.{field}"), zh, en);
    };
    let id = scheme.name.strip_prefix("schemes/").unwrap_or_default();
    if !is_id(id) {
        fault("name".into(), "写作schemes/，后接2至40个a–z、0–9、-", "is schemes/ and 2 to 40 of a–z, 0–9, -");
    }
    bounded(&scheme.title, 1, "title", &mut fault);
    bounded(&scheme.source, 0, "source", &mut fault);
    if !(1..=MAX_COMPONENTS).contains(&scheme.components.len()) {
        fault("components".into(), "须有1至20项", "must be 1 to 20");
    }
    let small = |number: i32| u32::try_from(number).ok().filter(|number| *number <= 100);
    for (field, number) in [("small_group", scheme.small_group), ("named", scheme.named)] {
        if small(number).is_none() {
            fault(field.into(), "须为0至100", "must be 0 to 100");
        }
    }
    let decimals = u8::try_from(scheme.decimals).ok().filter(|decimals| *decimals <= 4);
    if decimals.is_none() {
        fault("decimals".into(), "须为0至4", "must be 0 to 4");
    }
    let mut components = Vec::new();
    for (index, component) in scheme.components.iter().enumerate() {
        components.push(plain(component, &format!("components[{index}]"), &mut fault));
    }
    if !refusal.violations.is_empty() {
        return Err(refusal);
    }
    let plain = PlainScheme {
        name: id.to_owned(),
        version: u32::try_from(scheme.version).unwrap_or_default().max(1),
        title: scheme.title.clone(),
        components,
        decimals: decimals.unwrap_or_default(),
        small_group: small(scheme.small_group).unwrap_or_default(),
        named: small(scheme.named).unwrap_or_default(),
        rank_by_component: scheme.rank_by_component,
    };
    plain.to_scheme().map_err(|findings| {
        let refusal = Refusal::new(Reason::SchemeInvalid);
        findings.into_iter().fold(refusal, |refusal, it| refusal.field(format!("scheme.{}", it.field), it.zh, it.en))
    })
}

fn plain(component: &Component, field: &str, fault: &mut impl FnMut(String, &str, &str)) -> PlainComponent {
    if !is_id(&component.id) {
        fault(format!("{field}.id"), "须为2至40个a–z、0–9、-", "must be 2 to 40 of a–z, 0–9, -");
    }
    bounded(&component.title, 1, &format!("{field}.title"), fault);
    if component.parameters.len() > MAX_PARAMETERS {
        fault(format!("{field}.parameters"), "最多20个", "must be at most 20");
    }
    for (name, value) in &component.parameters {
        if name.len() > 40 || value.chars().count() > MAX_TEXT {
            fault(format!("{field}.parameters"), "名称或值过长", "a name or value is too long");
        }
    }
    let weight = component.weight.parse::<Quantity>();
    if let Err(error) = &weight {
        fault(format!("{field}.weight"), error.zh(), &error.to_string());
    }
    PlainComponent {
        id: component.id.clone(),
        title: component.title.clone(),
        metric: component.metric().as_str_name().trim_start_matches("METRIC_").to_owned(),
        weight: weight.unwrap_or_default(),
        parameters: component.parameters.clone().into_iter().collect(),
    }
}

fn bounded(text: &str, least: usize, field: &str, fault: &mut impl FnMut(String, &str, &str)) {
    let length = text.trim().chars().count();
    if !(least..=MAX_TEXT).contains(&length) || text.chars().any(char::is_control) {
        fault(field.to_owned(), "须为不超过200个字符的文字", "must be text of at most 200 characters");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_embedded_schemes_are_the_fields_own() {
        let embedded = embedded().unwrap();
        let rules: Vec<score::Scheme> = embedded.iter().map(|scheme| rules(scheme).unwrap()).collect();
        assert_eq!(rules, score::presets::all());
        assert_eq!(embedded[0].name, DEFAULT);
    }

    #[test]
    fn what_is_wrong_is_named_by_field() {
        let mut scheme = embedded().unwrap().remove(0);
        scheme.name = "schemes/Ä".into();
        scheme.decimals = 5;
        scheme.named = -1;
        scheme.components[0].weight = "1e2".into();
        let refusal = super::rules(&scheme).unwrap_err();
        assert_eq!(refusal.reason, Reason::SchemeInvalid);
        let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["scheme.name", "scheme.named", "scheme.decimals", "scheme.components[0].weight"]);
        let mut scheme = embedded().unwrap().remove(0);
        scheme.components[3].metric = 99;
        scheme.components[1].parameters.insert("purple".into(), "3".into());
        let refusal = super::rules(&scheme).unwrap_err();
        let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert!(fields.contains(&"scheme.components[3].metric"), "{fields:?}");
        assert!(fields.contains(&"scheme.components[1].parameters.purple"), "{fields:?}");
    }
}
