//! Figures of a command that are not about its spread: counts, peaks, and the run that stands for the others.

use super::analysis::{headline, headline_domains};
use super::record::{Facts, Measured, Record, Run};

/// An event over all runs of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Count<'a> {
    /// The event.
    pub name: &'a str,
    /// Mean of the runs.
    pub mean: u128,
    /// The least part of the time in which it was counted.
    pub ratio: f64,
}

/// Below this part of the time a count is an estimate worth a word.
pub const SCALED: f64 = 0.99;

/// Each event that every run counted.
#[must_use]
pub fn counts<'a>(record: &'a Record, measured: &Measured) -> Vec<Count<'a>> {
    let count = |(at, name): (usize, &'a String)| {
        let of = |run: &Run| run.counters.get(at).copied().flatten();
        let counted: Vec<_> = measured.runs.iter().map(of).collect::<Option<_>>()?;
        let runs = u128::try_from(counted.len()).unwrap_or(u128::MAX);
        let mean = counted.iter().map(|one| u128::from(one.value)).sum::<u128>().checked_div(runs)?;
        Some(Count { name, mean, ratio: counted.iter().map(|one| one.ratio).fold(1.0, f64::min) })
    };
    record.facts.counters.iter().enumerate().filter_map(count).collect()
}

/// The most watts of the headline in any run, and none if no run has them.
#[must_use]
pub fn peak_w(measured: &Measured, domains: &[usize]) -> Option<f64> {
    measured.runs.iter().filter_map(|run| headline(domains, &run.peak_w)).reduce(f64::max)
}

/// Whether the headline's figures are computed from watts the owner named.
#[must_use]
pub fn is_estimated(facts: &Facts) -> bool {
    headline_domains(facts).iter().any(|at| facts.domains[*at].is_estimated())
}

/// What the headline's energy is called in a sentence.
#[must_use]
pub fn energy_name(facts: &Facts) -> &'static str {
    if is_estimated(facts) { "estimated energy" } else { "energy" }
}

/// The run that stands for the others, and its number from 1: of those with a curve of power the one in the middle by
/// time.
#[must_use]
pub fn typical(measured: &Measured) -> Option<(usize, &Run)> {
    let mut drawn: Vec<_> = (1..).zip(&measured.runs).filter(|(_, run)| run.trace.len() > 1).collect();
    drawn.sort_by(|(_, one), (_, other)| one.wall_s.total_cmp(&other.wall_s));
    drawn.get(drawn.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::record::{Counted, Point};
    use crate::profile::testing::record;

    #[test]
    fn a_count_is_the_mean_of_all_runs_and_one_that_a_run_lacks_is_none() {
        let mut record = record(&[("A", 10.0, 1.0)], 2);
        record.facts.counters = vec!["cycles".to_owned(), "faults".to_owned()];
        for (run, (value, ratio)) in record.results[0].runs.iter_mut().zip([(4, 0.25), (8, 0.125)]) {
            run.counters = vec![Some(Counted { value, ratio }), None];
        }
        let found = counts(&record, &record.results[0]);
        assert_eq!(found, [Count { name: "cycles", mean: 6, ratio: 0.125 }]);
        record.results[0].runs.clear();
        assert!(counts(&record, &record.results[0]).is_empty());
    }

    #[test]
    fn peaks_are_those_of_the_run_with_most() {
        let mut record = record(&[("A", 10.0, 1.0)], 3);
        record.results[0].runs[1].peak_w = vec![Some(99.0)];
        record.results[0].runs[2].peak_w = vec![None];
        assert_eq!(peak_w(&record.results[0], &[0]), Some(99.0));
        assert_eq!(peak_w(&record.results[0], &[]), None);
    }

    #[test]
    fn the_run_in_the_middle_stands_for_the_others() {
        let mut record = record(&[("A", 10.0, 1.0)], 4);
        assert_eq!(typical(&record.results[0]), None);
        for (run, wall_s) in record.results[0].runs.iter_mut().zip([4.0, 1.0, 2.0, 3.0]) {
            run.wall_s = wall_s;
            run.trace = vec![Point { at_s: 0.1, watts: vec![] }; 2];
        }
        record.results[0].runs[0].trace.clear();
        let (number, run) = typical(&record.results[0]).unwrap();
        assert_eq!((number, run.wall_s), (3, 2.0));
    }
}
