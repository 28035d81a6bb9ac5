//! An open controller, and the two ways a command takes to it.
//!
//! The ring is preferred because the wait for an answer has an end that is ours: through `ioctl(2)` a thread waits as
//! long as the kernel does. Where the ring is refused (an older kernel, a sandbox, another driver) the ioctl is taken
//! from then on.

use core::fmt;
use std::fs::File;
use std::path::Path;

use super::command::{Command, DATA_BYTES_MAX};
use super::error::{NvmeError, PageError, Step};
use super::identify::{self, Identity};
use super::uring::{Ring, RingError};
use super::{error_log, health, ioctl, self_test};
use crate::file::{Errno, OpenError, OpenStep};

/// How long the kernel lets the controller take, in milliseconds: its own default. A shorter time would make it reset a
/// controller that is only slow, which hurts more than waiting.
pub(super) const KERNEL_TIMEOUT_MS: u32 = 60_000;

/// What commands go through: a controller, or bytes that stand for one.
pub trait Admin {
    /// Does `command` and puts what it brings into `data`, whose length is what the command brings.
    ///
    /// # Errors
    /// [`NvmeError`]; what is in `data` is then of no meaning.
    fn command(&mut self, command: &Command, data: &mut [u8]) -> Result<(), NvmeError>;

    /// The way that the last command took, or the next one will.
    fn access(&self) -> Access;

    /// Who the controller is.
    ///
    /// # Errors
    /// [`NvmeError`]
    fn identify(&mut self) -> Result<Identity, NvmeError> {
        let mut room = [0; DATA_BYTES_MAX];
        Ok(identify::parse(self.fetch(&Command::identify(), &mut room)?)?)
    }

    /// How it is.
    ///
    /// # Errors
    /// [`NvmeError`]
    fn health(&mut self) -> Result<health::Health, NvmeError> {
        let mut room = [0; DATA_BYTES_MAX];
        Ok(health::parse(self.fetch(&Command::health(), &mut room)?)?)
    }

    /// The newest entry of the error log, if it has any.
    ///
    /// # Errors
    /// [`NvmeError`]
    fn newest_error(&mut self) -> Result<Option<error_log::Entry>, NvmeError> {
        let mut room = [0; DATA_BYTES_MAX];
        Ok(error_log::parse(self.fetch(&Command::errors(1), &mut room)?).next())
    }

    /// Its self-tests.
    ///
    /// # Errors
    /// [`NvmeError`]
    fn self_tests(&mut self) -> Result<self_test::SelfTestLog, NvmeError> {
        let mut room = [0; DATA_BYTES_MAX];
        Ok(self_test::parse(self.fetch(&Command::self_tests(), &mut room)?)?)
    }

    /// Does `command` and gives what it brought, in `room`.
    ///
    /// # Errors
    /// [`NvmeError`]
    fn fetch<'r>(
        &mut self,
        command: &Command,
        room: &'r mut [u8; DATA_BYTES_MAX],
    ) -> Result<&'r [u8], NvmeError> {
        let too_long = PageError { bytes: DATA_BYTES_MAX, wanted: command.data_bytes };
        let data = room.get_mut(..command.data_bytes).ok_or(too_long)?;
        self.command(command, data)?;
        Ok(data)
    }
}

/// The way that commands take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// io_uring.
    Ring,
    /// ioctl, and what the ring was refused with.
    Ioctl(Errno),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ring => f.write_str("io_uring"),
            Self::Ioctl(errno) => write!(f, "ioctl (io_uring refused: {errno})"),
        }
    }
}

/// A controller, opened once.
#[derive(Debug)]
pub struct Controller {
    file: File,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Ring(Box<Ring>),
    Ioctl(Errno),
}

impl Controller {
    /// Opens `root`/dev/`name` and makes its ring. Allocates; commands do not.
    ///
    /// # Errors
    /// [`OpenError`]; for lack of privilege without root, as the device is root's.
    pub fn open(root: &Path, name: &str) -> Result<Self, OpenError> {
        let file = open(root, name)?;
        let way = match Ring::new() {
            Ok(ring) => Way::Ring(Box::new(ring)),
            Err(errno) => Way::Ioctl(errno),
        };
        Ok(Self { file, way })
    }

    /// As [`Controller::open`], but never by a ring: to compare the two ways.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open_without_ring(root: &Path, name: &str) -> Result<Self, OpenError> {
        Ok(Self { file: open(root, name)?, way: Way::Ioctl(Errno(0)) })
    }
}

fn open(root: &Path, name: &str) -> Result<File, OpenError> {
    let path = root.join("dev").join(name);
    File::open(&path).map_err(|error| OpenError { path, step: OpenStep::Open, errno: Errno::of(&error) })
}

impl Admin for Controller {
    fn command(&mut self, command: &Command, data: &mut [u8]) -> Result<(), NvmeError> {
        if data.len() != command.data_bytes {
            return Err(PageError { bytes: data.len(), wanted: command.data_bytes }.into());
        }
        if let Way::Ring(ring) = &mut self.way {
            let errno = match ring.command(&self.file, command, data) {
                Ok(()) => return Ok(()),
                Err(RingError::Refused(errno)) => errno,
                Err(RingError::Os(errno)) => return Err(NvmeError::Os { step: Step::RingCommand, errno }),
                Err(RingError::Status(status)) => return Err(NvmeError::Refused(status)),
                Err(RingError::TimedOut { seconds }) => return Err(NvmeError::TimedOut { seconds }),
            };
            self.way = Way::Ioctl(errno);
        }
        ioctl::command(&self.file, command, data)
    }

    fn access(&self) -> Access {
        match &self.way {
            Way::Ring(_) => Access::Ring,
            Way::Ioctl(errno) => Access::Ioctl(*errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A root whose `dev` has an ordinary file in the place of a controller.
    struct Root(PathBuf);

    impl Root {
        fn new(test: &str) -> Self {
            let path = std::env::temp_dir().join(format!("hearth-nvme-{}-{test}", std::process::id()));
            std::fs::create_dir_all(path.join("dev")).unwrap();
            std::fs::write(path.join("dev/nvme0"), "no controller").unwrap();
            Self(path)
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn what_is_no_controller_is_refused_by_both_ways_and_the_ring_is_not_tried_again() {
        let root = Root::new("file");
        let mut controller = Controller::open(&root.0, "nvme0").unwrap();
        eprintln!("commands begin by {}", controller.access());
        let refused = NvmeError::Os { step: Step::Ioctl, errno: Errno(libc::ENOTTY) };
        assert_eq!(controller.health(), Err(refused));
        assert!(matches!(controller.access(), Access::Ioctl(_)));
        assert_eq!(controller.identify().unwrap_err(), refused);
        let mut plain = Controller::open_without_ring(&root.0, "nvme0").unwrap();
        assert_eq!(plain.self_tests().unwrap_err(), refused);
    }

    #[test]
    fn a_controller_that_is_not_there_says_where_it_was_looked_for() {
        let error = Controller::open(Path::new("/nowhere"), "nvme0").unwrap_err();
        assert!(error.is_absent());
        assert!(error.to_string().contains("/nowhere/dev/nvme0"), "{error}");
    }

    #[test]
    fn data_of_another_length_than_the_command_brings_is_refused_before_it_is_sent() {
        let root = Root::new("length");
        let mut controller = Controller::open(&root.0, "nvme0").unwrap();
        let error = controller.command(&Command::health(), &mut [0; 511]).unwrap_err();
        assert_eq!(error, NvmeError::Page(PageError { bytes: 511, wanted: 512 }));
    }
}
