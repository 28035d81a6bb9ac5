//! The system calls of the profiler that have no safe form.
#![expect(unsafe_code, reason = "wait4 and signal handlers have no safe form")]

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// What a process and the children it waited for used, by `wait4(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time in user mode.
    pub user: Duration,
    /// Time in the kernel.
    pub system: Duration,
    /// The most memory that one of them had resident, in bytes.
    pub max_rss_bytes: u64,
    /// Page faults served without reading.
    pub minor_faults: u64,
    /// Page faults that had to read.
    pub major_faults: u64,
    /// Times it gave up the processor to wait.
    pub voluntary_switches: u64,
    /// Times the processor was taken from it.
    pub involuntary_switches: u64,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// How often the owner has asked to stop since [`hear_interrupts`].
static INTERRUPTIONS: AtomicU32 = AtomicU32::new(0);

extern "C" fn interrupted(_signal: libc::c_int) {
    // Relaxed: the number stands for itself.
    INTERRUPTIONS.fetch_add(1, Ordering::Relaxed);
}

/// From now on SIGINT and SIGTERM are noted and end nothing by themselves.
pub(super) fn hear_interrupts() -> io::Result<()> {
    let action = SigAction::new(SigHandler::Handler(interrupted), SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the handler stores to an atomic, which is allowed at any moment.
        unsafe { sigaction(signal, &action) }?;
    }
    Ok(())
}

/// How often the owner has asked to stop.
pub(super) fn interruptions() -> u32 {
    // Relaxed: as in the handler.
    INTERRUPTIONS.load(Ordering::Relaxed)
}

/// The most memory that this process has had resident, in bytes.
pub(super) fn own_peak_bytes() -> u64 {
    match getrusage(UsageWho::RUSAGE_SELF) {
        // Linux counts in KiB.
        Ok(usage) => u64::try_from(usage.max_rss()).map_or(0, |kib| kib * 1024),
        Err(errno) => {
            tracing::warn!("what the profiler itself takes is not known: {errno}");
            0
        }
    }
}

/// Takes the ended child's status and usage from the kernel.
pub(super) fn reap(pid: libc::pid_t) -> io::Result<(Ending, Usage)> {
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to writable memory of the right types.
        let reaped = unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) };
        if reaped == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // SAFETY: zeroes are a valid `rusage`, and wait4 has filled it.
    let usage = unsafe { usage.assume_init() };
    let ending = if libc::WIFSIGNALED(status) {
        Ending::Signal(libc::WTERMSIG(status))
    } else {
        Ending::Code(libc::WEXITSTATUS(status))
    };
    Ok((ending, Usage::from(usage)))
}

impl From<libc::rusage> for Usage {
    fn from(usage: libc::rusage) -> Self {
        let count = |number: libc::c_long| u64::try_from(number).unwrap_or(0);
        let time = |time: libc::timeval| {
            Duration::from_secs(count(time.tv_sec)) + Duration::from_micros(count(time.tv_usec))
        };
        Self {
            user: time(usage.ru_utime),
            system: time(usage.ru_stime),
            // Linux counts in KiB.
            max_rss_bytes: count(usage.ru_maxrss) * 1024,
            minor_faults: count(usage.ru_minflt),
            major_faults: count(usage.ru_majflt),
            voluntary_switches: count(usage.ru_nvcsw),
            involuntary_switches: count(usage.ru_nivcsw),
        }
    }
}
