//! A directory that stands for `/` in the tests of sensors.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// Files below a root of their own, gone when dropped.
pub(super) struct Files(TempDir);

impl Files {
    /// These files with these contents; directories are made as needed.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            made.write(path, text);
        }
        made
    }

    /// Writes a file anew, in place, so that who holds it open sees the new text.
    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What stands for `/`.
    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }
}
