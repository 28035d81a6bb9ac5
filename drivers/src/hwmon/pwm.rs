//! A fan's duty: `pwmN` and `pwmN_enable`, read and written (`Documentation/hwmon/sysfs-interface.rst`).

use core::fmt;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::class;
use crate::file::Errno;

/// The greatest duty: the fan runs as fast as it can.
pub const DUTY_MAX: u8 = 255;

/// What was tried on a fan's channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PwmStep {
    /// Opening `pwmN` for writing.
    OpenDuty,
    /// Opening `pwmN_enable` for writing.
    OpenMode,
    /// Reading the duty.
    ReadDuty,
    /// Reading the mode.
    ReadMode,
    /// Writing the duty.
    WriteDuty,
    /// Writing the mode.
    WriteMode,
}

impl fmt::Display for PwmStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenDuty => "opening its duty",
            Self::OpenMode => "opening its mode",
            Self::ReadDuty => "reading its duty",
            Self::ReadMode => "reading its mode",
            Self::WriteDuty => "writing its duty",
            Self::WriteMode => "writing its mode",
        })
    }
}

/// Why a fan's channel was not driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PwmError {
    /// The kernel refused.
    #[error("{step} failed: {errno}")]
    Os {
        /// What was tried.
        step: PwmStep,
        /// What came back.
        errno: Errno,
    },
    /// A value is outside the kernel's definition.
    #[error("{0} gave a value outside 0 to 255")]
    OutOfRange(PwmStep),
}

/// Who sets the duty: the value of `pwmN_enable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PwmMode(pub u8);

impl PwmMode {
    /// Nobody: full speed, on chips that have this mode.
    pub const FULL: Self = Self(0);
    /// Whoever writes `pwmN`.
    pub const MANUAL: Self = Self(1);
}

/// A fan's open channel.
#[derive(Debug)]
pub struct Pwm {
    duty: File,
    /// Some chips know one mode only and have no file for it.
    mode: Option<File>,
}

impl Pwm {
    /// Opens channel `number` of the chip at `directory`. Changes nothing.
    ///
    /// # Errors
    /// [`PwmError::Os`] where a file cannot be opened for writing; that there is no `pwmN_enable` is none.
    pub fn open(directory: &Path, number: u32) -> Result<Self, PwmError> {
        let open = |name: String, step| {
            let opened = OpenOptions::new().read(true).write(true).open(directory.join(name));
            opened.map_err(|error| PwmError::Os { step, errno: Errno::of(&error) })
        };
        let duty = open(format!("pwm{number}"), PwmStep::OpenDuty)?;
        let mode = match open(format!("pwm{number}_enable"), PwmStep::OpenMode) {
            Ok(mode) => Some(mode),
            Err(PwmError::Os { errno, .. }) if errno.is_absent() => None,
            Err(error) => return Err(error),
        };
        Ok(Self { duty, mode })
    }

    /// The duty now, of 255.
    ///
    /// # Errors
    /// [`PwmError`].
    pub fn duty(&self) -> Result<u8, PwmError> {
        read(&self.duty, PwmStep::ReadDuty)
    }

    /// Who sets the duty now; `None` where the chip has one way only.
    ///
    /// # Errors
    /// [`PwmError`].
    pub fn mode(&self) -> Result<Option<PwmMode>, PwmError> {
        self.mode.as_ref().map(|mode| read(mode, PwmStep::ReadMode).map(PwmMode)).transpose()
    }

    /// Sets the duty, of 255.
    ///
    /// # Errors
    /// [`PwmError::Os`].
    pub fn set_duty(&self, duty: u8) -> Result<(), PwmError> {
        write(&self.duty, duty, PwmStep::WriteDuty)
    }

    /// Says who sets the duty; nothing happens where the chip has one way only.
    ///
    /// # Errors
    /// [`PwmError::Os`].
    pub fn set_mode(&self, mode: PwmMode) -> Result<(), PwmError> {
        self.mode.as_ref().map_or(Ok(()), |file| write(file, mode.0, PwmStep::WriteMode))
    }
}

fn read(file: &File, step: PwmStep) -> Result<u8, PwmError> {
    let mut room = [0; 24];
    let length =
        file.read_at(&mut room, 0).map_err(|error| PwmError::Os { step, errno: Errno::of(&error) })?;
    let value = class::parse_number(room.get(..length).unwrap_or_default());
    let value = value.ok().and_then(|value| u8::try_from(value).ok());
    value.ok_or(PwmError::OutOfRange(step))
}

fn write(file: &File, value: u8, step: PwmStep) -> Result<(), PwmError> {
    // No leading zeros, which a driver that takes any base would read as octal.
    let digits = [b'0' + value / 100, b'0' + value / 10 % 10, b'0' + value % 10, b'\n'];
    let leading = usize::from(value < 100) + usize::from(value < 10);
    let text = digits.get(leading..).unwrap_or_default();
    file.write_all_at(text, 0).map_err(|error| PwmError::Os { step, errno: Errno::of(&error) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_fan_is_read_and_driven() {
        let directory = std::env::temp_dir().join(format!("hearth-pwm-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("pwm1"), "128\n").unwrap();
        let without_mode = Pwm::open(&directory, 1).unwrap();
        assert_eq!((without_mode.duty(), without_mode.mode()), (Ok(128), Ok(None)));
        assert_eq!(without_mode.set_mode(PwmMode::MANUAL), Ok(()));
        fs::write(directory.join("pwm1_enable"), "2\n").unwrap();
        let pwm = Pwm::open(&directory, 1).unwrap();
        assert_eq!(pwm.mode(), Ok(Some(PwmMode(2))));
        pwm.set_mode(PwmMode::MANUAL).unwrap();
        pwm.set_duty(7).unwrap();
        assert_eq!((pwm.duty(), pwm.mode()), (Ok(7), Ok(Some(PwmMode::MANUAL))));
        // A regular file keeps what a shorter text does not cover; an attribute has no such rest.
        assert_eq!(fs::read_to_string(directory.join("pwm1")).unwrap(), "7\n8\n");
        for duty in [0, 9, 10, 99, 100, 255] {
            pwm.set_duty(duty).unwrap();
            assert_eq!(pwm.duty(), Ok(duty));
        }
        fs::write(directory.join("pwm1"), "256\n").unwrap();
        assert_eq!(pwm.duty(), Err(PwmError::OutOfRange(PwmStep::ReadDuty)));
        let missing = Pwm::open(&directory, 2).unwrap_err();
        assert_eq!(missing, PwmError::Os { step: PwmStep::OpenDuty, errno: Errno(libc::ENOENT) });
        fs::remove_dir_all(&directory).unwrap();
    }
}
