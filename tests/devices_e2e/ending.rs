//! The end: with code 0 and within seconds, whatever hangs. The program itself promises one second, by the sum of all it
//! waits for; here it has more, since a machine that runs tests has other things to do.

use std::fs;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use hearth_board::{Fault, trees};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::stage::{PATIENCE, Stage};
use crate::set;

/// What no end takes, on any machine that works at all.
const LONG: Duration = Duration::from_secs(10);

pub(crate) fn signal(stage: &Stage, signal: Signal) {
    kill(pid(stage), signal).expect("it runs");
}

fn pid(stage: &Stage) -> Pid {
    Pid::from_raw(i32::try_from(stage.program.pid()).expect("a process number"))
}

/// Waits for the end of a process that was asked to end, and leaves it for its parent to see. As long as the kernel waits
/// for a device in one of its threads nothing can take that one away; so it has ended when its first thread has, and
/// `answer` makes the device answer then.
pub(crate) fn end_of(pid: i32, answer: impl FnOnce()) -> Duration {
    let asked = Instant::now();
    let is_over = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("its parent has not looked yet");
        let (_, fields) = stat.rsplit_once(") ").expect("the name ends there");
        fields.starts_with('Z')
    };
    while !is_over() && asked.elapsed() < PATIENCE {
        park_timeout(Duration::from_millis(5));
    }
    let took = asked.elapsed();
    answer();
    let status = waitid(Id::Pid(Pid::from_raw(pid)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
    assert!(matches!(status, Ok(WaitStatus::Exited(_, 0))), "{status:?}");
    took
}

/// Asserts that an end came as fast as it has to.
pub(crate) fn demand_short(took: Duration) {
    eprintln!("from the signal to the end: {took:?}");
    assert!(took < LONG, "{took:?}");
}

fn end(stage: &Stage, hung: &str) {
    signal(stage, Signal::SIGTERM);
    demand_short(end_of(pid(stage).as_raw(), || stage.board.clear(hung)));
}

#[test]
fn a_slow_lane_that_hangs_holds_up_no_end() {
    const LINE: &str = "proc/1/stat";
    let Some(stage) = set(trees::linux_6_1()) else { return };
    stage.board.fault(LINE, Fault::Hang);
    let hung = stage.board.reads(LINE) + 1;
    stage.board.wait_for_reads(LINE, hung, PATIENCE).expect("the slow lane lists the processes");
    end(&stage, LINE);
}

#[test]
fn a_steady_lane_that_hangs_holds_up_no_end() {
    let Some(stage) = set(trees::linux_6_1()) else { return };
    stage.board.fault("proc/meminfo", Fault::Hang);
    let hung = stage.board.reads("proc/meminfo") + 1;
    stage.board.wait_for_reads("proc/meminfo", hung, PATIENCE).expect("the lane reads the file");
    end(&stage, "proc/meminfo");
}

#[test]
fn an_arming_that_hangs_holds_up_no_end() {
    const MODEL: &str = "sys/class/power_supply/BAT0/model_name";
    let board = trees::home_server();
    board.fault(MODEL, Fault::Hang);
    let Some(stage) = set(board) else { return };
    end(&stage, MODEL);
}
