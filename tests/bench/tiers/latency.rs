//! How soon the province's standing shows what the county certifies while nothing else is on its way.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use minsheng_proto::ranking::v1::standing_service_client::StandingServiceClient;
use minsheng_proto::ranking::v1::{FigureBasis, PreviewStandingRequest, Snapshot};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{Case, CertifyReportRequest, Decision};

use super::chain::{PLACES, Tier, Year};
use crate::table::{Figure, Table};
use crate::tier;

const LOOK: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures and adds the figures.
pub async fn run(tiers: &[Tier], year: Year, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let (province, county) = (&tiers[0], &tiers[tiers.len() - 1]);
    county.file(&[year]).await?;
    let cases = county.cases(&[year]).await?;
    let passed = county.decide(&cases, Decision::Pass).await?;
    let mut standing = Standing { service: StandingServiceClient::new(province.office.door()), year };
    // The fast figures come first.
    for case in &passed {
        standing.shows(case, 1).await?;
    }
    let mut certifier = CertificationServiceClient::new(county.certifier.door());
    let (mut times, mut looks) = (Vec::new(), Vec::new());
    for (round, case) in passed.iter().take(rounds).enumerate() {
        let request_id = format!("alone-{round}");
        let (name, etag) = (case.name.clone(), case.etag.clone());
        let asked = CertifyReportRequest { name, etag, request_id, ..CertifyReportRequest::default() };
        certifier.certify_report(asked).await.map_err(tier::refused)?;
        let begin = Instant::now();
        looks.push(standing.shows(case, 2).await?);
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    looks.sort_unstable();
    let at = |times: &[Duration], percent: usize| {
        times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3
    };
    table.fact(
        "tiers, nothing waiting",
        format!(
            "{} figures certified one after the other; from the county's answer until the province's preview shows it: \
             p50 {:.0} ms, p90 {:.0}, p99 {:.0}, most {:.0}; of it one look at the preview {:.1} ms",
            times.len(),
            at(&times, 50),
            at(&times, 90),
            at(&times, 99),
            at(&times, 100),
            at(&looks, 50)
        ),
    );
    for (name, percent) in [("median", 50), ("90 of 100", 90), ("99 of 100", 99), ("slowest", 100)] {
        table.add(Figure::new(
            format!("tiers, county's certification to province's standing, {name}"),
            at(&times, percent),
            "ms",
        ));
    }
    Ok(())
}

struct Standing {
    service: StandingServiceClient<minsheng_tests::client::Door>,
    year: Year,
}

impl Standing {
    /// Looks until the standing rests on this version of what a county's case makes; gives how long the last look took.
    async fn shows(&mut self, case: &Case, version: usize) -> anyhow::Result<Duration> {
        let parts: Vec<&str> = case.name.split('/').collect();
        let (indicator, month) = parts.get(3).zip(parts.get(5)).context("the name of a case")?;
        let shared = format!("{indicator}@{}", PLACES[1].0);
        let asked = PreviewStandingRequest {
            programme: self.year.programme(0),
            period: (*month).to_owned(),
            basis: FigureBasis::Fast.into(),
            scheme: String::new(),
        };
        let end = Instant::now() + PATIENCE;
        loop {
            let look = Instant::now();
            let answer = self.service.preview_standing(asked.clone()).await;
            let took = look.elapsed();
            let snapshot = answer.as_ref().ok().and_then(|answer| answer.get_ref().snapshot.as_ref());
            let shown = snapshot.and_then(|snapshot| shown(snapshot, &shared, month));
            if shown.is_some_and(|shown| shown >= version) {
                return Ok(took);
            }
            ensure!(look < end, "{} does not reach the standing: {shown:?}, {:?}", case.name, answer.err());
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The version that a figure of a tier rests on in its month, once it is a fast figure.
fn shown(snapshot: &Snapshot, indicator: &str, month: &str) -> Option<usize> {
    let row = snapshot.tier_indicators.iter().find(|row| row.indicator == indicator)?;
    let measure = row.measures.first().filter(|measure| measure.figure_period == month)?;
    let source = measure.source.as_ref().filter(|source| source.pass_sequence.is_some())?;
    source.version.rsplit('/').next()?.parse().ok()
}
