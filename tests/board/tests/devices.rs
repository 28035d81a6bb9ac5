//! Chips, thermal zones, supplies and control groups, as readers of a mounted board see them.

#![expect(clippy::expect_used, reason = "what goes wrong in a reader ends the test")]

use hearth_board::trees::cgroup::{self, Usage, path_of};
use hearth_board::trees::chips::{self, FIRST_START, SECOND_START};
use hearth_board::trees::{home_server, linux_6_1};
use hearth_board::{Board, Errno, Mounted};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirEntryExt, FileExt, MetadataExt};
use std::path::PathBuf;
use std::time::Duration;

fn mounted(board: &Board) -> Option<Mounted> {
    board.mount_or_say_why().expect("mount")
}

fn line(mounted: &Mounted, path: &str) -> String {
    let text = fs::read_to_string(mounted.path(path)).expect("read");
    text.strip_suffix('\n').expect("a whole line").to_owned()
}

/// The chips by name, each with the path of its device.
fn chips_of(mounted: &Mounted) -> BTreeSet<(String, PathBuf)> {
    let listed = fs::read_dir(mounted.path("sys/class/hwmon")).expect("list");
    listed
        .map(|entry| {
            let chip = entry.expect("entry").path();
            let name = fs::read_to_string(chip.join("name")).expect("name");
            (name, fs::canonicalize(chip.join("device")).expect("a device"))
        })
        .collect()
}

#[test]
fn chips_keep_their_devices_when_the_kernel_numbers_them_anew() {
    let before = chips::hwmon(linux_6_1(), FIRST_START);
    let after = chips::hwmon(linux_6_1(), SECOND_START);
    let (Some(first), Some(second)) = (mounted(&before), mounted(&after)) else { return };
    let below = |mounted: &Mounted| {
        let chips = chips_of(mounted).into_iter();
        let chips = chips.map(|(name, device)| {
            let device = device.strip_prefix(mounted.dir()).expect("a device of the board").to_owned();
            (name, device)
        });
        chips.collect::<Vec<_>>()
    };
    assert_eq!(below(&first), below(&second));
    assert_eq!(below(&first).len(), 4);
    assert_eq!(line(&first, "sys/class/hwmon/hwmon0/name"), "coretemp");
    assert_eq!(line(&second, "sys/class/hwmon/hwmon0/name"), "nct6798");
}

#[test]
fn channels_follow_board_time_and_some_have_nothing_to_say() {
    let board = home_server();
    let Some(mounted) = mounted(&board) else { return };
    let at = Duration::from_secs(75);
    board.advance(at);
    assert_eq!(line(&mounted, "sys/class/hwmon/hwmon0/temp1_input"), "65000");
    assert_eq!(line(&mounted, "sys/class/thermal/thermal_zone1/temp"), "65000");
    let energy = line(&mounted, "sys/class/hwmon/hwmon3/energy1_input");
    assert_eq!(energy, chips::metered_energy_uj(at).to_string());
    for (channel, errno) in [("temp2_input", Errno::ENODATA), ("temp3_input", Errno::EAGAIN)] {
        let read = fs::read(mounted.path(&format!("sys/class/hwmon/hwmon1/{channel}")));
        assert_eq!(read.expect_err("no value").raw_os_error(), Some(errno as i32), "{channel}");
    }
    assert_eq!(line(&mounted, "sys/class/power_supply/BAT0/energy_now"), "49250000");
    assert_eq!(line(&mounted, "sys/class/power_supply/BAT0/capacity"), "98");
    board.advance(Duration::from_secs(86_400));
    assert_eq!(line(&mounted, "sys/class/power_supply/BAT0/energy_now"), "0");
}

