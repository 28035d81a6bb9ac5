//! A process that waits at the door: forked and set up, but not yet the program, until it is let go.
//!
//! ```text
//! profiler ── spawn ──► child: own process group, directories and streams set, tells its number, waits
//! profiler ◄─ number ──┘
//! profiler: opens counters for it, reads the energy
//! profiler ── release ─► child: exec ──► the program runs ──► ends
//! profiler ◄─ end ───────────────────────────────────────────┘ times, memory, faults from wait4
//! ```
//!
//! The child waits in the last moment before exec, so that neither forking nor setting up counters is charged to it.
//! It leads a process group of its own: what it starts is killed with it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, pipe2};

use super::sys;
pub use super::sys::Usage;

/// Why a program did not run.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It could not be started.
    #[error("cannot run {program}: {source}; {}", remedy(.source))]
    Start {
        /// What should have run.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something on the way.
    #[error("cannot {what} for {program}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// For which program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "is it a program, and may you execute it (chmod +x)?",
        _ => "is it installed, and is its name spelled right?",
    }
}

/// A child that waits to be let go.
pub struct Waiting {
    program: String,
    pid: Pid,
    door: File,
    starter: JoinHandle<io::Result<Child>>,
}

/// A program that runs.
pub struct Running {
    program: String,
    pid: Pid,
    pidfd: OwnedFd,
    child: Child,
    released: Instant,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// A program that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// From letting it go to its end.
    pub wall: Duration,
    /// When it ended.
    pub at: Instant,
    /// Whether it was killed because its time was up or the owner wanted it.
    pub cut_short: bool,
    /// What it and the processes it waited for used.
    pub usage: Usage,
}

impl Waiting {
    /// Forks `command` and holds it just before its program begins.
    ///
    /// # Errors
    /// Pipes or processes are not to be had.
    pub fn spawn(mut command: Command) -> Result<Self, ChildError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let refused = |what| {
            let program = program.clone();
            move |source: io::Error| ChildError::System { what, program, source }
        };
        let pipe = || pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(io::Error::from);
        let (tells, told) = pipe().map_err(refused("make a pipe"))?;
        let (waits, door) = pipe().map_err(refused("make a pipe"))?;
        command.process_group(0);
        sys::wait_before_exec(&mut command, told, waits, &door);
        // Starting returns only when the program begins, which it does not before it is let go.
        let starter = thread::Builder::new()
            .name("profile-start".to_owned())
            .spawn(move || command.spawn())
            .map_err(refused("start a thread"))?;
        let mut number = [0; 4];
        match File::from(tells).read_exact(&mut number) {
            Ok(()) => {
                let pid = Pid::from_raw(i32::from_ne_bytes(number));
                Ok(Self { program, pid, door: File::from(door), starter })
            }
            // It ended before it came to the door: the starter knows why.
            Err(source) => match starter.join() {
                Ok(Err(source)) => Err(ChildError::Start { program, source }),
                Ok(Ok(_)) | Err(_) => Err(refused("start a process")(source)),
            },
        }
    }

    /// The process's number: counters opened for it count from its program's first instruction.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Lets the program begin.
    ///
    /// # Errors
    /// There is no such program, or it may not be run.
    pub fn release(mut self) -> Result<Running, ChildError> {
        let program = self.program;
        let refused = |what| {
            let program = program.clone();
            move |source: io::Error| ChildError::System { what, program, source }
        };
        let pidfd = sys::pidfd_open(self.pid).map_err(refused("watch the process"))?;
        let released = Instant::now();
        self.door.write_all(&[1]).map_err(refused("let the process go"))?;
        match self.starter.join() {
            Ok(Ok(child)) => Ok(Running { pid: self.pid, pidfd, child, released, program }),
            Ok(Err(source)) => Err(ChildError::Start { program, source }),
            Err(_panicked) => Err(refused("start a process")(io::Error::other("the starting thread died"))),
        }
    }
}

