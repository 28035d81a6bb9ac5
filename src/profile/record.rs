//! What a profile found, as plain data: what is shown, exported, and read back to be analysed again.
//!
//! Everything derived (means, intervals, verdicts) is computed from this, so a report can be recomputed from its own
//! export. Figures are in base units (seconds, joules, watts, bytes); a figure that could not be had is `None`, and the
//! report says why in [`Facts`]. Lists over domains and counters are in the order of [`Facts::domains`] and
//! [`Facts::counters`].

use serde::{Deserialize, Serialize};

/// Changes whenever the meaning of a field does.
pub const FORMAT: u32 = 1;

/// A whole profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of the program that measured.
    pub version: String,
    /// When it began, in seconds since 1970.
    pub began_unix_s: f64,
    /// What the order of runs and the draws of the intervals come from.
    pub seed: u64,
    /// Where and by what it was measured.
    pub facts: Facts,
    /// Watts while nothing was run, if that was wanted.
    pub baseline: Option<Baseline>,
    /// Each command, in the order of the command line.
    pub results: Vec<Measured>,
    /// Whether the owner ended it early.
    pub cut_short: bool,
}

/// Where and by what it was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// `uname -sr`.
    pub kernel: String,
    /// The processor's name.
    pub processor: String,
    /// CPUs online.
    pub cpus: u32,
    /// `interleaved`, `randomized` or `sequential`.
    pub order: String,
    /// How often energy was sampled during a run, in Hz.
    pub rate_hz: u32,
    /// Energy domains that were read.
    pub domains: Vec<DomainFacts>,
    /// Why there is no energy, and what to do about it; `None` if there is.
    pub no_energy: Option<Missing>,
    /// Events that were counted.
    pub counters: Vec<String>,
    /// Events that were wanted and are not to be had.
    pub no_counters: Vec<Missing>,
    /// Whether counters leave out what the kernel did, for lack of a privilege.
    pub user_only: bool,
    /// The most memory that the profiler itself had resident, in bytes: a program's most is counted from the moment its
    /// process began, which shares the profiler's memory until it executes, and so is never told below this.
    pub own_rss_bytes: u64,
    /// What else whoever reads the figures should know, in sentences.
    pub notes: Vec<String>,
}

/// An energy domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainFacts {
    /// `package-0`, `dram-0`, …
    pub name: String,
    /// `perf`, `powercap`, `msr`, or `estimated` for what is CPU time multiplied with watts the owner named.
    pub source: String,
    /// Joules of one unit of the counter; 0 for an estimate.
    pub unit_j: f64,
}

impl DomainFacts {
    /// Whether its figures are computed from watts the owner named.
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        self.source == ESTIMATED
    }
}

/// The source of a domain that is no measurement.
pub const ESTIMATED: &str = "estimated";

/// The order in which each command's runs are made together, so that runs of different commands are no neighbours.
pub const SEQUENTIAL: &str = "sequential";

/// Something that is not to be had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// What.
    pub name: String,
    /// What was tried and what came back.
    pub what: String,
    /// What the owner can do about it; empty if nothing.
    pub fix: String,
}

/// Watts while nothing was run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Each stretch of idleness, in order: before, between and after the runs.
    pub stretches: Vec<Idle>,
}

/// One stretch of idleness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Idle {
    /// When it began, in seconds since the profile did.
    pub began_s: f64,
    /// How long it lasted.
    pub seconds: f64,
    /// Watts of each domain over each whole second (or the whole stretch, if shorter) of it.
    pub watts: Vec<Vec<f64>>,
    /// How far any of those may be off, of each domain: by what is open about the moments of the updates around it, and by
    /// a unit of the counter.
    #[serde(default)]
    pub error_w: Vec<f64>,
}

/// One command and its runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What it is called.
    pub name: String,
    /// The command on one line.
    pub command: String,
    /// The parameters' values.
    pub parameters: Vec<(String, String)>,
    /// Its runs, in the order in which they were made; those that only warmed up are not here.
    pub runs: Vec<Run>,
}

/// One run of a command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The round it belongs to: runs of one round are neighbours in time and are compared as a pair, unless each command's
    /// runs were made together ([`SEQUENTIAL`]).
    pub round: u32,
    /// When it began, in seconds since the profile did.
    pub began_s: f64,
    /// From its first instruction to its end.
    pub wall_s: f64,
    /// Time in user mode, with all descendants that were waited for.
    pub user_s: f64,
    /// Time in the kernel, likewise.
    pub system_s: f64,
    /// Most resident memory of one process.
    pub max_rss_bytes: u64,
    /// Page faults served from memory.
    pub minor_faults: u64,
    /// Page faults that had to read.
    pub major_faults: u64,
    /// Times a processor was given up to wait.
    pub voluntary_switches: u64,
    /// Times a processor was taken away.
    pub involuntary_switches: u64,
    /// How it ended by itself.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was killed because its time was up or the owner wanted it.
    pub cut_short: bool,
    /// Joules of each domain from the update before its first instruction to the update after its end, less what idle
    /// time at either end took.
    pub energy_j: Vec<Option<f64>>,
    /// How far those may be off at the run's mean power: by what is open about the moments of both updates, and by a unit
    /// of the counter.
    #[serde(default)]
    pub energy_error_j: Vec<Option<f64>>,
    /// Seconds from the one update to the other. What the run did not take of them is taken off in proportion, which is
    /// right as long as power just outside the run is as within.
    #[serde(default)]
    pub energy_window_s: Option<f64>,
    /// Most watts of each domain over any tenth of a second (or the run, if shorter).
    pub peak_w: Vec<Option<f64>>,
    /// Each event.
    pub counters: Vec<Option<Counted>>,
    /// Power during the run.
    pub trace: Vec<Point>,
    /// The phases it marked, in order.
    pub phases: Vec<Phase>,
}

/// One event of one run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// How many, estimated where `ratio` is below 1.
    pub value: u64,
    /// The part of the time in which it was counted.
    pub ratio: f64,
}

/// Power at a moment of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Seconds since the run began; the end of the window that `watts` are over.
    pub at_s: f64,
    /// Watts of each domain since the point before.
    pub watts: Vec<Option<f64>>,
}

/// A part of a run that it named itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name; what came before the first mark is called `start`.
    pub name: String,
    /// Seconds since the run began.
    pub began_s: f64,
    /// Seconds since the run began.
    pub ended_s: f64,
    /// Joules of each domain; phases of a run add up to the run.
    pub energy_j: Vec<Option<f64>>,
    /// Each event; phases of a run add up to the run.
    pub counters: Vec<Option<u64>>,
}

impl Measured {
    /// A figure of each run.
    #[must_use]
    pub fn figures(&self, figure: impl Fn(&Run) -> f64) -> Vec<f64> {
        self.runs.iter().map(figure).collect()
    }

    /// A figure of each run, if every run has it.
    #[must_use]
    pub fn figures_of_all(&self, figure: impl Fn(&Run) -> Option<f64>) -> Option<Vec<f64>> {
        self.runs.iter().map(figure).collect()
    }

    /// The runs of this command and another that belong to the same rounds: pairs of (this, other).
    pub fn paired<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a Run, &'a Run)> {
        self.runs.iter().filter_map(|run| {
            let neighbour = other.runs.iter().find(|neighbour| neighbour.round == run.round)?;
            Some((run, neighbour))
        })
    }
}
