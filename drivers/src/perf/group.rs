//! A group of events that are counted together: one `read(2)` for all of them.

use std::os::fd::{AsFd, OwnedFd};

use super::layout::{self, EVENTS_MAX, LayoutError, Members, Times};
use crate::file::Errno;

/// Bytes of the largest group.
const ROOM: usize = Members::WithId.group_bytes(EVENTS_MAX);
/// How often one read is tried again after a signal interrupted it.
const INTERRUPTIONS_MAX: u32 = 8;

/// What a group counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// For how long it was enabled, and ran.
    pub times: Times,
    values: [u64; EVENTS_MAX],
    count: usize,
}

impl Counts {
    /// The counts since opening, in the order in which the events were named.
    #[must_use]
    pub fn values(&self) -> &[u64] {
        &self.values[..self.count]
    }
}

/// Why a counter gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// The kernel refused the read.
    #[error("reading a counter failed: {0}")]
    Os(Errno),
    /// The kernel has stopped the event for good: it reads as an end of file.
    #[error("the event was stopped")]
    Stopped,
    /// What came is not as the kernel writes it.
    #[error("a counter gave {0}")]
    Layout(#[from] LayoutError),
    /// An event of the group is not in what came.
    #[error("an event is missing from its group")]
    Missing,
}

/// An open group.
#[derive(Debug)]
pub struct EventGroup {
    leader: OwnedFd,
    /// Kept open, as closing one takes it out of the group.
    _others: Box<[OwnedFd]>,
    ids: Box<[u64]>,
}

impl EventGroup {
    /// A group whose `leader` gives the layout of [`layout::parse_group`] for events with these `ids`, in the order in
    /// which their counts are wanted. At most [`EVENTS_MAX`] ids are looked at.
    #[must_use]
    pub fn handed(leader: OwnedFd, others: Box<[OwnedFd]>, ids: Box<[u64]>) -> Self {
        Self { leader, _others: others, ids }
    }

    /// Events in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len().min(EVENTS_MAX)
    }

    /// Whether there is no event in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Reads all its counts by one system call. Allocates nothing. Another CPU's counters are read there: it is
    /// interrupted, or woken, and waited for.
    ///
    /// # Errors
    /// [`CountError`].
    pub fn read(&self) -> Result<Counts, CountError> {
        let mut room = [0; ROOM];
        // Exactly what it takes: the kernel refuses less, and a pipe would give the next reading with it.
        let wanted = Members::WithId.group_bytes(self.len()).min(ROOM);
        let bytes = read_all(&self.leader, &mut room[..wanted])?;
        let group = layout::parse_group::<EVENTS_MAX>(bytes, Members::WithId)?;
        let mut counts = Counts { times: group.times, values: [0; EVENTS_MAX], count: self.len() };
        for (at, (value, id)) in counts.values.iter_mut().zip(&self.ids).enumerate() {
            // The kernel lists them as they were added, so that nearly always the first look finds it.
            let there = group.members().get(at).filter(|member| member.id == *id);
            let found = there.or_else(|| group.members().iter().find(|member| member.id == *id));
            *value = found.ok_or(CountError::Missing)?.value;
        }
        Ok(counts)
    }
}

/// One read into `room`; a read shorter than `room` is given as it came.
pub(super) fn read_all(descriptor: impl AsFd, room: &mut [u8]) -> Result<&[u8], CountError> {
    for _ in 0..=INTERRUPTIONS_MAX {
        match nix::unistd::read(descriptor.as_fd(), room) {
            Ok(0) => return Err(CountError::Stopped),
            Ok(count) => return Ok(&room[..count]),
            Err(nix::Error::EINTR) => {}
            Err(errno) => return Err(CountError::Os(Errno(errno as i32))),
        }
    }
    Err(CountError::Os(Errno(libc::EINTR)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A descriptor that gives these words, and then its end.
    fn giving(words: &[u64]) -> OwnedFd {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        writer.write_all(&bytes).unwrap();
        reader.into()
    }

    fn group(ids: &[u64], words: &[u64]) -> EventGroup {
        EventGroup::handed(giving(words), Box::new([]), ids.into())
    }

    #[test]
    fn readings_follow_each_other_and_the_end_is_told() {
        let group = group(&[71, 72], &[2, 30, 20, 640, 71, 910, 72, 2, 60, 50, 1640, 71, 1910, 72]);
        let first = group.read().unwrap();
        assert_eq!(
            (first.values(), first.times),
            (&[640, 910][..], Times { enabled_ns: 30, running_ns: 20 })
        );
        assert_eq!(group.read().unwrap().values(), [1640, 1910]);
        assert_eq!(group.read(), Err(CountError::Stopped));
    }

    #[test]
    fn counts_are_found_by_number_in_whatever_order() {
        let group = group(&[71, 72, 73], &[3, 9, 9, 1, 73, 2, 71, 3, 72]);
        assert_eq!(group.read().unwrap().values(), [2, 3, 1]);
    }

    #[test]
    fn an_event_that_is_missing_is_no_zero() {
        assert_eq!(group(&[71, 99], &[2, 9, 9, 1, 71, 2, 72]).read(), Err(CountError::Missing));
        let fewer = LayoutError::Surplus { wanted: 40, got: 56 };
        assert_eq!(group(&[71, 72], &[1, 9, 9, 1, 71, 2, 72]).read(), Err(CountError::Layout(fewer)));
    }

    #[test]
    fn every_short_read_is_an_error() {
        let words = [2, 30, 20, 640, 71, 910, 72];
        for length in 1..words.len() {
            let read = group(&[71, 72], &words[..length]).read();
            assert!(
                matches!(read, Err(CountError::Layout(LayoutError::Truncated { .. }))),
                "{length}: {read:?}"
            );
        }
    }
}
