//! What `smartctl` knows of a disk whose bridge speaks a language of its own.
//!
//! Its drive database knows such bridges; Hearth does not repeat it. `smartctl` is run on the disk's own thread, with the
//! same care for the disk's sleep, and its report is read as the disk's own answer would be.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

mod report;

pub(super) use report::Report;

/// Where distributions have it, below the root.
const PATHS: [&str; 4] =
    ["usr/sbin/smartctl", "usr/local/sbin/smartctl", "usr/bin/smartctl", "sbin/smartctl"];
/// What it is told to exit with where the disk sleeps. Its own codes are sets of bits, of which 1 and 2 exclude others.
const ASLEEP: i32 = 0xfc;
/// Its exit bits for "the command line was wrong" and "the device could not be opened".
const NOT_DONE: i32 = 0b11;
/// A longer report is none; no more than that is read.
const REPORT_BYTES_MAX: usize = 4 << 20;
/// How long it may take: a disk that has to be reset answers after half a minute or never.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReportError {
    /// It could not be run.
    #[error("running {path} failed: {error}", path = path.display())]
    Run { path: PathBuf, error: std::io::Error },
    /// It ran and had nothing to say of the disk.
    #[error("smartctl could not read the disk: {0}")]
    NotDone(String),
    /// What it wrote is no report.
    #[error("smartctl's report is not what version 7 writes: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It wrote without end.
    #[error("smartctl's report has more than {REPORT_BYTES_MAX} bytes, which is no report")]
    TooLong,
    /// It did not end.
    #[error("smartctl had not ended after {0} s and was killed")]
    Late(u64),
}

/// What it said.
#[derive(Debug)]
pub(super) enum Told {
    /// The disk sleeps.
    Asleep,
    /// It is awake.
    Awake(Box<Report>),
}

/// `smartctl` below `root`, if it is installed.
pub(super) fn installed(root: &Path) -> Option<PathBuf> {
    PATHS.iter().map(|path| root.join(path)).find(|path| path.is_file())
}

/// Asks about the device at `device`. Takes as long as `smartctl` takes, but not longer than a minute.
pub(super) fn ask(smartctl: &Path, device: &Path) -> Result<Told, ReportError> {
    let mut command = Command::new(smartctl);
    command.args(["--json=c", "--nocheck", &format!("standby,{ASLEEP}"), "--all"]).arg(device);
    run(smartctl, command, PATIENCE)
}

/// Runs `command` and reads what it writes. It is killed after `patience`, or when it writes more than any report has.
fn run(path: &Path, mut command: Command, patience: Duration) -> Result<Told, ReportError> {
    let failed = |error| ReportError::Run { path: path.to_owned(), error };
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let read = read_within(&mut child, patience);
    if !matches!(read, Ok(Ok(_))) {
        // One that has ended by itself meanwhile is not killed, which is as well.
        child.kill().map_err(failed)?;
    }
    let exit = child.wait().map_err(failed)?;
    match read {
        Ok(Ok(written)) => told(exit.code(), &written),
        Ok(Err(Unread::TooLong)) => Err(ReportError::TooLong),
        Ok(Err(Unread::Io(error))) => Err(failed(error)),
        Err(_late) => Err(ReportError::Late(patience.as_secs())),
    }
}

/// Why its words were not read to their end.
enum Unread {
    TooLong,
    Io(std::io::Error),
}

/// What `child` writes until it closes its output. The reading is another thread's, which ends with the output: what is
/// killed closes it.
fn read_within(child: &mut Child, patience: Duration) -> Result<Result<Vec<u8>, Unread>, RecvTimeoutError> {
    let Some(output) = child.stdout.take() else { return Ok(Ok(Vec::new())) };
    let (say, heard) = mpsc::sync_channel(1);
    let spawned = thread::Builder::new().name("smartctl".to_owned()).spawn(move || {
        let limit = u64::try_from(REPORT_BYTES_MAX).unwrap_or(u64::MAX);
        let mut written = Vec::new();
        let read = output.take(limit + 1).read_to_end(&mut written);
        let outcome = match read {
            Ok(_) if written.len() > REPORT_BYTES_MAX => Err(Unread::TooLong),
            Ok(_) => Ok(written),
            Err(error) => Err(Unread::Io(error)),
        };
        // Nobody listens any more where it was too late.
        drop(say.send(outcome));
    });
    match spawned {
        Ok(_thread) => heard.recv_timeout(patience),
        Err(error) => Ok(Err(Unread::Io(error))),
    }
}

