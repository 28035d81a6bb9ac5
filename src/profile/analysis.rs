//! What a record means: summaries, comparisons, net energy, and warnings, each computed from the runs alone.

mod verdict;

use super::record::{Baseline, DomainFacts, Facts, Measured, Record, Run, SEQUENTIAL};
use super::stats::interval::{self, Interval};
use super::stats::summary::Summary;
use super::stats::trouble;

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
}

/// Why there is no net energy.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoNet {
    /// There is no energy source at all.
    #[error("there is no energy source")]
    NoEnergy,
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
    let joules = |run: &Run| headline(domains, &run.energy_j);
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
        warnings: warnings(measured, domains),
    }
}

fn warnings(measured: &Measured, domains: &[usize]) -> Vec<String> {
    let mut warnings = Vec::new();
    let failed = measured.runs.iter().filter(|run| run.exit_code != Some(0) && !run.cut_short).count();
    if failed > 0 {
        let runs = measured.runs.len();
        warnings.push(format!("{failed} of {runs} runs failed; their figures are counted with the others"));
    }
    let cut = measured.runs.iter().filter(|run| run.cut_short).count();
    if cut > 0 {
        let runs = measured.runs.len();
        warnings.push(format!("{cut} of {runs} runs were killed because their time was up"));
    }
    let times = measured.figures(|run| run.wall_s);
    let joules = measured.figures_of_all(|run| headline(domains, &run.energy_j)).unwrap_or_default();
    for (what, figures) in [("time", &times), ("energy", &joules)] {
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
    }
    let shortest = times.iter().copied().fold(f64::INFINITY, f64::min);
    if !joules.is_empty() && shortest < SHORT_S {
        warnings.push(format!(
            "a run of {:.1} ms has few updates of the energy counter in it, which come about once a millisecond: make the command repeat its work",
            shortest * 1000.0
        ));
    }
    warnings
}

/// Runs shorter than this have fewer than twenty updates of the energy counter.
const SHORT_S: f64 = 0.02;

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
    let joules = |run: &Run| headline(domains, &run.energy_j);
    Comparison {
        command: at,
        pairs: if apart { first.runs.len().min(other.runs.len()) } else { pairs.len() },
        time: ratio(&|run| Some(run.wall_s)),
        energy: ratio(&joules),
        power: ratio(&|run| joules(run).map(|energy_j| energy_j / run.wall_s)),
    }
}

#[cfg(test)]
mod tests;
