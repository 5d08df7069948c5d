//! What reporting measures: figures that wait for the parent, alarms about lower tiers, duties that are open or late.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use metrics::gauge;
use minsheng_kit::catalogue;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::convert::period;
use minsheng_kit::error::Refusal;
use minsheng_kit::measure::{EVERY, Rhythm};
use minsheng_kit::telemetry::{begin_at_zero, measured};
use minsheng_proto::reporting::v1::DutyKind;

use crate::service::Parts;
use crate::store;

/// Duties need a month's reports: they are reckoned less often.
const DUTIES_EVERY: Duration = Duration::from_secs(60);

/// Measures the way up until the service stops.
pub(crate) async fn traffic(parts: Parts) {
    begin_at_zero(&["minsheng_uplink_failures_total"], &[]);
    for outcome in ["filed", "refused"] {
        begin_at_zero(&["minsheng_uplink_sets_total"], &[("outcome", outcome)]);
    }
    begin_at_zero(&["minsheng_verification_failures_total"], &[("service", crate::NAME), ("of", "set")]);
    let mut rhythm = Rhythm::of(&parts.service, EVERY);
    while rhythm.next().await {
        if let Err(refusal) = measure_traffic(&parts).await {
            tracing::debug!(%refusal, "the way up is not measured");
        }
    }
}

async fn measure_traffic(parts: &Parts) -> Result<(), Refusal> {
    let connection = parts.service.database.reader();
    let (pending, since) = store::outbox_backlog(connection).await?;
    let waited =
        since.map_or(0, |since| parts.service.clock.now().as_millisecond().saturating_sub(since).max(0) / 1_000);
    gauge!("minsheng_uplink_pending_sets").set(measured(pending));
    gauge!("minsheng_uplink_backlog_seconds").set(measured(waited));
    gauge!("minsheng_uplink_refused_sets").set(measured(store::outbox_refused(connection).await?));
    let alarms = store::tier_alarms(false, connection).await?.len();
    gauge!("minsheng_alarms_open", "of" => "filing").set(alarms as f64);
    Ok(())
}

/// Measures duties until the service stops.
pub(crate) async fn duties(parts: Parts) {
    let mut rhythm = Rhythm::of(&parts.service, DUTIES_EVERY);
    while rhythm.next().await {
        match count_duties(&parts).await {
            Ok(counts) => counts.tell(),
            Err(refusal) => tracing::debug!(%refusal, "duties are not measured"),
        }
    }
}

/// Duties that are not fulfilled: of reports and of articles.
#[derive(Debug, Default)]
struct Counts {
    open: [i64; 2],
    late: [i64; 2],
}

impl Counts {
    fn tell(&self) {
        for (place, kind) in ["report", "article"].into_iter().enumerate() {
            gauge!("minsheng_duties_open", "kind" => kind).set(measured(self.open[place]));
            gauge!("minsheng_duties_late", "kind" => kind).set(measured(self.late[place]));
        }
    }
}

/// Over the months of this year and the last that have begun and are not closed.
async fn count_duties(parts: &Parts) -> Result<Counts, Refusal> {
    let mut counts = Counts::default();
    let now = parts.service.clock.now();
    let today = beijing(now);
    let connection = parts.service.database.reader();
    for programme in catalogue::programme_names(connection).await? {
        let Ok(ProgrammeName { year, .. }) = ProgrammeName::parse("programme", &programme) else { continue };
        if !(today.year() - 1..=today.year()).contains(&year) {
            continue;
        }
        for month in 1..=12 {
            let text = format!("{year}-{month:02}");
            let month = period::month_of_year("period", &text, year)?;
            if month.first_day() > today || store::closed(&programme, month, connection).await? {
                continue;
            }
            // A month without a programme in force, or before the first that is reported, has no duties.
            let Ok(duties) = parts.month_duties(&programme, month, None).await else { continue };
            for duty in duties.iter().filter(|duty| !duty.fulfilled) {
                let place = usize::from(duty.kind() == DutyKind::Article);
                counts.open[place] += 1;
                counts.late[place] += i64::from(duty.late);
            }
        }
    }
    Ok(counts)
}

fn beijing(moment: Timestamp) -> jiff::civil::Date {
    moment.to_zoned(TimeZone::fixed(offset(8))).date()
}
