//! What one read of an armed sensor costs, found by doing it, without a lane.

use hearth_model::{Reason, Word};

use crate::clock::{Clock, SystemClock};
use crate::contract::{Sensor, Sheet, Tick};
use crate::meters::LaneMeters;

/// Reads before the one that is timed: the first touches memory and files for the first time.
const WARMING_READS: u64 = 1;

/// Reads `sensor`, which named `series` series, and says how long the last read took in nanoseconds; nothing if the
/// machine has no clock or the read fails.
#[must_use]
pub fn cost_ns(sensor: &mut dyn Sensor, series: usize) -> Option<u64> {
    let (Ok(clock), Ok(meters)) = (SystemClock::new(), LaneMeters::new(0, 1)) else { return None };
    let mut words = vec![Word::reason(Reason::Pending); series];
    let mut cost_ns = None;
    for index in 0..=WARMING_READS {
        let monotonic_ns = clock.monotonic_ns();
        let (realtime_ns, boottime_ns) = (clock.realtime_ns(), clock.boottime_ns());
        let tick = Tick { index, monotonic_ns, realtime_ns, boottime_ns, meters: &meters };
        let outcome = sensor.read(&tick, &mut Sheet::new(&mut words));
        cost_ns = outcome.is_ok().then(|| clock.monotonic_ns().saturating_sub(monotonic_ns));
    }
    cost_ns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::State;

    struct Counts(u64, Result<State, Reason>);

    impl Sensor for Counts {
        fn read(&mut self, _tick: &Tick<'_>, _sheet: &mut Sheet<'_>) -> Result<State, Reason> {
            self.0 += 1;
            self.1
        }
    }

    #[test]
    fn the_read_that_is_timed_is_not_the_first_and_one_that_fails_has_no_cost() {
        let mut sensor = Counts(0, Ok(State::Steady));
        assert!(cost_ns(&mut sensor, 3).is_some());
        assert_eq!(sensor.0, WARMING_READS + 1);
        assert_eq!(cost_ns(&mut Counts(0, Err(Reason::IoError)), 3), None);
    }
}
