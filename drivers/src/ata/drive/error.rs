//! Why a disk has no answer.

use crate::ata::PageError;
use crate::ata::identify::SmartSupport;
use crate::ata::sense::{Registers, Sense, SenseError};
use crate::ata::sg::SgError;
use crate::file::Errno;

/// Why a disk has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriveError {
    /// The command did not get through.
    #[error("{command}: {error}")]
    Transport {
        /// The command.
        command: &'static str,
        /// What came back.
        error: SgError,
    },
    /// The device refused the command.
    #[error("{command} was refused (sense key {key:#x}, code {code:#04x}/{qualifier:#04x})")]
    Refused {
        /// The command.
        command: &'static str,
        /// Sense key.
        key: u8,
        /// Additional sense code.
        code: u8,
        /// Its qualifier.
        qualifier: u8,
    },
    /// The drive took the command and failed it.
    #[error("{command} failed (ATA status {status:#04x}, error {error:#04x})")]
    Failed {
        /// The command.
        command: &'static str,
        /// STATUS.
        status: u8,
        /// ERROR.
        error: u8,
    },
    /// The answer came without the registers that hold it: bridges lose them.
    #[error("{command} came back without the drive's registers")]
    NoRegisters {
        /// The command.
        command: &'static str,
    },
    /// The sense data is not as it should be.
    #[error("{command}: {error}")]
    Sense {
        /// The command.
        command: &'static str,
        /// What is wrong.
        error: SenseError,
    },
    /// The page that came is not as it should be.
    #[error("{command}: {error}")]
    Page {
        /// The command.
        command: &'static str,
        /// What is wrong.
        error: PageError,
    },
    /// It is no disk but a device of this type (SPC-5, PERIPHERAL DEVICE TYPE).
    #[error("a SCSI device of type {0:#04x}, not a disk")]
    NotADisk(u8),
    /// It sleeps and would have to be woken to say what it is.
    #[error("the drive sleeps and is not woken to say what it is")]
    Asleep,
    /// It has no SMART, or it is switched off.
    #[error("SMART is {}", match support { SmartSupport::None => "not there", _ => "switched off in the drive" })]
    NoSmart {
        /// Which of them.
        support: SmartSupport,
    },
}

impl DriveError {
    /// Whether the device has gone.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Transport { error: SgError::Gone | SgError::Os(Errno(libc::ENODEV | libc::ENXIO)), .. }
        )
    }

    /// Whether a privilege is lacking.
    #[must_use]
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Transport { error: SgError::Os(errno), .. } if errno.is_permission())
    }
}

/// Why a command with this sense was not done.
pub(super) fn refusal(command: &'static str, sense: Sense) -> DriveError {
    match sense.registers.filter(|registers| registers.is_failed()) {
        Some(Registers { status, error, .. }) => DriveError::Failed { command, status, error },
        None => DriveError::Refused { command, key: sense.key, code: sense.code, qualifier: sense.qualifier },
    }
}
