//! What the machine draws while nothing is run: a stretch of seconds, each between two moves of the counter.

use std::time::Duration;

use hearth_hot::clock::sleep_until;

use super::energy::{Edge, Span, seconds};
use super::record::Idle;
use super::run::Bench;
use super::sys;

/// A window.
const SECOND_NS: u64 = 1_000_000_000;

/// Measures idleness for `time`, or until Ctrl-C; nothing where nothing measures energy.
pub(super) fn stretch(bench: &mut Bench, time: Duration) -> Option<Idle> {
    let began_s = bench.now_s();
    let (clock, domains) = (&bench.clock, &bench.domains);
    let meters = bench.meters.as_mut()?;
    meters.begin(clock);
    let mut from: Edge = meters.read_at_edge(clock);
    let begun_ns = from.totals.at_ns;
    let end_ns = begun_ns.saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let mut watts: Vec<Vec<f64>> = vec![Vec::new(); domains.len()];
    let mut error_w = vec![0.0; domains.len()];
    while from.totals.at_ns < end_ns && sys::interruptions() == 0 {
        let until_ns = (from.totals.at_ns + SECOND_NS).min(end_ns);
        // A wait that is refused would make the window shorter, not wrong.
        if sleep_until(until_ns).is_err() {
            break;
        }
        let to = meters.read_at_edge(clock);
        let span = Span { from: &from, to: &to, run_ns: u64::MAX };
        let window_s = seconds(span.window_ns().max(1));
        for (list, joules) in watts.iter_mut().zip(span.energy_j()) {
            list.extend(joules.map(|joules| joules / window_s));
        }
        for (most_w, error_j) in error_w.iter_mut().zip(span.error_j(domains)) {
            *most_w = error_j.map_or(*most_w, |error_j| f64::max(*most_w, error_j / window_s));
        }
        from = to;
        if end_ns.saturating_sub(from.totals.at_ns) < SECOND_NS / 2 {
            break;
        }
    }
    Some(Idle { began_s, seconds: seconds(from.totals.at_ns - begun_ns), watts, error_w })
}
