//! A powercap zone whose time goes on with each read of it, so that a counter begins again thousands of times within
//! seconds and yet moves by no more than a believable energy from one read to the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hearth_board::{Board, Content, EnergyCounter};

/// The cycle of the machines' curves: a step of a multiple of it is the same energy wherever it begins.
const CYCLE: Duration = Duration::from_secs(10);
const PICOJOULES_PER_JOULE: u128 = 1_000_000_000_000;

/// A zone and its own time.
#[derive(Clone)]
pub(crate) struct Treadmill {
    counter: EnergyCounter,
    step: Duration,
    runs: Arc<AtomicBool>,
    steps: Arc<AtomicU64>,
}

impl Treadmill {
    /// Puts one in the place of `energy_uj` of the zone at `path`. A step is as many whole cycles as use at most
    /// `joules`, and a bit, so that counters are met at all phases.
    pub(crate) fn put(board: &Board, path: &str, counter: &EnergyCounter, joules: u128) -> Self {
        let cycles = joules * PICOJOULES_PER_JOULE / counter.energy_pj(CYCLE);
        let step = CYCLE * u32::try_from(cycles).expect("few cycles") + Duration::from_micros(1_713);
        let (runs, steps) = (Arc::default(), Arc::default());
        let treadmill = Self { counter: counter.clone(), step, runs, steps };
        let shown = treadmill.clone();
        board.set(&format!("{path}/energy_uj"), Content::function(move |_| shown.read()));
        treadmill
    }

    fn read(&self) -> Vec<u8> {
        if self.runs.load(Ordering::Relaxed) {
            self.nudge();
        }
        format!("{}\n", self.counter.powercap_uj(self.elapsed())).into_bytes()
    }

    /// Lets its time go on with each read, or stand.
    pub(crate) fn run(&self, runs: bool) {
        self.runs.store(runs, Ordering::Relaxed);
    }

    /// One step more.
    pub(crate) fn nudge(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Its time.
    pub(crate) fn elapsed(&self) -> Duration {
        self.step * u32::try_from(self.steps.load(Ordering::Relaxed)).expect("fewer than 2^32 reads")
    }

    /// How often the counter has begun again.
    pub(crate) fn wraps(&self) -> u128 {
        let start = u128::from(self.counter.raw(Duration::ZERO));
        (start + self.counter.counts(self.elapsed())) >> 32
    }

    /// The counter.
    pub(crate) fn counter(&self) -> &EnergyCounter {
        &self.counter
    }
}
