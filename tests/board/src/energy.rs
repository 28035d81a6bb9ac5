//! An energy counter as processors have it: 32 bits that count a power curve in units of the part, and wrap.

use crate::power::PowerCurve;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const PICOJOULES_PER_JOULE: u128 = 1_000_000_000_000;

/// The values that a counter of 32 bits has.
pub const COUNTER_RANGE: u128 = 1 << 32;

/// The energy that one count stands for: in the hardware as a fraction, in powercap as whole nanojoules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnergyUnit {
    /// A count is this many picojoules …
    picojoules: u128,
    /// … divided by this.
    divisor: u128,
    /// What the kernel's powercap driver multiplies counts by, in nanojoules.
    powercap_nj: u64,
}

impl EnergyUnit {
    /// 2^-`esu` J, by bits 12:8 of the unit register; powercap cuts it to whole nanojoules
    /// (`rapl_check_unit_core`, `drivers/powercap/intel_rapl_common.c`).
    #[must_use]
    pub const fn fraction(esu: u32) -> Self {
        Self { picojoules: PICOJOULES_PER_JOULE, divisor: 1 << esu, powercap_nj: 1_000_000_000_u64 >> esu }
    }

    /// 2^`esu` µJ, as Silvermont and Airmont mean the same bits (`rapl_check_unit_atom`).
    #[must_use]
    pub const fn micro(esu: u32) -> Self {
        Self { picojoules: 1_000_000 << esu, divisor: 1, powercap_nj: 1_000 << esu }
    }

    /// DRAM of Haswell to Ice Lake servers: the hardware counts 2^-16 J (`arch/x86/events/rapl.c`), powercap takes
    /// it for 15.3 µJ, 0.27 % more.
    pub const SERVER_DRAM: Self =
        Self { picojoules: PICOJOULES_PER_JOULE, divisor: 1 << 16, powercap_nj: 15_300 };

    /// The platform domain of Sapphire Rapids: one joule.
    pub const JOULE: Self = Self { picojoules: PICOJOULES_PER_JOULE, divisor: 1, powercap_nj: 1_000_000_000 };

    /// Whole counts in an energy.
    #[must_use]
    pub const fn counts(self, energy_pj: u128) -> u128 {
        energy_pj * self.divisor / self.picojoules
    }

    /// The energy of some counts in picojoules, rounded down.
    #[must_use]
    pub const fn picojoules(self, counts: u128) -> u128 {
        counts * self.picojoules / self.divisor
    }

    /// What powercap's driver multiplies a count by, in nanojoules.
    #[must_use]
    pub const fn powercap_nj(self) -> u64 {
        self.powercap_nj
    }

    /// `max_energy_range_uj`: all 32 bits set, in powercap's unit, rounded down to µJ.
    #[must_use]
    pub fn powercap_range_uj(self) -> u64 {
        self.powercap_uj(u32::MAX)
    }

    /// `energy_uj` of a register: `rapl_unit_xlate`, a product of 64 bits that is cut to µJ.
    #[must_use]
    pub fn powercap_uj(self, raw: u32) -> u64 {
        u64::from(raw).wrapping_mul(self.powercap_nj) / 1_000
    }
}

/// What became of a counter besides counting.
#[derive(Debug, Default)]
struct Fate {
    frozen_at: Option<Duration>,
    /// Counts that were missed while it stood.
    missed: u128,
    /// What is added to its counts, in 32 bits.
    offset: u32,
}

/// A counter. Clones are handles to the same one, so a register, a powercap zone and its duplicate agree.
#[derive(Debug, Clone)]
pub struct EnergyCounter {
    curve: PowerCurve,
    unit: EnergyUnit,
    update_ns: u128,
    fate: Arc<Mutex<Fate>>,
}

impl EnergyCounter {
    /// Counts `curve` in `unit` from zero at board time zero, at every moment.
    #[must_use]
    pub fn new(curve: PowerCurve, unit: EnergyUnit) -> Self {
        Self { curve, unit, update_ns: 1, fate: Arc::default() }
    }

