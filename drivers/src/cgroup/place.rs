//! Where the tree of version 2 is mounted.
//!
//! A machine has it alone (unified), beside the trees of version 1 (hybrid; every controller may then be in those, and
//! the tree of version 2 has CPU times and pressure alone), or not at all.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::file::{KernelFile, KernelText, OpenError, ReadError};
use crate::proc::mounts::{self, Escaped};
use crate::proc::{ParseError, pressure};

/// The file that every group but the root of the whole tree has.
const EVENTS: &str = "cgroup.events";
/// The controllers that groups may have.
const CONTROLLERS: &str = "cgroup.controllers";
/// Longest path of a mount point (`PATH_MAX`).
const PATH_BYTES: usize = 4096;

/// Which versions are mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Version 2 alone.
    Unified,
    /// Version 2 beside version 1.
    Hybrid,
}

/// The tree of version 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The directory of its root, below the root directory it was looked for in.
    pub directory: PathBuf,
    /// Which versions are mounted.
    pub setup: Setup,
    /// The controllers it has, as the kernel lists them: `cpu io memory`; empty where version 1 has them all.
    pub controllers: String,
    /// Whether its root is that of the machine, and not that of a container, whose CPU time is only a part.
    pub is_machine: bool,
}

/// Why there is no tree of version 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The list of mounts could not be opened.
    #[error(transparent)]
    Mounts(#[from] OpenError),
    /// The list of mounts could not be read.
    #[error("the list of mounts could not be read: {0}")]
    Read(#[from] ReadError),
    /// The list of mounts is not as the kernel writes it.
    #[error("the list of mounts cannot be understood: {0}")]
    Parse(#[from] ParseError),
    /// Only version 1 is mounted.
    #[error("control groups are mounted as version 1 only")]
    VersionOne,
    /// None is mounted.
    #[error("no control groups are mounted")]
    NotMounted,
    /// The mount is in the list, and its directory lacks what every group has.
    #[error("control groups are said to be mounted, but {0}")]
    Hollow(OpenError),
}

/// Looks for the tree below `root`. Of several mounts the first counts. Allocates; for arming.
///
/// # Errors
/// [`NoPlace`].
pub fn find(root: &Path) -> Result<Place, NoPlace> {
    let mut text = KernelText::open(root, mounts::PATH, mounts::DELIVERY)?;
    let (mut second, mut has_first) = (None, false);
    mounts::parse(text.read()?, |mount| match mount.kind.0 {
        b"cgroup" => has_first = true,
        b"cgroup2" if second.is_none() => second = below(root, mount.mount_point),
        _ => {}
    })?;
    let directory = match second {
        Some(directory) => directory,
        None if has_first => return Err(NoPlace::VersionOne),
        None => return Err(NoPlace::NotMounted),
    };
    KernelFile::open(&directory, super::cpu_stat::FILE, super::cpu_stat::DELIVERY)
        .map_err(NoPlace::Hollow)?;
    let controllers = match KernelText::open(&directory, CONTROLLERS, pressure::DELIVERY) {
        Ok(mut file) => match file.read() {
            Ok(text) => String::from_utf8_lossy(text.trim_ascii()).into_owned(),
            // None at all: the file is a single newline, or nothing.
            Err(ReadError::Empty) => String::new(),
            Err(error) => return Err(error.into()),
        },
        Err(error) => return Err(NoPlace::Hollow(error)),
    };
    let setup = if has_first { Setup::Hybrid } else { Setup::Unified };
    let is_machine = !directory.join(EVENTS).exists();
    Ok(Place { directory, setup, controllers, is_machine })
}

/// The mount point, seen from `root`; `None` where it is longer than any path.
fn below(root: &Path, mount_point: Escaped<'_>) -> Option<PathBuf> {
    let mut room = [0; PATH_BYTES];
    let plain = mount_point.unescape(&mut room)?;
    let relative = plain.strip_prefix(b"/").unwrap_or(plain);
    Some(root.join(OsStr::from_bytes(relative)))
}

#[cfg(test)]
mod tests {
    use super::super::walk::tests::Tree;
    use super::*;

    const V1: &str = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n";
    const HYBRID: &str = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
    const UNIFIED: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

    fn tree(test: &str, mounts: &str, directory: &str, controllers: &str) -> Tree {
        let tree = Tree::new(test);
        tree.write("proc/self/mountinfo", mounts);
        tree.write(&format!("{directory}/cpu.stat"), "usage_usec 1\nuser_usec 1\nsystem_usec 0\n");
        tree.write(&format!("{directory}/cgroup.controllers"), controllers);
        tree
    }

    #[test]
    fn version_two_is_found_alone_and_beside_version_one() {
        let alone = tree("unified", UNIFIED, "sys/fs/cgroup", "cpuset cpu io memory pids\n");
        let place = find(alone.root()).unwrap();
        assert_eq!((place.setup, place.is_machine), (Setup::Unified, true));
        assert_eq!(place.controllers, "cpuset cpu io memory pids");
        let both = tree("hybrid", &[V1, HYBRID].concat(), "sys/fs/cgroup/unified", "\n");
        let place = find(both.root()).unwrap();
        assert_eq!((place.setup, place.controllers.as_str()), (Setup::Hybrid, ""));
        assert_eq!(place.directory, both.root().join("sys/fs/cgroup/unified"));
    }

    #[test]
    fn the_root_of_a_container_is_told_from_the_machines() {
        let tree = tree("container", UNIFIED, "sys/fs/cgroup", "");
        tree.write("sys/fs/cgroup/cgroup.events", "populated 1\nfrozen 0\n");
        assert!(!find(tree.root()).unwrap().is_machine);
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        let tree = Tree::new("missing");
        assert!(matches!(find(tree.root()), Err(NoPlace::Mounts(_))));
        for (mounts, wanted) in
            [(V1, NoPlace::VersionOne), ("22 1 254:0 / / rw - ext4 /dev/vda rw\n", NoPlace::NotMounted)]
        {
            tree.write("proc/self/mountinfo", mounts);
            assert_eq!(find(tree.root()), Err(wanted));
        }
        tree.write("proc/self/mountinfo", UNIFIED);
        assert!(matches!(find(tree.root()), Err(NoPlace::Hollow(_))), "listed and not there");
    }
}
