//! A thread for each drive, so that nobody waits for a drive but its own thread.
//!
//! A thread opens its drive, learns what drive it is, and then polls it each time it is asked. Asking and looking never
//! wait for a command: the desk's lock is held only to put a question or an answer there. A drive that hangs in a
//! command is not asked again meanwhile; what was known of it is stale after [`LATE_NS`].

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hearth_hot::contract::Absent;
use hearth_model::Reason;

use crate::sensors::kept::locked;
use crate::sensors::milliseconds;

mod place;
mod round;

pub(super) use place::Place;
pub(super) use round::{News, Round};

/// Drives of one kind that are attended to; each costs a thread. The largest home chassis hold 24.
pub(in crate::sensors) const DRIVES_MAX: usize = 32;
/// How long a poll may take before what is shown counts as stale: the slowest sweeps seen on healthy drives take 2.3 s.
pub(super) const LATE_NS: u64 = 10_000_000_000;
/// How long arming waits for drives to say what they are, all together. Who is later is armed anew when it has.
pub(super) const MEETING: Duration = Duration::from_millis(500);
/// How long the end of Hearth waits for all drives' threads to write their histories down.
const FAREWELL: Duration = Duration::from_secs(1);
/// A worker's stack: a few buffers of 4 KiB and what the standard library wants.
const STACK_BYTES: usize = 256 * 1024;

/// An open drive in the hands of its thread, which never leaves that thread.
pub(super) trait Drive: Sized + 'static {
    /// What drive it is: made into labels when the sensor is armed.
    type Identity: Copy + PartialEq + Send;
    /// What one poll learns.
    type Answer: Copy + Send;

    /// What drive it is, as found by opening it and by the polls since: what could not be learned from a drive that
    /// slept is learned later.
    fn identity(&self) -> Self::Identity;

    /// Asks the drive; `now_ns` is the lane's monotonic clock when the question was put.
    fn poll(&mut self, now_ns: u64) -> Result<Self::Answer, PollError>;

    /// Called after each poll, and once more at the end of the thread: the time to write down what is to last.
    fn keep(&mut self, is_last: bool);
}

/// Why a poll has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PollError {
    /// The device has gone: whatever comes back under its name is another one.
    Gone,
    /// It is there and did not answer as it should.
    Failed(Absent),
}

/// Opens a drive and asks what it is; runs on the drive's thread.
pub(super) type Open<D> = fn(&Place) -> Result<D, Absent>;

/// What is known of a drive.
pub(super) struct Known<D: Drive> {
    /// What drive it is; nothing before it was opened.
    pub(super) identity: Option<D::Identity>,
    /// The newest answer, if there was any.
    pub(super) answer: Option<Result<D::Answer, Reason>>,
    /// Polls that ended, well or not.
    pub(super) polls: u64,
    /// What the last one took, in nanoseconds.
    pub(super) cost_ns: u64,
    /// When the question was put that still waits.
    pub(super) waits_since_ns: Option<u64>,
    /// Whether the device has gone.
    pub(super) is_gone: bool,
}

/// The drives of one kind and their threads, which end with it, hung ones when they return.
pub(super) struct Workers<D: Drive> {
    open: Open<D>,
    desks: Mutex<Vec<(Place, Arc<Desk<D>>)>>,
    /// Drives that were attended to and are there no more, newest last, at most [`DRIVES_MAX`].
    gone: Mutex<Vec<Place>>,
    /// Each thread holds one, so that they can be counted, those of drives long gone included.
    tokens: Arc<()>,
}

/// Where one drive's thread and whoever asks meet.
pub(super) struct Desk<D: Drive> {
    state: Mutex<State<D>>,
    /// Something was asked, or all is over.
    asked: Condvar,
    /// The drive was opened, or not, or something was answered.
    answered: Condvar,
}

struct State<D: Drive> {
    known: Known<D>,
    /// Why the drive could not be opened, or why the last poll failed.
    trouble: Option<Absent>,
    is_met: bool,
    asked_ns: Option<u64>,
    question: Option<u64>,
    is_closed: bool,
    /// The thread has written down what is to last.
    is_over: bool,
}

impl<D: Drive> Workers<D> {
    pub(super) fn new(open: Open<D>) -> Self {
        Self { open, desks: Mutex::default(), gone: Mutex::default(), tokens: Arc::new(()) }
    }

