//! When a lane ticks and when its sensors are due. Pure: the time is an argument.
//!
//! Deadlines lie on a grid that divides each second of the lane's clock into `rate` parts, so a tick falls on every
//! whole second at every rate, and nothing drifts however the rate changes. The lane's clock is `CLOCK_MONOTONIC`
//! minus the lane's phase, which keeps lanes from waking at the same moment.

use crate::clock::SECOND_NS;
use crate::contract::Every;

/// The fastest base rate of any lane: RAPL counters advance about once a millisecond, no faster.
pub const RATE_HZ_MAX: u32 = 1000;

/// The base rates a lane may run at, and its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    idle_hz: u32,
    max_hz: u32,
    phase_ns: u64,
}

impl Rates {
    /// `idle_hz` when nobody asks, up to `max_hz` when somebody does; both at least 1 and at most [`RATE_HZ_MAX`].
    /// The lane's whole seconds begin `phase_ns` after those of `CLOCK_MONOTONIC`.
    #[must_use]
    pub fn new(idle_hz: u32, max_hz: u32, phase_ns: u64) -> Self {
        let idle_hz = idle_hz.clamp(1, RATE_HZ_MAX);
        Self { idle_hz, max_hz: max_hz.clamp(idle_hz, RATE_HZ_MAX), phase_ns: phase_ns % SECOND_NS }
    }

    /// The rate when `wanted_hz` is asked for (0: nothing is).
    #[must_use]
    pub fn choose(self, wanted_hz: u32) -> u32 {
        wanted_hz.clamp(self.idle_hz, self.max_hz)
    }
}

/// The lane's ticks: when the next one is due and what became of the last.
#[derive(Clone, Debug)]
pub struct Pace {
    rates: Rates,
    rate_hz: u32,
    deadline_ns: u64,
    second: u64,
}

/// What a tick that was served was like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// From the deadline to the moment the lane ran.
    pub late_ns: u64,
    /// Further deadlines that had passed by then; they are not served any more.
    pub missed: u64,
    /// This is the first tick of a second of the lane's clock.
    pub new_second: bool,
}

impl Pace {
    /// A lane that starts at `now_ns`, with its first tick due at once.
    #[must_use]
    pub fn new(rates: Rates, now_ns: u64) -> Self {
        let second = now_ns.saturating_sub(rates.phase_ns) / SECOND_NS;
        Self { rates, rate_hz: rates.choose(0), deadline_ns: now_ns, second }
    }

    /// When the next tick is due, on `CLOCK_MONOTONIC`.
    #[must_use]
    pub fn deadline_ns(&self) -> u64 {
        self.deadline_ns
    }

    /// The base rate in force.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Serves the tick that is due, at `now_ns`, and sets the next deadline: the first of the grid of the rate that
    /// `wanted_hz` leads to which is still to come. What was missed is counted on the grid that was in force.
    pub fn serve(&mut self, now_ns: u64, wanted_hz: u32) -> Served {
        let now_ns = now_ns.max(self.deadline_ns);
        let phase_ns = self.rates.phase_ns;
        let (clock_ns, due_ns) = (now_ns.saturating_sub(phase_ns), self.deadline_ns.saturating_sub(phase_ns));
        let missed = grid_index(clock_ns, self.rate_hz) - grid_index(due_ns, self.rate_hz);
        let late_ns = now_ns - self.deadline_ns;
        let second = clock_ns / SECOND_NS;
        let new_second = second > self.second;
        self.second = second;
        self.rate_hz = self.rates.choose(wanted_hz);
        self.deadline_ns = phase_ns + grid_time_ns(grid_index(clock_ns, self.rate_hz) + 1, self.rate_hz);
        Served { late_ns, missed, new_second }
    }
}

/// The number of the last deadline at or before `clock_ns`, when each second has `rate_hz` of them.
fn grid_index(clock_ns: u64, rate_hz: u32) -> u64 {
    let rate = u64::from(rate_hz);
    let within = ((clock_ns % SECOND_NS + 1) * rate).div_ceil(SECOND_NS) - 1;
    clock_ns / SECOND_NS * rate + within
}

/// When deadline `index` is, rounded down to the nanosecond.
fn grid_time_ns(index: u64, rate_hz: u32) -> u64 {
    let rate = u64::from(rate_hz);
    index / rate * SECOND_NS + index % rate * SECOND_NS / rate
}

/// When one sensor is due.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// 0: at each tick.
    period_ns: u64,
    offset_ns: u64,
    next_ns: u64,
}

impl Due {
    /// A sensor that is due at the next tick, whenever that is, and then on its own grid. Sensors of the same period
    /// lie one idle tick apart by their `index` in the lane's list, so that they do not all fall on one tick.
    #[must_use]
    pub fn new(every: Every, index: usize, rates: Rates) -> Self {
        let period_ns = match every {
            Every::Tick => 0,
            Every::Period(period) => u64::try_from(period.as_nanos()).unwrap_or(u64::MAX),
        };
        let steps = u64::try_from(index).unwrap_or(0) % u64::from(RATE_HZ_MAX);
        let shift_ns = grid_time_ns(steps, rates.idle_hz).checked_rem(period_ns).unwrap_or(0);
        Self { period_ns, offset_ns: rates.phase_ns.saturating_add(shift_ns), next_ns: 0 }
    }

    /// Whether the sensor is due at the tick of `now_ns`; if so, the next time is set.
    pub fn take(&mut self, now_ns: u64) -> bool {
        if self.period_ns == 0 {
            return true;
        }
        if now_ns < self.next_ns {
            return false;
        }
        self.next_ns = match now_ns.checked_sub(self.offset_ns) {
            None => self.offset_ns,
            Some(since_ns) => (since_ns / self.period_ns)
                .saturating_add(1)
                .saturating_mul(self.period_ns)
                .saturating_add(self.offset_ns),
        };
        true
    }
}

#[cfg(test)]
#[path = "tests/unit/schedule.rs"]
mod tests;
