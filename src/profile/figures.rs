//! Figures of a command that are not about its spread: counts, peaks, and the run that stands for the others.

use super::analysis::{Analysis, CommandAnalysis, headline, headline_domains};
use super::record::{Facts, Measured, Phase, Record, Run};
use super::stats::summary::Summary;
use super::units::grouped;

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

/// The most memory that a process of any run had resident, with its unit; a bound where the profiler itself had more.
#[must_use]
pub fn peak_memory(facts: &Facts, measured: &Measured) -> String {
    let bytes = measured.runs.iter().map(|run| run.max_rss_bytes).max().unwrap_or(0);
    let is_bound = facts.own_rss_bytes > 0 && bytes <= facts.own_rss_bytes;
    let bound = if is_bound { "at most " } else { "" };
    format!("{bound}{} KiB", grouped(u128::from(bytes / 1024)))
}

/// The most watts of the headline in any run, and none if no run has them.
#[must_use]
pub fn peak_w(measured: &Measured, domains: &[usize]) -> Option<f64> {
    measured.runs.iter().filter_map(|run| headline(domains, &run.peak_w)).reduce(f64::max)
}

/// Why a command has no net energy; nothing where it has.
#[must_use]
pub fn net_refused(analysis: &Analysis, found: &CommandAnalysis) -> Option<String> {
    if found.net_j.is_some() {
        return None;
    }
    let idle = analysis.idle.err().map(|why| why.to_string());
    found.no_energy.clone().or(idle)
}

/// The time that [`peak_w`] is over, unless a run is shorter ([`Run::peak_w`]).
pub const PEAK_WINDOW: &str = "100 ms";

/// A phase over all runs of a command that have it. Parts of a run with the same name are added up.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseFigures<'a> {
    /// Its name.
    pub name: &'a str,
    /// Runs that have it.
    pub runs: usize,
    /// When it begins for the first time, in seconds since the run began.
    pub began_s: Summary,
    /// Seconds.
    pub wall_s: Summary,
    /// Joules of the headline domains, if each of those runs has them.
    pub energy_j: Option<Summary>,
    /// Watts, likewise.
    pub power_w: Option<Summary>,
    /// Each event that all of those runs counted.
    pub counts: Vec<(&'a str, Summary)>,
}

/// The phases of a command, in the order in which they first appear.
#[must_use]
pub fn phases<'a>(record: &'a Record, measured: &'a Measured) -> Vec<PhaseFigures<'a>> {
    let mut names: Vec<&str> = Vec::new();
    for phase in measured.runs.iter().flat_map(|run| &run.phases) {
        if !names.contains(&phase.name.as_str()) {
            names.push(&phase.name);
        }
    }
    names.into_iter().filter_map(|name| phase(record, measured, name)).collect()
}

fn phase<'a>(record: &'a Record, measured: &'a Measured, name: &'a str) -> Option<PhaseFigures<'a>> {
    let of_run =
        |run: &'a Run| -> Vec<&Phase> { run.phases.iter().filter(|phase| phase.name == name).collect() };
    let runs: Vec<Vec<&Phase>> = measured.runs.iter().map(of_run).filter(|parts| !parts.is_empty()).collect();
    let domains = headline_domains(&record.facts);
    let seconds = |parts: &[&Phase]| parts.iter().map(|part| part.ended_s - part.began_s).sum::<f64>();
    let joules =
        |parts: &[&Phase]| parts.iter().map(|part| headline(&domains, &part.energy_j)).sum::<Option<f64>>();
    let of_all = |figure: &dyn Fn(&[&Phase]) -> Option<f64>| {
        let figures: Option<Vec<f64>> = runs.iter().map(|parts| figure(parts)).collect();
        figures.and_then(|figures| Summary::of(&figures))
    };
    let count = |(at, name): (usize, &'a String)| {
        let value = |part: &&Phase| part.counters.get(at).copied().flatten().map(number);
        Some((name.as_str(), of_all(&|parts| parts.iter().map(value).sum())?))
    };
    Some(PhaseFigures {
        name,
        runs: runs.len(),
        began_s: of_all(&|parts| parts.first().map(|part| part.began_s))?,
        wall_s: of_all(&|parts| Some(seconds(parts)))?,
        energy_j: of_all(&joules),
        power_w: of_all(&|parts| joules(parts).map(|joules| joules / seconds(parts))),
        counts: record.facts.counters.iter().enumerate().filter_map(count).collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a mean of counts is shown in fewer digits than 2^53 has")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Whether the headline's figures are computed from watts the owner named.
#[must_use]
pub fn is_estimated(facts: &Facts) -> bool {
    headline_domains(facts).iter().any(|at| facts.domains[*at].is_estimated())
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
    fn memory_that_the_profiler_had_itself_is_told_as_a_bound() {
        let mut record = record(&[("A", 10.0, 1.0)], 3);
        for (run, mib) in record.results[0].runs.iter_mut().zip([3, 9, 5]) {
            run.max_rss_bytes = mib << 20;
        }
        let kib = grouped(9 * 1024);
        for (own, said) in [(9 << 20, format!("at most {kib} KiB")), ((9 << 20) - 1, format!("{kib} KiB"))] {
            record.facts.own_rss_bytes = own;
            assert_eq!(peak_memory(&record.facts, &record.results[0]), said);
        }
    }

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
    fn phases_are_means_over_the_runs_that_have_them_and_parts_of_one_name_are_added_up() {
        let mut record = record(&[("A", 10.0, 1.0)], 3);
        record.facts.counters = vec!["cycles".to_owned(), "faults".to_owned()];
        let phase = |name: &str, from: f64, to: f64, cycles| Phase {
            name: name.to_owned(),
            began_s: from,
            ended_s: to,
            energy_j: vec![Some(10.0 * (to - from))],
            counters: vec![Some(cycles), None],
        };
        let runs = &mut record.results[0].runs;
        runs[0].phases =
            vec![phase("load", 0.0, 0.5, 100), phase("work", 0.5, 0.75, 10), phase("load", 0.75, 1.0, 20)];
        runs[1].phases = vec![phase("load", 0.0, 0.25, 40), phase("work", 0.25, 1.0, 30)];
        let found = phases(&record, &record.results[0]);
        let [load, work] = &found[..] else { panic!("{found:?}") };
        assert_eq!((load.name, load.runs, work.name, work.runs), ("load", 2, "work", 2));
        assert_eq!((load.wall_s.mean, work.began_s.mean), (0.5, 0.375));
        assert_eq!((load.energy_j.unwrap().mean, load.power_w.unwrap().mean), (5.0, 10.0));
        let counts: Vec<_> = load.counts.iter().map(|(name, found)| (*name, found.mean, found.max)).collect();
        assert_eq!(counts, [("cycles", 80.0, 120.0)], "what a run did not count has no mean");
        record.results[0].runs[1].phases[0].energy_j = vec![None];
        let found = phases(&record, &record.results[0]);
        assert!(found[0].energy_j.is_none() && found[1].energy_j.is_some());
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
