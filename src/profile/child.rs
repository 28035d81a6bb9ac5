//! A process that waits at the door: started and set up, but not yet the program, until it is let go.
//!
//! ```text
//! profiler ── spawn ──► child: own process group, streams and CPU set, waits
//! profiler: opens counters for it, reads the energy
//! profiler ── release ─► child: exec ──► the program runs ──► ends
//! profiler ◄─ end ───────────────────────────────────────────┘ times, memory, faults from wait4
//! ```
//!
//! The child waits in the last moment before exec, so that neither starting a process nor setting up counters is charged
//! to it. It leads a process group of its own: what it starts is killed with it.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, read};

use super::door::{Door, EXECUTING, Failure};
use super::program::Program;
pub use super::sys::{Ending, Usage};

/// How long a wish to stop may go unnoticed.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// What of a program's messages is kept: the last of them, in bytes.
const MESSAGES_BYTES: usize = 4096;
/// Taken out of a pipe at a time, in bytes, which is as much as one holds.
const PIPE_BYTES: usize = 64 * 1024;
/// How often a pipe is still read after the program's end, where something else goes on writing into it.
const LAST_READS: usize = 16;

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
        io::ErrorKind::InvalidInput => "one of its words holds a NUL, which no program can be given",
        _ => "is it installed, and is its name spelled right?",
    }
}

/// A child that waits to be let go.
pub struct Waiting {
    program: String,
    door: Door,
    heard: Heard,
}

/// A program that runs.
pub struct Running {
    program: String,
    door: Door,
    heard: Heard,
    released: Instant,
}

/// A program that has ended.
#[derive(Clone, Debug, PartialEq)]
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
    /// The last that it wrote to its standard error, where that came to us.
    pub messages: String,
}

impl Waiting {
    /// Starts the process of `program` and holds it just before the program begins.
    ///
    /// # Errors
    /// A word that cannot be passed on; pipes or processes are not to be had.
    pub fn spawn(program: Program) -> Result<Self, ChildError> {
        let name = program.name().to_owned();
        let (call, ends) = match program.into_call() {
            Ok(both) => both,
            Err(source) if source.kind() == io::ErrorKind::InvalidInput => {
                return Err(ChildError::Start { program: name, source });
            }
            Err(source) => {
                return Err(ChildError::System { what: "open the streams", program: name, source });
            }
        };
        match Door::open(call) {
            Ok(door) => Ok(Self { program: name, door, heard: Heard::new(ends.output, ends.messages) }),
            Err(source) => Err(ChildError::System { what: "start a process", program: name, source }),
        }
    }

    /// The process's number: counters opened for it count from its program's first instruction.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.door.pid())
    }

    /// Lets the program begin. Whether there is one is known at its end.
    ///
    /// # Errors
    /// The child was gone already.
    pub fn release(self) -> Result<Running, ChildError> {
        let Self { program, mut door, heard } = self;
        let released = Instant::now();
        match door.let_go() {
            Ok(()) => Ok(Running { program, door, heard, released }),
            Err(source) => Err(match door.leave() {
                Ok(Err(failure)) => failed(program, failure),
                Ok(Ok(_)) | Err(_) => ChildError::System { what: "let the process go", program, source },
            }),
        }
    }
}

fn failed(program: String, Failure { what, source }: Failure) -> ChildError {
    if what == EXECUTING {
        ChildError::Start { program, source }
    } else {
        ChildError::System { what, program, source }
    }
}

impl Running {
    /// Waits for its end; kills it and everything in its group once `limit` has passed, or as soon as `is_unwanted`
    /// says so, which is asked whenever a signal arrives and four times a second. What comes through its pipes is taken out
    /// meanwhile.
    ///
    /// # Errors
    /// There is no such program, or it may not be run; the system does not say what became of it.
    pub fn wait(
        mut self,
        limit: Option<Duration>,
        mut is_unwanted: impl FnMut() -> bool,
    ) -> Result<Ended, ChildError> {
        let deadline = limit.map(|limit| self.released + limit);
        let mut look_again = self.released + LOOK_AGAIN;
        let mut cut_short = false;
        loop {
            let until = deadline.map_or(look_again, |deadline| look_again.min(deadline));
            let until = if cut_short { look_again } else { until };
            let is_interrupted = match self.next(until.saturating_duration_since(Instant::now())) {
                Ok(Next::End) => break,
                Ok(Next::Words | Next::Nothing) => false,
                Err(Errno::EINTR) => true,
                Err(errno) => return Err(system("wait", self.program, errno.into())),
            };
            let now = Instant::now();
            if !is_interrupted && now < until {
                continue;
            }
            look_again = now + LOOK_AGAIN;
            let is_late = deadline.is_some_and(|deadline| now >= deadline);
            if (is_unwanted() || is_late) && !cut_short {
                self.kill();
                cut_short = true;
            }
        }
        let at = Instant::now();
        let left = match self.door.leave() {
            Ok(left) => left,
            Err(source) => return Err(system("wait", self.program, source)),
        };
        // What it left behind in its group goes with it: the next run shall not share the machine with it.
        self.kill();
        match left {
            Ok((ending, usage)) => {
                let (wall, messages) = (at - self.released, self.heard.last_words());
                Ok(Ended { ending, wall, at, cut_short, usage, messages })
            }
            Err(failure) => Err(failed(self.program, failure)),
        }
    }

