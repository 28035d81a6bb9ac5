//! How fast a CPU ran while it ran, from three registers that count at three speeds.
//!
//! `MPERF` counts at the speed of `TSC` and `APERF` at that of the core, both only while the core is not halted (Intel
//! SDM volume 3, "Hardware Coordination Feedback Capability"; AMD APM volume 2, "Core Performance Boost"). So the mean
//! speed while busy is that of the TSC times `ΔAPERF ÷ ΔMPERF`; turbostat(8) calls it `Bzy_MHz`.

/// Of one CPU, since counting began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speeds {
    /// `MSR_IA32_APERF`.
    pub aperf: u64,
    /// `MSR_IA32_MPERF`.
    pub mperf: u64,
    /// The time stamp counter.
    pub tsc: u64,
    /// Nanoseconds.
    pub time_ns: u64,
}

/// Why there is no speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeedError {
    /// The CPU was halted all the time.
    #[error("the CPU was halted")]
    Halted,
    /// A register went back, or time stood still.
    #[error("the registers went back")]
    Backwards,
    /// No CPU is that fast.
    #[error("the registers make no sense")]
    Impossible,
}

impl Speeds {
    /// The mean speed in hertz from `before` to `self`, while the CPU was not halted.
    ///
    /// # Errors
    /// [`SpeedError`].
    pub fn effective_hz(self, before: Self) -> Result<u64, SpeedError> {
        let since = |now: u64, before: u64| now.checked_sub(before).ok_or(SpeedError::Backwards);
        let aperf = since(self.aperf, before.aperf)?;
        let mperf = since(self.mperf, before.mperf)?;
        let tsc = since(self.tsc, before.tsc)?;
        let time_ns = since(self.time_ns, before.time_ns)?;
        if time_ns == 0 {
            return Err(SpeedError::Backwards);
        }
        if mperf == 0 {
            return Err(SpeedError::Halted);
        }
        // First the speed of the TSC, rounded to a hertz, so that 128 bits hold every product.
        let tsc_hz = u128::from(tsc) * 1_000_000_000 / u128::from(time_ns);
        let hz = tsc_hz.checked_mul(u128::from(aperf)).ok_or(SpeedError::Impossible)? / u128::from(mperf);
        match u64::try_from(hz) {
            Ok(hz) => Ok(hz),
            Err(_beyond_64_bits) => Err(SpeedError::Impossible),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Speeds = Speeds { aperf: 1_000, mperf: 1_000, tsc: 9_000, time_ns: 5_000 };

    fn after(aperf: u64, mperf: u64, tsc: u64, time_ns: u64) -> Speeds {
        Speeds {
            aperf: BEFORE.aperf + aperf,
            mperf: BEFORE.mperf + mperf,
            tsc: BEFORE.tsc + tsc,
            time_ns: BEFORE.time_ns + time_ns,
        }
    }

    #[test]
    fn a_cpu_that_ran_a_tenth_of_a_second_at_4_5_ghz_is_told_so() {
        // A TSC of 3 GHz, over one second.
        let now = after(450_000_000, 300_000_000, 3_000_000_000, 1_000_000_000);
        assert_eq!(now.effective_hz(BEFORE), Ok(4_500_000_000));
        let slow = after(80_000_000, 300_000_000, 3_000_000_000, 1_000_000_000);
        assert_eq!(slow.effective_hz(BEFORE), Ok(800_000_000));
    }

    #[test]
    fn a_halted_cpu_has_no_speed_and_registers_do_not_go_back() {
        assert_eq!(after(0, 0, 3, 1).effective_hz(BEFORE), Err(SpeedError::Halted));
        assert_eq!(after(1, 1, 1, 0).effective_hz(BEFORE), Err(SpeedError::Backwards));
        assert_eq!(BEFORE.effective_hz(after(1, 1, 1, 1)), Err(SpeedError::Backwards));
    }

    #[test]
    fn what_no_register_can_say_is_no_number() {
        let now = Speeds { aperf: u64::MAX, mperf: 1, tsc: u64::MAX, time_ns: 1 };
        assert_eq!(now.effective_hz(Speeds::default()), Err(SpeedError::Impossible));
        let fast = Speeds { aperf: u64::MAX, mperf: 1, tsc: 1_000_000_000, time_ns: 1_000_000_000 };
        assert_eq!(fast.effective_hz(Speeds::default()), Err(SpeedError::Impossible));
    }
}
