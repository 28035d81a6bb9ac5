//! A cgroup whose programs are counted: its open directory, and a file that tells when it is gone.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Target;
use crate::file::{Delivery, Errno, KernelText, OpenError, OpenStep};

/// Where a cgroup's directory hangs: each possible mount, and a small file that every cgroup there has and that can no
/// longer be read once the cgroup is gone. `perf_event_open(2)` wants the hierarchy that has the `perf_event`
/// controller: that of version 2, unless version 1 holds it.
pub const MOUNTS: [(&str, &str); 3] = [
    ("sys/fs/cgroup/perf_event", "notify_on_release"),
    ("sys/fs/cgroup", "cgroup.stat"),
    ("sys/fs/cgroup/unified", "cgroup.stat"),
];

/// The first of [`MOUNTS`] that is one below `root`, with its file.
#[must_use]
pub fn mount(root: &Path) -> Option<(&'static str, &'static str)> {
    MOUNTS.into_iter().find(|(path, file)| root.join(path).join(file).exists())
}

/// An open cgroup.
#[derive(Debug)]
pub struct Cgroup {
    directory: File,
    inode: u64,
}

impl Cgroup {
    /// Opens the cgroup `path` of the hierarchy at `mount`, and the file that can be read as long as it is there.
    ///
    /// # Errors
    /// [`OpenError`] with the path that could not be opened.
    pub fn open(
        root: &Path,
        (mount, file): (&str, &str),
        path: &str,
    ) -> Result<(Self, KernelText), OpenError> {
        let whole = root.join(mount).join(path);
        let opened = File::open(&whole).and_then(|directory| {
            let inode = directory.metadata()?.ino();
            Ok(Self { directory, inode })
        });
        match opened {
            Ok(cgroup) => {
                let alive = KernelText::open(root, &format!("{mount}/{path}/{file}"), Delivery::Whole)?;
                Ok((cgroup, alive))
            }
            Err(error) => Err(OpenError { path: whole, step: OpenStep::Open, errno: Errno::of(&error) }),
        }
    }

    /// The directory's inode: the cgroup's identity, as a name may be used again.
    #[must_use]
    pub const fn inode(&self) -> u64 {
        self.inode
    }

    /// Its programs on `cpu`.
    #[must_use]
    pub const fn on(&self, cpu: u32) -> Target<'_> {
        Target::CgroupOnCpu { directory: &self.directory, cpu }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    /// A directory of one test's own, removed at its end.
    struct Root(PathBuf);

    impl Root {
        fn with(test: &str, files: &[&str]) -> Self {
            let root =
                Self(std::env::temp_dir().join(format!("hearth-cgroup-{}-{test}", std::process::id())));
            for path in files {
                let path = root.0.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "nr_descendants 0\n").unwrap();
            }
            root
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn the_hierarchy_with_the_controller_is_the_one_that_is_taken() {
        let root = Root::with("unified", &["sys/fs/cgroup/unified/cgroup.stat"]);
        assert_eq!(mount(&root.0), Some(("sys/fs/cgroup/unified", "cgroup.stat")));
        let both =
            Root::with("both", &["sys/fs/cgroup/cgroup.stat", "sys/fs/cgroup/perf_event/notify_on_release"]);
        assert_eq!(mount(&both.0).map(|(path, _)| path), Some("sys/fs/cgroup/perf_event"));
        let neither = Root::with("neither", &["sys/fs/cgroup/memory/tasks"]);
        assert_eq!(mount(&neither.0), None);
    }

    #[test]
    fn a_cgroup_is_known_by_its_directory_and_its_absence_has_a_path() {
        let root = Root::with("open", &["sys/fs/cgroup/cgroup.stat", "sys/fs/cgroup/a/b/cgroup.stat"]);
        let mount = mount(&root.0).unwrap();
        let (cgroup, mut alive) = Cgroup::open(&root.0, mount, "a/b").unwrap();
        assert_eq!(cgroup.inode(), fs::metadata(root.0.join("sys/fs/cgroup/a/b")).unwrap().ino());
        assert!(matches!(cgroup.on(3), Target::CgroupOnCpu { cpu: 3, .. }));
        assert!(alive.read().is_ok());
        let absent = Cgroup::open(&root.0, mount, "a/c").unwrap_err();
        assert!(absent.is_absent() && absent.path.ends_with("cgroup/a/c"), "{absent}");
        let plain = Cgroup::open(&root.0, mount, "a").unwrap_err();
        assert!(plain.path.ends_with("a/cgroup.stat"), "{plain}");
    }
}
