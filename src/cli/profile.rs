//! `hearth profile`: its arguments, spelled as hyperfine spells them where it has the same.

mod files;
mod look;
mod perform;
mod progress;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Failure;
use crate::profile::counters;
use crate::profile::options::{Options, Output, Shell};
use crate::profile::parameters::Parameter;
use crate::profile::plan::{Benchmark, CommandText, Order, Reference, Runs, Wishes};
use crate::profile::sort::Sort;
use crate::profile::units::TimeUnit;

pub(super) use perform::profile;

/// Arguments of `hearth profile`: the energy, time and counters of a command, or of several beside each other.
#[derive(Args, Clone, Debug, PartialEq)]
#[command(
    after_help = "One word after -- is a command line, several are a program and its words. Energy needs RAPL and the right to\n\
                        read it: `hearth sensors` says which way is open here. Everything else works without.\n\n\
                        Exit codes besides: 126 a command cannot be executed, 127 there is none of its name."
)]
pub struct ProfileArgs {
    /// The command to measure
    #[arg(value_name = "CMD", last = true)]
    pub command: Vec<String>,

    /// Another command line to compare it with; may be given more than once
    #[arg(long, value_name = "CMD")]
    pub vs: Vec<String>,

    /// Runs of each command that are not counted, before all others
    #[arg(short, long, value_name = "NUM", default_value_t = 0)]
    pub warmup: u32,

    /// Exactly so many runs of each command
    #[arg(short, long, value_name = "NUM", value_parser = clap::value_parser!(u32).range(1..), conflicts_with_all = ["min_runs", "max_runs", "target_precision"])]
    pub runs: Option<u32>,

    /// At least so many runs of each command [default: 10]
    #[arg(short, long, value_name = "NUM", value_parser = clap::value_parser!(u32).range(1..))]
    pub min_runs: Option<u32>,

    /// At most so many runs of each command
    #[arg(short = 'M', long, value_name = "NUM", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_runs: Option<u32>,

    /// Go on until the 95 % intervals of each command's energy (time, where there is no energy) and of its ratio to the first
    /// command's are this narrow to either side, at most 200 runs or --max-runs
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub target_precision: Option<f64>,

    /// Run CMD before each run; once for all commands, or once for each
    #[arg(short, long, value_name = "CMD")]
    pub prepare: Vec<String>,

    /// Run CMD after each run; once for all commands, or once for each
    #[arg(long, value_name = "CMD")]
    pub conclude: Vec<String>,

    /// Run CMD once before all runs of a command
    #[arg(short, long, value_name = "CMD")]
    pub setup: Option<String>,

    /// Run CMD once after all runs of a command
    #[arg(short, long, value_name = "CMD")]
    pub cleanup: Option<String>,

    /// Start no shell
    #[arg(short = 'N', conflicts_with = "shell")]
    pub no_shell: bool,

    /// Start command lines by this shell; `none` for none, `default` for sh where a line needs it
    #[arg(short = 'S', long, value_name = "SHELL", default_value = "default")]
    pub shell: String,

    /// Count runs that fail like the others
    #[arg(short, long)]
    pub ignore_failure: bool,

    /// A name for a command in the reports; may be given once for each
    #[arg(short = 'n', long, value_name = "NAME")]
    pub command_name: Vec<String>,

    /// Measure each value of a comma-separated list, in place of {VAR}
    #[arg(short = 'L', long, num_args = 2, value_names = ["VAR", "VALUES"], conflicts_with = "parameter_scan")]
    pub parameter_list: Vec<String>,

    /// Measure each value from MIN to MAX, in place of {VAR}
    #[arg(short = 'P', long, num_args = 3, value_names = ["VAR", "MIN", "MAX"], allow_negative_numbers = true)]
    pub parameter_scan: Vec<String>,

    /// The step of --parameter-scan [default: 1]
    #[arg(short = 'D', long, value_name = "DELTA", requires = "parameter_scan")]
    pub parameter_step_size: Option<String>,

    /// In which order runs are made
    #[arg(long, value_name = "ORDER", default_value = "randomized", value_parser = ["interleaved", "randomized", "sequential"])]
    pub order: String,

    /// Where the order and the intervals' draws come from [default: the time]
    #[arg(long, value_name = "NUM")]
    pub seed: Option<u64>,

    /// Run this command line, too, before the others in the table, and compare the others with it
    #[arg(long, value_name = "CMD", conflicts_with = "reference_number")]
    pub reference: Option<String>,

    /// A name for the command of --reference in the reports
    #[arg(long, value_name = "NAME", requires = "reference")]
    pub reference_name: Option<String>,

    /// Compare with the command of this number in the table [default: the first]
    #[arg(long, value_name = "NUM", value_parser = clap::value_parser!(u32).range(1..))]
    pub reference_number: Option<u32>,

