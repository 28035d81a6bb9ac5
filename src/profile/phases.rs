//! Phases that a program marks itself: a line with a name into the descriptor in `$HEARTH_PHASE_FD`.
//!
//! A thread stamps each line when it arrives and reads the counters there; what energy a phase took is found afterwards
//! between the samples of the lane.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use hearth_hot::clock::{Clock, SystemClock};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe2, read};

use super::counters::Counters;
use super::energy::{Totals, seconds};
use super::record::{Counted, Phase};
use super::sampler::risen_uj;

/// The variable that tells a program where to write its marks.
pub const VARIABLE: &str = "HEARTH_PHASE_FD";
/// Marks of one run at most; what comes later belongs to the last.
pub const MARKS_MAX: usize = 1000;
/// Bytes of a name at most.
pub const NAME_BYTES_MAX: usize = 100;
/// What a pipe holds (`pipe(7)`): so much may have been written before a run's end and not have been read yet.
const PIPE_BYTES: usize = 65_536;
/// What comes before the first mark.
const FIRST: &str = "start";

/// A mark as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    pub(super) at_ns: u64,
    pub(super) name: String,
    /// What each counter had counted by then.
    pub(super) counters: Vec<Option<Counted>>,
}

/// Both ends of the pipe, before the program begins.
pub(super) struct Pipe {
    marks: OwnedFd,
    /// What the program inherits.
    pub(super) door: OwnedFd,
}

impl Pipe {
    pub(super) fn new() -> io::Result<Self> {
        let (marks, door) = pipe2(OFlag::O_CLOEXEC)?;
        Ok(Self { marks, door })
    }

    /// The descriptor's number, which is the same in the program.
    pub(super) fn number(&self) -> i32 {
        self.door.as_raw_fd()
    }

    /// Listens from now on.
    pub(super) fn listen(self, counters: Arc<Counters>) -> io::Result<Listener> {
        let (stopped, stop) = pipe2(OFlag::O_CLOEXEC)?;
        let clock = SystemClock::new()?;
        let marks = self.marks;
        let named = thread::Builder::new().name("profile-marks".to_owned());
        let thread = named.spawn(move || hear(&marks, &stopped, &clock, &counters))?;
        Ok(Listener { stop, thread })
    }
}

/// A thread that hears marks.
pub(super) struct Listener {
    stop: OwnedFd,
    thread: JoinHandle<Vec<Mark>>,
}

