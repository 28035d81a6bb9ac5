//! Coming and going of the mount itself, with readers in the way.

use hearth_board::{Board, Content, Errno, Fault, MountError};
use std::fs;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Far longer than any read takes: it only bounds how long a broken test runs.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn unmounting_finishes_while_a_reader_hangs_and_frees_the_reader() {
    let board = Board::new().file("sys/stuck", Content::text("never\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let dir = mounted.dir().to_owned();
    board.fault("sys/stuck", Fault::Hang);
    let reader = Command::new("cat")
        .arg(mounted.path("sys/stuck"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start cat");
    board.wait_for_reads("sys/stuck", 1, PATIENCE).expect("the reader arrives");
    mounted.unmount().expect("unmount");
    let output = reader.wait_with_output().expect("the reader ends");
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(!dir.exists(), "the directory that the board made is gone with it");
}

#[test]
fn a_descriptor_kept_over_the_unmount_says_that_the_device_is_gone() {
    let board = Board::new().file("proc/stat", Content::text("cpu\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let kept = fs::File::open(mounted.path("proc/stat")).expect("open");
    mounted.unmount().expect("unmount");
    let gone = kept.read_at(&mut [0; 8], 0).expect_err("no board");
    assert_eq!(gone.raw_os_error(), Some(Errno::ENODEV as i32));
}

#[test]
fn a_test_that_panics_leaves_no_mount_behind() {
    let board = Board::new().file("proc/stat", Content::text("cpu\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let dir = mounted.dir().to_owned();
    let panicking = std::thread::spawn(move || {
        let held = mounted;
        assert!(!held.path("proc/stat").exists(), "on purpose, by the test");
    });
    assert!(panicking.join().is_err());
    assert!(!dir.exists());
    let mounts = fs::read_to_string("/proc/self/mounts").expect("mounts");
    assert!(!mounts.contains(dir.to_str().expect("a name in words")));
}

#[test]
fn a_board_is_mounted_once_at_a_time_and_can_be_mounted_again() {
    let board = Board::new().file("proc/stat", Content::text("cpu\n"));
    let Some(first) = board.mount_or_say_why().expect("mount") else { return };
    assert!(matches!(board.mount_or_say_why(), Err(MountError::Already)));
    first.unmount().expect("unmount");
    let second = board.mount_or_say_why().expect("mount again").expect("as possible as before");
    assert_eq!(fs::read(second.path("proc/stat")).expect("read"), b"cpu\n");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let error = Board::new().mount("/nonexistent/board").expect_err("nothing to mount at");
    assert!(!error.is_missing_privilege_or_device());
    assert!(error.to_string().contains("/nonexistent/board"), "{error}");
}
