use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use hearth_drivers::file::Errno;
use hearth_drivers::nvme::command::{Command, SelfTest};
use hearth_drivers::nvme::{Access, NvmeError, Status, Step};
use hearth_hot::source::{Source, SourceOutcome};
use hearth_hot::testing::Bench;
use hearth_model::Reason;

use super::controller::{PRIVILEGE, absent};
use super::*;
use crate::sensors::kept::locked;
use crate::sensors::testing::Files;

const HEALTHY: &[u8; 512] = include_bytes!("../../../../drivers/fixtures/nvme_health/healthy-base-2.0.bin");
const FAILING: &[u8; 512] = include_bytes!("../../../../drivers/fixtures/nvme_health/failing-base-2.0.bin");
const ERRORS: &[u8] = include_bytes!("../../../../drivers/fixtures/nvme_error_log/three-base-2.0.bin");
const TESTS: &[u8; 564] = include_bytes!("../../../../drivers/fixtures/nvme_self_test/running-base-2.0.bin");
const IDENTITY: &[u8; 4096] =
    include_bytes!("../../../../drivers/fixtures/nvme_identify/controller-base-2.0.bin");
const MINUTE_NS: u64 = 60_000_000_000;

/// What a drive answers, and what it was asked.
struct Script {
    health: Result<[u8; 512], NvmeError>,
    /// What the logs of self-tests and of errors are answered with, where not from their pages.
    logs: Result<(), NvmeError>,
    asked: Vec<Command>,
}

/// A drive that answers from bytes.
struct Fake(Arc<Mutex<Script>>);

impl Admin for Fake {
    fn command(&mut self, command: &Command, data: &mut [u8]) -> Result<(), NvmeError> {
        let mut script = locked(&self.0);
        script.asked.push(*command);
        let page: &[u8] = match command {
            command if *command == Command::identify() => IDENTITY,
            command if *command == Command::health() => &script.health?,
            command if *command == Command::self_tests() => script.logs.map(|()| &TESTS[..])?,
            command if *command == Command::errors(1) => script.logs.map(|()| ERRORS)?,
            other => panic!("{other:?} is not for a poll"),
        };
        data.copy_from_slice(&page[..data.len()]);
        Ok(())
    }

    fn access(&self) -> Access {
        Access::Ring
    }
}

/// The drives of all tests, by root and name.
static DRIVES: Mutex<Option<HashMap<PathBuf, Arc<Mutex<Script>>>>> = Mutex::new(None);
static KEPT_FAKES: Kept<Workers<Nvme<Fake>>> = Kept::new();

static FAKES: SensorDef = SensorDef { arm: |arming| arm_with(arming, &KEPT_FAKES, open_fake), ..SENSOR };

fn open_fake(place: &Place) -> Result<Nvme<Fake>, Absent> {
    let drives = locked(&DRIVES);
    let drive = drives.as_ref().and_then(|drives| drives.get(&place.root.join(&*place.name)));
    let shut = || Absent { reason: Reason::NoPermission, what: "shut".to_owned(), fix: PRIVILEGE.to_owned() };
    let fake = Fake(Arc::clone(drive.ok_or_else(shut)?));
    Nvme::meet(fake, place).map_err(|error| absent(&error))
}

/// A machine with drives of these names, and what scripts them.
fn machine(names: &[&str]) -> (Files, Vec<Arc<Mutex<Script>>>) {
    let files = Files::with(&[]);
    let scripts = names.iter().map(|name| plug(&files, name)).collect();
    (files, scripts)
}

fn plug(files: &Files, name: &str) -> Arc<Mutex<Script>> {
    let script = Arc::new(Mutex::new(Script { health: Ok(*HEALTHY), logs: Ok(()), asked: Vec::new() }));
    locked(&DRIVES).get_or_insert_default().insert(files.root().join(name), Arc::clone(&script));
    list(files, name);
    script
}

fn list(files: &Files, name: &str) {
    files.write(&format!("sys/class/nvme/{name}/model"), "");
}

fn unplug(files: &Files, name: &str) {
    fs::remove_dir_all(files.root().join("sys/class/nvme").join(name)).unwrap();
}

