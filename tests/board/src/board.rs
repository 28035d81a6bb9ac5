//! The handle that a test holds.

use crate::clock::Clock;
use crate::content::Content;
use crate::fault::Fault;
use crate::space::Space;
use crate::state::{Shared, State};
use crate::tree::Node;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

/// A machine made of files. Clones are handles to the same machine.
///
/// Paths are written without the mount directory (`proc/stat`; a leading slash is allowed), and links on the
/// way are followed, so `sys/class/net/eth0/mtu` reaches the device's own directory. A fault or removal of a
/// path that is itself a link takes the link. They are bytes: `b"\xff"` is as good a name as any.
#[derive(Debug, Clone)]
pub struct Board {
    pub(crate) shared: Arc<Shared>,
}

/// The reads that a test waited for did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "waited {waited:?} for {wanted} reads of {path}, saw {seen}: is the reader running and the file wanted?"
)]
pub struct WaitTimeout {
    /// The file.
    pub path: String,
    /// How many passes were waited for, counted since the board was made.
    pub wanted: u64,
    /// How many there were.
    pub seen: u64,
    /// How long the wait was.
    pub waited: Duration,
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// An empty machine whose time stands still until [`Board::advance`].
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared::new(Clock::held())) }
    }

    /// An empty machine whose time runs with real time from now on; [`Board::advance`] adds to it.
    #[must_use]
    pub fn in_real_time() -> Self {
        Self { shared: Arc::new(Shared::new(Clock::running())) }
    }

    /// Lets board time run with real time from now on, from where it stands.
    #[must_use]
    pub fn let_time_run(self) -> Self {
        let mut state = self.shared.lock();
        let reached = state.clock.elapsed();
        state.clock = Clock::running();
        state.clock.turn(reached);
        drop(state);
        self
    }

    /// [`Board::set`] for building a board in one expression.
    #[must_use]
    #[track_caller]
    pub fn file(self, path: &(impl AsRef<[u8]> + ?Sized), content: Content) -> Self {
        self.set(path, content);
        self
    }

    /// [`Board::set_symlink`] for building a board in one expression.
    #[must_use]
    #[track_caller]
    pub fn symlink(self, path: &(impl AsRef<[u8]> + ?Sized), target: &str) -> Self {
        self.set_symlink(path, target);
        self
    }

    /// [`Board::set_dir`] for building a board in one expression.
    #[must_use]
    #[track_caller]
    pub fn dir(self, path: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        self.set_dir(path);
        self
    }

    /// Gives a file its content. A file that is not there appears, with the directories above it; one that
    /// is there changes, also for those who hold it open.
    #[track_caller]
    pub fn set(&self, path: &(impl AsRef<[u8]> + ?Sized), content: Content) {
        self.put(path, Node::File(content));
    }

    /// Puts a symbolic link. The target is kept as written; relative ones stay inside the board.
    #[track_caller]
    pub fn set_symlink(&self, path: &(impl AsRef<[u8]> + ?Sized), target: &str) {
        self.put(path, Node::Link(target.to_owned()));
    }

    /// Puts a directory; one that is there stays as it is.
    #[track_caller]
    pub fn set_dir(&self, path: &(impl AsRef<[u8]> + ?Sized)) {
        self.put(path, Node::Directory);
    }

    /// Shows these permission bits for a path, in place of the usual ones (read by all). Nobody is refused for
    /// them: the program under test is root, to whom the kernel's files are open whatever their mode says.
    #[track_caller]
    pub fn set_mode(&self, path: &(impl AsRef<[u8]> + ?Sized), mode: u16) {
        let (mut state, path) = self.existing(path);
        state.tree.set_mode(&path, mode);
    }

    /// Says how full the file system at a directory is, and all below that has no space of its own. A question for it
    /// counts as a pass over the path it is asked about.
    #[track_caller]
    pub fn set_space(&self, path: &(impl AsRef<[u8]> + ?Sized), space: Space) {
        let (mut state, path) = self.existing(path);
        state.spaces.insert(path, space);
    }

    /// Switches a fault on, in place of any other of the same path. On a directory it holds for all below.
    #[track_caller]
    pub fn fault(&self, path: &(impl AsRef<[u8]> + ?Sized), fault: Fault) {
        let (mut state, path) = self.existing(path);
        state.tree.set_fault(&path, Some(fault));
        drop(state);
        self.shared.settle();
    }

    /// Switches the fault of a path off: what vanished is back as a new device, hanging reads are answered.
    #[track_caller]
    pub fn clear(&self, path: &(impl AsRef<[u8]> + ?Sized)) {
        let (mut state, path) = self.existing(path);
        state.tree.set_fault(&path, None);
        drop(state);
        self.shared.settle();
    }

    /// Takes a path and everything below it away for good. [`Board::set`] makes it appear anew.
    #[track_caller]
    pub fn remove(&self, path: &(impl AsRef<[u8]> + ?Sized)) {
        let (mut state, path) = self.existing(path);
        state.tree.remove(&path);
        drop(state);
        self.shared.settle();
    }

    /// How many passes over a file were begun since the board was made: reads at offset 0, among them those
    /// that failed, hang, or came through a descriptor whose device is gone.
    #[must_use]
    #[track_caller]
    pub fn reads(&self, path: &(impl AsRef<[u8]> + ?Sized)) -> u64 {
        let (state, path) = self.existing(path);
        state.reads(&path)
    }

    /// Waits until [`Board::reads`] is at least `wanted`, without sleeping, and returns it. A pass that is
    /// counted after a call to [`Board::set`], [`Board::fault`] or [`Board::advance`] returned sees its
    /// effect; a reader that begins its pass number n + 1 has the whole of pass n behind it.
    ///
    /// # Errors
    /// [`WaitTimeout`] when the reads did not come within `timeout`; choose it generously.
    #[track_caller]
    pub fn wait_for_reads(
        &self,
        path: &(impl AsRef<[u8]> + ?Sized),
        wanted: u64,
        timeout: Duration,
    ) -> Result<u64, WaitTimeout> {
        let (state, path) = self.existing(path);
        let waited =
            self.shared.changed.wait_timeout_while(state, timeout, |state| state.reads(&path) < wanted);
        let (state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        let seen = state.reads(&path);
        drop(state);
        if seen >= wanted {
            return Ok(seen);
        }
        let path = String::from_utf8_lossy(&path).into_owned();
        Err(WaitTimeout { path, wanted, seen, waited: timeout })
    }

    /// Moves board time forward. Delayed reads that are due by then are answered.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().clock.turn(by);
        self.shared.settle();
    }

    /// Board time since the board was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.shared.lock().clock.elapsed()
    }

    #[track_caller]
    fn put(&self, path: &(impl AsRef<[u8]> + ?Sized), node: Node) {
        let path = path.as_ref();
        let mut state = self.shared.lock();
        let put = state.tree.resolve(path).and_then(|resolved| state.tree.put(&resolved, node));
        drop(state);
        if let Err(why) = put {
            misuse(path, why);
        }
        self.shared.settle();
    }

    #[track_caller]
    fn existing(&self, path: &(impl AsRef<[u8]> + ?Sized)) -> (MutexGuard<'_, State>, Vec<u8>) {
        let path = path.as_ref();
        let state = self.shared.lock();
        let why = match state.tree.resolve(path) {
            Ok(resolved) if state.tree.contains(&resolved) => return (state, resolved),
            Ok(_) => "is not on the board",
            Err(why) => why,
        };
        drop(state);
        misuse(path, why);
    }
}

/// The test is wrong about its own board: no result of it would mean anything.
#[track_caller]
#[expect(clippy::panic, reason = "a board that ignored a misspelt path would make tests that cannot fail")]
fn misuse(path: &[u8], why: &str) -> ! {
    let path = String::from_utf8_lossy(path);
    panic!("virtual board: {path:?} {why}");
}
