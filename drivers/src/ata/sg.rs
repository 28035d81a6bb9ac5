//! `SG_IO`: one SCSI command to a block device and what it answers (kernel `include/uapi/scsi/sg.h`, version 3).
//!
//! The kernel holds the call until the command ends or its time-out has passed, and longer while it resets the link.
//! ATA commands need CAP_SYS_RAWIO at every call (`scsi_cmd_allowed`); INQUIRY and LOG SENSE do not.

use std::fmt;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use crate::file::Errno;

use super::cdb::Cdb;
use super::sense::SENSE_BYTES;

/// `SG_IO`.
const SG_IO: libc::Ioctl = 0x2285;
const DXFER_NONE: libc::c_int = -1;
const DXFER_FROM_DEV: libc::c_int = -3;
/// Adapter's outcomes (`DID_*` of `include/scsi/scsi_status.h`).
const NO_CONNECT: u16 = 1;
const TIME_OUT: u16 = 3;
const BAD_TARGET: u16 = 4;
/// Driver's outcome: it gave up waiting. 8 says only that there is sense data.
const DRIVER_TIMEOUT: u16 = 6;
const DRIVER_SENSE: u16 = 8;

/// SCSI status GOOD.
const GOOD: u8 = 0;
/// SCSI status CHECK CONDITION: the sense data says what.
const CHECK_CONDITION: u8 = 2;

/// Why a command has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SgError {
    /// The system call failed.
    Os(Errno),
    /// The device did not answer within this time, in milliseconds.
    TimedOut(u32),
    /// The device has gone.
    Gone,
    /// The adapter or its driver failed, by their own numbers.
    Adapter {
        /// `DID_*`.
        host: u16,
        /// `DRIVER_*`.
        driver: u16,
    },
    /// The device answered with a status other than good and check condition (busy, reserved).
    Status(u8),
}

impl fmt::Display for SgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Os(errno) => write!(f, "SG_IO failed: {errno}"),
            Self::TimedOut(ms) => write!(f, "no answer within {ms} ms"),
            Self::Gone => f.write_str("the device has gone"),
            Self::Adapter { host, driver } => {
                write!(f, "the adapter failed (host status {host:#x}, driver status {driver:#x})")
            }
            Self::Status(status) => write!(f, "the device answered SCSI status {status:#04x}"),
        }
    }
}

impl std::error::Error for SgError {}

/// What a device answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the status is GOOD; otherwise it is CHECK CONDITION.
    pub is_good: bool,
    /// Bytes of data that came.
    pub data_bytes: usize,
    sense: [u8; SENSE_BYTES],
    sense_bytes: usize,
}

impl Answer {
    /// An answer of so many bytes of data and this sense data, cut to [`SENSE_BYTES`].
    #[must_use]
    pub fn new(is_good: bool, data_bytes: usize, sense: &[u8]) -> Self {
        let mut kept = [0; SENSE_BYTES];
        kept.iter_mut().zip(sense).for_each(|(place, byte)| *place = *byte);
        Self { is_good, data_bytes, sense: kept, sense_bytes: sense.len().min(SENSE_BYTES) }
    }

    /// The sense data; empty where there is none.
    #[must_use]
    pub fn sense(&self) -> &[u8] {
        self.sense.get(..self.sense_bytes).unwrap_or(&self.sense)
    }
}

/// Whatever carries commands: a block device, or what a test has in its place.
pub trait Transport {
    /// Sends a command and waits for its end; data goes to the beginning of `data`, which has room for all of it.
    ///
    /// # Errors
    /// [`SgError`]; a command that the device refused is an answer.
    fn send(&mut self, cdb: &Cdb, data: &mut [u8], timeout: Duration) -> Result<Answer, SgError>;
}

/// An open block device.
#[derive(Debug)]
pub struct Device {
    fd: OwnedFd,
}

impl Device {
    /// Opens a block device for commands. Reads nothing and waits for nothing, so that a sleeping disk sleeps on.
    ///
    /// # Errors
    /// What `open(2)` answers.
    pub fn open(path: &Path) -> Result<Self, Errno> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        open(path, flags, Mode::empty()).map(|fd| Self { fd }).map_err(|errno| Errno(errno as i32))
    }
}

/// `struct sg_io_hdr`.
#[repr(C)]
struct Header {
    interface_id: libc::c_int,
    dxfer_direction: libc::c_int,
    cmd_len: u8,
    mx_sb_len: u8,
    iovec_count: u16,
    dxfer_len: u32,
    dxferp: *mut libc::c_void,
    cmdp: *const u8,
    sbp: *mut u8,
    timeout_ms: u32,
    flags: u32,
    pack_id: libc::c_int,
    usr_ptr: *mut libc::c_void,
    status: u8,
    masked_status: u8,
    msg_status: u8,
    sb_len_wr: u8,
    host_status: u16,
    driver_status: u16,
    resid: libc::c_int,
    duration_ms: u32,
    info: u32,
}

const _: () = assert!(size_of::<*const u8>() != 8 || size_of::<Header>() == 88, "the kernel's layout");

