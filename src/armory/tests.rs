use super::*;
use crate::view::Viewer;
use hearth_hot::contract::{Absent, Arming, Every, Sensor, Sheet, Slot, State, Tick};
use hearth_hot::source::SourceOutcome;
use hearth_model::{Audience, Reason, catalogue::disk, catalogue::system};

mod hang;

/// Reads a number from a file that may come and go.
struct OneFile {
    path: PathBuf,
    slot: Slot,
}

impl Sensor for OneFile {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let text = std::fs::read_to_string(&self.path).map_err(|_gone| Reason::IoError)?;
        match text.trim().parse() {
            Ok(number) => sheet.set(self.slot, number),
            Err(std::num::ParseIntError { .. }) => return Ok(State::Changed),
        }
        Ok(State::Steady)
    }
}

fn arm_one(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let path = arming.path("number");
    if !path.exists() {
        let what = format!("{} does not exist", path.display());
        return Err(Absent { reason: Reason::Absent, what, fix: String::new() });
    }
    Ok(Box::new(OneFile { path, slot: arming.slot(&system::ENTROPY, &[]) }))
}

/// Names one disk for each word of a file, and says Changed when the words do not fit any more.
struct Disks {
    path: PathBuf,
    names: String,
    slots: Vec<Slot>,
}

impl Sensor for Disks {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        for (slot, name) in self.slots.iter().zip(self.names.split_whitespace()) {
            sheet.set(*slot, i64::from(name.as_bytes()[0]));
        }
        let now = std::fs::read_to_string(&self.path).map_err(|_gone| Reason::IoError)?;
        Ok(if now == self.names { State::Steady } else { State::Changed })
    }
}

fn arm_disks(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let path = arming.path("disks");
    let names = std::fs::read_to_string(&path).unwrap();
    let slots = names.split_whitespace().map(|name| arming.slot(&disk::READS, &[name])).collect();
    Ok(Box::new(Disks { path, names, slots }))
}

const fn def(name: &'static str, arm: fn(&mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent>) -> SensorDef {
    SensorDef {
        name,
        source: "a test's file",
        lane: LaneKind::Steady,
        every: Every::Tick,
        budget: Duration::from_secs(1),
        metrics: &[],
        arm,
    }
}

static DEFS: [SensorDef; 2] = [def("one", arm_one), def("disks", arm_disks)];

struct Rig {
    dir: tempfile::TempDir,
    armory: Armory,
    viewer: Viewer,
}

impl Rig {
    fn new(disks: &str) -> Self {
        Self::of(&DEFS, disks)
    }

    fn of(defs: &'static [SensorDef], disks: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("disks"), disks).unwrap();
        Self::on(dir, defs)
    }

    fn on(dir: tempfile::TempDir, defs: &'static [SensorDef]) -> Self {
        let config = ArmoryConfig {
            root: dir.path().to_owned(),
            sensors: hearth_hot::testing::Bench::config(),
            disabled: Vec::new(),
            rates_hz: (100, 1000),
            ring_columns: Some(4),
            ring_frames: 100,
            history_frames: 10,
            thread: Settings::default(),
        };
        let armory = Armory::start(config, defs, &std::thread::current()).unwrap();
        let viewer = Viewer::new(Arc::clone(armory.view()), Audience::Admin);
        Self { dir, armory, viewer }
    }

    fn write(&self, file: &str, text: &str) {
        // In one step, so that no tick sees an empty file.
        let new = self.dir.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.dir.path().join(file)).unwrap();
    }

    /// Lets the armory work until `wanted` holds, or a minute has passed. Lanes wake this thread.
    fn look_until(&mut self, wanted: impl Fn(&Self) -> bool) {
        for _ in 0..6000 {
            self.armory.step();
            if wanted(self) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("it never came to that");
    }

    /// Lets the armory work until readers see `wanted`, or a minute has passed. Lanes wake this thread.
    fn until(&mut self, wanted: impl Fn(&[(String, i64)]) -> bool) -> Vec<(String, i64)> {
        let mut seen = Vec::new();
        for _ in 0..6000 {
            self.armory.step();
            if let Ok(snapshot) = self.viewer.refresh() {
                seen.clear();
                for (index, key) in snapshot.schema.series() {
                    let name = key.labels.first().map_or(key.metric.name, |label| &**label);
                    seen.extend(snapshot.reading(index).map(|value| (name.to_owned(), value)));
                }
                if wanted(&seen) {
                    return seen;
                }
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("readers still see {seen:?}");
    }
}

fn pairs(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value)).collect()
}

