//! Counters that stand still although something is drawn: a domain that the hardware does not support reads as a constant,
//! and a constant is no power of 0 W.

use super::domain::Domain;

/// How long a package, its memory or the platform may show no change. Idle, they draw tenths of a watt at the least:
/// thousands of ticks in this time, or some of the platform's joules.
const STILL_MAX_NS: u64 = 5_000_000_000;
/// What the package may draw while one of its parts shows no change, in microjoules. Cores are never that idle, and of
/// graphics that are switched off the counter does not tell 0 W from no support.
const BUSY_MIN_UJ: u64 = 500_000_000;

/// Since when a counter stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stillness {
    since: Option<Since>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Since {
    at_ns: u64,
    package_uj: Option<u64>,
}

impl Stillness {
    /// Nothing seen yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { since: None }
    }

    /// Notes whether the counter of `domain` moved, at a time of `CLOCK_MONOTONIC`, and what its package has drawn in
    /// all. Whether the counter has to be taken for frozen.
    pub fn is_frozen(&mut self, domain: Domain, moved: bool, package_uj: Option<u64>, at_ns: u64) -> bool {
        let since = match self.since {
            Some(since) if !moved => since,
            Some(_) | None => *self.since.insert(Since { at_ns, package_uj }),
        };
        match domain {
            Domain::Package | Domain::Die | Domain::Psys | Domain::Dram => {
                at_ns.saturating_sub(since.at_ns) > STILL_MAX_NS
            }
            Domain::Core | Domain::Uncore => match (since.package_uj, package_uj) {
                (Some(then_uj), Some(now_uj)) => now_uj.saturating_sub(then_uj) > BUSY_MIN_UJ,
                // Without a package to compare with nothing is known.
                (None, _) | (_, None) => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    #[test]
    fn a_package_is_frozen_after_five_seconds_without_a_change_and_thaws_with_the_first() {
        let mut still = Stillness::new();
        assert!(!still.is_frozen(Domain::Package, true, None, 0));
        assert!(!still.is_frozen(Domain::Package, false, None, 5 * SECOND_NS));
        assert!(still.is_frozen(Domain::Package, false, None, 5 * SECOND_NS + 1));
        assert!(!still.is_frozen(Domain::Package, true, None, 6 * SECOND_NS));
        assert!(!still.is_frozen(Domain::Package, false, None, 11 * SECOND_NS));
    }

    #[test]
    fn graphics_may_rest_for_as_long_as_their_package_does() {
        let mut still = Stillness::new();
        assert!(!still.is_frozen(Domain::Uncore, false, Some(7), 0));
        assert!(!still.is_frozen(Domain::Uncore, false, Some(BUSY_MIN_UJ + 7), 3600 * SECOND_NS));
        assert!(still.is_frozen(Domain::Uncore, false, Some(BUSY_MIN_UJ + 8), 3601 * SECOND_NS));
        assert!(!still.is_frozen(Domain::Core, false, None, 7200 * SECOND_NS));
    }
}
