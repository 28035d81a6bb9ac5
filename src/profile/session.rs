//! A whole profile: idleness, warm-ups, rounds, and what is run around them.

use std::time::Duration;

use hearth_hot::clock::{Clock, SystemClock};
use nix::errno::Errno;

use super::analysis::{Analysis, counted_j, headline, headline_domains};
use super::counters::Countable;
use super::energy::{Meters, seconds};
use super::idle;
use super::options::Options;
use super::plan::{Benchmark, Order, round};
use super::record::{
    Baseline, DomainFacts, ESTIMATED, FORMAT, Facts, Measured, Missing, Record, Run, SEQUENTIAL,
};
use super::run::Bench;
use super::sampler::{DOMAINS_MAX, Sampler};
use super::stats::interval;
use super::stats::random::Random;
use super::sys;

mod around;
mod error;

use around::around;
pub use error::SessionError;

/// What is going on, told to whoever watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a> {
    /// Idleness is measured for so long.
    Idle(Duration),
    /// A command is run, counted or not: its name, which round, and how many rounds are expected.
    Begins {
        /// The command.
        name: &'a str,
        /// Counted from 0; none while warming up.
        round: Option<u32>,
        /// How many rounds are expected by now.
        rounds: u32,
    },
    /// It runs.
    During {
        /// Mean watts of the headline domain since the last such word.
        watts: Option<f64>,
        /// Since it was let go.
        elapsed: Duration,
    },
    /// It has ended.
    Ended {
        /// How it went.
        run: &'a Run,
        /// Mean watts of the headline domain.
        watts: Option<f64>,
    },
}

/// Runs everything. `watch` is told each step.
///
/// # Errors
/// What stood in the way; runs made until then are lost, but for Ctrl-C, after which they are the record.
pub fn run(
    benchmarks: &[Benchmark],
    options: &Options,
    watch: &mut dyn FnMut(&Step<'_>),
) -> Result<Record, SessionError> {
    let system = |what| move |source| SessionError::System { what, source };
    sys::hear_interrupts().map_err(system("hearing Ctrl-C"))?;
    let clock = SystemClock::new()
        .map_err(|errno: Errno| SessionError::System { what: "a clock", source: errno.into() })?;
    let (bench, mut facts) = open(clock, options)?;
    let shells =
        benchmarks.iter().map(|one| options.shell.words(&one.command)).collect::<Result<Vec<_>, _>>()?;
    if shells.iter().any(|(_, in_shell)| *in_shell) {
        facts.notes.push(
            "figures of commands that a shell starts hold the shell as well; -N leaves it away".to_owned(),
        );
    }
    if options.order == Order::Sequential && benchmarks.len() > 1 {
        facts.notes.push(
            "runs of each command were made together: what changed on the machine meanwhile stands between the commands as if they differed; --order randomized spreads it over all of them"
                .to_owned(),
        );
    }
    let began_unix_s = seconds(bench.clock.realtime_ns());
    let results = benchmarks.iter().map(measured).collect();
    let record = Record {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        began_unix_s,
        seed: options.seed,
        facts,
        baseline: None,
        results,
        cut_short: false,
    };
    let mut session = Session { bench, options, benchmarks, record, watch };
    let outcome = session.go();
    let Session { bench, mut record, .. } = session;
    record.facts.own_rss_bytes = sys::own_peak_bytes();
    if let Some(sampler) = bench.sampler {
        sampler.stop();
    }
    outcome.map(|()| record)
}

fn measured(benchmark: &Benchmark) -> Measured {
    Measured {
        name: benchmark.name.clone(),
        command: benchmark.command.line(),
        parameters: benchmark.parameters.clone(),
        runs: Vec::new(),
    }
}

/// Opens what measures, and says what that is.
fn open(clock: SystemClock, options: &Options) -> Result<(Bench, Facts), SessionError> {
    let cpus = std::thread::available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(1));
    let countable = Countable::find(&options.counters);
    let (meters, mut domains, no_energy) = match Meters::open(&options.root) {
        Ok(meters) => {
            let facts = meters.facts();
            (Some(meters), facts, None)
        }
        Err(missing) => (None, Vec::new(), Some(missing)),
    };
    let sampler = match &meters {
        Some(_) => Sampler::start(&options.root, domains.len().min(DOMAINS_MAX), options.rate_hz, None)?,
        None => None,
    };
    if no_energy.is_some() && options.estimate_tdp_w.is_some() {
        let source = ESTIMATED.to_owned();
        domains.push(DomainFacts { name: "package".to_owned(), source, unit_j: 0.0 });
    }
    let (kernel, processor) = machine();
    let facts = Facts {
        kernel,
        processor,
        cpus,
        order: order_name(options.order).to_owned(),
        rate_hz: options.rate_hz,
        domains,
        no_energy,
        counters: countable.names(),
        no_counters: countable.missing.clone(),
        user_only: countable.user_only,
        own_rss_bytes: 0,
        notes: Vec::new(),
    };
    let zero_ns = clock.monotonic_ns();
    let domains = facts.domains.clone();
    Ok((Bench { clock, meters, sampler, domains, countable, cpus, zero_ns }, facts))
}