    /// How often energy is sampled during a run
    #[arg(long, value_name = "HZ", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate_hz: u32,

    /// Measure the idle machine for so many seconds before, between and after the runs, to tell net energy; `off` for not
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds_or_off)]
    pub idle_baseline: Idle,

    /// Performance counters, by perf's names, apart by commas
    #[arg(long, value_name = "LIST", value_parser = counters_list)]
    pub counters: Option<Counters>,

    /// Keep programs on this CPU
    #[arg(long, value_name = "CPU")]
    pub pin: Option<usize>,

    /// End a run after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,

    /// Let programs mark phases: `hearth mark NAME`, or a line into the descriptor in $HEARTH_PHASE_FD
    #[arg(long)]
    pub phases: bool,

    /// Estimate energy from CPU time, by what the whole processor draws under full load, where nothing measures it
    #[arg(long, value_name = "WATTS", value_parser = watts)]
    pub estimate_tdp: Option<f64>,

    /// Without a command: how long to watch the box itself
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with_all = NOT_WITHOUT_RUNS, conflicts_with_all = NOT_OF_A_WATCH)]
    pub duration: Option<Duration>,

    /// Where the programs' output goes: null, pipe, inherit or a file
    #[arg(long, value_name = "WHERE", default_value = "null")]
    pub output: String,

    /// Where the programs' input comes from: null or a file
    #[arg(long, value_name = "WHERE", default_value = "null")]
    pub input: String,

    /// How the terminal is used
    #[arg(long, value_name = "TYPE", default_value = "auto", value_parser = ["auto", "basic", "full", "nocolor", "color", "none"])]
    pub style: String,

    /// The order of the table, the comparison and Markdown; numbers stay those of the command line, as is the order by `auto`
    #[arg(long, value_name = "BY", default_value = "auto", value_parser = ["auto", "command", "mean-time", "energy"])]
    pub sort: String,

    /// The unit of times [default: as fits]
    #[arg(short = 'u', long, value_name = "UNIT", value_parser = time_unit)]
    pub time_unit: Option<TimeUnit>,

    /// Write everything as JSON, a superset of hyperfine's
    #[arg(long, value_name = "FILE")]
    pub export_json: Option<PathBuf>,

    /// Write the summary as CSV
    #[arg(long, value_name = "FILE")]
    pub export_csv: Option<PathBuf>,

    /// Write the summary as a Markdown table
    #[arg(long, value_name = "FILE")]
    pub export_markdown: Option<PathBuf>,

    /// Write a report for a browser, in one file
    #[arg(long, value_name = "FILE")]
    pub export_html: Option<PathBuf>,

    /// Write the comparison as a picture
    #[arg(long, value_name = "FILE")]
    pub export_svg: Option<PathBuf>,

    /// Write everything as postcard
    #[arg(long, value_name = "FILE")]
    pub export_postcard: Option<PathBuf>,

    /// Run nothing, and report anew what an earlier --export-json or --export-postcard holds
    #[arg(long, value_name = "FILE", conflicts_with_all = NOT_WITHOUT_RUNS, conflicts_with_all = NOT_OF_OLD_RUNS)]
    pub analyze: Option<PathBuf>,

    /// Look for energy counters below this directory instead of the running system's root
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
}

/// What says how programs are run. Where none is run it would be passed over in silence, and is refused.
const NOT_WITHOUT_RUNS: [&str; 28] = [
    "command",
    "vs",
    "warmup",
    "runs",
    "min_runs",
    "max_runs",
    "target_precision",
    "prepare",
    "conclude",
    "setup",
    "cleanup",
    "no_shell",
    "shell",
    "ignore_failure",
    "command_name",
    "parameter_list",
    "parameter_scan",
    "parameter_step_size",
    "order",
    "reference",
    "idle_baseline",
    "rate_hz",
    "counters",
    "pin",
    "timeout",
    "phases",
    "estimate_tdp",
    "output",
];

/// What says how commands are reported, which a watch has none of.
const NOT_OF_A_WATCH: [&str; 4] = ["input", "reference_number", "sort", "time_unit"];

/// What is in the file of earlier runs.
const NOT_OF_OLD_RUNS: [&str; 4] = ["input", "duration", "seed", "root"];

/// How long idleness is measured; `None` if it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle(pub Option<Duration>);

/// Events by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters(pub Vec<hearth_drivers::perf::event::Event>);

