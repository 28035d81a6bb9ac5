//! A lane: one tick after another, each of which takes orders, reads the sensors that are due, and writes ring,
//! history and page. It neither sleeps nor knows its thread, so a test steps it with a clock of its own.
//!
//! ```text
//! tick:  clock ─► pace ─► orders ─► due sensors ─► words ─► staged page, frames ─► ring, history, page ─► signals
//! ```

use std::thread::Thread;

use hearth_model::{Reason, Word};

use crate::armed::{Armed, Limits, Misfit, index};
use crate::clock::Clock;
use crate::contract::{Every, LaneKind, State, Tick};
use crate::meters::LaneMeters;
use crate::orders::{self, Desk, Inbox, ORDERS_MAX, Order, Vacated};
use crate::page::{Page, PageWriter, Stamp};
use crate::ring::Ring;
use crate::schedule::{Due, Pace, Rates};
use crate::signals::{Signals, Wanted};
use crate::sync::{Arc, Region, region};
use crate::track::Track;

pub use crate::track::Shape;

/// Sensors of one lane, at most: one bit each in [`Signals::take_changed`].
pub const SENSORS_MAX: usize = 64;

const _: () = assert!(SENSORS_MAX == 64, "the changed sensors are the bits of a u64");

/// Everything a lane is made of.
pub struct LaneSpec {
    /// Its kind, which is also its name.
    pub kind: LaneKind,
    /// The rates it may run at.
    pub rates: Rates,
    /// One entry for each sensor of the lane in the order of the list of sensors; `None` where one could not be armed.
    pub sensors: Box<[Option<Armed>]>,
    /// The generation of series that these sensors were numbered in.
    pub generation: u32,
    /// Places in the page, those of series to come included.
    pub places: usize,
    /// The ring of every tick.
    pub ring: Option<Shape>,
    /// The ring of every second.
    pub history: Shape,
    /// The thread that is unparked when a sensor has changed or a generation is installed.
    pub control: Thread,
}

/// Why a lane could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// More sensors than bits.
    #[error("a lane holds {SENSORS_MAX} sensors, not {0}; move some of them to another lane")]
    TooManySensors(usize),
    /// A sensor does not fit the lane.
    #[error("sensor {name} does not fit the lane: {misfit}")]
    Misfit {
        /// The sensor.
        name: &'static str,
        /// What does not fit.
        misfit: Misfit,
    },
    /// The histogram of lateness was refused.
    #[error("the histogram of lateness was refused: {0}")]
    Histogram(hdrhistogram::CreationError),
}

/// What stays outside when a lane runs.
pub struct LaneEnds {
    /// Sensors in and out.
    pub desk: Desk,
    /// The newest word of every series.
    pub page: Arc<Page>,
    /// The ring of every tick.
    pub ring: Option<Arc<Ring>>,
    /// The ring of every second.
    pub history: Arc<Ring>,
    /// What the lane says and is told.
    pub signals: Arc<Signals>,
}

impl LaneEnds {
    /// For those who want the lane to run faster.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted::new(Arc::clone(&self.signals))
    }
}

/// The lane itself.
pub struct LaneCore {
    rates: Rates,
    pace: Pace,
    seats: Box<[Seat]>,
    meters: LaneMeters,
    page: PageWriter,
    ring: Option<Track>,
    history: Track,
    inbox: Inbox,
    signals: Arc<Signals>,
    control: Thread,
    generation: u32,
    /// Sensors that said that they have changed since they were armed.
    told: u64,
    /// The page of `generation` is still to be published.
    news: bool,
}

/// A sensor's place in the lane, taken or not.
struct Seat {
    armed: Option<Armed>,
    due: Due,
}