    /// Makes `wanted` the drives attended to. One that is attended to already keeps its thread, unless it has gone.
    pub(super) fn keep_only(&self, wanted: &[Place]) -> Vec<Result<Arc<Desk<D>>, Absent>> {
        let mut desks = locked(&self.desks);
        let is_kept = |(place, desk): &(Place, Arc<Desk<D>>)| {
            wanted.contains(place) && !locked(&desk.state).known.is_gone
        };
        let (kept, left): (Vec<_>, Vec<_>) = desks.drain(..).partition(is_kept);
        *desks = kept;
        left.iter().for_each(|(_, desk)| desk.close());
        let mut gone = locked(&self.gone);
        gone.extend(left.into_iter().map(|(place, _)| place));
        gone.retain(|place| !wanted.contains(place));
        let surplus = gone.len().saturating_sub(DRIVES_MAX);
        gone.drain(..surplus);
        drop(gone);
        wanted
            .iter()
            .map(|place| match desks.iter().find(|(at, _)| at == place) {
                Some((_, desk)) => Ok(Arc::clone(desk)),
                None => {
                    let desk = self.start(place)?;
                    desks.push((place.clone(), Arc::clone(&desk)));
                    Ok(desk)
                }
            })
            .collect()
    }

    /// Drives that were attended to and are wanted no more.
    pub(super) fn gone(&self) -> Vec<Place> {
        locked(&self.gone).clone()
    }

    /// The desk of the drive called `name`, which is attended to.
    #[cfg(test)]
    pub(super) fn desk(&self, name: &str) -> Arc<Desk<D>> {
        let desks = locked(&self.desks);
        let (_, desk) = desks.iter().find(|(place, _)| &*place.name == name).unwrap();
        Arc::clone(desk)
    }

    fn start(&self, place: &Place) -> Result<Arc<Desk<D>>, Absent> {
        let threads = Arc::strong_count(&self.tokens) - 1;
        if threads >= DRIVES_MAX {
            return Err(Absent {
                reason: Reason::OutOfRange,
                what: format!("{threads} drives have a thread already, which is the most there are"),
                fix: "leave drives out by drives.ignored".to_owned(),
            });
        }
        let desk = Arc::new(Desk::new());
        let (theirs, token, open, place) =
            (Arc::clone(&desk), Arc::clone(&self.tokens), self.open, place.clone());
        let named = thread::Builder::new().name(format!("drive-{}", place.name)).stack_size(STACK_BYTES);
        let spawned = named.spawn(move || {
            theirs.serve(open, &place);
            drop(token);
        });
        spawned.map(|_thread| desk).map_err(|error| Absent {
            reason: Reason::IoError,
            what: format!("starting the drive's thread failed: {error}"),
            fix: "raise TasksMax= of the service's unit".to_owned(),
        })
    }
}

