//! The schedule against a model that walks the grid deadline by deadline.

use std::time::Duration;

use super::*;

const RATES: [u32; 8] = [1, 3, 7, 10, 60, 144, 999, 1000];

/// A small generator (xorshift64), so that a failing case is the same case everywhere.
struct Random(u64);

impl Random {
    fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Every deadline after `after_ns` up to and including `until_ns`, one by one.
fn deadlines(after_ns: u64, until_ns: u64, rate_hz: u32, phase_ns: u64) -> u64 {
    let mut count = 0;
    let mut second = after_ns.saturating_sub(phase_ns) / SECOND_NS;
    loop {
        for part in 0..u64::from(rate_hz) {
            let time_ns = phase_ns + second * SECOND_NS + part * SECOND_NS / u64::from(rate_hz);
            if time_ns > until_ns {
                return count;
            }
            count += u64::from(time_ns > after_ns);
        }
        second += 1;
    }
}

#[test]
fn ticks_on_time_are_neither_late_nor_missed_and_fall_on_every_whole_second() {
    for rate_hz in RATES {
        let mut pace = Pace::new(Rates::new(rate_hz, RATE_HZ_MAX, 0), 5 * SECOND_NS);
        for second in 0..3 {
            for part in 0..u64::from(rate_hz) {
                let on_time = Served { late_ns: 0, missed: 0, new_second: part == 0 && second > 0 };
                assert_eq!(pace.serve(pace.deadline_ns(), 0), on_time, "{rate_hz} Hz");
            }
            assert_eq!(pace.deadline_ns(), (6 + second) * SECOND_NS, "{rate_hz} Hz");
        }
    }
}

#[test]
fn the_first_tick_is_due_at_once() {
    let pace = Pace::new(Rates::new(10, 1000, 0), 1_234_567);
    assert_eq!(pace.deadline_ns(), 1_234_567);
}

#[test]
fn a_stall_is_counted_and_not_caught_up() {
    let mut pace = Pace::new(Rates::new(10, 1000, 0), 0);
    pace.serve(0, 0);
    let served = pace.serve(1_050_000_000, 0);
    assert_eq!(served, Served { late_ns: 950_000_000, missed: 9, new_second: true });
    assert_eq!(pace.deadline_ns(), 1_100_000_000);
}

#[test]
fn a_stall_that_ends_on_a_deadline_serves_that_one_too() {
    let mut pace = Pace::new(Rates::new(10, 1000, 0), 0);
    pace.serve(0, 0);
    assert_eq!(pace.serve(200_000_000, 0).missed, 1);
    assert_eq!(pace.deadline_ns(), 300_000_000);
}

#[test]
fn a_new_rate_holds_from_the_next_tick_on() {
    let mut pace = Pace::new(Rates::new(10, 1000, 0), 0);
    pace.serve(0, 1000);
    assert_eq!((pace.rate_hz(), pace.deadline_ns()), (1000, 1_000_000));
    pace.serve(1_000_000, 0);
    assert_eq!((pace.rate_hz(), pace.deadline_ns()), (10, 100_000_000));
}

#[test]
fn wishes_are_kept_within_what_the_lane_may_do() {
    let rates = Rates::new(10, 500, 0);
    assert_eq!(
        [0, 5, 10, 42, 500, 501, u32::MAX].map(|hz| rates.choose(hz)),
        [10, 10, 10, 42, 500, 500, 500]
    );
    assert_eq!(Rates::new(0, 0, 0).choose(0), 1);
    assert_eq!(Rates::new(5000, 1, 0).choose(0), RATE_HZ_MAX);
}

#[test]
fn an_early_wake_serves_its_own_deadline_and_moves_on() {
    let mut pace = Pace::new(Rates::new(10, 1000, 0), 0);
    pace.serve(0, 0);
    assert_eq!(pace.serve(99_000_000, 0), Served { late_ns: 0, missed: 0, new_second: false });
    assert_eq!(pace.deadline_ns(), 200_000_000);
}

#[test]
fn every_deadline_is_served_or_missed_once_whatever_the_rates_and_stalls() {
    for seed in 1..=200 {
        let mut random = Random::seeded(seed);
        let phase_ns = random.below(SECOND_NS);
        let rates = Rates::new(RATES[usize::try_from(random.below(4)).unwrap()], RATE_HZ_MAX, phase_ns);
        let start_ns = SECOND_NS + random.below(5 * SECOND_NS);
        let mut pace = Pace::new(rates, start_ns);
        let mut last_second = (start_ns - phase_ns) / SECOND_NS;
        for _ in 0..200 {
            let (due_ns, rate_hz) = (pace.deadline_ns(), pace.rate_hz());
            let stall_ns = match random.below(10) {
                0 => random.below(3 * SECOND_NS),
                1..=3 => random.below(20_000_000),
                _ => random.below(100_000),
            };
            let now_ns = due_ns + stall_ns;
            let wanted_hz = RATES[usize::try_from(random.below(8)).unwrap()];
            let served = pace.serve(now_ns, wanted_hz);
            assert_eq!(served.late_ns, stall_ns);
            assert_eq!(served.missed, deadlines(due_ns, now_ns, rate_hz, phase_ns), "seed {seed}");
            assert_eq!(pace.rate_hz(), rates.choose(wanted_hz));
            let next_ns = pace.deadline_ns();
            assert!(next_ns > now_ns, "seed {seed}: the next deadline is still to come");
            assert_eq!(
                deadlines(now_ns, next_ns, pace.rate_hz(), phase_ns),
                1,
                "seed {seed}: none is skipped"
            );
            let second = (now_ns - phase_ns) / SECOND_NS;
            assert_eq!(served.new_second, second > last_second, "seed {seed}: each second begins once");
            last_second = second;
        }
    }
}

#[test]
fn a_sensor_of_every_tick_is_always_due() {
    let mut due = Due::new(Every::Tick, 3, Rates::new(10, 1000, 0));
    assert!(due.take(0) && due.take(0) && due.take(1));
}

#[test]
fn a_sensor_is_due_at_once_and_then_once_a_period_whatever_the_ticks() {
    for seed in 1..=50 {
        let mut random = Random::seeded(seed);
        let period_ns = 1 + random.below(5 * SECOND_NS);
        let rates = Rates::new(10, 1000, random.below(SECOND_NS));
        let index = usize::try_from(random.below(64)).unwrap();
        let mut due = Due::new(Every::Period(Duration::from_nanos(period_ns)), index, rates);
        let offset_ns = due.offset_ns;
        let mut now_ns = 10 * SECOND_NS;
        let mut served_period = None;
        for _ in 0..300 {
            let period = (now_ns - offset_ns) / period_ns;
            assert_eq!(due.take(now_ns), served_period != Some(period), "seed {seed}");
            served_period = Some(period);
            now_ns += random.below(2 * period_ns);
        }
    }
}

#[test]
fn sensors_of_one_second_share_the_idle_ticks_of_that_second_evenly() {
    let rates = Rates::new(10, 1000, 0);
    let mut dues: Vec<Due> =
        (0..20).map(|index| Due::new(Every::Period(Duration::from_secs(1)), index, rates)).collect();
    for due in &mut dues {
        assert!(due.take(9 * SECOND_NS + 950_000_000));
    }
    for tick in 0..30 {
        let now_ns = 10 * SECOND_NS + tick * 100_000_000;
        assert_eq!(
            dues.iter_mut().filter_map(|due| due.take(now_ns).then_some(())).count(),
            2,
            "tick {tick}"
        );
    }
}

#[test]
fn a_sensor_of_a_huge_period_is_read_once() {
    let mut due = Due::new(Every::Period(Duration::MAX), 5, Rates::new(10, 1000, 0));
    assert!(due.take(SECOND_NS));
    assert!(!due.take(1 << 62));
}
