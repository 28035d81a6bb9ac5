//! `hearth drives`: how the drives are, and their self-tests.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, word};
use crate::config::Word;
use crate::sensors::drive::{self, ByHandError, Examined, InHand, Length, Progress};

/// Arguments of `hearth drives`: how the drives are, and their self-tests.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(
    after_help = "Asks each drive here and now, which needs root. What grew over time only a running Hearth knows: \
                  `hearth get 'hearth_drive_*'`."
)]
pub struct DrivesArgs {
    /// Look below this directory instead of the running system's root
    #[arg(long, value_name = "DIR", default_value = "/", global = true)]
    pub root: PathBuf,

    /// What to do instead of listing the drives
    #[command(subcommand)]
    pub action: Option<DrivesAction>,
}

/// What can be done with a drive.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum DrivesAction {
    /// Start or end a drive's self-test, or show how it goes and how others ended
    Test {
        /// The drive, as nvme0, sda or /dev/sda
        device: String,
        /// What to do: a short test takes minutes, a long one hours; the drive can be used meanwhile
        #[arg(value_parser = word::<TestAction>())]
        what: TestAction,
    },
}

/// What can be done about a self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestAction {
    /// Start a short one.
    Short,
    /// Start a long one.
    Long,
    /// End the one that runs.
    Abort,
    /// Show the one that runs and those that ended.
    Status,
}

impl Word for TestAction {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Short, "short"), (Self::Long, "long"), (Self::Abort, "abort"), (Self::Status, "status")];
}

impl From<ByHandError> for Failure {
    fn from(error: ByHandError) -> Self {
        Self::Failed(format!("error: {error}"))
    }
}

/// Lists the drives, or does what is wanted with one.
///
/// # Errors
/// When the drive is unknown or refuses, or nobody takes the answer.
pub(super) fn drives(args: &DrivesArgs, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.action {
        None => {
            let looks: Vec<_> = drive::names(&args.root)
                .into_iter()
                .map(|name| {
                    let look = drive::open(&args.root, &name).and_then(|mut drive| drive.examine());
                    (name, look)
                })
                .collect();
            Failure::unless_written(print(&looks, out))
        }
        Some(DrivesAction::Test { device, what }) => {
            let mut drive = drive::open(&args.root, device)?;
            let answer = test(&mut drive, *what)?;
            Failure::unless_written(out.write_all(answer.as_bytes()))
        }
    }
}

fn test(drive: &mut InHand, what: TestAction) -> Result<String, ByHandError> {
    let length = match what {
        TestAction::Short => Length::Short,
        TestAction::Long => Length::Long,
        TestAction::Abort => {
            drive.abort()?;
            return Ok(format!("{}: no self-test runs any more\n", drive.name));
        }
        TestAction::Status => {
            let told = drive.progress()?;
            return Ok(progress(&drive.name, &told));
        }
    };
    let minutes = drive.start(length)?;
    Ok(started(&drive.name, length, minutes))
}

fn started(name: &str, length: Length, minutes: Option<u32>) -> String {
    let time = minutes.map_or_else(String::new, |minutes| format!(", which takes up to {minutes} min"));
    let length = length.name();
    format!(
        "{name}: a {length} self-test has begun{time}; `hearth drives test {name} status` shows how it goes\n"
    )
}

fn progress(name: &str, progress: &Progress) -> String {
    let mut text = match &progress.running {
        None => format!("{name}: no self-test runs\n"),
        Some((kind, Some(percent))) => format!("{name}: a self-test runs ({kind}), {percent} % done\n"),
        Some((kind, None)) => format!("{name}: a self-test runs ({kind})\n"),
    };
    for line in &progress.ended {
        text.push_str(&format!("  {line}\n"));
    }
    if progress.ended.is_empty() {
        text.push_str("  none has ended yet\n");
    }
    text
}

type Look = (Box<str>, Result<Examined, ByHandError>);

fn print(looks: &[Look], out: &mut dyn Write) -> io::Result<()> {
    if looks.is_empty() {
        return writeln!(
            out,
            "there are no drives that can be asked; `hearth sensors` says what was looked for"
        );
    }
    let width = looks.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, look) in looks {
        match look {
            Ok(examined) => {
                writeln!(out, "{name:width$}  {}", line(examined))?;
                if let Some(error) = &examined.newest_error {
                    writeln!(out, "{:width$}  newest error in its log: {error}", "")?;
                }
            }
            Err(error) => writeln!(out, "{name:width$}  unknown  {error}")?,
        }
    }
    Ok(())
}

