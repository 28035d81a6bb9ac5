//! A comparison in words, plain enough to be repeated.

use super::Comparison;
use crate::profile::stats::interval::{self, Interval};

impl Comparison {
    /// The comparison in a sentence: `B uses 3.1 % ± 0.6 % less energy than A; time equal within 0.4 %; …`. `is_estimated`
    /// is whether energy and power are, which is then said of them.
    #[must_use]
    pub fn sentence(&self, name: &str, reference: &str, is_estimated: bool) -> String {
        let (energy, power) =
            if is_estimated { ("estimated energy", "estimated power") } else { ("energy", "power") };
        let figures = [(energy, &self.energy), ("time", &self.time), (power, &self.power)];
        let mut parts: Vec<String> =
            figures.iter().filter_map(|(what, interval)| Some(clause(what, interval.as_ref()?))).collect();
        // Of runs that are too few nothing is told, and that is said for all figures.
        if let Some(why) = self.no_energy.as_ref().filter(|_| !parts.is_empty()) {
            parts.push(format!("{energy} and {power} cannot be compared: {why}"));
        }
        match &parts[..] {
            [] if self.pairs < interval::LEAST => {
                format!(
                    "{name} beside {reference}: too few runs to compare; give --runs at least {}",
                    interval::LEAST
                )
            }
            [] => format!("{name} beside {reference}: cannot be compared"),
            _ => {
                let few = if self.pairs < interval::FEW { FEW } else { "" };
                format!("{name} beside {reference}: {}{few}", parts.join("; "))
            }
        }
    }
}

/// Said of intervals that were drawn from fewer than [`interval::FEW`] pairs.
const FEW: &str = " (intervals of fewer than 10 runs are rough: too wide of even noise, too narrow where far outliers are rare)";

/// An interval nearer to 1 than this on both sides is called equal.
const EQUAL_WITHIN: f64 = 0.01;
/// Changes above this are not told apart.
const MOST_PERCENT: f64 = 1000.0;

fn clause(what: &str, ratio: &Interval) -> String {
    let percent = |part: f64| part * 100.0;
    if ratio.holds(1.0) {
        let within = (ratio.high - 1.0).max(1.0 - ratio.low);
        return if within <= EQUAL_WITHIN {
            format!("{what} equal within {:.1} %", percent(within))
        } else {
            // An interval without an end in sight is not worth its digits.
            let high = percent(ratio.high - 1.0);
            let high = if high > MOST_PERCENT {
                format!("beyond {MOST_PERCENT:+.0} %")
            } else {
                format!("{high:+.1} %")
            };
            format!(
                "cannot tell whether it takes more or less {what} ({:+.1} % to {high}): add runs",
                percent(ratio.low - 1.0)
            )
        };
    }
    let (change, word) =
        if ratio.estimate > 1.0 { (ratio.estimate - 1.0, "more") } else { (1.0 - ratio.estimate, "less") };
    // Wide intervals reach further up than down: what is not 1 must not look as if it could be.
    if ratio.half_width() >= change {
        return format!(
            "{:.1} % {word} {what} ({:+.1} % to {:+.1} %)",
            percent(change),
            percent(ratio.low - 1.0),
            percent(ratio.high - 1.0)
        );
    }
    format!("{:.1} % ± {:.1} % {word} {what}", percent(change), percent(ratio.half_width()))
}
