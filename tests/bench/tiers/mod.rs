//! Figures on their way up, through three tiers as processes of their own: certified figures from the county until they are
//! stored and witnessed above, the county's backlog after its line was cut, and how soon the province's standing shows what
//! the county certifies. All intervals of the tiers are the defaults.

mod chain;
mod latency;
mod proofs;
mod relay;
mod unsigned;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::verification::v1::Decision;

use crate::figures::Territory;
use crate::table::{Figure, Goal, Table};
use crate::{machine, tier};
use chain::{MONTHS, PLACES, Tier, Year};
use relay::Relay;

pub use unsigned::serve as serve_unsigned;

/// Figures that are certified while the line is good, for each set that piles up while it is cut; at most so many.
const LIVE_SHARE: usize = 10;
const LIVE_MOST: usize = 9_600;
const PROVINCE: usize = 0;
const MUNICIPALITY: usize = 1;
const COUNTY: usize = 2;
/// Nothing has come for so long and nothing waits: all is there.
const QUIET: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);
/// No part of it takes longer.
const PATIENCE: Duration = Duration::from_secs(900);

/// What this part is told.
pub struct Options<'a> {
    /// Folder for databases.
    pub folder: &'a Path,
    /// Divisions that are known.
    pub territory: &'a Territory,
    /// Sets that pile up while the county is cut off.
    pub entries: usize,
    /// Figures that are certified one after the other.
    pub rounds: usize,
}

/// The tiers from the top, and the county's line.
struct Chain {
    tiers: Vec<Tier>,
    line: Relay,
}

/// Measures and adds the figures.
pub async fn run(options: &Options<'_>, table: &mut Table) -> anyhow::Result<()> {
    // The years before this one: all of their months are over.
    let last = SystemClock.now().to_zoned(TimeZone::fixed(offset(8))).year() - 1;
    let small = Year { year: last, indicators: options.rounds.div_ceil(MONTHS).max(1) };
    let live = chain::years((options.entries / LIVE_SHARE).min(LIVE_MOST), last - 1);
    // A report makes two sets: its fast figure and its certified one.
    let backlog = chain::years(options.entries.div_ceil(2), last - 1 - i16::try_from(live.len())?);
    let folder = options.folder.join("tiers");
    let all = [&backlog[..], &live[..], &[small]].concat();
    let chain = Chain::start(&all, options.territory, &folder, table).await?;

    let seen = chain.live(&live, table).await?;
    latency::run(&chain.tiers, small, options.rounds, table).await?;
    chain.catch_up(&backlog, table).await?;
    let ledgers = proofs::Ledgers::note(&chain.tiers).await?;
    let witness = chain.witness(seen.count).await?;
    for tier in chain.tiers {
        tier.program.stop();
    }

    let unsigned = proofs::weigh(&folder, &ledgers, &live, table).await?;
    seen.add(&unsigned, witness, table);
    Ok(())
}

/// How the ledgers of the tiers grew.
struct Growth {
    /// When each tier's reporting first took something.
    first: Vec<Option<Instant>>,
    /// When it last did.
    last: Vec<Instant>,
    /// Seconds of processor time that all had taken by then.
    processor: f64,
}

/// What was measured while figures went up.
struct Live {
    count: usize,
    rate: f64,
    processor: f64,
}

impl Chain {
    async fn start(years: &[Year], territory: &Territory, folder: &Path, table: &mut Table) -> anyhow::Result<Self> {
        let begin = Instant::now();
        let mut tiers = Vec::new();
        for place in 0..PLACES.len() {
            tiers.push(Tier::start(place, years, territory, folder).await?);
        }
        let address = tiers[PROVINCE].program.address().to_owned();
        tiers[MUNICIPALITY].join(MUNICIPALITY, &tiers[PROVINCE], &address).await?;
        let line = Relay::start(tiers[MUNICIPALITY].program.address()).await?;
        tiers[COUNTY].join(COUNTY, &tiers[MUNICIPALITY], &line.address().to_string()).await?;
        table.fact(
            "tiers",
            format!(
                "province, municipality and county, minsheng serve all each, SQLite, WAL, synchronous FULL; {}; all \
                 intervals between tiers are the defaults; {} programmes of together {} indicators, each given down twice; started in {:.1} s",
                tier::SETTINGS,
                years.len(),
                years.iter().map(|year| year.indicators).sum::<usize>(),
                begin.elapsed().as_secs_f64()
            ),
        );
        let chain = Self { tiers, line };
        chain.quiet().await?;
        Ok(chain)
    }

