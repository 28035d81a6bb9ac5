//! A sensor whose readings come from errands: each round asks for them and shows what came back of the round before.
//!
//! What does not come back in time makes its own series stale, and no other. The devices there are is an errand too: when
//! they change, the sensor is armed anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearth_drivers::class::{self, AttributeError};
use hearth_drivers::file::{Errno, ReadError};
use hearth_hot::contract::{Absent, Sensor, Sheet, Slot, State, Tick};
use hearth_model::{Reading, Reason};

use super::crew::{Crew, Errand, ErrandKey, Wanted};

/// An answer that takes longer is too old to be shown.
const PATIENCE_NS: u64 = 5_000_000_000;
/// How often the devices there are are looked at, and the least time between two armings because one is gone.
const CENSUS_EVERY_NS: u64 = 10_000_000_000;

/// What a sensor names while it is armed: its errands, and the slots of each one's readings.
pub(super) struct Plan {
    sensor: &'static str,
    census: Option<(PathBuf, &'static str)>,
    wanted: Vec<Wanted>,
    slots: Vec<Box<[Slot]>>,
    constants: Vec<Slot>,
}

/// What an errand brought that was asked while its sensor was armed.
pub(super) struct Met {
    /// Its first reading; nothing where it had not come back yet.
    pub(super) first: Option<Reading>,
    /// What asking took, for people; nothing where it had not come back.
    pub(super) cost: String,
}

/// The armed sensor.
struct Rounds {
    crew: Arc<Crew>,
    posts: Box<[Post]>,
    /// Slots whose value is 1 as long as the sensor is armed.
    constants: Box<[Slot]>,
    census: Option<Census>,
    armed_at_ns: Option<u64>,
}

struct Post {
    key: ErrandKey,
    slots: Box<[Slot]>,
    /// The first reading that its source was told of with, where it was asked for that: another one is news.
    told: Option<Option<Reading>>,
}

struct Census {
    key: ErrandKey,
    armed: Reading,
    ask_at_ns: u64,
}

impl Plan {
    /// A sensor without errands yet.
    pub(super) fn new(sensor: &'static str) -> Self {
        Self { sensor, census: None, wanted: Vec::new(), slots: Vec::new(), constants: Vec::new() }
    }

    /// Arms anew when devices of `class` below `root` come or go.
    pub(super) fn watch(&mut self, root: &Path, class: &'static str) {
        self.census = Some((root.to_owned(), class));
    }

    /// One more errand: its name, and a slot for each of its readings.
    pub(super) fn errand(&mut self, name: String, slots: Vec<Slot>, errand: Box<dyn Errand>) {
        self.wanted.push(Wanted { name, readings: slots.len(), errand });
        self.slots.push(slots.into());
    }

    /// One more slot whose value is 1.
    pub(super) fn constant(&mut self, slot: Slot) {
        self.constants.push(slot);
    }

    /// Sends the crew below `root`.
    pub(super) fn arm(self, root: &Path) -> Result<Box<dyn Sensor>, Absent> {
        Ok(Box::new(self.send(root)?))
    }

    /// The same, but asks each errand at once, and says what came back within moments. When that changes, the sensor is
    /// armed anew.
    pub(super) fn arm_and_meet(self, root: &Path) -> Result<(Box<dyn Sensor>, Vec<Met>), Absent> {
        let mut rounds = self.send(root)?;
        let keys: Vec<ErrandKey> = rounds.posts.iter().map(|post| post.key).collect();
        // Nothing is late before the first round, which tells the time.
        rounds.crew.ask(keys.iter().copied(), u64::MAX);
        let costs = rounds.crew.meet(&keys);
        let mut all = Vec::with_capacity(keys.len());
        for (post, cost) in rounds.posts.iter_mut().zip(costs) {
            let first = rounds.crew.look(post.key, |known| known.readings?.first().copied()).flatten();
            post.told = Some(first);
            all.push(Met { first, cost });
        }
        Ok((Box::new(rounds), all))
    }

