//! A few threads that ask file systems how full they are, so that nobody else waits for them.
//!
//! ```text
//! lane ── ask(mount) ──► queue ──► one of PROBERS threads: statvfs, for as long as it takes
//! lane ◄── look(mount): the last answer, and since when the present question waits
//! ```
//!
//! A file system that never answers holds one thread and is not asked again meanwhile. There are never more threads than
//! [`PROBERS`]: with as many hung file systems all others wait too, and say so by growing stale. They are not the threads
//! of `crew`, which are for slow devices: file systems hang together, when their server dies, and would take all of them.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use hearth_drivers::file::Errno;
use hearth_drivers::proc::mounts::Usage;

use super::kept::locked;

/// Threads, and so file systems that may hang before others wait for them.
pub(super) const PROBERS: usize = 4;
/// A prober's stack: it makes one system call.
const STACK_BYTES: usize = 64 * 1024;

/// What a prober calls: `statvfs` of a path, or what a test has in its place.
pub(super) type Probe = fn(&[u8]) -> Result<Usage, Errno>;

/// A mount that may be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MountKey(u64);

/// What is known of a mount.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The last answer, if there was any.
    pub(super) answer: Option<Result<Usage, Errno>>,
    /// When the question was asked that still waits.
    pub(super) waits_since_ns: Option<u64>,
}

/// The threads; they end with it, hung ones when they return.
pub(super) struct Probes {
    shared: Arc<Shared>,
}

struct Shared {
    probe: Probe,
    desk: Mutex<Desk>,
    /// Something was asked, or all is over.
    asked: Condvar,
    /// Something was answered.
    answered: Condvar,
}

struct Desk {
    mounts: Vec<Mount>,
    keys_given: u64,
    is_closed: bool,
}

struct Mount {
    key: MountKey,
    /// The kernel's number of the mount: another mount at the same place is another question.
    id: u32,
    path: Arc<[u8]>,
    question: Question,
    answer: Option<Result<Usage, Errno>>,
}

/// Questions carry when they were asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    None,
    Queued(u64),
    Asked(u64),
}

impl Probes {
    /// Starts the threads.
    pub(super) fn start(probe: Probe) -> io::Result<Self> {
        let desk = Desk { mounts: Vec::new(), keys_given: 0, is_closed: false };
        let (asked, answered) = (Condvar::new(), Condvar::new());
        let probes = Self { shared: Arc::new(Shared { probe, desk: Mutex::new(desk), asked, answered }) };
        for number in 0..PROBERS {
            let shared = Arc::clone(&probes.shared);
            let named = thread::Builder::new().name(format!("statvfs-{number}")).stack_size(STACK_BYTES);
            named.spawn(move || shared.serve())?;
        }
        Ok(probes)
    }

    /// Makes `wanted` (mount number, path) the mounts that may be asked about. One that was there keeps its answer and
    /// its question.
    pub(super) fn keep_only(&self, wanted: &[(u32, Arc<[u8]>)]) -> Vec<MountKey> {
        let mut desk = locked(&self.shared.desk);
        let mut before = std::mem::take(&mut desk.mounts);
        for (id, path) in wanted {
            let there = before.iter().position(|mount| mount.id == *id && mount.path == *path);
            let mount = there.map_or_else(|| desk.new_mount(*id, path), |at| before.swap_remove(at));
            desk.mounts.push(mount);
        }
        // One that is gone and still holds a thread has to be known when it is mounted again.
        desk.mounts.extend(before.into_iter().filter(|mount| matches!(mount.question, Question::Asked(_))));
        desk.mounts.iter().take(wanted.len()).map(|mount| mount.key).collect()
    }

    /// Asks about a mount at `now_ns`, unless the last question still waits.
    pub(super) fn ask(&self, key: MountKey, now_ns: u64) {
        let mut desk = locked(&self.shared.desk);
        if let Some(mount) = desk.find(key).filter(|mount| mount.question == Question::None) {
            mount.question = Question::Queued(now_ns);
            self.shared.asked.notify_one();
        }
    }

    /// What is known of a mount; nothing of one that is not kept.
    pub(super) fn look(&self, key: MountKey) -> Known {
        let mut desk = locked(&self.shared.desk);
        let Some(mount) = desk.find(key) else { return Known { answer: None, waits_since_ns: None } };
        let waits_since_ns = match mount.question {
            Question::None => None,
            Question::Queued(since) | Question::Asked(since) => Some(since),
        };
        Known { answer: mount.answer, waits_since_ns }
    }

    /// Waits until no more than `hung` questions wait.
    #[cfg(test)]
    pub(super) fn wait_until_waiting(&self, hung: usize) {
        let waiting = |desk: &mut Desk| {
            desk.mounts.iter().filter(|mount| mount.question != Question::None).count() > hung
        };
        drop(self.shared.answered.wait_while(locked(&self.shared.desk), waiting).unwrap());
    }
}

impl Drop for Probes {
    fn drop(&mut self) {
        locked(&self.shared.desk).is_closed = true;
        self.shared.asked.notify_all();
    }
}

impl Desk {
    fn new_mount(&mut self, id: u32, path: &Arc<[u8]>) -> Mount {
        self.keys_given += 1;
        let key = MountKey(self.keys_given);
        Mount { key, id, path: Arc::clone(path), question: Question::None, answer: None }
    }

    fn find(&mut self, key: MountKey) -> Option<&mut Mount> {
        self.mounts.iter_mut().find(|mount| mount.key == key)
    }

    /// The question that has waited longest.
    fn take_question(&mut self) -> Option<(MountKey, Arc<[u8]>)> {
        let queued = |mount: &&mut Mount| matches!(mount.question, Question::Queued(_));
        let since = |mount: &&mut Mount| match mount.question {
            Question::Queued(since) => since,
            Question::None | Question::Asked(_) => u64::MAX,
        };
        let mount = self.mounts.iter_mut().filter(queued).min_by_key(since)?;
        mount.question = Question::Asked(since(&mount));
        Some((mount.key, Arc::clone(&mount.path)))
    }
}

impl Shared {
    /// A prober's life.
    fn serve(&self) {
        let mut desk = locked(&self.desk);
        while !desk.is_closed {
            let Some((key, path)) = desk.take_question() else {
                desk = self.asked.wait(desk).unwrap_or_else(std::sync::PoisonError::into_inner);
                continue;
            };
            drop(desk);
            let answer = (self.probe)(&path);
            desk = locked(&self.desk);
            if let Some(mount) = desk.find(key) {
                mount.answer = Some(answer);
                mount.question = Question::None;
            }
            self.answered.notify_all();
        }
    }
}
