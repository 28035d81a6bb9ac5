//! A few threads that go and read what may hang: chips behind slow buses, firmware, servers over the network.
//!
//! ```text
//! arming ── wants(errands of a sensor) ──► desk
//! lane   ── ask(errands) ──► queue ──► one of at most CREW_MAX threads: the errand, for as long as it takes
//! lane   ◄── look(errand): its last readings, and since when the present question waits
//! ```
//!
//! An errand that hangs holds one thread and is not asked again meanwhile; another thread does the rest. There is always
//! one to spare, until as many hang as there may be threads: then all others wait too, and say so by growing stale.

use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use hearth_model::{Reading, Reason};

use super::kept::{Kept, locked};
use super::milliseconds;

/// Threads at most, and so errands that may hang before others wait for them.
pub(super) const CREW_MAX: usize = 8;
/// How long a spare thread leaves the queue to the one that hired it.
const SPARE_PATIENCE: Duration = Duration::from_millis(50);
/// How long arming waits for errands that are under way, all together.
const MEETING: Duration = Duration::from_millis(500);
/// A thread's stack: an errand reads files or a socket into fixed buffers, or calls a maker's library, whose needs nobody
/// states. What is not touched is not memory.
const STACK_BYTES: usize = 512 * 1024;

static CREWS: Kept<Crew> = Kept::new();

/// What a thread is sent to do, again and again.
pub(super) trait Errand: Send {
    /// Reads for as long as it takes. The readings keep their number and their order.
    fn run(&mut self) -> &[Reading];
}

/// An errand that a sensor wants done: a name that stays the same as long as it means the same, how many readings it
/// gives, and itself.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) readings: usize,
    pub(super) errand: Box<dyn Errand>,
}

/// An errand that may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ErrandKey(u64);

/// What is known of an errand.
pub(super) struct Known<'a> {
    /// The last readings, if it ever came back.
    pub(super) readings: Option<&'a [Reading]>,
    /// When the question was asked that still waits.
    pub(super) waits_since_ns: Option<u64>,
}

/// The threads; they end with it, hung ones when they return.
pub(super) struct Crew {
    shared: Arc<Shared>,
}

struct Shared {
    desk: Mutex<Desk>,
    /// Something was asked, or all is over.
    asked: Condvar,
    /// Something was answered.
    answered: Condvar,
}

#[derive(Default)]
struct Desk {
    jobs: Vec<Job>,
    keys_given: u64,
    threads: usize,
    idle: usize,
    is_closed: bool,
}

struct Job {
    key: ErrandKey,
    sensor: &'static str,
    name: String,
    /// With the thread that runs it while the question is [`Question::Asked`].
    errand: Option<Box<dyn Errand>>,
    question: Question,
    readings: Box<[Reading]>,
    is_answered: bool,
    /// What the last answer took.
    cost_ns: u64,
    is_wanted: bool,
}

/// Questions carry when they were asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    None,
    Queued(u64),
    Asked(u64),
}

impl Crew {
    /// The crew of all sensors below `root`, started if there is none.
    pub(super) fn below(root: &Path) -> io::Result<Arc<Self>> {
        CREWS.below(root, || {
            let shared = Shared { desk: Mutex::default(), asked: Condvar::new(), answered: Condvar::new() };
            let crew = Self { shared: Arc::new(shared) };
            locked(&crew.shared.desk).threads = 1;
            crew.shared.hire()?;
            Ok(crew)
        })
    }

    /// Makes `wanted` the errands of `sensor`. One that is under way under the same name is waited for instead of being
    /// sent a second time.
    pub(super) fn wants(&self, sensor: &'static str, wanted: Vec<Wanted>) -> Vec<ErrandKey> {
        let mut desk = locked(&self.shared.desk);
        let (mut before, others) =
            std::mem::take(&mut desk.jobs).into_iter().partition(|job| job.sensor == sensor);
        desk.jobs = others;
        let mut keys = Vec::with_capacity(wanted.len());
        for new in wanted {
            let there = before.iter().position(|job: &Job| {
                job.errand.is_none() && job.name == new.name && job.readings.len() == new.readings
            });
            let mut job = match there {
                Some(at) => before.swap_remove(at),
                None => desk.new_job(sensor, new),
            };
            job.is_wanted = true;
            keys.push(job.key);
            desk.jobs.push(job);
        }
        // One that nobody wants any more and that still holds a thread has to be known when it is wanted again.
        let running = before.into_iter().filter(|job| job.errand.is_none());
        desk.jobs.extend(running.map(|job| Job { is_wanted: false, ..job }));
        keys
    }

