use std::sync::{Condvar, Mutex};

use super::*;
use crate::sensors::kept::locked;
use crate::sensors::testing::Files;
use hearth_hot::testing::Bench;

const ROOT: &str = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n";
const DATA: &str = "30 27 254:1 / /my\\040data rw - btrfs /dev/vdb rw\n";
const DEAD: &str = "31 27 0:40 / /dead ro shared:1 - nfs server:/x ro\n";
const PROC: &str = "32 27 0:41 / /proc rw - proc proc rw\n";
const SECOND_NS: u64 = 1_000_000_000;

/// A server that answers for `/dead` only while it is up.
static SERVER: (Mutex<bool>, Condvar) = (Mutex::new(true), Condvar::new());

fn set_server(is_up: bool) {
    *locked(&SERVER.0) = is_up;
    SERVER.1.notify_all();
}

fn answer(path: &[u8]) -> Result<Usage, Errno> {
    if path.ends_with(b"/dead") {
        drop(SERVER.1.wait_while(locked(&SERVER.0), |is_up| !*is_up).unwrap());
    }
    if path.ends_with(b"/refused") {
        return Err(Errno(13));
    }
    let is_read_only = path.ends_with(b"/dead");
    Ok(Usage {
        size_bytes: 1000,
        free_bytes: 600,
        available_bytes: 500,
        inodes: 90,
        inodes_free: 80,
        is_read_only,
    })
}

static TEST_KEPT: Kept<Probes> = Kept::new();
const TESTED: SensorDef = SensorDef { arm: |arming| arm_with(arming, &TEST_KEPT, answer), ..SENSOR };

fn probes(root: &Path) -> Arc<Probes> {
    TEST_KEPT.below(root, || Err(())).unwrap()
}

fn labels<'a>(device: &'a str, at: &'a str, kind: &'a str) -> [(&'static str, &'a str); 3] {
    [("device", device), ("mountpoint", at), ("fstype", kind)]
}

#[test]
fn a_file_system_tells_its_space_and_ignored_ones_have_no_series() {
    let files = Files::with(&[("proc/self/mountinfo", &[ROOT, DATA, PROC].concat())]);
    let mut config = Bench::config();
    config.ignored_filesystems = vec!["proc".to_owned()];
    let mut bench = Bench::arm_with(&TESTED, files.root(), &config).unwrap();
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    probes(files.root()).wait_until_waiting(0);
    assert_eq!(bench.read_at(SECOND_NS), Ok(State::Steady));
    assert_eq!(bench.series().len(), 14);
    let data = labels("/dev/vdb", "/my data", "btrfs");
    assert_eq!(bench.value("node_filesystem_size_bytes", &data), Some(Ok(1000)));
    assert_eq!(bench.value("node_filesystem_avail_bytes", &data), Some(Ok(500)));
    assert_eq!(bench.value("node_filesystem_readonly", &data), Some(Ok(0)));
    assert_eq!(bench.value("node_filesystem_device_error", &data), Some(Ok(0)));
}

#[test]
fn one_that_hangs_is_stale_alone_is_not_asked_again_and_recovers() {
    set_server(false);
    let files = Files::with(&[("proc/self/mountinfo", &[ROOT, DEAD].concat())]);
    let mut bench = Bench::arm(&TESTED, files.root()).unwrap();
    let probes = probes(files.root());
    bench.read_at(0).unwrap();
    probes.wait_until_waiting(1);
    bench.read_at(SECOND_NS).unwrap();
    let (root, dead) = (labels("/dev/vda", "/", "ext4"), labels("server:/x", "/dead", "nfs"));
    let size = |bench: &Bench, of| bench.value("node_filesystem_size_bytes", of);
    let error = |bench: &Bench, of| bench.value("node_filesystem_device_error", of);
    assert_eq!((size(&bench, &root), error(&bench, &root)), (Some(Ok(1000)), Some(Ok(0))));
    assert_eq!(size(&bench, &dead), Some(Err(Reason::Pending)));
    // The bench's time-out is five seconds.
    for second in 6..60 {
        bench.read_at(second * SECOND_NS).unwrap();
        probes.wait_until_waiting(1);
    }
    assert_eq!((size(&bench, &dead), error(&bench, &dead)), (Some(Err(Reason::Stale)), Some(Ok(1))));
    bench.read_at(60 * SECOND_NS).unwrap();
    assert_eq!(size(&bench, &root), Some(Ok(1000)));
    // Armed anew, as when another mount came: the question still waits, and no second one is asked.
    let mut again = Bench::arm(&TESTED, files.root()).unwrap();
    again.read_at(61 * SECOND_NS).unwrap();
    assert_eq!(size(&again, &dead), Some(Err(Reason::Stale)));
    set_server(true);
    probes.wait_until_waiting(0);
    again.read_at(62 * SECOND_NS).unwrap();
    assert_eq!((size(&again, &dead), error(&again, &dead)), (Some(Ok(1000)), Some(Ok(0))));
    assert_eq!(again.value("node_filesystem_readonly", &dead), Some(Ok(1)));
}

