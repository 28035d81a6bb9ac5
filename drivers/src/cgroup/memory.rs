//! `memory.stat` and `memory.events`, texts of one key and one number a line, and `cgroup.stat`, which is like them.

use crate::file::Delivery;
use crate::proc::ParseError;
use crate::proc::keyed::Keyed;

/// What the memory of a group is used for; there with the `memory` controller alone.
pub const STAT: &str = "memory.stat";
/// How often a limit was met; there with the `memory` controller alone.
pub const EVENTS: &str = "memory.events";
/// How many groups there are below one.
pub const CENSUS: &str = "cgroup.stat";
/// How the kernel hands any of them out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// Keys of [`STAT`] in bytes: memory without a file behind it, with one, of the kernel (since 5.18), and shared. The
/// shared is part of the memory with a file behind it.
pub const STAT_BYTES: [&str; 4] = ["anon", "file", "kernel", "shmem"];
/// The key of [`STAT`] that counts page faults which had to wait for a disk.
pub const MAJOR_FAULTS: &str = "pgmajfault";
/// Keys of [`EVENTS`]: held back at the soft limit, stopped at the hard one, out of memory, and processes killed for it.
pub const EVENT_KEYS: [&str; 4] = ["high", "max", "oom", "oom_kill"];
/// The key of [`CENSUS`] for groups at any depth, without those that are removed and not yet gone.
pub const DESCENDANTS: &str = "nr_descendants";

/// What ends a key.
const SEPARATOR: u8 = b' ';

/// Takes those of `keys` that `text` has.
///
/// # Errors
/// [`ParseError::Missing`] where `text` has no complete line of this form.
pub fn arm(text: &[u8], keys: &[&str]) -> Result<Keyed, ParseError> {
    Keyed::arm(text, SEPARATOR, |key| keys.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT_TEXT: &[u8] = include_bytes!("../../fixtures/cgroup_memory/6.12.txt");

    #[test]
    fn chosen_keys_are_read_and_their_lookalikes_are_not() {
        let mut keyed = arm(STAT_TEXT, &STAT_BYTES).unwrap();
        let mut values = [None; 4];
        assert_eq!(keyed.read(STAT_TEXT, &mut values), Ok(4));
        let names: Vec<_> = keyed.keys().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["anon", "file", "kernel", "shmem"], "not anon_thp, file_mapped or kernel_stack");
        assert_eq!(values, [1_122_304, 4_415_488, 651_264, 12_288].map(Some));
    }

    #[test]
    fn a_cut_text_gives_fewer_values_and_no_wrong_one() {
        let mut keyed = arm(STAT_TEXT, &STAT_BYTES).unwrap();
        let mut whole = [None; 4];
        keyed.read(STAT_TEXT, &mut whole).unwrap();
        for end in 0..STAT_TEXT.len() {
            let mut values = [None; 4];
            keyed.read(&STAT_TEXT[..end], &mut values).unwrap();
            assert!(values.iter().zip(whole).all(|(cut, whole)| cut.is_none() || *cut == whole), "{end}");
        }
    }
}
