//! Log page 0x01, error information, newest entry first (Base Specification 2.0, figure 207).

use super::bytes::Page;
use super::error::Status;

/// Bytes of an entry.
pub const ENTRY_BYTES: usize = 64;
/// A command identifier or queue that stands for none.
const NONE: u16 = 0xffff;

/// A command that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which error this is, counted from 1 over the controller's life.
    pub number: u64,
    /// The submission queue; `None` for an error of no command.
    pub queue: Option<u16>,
    /// The command; `None` for an error of no command.
    pub command: Option<u16>,
    /// Why it failed.
    pub status: Status,
    /// The first logical block with the error.
    pub block: u64,
    /// The namespace.
    pub namespace: u32,
}

/// The entries in `bytes`, newest first. Places that hold none are left out, and so is one that is not whole.
pub fn parse(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    bytes.chunks_exact(ENTRY_BYTES).filter_map(entry)
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    // Chunks have the length that a page wants.
    let Ok(page) = Page::<ENTRY_BYTES>::new(bytes) else { return None };
    let number = page.u64::<0>();
    let some = |value: u16| (value != NONE).then_some(value);
    // Bit 0 of the status field is the phase tag.
    (number != 0).then(|| Entry {
        number,
        queue: some(page.u16::<8>()),
        command: some(page.u16::<10>()),
        status: Status(page.u16::<12>() >> 1),
        block: page.u64::<16>(),
        namespace: page.u32::<24>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(number: u64) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        bytes[8..10].copy_from_slice(&3_u16.to_le_bytes());
        bytes[10..12].copy_from_slice(&NONE.to_le_bytes());
        // Unrecovered read error (media, 0x81), with the phase tag.
        bytes[12..14].copy_from_slice(&(0x0281_u16 << 1 | 1).to_le_bytes());
        bytes[16..24].copy_from_slice(&0x1_0000_0001_u64.to_le_bytes());
        bytes[24..28].copy_from_slice(&7_u32.to_le_bytes());
        bytes
    }

    #[test]
    fn entries_are_taken_newest_first_and_empty_places_left_out() {
        let log = [bytes_of(9), bytes_of(8), [0; ENTRY_BYTES]].concat();
        let entries: Vec<Entry> = parse(&log).collect();
        assert_eq!(entries.len(), 2);
        let newest = entries[0];
        assert_eq!((newest.number, newest.queue, newest.command), (9, Some(3), None));
        assert_eq!((newest.status.code_type(), newest.status.code()), (2, 0x81));
        assert_eq!((newest.block, newest.namespace), (0x1_0000_0001, 7));
    }

    #[test]
    fn a_log_cut_anywhere_gives_its_whole_entries() {
        let log = [bytes_of(9), bytes_of(8)].concat();
        for end in 0..=log.len() {
            assert!(
                parse(&log[..end]).map(|entry| entry.number).eq([9, 8].into_iter().take(end / ENTRY_BYTES))
            );
        }
    }

    #[test]
    fn a_bit_that_flips_gives_another_entry_the_same_or_none() {
        let whole = bytes_of(1);
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&flipped).count(), usize::from(bit != 0), "bit {bit}");
        }
    }
}