    /// Waits at most so long for something to happen, and takes what comes through the pipes.
    fn next(&mut self, patience: Duration) -> Result<Next, Errno> {
        // Rounded up, so as not to look again too early.
        let millis = u16::try_from(patience.as_micros().div_ceil(1000)).unwrap_or(u16::MAX);
        let end = self.door.pidfd();
        let of = |pipe: &'_ Option<OwnedFd>| pipe.is_some();
        let [has_output, has_messages] = [of(&self.heard.output), of(&self.heard.messages)];
        let output = self.heard.output.as_ref().map_or(end, AsFd::as_fd);
        let messages = self.heard.messages.as_ref().map_or(end, AsFd::as_fd);
        // A pipe that is closed takes no part: the end stands in its place.
        let mut fds = [end, output, messages].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        if poll(&mut fds, PollTimeout::from(millis))? == 0 {
            return Ok(Next::Nothing);
        }
        let [is_over, has_more, has_said] = fds.map(|fd| fd.any().unwrap_or(true));
        if has_output && has_more {
            self.heard.take_output();
        }
        if has_messages && has_said {
            self.heard.take_messages();
        }
        Ok(if is_over { Next::End } else { Next::Words })
    }

    fn kill(&self) {
        match killpg(Pid::from_raw(self.door.pid()), Signal::SIGKILL) {
            // No such group: all of it has ended.
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => tracing::warn!("cannot end the process group of {}: {errno}", self.program),
        }
    }
}

fn system(what: &'static str, program: String, source: io::Error) -> ChildError {
    ChildError::System { what, program, source }
}

/// What has happened.
enum Next {
    End,
    Words,
    Nothing,
}

/// Our ends of a program's pipes: its output is let go, of its messages the last are kept.
struct Heard {
    output: Option<OwnedFd>,
    messages: Option<OwnedFd>,
    said: VecDeque<u8>,
    room: Box<[u8]>,
}

impl Heard {
    fn new(output: Option<OwnedFd>, messages: Option<OwnedFd>) -> Self {
        let bytes = if output.is_some() || messages.is_some() { PIPE_BYTES } else { 0 };
        Self { output, messages, said: VecDeque::new(), room: vec![0; bytes].into_boxed_slice() }
    }

    fn take_output(&mut self) {
        take(&mut self.output, &mut self.room);
    }

    /// Whether there was something to take.
    fn take_messages(&mut self) -> bool {
        let taken = take(&mut self.messages, &mut self.room);
        self.said.extend(self.room.iter().take(taken));
        let excess = self.said.len().saturating_sub(MESSAGES_BYTES);
        self.said.drain(..excess);
        taken > 0
    }

    fn last_words(mut self) -> String {
        for _ in 0..LAST_READS {
            if !self.take_messages() {
                break;
            }
        }
        String::from_utf8_lossy(self.said.make_contiguous()).into_owned()
    }
}

/// Reads once; the pipe is closed once nobody writes into it any more, or if it cannot be read.
fn take(pipe: &mut Option<OwnedFd>, room: &mut [u8]) -> usize {
    let Some(open) = pipe else { return 0 };
    match read(&*open, room) {
        Ok(taken) if taken > 0 => return taken,
        Err(Errno::EINTR | Errno::EAGAIN) => return 0,
        Ok(_) => {}
        Err(errno) => tracing::warn!("a program's words are not read any more: {errno}"),
    }
    *pipe = None;
    0
}

#[cfg(test)]
mod tests;