    /// Asks for errands at `now_ns`, but those whose last question still waits.
    pub(super) fn ask(&self, keys: impl Iterator<Item = ErrandKey>, now_ns: u64) {
        self.put(&mut locked(&self.shared.desk), keys, now_ns);
    }

    /// The same without waiting for the desk; nothing where it is in other hands. Says whether no question waited before.
    pub(super) fn try_ask(&self, keys: impl Iterator<Item = ErrandKey>, now_ns: u64) -> Option<bool> {
        Some(self.put(&mut *tried(&self.shared.desk)?, keys, now_ns))
    }

    fn put(&self, desk: &mut Desk, keys: impl Iterator<Item = ErrandKey>, now_ns: u64) -> bool {
        let (mut is_waiting, mut were_all_idle) = (false, true);
        for key in keys {
            let Some(job) = desk.find(key) else { continue };
            if job.question == Question::None {
                job.question = Question::Queued(now_ns);
            } else {
                were_all_idle = false;
            }
            is_waiting |= matches!(job.question, Question::Queued(_));
        }
        // One thread does them all, one after the other; the next round wakes another if it hangs.
        if is_waiting {
            self.shared.asked.notify_one();
        }
        were_all_idle
    }

    /// Shows what is known of an errand; nothing of one that is not wanted any more.
    pub(super) fn look<T>(&self, key: ErrandKey, see: impl FnOnce(Known<'_>) -> T) -> Option<T> {
        locked(&self.shared.desk).find(key).map(|job| see(job.known()))
    }

    /// The same without waiting for the desk; nothing where it is in other hands.
    pub(super) fn try_look<T>(&self, key: ErrandKey, see: impl FnOnce(Known<'_>) -> T) -> Option<T> {
        tried(&self.shared.desk)?.find(key).map(|job| see(job.known()))
    }

    /// What each errand of `sensor` below `root` took, by its name, for people: `, 3.1 ms a poll`. Waits a little for
    /// those that are under way; there is nothing before a sensor's first round.
    pub(super) fn costs(root: &Path, sensor: &str) -> Vec<(String, String)> {
        let Some(crew) = CREWS.there(root) else { return Vec::new() };
        let desk = crew.shared.wait(|job| job.sensor == sensor);
        let answered = desk.jobs.iter().filter(|job| job.sensor == sensor && job.is_answered);
        answered.map(|job| (job.name.clone(), format!(", {} a poll", milliseconds(job.cost_ns)))).collect()
    }

    /// Waits a little for the answers to all of these; says what each one took, for people, or nothing.
    pub(super) fn meet(&self, keys: &[ErrandKey]) -> Vec<String> {
        let desk = self.shared.wait(|job| keys.contains(&job.key));
        let cost = |key: &ErrandKey| {
            let job = desk.jobs.iter().find(|job| job.key == *key && job.is_answered);
            job.map_or_else(String::new, |job| format!(", {} a poll", milliseconds(job.cost_ns)))
        };
        keys.iter().map(cost).collect()
    }

    /// Waits until no more than `hung` questions of `sensor` wait.
    #[cfg(test)]
    pub(super) fn wait_until_waiting(&self, sensor: &str, hung: usize) {
        let waiting = |desk: &mut Desk| {
            let waits = |job: &&Job| job.sensor == sensor && job.question != Question::None;
            desk.jobs.iter().filter(waits).count() > hung
        };
        drop(self.shared.answered.wait_while(locked(&self.shared.desk), waiting).unwrap());
    }
}

impl Job {
    fn known(&self) -> Known<'_> {
        let waits_since_ns = match self.question {
            Question::None => None,
            Question::Queued(since) | Question::Asked(since) => Some(since),
        };
        Known { readings: self.is_answered.then_some(&self.readings), waits_since_ns }
    }
}

/// The lock's content, if nobody has it.
fn tried<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(content) => Some(content),
        // As in `locked`: whoever panicked has left whole values.
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        locked(&self.shared.desk).is_closed = true;
        self.shared.asked.notify_all();
    }
}

