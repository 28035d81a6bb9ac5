//! A comparison in words, plain enough to be repeated.

use super::Comparison;
use crate::profile::stats::interval::{self, Interval};

impl Comparison {
    /// The comparison in a sentence: `B uses 3.1 % ± 0.6 % less energy than A; time equal within 0.4 %`. `energy` is
    /// what energy is called, which is something else where it is an estimate.
    #[must_use]
    pub fn sentence(&self, name: &str, reference: &str, energy: &str) -> String {
        let parts: Vec<String> =
            [(energy, &self.energy, ("more", "less")), ("time", &self.time, ("more", "less"))]
                .into_iter()
                .filter_map(|(what, interval, words)| Some(clause(what, interval.as_ref()?, words)))
                .collect();
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

fn clause(what: &str, ratio: &Interval, (more, less): (&str, &str)) -> String {
    let percent = |part: f64| part * 100.0;
    if ratio.holds(1.0) {
        let within = (ratio.high - 1.0).max(1.0 - ratio.low);
        return if within <= EQUAL_WITHIN {
            format!("{what} equal within {:.1} %", percent(within))
        } else {
            format!(
                "cannot tell whether it takes more or less {what} ({:+.1} % to {:+.1} %): add runs",
                percent(ratio.low - 1.0),
                percent(ratio.high - 1.0)
            )
        };
    }
    let (change, word) =
        if ratio.estimate > 1.0 { (ratio.estimate - 1.0, more) } else { (1.0 - ratio.estimate, less) };
    format!("{:.1} % ± {:.1} % {word} {what}", percent(change), percent(ratio.half_width()))
}
