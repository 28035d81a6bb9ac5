//! How full a file system is: `statfs(2)` asked of a path, answered or parked as reads are.

use crate::fault::Fault;
use crate::state::{Shared, State};
use crate::tree::parent;
use fuser::ReplyStatfs;
use nix::errno::Errno;

/// The unit that sizes are told in.
const BLOCK_BYTES: u32 = 4096;
/// The longest name of a file (`NAME_MAX` of `linux/limits.h`).
const NAME_BYTES: u32 = 255;

/// What a file system says of itself. One that was not set has nothing of anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    /// Size, in blocks of 4096 bytes.
    pub blocks: u64,
    /// Of those, not used.
    pub blocks_free: u64,
    /// Of those, open to everybody.
    pub blocks_available: u64,
    /// Inodes.
    pub files: u64,
    /// Of those, not used.
    pub files_free: u64,
}

/// A question that waits for its answer.
#[derive(Debug)]
pub(crate) struct SpaceAsk {
    /// The mount that it came through.
    pub(crate) epoch: u64,
    /// What was asked about.
    pub(crate) ino: u64,
    /// Whether it was counted as a pass over the path.
    pub(crate) counted: bool,
    /// How the answer reaches the kernel.
    pub(crate) reply: ReplyStatfs,
}

impl SpaceAsk {
    fn answer(self, told: Result<Space, Errno>) {
        match told {
            Ok(Space { blocks, blocks_free, blocks_available, files, files_free }) => {
                let (unit, name) = (BLOCK_BYTES, NAME_BYTES);
                self.reply.statfs(blocks, blocks_free, blocks_available, files, files_free, unit, name, unit);
            }
            Err(errno) => self.reply.error(fuser::Errno::from_i32(errno as i32)),
        }
    }
}

impl State {
    /// What is answered now; `None`: nothing yet.
    fn judge_space(&mut self, ask: &mut SpaceAsk) -> Option<Result<Space, Errno>> {
        if !self.serves(ask.epoch) {
            return Some(Err(Errno::ENODEV));
        }
        let Some((path, _)) = self.tree.seen(ask.ino) else { return Some(Err(Errno::ENOENT)) };
        let path = path.to_owned();
        if !ask.counted {
            self.count(&path);
            ask.counted = true;
        }
        match self.tree.fault(&path) {
            Some(Fault::Hang) => None,
            Some(Fault::Error(errno)) => Some(Err(errno)),
            Some(Fault::Denied) => Some(Err(Errno::EACCES)),
            Some(Fault::Vanished) => Some(Err(Errno::ENOENT)),
            Some(Fault::Short { .. } | Fault::Delay(_)) | None => Some(Ok(self.space_at(&path))),
        }
    }

    /// The space of the nearest place above that has one.
    fn space_at(&self, path: &[u8]) -> Space {
        let mut place = path;
        loop {
            match self.spaces.get(place) {
                Some(space) => return *space,
                None if place.is_empty() => return Space::default(),
                None => place = parent(place),
            }
        }
    }
}

impl Shared {
    /// Answers a question that just came, or parks it.
    pub(crate) fn ask_space(&self, mut ask: SpaceAsk) {
        let mut state = self.lock();
        let told = state.judge_space(&mut ask);
        match told {
            None => state.parked_spaces.push(ask),
            Some(told) => {
                drop(state);
                ask.answer(told);
            }
        }
        self.changed.notify_all();
    }

    /// Answers every parked question whose reason to wait is over.
    pub(crate) fn settle_spaces(&self) {
        let mut over = Vec::new();
        let mut state = self.lock();
        for mut ask in std::mem::take(&mut state.parked_spaces) {
            match state.judge_space(&mut ask) {
                None => state.parked_spaces.push(ask),
                Some(told) => over.push((ask, told)),
            }
        }
        drop(state);
        for (ask, told) in over {
            ask.answer(told);
        }
    }
}