impl LaneCore {
    /// A lane whose first tick is due at `now_ns`, and its ends. Everything that it will ever use is allocated here.
    ///
    /// # Errors
    /// What is wrong with the specification.
    pub fn new(spec: LaneSpec, now_ns: u64) -> Result<(Self, LaneEnds), LaneError> {
        if spec.sensors.len() > SENSORS_MAX {
            return Err(LaneError::TooManySensors(spec.sensors.len()));
        }
        let limits = Limits {
            sensors: spec.sensors.len(),
            places: spec.places,
            ring_columns: spec.ring.map_or(0, |shape| shape.columns),
            history_columns: spec.history.columns,
        };
        for armed in spec.sensors.iter().flatten() {
            armed.fits(&limits).map_err(|misfit| LaneError::Misfit { name: armed.def.name, misfit })?;
        }
        let pace = Pace::new(spec.rates, now_ns);
        let meters = LaneMeters::new(limits.sensors, pace.rate_hz()).map_err(LaneError::Histogram)?;
        let seats = spec.sensors.into_iter().enumerate().map(|(at, armed)| Seat::new(armed, at, spec.rates));
        let (page, page_reader) = Page::new(spec.places);
        let (ring, ring_reader) = spec.ring.map(Track::new).unzip();
        let (history, history_reader) = Track::new(spec.history);
        let (desk, inbox) = orders::open(limits);
        let signals = Signals::new();
        let core = Self {
            rates: spec.rates,
            pace,
            seats: seats.collect(),
            meters,
            page,
            ring,
            history,
            inbox,
            signals: Arc::clone(&signals),
            control: spec.control,
            generation: spec.generation,
            told: 0,
            news: true,
        };
        let ends = LaneEnds { desk, page: page_reader, ring: ring_reader, history: history_reader, signals };
        Ok((core, ends))
    }

    /// Runs the tick that is due and returns when the next one is, on `CLOCK_MONOTONIC` in nanoseconds.
    pub fn tick(&mut self, clock: &impl Clock) -> u64 {
        let monotonic_ns = clock.monotonic_ns();
        let realtime_ns = clock.realtime_ns();
        let boottime_ns = clock.boottime_ns();
        let served = self.pace.serve(monotonic_ns, self.signals.wanted_hz());
        let stamp_tick = self.meters.ticks;
        self.meters.record_lateness(served.late_ns);
        self.meters.missed += served.missed;
        self.meters.ticks += 1;
        self.meters.rate_hz = self.pace.rate_hz();
        self.take_orders();
        let begun = Begun { index: stamp_tick, monotonic_ns, realtime_ns, boottime_ns };
        let read = self.read_due(clock, &begun);
        if let Some(ring) = &mut self.ring {
            ring.push(monotonic_ns);
        }
        if served.new_second {
            self.history.push(monotonic_ns);
        }
        if read.any || self.news {
            let stamp = Stamp { tick: stamp_tick, monotonic_ns, realtime_ns, generation: self.generation };
            self.page.publish(stamp, |_| ());
        }
        self.tell(read.changed);
        self.pace.deadline_ns()
    }

    /// When the tick to come is due, on `CLOCK_MONOTONIC` in nanoseconds.
    #[must_use]
    pub fn deadline_ns(&self) -> u64 {
        self.pace.deadline_ns()
    }

    /// What the lane knows about itself.
    #[must_use]
    pub fn meters(&self) -> &LaneMeters {
        &self.meters
    }

    /// Whether the handle wants the lane to end.
    #[must_use]
    pub fn is_to_stop(&self) -> bool {
        self.signals.is_to_stop()
    }

