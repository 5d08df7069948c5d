//! What the parent asks of this tier, as it is read from the newest entries.

use minsheng_domain::programme::check::Asked;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_proto::catalogue::v1::{Measure, Programme};
use minsheng_proto::tier::v1::{MandatedIndicator, MandatesGiven};

use crate::entity::mandate;

/// Resource name of a parent's measure.
pub(crate) fn measure_name(programme: &str, indicator: &str, measure: &str) -> String {
    format!("{programme}/indicators/{indicator}/measures/{measure}")
}

/// Whether what a parent's programme gives is for this division and year.
pub(crate) fn is_for(given: &MandatesGiven, division: &str, year: i32) -> bool {
    let of = ProgrammeName::parse("programme", &given.programme);
    given.division == division && of.is_ok_and(|of| i32::from(of.year) == year)
}

/// Measures of what is given, with their indicators.
pub(crate) fn measures(given: &MandatesGiven) -> impl Iterator<Item = (&MandatedIndicator, &Measure)> {
    given.indicators.iter().flat_map(|indicator| indicator.measures.iter().map(move |measure| (indicator, measure)))
}

/// What is asked of a programme's division in its year. A number that cannot be read is passed over.
pub(crate) fn asked<'a>(received: impl IntoIterator<Item = &'a mandate::Model>, programme: &Programme) -> Vec<Asked> {
    let given = received.into_iter().map(mandate::Model::read);
    let mut asked = Vec::new();
    for given in given.filter(|given| is_for(given, &programme.division, programme.year)) {
        asked.extend(measures(&given).filter_map(|(indicator, measure)| {
            Some(Asked {
                measure: measure_name(&given.programme, &indicator.code, &measure.code),
                title: measure.title.clone(),
                target: measure.target.parse().ok()?,
                unit: measure.unit.clone(),
            })
        }));
    }
    asked
}
