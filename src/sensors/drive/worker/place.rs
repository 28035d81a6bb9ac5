//! Where a drive is, and what is remembered of it.

use std::path::{Path, PathBuf};

use hearth_hot::contract::Arming;

/// Where a drive is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sensors::drive) struct Place {
    /// The directory below which every path lies.
    pub(in crate::sensors::drive) root: PathBuf,
    /// The kernel's name of the device, as `nvme0` or `sda`.
    pub(in crate::sensors::drive) name: Box<str>,
    /// Where drives' histories are kept, if they are to outlive a restart.
    pub(in crate::sensors::drive) state_dir: Option<PathBuf>,
}

impl Place {
    /// A drive whose history nobody keeps.
    pub(in crate::sensors::drive) fn new(root: &Path, name: &str) -> Self {
        Self { root: root.to_owned(), name: name.into(), state_dir: None }
    }

    /// A drive of the machine that is armed, with its history where the owner wants it.
    pub(in crate::sensors::drive) fn of(arming: &Arming<'_>, name: &str) -> Self {
        let below = arming.config().drives.state_dir.trim_start_matches('/');
        let state_dir = (!below.is_empty()).then(|| arming.path(below));
        Self { state_dir, ..Self::new(arming.root(), name) }
    }
}