fn desk(files: &Files, name: &str) -> Arc<Desk<Nvme<Fake>>> {
    KEPT_FAKES.below(files.root(), || Err(())).ok().unwrap().desk(name)
}

/// Arms when every drive has been opened or not, however slow this machine is.
fn arm(files: &Files, names: &[&str]) -> Bench {
    let first = Bench::arm(&FAKES, files.root()).unwrap();
    names.iter().for_each(|name| desk(files, name).wait_until_met());
    let bench = Bench::arm(&FAKES, files.root()).unwrap();
    drop(first);
    bench
}

#[test]
fn a_drive_shows_its_health_under_the_names_that_dashboards_know() {
    let (files, scripts) = machine(&["nvme0"]);
    let mut bench = arm(&files, &["nvme0"]);
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    desk(&files, "nvme0").wait_for_polls(1);
    assert_eq!(bench.read_at(5), Ok(State::Steady));
    let of = |name: &str| bench.value(name, &[("device", "nvme0")]).unwrap();
    assert_eq!(of("smartctl_device_power_on_seconds"), Ok(9876));
    assert_eq!(of("smartctl_device_bytes_written"), Ok(37_123_456));
    assert_eq!(of("smartctl_device_available_spare"), Ok(100));
    assert_eq!(of("smartctl_device_smart_status"), Ok(1));
    assert_eq!(of("smartctl_device_num_err_log_entries"), Ok(7));
    assert_eq!(of("hearth_drive_newest_error_status"), Ok(0x4281));
    assert_eq!(of("hearth_drive_self_test_done_ratio"), Ok(30));
    assert!(of("hearth_drive_poll_seconds").is_ok());
    let more =
        |name: &str, key: &str, value: &str| bench.value(name, &[("device", "nvme0"), (key, value)]).unwrap();
    assert_eq!(more("smartctl_device_temperature", "temperature_type", "current"), Ok(38));
    assert_eq!(more("smartctl_device_temperature", "temperature_type", "op_limit_max"), Ok(70));
    assert_eq!(more("hearth_drive_sensor_temperature_celsius", "sensor", "2"), Ok(45));
    assert_eq!(more("hearth_drive_sensor_temperature_celsius", "sensor", "3"), Err(Reason::Absent));
    assert_eq!(more("hearth_drive_throttled_seconds_total", "level", "light"), Ok(96));
    assert_eq!(more("hearth_drive_self_test_passed", "kind", "long"), Ok(0));
    assert_eq!(more("hearth_drive_self_test_at_seconds", "kind", "short"), Ok(9870));
    // The long self-test on record failed, whatever the drive's own "passed" says.
    assert_eq!(more("hearth_drive_verdict", "verdict", "failing"), Ok(1));
    assert_eq!(more("hearth_drive_verdict", "verdict", "ok"), Ok(0));
    assert_eq!(more("hearth_drive_verdict_reason", "reason", "self_test_failed"), Ok(1));
    assert_eq!(more("hearth_drive_verdict_reason", "reason", "hot"), Ok(0));
    let info = bench.list().into_iter().find(|series| series.starts_with("smartctl_device{")).unwrap();
    assert!(
        info.contains("model_name=\"Layout Example 1TB\"") && info.contains("serial_number=\"SER-0001\"")
    );
    let asked = locked(&scripts[0]).asked.clone();
    let met = [Command::identify(), Command::errors(1)];
    assert_eq!(asked, [&met[..], &[Command::health(), Command::self_tests()]].concat());
}

#[test]
fn serial_numbers_are_the_owners_alone() {
    let (files, _scripts) = machine(&["nvme0"]);
    let bench = arm(&files, &["nvme0"]);
    for key in bench.series() {
        let says = key.labels.iter().any(|label| label.contains("SER-0001"));
        let is_admin = key.metric.audience == hearth_model::Audience::Admin;
        assert!(!says || is_admin, "{}", key.metric.name);
    }
    assert!(bench.list().iter().any(|series| series.contains("SER-0001")));
}

