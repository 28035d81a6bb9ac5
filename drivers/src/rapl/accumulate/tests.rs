use super::*;

const SECOND_NS: u64 = 1_000_000_000;
const ESU14: Counting = Counting::by_ticks(Unit::joules_over_two_to(14), Range::REGISTER, POWER_MAX_W);

fn at(seconds: u64) -> Moment {
    Moment { monotonic_ns: seconds * SECOND_NS, boottime_ns: seconds * SECOND_NS }
}

fn begun(counting: Counting, raw: u64) -> Accumulator {
    let mut accumulator = Accumulator::new(counting);
    assert_eq!(accumulator.take(raw, at(0)), Step::Begun);
    accumulator
}

#[test]
fn a_wrap_loses_no_tick_not_even_at_the_boundary() {
    for (old, new, ticks) in [
        (0xffff_ffff, 0, 1),
        (0xffff_ffff, 0xffff_ffff, 0),
        (0xffff_fff0, 0x10, 0x20),
        (0, 1, 1),
        (0xffff_fffe, 0xffff_ffff, 1),
    ] {
        let mut accumulator = begun(ESU14, old);
        assert_eq!(accumulator.take(new, at(1)), Step::Counted(ticks), "{old:#x} to {new:#x}");
    }
    let thirds = Counting { range: Range::Below(262_143_328_851), unit: Unit::MICROJOULE, ..ESU14 };
    let mut accumulator = begun(thirds, 262_143_328_850);
    assert_eq!(accumulator.take(4, at(1)), Step::Counted(5));
    assert_eq!(accumulator.total_uj(), 5);
}

#[test]
fn a_gap_in_which_half_the_range_could_have_flowed_is_uncertain_and_counting_goes_on_from_there() {
    // Half of 2^32 ticks of 2^-14 J at 1000 W: 131 s, one of which is the slack.
    let mut accumulator = begun(ESU14, 0);
    assert_eq!(accumulator.take(1 << 20, at(130)), Step::Counted(1 << 20));
    assert_eq!(accumulator.take(1 << 21, at(261)), Step::Uncertain(Doubt::Gap));
    assert_eq!(accumulator.take((1 << 21) + 16_384, at(262)), Step::Counted(16_384));
    assert_eq!((accumulator.total_uj(), accumulator.doubts()), (65_000_000, 1));
}

#[test]
fn sleep_is_uncertain_however_short_and_whatever_the_counter_shows() {
    let mut accumulator = begun(ESU14, 500);
    let awake = Moment { monotonic_ns: SECOND_NS, boottime_ns: 2 * SECOND_NS };
    assert_eq!(accumulator.take(600, awake), Step::Uncertain(Doubt::Suspended));
    let later = Moment { monotonic_ns: 2 * SECOND_NS, boottime_ns: 3 * SECOND_NS };
    assert_eq!(accumulator.take(700, later), Step::Counted(100));
}

#[test]
fn a_counter_that_goes_back_is_no_wrap() {
    let mut accumulator = begun(ESU14, 3_000_000);
    assert_eq!(accumulator.take(1_000_000, at(1)), Step::Uncertain(Doubt::Implausible));
    assert_eq!(accumulator.take(1_000_001, at(2)), Step::Counted(1));
    assert_eq!(accumulator.doubts(), 1);
}

#[test]
fn a_counter_that_stood_still_may_catch_up_within_half_its_range() {
    let mut accumulator = begun(ESU14, 0);
    for second in 1..=60 {
        assert_eq!(accumulator.take(0, at(second)), Step::Counted(0));
    }
    // 3 kJ at once: too much for a second, not for a minute.
    assert_eq!(accumulator.take(3000 << 14, at(61)), Step::Counted(3000 << 14));
    assert_eq!(accumulator.take(6000 << 14, at(62)), Step::Uncertain(Doubt::Implausible));
}

#[test]
fn a_value_beyond_the_range_is_uncertain_and_nothing_is_compared_with_it() {
    let mut accumulator = begun(ESU14, 7);
    assert_eq!(accumulator.take(1 << 32, at(1)), Step::Uncertain(Doubt::OutOfRange));
    assert_eq!(accumulator.take(9, at(2)), Step::Begun);
    assert_eq!(accumulator.total_uj(), 0);
}

#[test]
fn the_kernels_own_sum_counts_in_its_unit_and_may_not_go_back() {
    let perf = Counting::by_ticks(Unit::PERF, Range::PERF, POWER_MAX_W);
    let mut accumulator = begun(perf, u64::MAX);
    assert_eq!(accumulator.take(50 << 32, at(1)), Step::Counted((50 << 32) + 1));
    assert_eq!(accumulator.total_uj(), 50_000_000);
    // 2^31 ticks of the hardware between two of the kernel's looks, sign-extended.
    let back = (50_u64 << 32).wrapping_sub(1 << 47);
    assert_eq!(accumulator.take(back, at(2)), Step::Uncertain(Doubt::Implausible));
    assert_eq!(accumulator.take(back.wrapping_add(1 << 32), at(3)), Step::Counted(1 << 32));
    assert_eq!(accumulator.take(back, at(36)), Step::Uncertain(Doubt::Gap));
}
