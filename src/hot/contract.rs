//! What a sensor is.
//!
//! A sensor is a row in a list ([`SensorDef`]). Arming it, off the hot path, opens its files, finds its devices and
//! names its series; from then on [`Sensor::read`] fills a [`Sheet`] of words, on the lane's thread, without
//! allocating, opening or formatting. When devices come or go the sensor says [`State::Changed`] and is armed anew.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hearth_model::{Metric, Reading, Reason, Word};

pub use crate::cgroup_config::CgroupConfig;
pub use crate::drive_config::DriveConfig;
pub use crate::energy_config::{EnergyConfig, EnergySource};
use crate::meters::LaneMeters;
pub use crate::perf::PerfConfig;
use crate::series::{Part, SeriesKey};
use crate::source::{Source, SourceOutcome};
pub use crate::ups::{UpsConfig, UpsServer};

/// The lane a sensor is read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LaneKind {
    /// Kernel counters that answer in microseconds.
    Steady,
    /// Anything that may take milliseconds or hang.
    Slow,
}

impl LaneKind {
    /// The lane's name in labels and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Slow => "slow",
        }
    }
}

/// How often a sensor is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// At every tick of the lane, whatever its rate.
    Tick,
    /// At the first tick after each such period.
    Period(Duration),
}

/// A sensor, as the list of sensors names it.
pub struct SensorDef {
    /// Short name: in the configuration, in labels, in the status.
    pub name: &'static str,
    /// What it reads, for people: `/proc/stat`.
    pub source: &'static str,
    /// The lane that reads it.
    pub lane: LaneKind,
    /// How often.
    pub every: Every,
    /// What one read may cost before it is counted as over budget.
    pub budget: Duration,
    /// The metrics it may fill.
    pub metrics: &'static [&'static [&'static Metric]],
    /// Opens, discovers and names the series.
    pub arm: fn(&mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent>,
}

/// Why a sensor could not be armed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The kind of absence.
    pub reason: Reason,
    /// What was tried and what came back.
    pub what: String,
    /// What the owner can do about it; empty if nothing.
    pub fix: String,
}

/// What the owner configured for sensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensorConfig {
    /// How many groups of processes are named, at most.
    pub top_processes: usize,
    /// How long a file system may take to answer before it is stale.
    pub filesystem_timeout: Duration,
    /// Mount points left out, `*` matching anything.
    pub ignored_mounts: Vec<String>,
    /// File system types left out, `*` matching anything.
    pub ignored_filesystems: Vec<String>,
    /// Block devices left out, `*` matching anything.
    pub ignored_disks: Vec<String>,
    /// Network interfaces left out, `*` matching anything.
    pub ignored_interfaces: Vec<String>,
    /// UPS asked over the network.
    pub ups: UpsConfig,
    /// How often drives are asked, and which not.
    pub drives: DriveConfig,
    /// Control groups.
    pub cgroups: CgroupConfig,
    /// How energy is measured.
    pub energy: EnergyConfig,
    /// Performance counters.
    pub perf: PerfConfig,
}

/// What a sensor is given while it is armed, and the list of series it fills.
pub struct Arming<'a> {
    root: &'a Path,
    config: &'a SensorConfig,
    lane: LaneKind,
    lane_sensors: &'a [&'static str],
    series: Vec<SeriesKey>,
    sources: Vec<Source>,
}

