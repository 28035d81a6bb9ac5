//! What `hearth profile` does: measures, shows how far it is, writes files, reports.

use std::fs;
use std::io::{self, IsTerminal, Write};

use hearth_hot::clock::{Clock, SystemClock};
use indicatif::{ProgressBar, ProgressStyle};

use super::{ProfileArgs, files};
use crate::cli::Failure;
use crate::profile::analysis::Analysis;
use crate::profile::child::ChildError;
use crate::profile::export::read;
use crate::profile::record::Record;
use crate::profile::session::{self, SessionError, Step};
use crate::profile::terminal::{Look, Shown, Sort};
use crate::profile::units::with_prefix;

/// Measures, or reads an earlier export, and reports.
///
/// # Errors
/// Options that contradict each other, programs that do not run, files that cannot be read or written.
pub(in crate::cli) fn profile(args: &ProfileArgs, out: &mut dyn Write) -> Result<(), Failure> {
    files::check(args)?;
    if let Some(duration) = args.duration {
        return super::watch::profile(args, duration, out);
    }
    let record = match &args.analyze {
        Some(path) => {
            let bytes = fs::read(path).map_err(|error| files::failed("read", path, &error))?;
            let not = |error| Failure::Failed(format!("error: {}: {error}", path.display()));
            read::read(&bytes).map_err(not)?
        }
        None => measure(args)?,
    };
    let reference = reference(args, record.results.len())?;
    let analysis = Analysis::of(&record, reference);
    files::export(args, &record, &analysis)?;
    if args.style == "none" {
        return Ok(());
    }
    let look = Look {
        colours: match args.style.as_str() {
            "auto" => io::stdout().is_terminal(),
            style => matches!(style, "full" | "color"),
        },
        unit: args.time_unit,
        sort: match args.sort.as_str() {
            "mean-time" => Sort::Time,
            "energy" => Sort::Energy,
            _ => Sort::Command,
        },
    };
    Failure::unless_written(write!(out, "{}", Shown { record: &record, analysis: &analysis, look }))
}

/// The command that the others of so many are compared with.
fn reference(args: &ProfileArgs, commands: usize) -> Result<usize, Failure> {
    let wanted = usize::try_from(args.reference - 1).unwrap_or(usize::MAX);
    if wanted < commands.max(1) {
        return Ok(wanted);
    }
    Err(Failure::Usage(format!("error: --reference {} of {commands} commands", args.reference)))
}

fn measure(args: &ProfileArgs) -> Result<Record, Failure> {
    let benchmarks = args.benchmarks()?;
    if benchmarks.is_empty() {
        let words =
            "error: nothing to measure: write the command after --, like: hearth profile -- sleep 0.1;
            or how long to watch the box itself, like: hearth profile --duration 60s";
        return Err(Failure::Usage(words.to_owned()));
    }
    reference(args, benchmarks.len())?;
    if let (Some(least), Some(most)) = (args.min_runs, args.max_runs)
        && least > most
    {
        return Err(Failure::Usage(format!("error: --min-runs {least} is more than --max-runs {most}")));
    }
    // What nobody can guess is not needed: the seed only has to differ from time to time.
    let seed = SystemClock::new().map_or(1, |clock| clock.realtime_ns() / 1000 % 1_000_000_000);
    let mut progress = Progress::new(&args.style);
    let record = session::run(&benchmarks, &args.options(seed), &mut |step| progress.show(step));
    progress.bar.finish_and_clear();
    record.map_err(|error| failure(&error))
}

fn failure(error: &SessionError) -> Failure {
    let words = format!("error: {error}");
    match error {
        SessionError::Child(ChildError::Start { source, .. }) => match source.kind() {
            io::ErrorKind::NotFound => Failure::NotRun { words, is_missing: true },
            io::ErrorKind::PermissionDenied => Failure::NotRun { words, is_missing: false },
            _ => Failure::Failed(words),
        },
        SessionError::Failed { by_shell: Some(code), .. } => {
            Failure::NotRun { words, is_missing: *code == 127 }
        }
        SessionError::Child(_)
        | SessionError::Command(_)
        | SessionError::Failed { .. }
        | SessionError::Around { .. }
        | SessionError::System { .. }
        | SessionError::Lane(_) => Failure::Failed(words),
    }
}

/// One line that says what is going on, on standard error.
struct Progress {
    bar: ProgressBar,
    watts: Option<f64>,
    commands: u64,
}

impl Progress {
    fn new(style: &str) -> Self {
        let visible = match style {
            "auto" => io::stderr().is_terminal(),
            style => style == "full" || style == "nocolor",
        };
        let bar = if visible { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let template = if style == "nocolor" {
            "{spinner} {msg} {bar:24} {pos}/{len}, {eta} left"
        } else {
            "{spinner} {msg} {bar:24.green} {pos}/{len}, {eta} left"
        };
        // The template is ours; were it wrong, the bar would look plain.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_plain| ProgressStyle::default_bar()),
        );
        Self { bar, watts: None, commands: 0 }
    }

    fn show(&mut self, step: &Step<'_>) {
        match step {
            Step::Idle(time) => self.bar.set_message(format!("the idle machine, {} s", time.as_secs())),
            Step::Begins { name, round, rounds } => {
                if *round == Some(0) {
                    self.commands += 1;
                }
                self.bar.set_length(u64::from(*rounds) * self.commands);
                let watts =
                    self.watts.map_or_else(String::new, |watts| format!(", {}", with_prefix(watts, "W")));
                let kind = if round.is_some() { "" } else { "warming up: " };
                self.bar.set_message(format!("{kind}{name}{watts}"));
            }
            Step::During { watts, .. } => self.watts = watts.or(self.watts),
            Step::Ended { watts, .. } => {
                self.watts = *watts;
                self.bar.inc(1);
            }
        }
    }
}