impl Running {
    /// The pipe to its standard input, if one was asked for.
    pub fn take_stdin(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// The pipe from its standard output, if one was asked for.
    pub fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for its end; kills it and everything in its group once `limit` has passed, or as soon as `is_unwanted`
    /// says so, which is asked whenever a signal arrives and once a second.
    ///
    /// # Errors
    /// The system does not say what became of it.
    pub fn wait(
        self,
        limit: Option<Duration>,
        mut is_unwanted: impl FnMut() -> bool,
    ) -> Result<Ended, ChildError> {
        let refused =
            |source: io::Error| ChildError::System { what: "wait", program: self.program.clone(), source };
        let deadline = limit.map(|limit| self.released + limit);
        let mut cut_short = false;
        loop {
            let patience =
                deadline.map_or(LOOK_AGAIN, |deadline| deadline.saturating_duration_since(Instant::now()));
            // Rounded up, so as not to look again too early.
            let millis = patience.min(LOOK_AGAIN).as_millis() + u128::from(patience < LOOK_AGAIN);
            let timeout = PollTimeout::from(u16::try_from(millis).unwrap_or(u16::MAX));
            match poll(&mut [PollFd::new(self.pidfd.as_fd(), PollFlags::POLLIN)], timeout) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => break,
                Err(errno) => return Err(refused(errno.into())),
            }
            if !cut_short && (is_unwanted() || deadline.is_some_and(|deadline| Instant::now() >= deadline)) {
                self.kill();
                cut_short = true;
            }
        }
        let at = Instant::now();
        let (ending, usage) = sys::reap(self.pid).map_err(refused)?;
        // What it left behind in its group goes with it: the next run shall not share the machine with it.
        self.kill();
        Ok(Ended { ending, wall: at - self.released, at, cut_short, usage })
    }

    fn kill(&self) {
        match killpg(self.pid, Signal::SIGKILL) {
            // No such group: all of it has ended.
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => tracing::warn!("cannot end the process group of {}: {errno}", self.program),
        }
    }
}

/// How long a wish to stop may go unnoticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A command whose standard streams are all closed off.
#[must_use]
pub fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn shell(line: &str) -> Command {
        let mut command = quiet("sh");
        command.arg("-c").arg(line);
        command
    }

    fn run(line: &str) -> Ended {
        Waiting::spawn(shell(line)).unwrap().release().unwrap().wait(None, || false).unwrap()
    }

    #[test]
    fn nothing_of_the_program_happens_before_it_is_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("made");
        let waiting = Waiting::spawn(shell(&format!("touch {}", made.display()))).unwrap();
        let name = std::fs::read_to_string(format!("/proc/{}/comm", waiting.pid())).unwrap();
        assert_ne!(name, "sh\n", "the process is there and is not yet the program");
        assert!(!made.exists());
        let ended = waiting.release().unwrap().wait(None, || false).unwrap();
        assert_eq!((ended.ending, ended.cut_short), (Ending::Code(0), false));
        assert!(made.exists());
    }

    #[test]
    fn how_it_ended_is_told_by_code_or_signal() {
        assert_eq!(run("exit 3").ending, Ending::Code(3));
        assert_eq!(run("kill -TERM $$").ending, Ending::Signal(15));
    }

    #[test]
    fn what_it_used_counts_its_own_children_too() {
        // A hundred thousand bytes through a pipe and a loop in a child shell: some time, some memory.
        let ended = run("sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'; true");
        let usage = ended.usage;
        assert!(usage.user > Duration::ZERO && usage.user + usage.system <= ended.wall * 2, "{ended:?}");
        assert!(usage.max_rss_bytes > 100_000 && usage.minor_faults > 0, "{usage:?}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_that_names_it() {
        let waiting = Waiting::spawn(quiet("/nonexistent/program")).unwrap();
        let error = waiting.release().err().unwrap();
        assert!(matches!(error, ChildError::Start { .. }));
        let words = error.to_string();
        assert!(words.contains("/nonexistent/program") && words.contains("No such file"), "{words}");
    }

    #[test]
    fn when_its_time_is_up_it_is_killed_with_all_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let line = format!("sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; wait", pid.display());
        let unwanted = || pid.exists();
        let running = Waiting::spawn(shell(&line)).unwrap().release().unwrap();
        let ended = running.wait(Some(Duration::from_secs(600)), unwanted).unwrap();
        assert_eq!((ended.ending, ended.cut_short), (Ending::Signal(9), true));
        let grandchild = std::fs::read_to_string(&pid).unwrap();
        let proc = format!("/proc/{}", grandchild.trim());
        // Killed at once; whoever adopts it reaps it in its own time.
        let gone = |proc: &str| match std::fs::read_to_string(Path::new(proc).join("stat")) {
            Ok(stat) => stat.contains(") Z "),
            Err(_absent) => true,
        };
        while !gone(&proc) {
            thread::yield_now();
        }
        let ended = Waiting::spawn(shell("sleep 1000")).unwrap().release().unwrap();
        let ended = ended.wait(Some(Duration::from_millis(20)), || false).unwrap();
        assert!(ended.cut_short && ended.wall >= Duration::from_millis(20), "{ended:?}");
    }

    #[test]
    fn a_wish_to_stop_is_heard() {
        static STOP: AtomicBool = AtomicBool::new(true);
        let running = Waiting::spawn(shell("sleep 1000")).unwrap().release().unwrap();
        let ended = running.wait(None, || STOP.load(Ordering::Relaxed)).unwrap();
        assert!(ended.cut_short);
    }
}
