//! A bench to put one sensor on, for the tests of sensors: it arms, reads at the times it is told and looks up series
//! by name, as the lane and the readers would, without a thread or a clock.
//!
//! ```no_run
//! # use hearth_hot::{contract::{Absent, SensorDef}, testing::Bench};
//! # fn example(def: &SensorDef) -> Result<(), Absent> {
//! let mut bench = Bench::arm(def, "/tmp/fixture".as_ref())?;
//! bench.read_at(0).expect("the fixture is readable");
//! assert_eq!(bench.value("node_load1", &[]), Some(Ok(25)));
//! # Ok(())
//! # }
//! ```

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use hearth_model::{Reading, Reason, Word};

use crate::contract::{
    Absent, Arming, CgroupConfig, EnergyConfig, PerfConfig, Sensor, SensorConfig, SensorDef, Sheet, State,
    Tick, UpsConfig,
};
use crate::drive_config::DriveConfig;
use crate::meters::LaneMeters;
use crate::series::{Part, SeriesKey};
use crate::source::Source;

/// One armed sensor and its words.
pub struct Bench {
    sensor: Box<dyn Sensor>,
    series: Vec<SeriesKey>,
    sources: Vec<Source>,
    words: Box<[Word]>,
    meters: LaneMeters,
    ticks: u64,
    slept_ns: u64,
}

impl Bench {
    /// `CLOCK_REALTIME` at monotonic zero on the bench: 2026-01-01T00:00:00Z, in nanoseconds.
    pub const REALTIME_ZERO_NS: u64 = 1_767_225_600_000_000_000;

    /// Arms `def` below `root` with [`Bench::config`].
    ///
    /// # Errors
    /// What the sensor says about its absence.
    ///
    /// # Panics
    /// As [`Bench::arm_with`].
    pub fn arm(def: &SensorDef, root: &Path) -> Result<Self, Absent> {
        Self::arm_with(def, root, &Self::config())
    }

    /// Arms `def` below `root` with the settings of the test.
    ///
    /// # Errors
    /// What the sensor says about its absence.
    ///
    /// # Panics
    /// If the sensor breaks the contract: a series twice, a series of a metric that its definition does not list, or
    /// one with too few or too many label values.
    pub fn arm_with(def: &SensorDef, root: &Path, config: &SensorConfig) -> Result<Self, Absent> {
        let names = [def.name];
        let mut arming = Arming::new(root, config, def.lane, &names);
        let sensor = (def.arm)(&mut arming)?;
        let sources = arming.take_sources();
        let series = arming.into_series();
        check_contract(def, &series);
        let words = vec![Word::reason(Reason::Pending); series.len()].into_boxed_slice();
        Ok(Self { sensor, series, sources, words, meters: Self::meters_at_zero(), ticks: 0, slept_ns: 0 })
    }

    /// Settings that leave nothing out: 20 groups of processes, 5 s for a file system, nothing ignored.
    #[must_use]
    pub fn config() -> SensorConfig {
        SensorConfig {
            top_processes: 20,
            filesystem_timeout: Duration::from_secs(5),
            ignored_mounts: Vec::new(),
            ignored_filesystems: Vec::new(),
            ignored_disks: Vec::new(),
            ignored_interfaces: Vec::new(),
            ups: UpsConfig::default(),
            drives: DriveConfig::default(),
            cgroups: CgroupConfig::default(),
            energy: EnergyConfig::default(),
            perf: PerfConfig::default(),
        }
    }

    /// Reads once, `monotonic_ns` after the bench's zero; a failure is written into every word, as the lane does.
    ///
    /// # Errors
    /// The reason the sensor gave.
    pub fn read_at(&mut self, monotonic_ns: u64) -> Result<State, Reason> {
        let tick = Tick {
            index: self.ticks,
            monotonic_ns,
            realtime_ns: Self::REALTIME_ZERO_NS + monotonic_ns + self.slept_ns,
            boottime_ns: monotonic_ns + self.slept_ns,
            meters: &self.meters,
        };
        let outcome = self.sensor.read(&tick, &mut Sheet::new(&mut self.words));
        if let Err(reason) = outcome {
            self.words.fill(Word::reason(reason));
        }
        self.ticks += 1;
        outcome
    }

