//! Admin commands by io_uring: `IORING_OP_URING_CMD` with `NVME_URING_CMD_ADMIN` of `linux/nvme_ioctl.h`.
//!
//! One command is under way at a time. One that was not answered in time stays under way: its page stays the kernel's
//! until the answer comes, and the next command waits for that first. A ring that goes while a command is under way
//! leaves its page to the kernel for good.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};

use super::command::Command;
use super::device::KERNEL_TIMEOUT_MS;
use super::error::Status;
use crate::file::Errno;

/// How long a thread waits for an answer, in milliseconds: the slowest log pages seen take two seconds.
const WAIT_MS: u64 = 10_000;
/// How often a wait is begun again after a signal.
const INTERRUPTIONS_MAX: u32 = 8;
/// `NVME_URING_CMD_ADMIN`: `_IOWR('N', 0x82, struct nvme_uring_cmd)`.
const ADMIN_COMMAND: u32 = 0xC048_4E82;
/// `struct nvme_uring_cmd` within the 80 bytes of a command.
const COMMAND_BYTES: usize = 80;

/// Why a command by the ring brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RingError {
    /// The kernel does not take such commands this way.
    Refused(Errno),
    /// The kernel says that it failed.
    Os(Errno),
    /// The controller says that it failed.
    Status(Status),
    /// No answer yet.
    TimedOut { seconds: u64 },
}

/// A ring of 128-byte entries with the page that answers come into.
pub(super) struct Ring {
    ring: IoUring<squeue::Entry128, cqueue::Entry32>,
    page: sys::Page,
    is_under_way: bool,
    wait_ms: u64,
}

impl core::fmt::Debug for Ring {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Ring").field("is_under_way", &self.is_under_way).finish_non_exhaustive()
    }
}

impl Ring {
    /// Makes it; refused where the kernel is older than 5.19 or io_uring is switched off.
    pub(super) fn new() -> Result<Self, Errno> {
        let made = IoUring::builder().build(1);
        let ring = made.map_err(|error| Errno::of(&error))?;
        // Without this the wait has no end of its own.
        if !ring.params().is_feature_ext_arg() {
            return Err(Errno(libc::ENOSYS));
        }
        Ok(Self { ring, page: sys::Page::new(), is_under_way: false, wait_ms: WAIT_MS })
    }

    /// Does `command` and fills `data`, at most a page.
    pub(super) fn command(
        &mut self,
        file: &File,
        command: &Command,
        data: &mut [u8],
    ) -> Result<(), RingError> {
        if self.is_under_way {
            // Whatever the late answer says is of no interest any more.
            self.wait()?;
        }
        self.page.clear();
        let entry = opcode::UringCmd80::new(Fd(file.as_raw_fd()), ADMIN_COMMAND)
            .cmd(layout(command, self.page.address()))
            .build();
        if !sys::push(&mut self.ring, &entry) {
            return Err(RingError::Os(Errno(libc::EBUSY)));
        }
        self.is_under_way = true;
        outcome(self.wait()?)?;
        self.page.copy_to(data);
        Ok(())
    }

    /// Waits for the answer to the command under way.
    fn wait(&mut self) -> Result<i32, RingError> {
        let patience = Timespec::from(Duration::from_millis(self.wait_ms));
        let args = SubmitArgs::new().timespec(&patience);
        let mut interruptions = 0;
        loop {
            if let Some(answer) = self.ring.completion().next() {
                self.is_under_way = false;
                return Ok(answer.result());
            }
            match self.ring.submitter().submit_with_args(1, &args) {
                Ok(_submitted) => {}
                Err(error)
                    if error.kind() == io::ErrorKind::Interrupted && interruptions < INTERRUPTIONS_MAX =>
                {
                    interruptions += 1;
                }
                Err(error) if error.raw_os_error() == Some(libc::ETIME) => {
                    return Err(RingError::TimedOut { seconds: self.wait_ms / 1000 });
                }
                Err(error) => return Err(refused_or_failed(Errno::of(&error))),
            }
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if !self.is_under_way {
            self.page.free();
        }
    }
}

/// What the completion's result says: 0, the controller's status, or an error of the kernel.
fn outcome(result: i32) -> Result<(), RingError> {
    match result {
        0 => Ok(()),
        1.. => Err(RingError::Status(Status(u16::try_from(result).unwrap_or(u16::MAX)))),
        _ => Err(refused_or_failed(Errno(-result))),
    }
}

/// An operation or a command that the kernel, its policy or the driver does not know is refused; the ioctl may work.
fn refused_or_failed(errno: Errno) -> RingError {
    match errno.0 {
        libc::ENOSYS | libc::EPERM | libc::EOPNOTSUPP | libc::ENOTTY | libc::EINVAL => {
            RingError::Refused(errno)
        }
        _ => RingError::Os(errno),
    }
}

/// `struct nvme_uring_cmd`: the fields at their places.
fn layout(command: &Command, address: u64) -> [u8; COMMAND_BYTES] {
    let mut bytes = [0; COMMAND_BYTES];
    let data_bytes = u32::try_from(command.data_bytes).unwrap_or(0);
    bytes[0] = command.opcode;
    bytes[4..8].copy_from_slice(&command.namespace.to_ne_bytes());
    bytes[24..32].copy_from_slice(&address.to_ne_bytes());
    bytes[36..40].copy_from_slice(&data_bytes.to_ne_bytes());
    bytes[40..44].copy_from_slice(&command.cdw10.to_ne_bytes());
    bytes[64..68].copy_from_slice(&KERNEL_TIMEOUT_MS.to_ne_bytes());
    bytes
}

#[expect(unsafe_code, reason = "a page that the kernel writes to after the call that named it has returned")]
mod sys {
    use core::ptr::NonNull;