#[test]
fn a_drive_is_asked_once_a_minute_and_its_error_log_when_there_is_a_new_error() {
    let (files, scripts) = machine(&["nvme0"]);
    let mut bench = arm(&files, &["nvme0"]);
    bench.read_at(0).unwrap();
    desk(&files, "nvme0").wait_for_polls(1);
    for seconds in 1..60 {
        assert_eq!(bench.read_at(seconds * 1_000_000_000), Ok(State::Steady));
    }
    let polls = |scripts: &[Arc<Mutex<Script>>], command: Command| {
        locked(&scripts[0]).asked.iter().filter(|asked| **asked == command).count()
    };
    assert_eq!(polls(&scripts, Command::health()), 1);
    bench.read_at(MINUTE_NS).unwrap();
    desk(&files, "nvme0").wait_for_polls(2);
    assert_eq!((polls(&scripts, Command::health()), polls(&scripts, Command::errors(1))), (2, 1));
}

#[test]
fn what_cannot_be_is_told_from_a_value_and_an_alarm_is_a_verdict() {
    let (files, scripts) = machine(&["nvme0"]);
    locked(&scripts[0]).health = Ok(*FAILING);
    let mut bench = arm(&files, &["nvme0"]);
    bench.read_at(0).unwrap();
    desk(&files, "nvme0").wait_for_polls(1);
    bench.read_at(1).unwrap();
    let of = |name: &str| bench.value(name, &[("device", "nvme0")]).unwrap();
    assert_eq!(of("smartctl_device_bytes_read"), Err(Reason::OutOfRange));
    assert_eq!(of("smartctl_device_media_errors"), Err(Reason::OutOfRange));
    assert_eq!(of("smartctl_device_percentage_used"), Ok(255));
    assert_eq!(of("smartctl_device_smart_status"), Ok(0));
    for reason in ["spare_exhausted", "reliability_degraded", "read_only", "wear", "overheated"] {
        let labels = [("device", "nvme0"), ("reason", reason)];
        assert_eq!(bench.value("hearth_drive_verdict_reason", &labels), Some(Ok(1)), "{reason}");
    }
}

#[test]
fn a_drive_that_fails_or_goes_takes_no_other_with_it() {
    let (files, scripts) = machine(&["nvme0", "nvme1"]);
    let mut bench = arm(&files, &["nvme0", "nvme1"]);
    let refused = NvmeError::Refused(Status(6));
    locked(&scripts[0]).health = Err(refused);
    bench.read_at(0).unwrap();
    for name in ["nvme0", "nvme1"] {
        desk(&files, name).wait_for_polls(1);
    }
    assert_eq!(bench.read_at(1), Ok(State::Steady));
    let hours =
        |bench: &Bench, device| bench.value("smartctl_device_power_on_seconds", &[("device", device)]);
    assert_eq!(hours(&bench, "nvme0"), Some(Err(Reason::IoError)));
    assert_eq!(hours(&bench, "nvme1"), Some(Ok(9876)));
    let unknown = [("device", "nvme0"), ("verdict", "unknown")];
    assert_eq!(bench.value("hearth_drive_verdict", &unknown), Some(Ok(1)));
    let no_answer = [("device", "nvme0"), ("reason", "no_answer")];
    assert_eq!(bench.value("hearth_drive_verdict_reason", &no_answer), Some(Ok(1)));
    // It is pulled out while it is asked: first its commands fail, then its name goes.
    locked(&scripts[0]).health = Err(NvmeError::Os { step: Step::RingCommand, errno: Errno(19) });
    bench.read_at(MINUTE_NS).unwrap();
    desk(&files, "nvme0").wait_for_polls(2);
    assert_eq!(bench.read_at(MINUTE_NS + 1), Ok(State::Changed));
    unplug(&files, "nvme0");
    let mut again = Bench::arm(&FAKES, files.root()).unwrap();
    drop(bench);
    assert_eq!(again.read_at(MINUTE_NS + 2), Ok(State::Steady));
    assert_eq!(hours(&again, "nvme0"), None);
    let gone = again.sources().iter().find(|source| source.name == "/dev/nvme0").unwrap();
    assert!(
        matches!(&gone.outcome, SourceOutcome::Absent(absent) if absent.reason == Reason::Gone),
        "{gone:?}"
    );
    assert_eq!(hours(&again, "nvme1"), Some(Ok(9876)), "what was known stays known");
    // Another one comes.
    plug(&files, "nvme2");
    assert_eq!(again.read_at(MINUTE_NS + 3), Ok(State::Changed));
}