    /// Puts the machine to sleep for so long: wall clock and boot time go on, the time of [`Bench::read_at`] does not.
    pub fn sleep(&mut self, slept_ns: u64) {
        self.slept_ns += slept_ns;
    }

    /// Arms the sensor anew below `root`, as the armory does when it has changed; the old one goes afterwards.
    ///
    /// # Errors
    /// What the sensor says about its absence; the old one then stays.
    ///
    /// # Panics
    /// As [`Bench::arm_with`].
    pub fn rearm(&mut self, def: &SensorDef, root: &Path, config: &SensorConfig) -> Result<(), Absent> {
        let Self { sensor, series, sources, words, .. } = Self::arm_with(def, root, config)?;
        (self.sensor, self.series, self.sources, self.words) = (sensor, series, sources, words);
        Ok(())
    }

    /// What the series `name` with exactly these labels (key and value, in any order) holds; `None` if the sensor
    /// named no such series.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<Reading> {
        self.part(name, labels, Part::Value)
    }

    /// The same for any part of a family; a bucket has `le` among its labels.
    #[must_use]
    pub fn part(&self, name: &str, labels: &[(&str, &str)], part: Part) -> Option<Reading> {
        let position = self
            .series
            .iter()
            .position(|key| key.metric.name == name && key.part == part && has_labels(key, labels))?;
        self.words.get(position).map(|word| word.reading())
    }

    /// The series the sensor named, in slot order.
    #[must_use]
    pub fn series(&self) -> &[SeriesKey] {
        &self.series
    }

    /// The sources the sensor looked at.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The sources `def` looks at below `root`, whether it finds what it wants or not.
    #[must_use]
    pub fn sources_of(def: &SensorDef, root: &Path, config: &SensorConfig) -> Vec<Source> {
        let names = [def.name];
        let mut arming = Arming::new(root, config, def.lane, &names);
        drop((def.arm)(&mut arming));
        arming.take_sources()
    }

    /// The series as text, `name{key="value",…}`, in slot order: for a test that wants to see them all.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        self.series.iter().map(in_words).collect()
    }

    /// The lane's meters as the sensor will see them, to be set by the test.
    pub fn meters(&mut self) -> &mut LaneMeters {
        &mut self.meters
    }

    #[expect(clippy::expect_used, reason = "the bounds are constants; the meters' own tests make them")]
    fn meters_at_zero() -> LaneMeters {
        LaneMeters::new(1, 10).expect("the lateness histogram's constant bounds are valid")
    }
}

fn check_contract(def: &SensorDef, series: &[SeriesKey]) {
    let mut seen = HashSet::new();
    for key in series {
        let declared = def.metrics.iter().copied().flatten().any(|metric| metric.name == key.metric.name);
        assert!(declared, "{}: {} is not among the metrics of its definition", def.name, in_words(key));
        let wanted = key.metric.labels.len() + usize::from(key.part == Part::Bucket);
        assert_eq!(key.labels.len(), wanted, "{}: label values of {}", def.name, in_words(key));
        assert!(seen.insert(key), "{}: {} is named twice", def.name, in_words(key));
    }
}

fn labels_of(key: &SeriesKey) -> impl Iterator<Item = (&str, &str)> {
    let keys = key.metric.labels.iter().copied().chain((key.part == Part::Bucket).then_some("le"));
    keys.zip(key.labels.iter().map(|value| &**value))
}

fn has_labels(key: &SeriesKey, labels: &[(&str, &str)]) -> bool {
    key.labels.len() == labels.len() && labels_of(key).all(|label| labels.contains(&label))
}