    use io_uring::{IoUring, cqueue, squeue};

    use crate::nvme::command::DATA_BYTES_MAX;

    /// Page-aligned, so that the kernel hands the controller this memory itself.
    #[repr(C, align(4096))]
    struct Bytes([u8; DATA_BYTES_MAX]);

    /// Memory that is the kernel's while a command is under way; [`super::Ring`] touches it at no other time.
    pub(super) struct Page(NonNull<Bytes>);

    impl Page {
        pub(super) fn new() -> Self {
            Self(NonNull::from(Box::leak(Box::new(Bytes([0; DATA_BYTES_MAX])))))
        }

        /// The address for the kernel.
        pub(super) fn address(&self) -> u64 {
            self.0.as_ptr().expose_provenance() as u64
        }

        /// Nothing of an older answer stays. No command may be under way.
        pub(super) fn clear(&mut self) {
            // SAFETY: the pointer is of a leaked box that only `free` gives back, and `Ring` calls this only while no
            // command is under way, so nobody else reads or writes the page.
            unsafe { self.0.write(Bytes([0; DATA_BYTES_MAX])) };
        }

        /// Copies the page's first bytes. No command may be under way.
        pub(super) fn copy_to(&self, data: &mut [u8]) {
            // SAFETY: as in `clear`; the reference ends with this function, and any bytes are values of `u8`.
            let bytes = unsafe { self.0.as_ref() };
            for (to, from) in data.iter_mut().zip(&bytes.0) {
                *to = *from;
            }
        }

        /// Gives the memory back. No command may be under way, and nothing may be done with the page afterwards.
        pub(super) fn free(&mut self) {
            // SAFETY: made by `Box::leak` in `new`, and `Ring` calls this once, at its end, with no command under way.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }

    /// Puts `entry` into the queue; false if that is full.
    pub(super) fn push(
        ring: &mut IoUring<squeue::Entry128, cqueue::Entry32>,
        entry: &squeue::Entry128,
    ) -> bool {
        // SAFETY: what the entry names outlives the command: the file is open while `Ring::command` waits, after which
        // the kernel holds it by itself, and the page is given back only when no command is under way.
        unsafe { ring.submission().push(entry) }.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_has_the_layout_of_the_kernels_header() {
        assert_eq!(nix::request_code_readwrite!(b'N', 0x82, 72), ADMIN_COMMAND.into());
        let bytes = layout(&Command::health(), 0x1122_3344_5566_7788);
        assert_eq!(bytes[..8], [2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(bytes[24..32], 0x1122_3344_5566_7788_u64.to_ne_bytes());
        assert_eq!(bytes[36..44], [512_u32.to_ne_bytes(), 0x007f_0002_u32.to_ne_bytes()].concat());
        assert_eq!(bytes[64..68], 60_000_u32.to_ne_bytes());
        assert!(bytes[68..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn results_are_an_answer_a_status_a_refusal_or_a_failure() {
        assert_eq!(outcome(0), Ok(()));
        assert_eq!(outcome(0x4109), Err(RingError::Status(Status(0x4109))));
        for errno in [libc::ENOTTY, libc::EOPNOTSUPP, libc::EINVAL, libc::ENOSYS, libc::EPERM] {
            assert_eq!(outcome(-errno), Err(RingError::Refused(Errno(errno))));
        }
        for errno in [libc::ENODEV, libc::EIO, libc::EACCES] {
            assert_eq!(outcome(-errno), Err(RingError::Os(Errno(errno))));
        }
    }

    /// A ring, unless this kernel makes none.
    fn ring() -> Option<Ring> {
        let made = Ring::new();
        if let Err(errno) = &made {
            eprintln!("not checked here: a ring of 128-byte entries: {errno}");
        }
        made.ok()
    }

    #[test]
    fn a_file_that_takes_no_commands_refuses_them_and_leaves_the_ring_free() {
        let Some(mut ring) = ring() else { return };
        let file = File::open("/proc/self/exe").unwrap();
        for _ in 0..3 {
            let error = ring.command(&file, &Command::health(), &mut [0; 512]).unwrap_err();
            assert!(matches!(error, RingError::Refused(_)), "{error:?}");
            assert!(!ring.is_under_way);
        }
    }

    #[test]
    fn a_command_that_is_done_brings_what_is_in_the_page() {
        let Some(mut ring) = ring() else { return };
        // It takes any command by this way and does nothing.
        let file = File::open("/dev/null").unwrap();
        let mut data = [7; 512];
        match ring.command(&file, &Command::health(), &mut data) {
            Ok(()) => assert_eq!(data, [0; 512], "nothing of before is left"),
            Err(error) => eprintln!("not checked here: this kernel's /dev/null takes no commands: {error:?}"),
        }
        assert!(!ring.is_under_way);
    }

    #[test]
    fn a_command_that_is_not_answered_ends_the_wait_and_stays_under_way() {
        let Some(mut ring) = ring() else { return };
        // As if a command had been sent: nothing will answer.
        (ring.is_under_way, ring.wait_ms) = (true, 1);
        let file = File::open("/dev/null").unwrap();
        for _ in 0..2 {
            let error = ring.command(&file, &Command::health(), &mut [0; 512]).unwrap_err();
            assert_eq!(error, RingError::TimedOut { seconds: 0 });
            assert!(ring.is_under_way);
        }
    }
}
