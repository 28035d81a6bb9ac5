//! Power during a run: every domain's total at each tick of a lane, read back as a trace.
//!
//! The lane and its ring are those of the daemon, with one sensor: the processor's energy. What the ring holds is drained
//! while the program runs, so that a run may be longer than the ring.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hearth_drivers::rapl::accumulate::Moment;
use hearth_hot::armed::Armed;
use hearth_hot::contract::{
    Absent, Arming, Every, LaneKind, Sensor, SensorConfig, SensorDef, Sheet, Slot, State, Tick,
};
use hearth_hot::frames::Frames;
use hearth_hot::lane::{LaneSpec, Shape};
use hearth_hot::ring::{Cursor, Ring};
use hearth_hot::schedule::Rates;
use hearth_hot::thread::{LaneHandle, Settings, StartError, Stopped};
use hearth_model::{Reason, Word, catalogue::energy::ENERGY};

use crate::config::Config;

use super::energy::{Meters, Totals, joules, seconds};
use super::record::Point;

/// Domains that are sampled at most: as many columns as the ring of every tick may have.
pub(super) const DOMAINS_MAX: usize = 8;
/// Seconds that the ring holds.
const RING_SECONDS: usize = 10;
/// Windows of the trace at most, however long the run.
const POINTS_MAX: usize = 500;
/// The shortest window of the trace, in nanoseconds: twenty updates of the counter.
const WINDOW_LEAST_NS: u64 = 20_000_000;
/// The window over which the most watts are looked for, in nanoseconds.
const PEAK_NS: u64 = 100_000_000;
/// How long the lane may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// The lane's one sensor. It is made with its meters, and never armed by a list.
static SENSOR: SensorDef = SensorDef {
    name: "profile",
    source: "RAPL",
    lane: LaneKind::Steady,
    every: Every::Tick,
    budget: Duration::from_micros(100),
    metrics: &[],
    arm: no_arm,
};

fn no_arm(_arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let what = "this sensor is made by the profiler alone".to_owned();
    Err(Absent { reason: Reason::Absent, what, fix: String::new() })
}

struct Sampled {
    meters: Meters,
    totals_uj: Box<[Option<u64>]>,
    /// One slot a domain, in their order.
    slots: Box<[Slot]>,
}

impl Sensor for Sampled {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let now = Moment { monotonic_ns: tick.monotonic_ns, boottime_ns: tick.boottime_ns };
        self.meters.read_into(now, &mut self.totals_uj);
        for (slot, total_uj) in self.slots.iter().zip(&self.totals_uj) {
            match total_uj {
                Some(total_uj) => sheet.count(*slot, *total_uj),
                None => sheet.fail(*slot, Reason::Uncertain),
            }
        }
        Ok(State::Steady)
    }
}

/// A running lane that samples energy.
pub(super) struct Sampler {
    lane: LaneHandle,
    ring: Arc<Ring>,
    frames: Frames,
    cursor: Cursor,
    taken: Vec<Totals>,
    lost: u64,
}

