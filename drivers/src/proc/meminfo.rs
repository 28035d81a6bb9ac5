//! `/proc/meminfo`: what memory is used for (`proc_meminfo(5)`).

use super::ParseError;
use super::keyed::Keyed;
use crate::file::Delivery;

/// Where the text is, below the root.
pub const PATH: &str = "proc/meminfo";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// What ends a key.
const SEPARATOR: u8 = b':';

/// Takes every key of `text`, `Active(anon)` and `HugePages_Total` alike, with its unit.
///
/// # Errors
/// [`ParseError::Missing`] where `text` has no complete line of this form.
pub fn arm(text: &[u8]) -> Result<Keyed, ParseError> {
    Keyed::arm(text, SEPARATOR, |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::keyed::KeyUnit;

    const LIVE: &[u8] = include_bytes!("../../fixtures/meminfo/6.18.txt");

    #[test]
    fn every_key_of_a_captured_text_is_read_in_its_unit() {
        let mut keyed = arm(LIVE).unwrap();
        let mut values = vec![None; keyed.len()];
        assert_eq!(keyed.read(LIVE, &mut values), Ok(LIVE.iter().filter(|byte| **byte == b'\n').count()));
        let find = |name: &str| {
            let (index, (_, unit)) = keyed.keys().enumerate().find(|(_, (key, _))| *key == name).unwrap();
            (values[index].unwrap(), unit)
        };
        assert_eq!(find("MemTotal"), (24_684_084, KeyUnit::Kib));
        assert_eq!(find("Active(anon)"), (1576, KeyUnit::Kib));
        assert_eq!(find("VmallocTotal"), (34_359_738_367, KeyUnit::Kib));
        assert_eq!(find("HugePages_Total"), (0, KeyUnit::Count));
        assert_eq!(find("DirectMap1G"), (25_165_824, KeyUnit::Kib));
    }

    #[test]
    fn a_cut_text_gives_the_keys_before_the_cut() {
        let mut keyed = arm(LIVE).unwrap();
        let mut whole = vec![None; keyed.len()];
        keyed.read(LIVE, &mut whole).unwrap();
        let mut values = whole.clone();
        for end in 0..LIVE.len() {
            let found = keyed.read(&LIVE[..end], &mut values).unwrap();
            assert_eq!(found, LIVE[..end].iter().filter(|byte| **byte == b'\n').count());
            assert_eq!(values[..found], whole[..found]);
            assert!(values[found..].iter().all(Option::is_none));
        }
    }
}
