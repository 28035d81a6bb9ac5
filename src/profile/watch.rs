//! The box itself, watched for a while without a command: what it draws, and by whom.
//!
//! ```text
//! energy   counters at their edges, once a second ─► watts of each domain
//! groups   the daemon's sensor of control groups, on lanes of our own ─► CPU time and its share of the energy
//! programs /proc/*/stat, first and last ─► CPU time by name
//! ```
//!
//! What one of them cannot tell is said in its place; the others go on.

mod groups;
mod programs;
mod show;

use std::path::PathBuf;
use std::time::Duration;

use hearth_hot::clock::{Clock, SystemClock, sleep_until};
use nix::errno::Errno;
use serde::Serialize;

use super::energy::{Edge, Meters, Span, between, seconds};
use super::record::{DomainFacts, Missing};
use super::stats::interval;
use super::sys;
use crate::armory::ArmoryError;
use groups::Groups;
pub use groups::{Division, Group};
use programs::Programs;
pub use programs::{ENDED, Program};

/// Changes whenever the meaning of a field does.
pub const FORMAT: u32 = 1;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The directory below which everything is looked for.
    pub root: PathBuf,
    /// How long.
    pub duration: Duration,
    /// What the intervals are drawn from.
    pub seed: u64,
}

/// What a while of watching found. Lists are in falling order of their share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Watched {
    /// [`FORMAT`].
    pub watch_format: u32,
    /// The version of the program that measured.
    pub version: String,
    /// When it began, in seconds since 1970.
    pub began_unix_s: f64,
    /// How long it was.
    pub seconds: f64,
    /// Whether the owner ended it early.
    pub cut_short: bool,
    /// Every domain of energy.
    pub domains: Vec<Drawn>,
    /// Why there is no energy, if there is none.
    pub no_energy: Option<Missing>,
    /// Every control group that is followed.
    pub groups: Vec<Group>,
    /// Why no group is, if none is.
    pub no_groups: Option<Missing>,
    /// How the packages' energy was divided among groups.
    pub division: Option<Division>,
    /// Why it was not.
    pub no_division: Option<Missing>,
    /// Programs by CPU time.
    pub programs: Vec<Program>,
    /// Why there are none, or no row for those that ended meanwhile.
    pub no_programs: Option<Missing>,
}

/// What a domain of energy has drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drawn {
    /// `package-0`, `dram-0`, …
    pub name: String,
    /// `perf`, `powercap` or `msr`.
    pub source: String,
    /// From the first update to the last; none where a read failed meanwhile or an interval is in doubt.
    pub energy_j: Option<f64>,
    /// Mean power.
    pub watts: Option<f64>,
    /// How far that may be off, by when the first and the last update were and by a unit of the counter.
    pub error_watts: Option<f64>,
    /// Between what the mean of such a while lies in 95 of 100, by how the seconds differ; none of too few.
    pub mean_low_watts: Option<f64>,
    /// The upper end of that.
    pub mean_high_watts: Option<f64>,
    /// Mean power of each second or so.
    pub trace_watts: Vec<Option<f64>>,
}

/// Why nothing was watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is no clock, or no way to hear Ctrl-C.
    #[error("the system refuses {what}: {source}")]
    System {
        /// What.
        what: &'static str,
        /// What it said.
        source: std::io::Error,
    },
    /// Control groups cannot be read.
    #[error("control groups cannot be watched: {0}")]
    Lanes(#[from] ArmoryError),
}

/// What is told each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Second {
    /// How long it has been.
    pub passed: Duration,
    /// Mean watts of the first domain over the last second.
    pub watts: Option<f64>,
}