impl Sampler {
    /// Starts sampling `domains` domains of `root` at `rate_hz`.
    ///
    /// # Errors
    /// The lane would not start.
    pub(super) fn start(
        root: &Path,
        domains: usize,
        rate_hz: u32,
        cpu: Option<usize>,
    ) -> Result<Option<Self>, StartError> {
        let Ok(meters) = Meters::open(root) else { return Ok(None) };
        let columns = domains.min(DOMAINS_MAX);
        let config = SensorConfig::from(&Config::default());
        let mut arming = Arming::new(root, &config, LaneKind::Steady, &["profile"]);
        let slots: Box<[_]> = (0..columns).map(|_| arming.slot(&ENERGY, &["", "", ""])).collect();
        let totals_uj = vec![None; domains].into_boxed_slice();
        let places = || (0..).take(columns);
        let armed = Armed::new(
            &SENSOR,
            Box::new(Sampled { meters, totals_uj, slots }),
            places().collect(),
            places().zip(0..).collect(),
            Box::new([]),
        );
        let frames = usize::try_from(rate_hz).unwrap_or(1) * RING_SECONDS;
        let spec = LaneSpec {
            kind: LaneKind::Steady,
            rates: Rates::new(rate_hz, rate_hz, 0),
            sensors: Box::new([Some(armed)]),
            generation: 1,
            places: columns,
            ring: Some(Shape { columns, frames }),
            history: Shape { columns: 1, frames: 2 },
            control: thread::current(),
        };
        let settings = Settings { fifo_priority: 10, cpu, lock_memory: true };
        let lane = LaneHandle::start(spec, settings)?;
        let Some(ring) = lane.ends.ring.clone() else { return Ok(None) };
        let (frames, cursor) = (Frames::of(&ring, frames), ring.from_newest());
        Ok(Some(Self { lane, ring, frames, cursor, taken: Vec::new(), lost: 0 }))
    }

    /// Forgets what was sampled so far.
    pub(super) fn begin(&mut self) {
        self.cursor = self.ring.from_newest();
        self.taken.clear();
        self.lost = 0;
    }

    /// Takes what has been sampled since; to be called more often than the ring is long.
    pub(super) fn drain(&mut self) {
        loop {
            let read = self.ring.read(&mut self.cursor, self.frames.capacity(), &mut self.frames);
            self.lost += read.lost;
            if read.frames == 0 {
                return;
            }
            for (frame, time_us) in self.frames.times_us().iter().take(read.frames).enumerate() {
                let word = |column| self.frames.column(column).get(frame).copied();
                let totals_uj = (0..self.frames.columns()).map(|column| total(word(column)?)).collect();
                self.taken.push(Totals { at_ns: time_us.saturating_mul(1000), totals_uj });
            }
        }
    }

    /// What was sampled since [`Sampler::begin`].
    pub(super) fn samples(&self) -> &[Totals] {
        &self.taken
    }

    /// Ends the lane.
    pub(super) fn stop(self) {
        if self.lane.stop(PATIENCE) != Stopped::Asked {
            tracing::warn!("the sampling lane did not end by itself");
        }
    }
}

fn total(word: Word) -> Option<u64> {
    word.reading().ok().and_then(|value| u64::try_from(value).ok())
}

/// The trace of the run from `began_ns` on, for `run_ns`, and the most watts of each domain over any tenth of a second.
pub(super) fn trace(samples: &[Totals], began_ns: u64, run_ns: u64) -> (Vec<Point>, Vec<Option<f64>>) {
    let within: Vec<&Totals> =
        samples.iter().filter(|sample| (began_ns..=began_ns + run_ns).contains(&sample.at_ns)).collect();
    let window_ns = (run_ns / POINTS_MAX as u64).max(WINDOW_LEAST_NS);
    let mut points = Vec::new();
    let mut from = within.first().copied();
    for sample in &within {
        let Some(last) = from else { break };
        if sample.at_ns - last.at_ns >= window_ns {
            let at_s = seconds(sample.at_ns - began_ns);
            points.push(Point { at_s, watts: watts(last, sample) });
            from = Some(sample);
        }
    }
    (points, peaks(&within))
}

/// Watts of each domain between two samples.
fn watts(from: &Totals, to: &Totals) -> Vec<Option<f64>> {
    let time_s = seconds(to.at_ns.saturating_sub(from.at_ns));
    let pairs = from.totals_uj.iter().zip(&to.totals_uj);
    pairs
        .map(|(from, to)| {
            let energy_uj = to.as_ref()?.checked_sub(*from.as_ref()?)?;
            (time_s > 0.0).then(|| joules(energy_uj) / time_s)
        })
        .collect()
}

