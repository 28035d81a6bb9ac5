//! What threads and processes have used, as the kernel counts it.

use std::fs;

use nix::libc::{clockid_t, pid_t};
use nix::time::{ClockId, clock_gettime};

/// The bits of a clock's number that say "time on a CPU, of one thread": `CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED`
/// (include/linux/posix-timers_types.h). Without the first, of a whole process.
const THREAD_CLOCK: clockid_t = 0b110;
const PROCESS_CLOCK: clockid_t = 0b010;

/// Time on a CPU, in nanoseconds, of thread `tid` of this process.
#[must_use]
pub fn thread_cpu_ns(tid: pid_t) -> f64 {
    cpu_ns(tid, THREAD_CLOCK)
}

/// Time on a CPU, in nanoseconds, of process `pid`, the threads that have ended included.
#[must_use]
pub fn process_cpu_ns(pid: u32) -> f64 {
    cpu_ns(pid_t::try_from(pid).expect("process numbers are far below 2^31"), PROCESS_CLOCK)
}

/// By the scheduler's own clock, which counts nanoseconds where `/proc/PID/stat` counts ticks of 10 ms.
fn cpu_ns(id: pid_t, kind: clockid_t) -> f64 {
    let clock = ClockId::from_raw((!id << 3) | kind);
    let time = clock_gettime(clock)
        .unwrap_or_else(|errno| panic!("the CPU clock of {id} does not answer: {errno}; has it ended?"));
    seconds(time.tv_sec(), time.tv_nsec()) * 1e9
}

#[expect(clippy::cast_precision_loss, reason = "CPU time stays far below 2^52 seconds or nanoseconds")]
fn seconds(whole: i64, nanoseconds: i64) -> f64 {
    whole as f64 + nanoseconds as f64 / 1e9
}

/// The threads of process `pid` whose name begins with `prefix`.
#[must_use]
pub fn threads(pid: u32, prefix: &str) -> Vec<pid_t> {
    let directory = format!("/proc/{pid}/task");
    let entries = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let ids = entries.flatten().flat_map(|entry| entry.file_name().to_string_lossy().parse());
    // A thread that has ended meanwhile has no name any more.
    let named = |tid: &pid_t| {
        fs::read_to_string(format!("{directory}/{tid}/comm")).is_ok_and(|name| name.starts_with(prefix))
    };
    ids.filter(named).collect()
}

/// The one thread of this process whose name begins with `prefix`.
#[must_use]
pub fn only_thread(prefix: &str) -> pid_t {
    // A thread gives itself its name, some moments after it was started.
    let found = (0..1000).map(|_| threads(std::process::id(), prefix)).find(|found| {
        std::thread::yield_now();
        !found.is_empty()
    });
    match found.as_deref() {
        Some([only]) => *only,
        other => panic!("one thread named {prefix}, not {other:?}"),
    }
}

/// How often threads `tids` of process `pid` gave up their CPU of their own accord, which is how often they went to
/// sleep and so were woken.
#[must_use]
pub fn wake_ups(pid: u32, tids: &[pid_t]) -> f64 {
    tids.iter().map(|tid| field(&format!("/proc/{pid}/task/{tid}/status"), "voluntary_ctxt_switches:")).sum()
}

/// What a process keeps in memory, in KiB.
#[must_use]
pub fn resident_kib(pid: u32) -> f64 {
    field(&format!("/proc/{pid}/status"), "VmRSS:")
}

fn field(path: &str, key: &str) -> f64 {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let value = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    value.unwrap_or_else(|| panic!("{path} has no number behind {key}"))
}
