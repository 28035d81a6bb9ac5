//! What `hearth profile` does: measures, shows how far it is, writes files, reports.

use std::fs;
use std::io::{self, Write};

use hearth_hot::clock::{Clock, SystemClock};

use super::progress::{Plan, Progress};
use super::{ProfileArgs, files, look};
use crate::cli::Failure;
use crate::profile::analysis::Analysis;
use crate::profile::child::ChildError;
use crate::profile::export::read;
use crate::profile::record::Record;
use crate::profile::session::{self, SessionError};
use crate::profile::terminal::{Look, Shown};

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
    // Runs may have taken hours: what they found is shown before anything else can fail.
    let shown = if args.style == "none" { Ok(()) } else { show(args, &record, &analysis, out) };
    let exported = files::export(args, &record, &analysis);
    shown.and(exported)
}

fn show(
    args: &ProfileArgs,
    record: &Record,
    analysis: &Analysis,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let look = Look {
        colours: look::colours(&args.style),
        width: look::width(),
        unit: args.time_unit,
        sort: args.sorted(),
    };
    Failure::unless_written(write!(out, "{}", Shown { record, analysis, look }).and_then(|()| out.flush()))
}

/// The command that the others of so many are compared with. One that was named by `--reference` is the first.
fn reference(args: &ProfileArgs, commands: usize) -> Result<usize, Failure> {
    let number = args.reference_number.unwrap_or(1);
    let wanted = usize::try_from(number - 1).unwrap_or(usize::MAX);
    if wanted < commands.max(1) {
        return Ok(wanted);
    }
    Err(Failure::Usage(format!("error: --reference-number {number} of {commands} commands")))
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
    let options = args.options(seed);
    let plan = Plan {
        commands: u32::try_from(benchmarks.len()).unwrap_or(u32::MAX),
        warmup: options.runs.warmup,
        least: options.runs.least,
        order: options.order,
        estimates: options.estimate_tdp_w.is_some(),
    };
    let mut progress = Progress::new(args, plan);
    let record = session::run(&benchmarks, &options, &mut |step| progress.show(step));
    progress.clear();
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
