//! What the lanes of the real program ask of the kernel, call by call: the reads that were armed, and sleep.
//!
//! No memory is asked for, nothing is opened, and nobody is waited for; each exception is named with its reason.

#![expect(clippy::expect_used, reason = "a test says what failed by stopping")]

mod hot_path {
    pub(crate) mod program;
    pub(crate) mod trace;
}

use std::fs;

use hearth_board::not_run;
use hearth_board::trees::energy::{self, Machine};
use hot_path::program::Program;
use hot_path::trace::{NotPermitted, Trace, name, summary};

/// A system call that a lane may make, its arguments if only some will do, and why it makes it.
struct Allowed {
    call: &'static str,
    with: fn(&str) -> bool,
    #[expect(dead_code, reason = "the table is read by people")]
    why: &'static str,
}

const fn any(call: &'static str, why: &'static str) -> Allowed {
    Allowed { call, with: |_| true, why }
}

const fn only(call: &'static str, with: fn(&str) -> bool, why: &'static str) -> Allowed {
    Allowed { call, with, why }
}

/// What both lanes may do.
const BOTH: &[Allowed] = &[
    any("clock_nanosleep", "the sleep to the next deadline"),
    any("restart_syscall", "the same sleep, gone on with after the tracer stopped it"),
    any("clock_gettime", "the time, on machines whose clock the vDSO cannot read"),
    any("gettimeofday", "as above"),
    any("pread64", "files that were opened while arming"),
    only("futex", |call| call.contains("FUTEX_WAKE"), "waking the control thread when devices came or went"),
];

/// What the steady lane may do beyond.
const STEADY: &[Allowed] = &[
    only("sendto", is_netlink, "the prepared request for the links"),
    only("recvfrom", is_netlink, "its answer into a kept buffer, and notices of changes"),
    any("getrusage", "the program's own processor time"),
    any("adjtimex", "the state of the clock's discipline"),
    any("clock_adjtime", "the same by its newer name"),
    any("uname", "the names of kernel and machine"),
    only("statx", is_own_descriptors, "how many files the program has open"),
    only("lseek", is_own_descriptors, "the same where the kernel does not give the number"),
    only("getdents64", is_own_descriptors, "as above"),
];

/// What the slow lane may do beyond.
const SLOW: &[Allowed] = &[
    only(
        "read",
        |call| call.contains("perf_event"),
        "performance counters, which have no position to read from",
    ),
    any("futex", "the desks shared with the threads that ask file systems, and the book of programs"),
    any("getrusage", "the program's own processor time, beside that of all groups"),
    only("read", |call| call.contains("perf_event"), "the packages' energy, where it is an event"),
    only("lseek", |call| call.contains("</proc>"), "the list of processes from its start"),
    only("getdents64", |call| call.contains("</proc>"), "the list of processes"),
    only("openat", is_process_stat, "a process's line: processes come and go, so these are not kept open"),
    only("close", is_process_stat, "the same file again"),
    only("fcntl", is_debug_check, "a check before closing, made only by builds for debugging"),
];

fn is_netlink(call: &str) -> bool {
    call.contains("<socket:[") || call.contains("<NETLINK:[")
}

fn is_own_descriptors(call: &str) -> bool {
    call.contains("/fd>") || call.contains("/fd\"")
}

/// `openat(9</proc>, "12/stat", …`, `close(10</proc/12/stat>)`.
fn is_process_stat(call: &str) -> bool {
    let digits_before = |end: &str, begin: char| {
        let before = call.split(end).next().unwrap_or("");
        let (_, pid) = before.rsplit_once(begin).unwrap_or(("", ""));
        before.len() < call.len() && !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits_before("/stat\"", '"') || digits_before("/stat>", '/')
}

/// `fcntl(10</proc/12/stat>, F_GETFD)`: the standard library's assertion that a file it closes is open.
fn is_debug_check(call: &str) -> bool {
    is_process_stat(call) && call.contains("F_GETFD")
}

/// Traces one lane: a warm-up that is not judged, then `ticks` ticks that are.
fn judge(
    tid: i32,
    lane: &str,
    warm_up: usize,
    ticks: usize,
    own: &[Allowed],
) -> Result<Vec<String>, NotPermitted> {
    let mut trace = Trace::attach(tid)?;
    trace.ticks(warm_up);
    let calls = trace.ticks(ticks);
    drop(trace);
    println!("{lane} lane, {ticks} ticks: {}", summary(&calls, ticks));
    let is_allowed = |call: &&String| {
        BOTH.iter().chain(own).any(|allowed| allowed.call == name(call) && (allowed.with)(call))
    };
    let strange: Vec<&String> = calls.iter().filter(|call| !is_allowed(call)).collect();
    assert!(strange.is_empty(), "the {lane} lane also does:\n{strange:#?}");
    let reads = calls.iter().filter(|call| name(call) == "pread64").count();
    assert!(reads > ticks / 2, "{reads} reads in {ticks} ticks of the {lane} lane: is it armed?");
    Ok(calls)
}

/// The thread of `pid` with this name.
fn thread(pid: u32, wanted: &str) -> i32 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the program runs");
    let found = tasks.map(|task| task.expect("a thread").path()).find(|task| {
        // A thread that ended meanwhile is not the one.
        fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == wanted)
    });
    let found = found.expect("the lane has a thread of its name");
    found.file_name().and_then(|tid| tid.to_str()?.parse().ok()).expect("a thread's number")
}