fn peaks(samples: &[&Totals]) -> Vec<Option<f64>> {
    let domains = samples.first().map_or(0, |sample| sample.totals_uj.len());
    let mut peaks = vec![None; domains];
    let mut from = 0;
    for (at, sample) in samples.iter().enumerate() {
        // The latest sample that is a whole window before this one.
        while from + 1 < at && sample.at_ns - samples[from + 1].at_ns >= PEAK_NS {
            from += 1;
        }
        // A run shorter than a window is a window.
        let is_window =
            sample.at_ns - samples[from].at_ns >= PEAK_NS || at + 1 == samples.len() && from == 0 && at > 0;
        if is_window {
            for (peak, watts) in peaks.iter_mut().zip(watts(samples[from], sample)) {
                *peak = match (*peak, watts) {
                    (Some(peak), Some(watts)) => Some(f64::max(peak, watts)),
                    (peak, watts) => peak.or(watts),
                };
            }
        }
    }
    peaks
}

/// What each domain's total had risen by at `at_ns`, in microjoules since the first sample, between two samples in
/// proportion to the time; nothing where there are no samples on both sides.
pub(super) fn risen_uj(samples: &[Totals], domain: usize, at_ns: u64) -> Option<f64> {
    let first = (*samples.first()?.totals_uj.get(domain)?)?;
    let after = samples.partition_point(|sample| sample.at_ns < at_ns);
    let risen = |sample: &Totals| {
        Some(joules(sample.totals_uj.get(domain).copied().flatten()?.checked_sub(first)?) * 1e6)
    };
    let (before, after) = (samples.get(after.checked_sub(1)?)?, samples.get(after)?);
    let (low, high) = (risen(before)?, risen(after)?);
    let part = seconds(at_ns - before.at_ns) / seconds((after.at_ns - before.at_ns).max(1));
    Some(low + (high - low) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 W, but 30 W from 0.5 s to 0.7 s, sampled at 1 kHz.
    fn samples() -> Vec<Totals> {
        let mut total_uj = 7_000_000;
        (0..=1000_u64)
            .map(|ms| {
                let sample = Totals { at_ns: ms * 1_000_000, totals_uj: vec![Some(total_uj)] };
                total_uj += if (500..700).contains(&ms) { 30_000 } else { 10_000 };
                sample
            })
            .collect()
    }

    #[test]
    fn the_trace_shows_where_power_went_and_the_peak_is_over_a_tenth_of_a_second() {
        let (points, peaks) = trace(&samples(), 0, 1_000_000_000);
        assert_eq!(points.len(), 50);
        let at = |at_s: f64| points.iter().find(|point| point.at_s >= at_s).unwrap().watts[0].unwrap();
        assert!((at(0.1) - 10.0).abs() < 1e-6 && (at(0.6) - 30.0).abs() < 1e-6, "{points:?}");
        assert!((peaks[0].unwrap() - 30.0).abs() < 1e-6);
        let (points, peaks) = trace(&samples()[..31], 0, 30_000_000);
        assert_eq!(points.len(), 1);
        assert!((peaks[0].unwrap() - 10.0).abs() < 1e-6, "a short run is its own window");
    }

    #[test]
    fn a_gap_in_the_counts_is_a_gap_in_the_trace() {
        let mut samples = samples();
        samples[500].totals_uj = vec![None];
        let (points, _) = trace(&samples, 0, 1_000_000_000);
        let gaps = points.iter().filter(|point| point.watts[0].is_none()).count();
        assert_eq!(gaps, 2, "the windows on both sides of it");
    }

    #[test]
    fn between_samples_energy_rises_in_proportion_to_time() {
        let samples = samples();
        assert_eq!(risen_uj(&samples, 0, 500_500_000), Some(5_015_000.0));
        assert_eq!(risen_uj(&samples, 0, 2_000_000_000), None, "nothing is known of what comes later");
        assert_eq!(risen_uj(&samples, 1, 500_500_000), None);
        assert_eq!(risen_uj(&[], 0, 1), None);
    }
}