    /// Counts from `raw` at board time zero: a machine that has been on for a while.
    #[must_use]
    pub fn starting_at(self, raw: u32) -> Self {
        self.fate().offset = raw;
        self
    }

    /// Moves only every `period` of board time, as the hardware does about each 976 µs.
    #[must_use]
    pub fn updating_every(mut self, period: Duration) -> Self {
        self.update_ns = period.as_nanos().max(1);
        self
    }

    /// The unit that it counts in.
    #[must_use]
    pub const fn unit(&self) -> EnergyUnit {
        self.unit
    }

    /// The truth: the curve's energy from board time zero, in picojoules, whatever the counter shows of it.
    #[must_use]
    pub fn energy_pj(&self, elapsed: Duration) -> u128 {
        self.curve.energy_pj(elapsed)
    }

    /// The curve's power at `elapsed`, in milliwatts.
    #[must_use]
    pub fn milliwatts(&self, elapsed: Duration) -> u64 {
        self.curve.milliwatts(elapsed)
    }

    /// What it has counted since board time zero, as if it had all the bits it needs.
    #[must_use]
    pub fn counts(&self, elapsed: Duration) -> u128 {
        self.counts_with(&self.fate(), elapsed)
    }

    /// The register: what it started at and what it counted, in 32 bits.
    #[must_use]
    pub fn raw(&self, elapsed: Duration) -> u32 {
        let fate = self.fate();
        low_32_bits(self.counts_with(&fate, elapsed)).wrapping_add(fate.offset)
    }

    /// `energy_uj` of its powercap zone.
    #[must_use]
    pub fn powercap_uj(&self, elapsed: Duration) -> u64 {
        self.unit.powercap_uj(self.raw(elapsed))
    }

    /// Stops moving at board time `at`; energy goes on being used.
    pub fn freeze(&self, at: Duration) {
        self.fate().frozen_at.get_or_insert(at);
    }

    /// Goes on from where it stands; what was used meanwhile is never counted.
    pub fn thaw(&self, at: Duration) {
        let mut fate = self.fate();
        if let Some(frozen_at) = fate.frozen_at.take() {
            fate.missed += self.passed(at) - self.passed(frozen_at);
        }
    }

    /// Shows `raw` at board time `at` and counts on from there, as after a suspend or with a driver loaded anew.
    pub fn restart(&self, at: Duration, raw: u32) {
        let mut fate = self.fate();
        fate.offset = raw.wrapping_sub(low_32_bits(self.counts_with(&fate, at)));
    }

    fn counts_with(&self, fate: &Fate, elapsed: Duration) -> u128 {
        self.passed(fate.frozen_at.unwrap_or(elapsed)) - fate.missed
    }

    /// Counts until `elapsed`, of a counter that never stood.
    fn passed(&self, elapsed: Duration) -> u128 {
        let updated_ns = elapsed.as_nanos() / self.update_ns * self.update_ns;
        let updated = u64::try_from(updated_ns).map_or(Duration::MAX, Duration::from_nanos);
        self.unit.counts(self.curve.energy_pj(updated))
    }