/// `watch    38 °C  9876 h  MODEL  SERIAL: wear, spare_low`
fn line(examined: &Examined) -> String {
    let celsius = examined.celsius.map_or_else(|| "-".to_owned(), |celsius| celsius.to_string());
    let hours = examined.power_on_hours.map_or_else(|| "-".to_owned(), |hours| hours.to_string());
    let causes: Vec<&str> = examined.verdict.causes.each().map(|cause| cause.name()).collect();
    let why = if causes.is_empty() { String::new() } else { format!(": {}", causes.join(", ")) };
    let (level, model, serial) = (examined.verdict.level.name(), &examined.model, &examined.serial);
    // Whatever a drive calls itself, it stays on its line.
    format!(
        "{level:7}  {celsius:>3} °C  {hours:>6} h  {}  {}{why}",
        model.escape_debug(),
        serial.escape_debug()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        drives: DrivesArgs,
    }

    fn parsed(args: &[&str]) -> Result<DrivesArgs, clap::Error> {
        Alone::try_parse_from(["drives"].iter().chain(args)).map(|alone| alone.drives)
    }

    #[test]
    fn without_an_action_the_drives_are_listed() {
        let args = parsed(&[]).expect("fine");
        assert_eq!((args.root, args.action), (PathBuf::from("/"), None));
    }

    #[test]
    fn a_test_names_its_drive_and_what_to_do() {
        for (word, what) in [("short", TestAction::Short), ("abort", TestAction::Abort)] {
            let args = parsed(&["test", "nvme0", word, "--root=/x"]).expect("fine");
            let device = "nvme0".to_owned();
            assert_eq!(args.action, Some(DrivesAction::Test { device, what }));
            assert_eq!(args.root, PathBuf::from("/x"));
        }
        let error = parsed(&["test", "nvme0", "quick"]).expect_err("no such test");
        assert!(error.to_string().contains("short, long, abort, status"), "{error}");
    }

    #[test]
    fn a_machine_without_drives_is_no_failure_and_an_unknown_drive_is_one() {
        let mut out = Vec::new();
        let args = parsed(&["--root=/nowhere"]).expect("fine");
        drives(&args, &mut out).expect("an answer");
        assert!(String::from_utf8(out).expect("text").starts_with("there are no drives"));
        let args = parsed(&["test", "sdz", "status", "--root=/nowhere"]).expect("fine");
        let failure = drives(&args, &mut Vec::new()).expect_err("there is none");
        assert_eq!(failure.exit_code(), 1);
        assert_eq!(failure.to_string(), "error: there is no drive sdz, nor any other");
    }

    #[test]
    fn a_drive_has_a_line_and_its_newest_error_another() {
        let verdict = drive::Verdict::unanswered(hearth_model::Reason::IoError);
        let examined = Examined {
            model: "Layout".to_owned(),
            serial: "S\n1".to_owned(),
            celsius: Some(38),
            power_on_hours: None,
            verdict,
            newest_error: Some("media error (status 0x0281), from block 7 of namespace 1".to_owned()),
        };
        let mut out = Vec::new();
        print(&[("nvme0".into(), Ok(examined))], &mut out).expect("a buffer takes it");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "nvme0  unknown   38 °C       - h  Layout  S\\n1: no_answer\n       newest error in its log: media error \
             (status 0x0281), from block 7 of namespace 1\n"
        );
    }

    #[test]
    fn progress_is_told_in_lines() {
        let running = Some(("long".to_owned(), Some(42)));
        let told = progress("sda", &Progress { running, ended: vec!["short: passed, at 7 h".to_owned()] });
        assert_eq!(told, "sda: a self-test runs (long), 42 % done\n  short: passed, at 7 h\n");
        assert_eq!(progress("sda", &Progress::default()), "sda: no self-test runs\n  none has ended yet\n");
        assert_eq!(
            started("sda", Length::Long, Some(90)),
            "sda: a long self-test has begun, which takes up to 90 min; `hearth drives test sda status` shows how it goes\n"
        );
    }
}
