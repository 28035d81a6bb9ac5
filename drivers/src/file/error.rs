//! What can go wrong with a kernel file, by the kernel's own numbers.

use core::fmt;
use std::io;
use std::path::PathBuf;

/// An error number of Linux (`errno(3)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// The number inside `error`; `EIO` for an error that did not come from the kernel.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(libc::EIO))
    }

    /// Whether the thing asked for is not there: `ENOENT`, `ENODEV`, `ENOTDIR` or `ENXIO`.
    #[must_use]
    pub fn is_absent(self) -> bool {
        matches!(self.0, libc::ENOENT | libc::ENODEV | libc::ENOTDIR | libc::ENXIO)
    }

    /// Whether the kernel refused for lack of privilege: `EACCES` or `EPERM`.
    #[must_use]
    pub fn is_permission(self) -> bool {
        matches!(self.0, libc::EACCES | libc::EPERM)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from_raw_os_error(self.0).fmt(f)
    }
}

/// What kept a file from being armed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {step} {path}: {errno}", path = path.display())]
pub struct OpenError {
    /// The whole path that was tried, root included.
    pub path: PathBuf,
    /// What was tried on it.
    pub step: OpenStep,
    /// What the kernel answered. `EINVAL` without asking it where the path was absolute and would have left
    /// the root; `EFBIG` where the text exceeds 4 MiB.
    pub errno: Errno,
}

impl OpenError {
    /// Whether the file is not there, see [`Errno::is_absent`].
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.errno.is_absent()
    }

    /// Whether privilege is lacking, see [`Errno::is_permission`].
    #[must_use]
    pub fn is_permission(&self) -> bool {
        self.errno.is_permission()
    }
}

/// The part of arming that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStep {
    /// `open(2)`.
    Open,
    /// The first read, which measures the text.
    FirstRead,
}

impl fmt::Display for OpenStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::FirstRead => "read",
        })
    }
}

/// What kept a text from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The kernel refused the read.
    #[error("read failed: {0}")]
    Os(Errno),
    /// The text fills the buffer, so its end may be missing. Call [`KernelText::grow`](super::KernelText::grow) where allocation is
    /// allowed, then read again.
    #[error("text exceeds the {limit} bytes set aside for it")]
    TooLong {
        /// The buffer's size in bytes.
        limit: usize,
    },
    /// The file holds nothing at present.
    #[error("file is empty")]
    Empty,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_numbers_are_sorted_by_what_they_mean() {
        for absent in [libc::ENOENT, libc::ENODEV, libc::ENOTDIR, libc::ENXIO] {
            assert!(Errno(absent).is_absent() && !Errno(absent).is_permission());
        }
        for refused in [libc::EACCES, libc::EPERM] {
            assert!(Errno(refused).is_permission() && !Errno(refused).is_absent());
        }
        assert!(!Errno(libc::EIO).is_absent() && !Errno(libc::EIO).is_permission());
    }
}
