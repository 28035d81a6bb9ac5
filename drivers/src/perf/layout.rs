//! What `read(2)` of a counter gives (`struct read_format` in the kernel's `include/uapi/linux/perf_event.h`).
//!
//! Words of 64 bits in the byte order of the machine. A descriptor opened with `TOTAL_TIME_ENABLED` and
//! `TOTAL_TIME_RUNNING` gives three ([`Single`]); one with `GROUP` and `ID` as well gives one for the number of events,
//! the two times, and two or three for each event ([`Group`]).

/// Events of one group at most: no CPU has more counters that can be read together with any use.
pub const EVENTS_MAX: usize = 8;

/// A word's bytes.
const WORD_BYTES: usize = 8;
/// Words in front of a group's events: how many, and the two times.
const HEAD_WORDS: usize = 3;
/// Bytes of one event that is no group.
pub const SINGLE_BYTES: usize = 3 * WORD_BYTES;

/// What is said of each event of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// Its count and its number (`PERF_FORMAT_ID`).
    WithId,
    /// These and its lost samples (`PERF_FORMAT_LOST`, since Linux 6.0).
    WithIdAndLost,
}

impl Members {
    const fn words(self) -> usize {
        match self {
            Self::WithId => 2,
            Self::WithIdAndLost => 3,
        }
    }

    /// Bytes of a group of so many events: what to ask for, as the kernel refuses less with `ENOSPC`.
    #[must_use]
    pub const fn group_bytes(self, events: usize) -> usize {
        (HEAD_WORDS + self.words() * events) * WORD_BYTES
    }
}

/// How long a counter was meant to count and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Since it was enabled, in nanoseconds; of a task's or cgroup's counter, only while that ran.
    pub enabled_ns: u64,
    /// Of these, the nanoseconds in which it sat on a hardware counter.
    pub running_ns: u64,
}

/// One event's count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Single {
    /// The count, while it ran.
    pub value: u64,
    /// For how long.
    pub times: Times,
}

/// One event of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The count, while the group ran.
    pub value: u64,
    /// The kernel's number of the event (`PERF_EVENT_IOC_ID`).
    pub id: u64,
    /// Samples lost; `None` where it was not asked for.
    pub lost: Option<u64>,
}

/// A group's counts, for at most `N` events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group<const N: usize> {
    /// For how long, the same for all its events.
    pub times: Times,
    members: [Member; N],
    count: usize,
}

impl<const N: usize> Group<N> {
    /// Its events, the leader first, the others as they were added.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members[..self.count]
    }
}

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// They end before what they announce.
    #[error("{got} bytes of {wanted}")]
    Truncated {
        /// Bytes that there should be.
        wanted: usize,
        /// Bytes that there are.
        got: usize,
    },
    /// There are more than they announce.
    #[error("{got} bytes instead of {wanted}")]
    Surplus {
        /// Bytes that there should be.
        wanted: usize,
        /// Bytes that there are.
        got: usize,
    },
    /// A group without an event, not even its leader.
    #[error("a group of no events")]
    NoEvents,
    /// More events than the storage holds.
    #[error("{events} events, with room for {room}")]
    TooMany {
        /// Events that are announced.
        events: u64,
        /// Events that fit.
        room: usize,
    },
}

/// One event's count from `bytes`.
///
/// # Errors
/// [`LayoutError::Truncated`] and [`LayoutError::Surplus`] unless there are exactly [`SINGLE_BYTES`].
pub fn parse_single(bytes: &[u8]) -> Result<Single, LayoutError> {
    demand(bytes, SINGLE_BYTES)?;
    Ok(Single { value: word(bytes, 0), times: times(bytes) })
}

