//! Takes in rows of the territory tree, all or nothing. Level and parent follow from the code, so that a known code can
//! only take a new name.

use std::collections::BTreeSet;

use minsheng_domain::division::{DivisionCode, DivisionError, Level};
use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{
    Division, DivisionLevel, DivisionsImported, ImportDivisionsRequest, ImportDivisionsResponse,
};
use prost::Message;

use crate::entity::division;

/// Most rows of one call.
const MAX_ROWS: usize = 10_000;
/// Longest name, in characters.
const MAX_NAME: usize = 100;

/// The import.
#[derive(Debug)]
pub(crate) struct ImportDivisions(pub(crate) ImportDivisionsRequest);

impl Command for ImportDivisions {
    type Answer = ImportDivisionsResponse;

    fn wants(&self, wants: &mut Wants) {
        for row in self.0.divisions.iter().take(MAX_ROWS) {
            wants.row::<division::Entity>(row.code.as_str());
            wants.row::<division::Entity>(row.parent.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ImportDivisionsResponse, Refusal> {
        context.authorise(Action::ImportDivisions, &Resource::new("division"))?;
        let rows = &self.0.divisions;
        if rows.is_empty() {
            return Err(Refusal::required("divisions"));
        }
        if rows.len() > MAX_ROWS {
            let (zh, en) = (format!("每次最多{MAX_ROWS}行"), format!("must be at most {MAX_ROWS} rows a call"));
            return Err(Refusal::new(Reason::DivisionInvalid).field("divisions", zh, en));
        }
        check(rows, context)?;
        let fresh = |row: &&Division| {
            let known = context.get::<division::Entity>(&row.code);
            known.is_none_or(|known| known.name != row.name)
        };
        let changed: Vec<Division> = rows.iter().filter(fresh).cloned().collect();
        let answer =
            ImportDivisionsResponse { changed: count(changed.len()), unchanged: count(rows.len() - changed.len()) };
        if changed.is_empty() {
            return Ok(answer);
        }
        for row in &changed {
            context.put::<division::Entity>(division::Model {
                code: row.code.clone(),
                name: row.name.clone(),
                level: row.level,
                parent: row.parent.clone(),
            });
        }
        context.record("divisions", &DivisionsImported { divisions: changed });
        Ok(answer)
    }

    fn weight(&self) -> usize {
        self.0.encoded_len()
    }
}

/// Every row that breaks a rule, by its place.
fn check(rows: &[Division], context: &Context<'_>) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    let given: BTreeSet<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let own = context.caller().division.parse::<DivisionCode>().ok();
    let mut seen = BTreeSet::new();
    for (place, row) in rows.iter().enumerate() {
        let field = |name: &str| format!("divisions[{place}].{name}");
        faults.required_text(&field("name"), &row.name, MAX_NAME);
        if !seen.insert(row.code.as_str()) {
            faults.add(field("code"), format!("代码{}重复", row.code), format!("{} stands twice", row.code));
        }
        let code: DivisionCode = match row.code.parse() {
            Ok(code) => code,
            Err(error) => {
                let error: DivisionError = error;
                faults.add(field("code"), error.zh(), error.to_string());
                continue;
            }
        };
        if DivisionLevel::try_from(row.level).ok() != Some(level(code.level())) {
            let label = code.level().label();
            faults.add(field("level"), format!("代码{code}是{label}"), format!("the code {code} is of another level"));
        }
        let above = code.parent();
        let parent = above.map(|above| above.to_string()).unwrap_or_default();
        if row.parent != parent {
            faults.add(
                field("parent"),
                format!("{code}的上级应为“{parent}”"),
                format!("the parent of {code} is {parent:?}"),
            );
        } else if let Some(above) = above {
            let outside = own.is_some_and(|own| !above.is_within(own) && (own == code || own.is_within(code)));
            let known = given.contains(parent.as_str()) || context.get::<division::Entity>(&parent).is_some();
            if !known && !outside {
                faults.add(
                    field("parent"),
                    format!("区划名录中没有上级{parent}"),
                    format!("the parent {parent} is neither known nor among the rows"),
                );
            }
        }
    }
    faults.check(Reason::DivisionInvalid)
}

fn level(level: Level) -> DivisionLevel {
    match level {
        Level::Province => DivisionLevel::Province,
        Level::Municipality => DivisionLevel::Municipality,
        Level::County => DivisionLevel::County,
        Level::Township => DivisionLevel::Township,
        Level::Village => DivisionLevel::Village,
        Level::LocalArea => DivisionLevel::LocalArea,
    }
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}
