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
        let settings = Settings { fifo_priority: 0, cpu, lock_memory: true };
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
    let mut from = 0;
    for (at, sample) in within.iter().enumerate() {
        if sample.at_ns - within[from].at_ns >= window_ns {
            let at_s = seconds(sample.at_ns - began_ns);
            points.push(Point { at_s, watts: watts(&within[from..=at]) });
            from = at;
        }
    }
    (points, peaks(&within))
}

/// Watts of each domain from the first of these samples to the last; nothing of one that a sample lacks, since the totals
/// after it may lack what flowed until then.
fn watts(window: &[&Totals]) -> Vec<Option<f64>> {
    let [first, .., last] = window else { return Vec::new() };
    let time_s = seconds(last.at_ns.saturating_sub(first.at_ns));
    let of = |domain| {
        let is_whole = window.iter().all(|sample| sample.total_uj(domain).is_some());
        let energy_uj = last.total_uj(domain)?.checked_sub(first.total_uj(domain)?)?;
        (is_whole && time_s > 0.0).then(|| joules(energy_uj) / time_s)
    };
    (0..first.totals_uj.len()).map(of).collect()
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
            for (peak, watts) in peaks.iter_mut().zip(watts(&samples[from..=at])) {
                *peak = match (*peak, watts) {
                    (Some(peak), Some(watts)) => Some(f64::max(peak, watts)),
                    (peak, watts) => peak.or(watts),
                };
            }
        }
    }
    peaks
}

/// What a domain's total had risen by at each of `cuts_ns`, which ascend, in microjoules since the first; between two
/// samples in proportion to the time. Nothing where a cut has no samples on both sides, or a sample between them lacks
/// the domain.
pub(super) fn risen_uj(samples: &[Totals], domain: usize, cuts_ns: &[u64]) -> Option<Vec<f64>> {
    let after = |at_ns: &u64| samples.partition_point(|sample| sample.at_ns < *at_ns);
    let (begin, end) = (after(cuts_ns.first()?).checked_sub(1)?, after(cuts_ns.last()?));
    let around = samples.get(begin..=end)?;
    let totals_uj = around.iter().map(|sample| sample.total_uj(domain)).collect::<Option<Vec<u64>>>()?;
    let first = *totals_uj.first()?;
    let risen_uj = |at: usize| Some(joules(totals_uj.get(at)?.checked_sub(first)?) * 1e6);
    let at_cut = |cut_ns: &u64| {
        let before = after(cut_ns).checked_sub(begin + 1)?;
        let (low, high) = (risen_uj(before)?, risen_uj(before + 1)?);
        let (from_ns, to_ns) = (around.get(before)?.at_ns, around.get(before + 1)?.at_ns);
        Some(low + (high - low) * seconds(cut_ns - from_ns) / seconds((to_ns - from_ns).max(1)))
    };
    cuts_ns.iter().map(at_cut).collect()
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
        samples[510].totals_uj = vec![None];
        let (points, _) = trace(&samples, 0, 1_000_000_000);
        let gaps = points.iter().filter(|point| point.watts[0].is_none()).count();
        assert_eq!(gaps, 2, "one within a window spoils no other");
        // What was counted after it may lack what flowed before it.
        assert_eq!(risen_uj(&samples, 0, &[490_500_000, 520_500_000]), None);
        assert!(risen_uj(&samples, 0, &[520_500_000, 530_500_000]).is_some());
    }

    #[test]
    fn between_samples_energy_rises_in_proportion_to_time() {
        let samples = samples();
        assert_eq!(risen_uj(&samples, 0, &[1_000_000, 500_500_000]), Some(vec![10_000.0, 5_015_000.0]));
        assert_eq!(risen_uj(&samples, 0, &[1, 2_000_000_000]), None, "nothing is known of what comes later");
        assert_eq!(risen_uj(&samples, 1, &[1, 500_500_000]), None);
        assert_eq!(risen_uj(&[], 0, &[1]), None);
    }
}