#[test]
fn each_drive_has_a_line_with_how_it_is_asked_or_what_it_lacks() {
    let (files, _scripts) = machine(&["nvme10", "nvme9"]);
    list(&files, "nvme1");
    list(&files, "nvme3");
    let mut config = Bench::config();
    config.drives.ignored = vec!["nvme3".to_owned()];
    let _first = Bench::arm_with(&FAKES, files.root(), &config).unwrap();
    ["nvme10", "nvme9", "nvme1"].iter().for_each(|name| desk(&files, name).wait_until_met());
    let bench = Bench::arm_with(&FAKES, files.root(), &config).unwrap();
    let [ignored, shut, nine, ten] = bench.sources() else { panic!("{:?}", bench.sources()) };
    assert_eq!(ignored.name, "/dev/nvme3");
    assert!(matches!(&ignored.outcome, SourceOutcome::Spare { why } if why.contains("drives.ignored")));
    assert_eq!(shut.name, "/dev/nvme1");
    let SourceOutcome::Absent(absent) = &shut.outcome else { panic!("{shut:?}") };
    assert!(absent.reason == Reason::NoPermission && absent.fix.contains("CAP_SYS_ADMIN"), "{absent:?}");
    let how = |source: &Source| match &source.outcome {
        SourceOutcome::Used { how, .. } => how.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((nine.name.as_str(), ten.name.as_str()), ("/dev/nvme9", "/dev/nvme10"));
    let told = how(nine);
    let (drive, error) = told.split_once("; newest error in its log: ").expect("its log has one");
    assert_eq!(drive, "Layout Example 1TB, by io_uring, every 60 s");
    assert!(error.contains("media error (status 0x4281), from block "), "{error}");
}

#[test]
fn a_log_that_fails_takes_neither_the_health_page_nor_an_older_verdict_with_it() {
    let (files, scripts) = machine(&["nvme0"]);
    let mut bench = arm(&files, &["nvme0"]);
    bench.read_at(0).unwrap();
    desk(&files, "nvme0").wait_for_polls(1);
    // An internal error, and one error more than the log was seen with.
    let mut page = *HEALTHY;
    page[176] += 1;
    (locked(&scripts[0]).health, locked(&scripts[0]).logs) = (Ok(page), Err(NvmeError::Refused(Status(6))));
    bench.read_at(MINUTE_NS).unwrap();
    desk(&files, "nvme0").wait_for_polls(2);
    bench.read_at(MINUTE_NS + 1).unwrap();
    let of = |name: &str| bench.value(name, &[("device", "nvme0")]).unwrap();
    let tests = |name: &str| bench.value(name, &[("device", "nvme0"), ("kind", "long")]).unwrap();
    assert_eq!(of("smartctl_device_power_on_seconds"), Ok(9876));
    assert_eq!(of("smartctl_device_num_err_log_entries"), Ok(8));
    assert_eq!(of("hearth_drive_newest_error_status"), Err(Reason::IoError));
    assert_eq!(of("hearth_drive_self_test_done_ratio"), Err(Reason::IoError));
    assert_eq!(tests("hearth_drive_self_test_passed"), Err(Reason::IoError));
    let failed = [("device", "nvme0"), ("reason", "self_test_failed")];
    assert_eq!(bench.value("hearth_drive_verdict_reason", &failed), Some(Ok(1)), "it was seen once");
    // That the drive has gone is another thing, whichever command finds it out.
    locked(&scripts[0]).logs = Err(NvmeError::Os { step: Step::RingCommand, errno: Errno(19) });
    bench.read_at(MINUTE_NS * 2).unwrap();
    desk(&files, "nvme0").wait_for_polls(3);
    assert_eq!(bench.read_at(MINUTE_NS * 2 + 1), Ok(State::Changed));
}

#[test]
fn the_newest_error_is_told_when_it_is_another_one() {
    let (files, scripts) = machine(&["nvme0"]);
    locked(&scripts[0]).logs = Err(NvmeError::Refused(Status(6)));
    let mut bench = arm(&files, &["nvme0"]);
    bench.read_at(0).unwrap();
    desk(&files, "nvme0").wait_for_polls(1);
    assert_eq!(bench.read_at(1), Ok(State::Steady));
    locked(&scripts[0]).logs = Ok(());
    bench.read_at(MINUTE_NS).unwrap();
    desk(&files, "nvme0").wait_for_polls(2);
    assert_eq!(bench.read_at(MINUTE_NS + 1), Ok(State::Changed), "its line is to tell of it");
}

#[test]
fn what_a_group_of_media_says_is_shown_and_judged() {
    let (files, scripts) = machine(&["nvme0"]);
    let mut page = *HEALTHY;
    page[6] = 0b1101;
    locked(&scripts[0]).health = Ok(page);
    let mut bench = arm(&files, &["nvme0"]);
    bench.read_at(0).unwrap();
    desk(&files, "nvme0").wait_for_polls(1);
    bench.read_at(1).unwrap();
    let of = |name: &str| bench.value(name, &[("device", "nvme0")]).unwrap();
    assert_eq!(of("hearth_drive_endurance_group_warning"), Ok(0b1101));
    assert_eq!(of("smartctl_device_critical_warning"), Ok(0));
    for reason in ["spare_exhausted", "reliability_degraded", "read_only"] {
        let labels = [("device", "nvme0"), ("reason", reason)];
        assert_eq!(bench.value("hearth_drive_verdict_reason", &labels), Some(Ok(1)), "{reason}");
    }
}

#[test]
fn the_end_of_the_threads_writes_the_history_down() {
    let (files, _scripts) = machine(&["nvme0"]);
    files.write("var/lib/hearth/x", "");
    let mut config = Bench::config();
    config.drives.state_dir = "/var/lib/hearth".to_owned();
    let first = Bench::arm_with(&FAKES, files.root(), &config).unwrap();
    desk(&files, "nvme0").wait_until_met();
    let mut bench = Bench::arm_with(&FAKES, files.root(), &config).unwrap();
    bench.read_at(0).unwrap();
    desk(&files, "nvme0").wait_for_polls(1);
    let written = files.root().join("var/lib/hearth/drive-Layout%20Example%201TB-SER%2d0001");
    assert!(!written.exists(), "not within the first hour");
    drop((first, bench));
    assert!(written.exists());
}

#[test]
fn a_machine_without_drives_says_so_and_one_whose_device_is_none_says_what_came_back() {
    let files = Files::with(&[]);
    let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
    assert_eq!(absent.reason, Reason::Absent);
    assert!(absent.what.contains("sys/class/nvme"), "{}", absent.what);
    files.write("sys/class/nvme/other/x", "");
    let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
    assert_eq!((absent.reason, absent.what.as_str()), (Reason::Absent, "there is no NVMe controller"));
    list(&files, "nvme0");
    files.write("dev/nvme0", "an ordinary file");
    let place = Place::new(files.root(), "nvme0");
    let absent = open(&place).err().unwrap();
    assert!(absent.what.contains("ioctl"), "{}", absent.what);
    let place = Place::new(files.root(), "nvme1");
    assert_eq!(open(&place).err().unwrap().reason, Reason::Absent);
}

#[test]
fn a_poll_starts_no_self_test() {
    let (files, scripts) = machine(&["nvme0"]);
    let mut bench = arm(&files, &["nvme0"]);
    bench.read_at(0).unwrap();
    desk(&files, "nvme0").wait_for_polls(1);
    let starts = [SelfTest::Short, SelfTest::Extended, SelfTest::Abort].map(Command::self_test);
    assert!(!locked(&scripts[0]).asked.iter().any(|asked| starts.contains(asked)));
}
