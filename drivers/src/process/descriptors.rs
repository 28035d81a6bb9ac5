//! How many files this process has open: `/proc/self/fd` (`proc_pid_fd(5)`).
//!
//! Since Linux 6.2 the directory's size is their number, which one system call tells. Before, its entries are counted.

use std::ops::ControlFlow;
use std::path::Path;

use super::directory::Directory;
use crate::file::{Errno, OpenError, OpenStep};

/// Path below the root.
const PATH: &str = "proc/self/fd";

/// How the number is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The directory's size.
    Size,
    /// Its entries.
    Entries,
}

/// The directory, kept open: it is one of the files that it counts.
#[derive(Debug)]
pub struct Descriptors {
    directory: Directory,
    method: Method,
}

impl Descriptors {
    /// Opens the directory below `root` and finds out which method this kernel allows.
    ///
    /// # Errors
    /// [`OpenError`] when it is not there or cannot be read.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let path = root.join(PATH);
        let refused = |step, errno| OpenError { path: path.clone(), step, errno };
        let directory = Directory::open(&path).map_err(|errno| refused(OpenStep::Open, errno))?;
        let mut descriptors = Self { directory, method: Method::Entries };
        let entries = descriptors.read().map_err(|errno| refused(OpenStep::FirstRead, errno))?;
        descriptors.method = Method::Size;
        let size = descriptors.read().map_err(|errno| refused(OpenStep::FirstRead, errno))?;
        // An older kernel says 0. Other threads may open files meanwhile, so no more than that is asked of it; a file
        // system that is not the kernel's (a test's tree) gives the size of a directory, far from the count.
        if size == 0 || size.abs_diff(entries) > entries {
            descriptors.method = Method::Entries;
        }
        Ok(descriptors)
    }

    /// How the number is found on this kernel.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Files open now, the directory itself included. Allocates and opens nothing.
    ///
    /// # Errors
    /// [`Errno`] of `statx(2)` or `getdents64(2)`.
    pub fn read(&mut self) -> Result<u64, Errno> {
        match self.method {
            Method::Size => Ok(self.directory.file().metadata().map_err(|error| Errno::of(&error))?.len()),
            Method::Entries => {
                let mut count = 0_u64;
                self.directory.list(|_, _| {
                    count += 1;
                    ControlFlow::Continue(())
                })?;
                Ok(count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn count_more(descriptors: &mut Descriptors) -> u64 {
        let before = descriptors.read().unwrap();
        let files: Vec<_> = (0..100).map(|_| File::open("/dev/null").unwrap()).collect();
        let after = descriptors.read().unwrap();
        drop(files);
        after - before
    }

    #[test]
    fn files_opened_since_are_counted_by_either_method() {
        let mut descriptors = Descriptors::open(Path::new("/")).unwrap();
        eprintln!("this kernel: {:?}", descriptors.method());
        // Tests may share a process, and another's files are counted too.
        assert!(count_more(&mut descriptors).abs_diff(100) < 50);
        descriptors.method = Method::Entries;
        assert!(count_more(&mut descriptors).abs_diff(100) < 50);
    }

    #[test]
    fn a_directory_that_is_no_kernels_is_counted_by_its_entries() {
        let root = std::env::temp_dir().join(format!("hearth-descriptors-{}", std::process::id()));
        std::fs::create_dir_all(root.join(PATH)).unwrap();
        for name in ["0", "1", "2"] {
            std::fs::write(root.join(PATH).join(name), "").unwrap();
        }
        let mut descriptors = Descriptors::open(&root).unwrap();
        assert_eq!(descriptors.read(), Ok(3));
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_root_without_the_directory_is_absent() {
        assert!(Descriptors::open(Path::new("/proc/self/fdinfo")).unwrap_err().is_absent());
    }
}
