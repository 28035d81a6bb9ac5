//! A file that hangs while its sensor is armed: a pipe with a name, that somebody keeps open and writes nothing to.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use hearth_hot::source::SourceOutcome;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;

/// Shows the number that a file held while it was armed.
struct Once(Slot, i64);

impl Sensor for Once {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        sheet.set(self.0, self.1);
        Ok(State::Steady)
    }
}

fn arm_once(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let path = arming.path("once");
    match std::fs::read_to_string(&path).map(|text| text.trim().parse()) {
        Ok(Ok(number)) => Ok(Box::new(Once(arming.slot(&system::ENTROPY, &[]), number))),
        other => {
            let what = format!("{}: {other:?}", path.display());
            Err(Absent { reason: Reason::IoError, what, fix: String::new() })
        }
    }
}

/// The first has the name of a sensor that a setting concerns.
static HANGING: [SensorDef; 2] = [def("top", arm_once), def("disks", arm_disks)];

/// A directory whose disk is `a`.
fn place() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("disks"), "a").unwrap();
    dir
}

/// Puts a file there that hangs for whoever reads it, until it is written to and let go.
fn hang(dir: &Path) -> File {
    let new = dir.join("new");
    mkfifo(&new, Mode::S_IRWXU).unwrap();
    std::fs::rename(&new, dir.join("once")).unwrap();
    // Opened for both, so that opening waits for nobody.
    OpenOptions::new().read(true).write(true).open(dir.join("once")).unwrap()
}

fn report(rig: &Rig) -> SensorReport {
    rig.armory.report().sensors().swap_remove(0)
}

/// Whether the words say what hangs: the file, where the kernel tells, else what it belongs to.
fn names_what_hangs(absent: &Absent) -> bool {
    absent.reason == Reason::Stale
        && absent.what.contains("has not come back")
        && (absent.what.contains("/once") || absent.what.contains("a test's file"))
        && absent.fix.contains("\"top\"")
}

#[test]
fn a_file_that_hangs_at_the_start_is_told_and_the_rest_is_read() {
    let dir = place();
    let mut file = hang(dir.path());
    let mut rig = Rig::on(dir, &HANGING);
    rig.until(|seen| seen == pairs(&[("a", 97)]));
    let SensorState::Absent(absent) = report(&rig).state else { panic!("{:?}", report(&rig).state) };
    assert!(names_what_hangs(&absent), "{absent:?}");
    rig.armory.retry();
    rig.armory.step();
    assert_eq!(report(&rig).armings, 1, "it is not begun again");
    assert!(rig.armory.is_settled());
    write!(file, "42").unwrap();
    drop(file);
    rig.until(|seen| seen == pairs(&[("a", 97), ("node_entropy_available_bits", 42)]));
    assert_eq!(report(&rig).state, SensorState::Armed { series: 1 });
}

#[test]
fn a_file_that_hangs_when_its_sensor_is_armed_anew_is_told_and_the_sensor_goes_on() {
    let dir = place();
    std::fs::write(dir.path().join("once"), "1").unwrap();
    let mut rig = Rig::on(dir, &HANGING);
    rig.until(|seen| seen == pairs(&[("node_entropy_available_bits", 1), ("a", 97)]));
    let mut file = hang(rig.dir.path());
    let mut config = hearth_hot::testing::Bench::config();
    config.top_processes += 1;
    rig.armory.reconfigure(config.clone(), Vec::new());
    rig.until(|_| true);
    let told = |rig: &Rig| match report(rig).sources.as_slice() {
        [source] => match &source.outcome {
            SourceOutcome::Absent(absent) => names_what_hangs(absent),
            SourceOutcome::Used { .. } | SourceOutcome::Spare { .. } => false,
        },
        _ => false,
    };
    assert!(told(&rig), "{:?}", report(&rig).sources);
    assert_eq!(report(&rig).state, SensorState::Armed { series: 1 });
    // The settings change while it hangs: what comes back belongs to the old ones, and is armed once more.
    config.top_processes += 1;
    rig.armory.reconfigure(config, Vec::new());
    rig.until(|seen| seen == pairs(&[("node_entropy_available_bits", 1), ("a", 97)]));
    std::fs::write(rig.dir.path().join("new"), "3").unwrap();
    std::fs::rename(rig.dir.path().join("new"), rig.dir.path().join("once")).unwrap();
    write!(file, "2").unwrap();
    drop(file);
    rig.until(|seen| seen == pairs(&[("node_entropy_available_bits", 3), ("a", 97)]));
    assert!(report(&rig).sources.is_empty(), "{:?}", report(&rig).sources);
}

#[test]
fn a_sensor_that_hangs_can_be_disabled_and_what_it_brings_then_is_dropped() {
    let dir = place();
    let mut file = hang(dir.path());
    let mut rig = Rig::on(dir, &HANGING);
    let config = hearth_hot::testing::Bench::config();
    rig.armory.reconfigure(config, vec!["top".to_owned()]);
    write!(file, "42").unwrap();
    drop(file);
    while !matches!(report(&rig).state, SensorState::Disabled) {
        rig.armory.step();
        std::thread::park_timeout(Duration::from_millis(10));
    }
    assert_eq!(rig.until(|seen| !seen.is_empty()), pairs(&[("a", 97)]));
}
