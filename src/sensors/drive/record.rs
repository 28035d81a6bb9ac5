//! What is remembered of a drive, from look to look and from one run of Hearth to the next.
//!
//! ```text
//! the drive's thread ─ judge(now, findings) ─► History (verdict.rs) ─► verdict
//!                    └ keep() ─ once an hour, and at the end ─► shelf.rs: one small file for each drive
//! ```
//!
//! A history has a clock of its own: the wall's when it began, the lane's while Hearth runs, and as much further as the
//! wall's went while it did not. A wall clock that is set back, or that begins in 1970 at each start, lets nothing that
//! grew be forgotten too soon. Only a drive's own thread reads and writes files.

use std::time::{Duration, SystemTime};

use hearth_drivers::file::Errno;
use hearth_hot::contract::{Absent, Arming};
use hearth_model::Reason;

use super::verdict::{Findings, History, Verdict, drive_number};
use super::worker::Place;

mod shelf;
#[cfg(test)]
mod tests;

use shelf::{Kept, Shelf, Unread};

/// The least time between two writes of a history: a disk that holds it is not woken for each count.
const WRITE_EVERY_NS: u64 = 3_600_000_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// How a drive's history outlives a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// Nobody wants it to.
    Unwanted,
    /// In a file.
    Kept,
    /// In a file, begun anew: the one before was damaged and has been set aside.
    SetAside,
    /// Not at all: the drive has no serial number to know it by.
    Nameless,
    /// Not at all: the directory or the file refused.
    Refused(Errno),
}

/// A drive's history, and where it is kept.
pub(super) struct Record {
    number: u64,
    history: History,
    shelf: Option<Shelf>,
    memory: Memory,
    /// The history's clock, and the wall's, when it was written; of one that was read and not yet judged by.
    left_off: Option<(u64, u64)>,
    /// What to add to the lane's clock to have the history's; nothing before the first look.
    offset_ns: Option<u64>,
    /// The lane's clock at the newest look and when the file was written last.
    seen_ns: u64,
    written_ns: Option<u64>,
    /// The history that the file holds.
    written: Option<History>,
}

impl Record {
    /// Takes up what is remembered of the drive of this model and serial number.
    pub(super) fn open(place: &Place, model: &[u8], serial: &[u8]) -> Self {
        let number = drive_number(model, serial);
        let mut record = Self {
            number,
            history: History::default(),
            shelf: None,
            memory: Memory::Unwanted,
            left_off: None,
            offset_ns: None,
            seen_ns: 0,
            written_ns: None,
            written: None,
        };
        let Some(directory) = &place.state_dir else { return record };
        if serial.trim_ascii().is_empty() {
            record.memory = Memory::Nameless;
            return record;
        }
        let shelf = Shelf::new(directory, model, serial);
        record.memory = match shelf.read() {
            Ok(None) => shelf.may_be_written().map_or_else(Memory::Refused, |()| Memory::Kept),
            Ok(Some(Kept { clock_ns, wall_s, history })) => {
                record.left_off = Some((clock_ns, wall_s));
                (record.history, record.written) = (history, Some(history));
                Memory::Kept
            }
            Err(Unread::Damaged(why)) => {
                tracing::warn!("history of {}: {why}; set aside, and begun anew", place.name);
                shelf.set_aside().map_or_else(Memory::Refused, |()| Memory::SetAside)
            }
            Err(Unread::Io(errno)) => Memory::Refused(errno),
        };
        record.shelf = Some(shelf);
        record
    }

    /// Takes a look into account, and judges; `now_ns` is the lane's clock.
    pub(super) fn judge(&mut self, now_ns: u64, found: &Findings) -> Verdict {
        self.judge_at(now_ns, wall_s(), found)
    }

    /// Writes the history down if there is news of it, and an hour has passed or this is the last chance.
    pub(super) fn keep(&mut self, is_last: bool) {
        self.keep_at(wall_s(), is_last);
    }

    /// How the history outlives a restart.
    pub(super) const fn memory(&self) -> Memory {
        self.memory
    }

    fn judge_at(&mut self, now_ns: u64, wall_s: u64, found: &Findings) -> Verdict {
        let left_off = self.left_off;
        let offset_ns = *self.offset_ns.get_or_insert_with(|| {
            let (clock_ns, left_s) = left_off.unwrap_or((wall_s.saturating_mul(NS_PER_S), wall_s));
            let away_ns = wall_s.saturating_sub(left_s).saturating_mul(NS_PER_S);
            clock_ns.saturating_add(away_ns).wrapping_sub(now_ns)
        });
        self.seen_ns = now_ns;
        // An hour from now at the earliest.
        self.written_ns.get_or_insert(now_ns);
        self.history.judge(self.number, now_ns.wrapping_add(offset_ns), found)
    }

    fn keep_at(&mut self, wall_s: u64, is_last: bool) {
        let (Some(shelf), Some(offset_ns), Some(written_ns)) = (&self.shelf, self.offset_ns, self.written_ns)
        else {
            return;
        };
        let is_due = is_last || self.seen_ns.saturating_sub(written_ns) >= WRITE_EVERY_NS;
        let lasting = self.history.lasting();
        if !is_due || self.written == Some(lasting) {
            return;
        }
        self.written_ns = Some(self.seen_ns);
        let kept = Kept { clock_ns: self.seen_ns.wrapping_add(offset_ns), wall_s, history: lasting };
        let was_refused = matches!(self.memory, Memory::Refused(_));
        self.memory = match shelf.write(&kept) {
            Ok(()) => {
                self.written = Some(lasting);
                if was_refused { Memory::Kept } else { self.memory }
            }
            Err(errno) => {
                if !was_refused {
                    tracing::warn!(
                        "the history of a drive cannot be written to {}: {errno}",
                        shelf.path().display()
                    );
                }
                Memory::Refused(errno)
            }
        };
    }
}

/// The wall's clock in seconds since 1970; 0 where it is set before that.
fn wall_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// Says how the history of `device` outlives a restart, where it does not simply do so.
pub(super) fn note(arming: &mut Arming<'_>, device: &str, memory: Memory) {
    let directory = &arming.config().drives.state_dir;
    let absent = |reason, what: String, fix: String| Absent { reason, what, fix };
    let lack = match memory {
        Memory::Unwanted | Memory::Kept => return,
        Memory::SetAside => absent(
            Reason::OutOfRange,
            format!("its file in {directory} was damaged and begins anew; the old one ends in .damaged"),
            "nothing: trends are seen anew; remove the old file when you have looked at it".to_owned(),
        ),
        Memory::Nameless => absent(
            Reason::Absent,
            "the drive has no serial number to know it by, so its trends begin anew at each start".to_owned(),
            "nothing: the maker gave it none".to_owned(),
        ),
        Memory::Refused(errno) => absent(
            if errno.is_permission() { Reason::NoPermission } else { Reason::IoError },
            format!("{directory}: {errno}, so its trends are kept in memory and begin anew at each start"),
            format!(
                "make {directory} and let Hearth write there (StateDirectory=hearth in its unit), or name another \
                 place as drives.state_dir"
            ),
        ),
    };
    arming.lacks(format!("{device}: history"), lack);
}
