//! Which NVMe controllers there are: the names in `/sys/class/nvme`. Asks no drive anything.

use std::ffi::CStr;
use std::ops::ControlFlow;
use std::path::Path;

use crate::file::{Errno, OpenError, OpenStep};
use crate::process::directory::Directory;

/// Where the kernel lists controllers, below the root.
pub const PATH: &str = "sys/class/nvme";

/// The list, kept open.
#[derive(Debug)]
pub struct Controllers {
    directory: Directory,
}

impl Controllers {
    /// Opens the list below `root`. Allocates; listing does not.
    ///
    /// # Errors
    /// [`OpenError`]; absent where the kernel has no NVMe driver loaded.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let path = root.join(PATH);
        match Directory::open(&path) {
            Ok(directory) => Ok(Self { directory }),
            Err(errno) => Err(OpenError { path, step: OpenStep::Open, errno }),
        }
    }

    /// Gives the name of each controller, as `nvme0`.
    ///
    /// # Errors
    /// [`Errno`] when the list cannot be read.
    pub fn list(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), Errno> {
        self.directory.list(|_, name: &CStr| {
            if is_controller(name.to_bytes()) {
                each(name.to_bytes());
            }
            ControlFlow::Continue(())
        })
    }
}

/// `nvme` and a number: what the kernel's driver calls its controllers.
fn is_controller(name: &[u8]) -> bool {
    name.strip_prefix(b"nvme")
        .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_are_told_from_their_namespaces_and_from_anything_else() {
        for (name, is) in [
            ("nvme0", true),
            ("nvme12", true),
            ("nvme", false),
            ("nvme0n1", false),
            ("nvme0c1n1", false),
            ("sda", false),
        ] {
            assert_eq!(is_controller(name.as_bytes()), is, "{name}");
        }
    }

    #[test]
    fn a_machine_without_the_class_has_no_list() {
        let error = Controllers::open(Path::new("/nowhere")).unwrap_err();
        assert!(error.is_absent());
        assert!(error.to_string().contains("/nowhere/sys/class/nvme"), "{error}");
    }

    #[test]
    fn the_list_is_read_anew_each_time() {
        let root = std::env::temp_dir().join(format!("hearth-nvme-class-{}", std::process::id()));
        for name in ["nvme0", "nvme1", "other"] {
            std::fs::create_dir_all(root.join(PATH).join(name)).unwrap();
        }
        let mut controllers = Controllers::open(&root).unwrap();
        let mut listed = || {
            let mut names = Vec::new();
            controllers.list(|name| names.push(name.to_vec())).unwrap();
            names.sort();
            names
        };
        assert_eq!(listed(), [b"nvme0", b"nvme1"]);
        std::fs::remove_dir(root.join(PATH).join("nvme0")).unwrap();
        assert_eq!(listed(), [b"nvme1"]);
        std::fs::remove_dir_all(&root).unwrap();
    }
}