    fn send(self, root: &Path) -> Result<Rounds, Absent> {
        let crew = crew_below(root)?;
        let mut wanted = self.wanted;
        let armed = self.census.map(|(root, class)| {
            let mut census = Listing { root, class, now: [Err(Reason::Pending)] };
            let armed = census.run()[0];
            wanted.push(Wanted { name: "census".to_owned(), readings: 1, errand: Box::new(census) });
            armed
        });
        let mut keys = crew.wants(self.sensor, wanted);
        // Its key is the last one, if there is one to look for new devices.
        let census = armed.and_then(|armed| keys.pop().map(|key| Census { key, armed, ask_at_ns: 0 }));
        let posts =
            keys.into_iter().zip(self.slots).map(|(key, slots)| Post { key, slots, told: None }).collect();
        Ok(Rounds { crew, posts, constants: self.constants.into(), census, armed_at_ns: None })
    }
}

/// The crew below `root`, for who has errands for it.
pub(super) fn crew_below(root: &Path) -> Result<Arc<Crew>, Absent> {
    Crew::below(root).map_err(|error| Absent {
        reason: Reason::IoError,
        what: format!("starting the threads that ask slow devices failed: {error}"),
        fix: "raise TasksMax= of the service's unit".to_owned(),
    })
}

/// Which devices there are.
struct Listing {
    root: PathBuf,
    class: &'static str,
    now: [Reading; 1],
}

impl Errand for Listing {
    fn run(&mut self) -> &[Reading] {
        let listed = class::fingerprint(&self.root, self.class);
        self.now[0] = listed.map_err(|error| reason_of(error.errno));
        &self.now
    }
}

impl Post {
    /// Whether its first reading is another one than was told.
    fn has_news(&self, crew: &Crew) -> bool {
        let Some(told) = self.told else { return false };
        let now = crew.look(self.key, |known| known.readings.and_then(|readings| readings.first().copied()));
        now.is_some_and(|now| now != told)
    }

    /// Shows what is known; whether the whole device is gone.
    fn show(&self, crew: &Crew, now_ns: u64, sheet: &mut Sheet<'_>) -> bool {
        let shown = crew.look(self.key, |known| {
            let is_late =
                known.waits_since_ns.is_some_and(|since| now_ns.saturating_sub(since) > PATIENCE_NS);
            match (is_late, known.readings) {
                (true, _) => self.slots.iter().for_each(|slot| sheet.fail(*slot, Reason::Stale)),
                (false, Some(readings)) => {
                    self.slots
                        .iter()
                        .zip(readings)
                        .for_each(|(slot, reading)| sheet.reading(*slot, *reading));
                    return !readings.is_empty()
                        && readings.iter().all(|reading| *reading == Err(Reason::Gone));
                }
                // The first answer is still to come.
                (false, None) => {}
            }
            false
        });
        // Another arming has taken the errand over.
        shown.unwrap_or_else(|| {
            self.slots.iter().for_each(|slot| sheet.fail(*slot, Reason::Stale));
            true
        })
    }
}

impl Census {
    fn has_changed(&mut self, crew: &Crew, now_ns: u64) -> bool {
        if now_ns >= self.ask_at_ns {
            self.ask_at_ns = now_ns.saturating_add(CENSUS_EVERY_NS);
            crew.ask([self.key].into_iter(), now_ns);
        }
        let now =
            crew.look(self.key, |known| known.readings.map(|readings| readings.first() == Some(&self.armed)));
        now.flatten() == Some(false)
    }
}

impl Sensor for Rounds {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let now_ns = tick.monotonic_ns;
        let armed_at_ns = *self.armed_at_ns.get_or_insert(now_ns);
        let mut is_gone = false;
        for post in &self.posts {
            is_gone |= post.show(&self.crew, now_ns, sheet) || post.has_news(&self.crew);
        }
        self.constants.iter().for_each(|slot| sheet.set(*slot, 1));
        self.crew.ask(self.posts.iter().map(|post| post.key), now_ns);
        let has_changed = self.census.as_mut().is_some_and(|census| census.has_changed(&self.crew, now_ns));
        let may_arm_again = now_ns.saturating_sub(armed_at_ns) >= CENSUS_EVERY_NS;
        Ok(if has_changed || (is_gone && may_arm_again) { State::Changed } else { State::Steady })
    }
}

