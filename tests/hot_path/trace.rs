//! `strace` on one thread of a running program, read call by call as it happens.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A thread that is traced; dropping it lets the thread go.
pub(crate) struct Trace {
    strace: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

/// Why there is no trace, where this machine does not permit any.
pub(crate) struct NotPermitted(pub(crate) String);

impl Trace {
    /// Attaches to thread `tid` and waits for the first call it makes.
    pub(crate) fn attach(tid: i32) -> Result<Self, NotPermitted> {
        let mut strace = Command::new("strace")
            .args(["-q", "-q", "-y", "-s", "16", "-e", "signal=none", "-p", &tid.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace starts; apt-get install strace");
        let mut lines = BufReader::new(strace.stderr.take().expect("strace's words are piped")).lines();
        let first = lines.next().expect("strace says something").expect("strace speaks UTF-8");
        let trace = Self { strace, lines };
        if !first.starts_with("strace:") {
            return Ok(trace);
        }
        let refused = first.contains("Operation not permitted");
        assert!(refused, "strace did not attach: {first}");
        Err(NotPermitted(first))
    }

    /// The calls of the next `ticks` ticks, each of which ends with a sleep.
    pub(crate) fn ticks(&mut self, ticks: usize) -> Vec<String> {
        let (mut calls, mut sleeps) = (Vec::new(), 0);
        while sleeps < ticks {
            let call = self.lines.next().expect("the thread lives").expect("strace speaks UTF-8");
            sleeps += usize::from(name(&call) == "clock_nanosleep");
            calls.push(call);
        }
        calls
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // An strace that is asked to end detaches first; one that has ended already leaves nothing to ask.
        let pid = Pid::from_raw(self.strace.id().try_into().expect("a process id"));
        if let Err(errno) = kill(pid, Signal::SIGTERM) {
            eprintln!("strace was not told to end: {errno}");
        }
        self.strace.wait().expect("strace ends");
    }
}

/// The system call of a line of strace.
pub(crate) fn name(call: &str) -> &str {
    call.split('(').next().unwrap_or(call)
}

/// How many calls of each name, and how many that is for each tick.
pub(crate) fn summary(calls: &[String], ticks: usize) -> String {
    let mut by_name = BTreeMap::<&str, u32>::new();
    for call in calls {
        *by_name.entry(name(call)).or_default() += 1;
    }
    let ticks = f64::from(u32::try_from(ticks).expect("a small number"));
    let each = |(name, count): (&str, u32)| format!("{name} {count} ({:.3})", f64::from(count) / ticks);
    let all = f64::from(u32::try_from(calls.len()).expect("a small number")) / ticks;
    format!("{all:.2} system calls a tick: {}", by_name.into_iter().map(each).collect::<Vec<_>>().join(", "))
}