impl ProfileArgs {
    /// Every command with its parameters filled in.
    ///
    /// # Errors
    /// Options that contradict each other.
    pub fn benchmarks(&self) -> Result<Vec<Benchmark>, Failure> {
        let first = match &self.command[..] {
            [] => None,
            [line] => Some(CommandText::Line(line.clone())),
            words => Some(CommandText::Words(words.to_vec())),
        };
        // Compared with something: that alone is nothing to measure.
        if self.command.is_empty() && self.vs.is_empty() {
            return Ok(Vec::new());
        }
        let others = self.vs.iter().cloned().map(CommandText::Line);
        let wishes = Wishes {
            reference: self.reference.clone().map(|line| Reference {
                name: self.reference_name.clone().unwrap_or_else(|| line.clone()),
                command: CommandText::Line(line),
            }),
            commands: first.into_iter().chain(others).collect(),
            names: self.command_name.clone(),
            parameters: self.parameters()?,
            setup: self.setup.clone(),
            prepare: self.prepare.clone(),
            conclude: self.conclude.clone(),
            cleanup: self.cleanup.clone(),
        };
        wishes.benchmarks().map_err(|error| usage(&error))
    }

    fn parameters(&self) -> Result<Vec<Parameter>, Failure> {
        let lists = self.parameter_list.chunks_exact(2).map(|pair| Ok(Parameter::list(&pair[0], &pair[1])));
        let step = self.parameter_step_size.as_deref();
        let scans = self
            .parameter_scan
            .chunks_exact(3)
            .map(|scan| Parameter::scan(&scan[0], &scan[1], &scan[2], step));
        lists.chain(scans).collect::<Result<_, _>>().map_err(|error| usage(&error))
    }

    /// The order of what people read.
    fn sorted(&self) -> Sort {
        match self.sort.as_str() {
            "mean-time" => Sort::Time,
            "energy" => Sort::Energy,
            _ => Sort::Command,
        }
    }

    /// How runs are made. `seed` is taken where the owner names none.
    #[must_use]
    pub fn options(&self, seed: u64) -> Options {
        Options {
            root: self.root.clone(),
            runs: Runs::new(self.warmup, self.runs, self.min_runs, self.max_runs, self.target_precision),
            order: match self.order.as_str() {
                "interleaved" => Order::Interleaved,
                "sequential" => Order::Sequential,
                _ => Order::Randomized,
            },
            seed: self.seed.unwrap_or(seed),
            rate_hz: self.rate_hz,
            idle: self.idle_baseline.0,
            counters: self
                .counters
                .as_ref()
                .map_or_else(|| counters::USUAL.to_vec(), |counters| counters.0.clone()),
            ignores_failure: self.ignore_failure,
            shell: match (self.no_shell, self.shell.as_str()) {
                (true, _) | (false, "none") => Shell::None,
                (false, "default") => Shell::Auto,
                (false, shell) => Shell::With(shell.split_whitespace().map(str::to_owned).collect()),
            },
            output: match self.output.as_str() {
                "null" => Output::Null,
                "pipe" => Output::Pipe,
                "inherit" => Output::Inherit,
                file => Output::File(PathBuf::from(file)),
            },
            input: (self.input != "null").then(|| PathBuf::from(&self.input)),
            pin: self.pin,
            timeout: self.timeout,
            phases: self.phases,
            estimate_tdp_w: self.estimate_tdp,
        }
    }
}

fn usage(error: &dyn std::error::Error) -> Failure {
    Failure::Usage(format!("error: {error}"))
}

fn positive(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0)
}

fn percent(text: &str) -> Result<f64, String> {
    let number = positive(text.trim_end_matches('%')).filter(|percent| (0.01..=50.0).contains(percent));
    number.map(|percent| percent / 100.0).ok_or_else(|| "write a percentage from 0.01% to 50%".to_owned())
}

fn watts(text: &str) -> Result<f64, String> {
    let number = positive(text.trim_end_matches('W')).filter(|watts| *watts <= 10_000.0);
    number.ok_or_else(|| "write the watts of the processor under full load, up to 10000".to_owned())
}

/// A day is longer than anybody waits.
const SECONDS_MOST: f64 = 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let number = positive(text.trim_end_matches('s')).filter(|seconds| *seconds <= SECONDS_MOST);
    number.map(Duration::from_secs_f64).ok_or_else(|| "write seconds, above 0 and up to 86400".to_owned())
}

fn seconds_or_off(text: &str) -> Result<Idle, String> {
    if text == "off" { Ok(Idle(None)) } else { seconds(text).map(|time| Idle(Some(time))) }
}

fn counters_list(text: &str) -> Result<Counters, String> {
    let names = || counters::ALL.iter().map(|event| event.name()).collect::<Vec<_>>().join(", ");
    counters::parse(text).map(Counters).map_err(|name| format!("{name:?} is no event; there are {}", names()))
}

fn time_unit(text: &str) -> Result<TimeUnit, String> {
    let known = TimeUnit::ALL.into_iter().find(|(name, _)| *name == text);
    known.map(|(_, unit)| unit).ok_or_else(|| "write microsecond, millisecond or second".to_owned())
}