fn order_name(order: Order) -> &'static str {
    match order {
        Order::Interleaved => "interleaved",
        Order::Randomized => "randomized",
        Order::Sequential => SEQUENTIAL,
    }
}

/// The kernel and the processor, as far as they tell their names.
fn machine() -> (String, String) {
    let kernel = nix::sys::utsname::uname().map_or_else(
        |_unnamed| "unknown".to_owned(),
        |uname| format!("{} {}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy()),
    );
    let unknown = || "unknown".to_owned();
    let processor = match std::fs::read_to_string("/proc/cpuinfo") {
        Ok(text) => {
            let named = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
            named.map_or_else(unknown, |(_, name)| name.trim().to_owned())
        }
        Err(_unreadable) => unknown(),
    };
    (kernel, processor)
}

/// The part of the wanted half-width at which runs end. Who stops as soon as an interval happens to be narrow enough
/// keeps the ones that are too narrow; a little longer makes up for it.
const STOP_AT: f64 = 0.9;

/// Whether the owner has not asked to stop.
fn is_wanted() -> bool {
    sys::interruptions() == 0
}

struct Session<'a> {
    bench: Bench,
    options: &'a Options,
    benchmarks: &'a [Benchmark],
    record: Record,
    watch: &'a mut dyn FnMut(&Step<'_>),
}

