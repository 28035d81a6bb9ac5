//! Raw counters to a total that only grows.
//!
//! A register of 32 bits wraps, at 400 W and 2^-16 J a tick every 164 s. Between two reads the number of wraps is known
//! as long as the energy that can have flowed is less than half the range; then the difference modulo the range is the
//! energy, to the tick. Where it is not known (too long a gap, a suspended machine, a counter that went back) nothing is
//! added: the step says so, the doubt is counted, and counting goes on from the new value.

use super::units::Unit;

/// Beyond the gap between two ticks, how much later than its tick a read may happen.
const SLACK_NS: u64 = 1_000_000_000;
/// Longer than this between boot time and monotonic time is sleep, not two clocks read one after the other.
const SUSPENDED_NS: u64 = 10_000_000;
/// The most that any domain is believed to draw unless its limit says more, in watts.
pub const POWER_MAX_W: u32 = 1000;

/// When a counter was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// `CLOCK_MONOTONIC`, in nanoseconds: stands still while the machine sleeps.
    pub monotonic_ns: u64,
    /// `CLOCK_BOOTTIME`, in nanoseconds: goes on.
    pub boottime_ns: u64,
}

/// Where a counter begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Counts from 0 to one less than this many ticks.
    Below(u64),
    /// 64 bits that the kernel adds 32-bit differences to, each sign-extended: 2^31 hardware ticks between two of its
    /// own looks make it go back (`rapl_event_update` in `arch/x86/events/rapl.c`).
    Kernel {
        /// The least number of these ticks that 2^31 of the hardware's can be.
        half: u64,
    },
}

impl Range {
    /// 32 bits of a register.
    pub const REGISTER: Self = Self::Below(1 << 32);
    /// The `power` PMU. Its ticks are 2^-32 J and no hardware counts finer than 2^-16 J in use so far, so that 2^31 of
    /// the hardware's are at least 2^47.
    pub const PERF: Self = Self::Kernel { half: 1 << 47 };

    /// Ticks from `old` to `new`, if at most one beginning again lies between them.
    #[must_use]
    pub const fn ticks(self, old: u64, new: u64) -> u64 {
        match self {
            Self::Below(_) if new >= old => new - old,
            Self::Below(range) => range - old + new,
            Self::Kernel { .. } => new.wrapping_sub(old),
        }
    }

    const fn half(self) -> u64 {
        match self {
            Self::Below(range) => range / 2,
            Self::Kernel { half } => half,
        }
    }

    /// Whether a counter of this range can have this value.
    #[must_use]
    pub const fn holds(self, raw: u64) -> bool {
        match self {
            Self::Below(range) => raw < range,
            Self::Kernel { .. } => true,
        }
    }
}

/// How a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    /// What a tick is worth.
    pub unit: Unit,
    /// Where it begins again.
    pub range: Range,
    /// The most that what it measures can draw, in watts.
    pub power_max_w: u32,
    /// The least that it moves by, in microjoules, rounded up: a tick, or what the kernel makes many finer ticks of.
    pub quantum_uj: u64,
}

impl Counting {
    /// A counter that moves by single ticks.
    #[must_use]
    pub const fn by_ticks(unit: Unit, range: Range, power_max_w: u32) -> Self {
        Self { unit, range, power_max_w, quantum_uj: unit.tick_uj_ceil() }
    }
}

/// Why an interval's energy is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// So long since the last read that a wrap may have been missed.
    Gap,
    /// The machine slept: the counter may have stood still, gone on or been reset.
    Suspended,
    /// More than can have flowed: the counter went back or jumped.
    Implausible,
    /// A value that a counter of this range cannot have.
    OutOfRange,
}

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The first value: nothing to compare with.
    Begun,
    /// So many ticks since the last read; 0 where the counter stood still.
    Counted(u64),
    /// Nothing is added; counting goes on from here.
    Uncertain(Doubt),
}

#[derive(Clone, Copy, Debug)]
struct Last {
    raw: u64,
    at: Moment,
    /// When the value was last another one.
    moved_ns: u64,
}

/// A total that only grows.
#[derive(Clone, Copy, Debug)]
pub struct Accumulator {
    counting: Counting,
    last: Option<Last>,
    total_uj: u64,
    /// What is below a microjoule, in parts of the unit's denominator.
    rest: u64,
    doubts: u64,
}

impl Accumulator {
    /// A total of 0, and nothing read yet.
    #[must_use]
    pub const fn new(counting: Counting) -> Self {
        Self { counting, last: None, total_uj: 0, rest: 0, doubts: 0 }
    }

    /// Takes the counter's value `raw`, read at `now`.
    pub fn take(&mut self, raw: u64, now: Moment) -> Step {
        let step = self.step(raw, now);
        match step {
            Step::Begun => {}
            Step::Counted(ticks) => {
                (self.total_uj, self.rest) = self.counting.unit.add(self.total_uj, self.rest, ticks);
            }
            Step::Uncertain(_) => self.doubts += 1,
        }
        let moved = match (step, self.last) {
            (Step::Counted(0), Some(last)) => last.moved_ns,
            _ => now.monotonic_ns,
        };
        self.last = self.counting.range.holds(raw).then_some(Last { raw, at: now, moved_ns: moved });
        step
    }

    fn step(&self, raw: u64, now: Moment) -> Step {
        if !self.counting.range.holds(raw) {
            return Step::Uncertain(Doubt::OutOfRange);
        }
        let Some(last) = self.last else { return Step::Begun };
        let awake_ns = now.monotonic_ns.saturating_sub(last.at.monotonic_ns);
        let gap_ns = now.boottime_ns.saturating_sub(last.at.boottime_ns).max(awake_ns);
        if gap_ns - awake_ns > SUSPENDED_NS {
            return Step::Uncertain(Doubt::Suspended);
        }
        let half = self.counting.range.half();
        if self.most_in(gap_ns) >= half {
            return Step::Uncertain(Doubt::Gap);
        }
        let ticks = self.counting.range.ticks(last.raw, raw);
        // A counter that stood still may catch up: what it shows then has flowed since it last moved.
        let still_ns = now.monotonic_ns.saturating_sub(last.moved_ns).max(gap_ns);
        if ticks > self.most_in(still_ns).min(half) {
            return Step::Uncertain(Doubt::Implausible);
        }
        Step::Counted(ticks)
    }

    /// The most ticks that can lie between two reads whose ticks are so far apart.
    fn most_in(&self, gap_ns: u64) -> u64 {
        // Watts times nanoseconds are nanojoules.
        let (power_w, gap_ns) = (u64::from(self.counting.power_max_w), gap_ns.saturating_add(SLACK_NS));
        let most_uj = match power_w.checked_mul(gap_ns) {
            Some(most_nj) => most_nj / 1000,
            None => u64::try_from(u128::from(power_w) * u128::from(gap_ns) / 1000).unwrap_or(u64::MAX),
        };
        self.counting.unit.ticks_in(most_uj).saturating_add(1)
    }

    /// The energy since the first read, in whole microjoules.
    #[must_use]
    pub const fn total_uj(&self) -> u64 {
        self.total_uj
    }

    /// Intervals whose energy is not in the total.
    #[must_use]
    pub const fn doubts(&self) -> u64 {
        self.doubts
    }

    /// How it counts.
    #[must_use]
    pub const fn counting(&self) -> Counting {
        self.counting
    }
}

#[cfg(test)]
mod tests;
