//! Everything a board knows, behind one lock: names, time, counts, open files and parked reads.

use crate::answer::{Ask, Verdict};
use crate::clock::Clock;
use crate::content::At;
use crate::fault::Fault;
use crate::space::{Space, SpaceAsk};
use crate::tree::{Kind, Node, Tree};
use nix::errno::Errno;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A file that somebody holds open, and the text of its last pass.
#[derive(Debug)]
struct OpenFile {
    ino: u64,
    path: Vec<u8>,
    text: Option<Arc<[u8]>>,
}

/// A row of a directory: inode, kind of node, name.
pub(crate) type Row = (u64, Kind, Vec<u8>);

/// The board's state; see [`Shared`] for the lock around it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) tree: Tree,
    pub(crate) clock: Clock,
    pub(crate) parked: Vec<Ask>,
    pub(crate) parked_spaces: Vec<SpaceAsk>,
    /// How full file systems are, by where they are mounted.
    pub(crate) spaces: HashMap<Vec<u8>, Space>,
    reads: HashMap<Vec<u8>, u64>,
    open_files: HashMap<u64, OpenFile>,
    /// What open directories listed when they were last read from their start.
    listings: HashMap<u64, Arc<[Row]>>,
    last_handle: u64,
    /// Counts mounts and unmounts: odd while mounted. A server of an earlier mount answers nothing any more.
    epoch: u64,
}

impl State {
    /// Marks the board as mounted and returns the epoch to serve in; `None` when it is mounted already.
    pub(crate) fn begin_serving(&mut self) -> Option<u64> {
        if self.epoch % 2 == 1 {
            return None;
        }
        self.epoch += 1;
        Some(self.epoch)
    }

    /// Ends the epoch, when it is still the one that serves.
    pub(crate) fn end_serving(&mut self, epoch: u64) {
        if self.epoch == epoch {
            self.epoch += 1;
        }
    }

    /// Whether this epoch is the one that serves.
    pub(crate) fn serves(&self, epoch: u64) -> bool {
        self.epoch == epoch
    }

    /// Passes begun over a path since the board was made.
    pub(crate) fn reads(&self, path: &[u8]) -> u64 {
        self.reads.get(path).copied().unwrap_or(0)
    }

    /// Counts a pass over a path.
    pub(crate) fn count(&mut self, path: &[u8]) {
        *self.reads.entry(path.to_owned()).or_insert(0) += 1;
    }

    /// Opens a file and returns its handle.
    pub(crate) fn open(&mut self, ino: u64) -> Result<u64, Errno> {
        let (path, node) = self.tree.seen(ino).ok_or(Errno::ENOENT)?;
        if !matches!(node, Node::File(_)) {
            return Err(Errno::EISDIR);
        }
        if self.tree.fault(path) == Some(Fault::Denied) {
            return Err(Errno::EACCES);
        }
        let file = OpenFile { ino, path: path.to_owned(), text: None };
        let handle = self.fresh_handle();
        self.open_files.insert(handle, file);
        Ok(handle)
    }

    /// A number that no open file or directory has had.
    pub(crate) fn fresh_handle(&mut self) -> u64 {
        self.last_handle += 1;
        self.last_handle
    }

    /// The rows of an open directory: as it is now when it is read from its start, and as it was then from there on.
    pub(crate) fn list(&mut self, ino: u64, handle: u64, offset: u64) -> Result<Arc<[Row]>, Errno> {
        if let Some(rows) = self.listings.get(&handle).filter(|_| offset > 0) {
            return Ok(Arc::clone(rows));
        }
        let dots = [(ino, b".".to_vec()), (self.tree.above(ino), b"..".to_vec())];
        let children = self.tree.list(ino).ok_or(Errno::ENOENT)?;
        let rows = dots.into_iter().chain(children).filter_map(|(ino, name)| {
            let (_, node) = self.tree.seen(ino)?;
            Some((ino, node.kind(), name))
        });
        let rows: Arc<[Row]> = rows.collect();
        self.listings.insert(handle, Arc::clone(&rows));
        Ok(rows)
    }

    /// Forgets an open directory.
    pub(crate) fn close_directory(&mut self, handle: u64) {
        self.listings.remove(&handle);
    }

    /// Forgets an open file.
    pub(crate) fn close(&mut self, handle: u64) {
        self.open_files.remove(&handle);
    }

    /// Keeps the text of a pass for the reads that continue in it.
    pub(crate) fn keep_text(&mut self, handle: u64, text: &Arc<[u8]>) {
        if let Some(file) = self.open_files.get_mut(&handle) {
            file.text = Some(Arc::clone(text));
        }
    }

    /// Decides how a read is answered now. Counts the pass it begins, once.
    pub(crate) fn judge(&mut self, ask: &mut Ask) -> Verdict {
        if !self.serves(ask.epoch) {
            return Verdict::Fail(Errno::ENODEV);
        }
        let Some(file) = self.open_files.get(&ask.handle) else {
            return Verdict::Fail(Errno::EBADF);
        };
        let (ino, begins) = (file.ino, ask.offset == 0 || file.text.is_none());
        if begins && !ask.counted {
            *self.reads.entry(file.path.clone()).or_insert(0) += 1;
            ask.counted = true;
        }
        let elapsed = self.clock.elapsed();
        let fault = match self.tree.seen(ino) {
            Some((path, _)) => self.tree.fault(path),
            None => Some(Fault::Vanished),
        };
        let limit = match fault {
            None => usize::MAX,
            Some(Fault::Short { bytes }) => bytes,
            Some(Fault::Error(errno)) => return Verdict::Fail(errno),
            Some(Fault::Denied) => return Verdict::Fail(Errno::EACCES),
            Some(Fault::Vanished) => {
                return Verdict::Fail(gone(&file.path));
            }
            Some(Fault::Hang) => {
                ask.due = None;
                return Verdict::Park;
            }
            Some(Fault::Delay(delay)) => {
                let due = *ask.due.get_or_insert_with(|| elapsed.saturating_add(delay));
                if elapsed < due {
                    return Verdict::Park;
                }
                usize::MAX
            }
        };
        if let (false, Some(text)) = (begins, &file.text) {
            return Verdict::Continue { text: Arc::clone(text), limit };
        }
        let at = At { elapsed, pass: self.reads(&file.path) };
        match self.tree.content_mut(ino) {
            Some(content) => Verdict::Begin { source: content.begin_pass(elapsed), at, limit },
            None => Verdict::Fail(Errno::EIO),
        }
    }
}

/// What a kept descriptor answers when its device is gone: `fs/kernfs/file.c` below `sys`, a device of a
/// processor that is offline (`arch/x86/kernel/msr.c`) below `dev`, `fs/proc/inode.c` elsewhere.
fn gone(path: &[u8]) -> Errno {
    if path.starts_with(b"sys/") {
        Errno::ENODEV
    } else if path.starts_with(b"dev/") {
        Errno::ENXIO
    } else {
        Errno::EIO
    }
}

/// The state, its lock, and the word that something changed.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Signalled when a read arrives, a parked read may be due, or serving ends.
    pub(crate) changed: Condvar,
}

impl Shared {
    pub(crate) fn new(clock: Clock) -> Self {
        let state = State {
            tree: Tree::new(),
            clock,
            parked: Vec::new(),
            parked_spaces: Vec::new(),
            spaces: HashMap::new(),
            reads: HashMap::new(),
            open_files: HashMap::new(),
            listings: HashMap::new(),
            last_handle: 0,
            epoch: 0,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The state. A test that panicked while it held the lock left it whole: every change is made in one
    /// step after its checks.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
