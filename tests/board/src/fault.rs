//! What can go wrong with a file, switched while the board runs.

use nix::errno::Errno;
use std::time::Duration;

/// A fault of one path. On a directory it holds for everything below; the fault nearest to the file wins,
/// except that below a vanished directory nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every read fails with this error. Opening still works, as it does for a sysfs attribute whose device
    /// does not answer (`Errno::EIO`) or an interface's `speed` while its link is down (`Errno::EINVAL`).
    Error(Errno),
    /// Opening and listing fail with `EACCES`, and so do reads through descriptors that were opened before,
    /// as in kernel files that check the reader at each read.
    Denied,
    /// The name is gone from its directory and opening answers `ENOENT`. Reads through descriptors that were
    /// opened before fail for good, as for a removed device, also when the name comes back: with `ENODEV`
    /// below `sys` (`fs/kernfs/file.c`), with `ENXIO` below `dev` (`arch/x86/kernel/msr.c`), with `EIO`
    /// elsewhere (`fs/proc/inode.c`).
    Vanished,
    /// A read call returns at most this many bytes. Zero reads as an empty file.
    Short {
        /// The most bytes a single read returns.
        bytes: usize,
    },
    /// Reads and questions for the space of a file system wait until the fault is cleared or changed, or the board is
    /// unmounted.
    Hang,
    /// Each read, and nothing else, waits this long in board time. Clearing the fault answers at once.
    Delay(Duration),
}
