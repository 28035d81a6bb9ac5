//! `/proc/vmstat`: counters and page counts of memory management (`proc_vmstat(5)`).

use super::ParseError;
use super::keyed::Keyed;
use crate::file::Delivery;

/// Where the text is, below the root.
pub const PATH: &str = "proc/vmstat";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Chunked;

/// What ends a key.
const SEPARATOR: u8 = b' ';

/// Takes the keys of `text` that `wanted` accepts. Most of this text's nearly 200 keys interest nobody.
///
/// # Errors
/// [`ParseError::Missing`] where `text` has no complete line of this form.
pub fn arm(text: &[u8], wanted: impl FnMut(&str) -> bool) -> Result<Keyed, ParseError> {
    Keyed::arm(text, SEPARATOR, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &[u8] = include_bytes!("../../fixtures/vmstat/6.18.txt");

    #[test]
    fn wanted_keys_of_a_captured_text_are_read_and_others_left() {
        let mut keyed = arm(LIVE, |key| matches!(key, "oom_kill" | "pgfault" | "pgpgin" | "never")).unwrap();
        let names: Vec<_> = keyed.keys().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["pgpgin", "pgfault", "oom_kill"]);
        let mut values = [None; 3];
        assert_eq!(keyed.read(LIVE, &mut values), Ok(3));
        assert_eq!(values, [Some(7_541_809), Some(12_058_230), Some(0)]);
    }

    #[test]
    fn a_text_whose_numbers_grew_is_read_at_the_new_places() {
        let mut keyed = arm(LIVE, |key| key.starts_with("pg")).unwrap();
        let grown: Vec<u8> = LIVE
            .split_inclusive(|byte| *byte == b'\n')
            .flat_map(|line| [&line[..line.len() - 1], &b"7\n"[..]].concat())
            .collect();
        let mut before = vec![None; keyed.len()];
        let mut after = before.clone();
        keyed.read(LIVE, &mut before).unwrap();
        assert_eq!(keyed.read(&grown, &mut after), Ok(before.len()));
        for (before, after) in before.into_iter().zip(after) {
            assert_eq!(after, before.map(|value| value * 10 + 7));
        }
    }
}