#[test]
fn in_the_steady_state_lanes_read_and_sleep_and_ask_the_kernel_for_nothing_else() {
    let program = Program::start(&["--rate-hz", "100"]);
    // It serves as soon as it can, which may be before its first tick.
    assert!((0..10_000).any(|_| program.get("/readyz").0 == 200), "no sensor was ever read");
    let (steady, slow) = (thread(program.pid(), "hearth-steady"), thread(program.pid(), "hearth-slow"));
    let outcomes = std::thread::scope(|scope| {
        // The slow lane ticks twice a second: 64 ticks have its slowest sensor, of thirty seconds, in them.
        let slow = scope.spawn(move || judge(slow, "slow", 6, 64, SLOW));
        let steady = scope.spawn(move || judge(steady, "steady", 300, 1200, STEADY));
        [steady, slow].map(|lane| lane.join().expect("the lane does only what it may"))
    });
    for NotPermitted(words) in outcomes.into_iter().filter_map(Result::err) {
        not_run("strace", &words);
    }
}

/// Read at every tick of the steady lane.
const EVERY_TICK: &str = "/eth0/statistics/rx_bytes";

/// Traces the steady lane on a machine with energy counters: its calls are those of any machine, and each of these
/// `files` is read so often in a tick.
fn judge_energy(machine: &Machine, files: &[(&str, usize)]) {
    let Some(mounted) = machine.board.mount_or_say_why().expect("the board is mounted") else { return };
    let root = mounted.dir().to_str().expect("a plain path");
    let program = Program::start(&["--root", root, "--rate-hz", "100"]);
    let calls = match judge(thread(program.pid(), "hearth-steady"), "steady", 100, 300, STEADY) {
        Ok(calls) => calls,
        Err(NotPermitted(words)) => return not_run("strace", &words),
    };
    let reads = |file: &str| {
        let is_read = |call: &&String| name(call) == "pread64" && call.contains(&format!("{file}>"));
        calls.iter().filter(is_read).count()
    };
    // A sleep that a tracer disturbs is counted twice, so ticks are counted by what each of them reads.
    let ticks = reads(EVERY_TICK);
    assert!(ticks > 0, "{EVERY_TICK} is read at every tick");
    for (file, times) in files {
        println!("{file}: {} reads in {ticks} ticks", reads(file));
        assert_eq!(reads(file), ticks * times, "{file}");
    }
}

#[test]
fn energy_zones_cost_a_tick_one_read_each_and_nothing_else() {
    let zones = [
        ("/intel-rapl:0/energy_uj", 1),
        ("/intel-rapl:0:0/energy_uj", 1),
        ("/intel-rapl:1/energy_uj", 1),
        ("/intel-rapl:1:0/energy_uj", 1),
        ("/intel-rapl:2/energy_uj", 1),
    ];
    judge_energy(&energy::intel_sapphire_rapids(), &zones);
}

#[test]
fn energy_registers_cost_a_tick_one_read_each_and_nothing_else() {
    // Two counters of each socket, by one device a socket.
    judge_energy(&energy::intel_server().without_powercap(), &[("/cpu/0/msr", 2), ("/cpu/1/msr", 2)]);
}

#[test]
fn the_lines_of_a_process_are_told_from_other_files() {
    for call in [
        r#"openat(9</proc>, "12/stat", O_RDONLY|O_CLOEXEC) = 10</proc/12/stat>"#,
        "close(10</proc/12/stat>) = 0",
    ] {
        assert!(is_process_stat(call), "{call}");
    }
    for call in [
        r#"openat(AT_FDCWD, "/proc/stat", O_RDONLY) = 3</proc/stat>"#,
        r#"openat(9</proc>, "self/stat", O_RDONLY) = 3"#,
        "close(10</proc/stat>) = 0",
    ] {
        assert!(!is_process_stat(call), "{call}");
    }
}