    fn county(&self) -> &Tier {
        &self.tiers[COUNTY]
    }

    fn processor(&self) -> anyhow::Result<f64> {
        self.tiers.iter().map(|tier| machine::processor_seconds(tier.program.id())).sum()
    }

    /// Waits until nothing more comes: no ledger grows and nothing waits to go up.
    async fn quiet(&self) -> anyhow::Result<Growth> {
        let begin = Instant::now();
        let mut sizes = vec![[0; 2]; self.tiers.len()];
        for (tier, sizes) in self.tiers.iter().zip(&mut sizes) {
            *sizes = both(tier).await?;
        }
        let mut growth = Growth {
            first: vec![None; self.tiers.len()],
            last: vec![begin; self.tiers.len()],
            processor: self.processor()?,
        };
        let mut moved = begin;
        loop {
            tokio::time::sleep(LOOK).await;
            for (place, tier) in self.tiers.iter().enumerate() {
                let now = both(tier).await?;
                if now != sizes[place] {
                    moved = Instant::now();
                    growth.processor = self.processor()?;
                }
                if now[0] != sizes[place][0] {
                    growth.first[place].get_or_insert(moved);
                    growth.last[place] = moved;
                }
                sizes[place] = now;
            }
            if moved.elapsed() >= QUIET
                && !self.county().has_pending().await?
                && !self.tiers[MUNICIPALITY].has_pending().await?
            {
                return Ok(growth);
            }
            ensure!(begin.elapsed() < PATIENCE, "figures are on their way for too long");
        }
    }

    /// Certified figures from the county until they are stored at the province, and their heads cosigned at each tier.
    async fn live(&self, years: &[Year], table: &mut Table) -> anyhow::Result<Live> {
        self.county().file(years).await?;
        let cases = self.county().cases(years).await?;
        let passed = self.county().decide(&cases, Decision::Pass).await?;
        self.quiet().await?;
        let count = passed.len();

        let before = self.processor()?;
        let begin = Instant::now();
        self.county().decide(&passed, Decision::Certify).await?;
        let certified = begin.elapsed();
        let growth = self.quiet().await?;
        let stored = growth.last[PROVINCE].duration_since(begin);
        let exchange = Instant::now();
        for place in [COUNTY, MUNICIPALITY] {
            self.exchanged(place).await?;
        }
        let witnessed = exchange.elapsed();
        let took = (stored + witnessed).as_secs_f64();
        table.fact(
            "tiers, certified figures",
            format!(
                "{count} certified by batch in {:.2} s; the last is at the municipality after {:.2} s, at the province \
                 after {:.2} s; both exchanges of heads {:.0} ms",
                certified.as_secs_f64(),
                growth.last[MUNICIPALITY].duration_since(begin).as_secs_f64(),
                stored.as_secs_f64(),
                witnessed.as_secs_f64() * 1e3
            ),
        );
        Ok(Live { count, rate: count as f64 / took, processor: (growth.processor - before) / count as f64 })
    }

    /// Exchanges heads of a tier with the one above and sees that what it holds now is covered.
    async fn exchanged(&self, place: usize) -> anyhow::Result<()> {
        let tier = &self.tiers[place];
        let (reporting, verification) = (both(tier).await?, tier.exchange().await?.kept);
        for (service, least) in [("reporting", reporting[0]), ("verification", reporting[1])] {
            let origin = format!("minsheng/{}/{service}", PLACES[place].0);
            let kept = verification.iter().find(|kept| kept.origin == origin).map_or(0, |kept| kept.size);
            ensure!(kept >= least, "{origin}: {kept} of {least} entries are witnessed above");
        }
        Ok(())
    }

