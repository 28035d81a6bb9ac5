//! What a record means: summaries, comparisons, net energy, and warnings, each computed from the runs alone.

mod verdict;
mod warnings;

use super::record::{Baseline, DomainFacts, Facts, Measured, Record, Run, SEQUENTIAL};
use super::stats::interval::{self, Interval};
use super::stats::summary::Summary;
use warnings::{lacking, no_energy, warnings};

/// By what part the idle watts may differ between stretches before net energy is refused.
pub const BASELINE_DRIFT_MOST: f64 = 0.03;

/// A record understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Each command, in the order of the record.
    pub commands: Vec<CommandAnalysis>,
    /// Which of them the others are compared with.
    pub reference: usize,
    /// Every other command beside the reference.
    pub comparisons: Vec<Comparison>,
    /// Idle watts of the headline domain, or why there are none.
    pub idle: Result<Interval, NoNet>,
}

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandAnalysis {
    /// Seconds from beginning to end; `None` if it never ran.
    pub wall_s: Option<Summary>,
    /// Seconds in user mode.
    pub user_s: Option<Summary>,
    /// Seconds in the kernel.
    pub system_s: Option<Summary>,
    /// Joules of each domain; `None` where a run has none.
    pub energy_j: Vec<Option<Summary>>,
    /// Joules of the headline domain.
    pub headline_j: Option<Summary>,
    /// Mean watts of the headline domain.
    pub headline_w: Option<Summary>,
    /// Joules of the headline domain, less what the idle machine would have taken.
    pub net_j: Option<Summary>,
    /// Joules times seconds: what is gained by saving neither at the cost of the other.
    pub energy_delay_js: Option<Summary>,
    /// Why it has no energy, in a sentence without its full stop; `None` where it has.
    pub no_energy: Option<String>,
    /// What makes its figures mean less, in sentences.
    pub warnings: Vec<String>,
}

/// A command beside the reference, as ratios of this one to the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Which command.
    pub command: usize,
    /// Rounds in which both ran; where one ran after the other, the runs of that which has fewer.
    pub pairs: usize,
    /// Time.
    pub time: Option<Interval>,
    /// Energy of the headline domain.
    pub energy: Option<Interval>,
    /// Power of the headline domain.
    pub power: Option<Interval>,
    /// Why energy is not among them though it is measured; `None` where it is, or where nothing measures it.
    pub no_energy: Option<String>,
}

/// Why there is no net energy.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoNet {
    /// There is no energy source at all.
    #[error("there is no energy source")]
    NoEnergy,
    /// Energy is computed from CPU time.
    #[error("energy is estimated from CPU time, in which there is nothing of the idle machine to take off")]
    Estimated,
    /// It was not asked for.
    #[error("no idle baseline was measured: ask for one with --idle-baseline SECONDS")]
    NotMeasured,
    /// Too few seconds of idleness.
    #[error("the idle baseline is too short: give --idle-baseline at least 5 seconds")]
    TooShort,
    /// The idle machine did not stay the same.
    #[error(
        "idle power went from {from_w:.2} to {to_w:.2} W between stretches of idleness, more than 3 %: net energy would be a guess; let the machine settle and close what runs beside"
    )]
    Drifted {
        /// The lowest stretch's watts.
        from_w: f64,
        /// The highest stretch's watts.
        to_w: f64,
    },
}

/// Which domains make the headline: everything that is the box as far as the processor knows, nothing twice.
#[must_use]
pub fn headline_domains(facts: &Facts) -> Vec<usize> {
    let named = |wanted: fn(&DomainFacts) -> bool| -> Vec<usize> {
        let at = facts.domains.iter().enumerate();
        at.filter(|(_, domain)| wanted(domain)).map(|(at, _)| at).collect()
    };
    // A package's figure holds its cores; several packages are several chips. Dies stand for their package.
    let packages = named(|domain| domain.name.starts_with("package"));
    if packages.is_empty() { named(|_| true).into_iter().take(1).collect() } else { packages }
}

/// What the headline is called: `package`, or the one domain's name.
#[must_use]
pub fn headline_name(facts: &Facts) -> String {
    match headline_domains(facts)[..] {
        [] => "energy".to_owned(),
        [one] => facts.domains[one].name.clone(),
        [..] => "all packages".to_owned(),
    }
}

/// The sum of the headline domains' figures of a run.
#[must_use]
pub fn headline(domains: &[usize], figures: &[Option<f64>]) -> Option<f64> {
    if domains.is_empty() {
        return None;
    }
    domains.iter().map(|at| figures.get(*at).copied().flatten()).sum()
}

/// The sum of the headline domains' joules of a run. A counter that stood still counted nothing, which is not known to
/// be nothing: then there is none.
#[must_use]
pub fn counted_j(facts: &Facts, domains: &[usize], run: &Run) -> Option<f64> {
    let stood_still = |at: &usize| {
        let is_counted = facts.domains.get(*at).is_some_and(|domain| !domain.is_estimated());
        is_counted && run.energy_j.get(*at).copied().flatten().is_some_and(|energy_j| energy_j <= 0.0)
    };
    headline(domains, &run.energy_j).filter(|_| !domains.iter().any(stood_still))
}

