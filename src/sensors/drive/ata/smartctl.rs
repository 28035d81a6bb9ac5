//! What `smartctl` knows of a disk whose bridge speaks a language of its own.
//!
//! Its drive database knows such bridges; Hearth does not repeat it. `smartctl` is run on the disk's own thread, with the
//! same care for the disk's sleep, and its report is read as the disk's own answer would be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

mod report;

pub(super) use report::Report;

/// Where distributions have it, below the root.
const PATHS: [&str; 4] =
    ["usr/sbin/smartctl", "usr/local/sbin/smartctl", "usr/bin/smartctl", "sbin/smartctl"];
/// What it is told to exit with where the disk sleeps. Its own codes are sets of bits, of which 1 and 2 exclude others.
const ASLEEP: i32 = 0xfc;
/// Its exit bits for "the command line was wrong" and "the device could not be opened".
const NOT_DONE: i32 = 0b11;
/// A longer report is none.
const REPORT_BYTES_MAX: usize = 4 << 20;

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
    #[error("smartctl's report has {0} bytes, which is no report")]
    TooLong(usize),
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

/// Asks about the device at `device`. Takes as long as `smartctl` takes.
pub(super) fn ask(smartctl: &Path, device: &Path) -> Result<Told, ReportError> {
    let output = Command::new(smartctl)
        .args(["--json=c", "--nocheck", &format!("standby,{ASLEEP}"), "--all"])
        .arg(device)
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| ReportError::Run { path: smartctl.to_owned(), error })?;
    told(output.status.code(), &output.stdout)
}

/// Reads what it exited with and wrote.
fn told(exit: Option<i32>, written: &[u8]) -> Result<Told, ReportError> {
    if exit == Some(ASLEEP) {
        return Ok(Told::Asleep);
    }
    if written.len() > REPORT_BYTES_MAX {
        return Err(ReportError::TooLong(written.len()));
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
        assert!(matches!(told(Some(0), &vec![b' '; REPORT_BYTES_MAX + 1]), Err(ReportError::TooLong(_))));
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