impl Desk {
    fn new_job(&mut self, sensor: &'static str, wanted: Wanted) -> Job {
        self.keys_given += 1;
        Job {
            key: ErrandKey(self.keys_given),
            sensor,
            name: wanted.name,
            errand: Some(wanted.errand),
            question: Question::None,
            readings: vec![Err(Reason::Pending); wanted.readings].into_boxed_slice(),
            is_answered: false,
            cost_ns: 0,
            is_wanted: true,
        }
    }

    fn find(&mut self, key: ErrandKey) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.key == key)
    }

    /// The question that has waited longest, with its errand.
    fn take_question(&mut self) -> Option<(ErrandKey, Box<dyn Errand>)> {
        let since = |job: &Job| match job.question {
            Question::Queued(since) => Some(since),
            Question::None | Question::Asked(_) => None,
        };
        let (_, job) = self
            .jobs
            .iter_mut()
            .filter_map(|job| Some((since(job)?, job)))
            .min_by_key(|(since, _)| *since)?;
        let errand = job.errand.take()?;
        job.question = Question::Asked(since(job).unwrap_or(0));
        Some((job.key, errand))
    }

    /// Keeps what an errand brought, and the errand for the next time.
    fn keep(&mut self, key: ErrandKey, readings: &[Reading], cost: Duration) {
        if let Some(job) = self.find(key) {
            job.cost_ns = u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX);
            job.readings.iter_mut().zip(readings).for_each(|(to, reading)| *to = *reading);
            job.is_answered = true;
        }
    }

    fn give_back(&mut self, key: ErrandKey, errand: Box<dyn Errand>) {
        if let Some(job) = self.find(key) {
            job.errand = Some(errand);
            job.question = Question::None;
        }
        self.jobs.retain(|job| job.is_wanted || job.errand.is_none());
    }
}

impl Shared {
    /// Waits until none of the jobs that `are_meant` is waited for, at most [`MEETING`].
    fn wait(&self, are_meant: impl Fn(&Job) -> bool) -> MutexGuard<'_, Desk> {
        let waits =
            |desk: &mut Desk| desk.jobs.iter().any(|job| are_meant(job) && job.question != Question::None);
        let waited = self.answered.wait_timeout_while(locked(&self.desk), MEETING, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Starts a thread that has been counted already.
    fn hire(self: &Arc<Self>) -> io::Result<()> {
        let shared = Arc::clone(self);
        let named = thread::Builder::new().name("hearth-errands".to_owned()).stack_size(STACK_BYTES);
        named.spawn(move || shared.serve()).map(drop)
    }

    /// A thread's life. It begins as the spare one: whoever hired it is on an errand and does the next ones too, unless
    /// that one takes long.
    fn serve(self: &Arc<Self>) {
        let mut desk = locked(&self.desk);
        desk.idle += 1;
        let waited = self.asked.wait_timeout(desk, SPARE_PATIENCE);
        desk = waited.unwrap_or_else(PoisonError::into_inner).0;
        desk.idle -= 1;
        while !desk.is_closed {
            let Some((key, mut errand)) = desk.take_question() else {
                desk.idle += 1;
                desk = self.asked.wait(desk).unwrap_or_else(PoisonError::into_inner);
                desk.idle -= 1;
                continue;
            };
            let hires = desk.idle == 0 && desk.threads < CREW_MAX;
            desk.threads += usize::from(hires);
            drop(desk);
            let is_alone = hires && self.hire().is_err();
            let began = Instant::now();
            let readings = errand.run();
            let cost = began.elapsed();
            desk = locked(&self.desk);
            // Nobody could be hired: it is tried again at the next errand.
            desk.threads -= usize::from(is_alone);
            desk.keep(key, readings, cost);
            desk.give_back(key, errand);
            self.answered.notify_all();
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
