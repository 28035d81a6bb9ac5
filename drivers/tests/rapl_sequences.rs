//! Energy counters through everything that happens to them: sequences of reads made by a fixed seed, of which the truth is
//! known. No tick may be lost or made up, and every interval whose energy cannot be known must be said to be so.
//!
//! The ordinary run takes 200 000 sequences; `RAPL_SEQUENCES=100000000 cargo test --release -p hearth-drivers
//! --test rapl_sequences -- --nocapture` takes as many as it says.

#[cfg(test)]
mod tests {
    use hearth_drivers::rapl::accumulate::{Accumulator, Counting, Doubt, Moment, Range, Step};
    use hearth_drivers::rapl::units::Unit;

    const SEQUENCES: u64 = 200_000;
    const SECOND_NS: u64 = 1_000_000_000;
    /// How much later than its tick a read may be, as the accumulator allows.
    const SLACK_NS: u64 = SECOND_NS;

    /// A generator of numbers that are the same in every run (xorshift64*).
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
        }

        /// A number below `end`.
        fn below(&mut self, end: u64) -> u64 {
            u64::try_from((u128::from(self.roll()) * u128::from(end)) >> 64).unwrap()
        }
    }

    /// A kind of counter: how it counts, a tick as a fraction of microjoules, and how many values it has.
    #[derive(Clone, Copy)]
    struct Kind {
        counting: Counting,
        tick_uj: (u128, u128),
        values: u128,
        half: u128,
    }

    impl Kind {
        fn new(unit: Unit, tick_uj: (u128, u128), range: Range, power_max_w: u32) -> Self {
            let (values, half) = match range {
                Range::Below(values) => (values.into(), (values / 2).into()),
                Range::Kernel { half } => (1 << 64, half.into()),
            };
            Self { counting: Counting::by_ticks(unit, range, power_max_w), tick_uj, values, half }
        }

        /// The most ticks that can flow in so long.
        fn most_in(&self, gap_ns: u64) -> u128 {
            let nanojoules = u128::from(self.counting.power_max_w) * u128::from(gap_ns);
            nanojoules * self.tick_uj.1 / (self.tick_uj.0 * 1000)
        }
    }

    fn kinds() -> Vec<Kind> {
        let fraction = |exponent: u8, power_max_w| {
            let tick_uj = (1_000_000, 1 << exponent);
            Kind::new(Unit::joules_over_two_to(exponent), tick_uj, Range::REGISTER, power_max_w)
        };
        vec![
            fraction(14, 1000),
            fraction(14, 4000),
            fraction(16, 1000),
            fraction(18, 250),
            fraction(0, 1000),
            Kind::new(Unit::nanojoules(15_300), (15_300, 1000), Range::REGISTER, 1000),
            Kind::new(Unit::microjoules_times_two_to(5), (32, 1), Range::REGISTER, 1000),
            Kind::new(Unit::MICROJOULE, (1, 1), Range::Below(262_143_328_851), 1000),
            Kind::new(Unit::MICROJOULE, (1, 1), Range::Below(65_712_999_614), 1000),
            Kind::new(Unit::PERF, (1_000_000, 1 << 32), Range::PERF, 1000),
        ]
    }

    /// What is counted of all sequences, to see that each case came up.
    #[derive(Debug, Default)]
    struct Tally {
        counted: u64,
        wraps: u64,
        boundaries: u64,
        caught_up: u64,
        gaps: u64,
        suspended: u64,
        jumps: u64,
        out_of_range: u64,
    }

    /// One counter and its truth.
    struct Course<'a> {
        kind: Kind,
        dice: &'a mut Dice,
        accumulator: Accumulator,
        raw: u128,
        now: Moment,
        moved_ns: u64,
        true_ticks: u128,
        doubts: u64,
    }

    impl<'a> Course<'a> {
        fn begin(kind: Kind, dice: &'a mut Dice) -> Self {
            let start = u128::from(dice.roll()) % kind.values;
            // Often close to the end, so that wraps come soon.
            let raw = if dice.below(2) == 0 { kind.values - 1 - start % 70_000 } else { start };
            let uptime_ns = dice.below(1 << 50);
            let slept_ns = dice.below(1 << 50);
            let now = Moment { monotonic_ns: uptime_ns, boottime_ns: uptime_ns + slept_ns };
            let accumulator = Accumulator::new(kind.counting);
            let mut course =
                Self { kind, dice, accumulator, raw, now, moved_ns: uptime_ns, true_ticks: 0, doubts: 0 };
            assert_eq!(course.take(raw), Step::Begun);
            course
        }

        fn take(&mut self, raw: u128) -> Step {
            self.raw = raw;
            self.accumulator.take(u64::try_from(raw).unwrap(), self.now)
        }

        fn pass(&mut self, gap_ns: u64) {
            self.now.monotonic_ns += gap_ns;
            self.now.boottime_ns += gap_ns;
        }

        /// A gap of any order from a fraction of a millisecond to hours.
        fn some_gap_ns(&mut self) -> u64 {
            let order = 14 + self.dice.below(30);
            self.dice.below(1 << order)
        }

        /// As much as can flow, as little, or something between; at times just to the counter's end.
        fn some_ticks(&mut self, most: u128) -> (u128, bool) {
            let to_end = self.kind.values - self.raw;
            let some = u128::from(self.dice.roll()) % (most + 1);
            match self.dice.below(8) {
                0 => (most, false),
                1 => (0, false),
                2 if to_end <= most => (to_end, true),
                3 if to_end - 1 <= most => (to_end - 1, true),
                _ => (some, false),
            }
        }

        fn counted(&mut self, ticks: u128, tally: &mut Tally) {
            self.true_ticks += ticks;
            tally.counted += 1;
            if ticks > 0 {
                self.moved_ns = self.now.monotonic_ns;
            }
        }

        fn doubted(&mut self) {
            self.doubts += 1;
            self.moved_ns = self.now.monotonic_ns;
        }

        /// Time passes, energy flows, the counter is read.
        fn flow(&mut self, tally: &mut Tally) {
            let gap_ns = self.some_gap_ns();
            let most = self.kind.most_in(gap_ns);
            let (ticks, at_boundary) = self.some_ticks(most);
            let wraps = (self.raw + ticks) / self.kind.values;
            let raw = (self.raw + ticks) % self.kind.values;
            self.pass(gap_ns);
            let step = self.take(raw);
            if most >= self.kind.half {
                assert_eq!(step, Step::Uncertain(Doubt::Gap), "half of the range can have flowed");
            }
            match step {
                Step::Counted(found) => {
                    assert_eq!(u128::from(found), ticks);
                    self.counted(ticks, tally);
                    tally.wraps += u64::try_from(wraps).unwrap();
                    tally.boundaries += u64::from(at_boundary);
                }
                Step::Uncertain(Doubt::Gap) => {
                    let with_slack = self.kind.most_in(gap_ns + SLACK_NS) + 2;
                    assert!(with_slack >= self.kind.half, "a gap of {gap_ns} ns is no doubt");
                    self.doubted();
                    tally.gaps += 1;
                }
                other => panic!("{other:?} after {gap_ns} ns"),
            }
        }

        /// The counter stands still over some reads and then shows all that has flowed.
        fn stall(&mut self, tally: &mut Tally) {
            let reads = 1 + self.dice.below(20);
            for _ in 0..reads {
                let gap_ns = self.dice.below(SECOND_NS);
                self.pass(gap_ns);
                assert_eq!(self.take(self.raw), Step::Counted(0));
                self.counted(0, tally);
            }
            let still_ns = self.now.monotonic_ns - self.moved_ns;
            let most = self.kind.most_in(still_ns).min(self.kind.half - 1);
            let ticks = u128::from(self.dice.roll()) % (most + 1);
            let raw = (self.raw + ticks) % self.kind.values;
            assert_eq!(self.take(raw), Step::Counted(u64::try_from(ticks).unwrap()));
            self.counted(ticks, tally);
            tally.caught_up += 1;
        }

        /// The machine sleeps; the counter may show anything afterwards.
        fn sleep(&mut self, tally: &mut Tally) {
            let awake_ns = self.dice.below(SECOND_NS);
            self.pass(awake_ns);
            let order = self.dice.below(20);
            self.now.boottime_ns += 10_000_001 + self.dice.below(SECOND_NS << order);
            let raw = u128::from(self.dice.roll()) % self.kind.values;
            assert_eq!(self.take(raw), Step::Uncertain(Doubt::Suspended));
            self.doubted();
            tally.suspended += 1;
        }

        /// The counter goes back by less than half its range, or forward by more than can have flowed: a package that was
        /// switched off, a driver that was loaded anew, a kernel that has extended a sign.
        fn jump(&mut self, tally: &mut Tally) {
            let gap_ns = self.dice.below(2 * SECOND_NS);
            self.pass(gap_ns);
            let still_ns = self.now.monotonic_ns - self.moved_ns;
            let least = (self.kind.most_in(still_ns.max(gap_ns) + SLACK_NS) + 2).min(self.kind.half + 1);
            let distance = least + u128::from(self.dice.roll()) % (self.kind.values - least);
            let raw = (self.raw + distance) % self.kind.values;
            assert_eq!(self.take(raw), Step::Uncertain(Doubt::Implausible), "by {distance}");
            self.doubted();
            tally.jumps += 1;
        }

        /// A value that is none, and what follows it is a beginning.
        fn nonsense(&mut self, tally: &mut Tally) {
            let Ok(values) = u64::try_from(self.kind.values) else { return };
            self.pass(1_000_000);
            let beyond = values + self.dice.below(u64::MAX - values);
            assert_eq!(self.accumulator.take(beyond, self.now), Step::Uncertain(Doubt::OutOfRange));
            self.pass(1_000_000);
            assert_eq!(self.take(self.raw), Step::Begun);
            self.doubted();
            tally.out_of_range += 1;
        }

        fn end(self) {
            let (numerator, denominator) = self.kind.tick_uj;
            let true_uj = self.true_ticks * numerator / denominator;
            assert_eq!(u128::from(self.accumulator.total_uj()), true_uj, "to the microjoule");
            assert_eq!(self.accumulator.doubts(), self.doubts);
        }
    }

    #[test]
    fn no_tick_is_lost_and_every_doubt_is_named() {
        let wanted = match std::env::var("RAPL_SEQUENCES") {
            Ok(text) => text.parse().unwrap(),
            Err(std::env::VarError::NotPresent) => SEQUENCES,
            Err(error) => panic!("RAPL_SEQUENCES: {error}"),
        };
        let kinds = kinds();
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut tally = Tally::default();
        for sequence in 0..wanted {
            let kind = kinds[usize::try_from(sequence).unwrap() % kinds.len()];
            let steps = 2 + dice.below(10);
            let mut course = Course::begin(kind, &mut dice);
            for _ in 0..steps {
                match course.dice.below(16) {
                    0 => course.sleep(&mut tally),
                    1 => course.jump(&mut tally),
                    2 => course.stall(&mut tally),
                    3 => course.nonsense(&mut tally),
                    _ => course.flow(&mut tally),
                }
            }
            course.end();
        }
        println!("{wanted} sequences: {tally:?}");
        let Tally { counted, wraps, boundaries, caught_up, gaps, suspended, jumps, out_of_range } = tally;
        let all = [counted, wraps, boundaries, caught_up, gaps, suspended, jumps, out_of_range];
        assert!(all.iter().all(|count| *count > wanted / 1000), "a case hardly came up: {all:?}");
    }
}