#[test]
fn a_refusal_is_an_error_of_the_mount() {
    let mount = "33 27 0:42 / /refused rw - fuse.x x rw\n";
    let files = Files::with(&[("proc/self/mountinfo", &[ROOT, mount].concat())]);
    let mut bench = Bench::arm(&TESTED, files.root()).unwrap();
    bench.read_at(0).unwrap();
    probes(files.root()).wait_until_waiting(0);
    bench.read_at(1).unwrap();
    let refused = labels("x", "/refused", "fuse.x");
    assert_eq!(bench.value("node_filesystem_size_bytes", &refused), Some(Err(Reason::NoPermission)));
    assert_eq!(bench.value("node_filesystem_device_error", &refused), Some(Ok(1)));
}

#[test]
fn a_mount_that_comes_or_goes_asks_for_arming() {
    let files = Files::with(&[("proc/self/mountinfo", &[ROOT, DATA].concat())]);
    let mut bench = Bench::arm(&TESTED, files.root()).unwrap();
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    files.write("proc/self/mountinfo", ROOT);
    assert_eq!(bench.read_at(ASK_EVERY_NS), Ok(State::Changed));
    files.write("proc/self/mountinfo", &[ROOT, DATA].concat());
    assert_eq!(bench.read_at(2 * ASK_EVERY_NS), Ok(State::Steady));
}

#[test]
fn places_whose_names_are_no_text_are_told_apart() {
    let files = Files::with(&[("proc/self/mountinfo", "")]);
    let mount = |id: u32, name: &[u8]| {
        [format!("{id} 1 8:1 / /").as_bytes(), name, b" rw - ext4 /dev/sda1 rw\n"].concat()
    };
    let text = [mount(31, b"\xfe"), mount(32, b"\xff"), mount(33, b"plain")].concat();
    std::fs::write(files.root().join("proc/self/mountinfo"), text).unwrap();
    let bench = Bench::arm(&TESTED, files.root()).unwrap();
    for at in ["/\u{fffd} (mount 31)", "/\u{fffd} (mount 32)", "/plain"] {
        let said = bench.value("node_filesystem_size_bytes", &labels("/dev/sda1", at, "ext4"));
        assert!(said.is_some(), "{at:?}: {:#?}", bench.list());
    }
}

#[test]
fn of_mounts_at_one_place_the_last_is_seen() {
    let over = "40 27 0:50 / / rw - overlay overlay rw\n";
    let shown = shown([ROOT, over].concat().as_bytes(), &Bench::config()).unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].id, shown[0].kind.as_str()), (40, "overlay"));
}

#[test]
fn the_machines_own_root_has_a_size() {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    if !mounts.lines().any(|line| line.split(' ').nth(4) == Some("/")) {
        eprintln!("skipped: the root of this process is a plain directory (chroot), not a mount");
        return;
    }
    let mut config = Bench::config();
    // What may hang or be mounted by being looked at is not for a test.
    config.ignored_filesystems = ["nfs*", "cifs", "fuse*", "9p", "autofs"].map(str::to_owned).into();
    let mut bench = Bench::arm_with(&SENSOR, "/".as_ref(), &config).unwrap();
    bench.read_at(0).unwrap();
    KEPT.below("/".as_ref(), || Err(())).unwrap().wait_until_waiting(0);
    bench.read_at(1).unwrap();
    let is_size_of_root = |series: &&String| {
        series.starts_with("node_filesystem_size_bytes") && series.contains("mountpoint=\"/\"")
    };
    assert_eq!(bench.list().iter().filter(is_size_of_root).count(), 1, "{:?}", bench.list());
}