fn in_words(key: &SeriesKey) -> String {
    let labels: Vec<String> = labels_of(key).map(|(key, value)| format!("{key}={value:?}")).collect();
    let suffix = match key.part {
        Part::Value => "",
        Part::Bucket => "_bucket",
        Part::Sum => "_sum",
        Part::Count => "_count",
    };
    if labels.is_empty() {
        format!("{}{suffix}", key.metric.name)
    } else {
        format!("{}{suffix}{{{}}}", key.metric.name, labels.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Every, LaneKind, Slot};
    use hearth_model::catalogue::own;

    struct Echo {
        rate: Slot,
        reads: Slot,
    }

    impl Sensor for Echo {
        fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
            if tick.monotonic_ns == 13 {
                return Err(Reason::IoError);
            }
            sheet.count(self.rate, tick.monotonic_ns);
            sheet.count(self.reads, tick.index);
            Ok(State::Steady)
        }
    }

    fn arm_echo(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
        let rate = arming.slot(&own::RATE, &["steady"]);
        let reads = arming.slot(&own::SENSOR_READS, &["steady", "echo"]);
        Ok(Box::new(Echo { rate, reads }))
    }

    static ECHO: SensorDef = SensorDef {
        name: "echo",
        source: "the tick",
        lane: LaneKind::Steady,
        every: Every::Tick,
        budget: Duration::from_millis(1),
        metrics: &[own::ALL],
        arm: arm_echo,
    };

    #[test]
    fn a_series_is_found_by_its_labels_in_any_order_and_by_nothing_less() {
        let mut bench = Bench::arm(&ECHO, Path::new("/")).unwrap();
        assert_eq!(bench.value("hearth_lane_rate_hertz", &[("lane", "steady")]), Some(Err(Reason::Pending)));
        assert_eq!(bench.read_at(7), Ok(State::Steady));
        assert_eq!(bench.read_at(9), Ok(State::Steady));
        assert_eq!(bench.value("hearth_lane_rate_hertz", &[("lane", "steady")]), Some(Ok(9)));
        let name = "hearth_sensor_reads_total";
        assert_eq!(bench.value(name, &[("sensor", "echo"), ("lane", "steady")]), Some(Ok(1)));
        assert_eq!(bench.value(name, &[("sensor", "echo")]), None);
        assert_eq!(bench.value(name, &[("sensor", "echo"), ("lane", "slow")]), None);
        assert_eq!(bench.list()[0], "hearth_lane_rate_hertz{lane=\"steady\"}");
    }

    #[test]
    fn a_failed_read_is_in_every_word() {
        let mut bench = Bench::arm(&ECHO, Path::new("/")).unwrap();
        assert_eq!(bench.read_at(13), Err(Reason::IoError));
        assert_eq!(bench.value("hearth_lane_rate_hertz", &[("lane", "steady")]), Some(Err(Reason::IoError)));
    }

    #[test]
    #[should_panic(expected = "is not among the metrics of its definition")]
    fn a_series_of_an_undeclared_metric_is_refused() {
        static BAD: SensorDef = SensorDef {
            name: "bad",
            source: "nothing",
            lane: LaneKind::Steady,
            every: Every::Tick,
            budget: Duration::from_millis(1),
            metrics: &[],
            arm: arm_echo,
        };
        assert!(Bench::arm(&BAD, Path::new("/")).is_ok());
    }

    #[test]
    #[should_panic(expected = "is named twice")]
    fn a_series_named_twice_is_refused() {
        fn arm_twice(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
            arming.slot(&own::RATE, &["steady"]);
            arm_echo(arming)
        }
        static TWICE: SensorDef = SensorDef {
            name: "twice",
            source: "nothing",
            lane: LaneKind::Steady,
            every: Every::Tick,
            budget: Duration::from_millis(1),
            metrics: &[own::ALL],
            arm: arm_twice,
        };
        assert!(Bench::arm(&TWICE, Path::new("/")).is_ok());
    }
}
