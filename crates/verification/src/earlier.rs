//! The latest earlier figure of each measure: of the latest earlier month that has one, certified if it has been, else
//! fast, else reported. A returned version is no figure.

use std::collections::{BTreeSet, HashMap};

use minsheng_kit::error::Refusal;
use minsheng_proto::common::v1::Value;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::verification::v1::{Case, CaseValue, EarlierFigure};
use sea_orm::ConnectionTrait;

use crate::entity::case;
use crate::store;

/// What a figure rests on, the stronger the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rests {
    Reported,
    Fast,
    Certified,
}

impl Rests {
    fn name(self) -> &'static str {
        match self {
            Rests::Reported => "REPORTED",
            Rests::Fast => "FAST",
            Rests::Certified => "CERTIFIED",
        }
    }
}

/// A figure of a month. Of one month what it rests on says more than the version: a correction that waits does not hide
/// what is certified.
#[derive(Debug)]
struct Figure<'a> {
    period: &'a str,
    rests: Rests,
    version: i32,
    value: Value,
}

impl Figure<'_> {
    fn order(&self) -> (&str, Rests, i32) {
        (self.period, self.rests, self.version)
    }
}

/// Adds to each case the earlier figures of its measures; `rows` and `cases` go together.
pub(crate) async fn add(
    rows: &[case::Model],
    cases: &mut [Case],
    connection: &impl ConnectionTrait,
) -> Result<(), Refusal> {
    let Some(last) = rows.iter().map(|row| row.period.as_str()).max() else {
        return Ok(());
    };
    let programmes: BTreeSet<&str> = rows.iter().map(|row| row.programme.as_str()).collect();
    let indicators: BTreeSet<&str> = rows.iter().map(|row| row.indicator.as_str()).collect();
    let known = store::before(last, programmes, indicators, connection).await?;
    let mut history: HashMap<(&str, String), Vec<Figure<'_>>> = HashMap::new();
    for row in &known {
        for mut value in row.figures()?.values {
            let measure = std::mem::take(&mut value.measure);
            if let Some((rests, value)) = strongest(value) {
                let figure = Figure { period: &row.period, rests, version: row.version, value };
                history.entry((&row.programme, measure)).or_default().push(figure);
            }
        }
    }
    for (row, case) in rows.iter().zip(cases) {
        for value in &mut case.values {
            let figures = history.get(&(row.programme.as_str(), value.measure.clone())).into_iter().flatten();
            let latest =
                figures.filter(|figure| figure.period < row.period.as_str()).max_by(|a, b| a.order().cmp(&b.order()));
            value.earlier = latest.map(|figure| EarlierFigure {
                period: figure.period.to_owned(),
                state: figure.rests.name().to_owned(),
                value: Some(figure.value.clone()),
            });
        }
    }
    Ok(())
}

/// The strongest value there is; "not reported" is none.
fn strongest(value: CaseValue) -> Option<(Rests, Value)> {
    let all = [(Rests::Certified, value.certified), (Rests::Fast, value.fast), (Rests::Reported, value.reported)];
    let (rests, value) = all.into_iter().find_map(|(rests, value)| Some((rests, value?)))?;
    match value.state {
        None | Some(State::NotReported(_)) => None,
        Some(_) => Some((rests, value)),
    }
}
