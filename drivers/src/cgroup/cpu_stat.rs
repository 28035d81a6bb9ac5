//! `cpu.stat`: CPU time of a group and all groups in it, and how long its limit held it back.

use crate::file::Delivery;
use crate::proc::ParseError;
use crate::text::{Scan, lines};

/// The file's name in the group's directory. There is one in every group, whatever controllers there are.
pub const FILE: &str = "cpu.stat";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// CPU time since the group was made, its members that ended included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuStat {
    /// All of it, in microseconds; measured, where the other two are estimates scaled to it.
    pub usage_us: u64,
    /// In user mode, in microseconds.
    pub user_us: u64,
    /// In the kernel, in microseconds.
    pub system_us: u64,
    /// What the `cpu` controller adds; `None` where it is not enabled for the group.
    pub throttling: Option<Throttling>,
}

/// How the group's limit (`cpu.max`) held it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttling {
    /// Periods of the limit that have passed.
    pub periods: u64,
    /// Periods in which the group used up what it may.
    pub throttled_periods: u64,
    /// Time it was kept from running, in microseconds, each CPU counted.
    pub throttled_us: u64,
}

/// Reads `text`; keys may come in any order, and unknown ones are passed over.
///
/// # Errors
/// [`ParseError::Missing`] where one of the three times has no complete line, [`ParseError::Malformed`] where its
/// number, or one of the limit's, is none.
pub fn parse(text: &[u8]) -> Result<CpuStat, ParseError> {
    let mut found = [None; KEYS.len()];
    for line in lines(text) {
        for ((key, what), value) in KEYS.iter().zip(&mut found) {
            let Some(rest) = line.strip_prefix(*key) else { continue };
            let mut scan = Scan::new(rest);
            let number = scan.u64().filter(|_| scan.at_line_end());
            *value = Some(number.ok_or(ParseError::malformed(what))?);
            break;
        }
    }
    let [usage_us, user_us, system_us, periods, throttled_periods, throttled_us] = found;
    let throttling = match (periods, throttled_periods, throttled_us) {
        (Some(periods), Some(throttled_periods), Some(throttled_us)) => {
            Some(Throttling { periods, throttled_periods, throttled_us })
        }
        _ => None,
    };
    Ok(CpuStat {
        usage_us: usage_us.ok_or(ParseError::missing("usage_usec"))?,
        user_us: user_us.ok_or(ParseError::missing("user_usec"))?,
        system_us: system_us.ok_or(ParseError::missing("system_usec"))?,
        throttling,
    })
}

/// What a wanted line begins with, and the key's name.
const KEYS: [(&[u8], &str); 6] = [
    (b"usage_usec ", "usage_usec"),
    (b"user_usec ", "user_usec"),
    (b"system_usec ", "system_usec"),
    (b"nr_periods ", "nr_periods"),
    (b"nr_throttled ", "nr_throttled"),
    (b"throttled_usec ", "throttled_usec"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &[u8] = include_bytes!("../../fixtures/cgroup_cpu/6.18-no-controller.txt");
    const LIMITED: &[u8] = include_bytes!("../../fixtures/cgroup_cpu/6.12-limited.txt");

    #[test]
    fn a_group_without_the_controller_has_its_times_alone() {
        let read = parse(BARE).unwrap();
        let times = (read.usage_us, read.user_us, read.system_us);
        assert_eq!((times, read.throttling), ((14_531_884_827, 12_014_759_039, 2_517_125_787), None));
    }

    #[test]
    fn a_limited_group_says_how_long_it_was_held_back() {
        let read = parse(LIMITED).unwrap();
        assert_eq!(read.usage_us, 98_765_432);
        let held = Throttling { periods: 12_001, throttled_periods: 345, throttled_us: 6_789_012 };
        assert_eq!(read.throttling, Some(held));
    }

    #[test]
    fn every_cut_text_gives_the_same_or_an_error_and_never_another_number() {
        for whole in [BARE, LIMITED] {
            let read = parse(whole).unwrap();
            for end in 0..whole.len() {
                if let Ok(cut) = parse(&whole[..end]) {
                    assert_eq!(
                        (cut.usage_us, cut.user_us, cut.system_us),
                        (read.usage_us, read.user_us, read.system_us)
                    );
                    assert!(cut.throttling.is_none_or(|held| Some(held) == read.throttling), "{end}");
                }
            }
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (text, error) in [
            (&b"usage_usec 1\nuser_usec 1\n"[..], ParseError::Missing { what: "system_usec" }),
            (b"usage_usec -1\nuser_usec 1\nsystem_usec 1\n", ParseError::Malformed { what: "usage_usec" }),
            (b"usage_usec 1 2\n", ParseError::Malformed { what: "usage_usec" }),
            (b"user_usec 18446744073709551616\n", ParseError::Malformed { what: "user_usec" }),
        ] {
            assert_eq!(parse(text), Err(error));
        }
    }
}
