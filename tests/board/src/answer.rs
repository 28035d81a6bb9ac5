//! A read on its way: asked by the kernel, perhaps parked, answered once.

use crate::content::{At, Registers, Source};
use crate::state::Shared;
use fuser::ReplyData;
use nix::errno::Errno;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// A read that waits for its answer. It owns the reply, so any thread can give it.
#[derive(Debug)]
pub(crate) struct Ask {
    /// The mount that the read came through.
    pub(crate) epoch: u64,
    /// The open file.
    pub(crate) handle: u64,
    /// Where the read begins.
    pub(crate) offset: u64,
    /// The most bytes the reader takes.
    pub(crate) size: u32,
    /// Whether the pass that this read begins was counted.
    pub(crate) counted: bool,
    /// Board time at which a delayed read is answered.
    pub(crate) due: Option<Duration>,
    /// How the answer reaches the kernel.
    pub(crate) reply: ReplyData,
}

/// How a read is to be answered now.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Not yet.
    Park,
    /// With this error.
    Fail(Errno),
    /// With a new text, rendered outside the lock.
    Begin { source: Source, at: At, limit: usize },
    /// With more of the text of the pass that runs.
    Continue { text: Arc<[u8]>, limit: usize },
}

impl Ask {
    fn fail(self, errno: Errno) {
        self.reply.error(fuser::Errno::from_i32(errno as i32));
    }

    fn say(self, text: &[u8], limit: usize) {
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX).min(text.len());
        let room = usize::try_from(self.size).unwrap_or(usize::MAX).min(limit);
        let end = start.saturating_add(room).min(text.len());
        self.reply.data(&text[start..end]);
    }
}

impl Shared {
    /// Answers a read that just came, or parks it.
    pub(crate) fn read(&self, mut ask: Ask) {
        let mut state = self.lock();
        let verdict = state.judge(&mut ask);
        if matches!(verdict, Verdict::Park) {
            state.parked.push(ask);
            drop(state);
            self.changed.notify_all();
            return;
        }
        drop(state);
        self.changed.notify_all();
        self.answer(ask, verdict);
    }

    /// Answers every parked read whose reason to wait is over. To be called after each change.
    pub(crate) fn settle(&self) {
        let mut over = Vec::new();
        let mut state = self.lock();
        for mut ask in std::mem::take(&mut state.parked) {
            match state.judge(&mut ask) {
                Verdict::Park => state.parked.push(ask),
                verdict => over.push((ask, verdict)),
            }
        }
        drop(state);
        self.settle_spaces();
        self.changed.notify_all();
        for (ask, verdict) in over {
            self.answer(ask, verdict);
        }
    }

    /// Settles delayed reads as board time runs by itself, until serving ends.
    pub(crate) fn settle_while_serving(&self, epoch: u64) {
        let mut state = self.lock();
        while state.serves(epoch) {
            let now = state.clock.elapsed();
            let next_due = state.parked.iter().filter_map(|ask| ask.due).min();
            state = match next_due {
                Some(due) if due <= now => {
                    drop(state);
                    self.settle();
                    self.lock()
                }
                Some(due) => {
                    let waited = self.changed.wait_timeout(state, due - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn answer(&self, ask: Ask, verdict: Verdict) {
        match verdict {
            Verdict::Park => ask.fail(Errno::EAGAIN),
            Verdict::Fail(errno) => ask.fail(errno),
            Verdict::Continue { text, limit } => ask.say(&text, limit),
            Verdict::Begin { source: Source::Registers(read), at, limit } => {
                match words(&*read, at, ask.offset, ask.size) {
                    Ok(bytes) => ask.reply.data(&bytes[..bytes.len().min(limit)]),
                    Err(errno) => ask.fail(errno),
                }
            }
            Verdict::Begin { source, at, limit } => match render(source, at) {
                Ok(text) => {
                    self.lock().keep_text(ask.handle, &text);
                    ask.say(&text, limit);
                }
                Err(errno) => ask.fail(errno),
            },
        }
    }
}

/// Renders one pass. A content function that panics must not take the serving thread with it: every other
/// reader would hang. The panic's message has been printed by then.
fn render(source: Source, at: At) -> Result<Arc<[u8]>, Errno> {
    match source {
        Source::Bytes(bytes) => Ok(bytes),
        // Its answers depend on the offset, so they are no text: see `words`.
        Source::Registers(_) => Err(Errno::EINVAL),
        Source::Error(errno) => Err(errno),
        Source::Function(function) => {
            let rendered = catch_unwind(AssertUnwindSafe(|| function(at)));
            rendered.map(Arc::from).or(Err(Errno::EIO))
        }
    }
}

/// A read of a device of registers (`msr_read` in `arch/x86/kernel/msr.c`).
fn words(read: &Registers, at: At, address: u64, bytes: u32) -> Result<Vec<u8>, Errno> {
    const WORD_BYTES: u32 = 8;
    if !bytes.is_multiple_of(WORD_BYTES) {
        return Err(Errno::EINVAL);
    }
    let value = catch_unwind(AssertUnwindSafe(|| read(at, address))).or(Err(Errno::EIO)).flatten()?;
    Ok((0..bytes / WORD_BYTES).flat_map(|_| value.to_ne_bytes()).collect())
}