    /// Seconds of processor time that both exchanges take for each of so many figures.
    async fn witness(&self, count: usize) -> anyhow::Result<f64> {
        const TIMES: usize = 20;
        let before = self.processor()?;
        for _ in 0..TIMES {
            for place in [COUNTY, MUNICIPALITY] {
                self.exchanged(place).await?;
            }
        }
        Ok((self.processor()? - before) / (TIMES * count) as f64)
    }

    /// The county's backlog after its line was cut.
    async fn catch_up(&self, years: &[Year], table: &mut Table) -> anyhow::Result<()> {
        self.line.cut();
        let filed = self.county().file(years).await?;
        let cases = self.county().cases(years).await?;
        let passed = self.county().decide(&cases, Decision::Pass).await?;
        let certified = self.county().decide(&passed, Decision::Certify).await?;
        machine::settle(self.county().program.id(), Duration::from_secs(120)).await?;
        let (reports, sets) = (certified.len() as f64, 2 * certified.len());
        ensure!(self.county().has_pending().await?, "figures went up over a line that is cut");

        let processor = |place: usize| machine::processor_seconds(self.tiers[place].program.id());
        let before = [processor(PROVINCE)?, processor(MUNICIPALITY)?, processor(COUNTY)?];
        self.line.mend();
        let begin = Instant::now();
        let growth = self.quiet().await?;
        let first = growth.first[MUNICIPALITY].unwrap_or(begin);
        let after = |moment: Instant| moment.duration_since(begin).as_secs_f64();
        let (noticed, above, top) = (after(first), after(growth.last[MUNICIPALITY]), after(growth.last[PROVINCE]));
        let cost = |place: usize| anyhow::Ok((processor(place)? - before[place]) * 1e6 / sets as f64);
        let memory = |place: usize| machine::memory(self.tiers[place].program.id());
        table.fact(
            "tiers, catching up",
            format!(
                "{sets} sets of {reports:.0} reports; the county's sender noticed after {noticed:.1} s that the line is \
                 back (it asks after pauses of up to a minute); the last set at the municipality after {above:.1} s, \
                 what it makes at the province after {top:.1} s; of processor a set: county {:.0} us, municipality \
                 {:.0}, province {:.0}; most memory held: county {:.0} MiB, municipality {:.0}, province {:.0}",
                cost(COUNTY)?,
                cost(MUNICIPALITY)?,
                cost(PROVINCE)?,
                memory(COUNTY)?.1,
                memory(MUNICIPALITY)?.1,
                memory(PROVINCE)?.1
            ),
        );
        let (filing, goal) = (reports / filed.as_secs_f64(), Goal::AtLeast(0.5));
        let rate = |name: &str, seconds: f64| {
            Figure::new(name, sets as f64 / seconds, "sets/s").against("local bulk filing", filing)
        };
        table.add(rate("tiers, backlog to the municipality once the line is noticed", above - noticed).goal(goal));
        table.add(rate("tiers, backlog to the municipality from the line's return", above));
        table.add(rate("tiers, backlog until all of it is at the province", top));
        Ok(())
    }
}

impl Live {
    fn add(&self, weighed: &proofs::Weighed, witness: f64, table: &mut Table) {
        let name = "tiers, certified figures, stored and witnessed";
        table.add(Figure::new(name, self.rate, "/s").against("two bare hops", weighed.bare));
        let trust = weighed.seconds() + witness;
        table.fact(
            "tiers, trust",
            format!(
                "of {:.0} us of processor a figure from certification to the province: {}, witnesses {:.1}",
                self.processor * 1e6,
                weighed.parts(),
                witness * 1e6
            ),
        );
        table.add(
            Figure::new("tiers, processor for proofs, keys and witnesses a figure", trust * 1e6, "us")
                .against("the same path without them", (self.processor - trust) * 1e6)
                .goal(Goal::AtMost(0.25)),
        );
    }
}

/// Entries of a tier's reporting and verification.
async fn both(tier: &Tier) -> anyhow::Result<[u64; 2]> {
    let reporting = tier.head("reporting").await?.checkpoint;
    let verification = tier.head("verification").await?.checkpoint;
    Ok([chain::size(&reporting)?, chain::size(&verification)?])
}