/// Reads what it exited with and wrote.
fn told(exit: Option<i32>, written: &[u8]) -> Result<Told, ReportError> {
    if exit == Some(ASLEEP) {
        return Ok(Told::Asleep);
    }
    let report: Report = serde_json::from_slice(written)?;
    if exit.is_none_or(|exit| exit & NOT_DONE != 0) {
        return Err(ReportError::NotDone(report.said()));
    }
    Ok(Told::Awake(Box::new(report)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::drive::verdict::Finished;

    /// After what smartctl 7.3 writes (`smartctl -j -a`), with made-up numbers.
    const REPORT: &str = include_str!("smartctl/report.json");

    fn report() -> Report {
        match told(Some(0x40), REPORT.as_bytes()) {
            Ok(Told::Awake(report)) => *report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_report_is_read_as_the_disk_would_be() {
        let report = report();
        assert_eq!((&*report.model_name, report.rotation_rate), ("WDC WD20EFRX-68EUZN0", Some(5400)));
        let look = report.look();
        assert_eq!((look.rows().count(), look.row(197).unwrap().attribute.raw), (3, 2));
        assert_eq!((look.passed, look.temperatures.now_mc), (Some(true), Some(29_000)));
        assert_eq!((look.power_on_hours, look.power_cycles), (Some(41_234), Some(85)));
        assert_eq!(look.tests.short, Some(Finished { passed: true, at_hours: 41_200 }));
        assert_eq!(look.tests.long, Some(Finished { passed: false, at_hours: 40_000 }));
        assert_eq!((look.tests.logged, look.tests.left_percent), (Some([3, 1]), None));
    }

    #[test]
    fn a_sleeping_disk_and_one_that_was_not_opened_are_told_apart() {
        assert!(matches!(told(Some(ASLEEP), b""), Ok(Told::Asleep)));
        let unknown = br#"{"smartctl":{"messages":[{"string":"Unknown USB bridge","severity":"error"}]}}"#;
        let error = told(Some(1), unknown).unwrap_err().to_string();
        assert_eq!(error, "smartctl could not read the disk: Unknown USB bridge");
        assert!(matches!(told(None, b"{}"), Err(ReportError::NotDone(_))));
    }

    fn shell(script: &str, patience: Duration) -> Result<Told, ReportError> {
        let path = Path::new("/bin/sh");
        let mut command = Command::new(path);
        command.args(["-c", script]);
        run(path, command, patience)
    }

    #[test]
    fn one_that_writes_without_end_or_never_ends_is_killed() {
        let endless = shell("while :; do echo ' '; done", PATIENCE);
        assert!(matches!(endless, Err(ReportError::TooLong)), "{endless:?}");
        let hung = shell("exec tail -f /dev/null", Duration::from_millis(1));
        assert!(matches!(hung, Err(ReportError::Late(_))), "{hung:?}");
        let asleep = shell("exit 252", PATIENCE);
        assert!(matches!(asleep, Ok(Told::Asleep)), "{asleep:?}");
    }

    #[test]
    fn every_cut_of_a_report_is_an_error_and_strange_numbers_are_too() {
        let whole = REPORT.trim_end();
        for end in 0..whole.len() {
            assert!(told(Some(0), &whole.as_bytes()[..end]).is_err(), "cut at {end}");
        }
        let strange = [
            r#"{"rotation_rate":-1}"#,
            r#"{"temperature":{"current":4000}}"#,
            r#"{"power_cycle_count":1e99}"#,
        ];
        for report in strange {
            assert!(told(Some(0), report.as_bytes()).is_err(), "{report}");
        }
    }

    #[test]
    fn smartctl_that_is_not_there_is_not_found_and_one_that_fails_says_so() {
        assert_eq!(installed(Path::new("/none-such")), None);
        let gone = ask(Path::new("/none-such/smartctl"), Path::new("/dev/null"));
        assert!(matches!(gone, Err(ReportError::Run { .. })), "{gone:?}");
        // A program that writes no report.
        let echo = ask(Path::new("/bin/echo"), Path::new("/dev/null"));
        assert!(matches!(echo, Err(ReportError::Malformed(_))), "{echo:?}");
    }
}