impl Transport for Device {
    fn send(&mut self, cdb: &Cdb, data: &mut [u8], timeout: Duration) -> Result<Answer, SgError> {
        let data = data.get_mut(..cdb.data_bytes).ok_or(SgError::Os(Errno(libc::EINVAL)))?;
        let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        let command = cdb.as_bytes();
        let mut sense = [0_u8; SENSE_BYTES];
        let length = |bytes: usize| u8::try_from(bytes).unwrap_or(u8::MAX);
        let asked = u32::try_from(data.len()).map_err(|_too_long| SgError::Os(Errno(libc::EINVAL)))?;
        let mut header = Header {
            interface_id: libc::c_int::from(b'S'),
            dxfer_direction: if data.is_empty() { DXFER_NONE } else { DXFER_FROM_DEV },
            cmd_len: length(command.len()),
            mx_sb_len: length(sense.len()),
            iovec_count: 0,
            dxfer_len: asked,
            dxferp: data.as_mut_ptr().cast(),
            cmdp: command.as_ptr(),
            sbp: sense.as_mut_ptr(),
            timeout_ms,
            flags: 0,
            pack_id: 0,
            usr_ptr: std::ptr::null_mut(),
            status: 0,
            masked_status: 0,
            msg_status: 0,
            sb_len_wr: 0,
            host_status: 0,
            driver_status: 0,
            resid: 0,
            duration_ms: 0,
            info: 0,
        };
        submit(&self.fd, &mut header)?;
        let sensed = sense.get(..usize::from(header.sb_len_wr)).unwrap_or(&sense);
        header.answer(data.len(), sensed)
    }
}

#[expect(unsafe_code, reason = "SG_IO has no safe form in the libraries in use")]
fn submit(fd: &OwnedFd, header: &mut Header) -> Result<(), SgError> {
    let header: *mut Header = header;
    // SAFETY: `header` is a whole sg_io_hdr whose three pointers were taken in `send`, the only caller, from slices that
    // live in its frame until this call has returned, and whose lengths it says itself: the kernel reads `cmd_len`
    // bytes, writes at most `dxfer_len` and `mx_sb_len` ones, and keeps none of the pointers, as SG_IO is synchronous.
    let outcome = unsafe { libc::ioctl(fd.as_raw_fd(), SG_IO, header) };
    if outcome < 0 { Err(SgError::Os(Errno::of(&std::io::Error::last_os_error()))) } else { Ok(()) }
}

impl Header {
    /// What the kernel put into the header.
    fn answer(&self, asked: usize, sense: &[u8]) -> Result<Answer, SgError> {
        match (self.host_status, self.driver_status & 0x0f) {
            (0, 0 | DRIVER_SENSE) => {}
            (TIME_OUT, _) | (_, DRIVER_TIMEOUT) => return Err(SgError::TimedOut(self.timeout_ms)),
            (NO_CONNECT | BAD_TARGET, _) => return Err(SgError::Gone),
            (host, driver) => return Err(SgError::Adapter { host, driver }),
        }
        let is_good = match self.status {
            GOOD => true,
            CHECK_CONDITION => false,
            status => return Err(SgError::Status(status)),
        };
        // A residue that is negative, or more than was asked for, is no residue.
        let missing = usize::try_from(self.resid).unwrap_or(0).min(asked);
        Ok(Answer::new(is_good, asked - missing, sense))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ata::cdb;

    fn header(status: u8, host_status: u16, driver_status: u16, resid: i32) -> Header {
        Header {
            interface_id: 0,
            dxfer_direction: 0,
            cmd_len: 0,
            mx_sb_len: 0,
            iovec_count: 0,
            dxfer_len: 0,
            dxferp: std::ptr::null_mut(),
            cmdp: std::ptr::null(),
            sbp: std::ptr::null_mut(),
            timeout_ms: 5000,
            flags: 0,
            pack_id: 0,
            usr_ptr: std::ptr::null_mut(),
            status,
            masked_status: 0,
            msg_status: 0,
            sb_len_wr: 0,
            host_status,
            driver_status,
            resid,
            duration_ms: 0,
            info: 0,
        }
    }

    #[test]
    fn the_outcome_of_each_layer_is_told_apart() {
        let told = |status, host, driver| header(status, host, driver, 0).answer(512, &[]);
        assert!(told(0, 0, 0).unwrap().is_good);
        assert!(!told(2, 0, 8).unwrap().is_good, "sense data alone is no failure of the driver");
        assert_eq!(told(0, 3, 0), Err(SgError::TimedOut(5000)));
        assert_eq!(told(0, 0, 6), Err(SgError::TimedOut(5000)));
        assert_eq!(told(0, 1, 0), Err(SgError::Gone));
        assert_eq!(told(0, 4, 0), Err(SgError::Gone));
        assert_eq!(told(0, 7, 0), Err(SgError::Adapter { host: 7, driver: 0 }));
        assert_eq!(told(8, 0, 0), Err(SgError::Status(8)));
    }

    #[test]
    fn a_residue_shortens_the_data_and_never_lengthens_it() {
        let bytes = |resid| header(0, 0, 0, resid).answer(512, &[]).unwrap().data_bytes;
        assert_eq!([bytes(0), bytes(476), bytes(512), bytes(600), bytes(-1)], [512, 36, 0, 0, 512]);
    }

    #[test]
    fn a_file_that_is_no_device_refuses_the_call() {
        let mut device = Device::open(Path::new("/dev/null")).unwrap();
        let mut data = [0; 96];
        let refused = device.send(&cdb::inquiry(None, 96), &mut data, Duration::from_secs(1));
        assert_eq!(refused, Err(SgError::Os(Errno(libc::ENOTTY))));
        let too_small = device.send(&cdb::inquiry(None, 96), &mut data[..95], Duration::from_secs(1));
        assert_eq!(too_small, Err(SgError::Os(Errno(libc::EINVAL))));
        assert_eq!(Device::open(Path::new("/dev/none-such")).unwrap_err(), Errno(libc::ENOENT));
    }
}
