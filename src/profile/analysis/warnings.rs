//! What makes a command's figures mean less than they seem to, and what keeps energy from it: in sentences, with the
//! remedy.

use super::counted_j;
use crate::profile::record::{Facts, Measured, Record};
use crate::profile::stats::trouble;

/// Runs shorter than this have fewer than twenty updates of the energy counter.
const SHORT_S: f64 = 0.02;

/// What spoils the figures of a command.
pub(super) fn warnings(record: &Record, measured: &Measured, domains: &[usize]) -> Vec<String> {
    let mut warnings = Vec::new();
    let runs = measured.runs.len();
    let failed = measured.runs.iter().filter(|run| run.exit_code != Some(0) && !run.cut_short).count();
    if failed > 0 {
        warnings.push(format!("{failed} of {runs} runs failed; their figures are counted with the others"));
    }
    let cut = measured.runs.iter().filter(|run| run.cut_short).count();
    if cut > 0 {
        warnings.push(format!("{cut} of {runs} runs were killed because their time was up"));
    }
    let facts = &record.facts;
    let times = measured.figures(|run| run.wall_s);
    let joules = measured.figures_of_all(|run| counted_j(facts, domains, run)).unwrap_or_default();
    for (what, figures) in [("time", &times), ("energy", &joules)] {
        warnings.extend(restless(what, figures));
    }
    let is_counted = domains.iter().any(|at| !facts.domains[*at].is_estimated());
    let shortest = times.iter().copied().fold(f64::INFINITY, f64::min);
    if is_counted && !joules.is_empty() && shortest < SHORT_S {
        warnings.push(format!(
            "a run of {:.1} ms has few updates of the energy counter in it, which come about once a millisecond: make the command repeat its work",
            shortest * 1000.0
        ));
    }
    warnings
}

/// Outliers and drift.
fn restless(what: &str, figures: &[f64]) -> Vec<String> {
    let mut warnings = Vec::new();
    let outliers = trouble::outliers(figures);
    if let [first, ..] = outliers[..] {
        warnings.push(format!(
            "{} of {} runs stand far from the others in {what} (the first is run {}): something else may have run beside; close it, or add --warmup",
            outliers.len(),
            figures.len(),
            first + 1
        ));
    }
    if let Some(risen) = trouble::drift(figures) {
        let (went, percent) = (if risen > 0.0 { "rose" } else { "fell" }, risen.abs() * 100.0);
        warnings.push(format!(
            "{what} {went} by {percent:.1} % from the first run to the last: the machine warmed up or clocked down; add --warmup, let it cool, or compare with --order randomized"
        ));
    }
    warnings
}

/// Why a command has no energy; nothing where it has.
pub(super) fn no_energy(record: &Record, measured: &Measured, domains: &[usize]) -> Option<String> {
    let facts = &record.facts;
    if domains.is_empty() {
        let why = facts.no_energy.as_ref().map(|missing| missing.what.clone());
        return Some(why.unwrap_or_else(|| "there is no energy source".to_owned()));
    }
    let runs = measured.runs.len();
    if runs == 0 {
        return Some("it never ran to its end".to_owned());
    }
    let lost = measured.runs.iter().filter(|run| super::headline(domains, &run.energy_j).is_none()).count();
    if lost > 0 {
        return Some(format!(
            "in {lost} of {runs} runs a read of the counter failed, or its count is in doubt"
        ));
    }
    let lacking = lacking(facts, measured, domains);
    (lacking > 0).then(|| {
        format!(
            "the energy counter stood still in {lacking} of {runs} runs, and no machine takes nothing; `hearth sensors` says what else can be read"
        )
    })
}

/// How many runs have no energy.
pub(super) fn lacking(facts: &Facts, measured: &Measured, domains: &[usize]) -> usize {
    measured.runs.iter().filter(|run| counted_j(facts, domains, run).is_none()).count()
}
