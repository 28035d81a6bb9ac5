//! Every fault, switched while readers are there.

#![expect(clippy::expect_used, reason = "what goes wrong in a reader ends the test")]

use hearth_board::{Board, Content, Errno, Fault};
use std::fs;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// Far longer than any read takes: it only bounds how long a broken test runs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A reader that may hang is a process of its own; see the crate's documentation.
fn reader_of(path: &Path) -> Child {
    let (stdout, stderr) = (Stdio::piped(), Stdio::piped());
    Command::new("cat").arg(path).stdout(stdout).stderr(stderr).spawn().expect("start cat")
}

fn output_of(reader: Child) -> Output {
    reader.wait_with_output().expect("wait for cat")
}

fn errno_of<T: std::fmt::Debug>(result: std::io::Result<T>) -> Errno {
    Errno::from_raw(result.expect_err("a fault").raw_os_error().expect("an error of the kernel"))
}

#[test]
fn an_error_comes_and_goes_under_an_open_descriptor() {
    let board = Board::new().file("sys/temp", Content::text("41000\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let kept = fs::File::open(mounted.path("sys/temp")).expect("open");
    let mut buffer = [0; 16];
    board.fault("sys/temp", Fault::Error(Errno::EIO));
    assert_eq!(errno_of(kept.read_at(&mut buffer, 0)), Errno::EIO);
    assert_eq!(errno_of(fs::read(mounted.path("sys/temp"))), Errno::EIO);
    board.fault("sys/temp", Fault::Error(Errno::ETIMEDOUT));
    assert_eq!(errno_of(kept.read_at(&mut buffer, 0)), Errno::ETIMEDOUT);
    board.clear("sys/temp");
    assert_eq!(kept.read_at(&mut buffer, 0).expect("well again"), 6);
    assert_eq!(board.reads("sys/temp"), 4);
}

#[test]
fn denial_holds_for_opening_listing_and_reading() {
    let board = Board::new().file("sys/rapl/energy_uj", Content::text("7\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let kept = fs::File::open(mounted.path("sys/rapl/energy_uj")).expect("open");
    board.fault("sys/rapl", Fault::Denied);
    assert_eq!(errno_of(fs::File::open(mounted.path("sys/rapl/energy_uj"))), Errno::EACCES);
    assert_eq!(errno_of(fs::read_dir(mounted.path("sys/rapl"))), Errno::EACCES);
    assert_eq!(errno_of(kept.read_at(&mut [0; 8], 0)), Errno::EACCES);
    board.clear("sys/rapl");
    assert_eq!(fs::read(mounted.path("sys/rapl/energy_uj")).expect("allowed"), b"7\n");
}

#[test]
fn what_vanishes_is_gone_from_its_directory_and_comes_back_as_something_new() {
    let board = Board::new()
        .file("sys/hwmon/hwmon0/temp1_input", Content::text("1\n"))
        .file("proc/net/dev", Content::text("2\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let in_sys = fs::File::open(mounted.path("sys/hwmon/hwmon0/temp1_input")).expect("open");
    let in_proc = fs::File::open(mounted.path("proc/net/dev")).expect("open");
    let devices = || fs::read_dir(mounted.path("sys/hwmon")).expect("list").count();
    let mut buffer = [0; 8];
    board.fault("sys/hwmon/hwmon0", Fault::Vanished);
    board.fault("proc/net/dev", Fault::Vanished);
    assert_eq!(devices(), 0);
    assert_eq!(errno_of(fs::metadata(mounted.path("sys/hwmon/hwmon0"))), Errno::ENOENT);
    assert_eq!(errno_of(fs::read(mounted.path("sys/hwmon/hwmon0/temp1_input"))), Errno::ENOENT);
    assert_eq!(errno_of(in_sys.read_at(&mut buffer, 0)), Errno::ENODEV);
    assert_eq!(errno_of(in_proc.read_at(&mut buffer, 0)), Errno::EIO);
    board.clear("sys/hwmon/hwmon0");
    assert_eq!(devices(), 1);
    assert_eq!(fs::read(mounted.path("sys/hwmon/hwmon0/temp1_input")).expect("new device"), b"1\n");
    assert_eq!(errno_of(in_sys.read_at(&mut buffer, 0)), Errno::ENODEV);
}

#[test]
fn what_is_removed_and_put_again_is_something_new() {
    let board = Board::new().file("sys/block/sda/stat", Content::text("1\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let kept = fs::File::open(mounted.path("sys/block/sda/stat")).expect("open");
    board.remove("sys/block/sda");
    board.set("sys/block/sda/stat", Content::text("2\n"));
    assert_eq!(errno_of(kept.read_at(&mut [0; 8], 0)), Errno::ENODEV);
    assert_eq!(fs::read(mounted.path("sys/block/sda/stat")).expect("new disk"), b"2\n");
}

#[test]
fn short_reads_return_at_most_what_they_may_and_lose_nothing() {
    let board = Board::new().file("proc/meminfo", Content::text("MemTotal: 1 kB\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    board.fault("proc/meminfo", Fault::Short { bytes: 4 });
    let mut file = fs::File::open(mounted.path("proc/meminfo")).expect("open");
    let mut buffer = [0; 64];
    assert_eq!(file.read(&mut buffer).expect("one read"), 4);
    assert_eq!(&buffer[..4], b"MemT");
    assert_eq!(fs::read_to_string(mounted.path("proc/meminfo")).expect("all reads"), "MemTotal: 1 kB\n");
    board.fault("proc/meminfo", Fault::Short { bytes: 0 });
    assert_eq!(fs::read(mounted.path("proc/meminfo")).expect("nothing"), b"");
}

#[test]
fn a_hanging_read_holds_up_nobody_else_and_ends_with_the_newest_content() {
    let board =
        Board::new().file("sys/slow", Content::text("old\n")).file("sys/quick", Content::text("quick\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    board.fault("sys/slow", Fault::Hang);
    let readers = [reader_of(&mounted.path("sys/slow")), reader_of(&mounted.path("sys/slow"))];
    board.wait_for_reads("sys/slow", 2, PATIENCE).expect("both readers arrive");
    assert_eq!(fs::read(mounted.path("sys/quick")).expect("not held up"), b"quick\n");
    assert_eq!(fs::read_dir(mounted.path("sys")).expect("not held up either").count(), 2);
    board.set("sys/slow", Content::text("new\n"));
    board.clear("sys/slow");
    for reader in readers {
        assert_eq!(output_of(reader).stdout, b"new\n");
    }
}

#[test]
fn a_hanging_read_ends_with_the_fault_that_takes_its_place() {
    let board = Board::new().file("sys/drive", Content::text("ok\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    board.fault("sys/drive", Fault::Hang);
    let reader = reader_of(&mounted.path("sys/drive"));
    board.wait_for_reads("sys/drive", 1, PATIENCE).expect("the reader arrives");
    board.fault("sys/drive", Fault::Error(Errno::EIO));
    let output = output_of(reader);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("Input/output error"), "{output:?}");
}

#[test]
fn a_delayed_read_is_answered_when_board_time_reaches_it() {
    let time = Content::function(|at| format!("{}\n", at.elapsed.as_millis()).into_bytes());
    let board = Board::new().file("sys/smart", time);
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    // Board time stands, so each of cat's two reads waits to be let go; clearing lets both through.
    board.fault("sys/smart", Fault::Delay(Duration::from_secs(5)));
    let reader = reader_of(&mounted.path("sys/smart"));
    board.wait_for_reads("sys/smart", 1, PATIENCE).expect("the reader arrives");
    board.advance(Duration::from_millis(4999));
    board.advance(Duration::from_millis(1));
    board.clear("sys/smart");
    assert_eq!(output_of(reader).stdout, b"5000\n");
}

#[test]
fn a_delayed_read_ends_by_itself_when_board_time_runs() {
    let board = Board::in_real_time().file("sys/smart", Content::text("fine\n"));
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    board.fault("sys/smart", Fault::Delay(Duration::from_millis(20)));
    assert_eq!(output_of(reader_of(&mounted.path("sys/smart"))).stdout, b"fine\n");
    assert!(board.elapsed() >= Duration::from_millis(20));
}
