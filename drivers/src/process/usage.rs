//! What this process has used, all its threads together, those that ended included: `getrusage(2)`.
//!
//! One system call in place of a file for each thread. It has no path: a process can only ask about itself.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::unistd::{SysconfVar, sysconf};

use crate::file::Errno;

/// Processor time and waits of the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Processor time in user mode and in the kernel, microseconds.
    pub processor_us: u64,
    /// Times that a thread gave up its processor to wait for something.
    pub voluntary_switches: u64,
}

/// Asks the kernel. Allocates nothing.
///
/// # Errors
/// [`Errno`]; `EOVERFLOW` when the kernel answers with a negative number.
pub fn read() -> Result<Used, Errno> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).map_err(|errno| Errno(errno as i32))?;
    let processor_us = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Used {
        processor_us: unsigned(processor_us)?,
        voluntary_switches: unsigned(usage.voluntary_context_switches())?,
    })
}

/// Size of a page of memory, in which the kernel counts.
///
/// # Errors
/// [`Errno`]; `EOVERFLOW` when the kernel does not say.
pub fn page_bytes() -> Result<u64, Errno> {
    let answer = sysconf(SysconfVar::PAGE_SIZE).map_err(|errno| Errno(errno as i32))?;
    answer.map_or(Err(Errno(libc::EOVERFLOW)), unsigned)
}

fn unsigned(number: i64) -> Result<u64, Errno> {
    u64::try_from(number).map_err(|_negative| Errno(libc::EOVERFLOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_waits_add_up() {
        let before = read().unwrap();
        // Waiting for a thread is a wait of this one or a run of the other.
        std::thread::spawn(|| std::hint::black_box((0..5_000_000_u64).fold(0, u64::wrapping_add)))
            .join()
            .unwrap();
        let after = read().unwrap();
        assert!(after.processor_us > before.processor_us, "{before:?} {after:?}");
        assert!(after.voluntary_switches >= before.voluntary_switches);
    }

    #[test]
    fn pages_are_a_power_of_two() {
        assert!(page_bytes().unwrap().is_power_of_two());
    }
}
