//! One event of a program and of all that it starts.

use std::os::fd::OwnedFd;

use super::group::{CountError, read_all};
use super::layout::{self, SINGLE_BYTES, Single};

/// An open event of a child process, counted from its next `execve(2)` on: see [`open_child`](super::open_child).
#[derive(Debug)]
pub struct ChildEvent {
    descriptor: OwnedFd,
    is_user_only: bool,
}

impl ChildEvent {
    /// An event whose `descriptor` gives the layout of [`layout::parse_single`].
    #[must_use]
    pub const fn handed(descriptor: OwnedFd, is_user_only: bool) -> Self {
        Self { descriptor, is_user_only }
    }

    /// Whether what the kernel does for the program is left out, for lack of a privilege.
    #[must_use]
    pub const fn is_user_only(&self) -> bool {
        self.is_user_only
    }

    /// Reads the sum over the process and its descendants, also after their end. Allocates nothing.
    ///
    /// # Errors
    /// [`CountError`].
    pub fn read(&self) -> Result<Single, CountError> {
        let mut room = [0; SINGLE_BYTES];
        Ok(layout::parse_single(read_all(&self.descriptor, &mut room)?)?)
    }
}
