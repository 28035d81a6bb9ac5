//! What the parts of one connection know of each other.
//!
//! hyper owns the socket and the body, so neither can see the other, and the watch over the time-outs sees neither.
//! This cell is the one place where they meet. All of them are polled by the connection's own task.

use std::cell::{Cell, RefCell};
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Limits;
use crate::serve::Counter;

/// Where a connection stands between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No byte of the next request has come.
    Waiting,
    /// Some of a request's head has come.
    Head,
    /// A request is being answered.
    Answering,
}

/// How long a connection may stay in each state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) header: Duration,
    pub(super) idle: Duration,
    pub(super) write: Duration,
}

impl Timeouts {
    pub(super) fn from_limits(limits: &Limits, write: Duration) -> Self {
        Self {
            header: Duration::from_millis(limits.header_timeout_ms.into()),
            idle: Duration::from_millis(limits.idle_timeout_ms.into()),
            write,
        }
    }
}

/// The shared state of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    phase: Cell<Phase>,
    phase_since: Cell<Instant>,
    blocked_since: Cell<Option<Instant>>,
    /// The response's body has been given to hyper whole, or dropped.
    body_done: Cell<bool>,
    /// A chunk was given that the socket has not taken.
    unflushed: Cell<bool>,
    /// The server stops: streams end at their next poll.
    ending: Cell<bool>,
    /// The client may still be sending what nobody will read; see `connection::linger`.
    unread: Cell<bool>,
    body_waker: RefCell<Option<Waker>>,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            phase: Cell::new(Phase::Waiting),
            phase_since: Cell::new(Instant::now()),
            blocked_since: Cell::new(None),
            body_done: Cell::new(true),
            unflushed: Cell::new(false),
            ending: Cell::new(false),
            unread: Cell::new(false),
            body_waker: RefCell::new(None),
        }
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.phase_since.set(Instant::now());
    }

    /// Bytes came from the client.
    pub(super) fn bytes_came(&self) {
        if self.phase.get() == Phase::Waiting {
            self.enter(Phase::Head);
        }
    }

    /// A request's head is complete.
    pub(super) fn answering(&self) {
        self.body_done.set(false);
        self.enter(Phase::Answering);
    }

    /// The body will give no more.
    pub(super) fn body_done(&self) {
        self.body_done.set(true);
    }

    /// The socket cannot take more now.
    pub(super) fn write_blocked(&self) {
        if self.blocked_since.get().is_none() {
            self.blocked_since.set(Some(Instant::now()));
        }
    }

    /// The socket took some bytes.
    pub(super) fn write_moved(&self) {
        self.blocked_since.set(None);
    }

    /// The socket has taken everything that it was given.
    pub(super) fn flushed(&self) {
        self.write_moved();
        if self.phase.get() == Phase::Answering && self.body_done.get() {
            self.enter(Phase::Waiting);
        }
        if self.unflushed.replace(false)
            && let Some(waker) = self.body_waker.take()
        {
            waker.wake();
        }
    }

    /// A chunk was handed to hyper.
    pub(super) fn chunk_given(&self) {
        self.unflushed.set(true);
    }

    /// Whether the last chunk is still on its way; if so, `waker` is woken when it has gone.
    pub(super) fn is_unflushed(&self, waker: &Waker) -> bool {
        if self.unflushed.get() {
            self.body_waker.replace(Some(waker.clone()));
        }
        self.unflushed.get()
    }

    /// Ends streams at their next poll.
    pub(super) fn end(&self) {
        self.ending.set(true);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.get()
    }

    /// Notes that the client may be sending a body that nobody reads.
    pub(super) fn leave_unread(&self) {
        self.unread.set(true);
    }

    pub(super) fn has_unread(&self) -> bool {
        self.unread.get()
    }

    /// Whether a request is being answered.
    pub(super) fn is_answering(&self) -> bool {
        self.phase.get() == Phase::Answering
    }

    /// When this connection has overstayed, and which counter that belongs to.
    pub(super) fn deadline(&self, timeouts: &Timeouts) -> Option<(Instant, Counter)> {
        if let Some(since) = self.blocked_since.get() {
            return Some((since + timeouts.write, Counter::WriteTimeouts));
        }
        let since = self.phase_since.get();
        match self.phase.get() {
            Phase::Waiting => Some((since + timeouts.idle, Counter::IdleTimeouts)),
            Phase::Head => Some((since + timeouts.header, Counter::HeaderTimeouts)),
            Phase::Answering => None,
        }
    }
}
