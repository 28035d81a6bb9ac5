//! What a record means: summaries, comparisons, net energy, and warnings, each computed from the runs alone.

mod verdict;

use super::record::{Baseline, DomainFacts, Facts, Measured, Record, Run};
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
    /// Rounds in which both ran.
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
                others.map(|(at, other)| compare(record.seed, at, first, other, &domains)).collect()
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

fn compare(seed: u64, at: usize, first: &Measured, other: &Measured, domains: &[usize]) -> Comparison {
    let pairs: Vec<(&Run, &Run)> = first.paired(other).collect();
    let ratio = |figure: &dyn Fn(&Run) -> Option<f64>| {
        let figures: Option<Vec<(f64, f64)>> =
            pairs.iter().map(|(one, two)| figure(one).zip(figure(two))).collect();
        interval::of_ratio(&figures?, seed)
    };
    let joules = |run: &Run| headline(domains, &run.energy_j);
    Comparison {
        command: at,
        pairs: pairs.len(),
        time: ratio(&|run| Some(run.wall_s)),
        energy: ratio(&joules),
        power: ratio(&|run| joules(run).map(|energy_j| energy_j / run.wall_s)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::testing::{baseline, record};

    fn analysed(record: &Record) -> Analysis {
        Analysis::of(record, 0)
    }

    #[test]
    fn less_energy_in_the_same_time_is_said_so() {
        let record = record(&[("A", 10.0, 1.0), ("B", 9.7, 1.0)], 20);
        let analysis = analysed(&record);
        let [comparison] = &analysis.comparisons[..] else { panic!("{analysis:?}") };
        let ratio = comparison.energy.unwrap();
        assert!(ratio.holds(0.97) && !ratio.holds(1.0), "{ratio:?}");
        let said = comparison.sentence("B", "A", "energy");
        assert!(
            said.starts_with("B beside A: ") && said.contains(" less energy; time equal within 0."),
            "{said}"
        );
        let power = comparison.power.unwrap();
        assert!((power.estimate - 0.97).abs() < 0.005, "{power:?}");
    }

    #[test]
    fn where_the_interval_holds_both_it_cannot_be_told() {
        let mut record = record(&[("A", 10.0, 1.0), ("B", 10.0, 1.0)], 8);
        for (at, run) in record.results[1].runs.iter_mut().enumerate() {
            run.energy_j = vec![Some(if at % 2 == 0 { 12.0 } else { 8.0 })];
        }
        let said = analysed(&record).comparisons[0].sentence("B", "A", "energy");
        assert!(said.contains("cannot tell whether it takes more or less energy ("), "{said}");
    }

    #[test]
    fn too_few_runs_and_missing_energy_give_no_comparison_and_no_headline() {
        let mut record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 3);
        let said = analysed(&record).comparisons[0].sentence("B", "A", "energy");
        assert!(said.ends_with("too few runs to compare; give --runs at least 5"), "{said}");
        record.results[0].runs[1].energy_j = vec![None];
        let analysis = analysed(&record);
        assert_eq!(
            (analysis.commands[0].headline_j, &analysis.commands[0].energy_j[..]),
            (None, &[None][..])
        );
        assert!(analysis.commands[1].headline_j.is_some());
    }

    #[test]
    fn net_energy_is_gross_less_idle_watts_times_time() {
        let mut record = record(&[("A", 10.0, 2.0)], 10);
        assert_eq!(analysed(&record).idle, Err(NoNet::NotMeasured));
        record.baseline = Some(baseline(&[3.0, 3.02, 2.99]));
        let analysis = analysed(&record);
        let idle = analysis.idle.unwrap();
        assert!((idle.estimate - 3.0053).abs() < 0.001, "{idle:?}");
        let command = &analysis.commands[0];
        let (gross, net) = (command.headline_j.unwrap(), command.net_j.unwrap());
        let wall = command.wall_s.unwrap();
        assert!((gross.mean - net.mean - idle.estimate * wall.mean).abs() < 1e-9);
        let drifted = Some(baseline(&[3.0, 3.2]));
        let analysis = analysed(&Record { baseline: drifted, ..record.clone() });
        assert!(matches!(analysis.idle, Err(NoNet::Drifted { .. })) && analysis.commands[0].net_j.is_none());
        let said = analysis.idle.unwrap_err().to_string();
        assert!(said.contains("from 3.00 to 3.20 W"), "{said}");
        record.facts.domains.clear();
        assert_eq!(analysed(&record).idle, Err(NoNet::NoEnergy));
    }

    #[test]
    fn packages_are_added_up_and_what_lies_within_them_is_not() {
        let mut facts = Facts::default();
        for name in ["package-0", "package-1", "core-0", "dram-0", "psys-0"] {
            facts.domains.push(DomainFacts {
                name: name.to_owned(),
                source: "perf".to_owned(),
                unit_j: 1e-6,
            });
        }
        assert_eq!((headline_domains(&facts), headline_name(&facts).as_str()), (vec![0, 1], "all packages"));
        assert_eq!(headline(&[0, 1], &[Some(1.0), Some(2.0), Some(9.0)]), Some(3.0));
        assert_eq!(headline(&[0, 1], &[Some(1.0), None]), None);
        assert_eq!(headline(&[], &[]), None);
        facts.domains.drain(..2);
        assert_eq!(headline_name(&facts), "core-0");
    }

    #[test]
    fn what_spoils_the_figures_is_said_with_its_remedy() {
        let mut record = record(&[("A", 10.0, 0.01)], 20);
        record.results[0].runs[3].exit_code = Some(1);
        record.results[0].runs[4].cut_short = true;
        record.results[0].runs[7].wall_s = 0.05;
        for run in &mut record.results[0].runs {
            run.energy_j = vec![Some(10.0 + 0.1 * f64::from(run.round))];
        }
        let warnings = analysed(&record).commands[0].warnings.join("\n");
        for said in [
            "1 of 20 runs failed",
            "1 of 20 runs were killed because their time was up",
            "the first is run 8",
            "energy rose by 17",
            "few updates of the energy counter",
        ] {
            assert!(warnings.contains(said), "{said} in {warnings}");
        }
    }
}