    /// The memory that ticks touch, for locking it: rings, page, words and the lane itself. Sensors that come by an
    /// order are locked by the one who sends it.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        let tracks = self.ring.iter().chain([&self.history]);
        let armed = self.seats.iter().filter_map(|seat| seat.armed.as_ref());
        [region(std::slice::from_ref(self)), region(&self.seats), region(&self.meters.sensors)]
            .into_iter()
            .chain(self.page.regions())
            .chain(tracks.flat_map(Track::regions))
            .chain(armed.flat_map(Armed::regions))
    }

    /// Carries out the orders that wait, at most [`ORDERS_MAX`] of them.
    fn take_orders(&mut self) {
        for _ in 0..ORDERS_MAX {
            let Some(mut order) = self.inbox.take() else { return };
            self.carry_out(&mut order);
            self.inbox.give_back(order);
        }
    }

    fn carry_out(&mut self, order: &mut Order) {
        let Vacated { places, ring, history } = &order.vacated;
        let edit = self.page.stage();
        for &place in places {
            edit.put(index(place), Word::reason(Reason::Gone));
        }
        if let Some(track) = &mut self.ring {
            track.vacate(ring);
        }
        self.history.vacate(history);
        // The desk has checked the position; with any other the order goes back as it came.
        if let Some(seat) = self.seats.get_mut(order.at) {
            std::mem::swap(&mut seat.armed, &mut order.armed);
            if let (Some(armed), Some(replaced)) = (&mut seat.armed, &order.armed) {
                armed.take_over(replaced);
            }
            seat.due = seat.due_at(order.at, self.rates);
            self.told &= !bit(order.at);
        }
        self.generation = order.generation;
        self.news = true;
    }

    fn read_due(&mut self, clock: &impl Clock, begun: &Begun) -> ReadOutcome {
        let Begun { index: tick_index, monotonic_ns, realtime_ns, boottime_ns } = *begun;
        let mut outcome = ReadOutcome { any: false, changed: 0 };
        let mut begun_ns = clock.monotonic_ns();
        for (at, seat) in self.seats.iter_mut().enumerate() {
            let Some(armed) = &mut seat.armed else { continue };
            if !seat.due.take(monotonic_ns) {
                continue;
            }
            let tick =
                Tick { index: tick_index, monotonic_ns, realtime_ns, boottime_ns, meters: &self.meters };
            let state = armed.read(&tick);
            let ended_ns = clock.monotonic_ns();
            let cost_ns = ended_ns.saturating_sub(begun_ns);
            begun_ns = ended_ns;
            if let Some(meter) = self.meters.sensors.get_mut(at) {
                meter.reads += 1;
                meter.failures += u64::from(state.is_err());
                meter.over_budget += u64::from(u128::from(cost_ns) > armed.def.budget.as_nanos());
                meter.cost_ns += cost_ns;
            }
            if state == Ok(State::Changed) {
                outcome.changed |= bit(at);
            }
            outcome.any = true;
            let edit = self.page.stage();
            for (&place, &word) in armed.places.iter().zip(&armed.words) {
                edit.put(index(place), word);
            }
            if let Some(ring) = &mut self.ring {
                ring.take_words(&armed.ring, &armed.words);
            }
            self.history.take_words(&armed.history, &armed.words);
        }
        outcome
    }

    /// Says what the control thread has to know, and wakes it if there is anything. A sensor's change is told once,
    /// until it is armed anew.
    fn tell(&mut self, changed: u64) {
        let fresh = changed & !self.told;
        self.told |= fresh;
        if fresh != 0 {
            self.signals.add_changed(fresh);
        }
        if self.news {
            self.signals.set_installed(self.generation);
        }
        if self.news || fresh != 0 {
            self.control.unpark();
        }
        self.news = false;
    }
}

/// The moment of a tick, for the sensors that are due.
struct Begun {
    index: u64,
    monotonic_ns: u64,
    realtime_ns: u64,
    boottime_ns: u64,
}

/// What reading the sensors that were due has brought.
struct ReadOutcome {
    any: bool,
    changed: u64,
}

impl Seat {
    fn new(armed: Option<Armed>, at: usize, rates: Rates) -> Self {
        let mut seat = Self { armed, due: Due::new(Every::Tick, at, rates) };
        seat.due = seat.due_at(at, rates);
        seat
    }

    /// Due at once, then as its sensor's definition says.
    fn due_at(&self, at: usize, rates: Rates) -> Due {
        Due::new(self.armed.as_ref().map_or(Every::Tick, |armed| armed.def.every), at, rates)
    }
}

/// The bit of sensor `at`.
fn bit(at: usize) -> u64 {
    u32::try_from(at).ok().and_then(|at| 1_u64.checked_shl(at)).unwrap_or(0)
}