/// Watches for as long as is wished, or until Ctrl-C. `tell` is told each second.
///
/// # Errors
/// What stood in the way of watching at all.
pub fn watch(wish: &Wish, tell: &mut dyn FnMut(Second)) -> Result<Watched, WatchError> {
    let system = |what| move |source| WatchError::System { what, source };
    sys::hear_interrupts().map_err(system("hearing Ctrl-C"))?;
    let clock = SystemClock::new()
        .map_err(|errno: Errno| WatchError::System { what: "a clock", source: errno.into() })?;
    let began_unix_s = seconds(clock.realtime_ns());
    let (mut meters, no_energy) = match Meters::open(&wish.root) {
        Ok(meters) => (Some(meters), None),
        Err(missing) => (None, Some(missing)),
    };
    let mut groups = Groups::begin(&wish.root)?;
    let programs = Programs::begin(&wish.root);
    let edge = |meters: &mut Option<Meters>| meters.as_mut().map(|meters| meters.read_at_edge(&clock));
    if let Some(meters) = &mut meters {
        meters.begin(&clock);
    }
    let began_ns = clock.monotonic_ns();
    let end_ns = began_ns.saturating_add(u64::try_from(wish.duration.as_nanos()).unwrap_or(u64::MAX));
    let mut edges: Vec<Edge> = edge(&mut meters).into_iter().collect();
    groups.look();
    let mut next_ns = began_ns;
    while next_ns < end_ns && sys::interruptions() == 0 {
        // No last window that is too short to say anything: it is part of the one before.
        let left_ns = end_ns - next_ns;
        next_ns = if left_ns < WINDOW_NS * 3 / 2 { end_ns } else { next_ns + WINDOW_NS };
        sleep_until(next_ns).map_err(|errno| WatchError::System { what: "a wait", source: errno.into() })?;
        edges.extend(edge(&mut meters));
        groups.look();
        let watts = match &edges[..] {
            [.., from, to] => watts_between(from, to).first().copied().flatten(),
            _ => None,
        };
        tell(Second { passed: Duration::from_nanos(clock.monotonic_ns() - began_ns), watts });
    }
    let seconds = seconds(clock.monotonic_ns() - began_ns);
    let facts = meters.as_ref().map_or_else(Vec::new, Meters::facts);
    let found = groups.end();
    let (programs, no_programs) = match programs.and_then(Programs::end) {
        Ok(found) => found,
        Err(missing) => (Vec::new(), Some(missing)),
    };
    Ok(Watched {
        watch_format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        began_unix_s,
        seconds,
        cut_short: sys::interruptions() > 0,
        domains: drawn(&facts, &edges, wish.seed),
        no_energy,
        groups: found.groups,
        no_groups: found.no_groups,
        division: found.division,
        no_division: found.no_division,
        programs,
        no_programs,
    })
}

/// A second.
const WINDOW_NS: u64 = 1_000_000_000;

fn watts_between(from: &Edge, to: &Edge) -> Vec<Option<f64>> {
    let window_s = seconds(to.totals.at_ns.saturating_sub(from.totals.at_ns).max(1));
    let joules = between(&from.totals, &to.totals, u64::MAX);
    joules.into_iter().map(|joules| joules.map(|joules| joules / window_s)).collect()
}

/// What each domain drew between the first edge and the last.
fn drawn(facts: &[DomainFacts], edges: &[Edge], seed: u64) -> Vec<Drawn> {
    let [from, .., to] = edges else { return Vec::new() };
    let span = Span { from, to, run_ns: u64::MAX };
    let window_s = seconds(span.window_ns().max(1));
    let (energy_j, error_j) = (span.energy_j(), span.error_j(facts));
    let traces: Vec<Vec<Option<f64>>> =
        edges.windows(2).map(|pair| watts_between(&pair[0], &pair[1])).collect();
    let of = |(at, facts): (usize, &DomainFacts)| {
        let figure = |figures: &[Option<f64>]| figures.get(at).copied().flatten();
        let trace_watts: Vec<Option<f64>> = traces.iter().map(|watts| figure(watts)).collect();
        let mean = trace_watts
            .iter()
            .copied()
            .collect::<Option<Vec<f64>>>()
            .and_then(|watts| interval::of_mean(&watts, seed));
        Drawn {
            name: facts.name.clone(),
            source: facts.source.clone(),
            energy_j: figure(&energy_j),
            watts: figure(&energy_j).map(|energy_j| energy_j / window_s),
            error_watts: figure(&error_j).map(|error_j| error_j / window_s),
            mean_low_watts: mean.map(|mean| mean.low),
            mean_high_watts: mean.map(|mean| mean.high),
            trace_watts,
        }
    };
    facts.iter().enumerate().map(of).collect()
}
