//! One file a gRPC service: proto in, command or query, proto out.

mod bundle_mandates;
mod calendars;
mod divisions;
mod mandate_alarm;
mod mandate_query;
mod mandates;
mod programmes;
mod units;

use minsheng_kit::error::Refusal;
use minsheng_kit::identity::Caller;
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;

/// DivisionService.
#[derive(Clone, Debug)]
pub(crate) struct Divisions(pub(crate) Service);

/// UnitService.
#[derive(Clone, Debug)]
pub(crate) struct Units(pub(crate) Service);

/// ProgrammeService.
#[derive(Clone, Debug)]
pub(crate) struct Programmes(pub(crate) Service);

/// CalendarService.
#[derive(Clone, Debug)]
pub(crate) struct Calendars(pub(crate) Service);

/// MandateService: for lower tiers.
#[derive(Clone, Debug)]
pub(crate) struct Mandates(pub(crate) Service);

/// BundleMandatesService: for the gateway.
#[derive(Clone, Debug)]
pub(crate) struct BundleMandates(pub(crate) Service);

/// MandateQueryService: for this tier.
#[derive(Clone, Debug)]
pub(crate) struct MandateQuery(pub(crate) Service);

/// MandateAlarmService.
#[derive(Clone, Debug)]
pub(crate) struct MandateAlarms(pub(crate) Service);

/// What everybody of the tier may read.
fn may_read_reference(service: &Service, caller: &Caller) -> Result<(), Refusal> {
    service.policies.check(caller, Action::ReadReference, &Resource::new("reference"))
}
