//! Admin commands by `ioctl(2)`: `NVME_IOCTL_ADMIN_CMD` of `linux/nvme_ioctl.h`.
//!
//! The thread waits until the controller answers or the kernel loses patience.

use std::fs::File;

use super::command::Command;
use super::device::KERNEL_TIMEOUT_MS;
use super::error::{NvmeError, Status, Step};

/// `struct nvme_passthru_cmd`.
#[repr(C)]
#[derive(Default)]
struct PassthruCommand {
    opcode: u8,
    flags: u8,
    reserved: u16,
    namespace: u32,
    cdw2: u32,
    cdw3: u32,
    metadata: u64,
    address: u64,
    metadata_bytes: u32,
    data_bytes: u32,
    cdw10: u32,
    cdw11_to_15: [u32; 5],
    timeout_ms: u32,
    result: u32,
}

const _: () =
    assert!(size_of::<PassthruCommand>() == 72, "the kernel's number of the request holds the size");

/// Does `command` and fills `data`.
pub(super) fn command(file: &File, command: &Command, data: &mut [u8]) -> Result<(), NvmeError> {
    let answer =
        sys::admin(file, command, data).map_err(|errno| NvmeError::Os { step: Step::Ioctl, errno })?;
    // What is not an error of the kernel is the controller's status, 0 if all went well; it has 15 bits.
    match u16::try_from(answer) {
        Ok(0) => Ok(()),
        Ok(status) => Err(NvmeError::Refused(Status(status))),
        Err(_wider) => Err(NvmeError::Refused(Status(u16::MAX))),
    }
}

#[expect(unsafe_code, reason = "ioctl has no safe form for this request")]
mod sys {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;

    use super::{Command, KERNEL_TIMEOUT_MS, PassthruCommand};
    use crate::file::Errno;

    /// `NVME_IOCTL_ADMIN_CMD`.
    const ADMIN_COMMAND: libc::Ioctl = nix::request_code_readwrite!(b'N', 0x41, size_of::<PassthruCommand>());

    pub(super) fn admin(file: &File, command: &Command, data: &mut [u8]) -> Result<i32, Errno> {
        let data_bytes = u32::try_from(data.len()).map_err(|_error| Errno(libc::EINVAL))?;
        let mut request = PassthruCommand {
            opcode: command.opcode,
            namespace: command.namespace,
            address: data.as_mut_ptr().expose_provenance() as u64,
            data_bytes,
            cdw10: command.cdw10,
            timeout_ms: KERNEL_TIMEOUT_MS,
            ..PassthruCommand::default()
        };
        // SAFETY: the request's number holds the size of `PassthruCommand`, which the kernel reads and writes at the
        // address of our own variable. It writes at most `data_bytes` bytes to `address`, which are those of the
        // exclusive slice, and has ended when the call returns; any bytes are values of `u8`.
        let answer = unsafe { libc::ioctl(file.as_raw_fd(), ADMIN_COMMAND, &raw mut request) };
        if answer < 0 { Err(Errno::of(&io::Error::last_os_error())) } else { Ok(answer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_the_number_of_the_kernels_header() {
        assert_eq!(nix::request_code_readwrite!(b'N', 0x41, size_of::<PassthruCommand>()), 0xC048_4E41);
    }
}