impl Analysis {
    /// Understands a record. `reference` is the command the others are compared with: the first, unless the owner named
    /// another.
    #[must_use]
    pub fn of(record: &Record, reference: usize) -> Self {
        let domains = headline_domains(&record.facts);
        let idle = idle_watts(record, &domains);
        let commands: Vec<CommandAnalysis> =
            record.results.iter().map(|measured| command(record, measured, &domains, idle.ok())).collect();
        let comparisons = match record.results.get(reference) {
            None => Vec::new(),
            Some(first) => {
                let others = record.results.iter().enumerate().filter(|(at, _)| *at != reference);
                others.map(|(at, other)| compare(record, at, first, other, &domains)).collect()
            }
        };
        Self { commands, reference, comparisons, idle }
    }
}

/// Idle watts over all stretches, unless they differ by more than [`BASELINE_DRIFT_MOST`].
fn idle_watts(record: &Record, domains: &[usize]) -> Result<Interval, NoNet> {
    if domains.is_empty() {
        return Err(NoNet::NoEnergy);
    }
    if domains.iter().any(|at| record.facts.domains[*at].is_estimated()) {
        return Err(NoNet::Estimated);
    }
    let Some(Baseline { stretches }) = &record.baseline else { return Err(NoNet::NotMeasured) };
    let mut all = Vec::new();
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for stretch in stretches {
        let seconds = stretch.watts.first().map_or(0, Vec::len);
        let sum_at = |at: usize| -> f64 {
            domains.iter().filter_map(|domain| stretch.watts.get(*domain)?.get(at)).sum()
        };
        let watts: Vec<f64> = (0..seconds).map(sum_at).collect();
        if let Some(summary) = Summary::of(&watts) {
            (least, most) = (least.min(summary.mean), most.max(summary.mean));
        }
        all.extend(watts);
    }
    let interval = interval::of_mean(&all, record.seed).ok_or(NoNet::TooShort)?;
    if most - least > BASELINE_DRIFT_MOST * interval.estimate.abs() {
        return Err(NoNet::Drifted { from_w: least, to_w: most });
    }
    Ok(interval)
}

fn command(
    record: &Record,
    measured: &Measured,
    domains: &[usize],
    idle: Option<Interval>,
) -> CommandAnalysis {
    let of = |figure: fn(&Run) -> f64| Summary::of(&measured.figures(figure));
    let of_all = |figure: &dyn Fn(&Run) -> Option<f64>| {
        measured.figures_of_all(figure).and_then(|figures| Summary::of(&figures))
    };
    let joules = |run: &Run| counted_j(&record.facts, domains, run);
    CommandAnalysis {
        wall_s: of(|run| run.wall_s),
        user_s: of(|run| run.user_s),
        system_s: of(|run| run.system_s),
        energy_j: (0..record.facts.domains.len())
            .map(|domain| of_all(&|run| run.energy_j.get(domain).copied().flatten()))
            .collect(),
        headline_j: of_all(&joules),
        headline_w: of_all(&|run| joules(run).map(|energy_j| energy_j / run.wall_s)),
        net_j: idle.and_then(|idle| {
            of_all(&|run| joules(run).map(|energy_j| energy_j - idle.estimate * run.wall_s))
        }),
        energy_delay_js: of_all(&|run| joules(run).map(|energy_j| energy_j * run.wall_s)),
        no_energy: no_energy(record, measured, domains),
        warnings: warnings(record, measured, domains),
    }
}

fn compare(record: &Record, at: usize, first: &Measured, other: &Measured, domains: &[usize]) -> Comparison {
    let seed = record.seed;
    // Runs of the same number in a sequence are no neighbours: nothing they have in common would cancel.
    let apart = record.facts.order == SEQUENTIAL;
    let pairs: Vec<(&Run, &Run)> = first.paired(other).collect();
    let ratio = |figure: &dyn Fn(&Run) -> Option<f64>| {
        if apart {
            let (one, two) = (first.figures_of_all(figure)?, other.figures_of_all(figure)?);
            return interval::of_ratio_apart(&one, &two, seed);
        }
        let figures: Option<Vec<(f64, f64)>> =
            pairs.iter().map(|(one, two)| figure(one).zip(figure(two))).collect();
        interval::of_ratio(&figures?, seed)
    };
    let joules = |run: &Run| counted_j(&record.facts, domains, run);
    let energy = ratio(&joules);
    let without = [first, other].into_iter().find_map(|measured| {
        let lacking = lacking(&record.facts, measured, domains);
        (lacking > 0)
            .then(|| format!("{lacking} of {} runs of {} have none", measured.runs.len(), measured.name))
    });
    let why = || without.unwrap_or_else(|| "not every run has it".to_owned());
    Comparison {
        command: at,
        pairs: if apart { first.runs.len().min(other.runs.len()) } else { pairs.len() },
        time: ratio(&|run| Some(run.wall_s)),
        no_energy: (energy.is_none() && !domains.is_empty()).then(why),
        energy,
        power: ratio(&|run| joules(run).map(|energy_j| energy_j / run.wall_s)),
    }
}

#[cfg(test)]
mod tests;
