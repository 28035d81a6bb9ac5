//! What programs do with their streams and with those that they leave behind, and that a profile ends all the same.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::tool::Desk;

/// Leaves a program in a session of its own that holds every stream it was given, and tells its number.
const DAEMON: &str =
    "setsid sh -c 'echo $$ >> left; exec sleep 100000' & while ! [ -s left ]; do :; done; : > ran";

/// Ends what was left behind, which nobody else will.
fn end_what_is_left(desk: &Desk, runs: usize) {
    let left = desk.text("left");
    let numbers: Vec<i32> = left.lines().map(|line| line.parse().expect("a number")).collect();
    assert_eq!(numbers.len(), runs, "one of each run: {left}");
    for number in numbers {
        kill(Pid::from_raw(number), Signal::SIGKILL)
            .expect("it lives: a session of its own is not the run's group");
    }
}

#[test]
fn a_program_that_leaves_a_daemon_behind_ends_when_itself_does() {
    // Not "inherit": who reads our output here would wait for all that hold it.
    for output in ["null", "pipe"] {
        let desk = Desk::new();
        let out = desk.profiled(&["-r", "1", "--output", output, "--", "sh", "-c", DAEMON]);
        assert!(out.contains("[1 run;"), "{out}");
        end_what_is_left(&desk, 1);
    }
}

#[test]
fn a_daemon_that_writes_marks_without_end_holds_nothing_up() {
    let desk = Desk::new();
    let flood = "setsid sh -c 'echo $$ >> left; exec yes flood > /proc/self/fd/$HEARTH_PHASE_FD' & while ! [ -s left ]; do :; done";
    let out = desk.profiled(&["-r", "1", "--phases", "--", "sh", "-c", flood]);
    assert!(out.contains("[1 run;"), "{out}");
    let left = desk.text("left");
    let number: i32 = left.trim().parse().expect("a number");
    // It may have ended of itself: nobody reads what it writes.
    match kill(Pid::from_raw(number), Signal::SIGKILL) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
        Err(errno) => panic!("{errno}"),
    }
}

#[test]
fn a_program_that_closes_its_streams_is_measured_like_any_other() {
    for output in ["null", "pipe", "inherit"] {
        let desk = Desk::new();
        let line = "exec <&- >&- 2>&-; i=0; while [ $i -lt 100 ]; do i=$((i+1)); done; : > ran; exit 0";
        let out = desk.profiled(&["-r", "2", "--output", output, "--", "sh", "-c", line]);
        assert!(out.contains("[2 runs;") && desk.path("ran").exists(), "{output}: {out}");
    }
}

#[test]
fn a_flood_of_output_goes_where_it_is_wanted_and_fills_nothing() {
    /// More than any pipe holds.
    const BYTES: &str = "20000000";
    let desk = Desk::new();
    for output in ["null", "pipe"] {
        let out = desk.profiled(&["-r", "2", "--output", output, "--", "head", "-c", BYTES, "/dev/zero"]);
        assert!(out.contains("[2 runs;") && out.len() < 10_000, "{output}: {} bytes", out.len());
    }
    desk.profiled(&["-r", "2", "--output", "flood", "--", "head", "-c", BYTES, "/dev/zero"]);
    let length = fs::metadata(desk.path("flood")).expect("it is there").len();
    assert_eq!(length.to_string(), BYTES, "each run writes it anew");
    let out = desk.profiled(&[
        "-r",
        "2",
        "--output",
        "inherit",
        "--style",
        "none",
        "--",
        "head",
        "-c",
        BYTES,
        "/dev/zero",
    ]);
    assert_eq!(out.len(), 40_000_000, "both runs' and nothing else");
}

#[test]
fn a_flood_that_somebody_left_behind_writes_on_holds_nothing_up() {
    let desk = Desk::new();
    let flood = "setsid sh -c 'echo $$ >> left; exec yes' & while ! [ -s left ]; do :; done; head -c 1000000 /dev/zero";
    let out = desk.profiled(&["-r", "1", "--output", "pipe", "--", "sh", "-c", flood]);
    assert!(out.contains("[1 run;"), "{out}");
    let number: i32 = desk.text("left").trim().parse().expect("a number");
    match kill(Pid::from_raw(number), Signal::SIGKILL) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
        Err(errno) => panic!("{errno}"),
    }
}

#[test]
fn what_is_to_be_read_is_given_to_every_run() {
    let desk = Desk::new();
    fs::write(desk.path("in"), "some words\n").expect("written");
    desk.profiled(&["-r", "3", "--input", "in", "--output", "out", "--", "sh", "-c", "cat; cat in >> all"]);
    assert_eq!(desk.text("out"), "some words\n");
    desk.profiled(&["-r", "3", "--input", "in", "--", "sh", "-c", "cat >> read"]);
    assert_eq!(desk.text("read"), "some words\n".repeat(3));
    let said = desk.profile(&["--input", "none", "--", "cat"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("cannot read none: No such file"), "{}", said.err);
}