impl Listener {
    /// Every mark so far. Nobody listens afterwards.
    pub(super) fn finish(self) -> Vec<Mark> {
        drop(self.stop);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn hear(marks: &OwnedFd, stopped: &OwnedFd, clock: &SystemClock, counters: &Counters) -> Vec<Mark> {
    let mut heard = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let mut bytes = [0; 4096];
    // Whoever outlives the run may write on for ever; what was in the pipe at its end is all that is of the run.
    let mut left = PIPE_BYTES;
    while left > 0 {
        let mut fds =
            [PollFd::new(marks.as_fd(), PollFlags::POLLIN), PollFd::new(stopped.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => {
                tracing::warn!("marks are not heard any more: {errno}");
                return heard;
            }
        }
        let readable = |fd: &PollFd<'_>| fd.any().unwrap_or(false);
        let is_over = readable(&fds[1]);
        if !readable(&fds[0]) {
            if is_over {
                return heard;
            }
            continue;
        }
        let at_ns = clock.monotonic_ns();
        match read(marks, &mut bytes) {
            // Nobody is left who could write.
            Ok(0) => return heard,
            Ok(count) => {
                left = if is_over { left.saturating_sub(count) } else { left };
                for &byte in &bytes[..count] {
                    if byte == b'\n' {
                        if heard.len() < MARKS_MAX && !line.is_empty() {
                            let name = String::from_utf8_lossy(&line).into_owned();
                            heard.push(Mark { at_ns, name, counters: counters.read() });
                        }
                        line.clear();
                    } else if line.len() < NAME_BYTES_MAX && !byte.is_ascii_control() {
                        line.push(byte);
                    }
                }
            }
            Err(Errno::EINTR) => {}
            Err(errno) => {
                tracing::warn!("marks are not heard any more: {errno}");
                return heard;
            }
        }
    }
    heard
}

/// A run as its phases are cut out of it.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    /// When it began and ended, by `CLOCK_MONOTONIC` in nanoseconds.
    pub(super) span_ns: (u64, u64),
    /// What each domain took.
    pub(super) energy_j: &'a [Option<f64>],
    /// What each counter counted.
    pub(super) counters: &'a [Option<Counted>],
    /// Samples around it.
    pub(super) samples: &'a [Totals],
}

impl Whole<'_> {
    /// The phases between the marks; none if there is no mark. They add up to the run, in time, energy and counts.
    pub(super) fn phases(&self, marks: &[Mark]) -> Vec<Phase> {
        let (began_ns, ended_ns) = self.span_ns;
        if marks.is_empty() {
            return Vec::new();
        }
        let mut cuts: Vec<(u64, &str, Option<&Mark>)> = vec![(began_ns, FIRST, None)];
        cuts.extend(
            marks.iter().map(|mark| (mark.at_ns.clamp(began_ns, ended_ns), mark.name.as_str(), Some(mark))),
        );
        let cuts_ns: Vec<u64> = cuts.iter().map(|cut| cut.0).chain([ended_ns]).collect();
        let energy_j: Vec<Vec<Option<f64>>> =
            (0..self.energy_j.len()).map(|domain| self.shares(domain, &cuts_ns)).collect();
        let mut phases = Vec::with_capacity(cuts.len());
        for (at, (from_ns, name, mark)) in cuts.iter().enumerate() {
            let next = cuts.get(at + 1);
            let to_ns = next.map_or(ended_ns, |next| next.0);
            let until = next.and_then(|next| next.2);
            phases.push(Phase {
                name: (*name).to_owned(),
                began_s: seconds(from_ns - began_ns),
                ended_s: seconds(to_ns - began_ns),
                energy_j: energy_j.iter().map(|shares| shares.get(at).copied().flatten()).collect(),
                counters: (0..self.counters.len()).map(|at| self.counted(at, *mark, until)).collect(),
            });
        }
        // A program that marks first thing has no phase before it.
        phases.retain(|phase| phase.name != FIRST || phase.ended_s > phase.began_s);
        phases
    }

    /// The parts of the run's energy between the cuts, by how the samples rose; by time, all of them, where samples do not
    /// say it of each.
    fn shares(&self, domain: usize, cuts_ns: &[u64]) -> Vec<Option<f64>> {
        let whole_j = self.energy_j.get(domain).copied().flatten();
        let rises = |risen: &Vec<f64>| risen.last() > risen.first();
        let risen = risen_uj(self.samples, domain, cuts_ns).filter(rises).unwrap_or_else(|| {
            cuts_ns.iter().map(|at_ns| seconds(at_ns.saturating_sub(self.span_ns.0))).collect()
        });
        let all = risen.last().zip(risen.first()).map_or(0.0, |(last, first)| last - first);
        let part = |pair: &[f64]| if all > 0.0 { (pair[1] - pair[0]) / all } else { 0.0 };
        risen.windows(2).map(|pair| whole_j.map(|whole_j| whole_j * part(pair))).collect()
    }

    /// What an event counted between two marks, or from the beginning, or to the end.
    fn counted(&self, at: usize, from: Option<&Mark>, to: Option<&Mark>) -> Option<u64> {
        let value =
            |counts: &[Option<Counted>]| counts.get(at).copied().flatten().map(|counted| counted.value);
        let low = from.map_or(Some(0), |mark| value(&mark.counters))?;
        let high = to.map_or_else(|| value(self.counters), |mark| value(&mark.counters))?;
        high.checked_sub(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::counters::Countable;
    use std::fs::File;
    use std::io::Write;

    fn counters() -> Arc<Counters> {
        Arc::new(Countable::find(&[]).open(nix::unistd::Pid::this()))
    }

    #[test]
    fn lines_are_marks_whatever_their_pieces_and_letters() {
        let pipe = Pipe::new().unwrap();
        let mut door = File::from(pipe.door.try_clone().unwrap());
        let listener = pipe.listen(counters()).unwrap();
        for piece in ["lo", "ad\n\nru", "n\x07\n", &"x".repeat(300), "\nunfinished"] {
            door.write_all(piece.as_bytes()).unwrap();
        }
        drop(door);
        let names: Vec<String> = listener.thread.join().unwrap().into_iter().map(|mark| mark.name).collect();
        assert_eq!(names, ["load", "run", &"x".repeat(NAME_BYTES_MAX)]);
    }

    #[test]
    fn listening_ends_though_somebody_still_holds_the_door() {
        let pipe = Pipe::new().unwrap();
        let mut door = File::from(pipe.door.try_clone().unwrap());
        door.write_all(b"one\n").unwrap();
        let listener = pipe.listen(counters()).unwrap();
        let heard = listener.finish();
        assert!(heard.len() <= 1, "{heard:?}");
        drop(door);
    }

    #[test]
    fn listening_ends_though_somebody_writes_on_without_end() {
        let pipe = Pipe::new().unwrap();
        let mut door = File::from(pipe.door.try_clone().unwrap());
        let listener = pipe.listen(counters()).unwrap();
        // Ends by itself: nobody reads any more, and a test has no use for the signal.
        let flood = thread::spawn(move || {
            let mut lines = 0_u64;
            while door.write_all(b"and on\n").is_ok() {
                lines += 1;
            }
            lines
        });
        let heard = listener.finish();
        assert!(heard.len() <= MARKS_MAX && heard.iter().all(|mark| mark.name == "and on"));
        flood.join().unwrap();
    }

    #[test]
    fn phases_add_up_to_the_run() {
        let sample = |ms: u64, uj| Totals { at_ns: ms * 1_000_000, totals_uj: vec![Some(uj)] };
        // 10 W, then 20 W from 50 ms on.
        let samples: Vec<Totals> = (0..=110)
            .map(|ms| sample(ms, if ms <= 50 { ms * 10_000 } else { 500_000 + (ms - 50) * 20_000 }))
            .collect();
        let counted = |value| vec![Some(Counted { value, ratio: 1.0 })];
        let whole = Whole {
            span_ns: (10_000_000, 100_000_000),
            energy_j: &[Some(1.4), None],
            counters: &counted(900),
            samples: &samples,
        };
        let mark = |ms: u64, name: &str, value| Mark {
            at_ns: ms * 1_000_000,
            name: name.to_owned(),
            counters: counted(value),
        };
        let phases = whole.phases(&[mark(50, "middle", 300), mark(80, "end", 850)]);
        let names: Vec<&str> = phases.iter().map(|phase| phase.name.as_str()).collect();
        assert_eq!(names, ["start", "middle", "end"]);
        let joules: Vec<f64> = phases.iter().map(|phase| phase.energy_j[0].unwrap()).collect();
        for (joules, wanted) in joules.iter().zip([0.4, 0.6, 0.4]) {
            assert!((joules - wanted).abs() < 1e-9, "{joules} {wanted}");
        }
        assert_eq!(phases.iter().map(|phase| phase.counters[0].unwrap()).collect::<Vec<_>>(), [300, 550, 50]);
        assert!(phases.iter().all(|phase| phase.energy_j[1].is_none()));
        assert!((phases[1].began_s, phases[1].ended_s) == (0.04, 0.07), "{phases:?}");
        // Where a sample is missing all are cut by time: parts of two kinds would not add up.
        let mut holed = samples.clone();
        holed[60].totals_uj = vec![None];
        let by_time = Whole { samples: &holed, ..whole }.phases(&[mark(50, "middle", 0), mark(80, "end", 0)]);
        let joules: Vec<f64> = by_time.iter().map(|phase| phase.energy_j[0].unwrap()).collect();
        assert!((joules.iter().sum::<f64>() - 1.4).abs() < 1e-9, "{joules:?}");
        assert!((joules[1] - 1.4 * 30.0 / 90.0).abs() < 1e-9, "{joules:?}");
        assert_eq!(whole.phases(&[]), []);
        let first = whole.phases(&[mark(5, "all", 0)]);
        assert_eq!((first.len(), first[0].name.as_str()), (1, "all"), "a mark before the beginning is at it");
    }
}
