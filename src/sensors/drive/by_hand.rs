//! Drives in their owner's hands: what `hearth drives` does, without a lane or a running Hearth.
//!
//! A kind of drive is a row in [`KINDS`]: how its drives are listed, and how one is opened.

use std::fmt;
use std::path::Path;

use hearth_hot::contract::Absent;

use super::verdict::Verdict;
use super::{ata, nvme};

/// A drive, or why it cannot be opened.
pub(super) type Opened = Result<Box<dyn ByHand>, Absent>;

/// A kind of drive.
pub(super) struct Kind {
    /// The kernel's names of all drives of this kind below a root, in order; none where the kind is unknown there.
    pub(super) names: fn(&Path) -> Result<Vec<Box<str>>, Absent>,
    /// Opens one.
    pub(super) open: fn(&Path, &str) -> Opened,
}

/// Every kind of drive.
const KINDS: &[Kind] = &[nvme::by_hand::KIND, ata::by_hand::KIND];

/// How thorough a self-test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Minutes: the electronics and a sample of the medium.
    Short,
    /// Hours: the whole medium.
    Long,
}

impl Length {
    /// The word people use.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
        }
    }
}

/// What a drive says of itself, now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Examined {
    /// Model.
    pub(crate) model: String,
    /// Serial number.
    pub(crate) serial: String,
    /// Temperature in degrees Celsius.
    pub(crate) celsius: Option<i32>,
    /// Hours on.
    pub(crate) power_on_hours: Option<u64>,
    /// What is thought of it at one look.
    pub(crate) verdict: Verdict,
    /// The newest entry of its error log, where that is read.
    pub(crate) newest_error: Option<String>,
}

/// A drive's self-tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The one that runs: what it is, and how much is done in percent.
    pub(crate) running: Option<(String, Option<u8>)>,
    /// Those that ended, newest first, a line each.
    pub(crate) ended: Vec<String>,
}

/// Why a drive does not do what its owner wants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ByHandError {
    /// There is no such drive.
    #[error("there is no drive {name}{}", others(known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<Box<str>>,
    },
    /// It cannot be opened, or does not answer.
    #[error("{name}: {}{}", absent.what, fix(absent))]
    Absent {
        /// The drive.
        name: String,
        /// What came back, and what to do.
        absent: Absent,
    },
    /// It has no self-tests.
    #[error("{name} has no self-tests: its maker did not build them in")]
    Unsupported {
        /// The drive.
        name: String,
    },
    /// One runs already.
    #[error(
        "a self-test of {name} runs already; wait for its end, or end it with `hearth drives test {name} abort`"
    )]
    UnderWay {
        /// The drive.
        name: String,
    },
}

fn others(known: &[Box<str>]) -> String {
    if known.is_empty() { ", nor any other".to_owned() } else { format!("; there are: {}", known.join(", ")) }
}

fn fix(absent: &Absent) -> String {
    if absent.fix.is_empty() { String::new() } else { format!("; {}", absent.fix) }
}

/// Why a drive refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It has no self-tests.
    Unsupported,
    /// One runs already.
    UnderWay,
    /// It did not answer as it should.
    Failed(Absent),
}

impl From<Absent> for Refusal {
    fn from(absent: Absent) -> Self {
        Self::Failed(absent)
    }
}

/// What an owner can do with a drive.
pub(crate) trait ByHand {
    /// Looks at it once.
    fn examine(&mut self) -> Result<Examined, Refusal>;

    /// Starts a self-test, which the drive goes on with by itself; says how many minutes it takes if the drive does.
    fn start(&mut self, length: Length) -> Result<Option<u32>, Refusal>;

    /// Ends the self-test that runs, if one does.
    fn abort(&mut self) -> Result<(), Refusal>;

    /// What runs and what ended.
    fn progress(&mut self) -> Result<Progress, Refusal>;
}

/// A drive by name, open.
pub(crate) struct InHand {
    /// The kernel's name.
    pub(crate) name: String,
    drive: Box<dyn ByHand>,
}

impl fmt::Debug for InHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InHand").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The kernel's names of all drives below `root`.
pub(crate) fn names(root: &Path) -> Vec<Box<str>> {
    // A kind whose list cannot be had has no drives here; `hearth sensors` says why.
    KINDS.iter().flat_map(|kind| (kind.names)(root).unwrap_or_else(|_why| Vec::new())).collect()
}

