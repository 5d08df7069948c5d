//! Which runs a simulation makes: every seed that ever failed, then seeds that nobody has seen; or the one that is asked for.

/// Asks for one seed.
const SEED: &str = "MINSHENG_SIM_SEED";
/// How many times as many runs as usual, as for all sweeps.
const ROUNDS: &str = "MINSHENG_ROUNDS";

/// How many times as many rounds as usual are asked for.
pub fn rounds() -> usize {
    std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

/// The seed that is asked for.
fn asked() -> Option<u64> {
    let asked = std::env::var(SEED).ok()?;
    Some(asked.trim().parse().expect("MINSHENG_SIM_SEED is a number"))
}

/// One seed for a test that runs once: the one that is asked for, or a new one. It is told, so that it can be given again.
#[allow(clippy::print_stdout, reason = "what a test was about is told to who runs it")]
pub fn seed(test: &str) -> u64 {
    let seed = asked().unwrap_or_else(|| u64::from(rand::random::<u32>()));
    println!("{test}: {SEED}={seed}");
    seed
}

/// The seeds of a simulation.
#[derive(Debug)]
pub struct Seeds {
    simulation: &'static str,
    seeds: Vec<u64>,
}

impl Seeds {
    /// `failed` is the list of seeds that ever failed: a line each, the simulation's name, the seed, and why it failed. With
    /// `fresh` new ones, many times as many in a long run.
    pub fn new(simulation: &'static str, failed: &str, fresh: usize) -> Self {
        if let Some(one) = asked() {
            return Self { simulation, seeds: vec![one] };
        }
        let lines = failed.lines().filter(|line| !line.starts_with('#'));
        let named = lines.filter_map(|line| line.strip_prefix(simulation)?.split_whitespace().next());
        let mut seeds: Vec<u64> = named.map(|seed| seed.parse().expect("a seed is a number")).collect();
        seeds.extend((0..fresh * rounds()).map(|_| u64::from(rand::random::<u32>())));
        Self { simulation, seeds }
    }

    /// Runs each; a failure is told with the seed and how to repeat it.
    pub fn each(self, mut run: impl FnMut(u64) -> Result<(), String>) {
        for seed in self.seeds {
            if let Err(why) = run(seed) {
                let simulation = self.simulation;
                panic!(
                    "{simulation}: {why}\nrepeat it with {SEED}={seed}, and keep the seed in the list of those that failed"
                );
            }
        }
    }
}