impl<'a> Arming<'a> {
    /// Arming below `root`, on `lane`, whose sensors are `lane_sensors` in the order of [`LaneMeters::sensors`].
    #[must_use]
    pub fn new(
        root: &'a Path,
        config: &'a SensorConfig,
        lane: LaneKind,
        lane_sensors: &'a [&'static str],
    ) -> Self {
        Self { root, config, lane, lane_sensors, series: Vec::new(), sources: Vec::new() }
    }

    /// The directory below which every path lies; `/` but for tests.
    #[must_use]
    pub fn root(&self) -> &'a Path {
        self.root
    }

    /// `path` (relative, without a leading slash) below the root.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The owner's settings.
    #[must_use]
    pub fn config(&self) -> &'a SensorConfig {
        self.config
    }

    /// The lane that will read the sensor.
    #[must_use]
    pub fn lane(&self) -> LaneKind {
        self.lane
    }

    /// Names of the lane's sensors, in the order of [`LaneMeters::sensors`].
    #[must_use]
    pub fn lane_sensors(&self) -> &'a [&'static str] {
        self.lane_sensors
    }

    /// A place for one series of `metric`, with a value for each of its label keys in their order.
    pub fn slot(&mut self, metric: &'static Metric, labels: &[&str]) -> Slot {
        debug_assert_eq!(labels.len(), metric.labels.len(), "{}: one value for each label key", metric.name);
        self.part(metric, labels, Part::Value)
    }

    /// A place for a histogram's bucket with upper bound `le` (OpenMetrics text, `+Inf` for the last).
    pub fn bucket(&mut self, metric: &'static Metric, labels: &[&str], le: &str) -> Slot {
        let mut labels = labels.to_vec();
        labels.push(le);
        self.part(metric, &labels, Part::Bucket)
    }

    /// Places for a histogram's sum and count.
    pub fn sum_and_count(&mut self, metric: &'static Metric, labels: &[&str]) -> (Slot, Slot) {
        (self.part(metric, labels, Part::Sum), self.part(metric, labels, Part::Count))
    }

    fn part(&mut self, metric: &'static Metric, labels: &[&str], part: Part) -> Slot {
        let slot = Slot(self.series.len());
        let labels = labels.iter().map(|&value| Box::from(value)).collect();
        self.series.push(SeriesKey { metric, labels, part });
        slot
    }

    /// Notes a source that will be read: its name, the unit of its readings, and by which back end.
    pub fn uses(&mut self, name: impl Into<String>, unit: &'static str, how: impl Into<String>) {
        self.note(name.into(), SourceOutcome::Used { unit, how: how.into() });
    }

    /// Notes a source that is there and left alone, and why.
    pub fn spares(&mut self, name: impl Into<String>, why: impl Into<String>) {
        self.note(name.into(), SourceOutcome::Spare { why: why.into() });
    }

    /// Notes a source that is not to be had.
    pub fn lacks(&mut self, name: impl Into<String>, absent: Absent) {
        self.note(name.into(), SourceOutcome::Absent(absent));
    }

    fn note(&mut self, name: String, outcome: SourceOutcome) {
        self.sources.push(Source { name, outcome });
    }

    /// The sources noted so far, also those of a sensor that is absent in the end.
    #[must_use]
    pub fn take_sources(&mut self) -> Vec<Source> {
        std::mem::take(&mut self.sources)
    }

    /// The series named so far, in slot order.
    #[must_use]
    pub fn into_series(self) -> Vec<SeriesKey> {
        self.series
    }
}

/// A place in the sensor's own sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

impl Slot {
    /// Position in the sheet and in [`Arming::into_series`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// The words a sensor fills; what it leaves untouched keeps its last value.
pub struct Sheet<'a> {
    words: &'a mut [Word],
}

impl<'a> Sheet<'a> {
    /// A sheet over the sensor's words, one for each slot.
    pub fn new(words: &'a mut [Word]) -> Self {
        Self { words }
    }

    /// Puts a value.
    pub fn set(&mut self, slot: Slot, value: i64) {
        self.put(slot, Word::value(value));
    }

    /// Puts an unsigned kernel counter; beyond `i64::MAX` it is out of range.
    pub fn count(&mut self, slot: Slot, value: u64) {
        self.put(slot, Word::count(value));
    }

    /// Puts a value or the reason for its absence.
    pub fn reading(&mut self, slot: Slot, reading: Reading) {
        self.put(slot, Word::from(reading));
    }

    /// Says why there is no value.
    pub fn fail(&mut self, slot: Slot, reason: Reason) {
        self.put(slot, Word::reason(reason));
    }

    /// Says for every slot why there is no value.
    pub fn fail_all(&mut self, reason: Reason) {
        self.words.fill(Word::reason(reason));
    }

    fn put(&mut self, slot: Slot, word: Word) {
        debug_assert!(slot.0 < self.words.len(), "a slot belongs to the sheet it was armed for");
        if let Some(cell) = self.words.get_mut(slot.0) {
            *cell = word;
        }
    }
}

/// The moment of a read.
pub struct Tick<'a> {
    /// Which tick of the lane this is, from 0.
    pub index: u64,
    /// `CLOCK_MONOTONIC` when the tick began, in nanoseconds.
    pub monotonic_ns: u64,
    /// `CLOCK_REALTIME` when the tick began, in nanoseconds.
    pub realtime_ns: u64,
    /// `CLOCK_BOOTTIME` when the tick began, in nanoseconds: it alone tells that the machine slept, and what a counter
    /// did meanwhile is not known.
    pub boottime_ns: u64,
    /// What the lane knows about itself.
    pub meters: &'a LaneMeters,
}

/// What a read found beyond its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The sensor's series still describe the machine.
    Steady,
    /// Devices came or went: the sensor wants to be armed anew.
    Changed,
}

/// An armed sensor.
pub trait Sensor: Send {
    /// Reads once into `sheet`, without allocating, opening or formatting.
    ///
    /// # Errors
    /// The reason why nothing could be read; the lane then writes it into every slot of the sensor.
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason>;
}
