//! The gRPC services: proto in, command or query, proto out.

mod bundle_sets;
mod duty;
mod evidence;
mod experience;
mod filing;
mod item;
mod report;
mod tier_alarm;
mod trace;
mod uplink;

pub(crate) use bundle_sets::BundleSets;
pub(crate) use evidence::Evidence;

use minsheng_domain::check::Bounds;
use minsheng_domain::period::Period;
use minsheng_kit::catalogue::Calendars;
use minsheng_kit::convert;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::Refusal;
use minsheng_kit::service::Service;

use crate::command::Rules;
use crate::divisions::Divisions;
use crate::programme::{InForce, Programmes};

/// What the services share.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) service: Service,
    pub(crate) rules: Rules,
}

impl Parts {
    /// Over an open service.
    pub(crate) fn new(service: Service, bounds: Bounds) -> Self {
        let programmes = Programmes::new(InForce::prepare);
        let (calendars, divisions) = (Calendars::default(), Divisions::default());
        Self { service, rules: Rules { programmes, calendars, divisions, bounds } }
    }
}

/// A programme and one of its months, as requests name them.
fn month_of(programme: &str, period: &str) -> Result<(i16, Period), Refusal> {
    let name = ProgrammeName::parse("programme", programme)?;
    Ok((name.year, convert::period::month_of_year("period", period, name.year)?))
}