impl Session<'_> {
    fn go(&mut self) -> Result<(), SessionError> {
        let mut random = Random::seeded(self.options.seed);
        match self.options.order {
            Order::Sequential => self.one_after_the_other()?,
            Order::Interleaved | Order::Randomized => self.together(&mut random)?,
        }
        self.record.cut_short = sys::interruptions() > 0;
        Ok(())
    }

    /// All commands in turn: what is set up for one must not undo what was for another.
    fn together(&mut self, random: &mut Random) -> Result<(), SessionError> {
        let mut set_up = 0;
        for benchmark in self.benchmarks {
            if !is_wanted() {
                break;
            }
            set_up += 1;
            around("--setup", &benchmark.name, benchmark.setup.as_deref())?;
        }
        self.idle();
        for _ in 0..self.options.runs.warmup {
            for at in round(self.options.order, self.benchmarks.len(), random) {
                self.once(at, None, 0)?;
            }
        }
        self.in_rounds(random)?;
        self.idle();
        for benchmark in self.benchmarks.iter().take(set_up) {
            around("--cleanup", &benchmark.name, benchmark.cleanup.as_deref())?;
        }
        Ok(())
    }

    fn in_rounds(&mut self, random: &mut Random) -> Result<(), SessionError> {
        let all: Vec<usize> = (0..self.benchmarks.len()).collect();
        let mut rounds = self.options.runs.least;
        let mut done = 0;
        while done < rounds && is_wanted() {
            for at in round(self.options.order, self.benchmarks.len(), random) {
                self.once(at, Some(done), rounds)?;
            }
            done += 1;
            if done == 1 {
                rounds = self.options.runs.rounds(self.slowest_s());
            }
            if done == rounds && done < self.options.runs.most && !self.is_precise(&all, true) {
                rounds += 1;
            }
            if done == rounds / 2 && rounds >= 4 {
                self.idle();
            }
        }
        Ok(())
    }

    fn one_after_the_other(&mut self) -> Result<(), SessionError> {
        self.idle();
        for (at, benchmark) in self.benchmarks.iter().enumerate() {
            if !is_wanted() {
                break;
            }
            around("--setup", &benchmark.name, benchmark.setup.as_deref())?;
            for _ in 0..self.options.runs.warmup {
                self.once(at, None, 0)?;
            }
            self.all_of(at)?;
            around("--cleanup", &benchmark.name, benchmark.cleanup.as_deref())?;
            self.idle();
        }
        Ok(())
    }

    fn all_of(&mut self, at: usize) -> Result<(), SessionError> {
        let mut rounds = self.options.runs.least;
        let mut done = 0;
        while done < rounds && is_wanted() {
            self.once(at, Some(done), rounds)?;
            done += 1;
            if done == 1 {
                let first_s = self.record.results[at].runs.first().map_or(0.0, |run| run.wall_s);
                rounds = self.options.runs.rounds(first_s);
            }
            let is_last = at + 1 == self.benchmarks.len();
            if done == rounds && done < self.options.runs.most && !self.is_precise(&[at], is_last) {
                rounds += 1;
            }
        }
        Ok(())
    }

    fn slowest_s(&self) -> f64 {
        let firsts = self.record.results.iter().filter_map(|measured| measured.runs.first());
        firsts.map(|run| run.wall_s).fold(0.0, f64::max)
    }

    /// Whether the precision that the owner wants is reached by these commands and, if wanted, by the comparisons; also if
    /// none is wanted.
    fn is_precise(&self, of: &[usize], compared: bool) -> bool {
        let Some(wanted) = self.options.runs.precision else { return true };
        let domains = headline_domains(&self.record.facts);
        let seed = self.record.seed;
        let precise = |interval: Option<interval::Interval>| {
            interval
                .is_some_and(|interval| interval.half_width() <= STOP_AT * wanted * interval.estimate.abs())
        };
        let each = of.iter().filter_map(|at| self.record.results.get(*at)).all(|measured| {
            let joules = measured.figures_of_all(|run| counted_j(&self.record.facts, &domains, run));
            precise(interval::of_mean(&joules.unwrap_or_else(|| measured.figures(|run| run.wall_s)), seed))
        });
        if !each || !compared {
            return each;
        }
        let analysis = Analysis::of(&self.record, 0);
        analysis.comparisons.iter().all(|comparison| precise(comparison.energy.or(comparison.time)))
    }

    /// One run with what is run around it; counted if it belongs to a round.
    fn once(&mut self, at: usize, counted: Option<u32>, rounds: u32) -> Result<(), SessionError> {
        let Some(benchmark) = self.benchmarks.get(at).filter(|_| is_wanted()) else { return Ok(()) };
        around("--prepare", &benchmark.name, benchmark.prepare.as_deref())?;
        if !is_wanted() {
            return Ok(());
        }
        (self.watch)(&Step::Begins { name: &benchmark.name, round: counted, rounds });
        let (words, in_shell) = self.options.shell.words(&benchmark.command)?;
        let domains = headline_domains(&self.record.facts);
        let watch = &mut self.watch;
        let mut during = |joules: &[Option<f64>], window_s: f64, elapsed: Duration| {
            let watts = headline(&domains, joules).map(|joules| joules / window_s);
            watch(&Step::During { watts, elapsed });
        };
        let (run, said) = self.bench.run(words, self.options, counted.unwrap_or(0), &mut during)?;
        let joules = headline(&domains, &run.energy_j);
        (self.watch)(&Step::Ended { run: &run, watts: joules.map(|joules| joules / run.wall_s) });
        let failed = run.exit_code != Some(0) && !run.cut_short;
        if failed && !self.options.ignores_failure {
            let how = match (run.exit_code, run.signal) {
                (Some(code), _) => format!("exit code {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => "no word".to_owned(),
            };
            let which = counted.map_or("a warm-up".to_owned(), |round| format!("run {}", round + 1));
            let by_shell = run.exit_code.filter(|code| in_shell && matches!(code, 126 | 127));
            return Err(SessionError::Failed {
                name: benchmark.name.clone(),
                run: which,
                how,
                said,
                by_shell,
            });
        }
        // A run that the owner ended says nothing about the program; one whose time was up does.
        let is_whole = !run.cut_short || is_wanted();
        if let Some(measured) = self.record.results.get_mut(at).filter(|_| counted.is_some() && is_whole) {
            measured.runs.push(run);
        }
        around("--conclude", &benchmark.name, benchmark.conclude.as_deref())
    }

    /// Measures idleness, if that is wanted and there is something to measure it by.
    fn idle(&mut self) {
        let Some(time) = self.options.idle.filter(|_| self.bench.meters.is_some() && is_wanted()) else {
            return;
        };
        (self.watch)(&Step::Idle(time));
        let Some(idle) = idle::stretch(&mut self.bench, time) else { return };
        self.record.baseline.get_or_insert_with(Baseline::default).stretches.push(idle);
    }
}

/// What is missing, in sentences for people: energy first.
#[must_use]
pub fn missing(facts: &Facts) -> Vec<&Missing> {
    facts.no_energy.iter().chain(&facts.no_counters).collect()
}

#[cfg(test)]
mod tests;