    /// A test that panicked while it held the lock left it whole: every change is one step.
    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn low_32_bits(counts: u128) -> u32 {
    u32::try_from(counts % COUNTER_RANGE).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESU14: EnergyUnit = EnergyUnit::fraction(14);
    const SECOND: Duration = Duration::from_secs(1);

    fn counter(milliwatts: u64) -> EnergyCounter {
        EnergyCounter::new(PowerCurve::constant(milliwatts), ESU14)
    }

    #[test]
    fn units_are_those_of_the_kernels_drivers() {
        assert_eq!(ESU14.powercap_nj(), 61_035);
        assert_eq!(ESU14.powercap_range_uj(), 262_143_328_850);
        assert_eq!(EnergyUnit::fraction(16).powercap_nj(), 15_258);
        assert_eq!(EnergyUnit::SERVER_DRAM.powercap_range_uj(), 65_712_999_613);
        assert_eq!(EnergyUnit::micro(5).powercap_nj(), 32_000);
        assert_eq!(EnergyUnit::micro(5).picojoules(1), 32_000_000);
        assert_eq!(EnergyUnit::JOULE.powercap_uj(3), 3_000_000);
        assert_eq!(EnergyUnit::SERVER_DRAM.picojoules(1 << 16), PICOJOULES_PER_JOULE);
    }

    #[test]
    fn a_register_wraps_after_its_last_value_and_loses_no_count() {
        // 1 W in units of 2^-14 J is 16384 counts a second: all 32 bits are full after exactly 2^18 seconds.
        let counter = counter(1_000).starting_at(0);
        let range = (1 << 18) * SECOND;
        let count = Duration::from_nanos(61_036);
        assert_eq!(counter.raw(range - Duration::from_nanos(1)), u32::MAX);
        assert_eq!(counter.raw(range), 0);
        assert_eq!(counter.raw(range + count), 1);
        assert_eq!(counter.counts(5 * range + SECOND), 5 * COUNTER_RANGE + 16_384);
        let (mut at, mut last, mut sum) = (Duration::ZERO, counter.raw(Duration::ZERO), 0_u128);
        for _ in 0..10_000 {
            at += range * 49 / 100;
            let raw = counter.raw(at);
            sum += u128::from(raw.wrapping_sub(last));
            last = raw;
        }
        assert_eq!(sum, counter.counts(at));
    }

    #[test]
    fn what_is_counted_is_the_curves_energy_to_one_count() {
        let levels = [(3_217, SECOND / 7), (88_001, SECOND / 3)];
        for unit in [ESU14, EnergyUnit::SERVER_DRAM, EnergyUnit::micro(5), EnergyUnit::JOULE] {
            let counter = EnergyCounter::new(PowerCurve::repeating(&levels), unit);
            for at in (0..5_000).map(|step| step * Duration::from_micros(7_001)) {
                let counted_pj = unit.picojoules(counter.counts(at));
                let left_pj = counter.energy_pj(at) - counted_pj;
                assert!(left_pj <= unit.picojoules(1) + 1, "{left_pj} pJ are left of {unit:?} at {at:?}");
            }
        }
    }

    #[test]
    fn a_counter_that_updates_now_and_then_stands_in_between() {
        let update = Duration::from_nanos(976_562);
        let counter = counter(100_000).updating_every(update);
        let early = update - Duration::from_nanos(1);
        assert_eq!(counter.raw(early), 0);
        assert_eq!(counter.raw(update), counter.raw(update + early));
        assert_eq!(u128::from(counter.raw(update)), ESU14.counts(100_000 * 976_562));
    }

    #[test]
    fn a_frozen_counter_misses_what_is_used_meanwhile() {
        let counter = counter(1_000);
        counter.freeze(10 * SECOND);
        counter.freeze(15 * SECOND);
        assert_eq!(counter.raw(20 * SECOND), 163_840);
        counter.thaw(30 * SECOND);
        assert_eq!(counter.raw(30 * SECOND), 163_840);
        assert_eq!(counter.raw(31 * SECOND), 180_224);
        assert_eq!(counter.energy_pj(31 * SECOND), 31 * PICOJOULES_PER_JOULE);
    }

    #[test]
    fn a_restarted_counter_counts_on_from_where_it_was_put() {
        let counter = counter(1_000).starting_at(u32::MAX);
        assert_eq!(counter.raw(SECOND), 16_383);
        counter.restart(SECOND, 7);
        assert_eq!(counter.raw(SECOND), 7);
        assert_eq!(counter.raw(2 * SECOND), 16_391);
        assert_eq!(counter.counts(2 * SECOND), 2 * 16_384);
    }

    #[test]
    fn powercap_cuts_its_product_to_microjoules() {
        let counter = counter(0).starting_at(1);
        assert_eq!(counter.powercap_uj(SECOND), 61);
        assert_eq!(ESU14.powercap_uj(100), 6_103);
        assert_eq!(ESU14.powercap_uj(16_384), 999_997);
    }
}