/// Why a device's attribute has no value: that it has none now is no error.
pub(super) fn reason_of(errno: Errno) -> Reason {
    // Numbers of Linux, the same on every architecture that it runs servers on: EAGAIN, EBUSY, ENODATA; ENODEV;
    // EOPNOTSUPP and ENOENT.
    match errno.0 {
        11 | 16 | 61 => Reason::NotCounted,
        19 => Reason::Gone,
        95 | 2 => Reason::Absent,
        _ if errno.is_permission() => Reason::NoPermission,
        _ => Reason::IoError,
    }
}

/// The same for an attribute's error.
pub(super) fn reason_of_attribute(error: AttributeError) -> Reason {
    match error {
        AttributeError::Read(ReadError::Os(errno)) => reason_of(errno),
        AttributeError::Read(ReadError::Empty) => Reason::NotCounted,
        AttributeError::Read(ReadError::TooLong { .. }) | AttributeError::Malformed => Reason::OutOfRange,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sensors::crew::tests::{Counting, Gate};
    use hearth_hot::contract::{Arming, Every, LaneKind, SensorDef};
    use hearth_hot::testing::Bench;
    use hearth_model::catalogue::hwmon::TEMP;

    const SECOND_NS: u64 = 1_000_000_000;
    /// Where one chip answers and one hangs until it is let go.
    const ROOT: &str = "/rounds/hang";
    static GATES: std::sync::LazyLock<[Gate; 2]> =
        std::sync::LazyLock::new(|| [Gate::new(true), Gate::new(false)]);

    fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
        let mut plan = Plan::new("tested");
        for (name, gate) in ["good", "hung"].into_iter().zip(GATES.iter()) {
            let slot = arming.slot(&TEMP, &[name, "temp1"]);
            let errand = Counting(gate.clone(), [Err(Reason::Pending)]);
            plan.errand(name.to_owned(), vec![slot], Box::new(errand));
        }
        plan.arm(arming.root())
    }

    static TESTED: SensorDef = SensorDef {
        name: "tested",
        source: "two gates",
        lane: LaneKind::Slow,
        every: Every::Period(Duration::from_secs(1)),
        budget: Duration::from_millis(1),
        metrics: &[&[&TEMP]],
        arm,
    };

    #[test]
    fn a_device_that_hangs_is_stale_alone_and_recovers() {
        let mut bench = Bench::arm(&TESTED, ROOT.as_ref()).unwrap();
        let crew = Crew::below(ROOT.as_ref()).unwrap();
        let value = |bench: &Bench, chip: &str| {
            bench.value(TEMP.name, &[("chip", chip), ("sensor", "temp1")]).unwrap()
        };
        for second in 0..=6 {
            assert_eq!(bench.read_at(second * SECOND_NS), Ok(State::Steady));
            crew.wait_until_waiting("tested", 1);
            if second == 4 {
                assert_eq!(value(&bench, "hung"), Err(Reason::Pending), "there is time left");
            }
        }
        assert_eq!((value(&bench, "good"), value(&bench, "hung")), (Ok(6), Err(Reason::Stale)));
        GATES[1].open();
        crew.wait_until_waiting("tested", 0);
        bench.read_at(7 * SECOND_NS).unwrap();
        assert_eq!(value(&bench, "hung"), Ok(1));
    }

    #[test]
    fn error_numbers_are_reasons() {
        for (errno, reason) in [
            (libc::ENODATA, Reason::NotCounted),
            (libc::EAGAIN, Reason::NotCounted),
            (libc::EBUSY, Reason::NotCounted),
            (libc::ENODEV, Reason::Gone),
            (libc::EOPNOTSUPP, Reason::Absent),
            (libc::ENOENT, Reason::Absent),
            (libc::EACCES, Reason::NoPermission),
            (libc::EIO, Reason::IoError),
            (libc::ENXIO, Reason::IoError),
        ] {
            assert_eq!(reason_of(Errno(errno)), reason, "{errno}");
        }
    }
}
