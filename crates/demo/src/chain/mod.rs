//! Three tiers and invented ones beside them, each a process of its own: how they are started, come to know each other, live
//! through the months, are cut apart and joined again.

mod joining;
mod months;

use std::net::SocketAddr;
use std::path::Path;

use tokio::task::JoinSet;

pub use joining::Reports;
pub use months::Played;

use crate::clock::DemoClock;
use crate::data::MARK;
use crate::error::DemoError;
use crate::generate::{BESIDE_COUNTY, BESIDE_MUNICIPALITY, COUNTY, MUNICIPALITY, PROVINCE, Place};
use crate::relay::Relay;
use crate::table::Table;
use crate::world::{Voice, World, WorldOptions};

/// The tiers.
#[derive(Debug)]
pub struct Chain {
    /// The province.
    pub province: World,
    /// The municipality.
    pub municipality: World,
    /// The county.
    pub county: World,
    /// The line from the county to the municipality.
    pub line: Relay,
    /// The clock of them all.
    pub clock: DemoClock,
    beside: Vec<Beside>,
    voice: Voice,
}

/// An invented tier.
#[derive(Debug)]
struct Beside {
    world: World,
    place: Place,
    /// Below the province, else below the municipality.
    of_province: bool,
}

/// How tiers are started.
#[derive(Clone, Debug)]
pub struct ChainOptions<'a> {
    /// Folder in which each tier gets one by the code of its division.
    pub folder: &'a Path,
    /// Addresses of the gateways of province, municipality and county.
    pub listen: [SocketAddr; 3],
    /// Where steps say what they do.
    pub voice: Voice,
}

impl Chain {
    /// Starts all tiers, each in a folder and a process of its own.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn start(options: ChainOptions<'_>) -> Result<Self, DemoError> {
        let ChainOptions { folder, listen, voice } = options;
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let three = [PROVINCE, MUNICIPALITY, COUNTY].into_iter().zip(listen);
        let beside = BESIDE_COUNTY.into_iter().chain(BESIDE_MUNICIPALITY).map(|place| (place, free));
        let plain = WorldOptions::new(folder);
        let clock = plain.clock.clone();
        let mut starting = JoinSet::new();
        for (number, (place, listen)) in three.chain(beside).enumerate() {
            let options = WorldOptions {
                folder: folder.join(place.division),
                listen,
                settings: settings(&place),
                apart: true,
                voice: if number < 3 { voice.clone() } else { Voice::silent() },
                ..plain.clone()
            };
            starting.spawn(async move { World::start(options).await.map(|world| (number, place, world)) });
        }
        let mut started = Vec::new();
        while let Some(done) = starting.join_next().await {
            started.push(done.map_err(|_| DemoError::Answer("process"))??);
        }
        started.sort_by_key(|(number, _, _)| *number);
        let mut started = started.into_iter();
        let mut next = || started.next().map(|(_, _, world)| world).ok_or(DemoError::Answer("process"));
        let (province, municipality, county) = (next()?, next()?, next()?);
        let beside =
            started.map(|(_, place, world)| Beside { world, place, of_province: BESIDE_MUNICIPALITY.contains(&place) });
        let target = municipality.address("gateway").ok_or(DemoError::Answer("gateway address"))?;
        let line = Relay::to(target).await?;
        let chain = Self { province, municipality, county, line, clock, beside: beside.collect(), voice };
        chain.introduce();
        Ok(chain)
    }

    fn introduce(&self) {
        let mut table = Table::new(["级", "区划", "进程", "网关", "数据目录"]);
        let tiers =
            [("省", PROVINCE, &self.province), ("市", MUNICIPALITY, &self.municipality), ("县", COUNTY, &self.county)];
        let mut row = |level: &str, place: &Place, world: &World| {
            let folder = world.folder().display().to_string();
            let name = format!("{}{}", place.name, place.division);
            table.row([level, &name, &world.process().to_string(), &world.url(), &folder]);
        };
        for (level, place, world) in &tiers {
            row(level, place, world);
        }
        for beside in &self.beside {
            row(MARK, &beside.place, &beside.world);
        }
        self.voice.say(table.text().trim_end());
        self.voice.say(format!(
            "  县到市的线路经本程序转接（{}→{}），演示中会切断再接通；末4行是凑排名用的虚构下级。各级日志在其数据目录的log。",
            self.line.address(),
            self.municipality.url(),
        ));
    }

    /// Stops the invented tiers: their figures are above.
    pub async fn stop_beside(&mut self) {
        let mut stopping = JoinSet::new();
        for beside in self.beside.drain(..) {
            stopping.spawn(beside.world.stop());
        }
        while stopping.join_next().await.is_some() {}
    }

    /// Stops all tiers.
    pub async fn stop(mut self) {
        self.stop_beside().await;
        let mut stopping = JoinSet::new();
        for world in [self.county, self.municipality, self.province] {
            stopping.spawn(world.stop());
        }
        while stopping.join_next().await.is_some() {}
    }

    /// Waits until a tier ends by itself.
    pub async fn serve(&mut self) {
        tokio::select! {
            () = self.province.serve() => {}
            () = self.municipality.serve() => {}
            () = self.county.serve() => {}
        }
    }
}

/// Settings of a tier of the demonstration.
fn settings(place: &Place) -> Vec<(&'static str, &'static str, String)> {
    let divisions = minsheng_kit::service::SERVICES.map(|service| (service, "division", place.division.to_owned()));
    let mut settings = divisions.to_vec();
    settings.push(("catalogue", "mandates.poll_seconds", "1".to_owned()));
    // Months pass in seconds, and who looks at it lives years later: no certificate is to end before it can be renewed.
    settings.push(("gateway", "authority.certificate_days", "3000".to_owned()));
    // The password is printed; nothing is gained by making it costly.
    settings.push(("gateway", "password.memory_kib", "1024".to_owned()));
    if *place != COUNTY {
        let word = if *place == PROVINCE { "湘实办通报" } else { "益实办通报" };
        let office = format!("{}重点民生实事项目办公室（{MARK}）", place.name);
        settings.push(("ranking", "bulletin.agency_words.monthly", word.to_owned()));
        settings.push(("ranking", "bulletin.office", office));
        settings.push(("ranking", "bulletin.addressees", "各下级实事办".to_owned()));
        settings.push(("ranking", "bulletin.copies_to", String::new()));
    }
    settings
}
