//! A processor package that draws what the programs on it ask for: a file read is a switch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hearth_board::trees::energy::{self, zone_path};
use hearth_board::{Board, COUNTER_RANGE, Content, EnergyUnit, Errno, Fault};

/// How often the counter moves.
const UPDATE_NS: u128 = 976_562;
/// What it counts in.
pub(crate) const UNIT: EnergyUnit = EnergyUnit::fraction(14);
/// So many counts before the end of its range it is put by [`NEAR_THE_END`]: 1 J.
const COUNTS_LEFT: u128 = 1 << 14;

/// The switches are files below this directory: `20000` for 20 W, and these.
pub(crate) const SWITCHES: &str = "furnace";
/// Puts the counter just before the end of its range.
pub(crate) const NEAR_THE_END: &str = "near-the-end";
/// From now on the counter cannot be read.
pub(crate) const BREAK: &str = "break";
/// Now it can again.
pub(crate) const MEND: &str = "mend";
/// A tenth more power from now on.
pub(crate) const MORE: &str = "more";

struct State {
    began: Instant,
    /// From when on it draws so many milliwatts; ascending.
    levels: Vec<(u128, u64)>,
    offset: u128,
    /// Values shown, for the wraps among them.
    last_raw: u32,
    wraps: u32,
}

/// The package.
#[derive(Clone)]
pub(crate) struct Furnace {
    state: Arc<Mutex<State>>,
    pub(crate) board: Board,
}

impl State {
    fn now_ns(&self) -> u128 {
        self.began.elapsed().as_nanos()
    }

    /// Picojoules until `until_ns`: milliwatts times nanoseconds.
    fn energy_pj(&self, until_ns: u128) -> u128 {
        let ends = self.levels.iter().skip(1).map(|level| level.0).chain([u128::MAX]);
        let spans = self.levels.iter().zip(ends);
        spans
            .map(|((from_ns, milliwatts), end_ns)| {
                end_ns.min(until_ns).saturating_sub(*from_ns) * u128::from(*milliwatts)
            })
            .sum()
    }

    fn counts(&self) -> u128 {
        UNIT.counts(self.energy_pj(self.now_ns() / UPDATE_NS * UPDATE_NS))
    }

    fn raw(&mut self) -> u32 {
        let raw = u32::try_from((self.counts() + self.offset) % COUNTER_RANGE).expect("below the range");
        self.wraps += u32::from(raw < self.last_raw);
        self.last_raw = raw;
        raw
    }

    fn level(&self) -> u64 {
        self.levels.last().map_or(0, |level| level.1)
    }

    /// Time is read here, with the state locked, so that what was shown before never knew of less power than there was.
    fn turn(&mut self, milliwatts: u64) {
        let now_ns = self.now_ns();
        self.levels.push((now_ns, milliwatts));
    }
}

impl Furnace {
    /// A desktop whose package draws this much at first and has these switches.
    pub(crate) fn new(milliwatts: u64, levels: &[u64]) -> Self {
        Self::in_board(energy::intel_client().board.let_time_run(), milliwatts, levels)
    }

    /// The same whose counter begins again after so many microjoules, as that of a machine with a small one.
    pub(crate) fn with_range(milliwatts: u64, range_uj: u64) -> Self {
        let furnace = Self::new(milliwatts, &[]);
        let shown = furnace.clone();
        let range = u128::from(range_uj) + 1;
        furnace.board.set(
            &counter_file(),
            Content::function(move |_| {
                let state = shown.state();
                let picojoules = UNIT.picojoules(state.counts());
                format!("{}\n", picojoules / 1_000_000 % range).into_bytes()
            }),
        );
        let range_file = format!("{}/max_energy_range_uj", zone_path("intel-rapl:0"));
        furnace.board.set(&range_file, Content::text(&format!("{range_uj}\n")));
        furnace
    }

    /// The same in a board that has other things, too.
    pub(crate) fn in_board(board: Board, milliwatts: u64, levels: &[u64]) -> Self {
        let state = State {
            began: Instant::now(),
            levels: vec![(0, milliwatts)],
            offset: 1_000_000,
            last_raw: 0,
            wraps: 0,
        };
        let furnace = Self { state: Arc::new(Mutex::new(state)), board };
        let shown = furnace.clone();
        furnace.board.set(
            &counter_file(),
            Content::function(move |_| {
                let raw = shown.state().raw();
                format!("{}\n", UNIT.powercap_uj(raw)).into_bytes()
            }),
        );
        for &level in levels {
            furnace.switch(&level.to_string(), move |furnace| furnace.state().turn(level));
        }
        furnace.switch(MORE, |furnace| {
            let mut state = furnace.state();
            let level = state.level();
            state.turn(level * 11 / 10);
        });
        furnace.switch(NEAR_THE_END, |furnace| {
            let mut state = furnace.state();
            state.offset = 2 * COUNTER_RANGE - COUNTS_LEFT - state.counts() % COUNTER_RANGE;
            state.last_raw = 0;
        });
        furnace.switch(BREAK, |furnace| furnace.board.fault(&counter_file(), Fault::Error(Errno::EIO)));
        furnace.switch(MEND, |furnace| furnace.board.clear(&counter_file()));
        furnace
    }

    fn switch(&self, name: &str, turned: impl Fn(&Self) + Copy + Send + Sync + 'static) {
        let furnace = self.clone();
        let content = Content::function(move |_| {
            turned(&furnace);
            b"\n".to_vec()
        });
        self.board.set(&format!("{SWITCHES}/{name}"), content);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the counter was seen to begin again.
    pub(crate) fn wraps(&self) -> u32 {
        self.state().wraps
    }

    /// For how long it drew so much, each time that it did and stopped to.
    pub(crate) fn spells(&self, milliwatts: u64) -> Vec<Duration> {
        let state = self.state();
        let pairs = state.levels.windows(2).filter(|pair| pair[0].1 == milliwatts);
        pairs
            .map(|pair| Duration::from_nanos(u64::try_from(pair[1].0 - pair[0].0).expect("a short time")))
            .collect()
    }
}

fn counter_file() -> String {
    format!("{}/energy_uj", zone_path("intel-rapl:0"))
}