impl<D: Drive> Drop for Workers<D> {
    /// Ends the threads. Those that have something to write down and hang in no command are given the time for it.
    fn drop(&mut self) {
        let desks = locked(&self.desks);
        desks.iter().for_each(|(_, desk)| desk.close());
        let end = Instant::now() + FAREWELL;
        for (_, desk) in desks.iter().filter(|(place, _)| place.state_dir.is_some()) {
            let left = end.saturating_duration_since(Instant::now());
            let busy =
                |state: &mut State<D>| !state.is_over && state.known.waits_since_ns.is_none() && state.is_met;
            let waited = desk.answered.wait_timeout_while(locked(&desk.state), left, busy);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// Waits until every drive was opened or not and has answered what it was asked, at most [`MEETING`] for all of them.
pub(super) fn meet<D: Drive>(desks: &[Result<Arc<Desk<D>>, Absent>]) {
    let end = Instant::now() + MEETING;
    for desk in desks.iter().flatten() {
        let left = end.saturating_duration_since(Instant::now());
        let unmet = |state: &mut State<D>| !state.is_met || state.known.waits_since_ns.is_some();
        let waited = desk.answered.wait_timeout_while(locked(&desk.state), left, unmet);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// Of a drive that has not said what it is: a source that may still come.
pub(super) fn unmet() -> Absent {
    Absent {
        reason: Reason::Stale,
        what: format!("it has not said what it is within {} ms", MEETING.as_millis()),
        fix: "nothing if it comes to its senses; else look for it in the kernel's log".to_owned(),
    }
}

/// Of a drive that was there and is no more.
pub(super) fn gone() -> Absent {
    Absent {
        reason: Reason::Gone,
        what: "it was there and has gone: pulled out, switched off or dead".to_owned(),
        fix: "nothing if that was meant; else look for it in the kernel's log, and at its plug".to_owned(),
    }
}

impl<D: Drive> Desk<D> {
    fn new() -> Self {
        let known = Known {
            identity: None,
            answer: None,
            polls: 0,
            cost_ns: 0,
            waits_since_ns: None,
            is_gone: false,
        };
        let state = State {
            known,
            trouble: None,
            is_met: false,
            asked_ns: None,
            question: None,
            is_closed: false,
            is_over: false,
        };
        Self { state: Mutex::new(state), asked: Condvar::new(), answered: Condvar::new() }
    }

    /// Asks the drive if `period_ns` has passed since it was last asked and that question is answered; says what is
    /// known. Never waits for the drive.
    pub(super) fn visit(&self, now_ns: u64, period_ns: u64) -> Known<D> {
        let mut state = locked(&self.state);
        let is_due = state.asked_ns.is_none_or(|asked| now_ns >= asked.saturating_add(period_ns));
        if is_due && state.known.waits_since_ns.is_none() && !state.known.is_gone {
            state.asked_ns = Some(now_ns);
            state.known.waits_since_ns = Some(now_ns);
            state.question = Some(now_ns);
            self.asked.notify_one();
        }
        state.known
    }

    /// What drive it is; `None` while it has not said so yet.
    pub(super) fn met(&self) -> Option<Result<D::Identity, Absent>> {
        let state = locked(&self.state);
        match (state.known.identity, &state.trouble) {
            (Some(identity), _) => Some(Ok(identity)),
            (None, Some(trouble)) => Some(Err(trouble.clone())),
            (None, None) => None,
        }
    }

    /// What a poll took when there was one, for people: `, 3.1 ms a poll`.
    pub(super) fn cost_words(&self) -> String {
        let state = locked(&self.state);
        match (state.known.polls, state.known.cost_ns) {
            (0, _) => String::new(),
            (_, cost_ns) => format!(", {} a poll", milliseconds(cost_ns)),
        }
    }

    fn close(&self) {
        locked(&self.state).is_closed = true;
        self.asked.notify_all();
    }

    /// The life of the drive's thread.
    fn serve(&self, open: Open<D>, place: &Place) {
        let mut drive = self.open(open, place);
        while let Some(now_ns) = self.next_question() {
            // What could not be opened may be by now.
            let began = Instant::now();
            drive = drive.or_else(|| self.open(open, place));
            let outcome = drive.as_mut().map(|drive| drive.poll(now_ns));
            let cost = began.elapsed();
            if let Some(drive) = &mut drive {
                drive.keep(false);
            }
            self.answer(outcome, drive.as_ref().map(Drive::identity), cost);
        }
        if let Some(drive) = &mut drive {
            drive.keep(true);
        }
        locked(&self.state).is_over = true;
        self.answered.notify_all();
    }

    fn open(&self, open: Open<D>, place: &Place) -> Option<D> {
        let opened = open(place);
        let mut state = locked(&self.state);
        state.is_met = true;
        self.answered.notify_all();
        match opened {
            Ok(drive) => {
                (state.known.identity, state.trouble) = (Some(drive.identity()), None);
                Some(drive)
            }
            Err(absent) => {
                state.known.answer = Some(Err(absent.reason));
                state.trouble = Some(absent);
                None
            }
        }
    }

    fn next_question(&self) -> Option<u64> {
        let mut state = locked(&self.state);
        while !state.is_closed {
            if let Some(now_ns) = state.question.take() {
                return Some(now_ns);
            }
            state = self.asked.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Puts down what came of a question; `None` where the drive could not be opened, which says why itself.
    fn answer(
        &self,
        outcome: Option<Result<D::Answer, PollError>>,
        identity: Option<D::Identity>,
        cost: Duration,
    ) {
        let mut state = locked(&self.state);
        state.known.identity = identity.or(state.known.identity);
        match outcome {
            Some(Ok(answer)) => (state.known.answer, state.trouble) = (Some(Ok(answer)), None),
            Some(Err(PollError::Gone)) => {
                (state.known.answer, state.known.is_gone) = (Some(Err(Reason::Gone)), true);
            }
            Some(Err(PollError::Failed(absent))) => {
                state.known.answer = Some(Err(absent.reason));
                state.trouble = Some(absent);
            }
            None => {}
        }
        state.known.polls += 1;
        state.known.cost_ns = u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX);
        state.known.waits_since_ns = None;
        self.answered.notify_all();
    }

    /// Waits until the drive was opened or not, however long that takes.
    #[cfg(test)]
    pub(super) fn wait_until_met(&self) {
        drop(self.answered.wait_while(locked(&self.state), |state| !state.is_met).unwrap());
    }

    /// Waits until so many polls have ended.
    #[cfg(test)]
    pub(super) fn wait_for_polls(&self, polls: u64) {
        let waiting = |state: &mut State<D>| state.known.polls < polls;
        drop(self.answered.wait_while(locked(&self.state), waiting).unwrap());
    }
}

impl<D: Drive> Clone for Known<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Drive> Copy for Known<D> {}

#[cfg(test)]
#[path = "worker/tests.rs"]
mod tests;