#[test]
fn a_group_that_is_made_again_under_its_name_is_another_group() {
    let board = cgroup::tree(linux_6_1());
    let Some(mounted) = mounted(&board) else { return };
    let group = mounted.path("sys/fs/cgroup/system.slice/nginx.service");
    let (inode, kept) =
        (fs::metadata(&group).expect("stat").ino(), File::open(group.join("cpu.stat")).expect("open"));
    cgroup::remove(&board, b"system.slice/nginx.service");
    assert_eq!(fs::metadata(&group).expect_err("gone").raw_os_error(), Some(Errno::ENOENT as i32));
    cgroup::put(&board, b"system.slice/nginx.service", Usage::cpu(7));
    assert_ne!(fs::metadata(&group).expect("stat").ino(), inode);
    let gone = kept.read_at(&mut [0; 64], 0).expect_err("the old group's file");
    assert_eq!(gone.raw_os_error(), Some(Errno::ENODEV as i32));
    assert!(fs::read(group.join("cpu.stat")).is_ok());
}

#[test]
fn a_groups_files_say_what_it_uses() {
    let board = cgroup::tree(linux_6_1());
    let Some(mounted) = mounted(&board) else { return };
    let usage = Usage::cpu(400_000);
    cgroup::put(&board, b"job", usage);
    board.advance(Duration::from_secs(10));
    let text =
        |file: &str| fs::read_to_string(mounted.path(&format!("sys/fs/cgroup/job/{file}"))).expect("read");
    assert!(text("cpu.stat").starts_with("usage_usec 10000000\nuser_usec 8000000\nsystem_usec 2000000\n"));
    assert_eq!(usage.cpu_us(board.elapsed()), 10_000_000);
    assert_eq!(text("io.stat"), "8:0 rbytes=4505600 wbytes=9011200 rios=1100 wios=2200 dbytes=0 dios=0\n");
    assert_eq!(text("memory.current"), "16777216\n");
    assert!(text("memory.stat").starts_with("anon 8388608\nfile 8388608\n"));
    assert!(mounted.path("sys/fs/cgroup/job/cgroup.events").exists());
    assert!(!mounted.path("sys/fs/cgroup/cgroup.events").exists(), "the root has none");
    assert!(line(&mounted, "proc/self/mountinfo").ends_with("- cgroup2 cgroup2 rw,nsdelegate"));
}

#[test]
fn groups_may_be_called_anything_and_are_found_and_read_by_that_name() {
    let board = cgroup::tree(linux_6_1());
    let Some(mounted) = mounted(&board) else { return };
    for name in cgroup::hostile_names() {
        cgroup::put(&board, &name, Usage::cpu(11));
    }
    let listed = fs::read_dir(mounted.path(cgroup::ROOT)).expect("list");
    let listed: BTreeSet<Vec<u8>> =
        listed.map(|entry| entry.expect("entry").file_name().into_vec()).collect();
    for name in cgroup::hostile_names() {
        let shown = name.escape_ascii();
        assert!(listed.contains(&name), "{shown}");
        let file = mounted.path(cgroup::ROOT).join(OsStr::from_bytes(&name)).join("cpu.stat");
        assert!(fs::read(&file).expect("read").starts_with(b"usage_usec 6000000\n"), "{shown}");
        assert_eq!(board.reads(&path_of(&name, "cpu.stat")), 1, "{shown}");
        cgroup::remove(&board, &name);
        assert!(!file.exists(), "{shown}");
    }
}

#[test]
fn ten_thousand_groups_are_listed_each_once_with_its_inode() {
    let board = cgroup::tree(linux_6_1());
    let Some(mounted) = mounted(&board) else { return };
    for group in 0..10_000 {
        cgroup::put_bare(&board, format!("pool/job-{group}").as_bytes(), Usage::cpu(group));
    }
    let (mut names, mut inodes) = (BTreeSet::new(), BTreeSet::new());
    for entry in fs::read_dir(mounted.path("sys/fs/cgroup/pool")).expect("list") {
        let entry = entry.expect("entry");
        assert!(
            inodes.insert(entry.ino()) && names.insert(entry.file_name()),
            "{:?} twice",
            entry.file_name()
        );
    }
    assert_eq!(names.len(), 10_000);
    assert_eq!(names.first().map(|name| name.as_bytes()), Some(&b"job-0"[..]));
}
