//! What can go wrong with a command to a controller.

use core::fmt;

use crate::file::Errno;

/// The part of a command that the kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `open(2)` of the device.
    Open,
    /// Making the ring.
    Ring,
    /// The command through the ring.
    RingCommand,
    /// The command through `ioctl(2)`.
    Ioctl,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "opening the controller",
            Self::Ring => "making an io_uring of 128-byte entries",
            Self::RingCommand => "an admin command by io_uring",
            Self::Ioctl => "an admin command by ioctl",
        })
    }
}

/// Fewer bytes than the page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes came where the page has {wanted}")]
pub struct PageError {
    /// Bytes that came.
    pub bytes: usize,
    /// Bytes that the page has.
    pub wanted: usize,
}

/// A controller's answer to a command that it did not do: the status field of the completion without its phase bit
/// (Base Specification 2.0, section 3.3.3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Status code type, bits 10:8: 0 generic, 1 of the command, 2 media, 3 path, 7 the vendor's.
    #[must_use]
    pub const fn code_type(self) -> u16 {
        self.0 >> 8 & 7
    }

    /// Status code within its type, bits 7:0.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0 & 0xff
    }

    /// Whether the controller does not know the command, a field of it, or the log page: asking again is useless.
    #[must_use]
    pub const fn is_unsupported(self) -> bool {
        matches!((self.code_type(), self.code()), (0, 0x01 | 0x02) | (1, 0x09))
    }

    /// Whether a self-test runs already.
    #[must_use]
    pub const fn is_self_test_under_way(self) -> bool {
        matches!((self.code_type(), self.code()), (1, 0x1d))
    }

    const fn words(self) -> &'static str {
        match (self.code_type(), self.code()) {
            (0, 0x01) => "invalid command opcode",
            (0, 0x02) => "invalid field in the command",
            (0, 0x06) => "internal error",
            (0, 0x07) => "aborted by request",
            (0, 0x0b) => "invalid namespace",
            (1, 0x09) => "invalid log page",
            (1, 0x1d) => "a self-test is under way",
            (3, 0x70) => "the path to the controller failed",
            (3, 0x71) => "aborted by the host",
            (0, _) => "generic error",
            (1, _) => "error of this command",
            (2, _) => "media error",
            (3, _) => "path error",
            _ => "vendor's or reserved error",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (status {:#06x})", self.words(), self.0)
    }
}

/// Why a command has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NvmeError {
    /// The kernel refused.
    #[error("{step} failed: {errno}")]
    Os {
        /// What was tried.
        step: Step,
        /// What came back.
        errno: Errno,
    },
    /// The controller refused.
    #[error("the controller answered: {0}")]
    Refused(Status),
    /// No answer came in time; it may still come.
    #[error("the controller has not answered for {seconds} s")]
    TimedOut {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The answer is too short.
    #[error(transparent)]
    Page(#[from] PageError),
}

impl NvmeError {
    /// Whether the controller has gone: `ENODEV` or `ENXIO`.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Os { errno: Errno(libc::ENODEV | libc::ENXIO), step: Step::RingCommand | Step::Ioctl }
        )
    }

    /// Whether privilege is lacking.
    #[must_use]
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Os { errno, .. } if errno.is_permission())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_taken_apart_as_the_specification_has_it() {
        // Do-not-retry (bit 14) is no part of the code.
        let status = Status(0x4109);
        assert_eq!((status.code_type(), status.code()), (1, 9));
        assert!(status.is_unsupported() && !status.is_self_test_under_way());
        assert_eq!(status.to_string(), "invalid log page (status 0x4109)");
        assert!(Status(0x011d).is_self_test_under_way());
        for code in 0..=u16::MAX {
            assert!(!Status(code).to_string().is_empty());
        }
    }

    #[test]
    fn one_that_has_gone_is_told_from_one_that_fails() {
        let os = |step, errno| NvmeError::Os { step, errno: Errno(errno) };
        assert!(os(Step::Ioctl, libc::ENODEV).is_gone());
        assert!(os(Step::RingCommand, libc::ENXIO).is_gone());
        assert!(!os(Step::Open, libc::ENXIO).is_gone(), "it was never there");
        assert!(!os(Step::Ioctl, libc::EIO).is_gone());
        assert!(os(Step::Ioctl, libc::EACCES).is_permission());
        assert!(!NvmeError::TimedOut { seconds: 10 }.is_gone());
    }
}