/// A group's counts from `bytes`.
///
/// # Errors
/// [`LayoutError`]; nothing of a group is given unless all of it is there.
pub fn parse_group<const N: usize>(bytes: &[u8], members: Members) -> Result<Group<N>, LayoutError> {
    let head = HEAD_WORDS * WORD_BYTES;
    if bytes.len() < head {
        return Err(LayoutError::Truncated { wanted: head, got: bytes.len() });
    }
    let events = word(bytes, 0);
    let count = usize::try_from(events).unwrap_or(usize::MAX);
    if count > N {
        return Err(LayoutError::TooMany { events, room: N });
    }
    if count == 0 {
        return Err(LayoutError::NoEvents);
    }
    demand(bytes, members.group_bytes(count))?;
    let mut group = Group { times: times(bytes), members: [Member::default(); N], count };
    for (member, at) in group.members[..count].iter_mut().zip((HEAD_WORDS..).step_by(members.words())) {
        let lost = match members {
            Members::WithId => None,
            Members::WithIdAndLost => Some(word(bytes, at + 2)),
        };
        *member = Member { value: word(bytes, at), id: word(bytes, at + 1), lost };
    }
    Ok(group)
}

fn demand(bytes: &[u8], wanted: usize) -> Result<(), LayoutError> {
    match bytes.len() {
        got if got < wanted => Err(LayoutError::Truncated { wanted, got }),
        got if got > wanted => Err(LayoutError::Surplus { wanted, got }),
        _ => Ok(()),
    }
}

/// The two times, which stand in the same place of both layouts.
fn times(bytes: &[u8]) -> Times {
    Times { enabled_ns: word(bytes, 1), running_ns: word(bytes, 2) }
}

/// The word at `index`, of bytes whose length has been checked.
fn word(bytes: &[u8], index: usize) -> u64 {
    let mut word = [0; WORD_BYTES];
    word.copy_from_slice(&bytes[index * WORD_BYTES..(index + 1) * WORD_BYTES]);
    u64::from_ne_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    /// As a kernel writes it for cycles and instructions that ran for two thirds of the time.
    const GROUP: [u64; 7] = [2, 3_000_000, 2_000_000, 6_400_000, 71, 9_100_000, 72];

    #[test]
    fn one_event_has_a_count_and_two_times() {
        let single = parse_single(&bytes(&[42, 1000, 900])).unwrap();
        assert_eq!(single, Single { value: 42, times: Times { enabled_ns: 1000, running_ns: 900 } });
    }

    #[test]
    fn a_group_has_its_times_once_and_its_events_in_order() {
        let group = parse_group::<4>(&bytes(&GROUP), Members::WithId).unwrap();
        assert_eq!(group.times, Times { enabled_ns: 3_000_000, running_ns: 2_000_000 });
        let first = Member { value: 6_400_000, id: 71, lost: None };
        let second = Member { value: 9_100_000, id: 72, lost: None };
        assert_eq!(group.members(), [first, second]);
        let lost = parse_group::<1>(&bytes(&[1, 5, 5, 8, 71, 3]), Members::WithIdAndLost).unwrap();
        assert_eq!(lost.members(), [Member { value: 8, id: 71, lost: Some(3) }]);
    }

    #[test]
    fn every_shorter_prefix_is_an_error_and_so_is_a_byte_too_many() {
        let single = bytes(&[42, 1000, 900]);
        for got in 0..single.len() {
            let truncated = LayoutError::Truncated { wanted: SINGLE_BYTES, got };
            assert_eq!(parse_single(&single[..got]), Err(truncated));
        }
        let group = bytes(&GROUP);
        for got in 0..group.len() {
            let wanted = if got < 24 { 24 } else { group.len() };
            let parsed = parse_group::<4>(&group[..got], Members::WithId);
            assert_eq!(parsed, Err(LayoutError::Truncated { wanted, got }));
        }
        let with = |mut bytes: Vec<u8>| {
            bytes.push(0);
            bytes
        };
        assert_eq!(parse_single(&with(single)), Err(LayoutError::Surplus { wanted: 24, got: 25 }));
        let wanted = group.len();
        assert_eq!(
            parse_group::<4>(&with(group), Members::WithId),
            Err(LayoutError::Surplus { wanted, got: wanted + 1 })
        );
    }

    #[test]
    fn a_number_of_events_that_cannot_be_is_refused_before_it_is_used() {
        for events in [5, u64::from(u32::MAX), u64::MAX] {
            let parsed = parse_group::<4>(&bytes(&[events, 1, 1]), Members::WithId);
            assert_eq!(parsed, Err(LayoutError::TooMany { events, room: 4 }));
        }
        assert_eq!(parse_group::<4>(&bytes(&[0, 1, 1]), Members::WithId), Err(LayoutError::NoEvents));
    }
}