/// Opens the drive called `name`, as `nvme0`, `/dev/nvme0` or one of its parts, `/dev/nvme0n1`.
pub(crate) fn open(root: &Path, name: &str) -> Result<InHand, ByHandError> {
    let plain = name.strip_prefix("/dev/").unwrap_or(name);
    for kind in KINDS {
        let names = (kind.names)(root).unwrap_or_else(|_why| Vec::new());
        if let Some(name) = names.iter().find(|known| is_part_of(plain, known)) {
            let absent = |absent| ByHandError::Absent { name: name.to_string(), absent };
            let drive = (kind.open)(root, name).map_err(absent)?;
            return Ok(InHand { name: name.to_string(), drive });
        }
    }
    Err(ByHandError::Unknown { name: name.to_owned(), known: names(root) })
}

/// Whether `name` is the drive `drive`, or a namespace or partition of it: `nvme0n1p2` of `nvme0`, `sda1` of `sda`.
fn is_part_of(name: &str, drive: &str) -> bool {
    let Some(rest) = name.strip_prefix(drive) else { return false };
    let ends_in_digit = drive.ends_with(|letter: char| letter.is_ascii_digit());
    let is_part =
        if ends_in_digit { rest.starts_with('n') } else { rest.starts_with(|c: char| c.is_ascii_digit()) };
    rest.is_empty() || is_part
}

impl InHand {
    /// Looks at it once.
    pub(crate) fn examine(&mut self) -> Result<Examined, ByHandError> {
        self.drive.examine().map_err(|refusal| self.refused(refusal))
    }

    /// As [`ByHand::start`].
    pub(crate) fn start(&mut self, length: Length) -> Result<Option<u32>, ByHandError> {
        self.drive.start(length).map_err(|refusal| self.refused(refusal))
    }

    /// As [`ByHand::abort`].
    pub(crate) fn abort(&mut self) -> Result<(), ByHandError> {
        self.drive.abort().map_err(|refusal| self.refused(refusal))
    }

    /// As [`ByHand::progress`].
    pub(crate) fn progress(&mut self) -> Result<Progress, ByHandError> {
        self.drive.progress().map_err(|refusal| self.refused(refusal))
    }

    fn refused(&self, refusal: Refusal) -> ByHandError {
        let name = self.name.clone();
        match refusal {
            Refusal::Unsupported => ByHandError::Unsupported { name },
            Refusal::UnderWay => ByHandError::UnderWay { name },
            Refusal::Failed(absent) => ByHandError::Absent { name, absent },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_model::Reason;

    #[test]
    fn a_drive_is_found_by_its_name_its_path_and_its_parts() {
        for (name, drive, is) in [
            ("nvme0", "nvme0", true),
            ("nvme0n1", "nvme0", true),
            ("nvme0n1p2", "nvme0", true),
            ("nvme01", "nvme0", false),
            ("nvme10", "nvme1", false),
            ("sda", "sda", true),
            ("sda1", "sda", true),
            ("sdaa", "sda", false),
            ("sd", "sda", false),
        ] {
            assert_eq!(is_part_of(name, drive), is, "{name} of {drive}");
        }
    }

    #[test]
    fn each_error_says_what_to_do() {
        let files = Files::with(&[("sys/class/nvme/nvme0/model", ""), ("sys/class/nvme/nvme1/model", "")]);
        assert_eq!(names(files.root()), [Box::from("nvme0"), Box::from("nvme1")]);
        let error = open(files.root(), "/dev/sdx").unwrap_err();
        assert_eq!(error.to_string(), "there is no drive /dev/sdx; there are: nvme0, nvme1");
        let error = open(Path::new("/nowhere"), "nvme0").unwrap_err();
        assert_eq!(error.to_string(), "there is no drive nvme0, nor any other");
        let error = open(files.root(), "/dev/nvme1n1").unwrap_err();
        let ByHandError::Absent { name, absent } = &error else { panic!("{error}") };
        assert_eq!((name.as_str(), absent.reason), ("nvme1", Reason::Absent));
        assert!(error.to_string().contains("/dev/nvme1: "), "{error}");
        let under_way = ByHandError::UnderWay { name: "nvme0".to_owned() };
        assert!(under_way.to_string().contains("hearth drives test nvme0 abort"));
    }
}