#[test]
fn devices_that_come_and_go_change_the_series_and_nothing_else() {
    let mut rig = Rig::new("a b");
    rig.until(|seen| seen == pairs(&[("a", 97), ("b", 98)]));
    rig.write("disks", "b c d");
    rig.until(|seen| seen == pairs(&[("c", 99), ("b", 98), ("d", 100)]));
    rig.write("disks", "b");
    rig.until(|seen| seen == pairs(&[("b", 98)]));
}

#[test]
fn an_absent_sensor_is_found_when_it_is_looked_for_again() {
    let mut rig = Rig::new("a");
    rig.until(|seen| seen == pairs(&[("a", 97)]));
    let state = |rig: &Rig| rig.armory.report().sensors()[0].state.clone();
    assert!(matches!(state(&rig), SensorState::Absent(absent) if absent.what.contains("number")));
    let generation = rig.viewer.snapshot().schema.lanes[0].generation;
    rig.armory.retry();
    rig.armory.step();
    assert_eq!(rig.armory.report().sensors()[0].armings, 2);
    rig.until(|seen| seen == pairs(&[("a", 97)]));
    assert_eq!(rig.viewer.snapshot().schema.lanes[0].generation, generation, "still absent: nothing changes");
    rig.write("number", "42");
    rig.armory.retry();
    rig.until(|seen| seen == pairs(&[("a", 97), ("node_entropy_available_bits", 42)]));
    assert_eq!(state(&rig), SensorState::Armed { series: 1 });
    std::fs::remove_file(rig.dir.path().join("number")).unwrap();
    rig.until(|seen| seen == pairs(&[("a", 97)]));
    assert_eq!(state(&rig), SensorState::Armed { series: 1 }, "a failing sensor stays armed");
    rig.armory.retry();
    rig.until(|seen| seen == pairs(&[("a", 97)]));
    assert!(matches!(state(&rig), SensorState::Absent(_)), "until it is looked for again");
}

#[test]
fn a_disabled_sensor_leaves_and_an_enabled_one_comes_back() {
    let mut rig = Rig::new("a");
    rig.until(|seen| seen == pairs(&[("a", 97)]));
    let config = hearth_hot::testing::Bench::config();
    rig.armory.reconfigure(config.clone(), vec!["disks".to_owned()]);
    rig.until(<[_]>::is_empty);
    assert_eq!(rig.armory.report().sensors()[1].state, SensorState::Disabled);
    rig.armory.reconfigure(config, Vec::new());
    rig.until(|seen| seen == pairs(&[("a", 97)]));
}

static SLOW: [SensorDef; 1] = [SensorDef { lane: LaneKind::Slow, ..def("disks", arm_disks) }];

fn names_up_to(count: usize) -> String {
    (0..count).map(|number| format!("a{number} ")).collect()
}

#[test]
fn groups_that_come_after_the_start_have_room() {
    let mut rig = Rig::of(&SLOW, &names_up_to(10));
    rig.until(|seen| seen.len() == 10);
    // A box that is started before its services: the default 64 groups, thirty series each.
    rig.write("disks", &names_up_to(64 * 30));
    rig.until(|seen| seen.len() == 64 * 30);
    let report = rig.armory.report().sensors()[0].clone();
    assert_eq!((report.state, report.sources), (SensorState::Armed { series: 64 * 30 }, vec![]));
}

#[test]
fn what_has_no_room_is_left_out_and_said_until_it_has() {
    let mut rig = Rig::new(&names_up_to(10));
    rig.until(|seen| seen.len() == 10);
    rig.write("disks", &names_up_to(1000));
    let of = |rig: &Rig| rig.armory.report().sensors()[1].clone();
    rig.look_until(|rig| !of(rig).sources.is_empty());
    let told = of(&rig);
    assert_eq!(told.state, SensorState::Armed { series: 10 }, "what was there goes on");
    let [source] = told.sources.as_slice() else { panic!("{:?}", told.sources) };
    let SourceOutcome::Absent(absent) = &source.outcome else { panic!("{source:?}") };
    assert!(absent.what.contains("more series wanted") && absent.fix.contains("restart"), "{absent:?}");
    rig.until(|seen| seen.len() == 10);
    // It is looked for again with whatever else is absent.
    rig.write("disks", &names_up_to(3));
    rig.armory.retry();
    rig.until(|seen| seen.len() == 3);
    assert_eq!((of(&rig).state, of(&rig).sources), (SensorState::Armed { series: 3 }, vec![]));
}
