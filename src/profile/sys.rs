//! The system calls of the profiler that have no safe form.
#![expect(unsafe_code, reason = "wait4, pidfd_open and waiting between fork and exec have no safe form")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::Pid;

use super::child::Ending;

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

/// Makes the child of `command` tell its number through `told` and wait at `waits` before it executes its program.
/// `door` is the parent's end of that, which the child must not hold open, or it would wait for itself.
pub(super) fn wait_before_exec(command: &mut Command, told: OwnedFd, waits: OwnedFd, door: &OwnedFd) {
    let door = door.as_raw_fd();
    let wait = move || {
        // SAFETY: `door` is the child's copy of a descriptor that the parent holds open until it lets go; nothing else
        // in the child uses it before exec, which would close it as well.
        unsafe { libc::close(door) };
        // SAFETY: getpid has no preconditions.
        let number = unsafe { libc::getpid() }.to_ne_bytes();
        // SAFETY: `number` is four readable bytes, and `told` is owned by this closure.
        let written = unsafe { libc::write(told.as_raw_fd(), number.as_ptr().cast(), number.len()) };
        if written != 4 {
            return Err(io::Error::last_os_error());
        }
        let mut go = 0_u8;
        loop {
            // SAFETY: `go` is one writable byte, and `waits` is owned by this closure.
            let read = unsafe { libc::read(waits.as_raw_fd(), (&raw mut go).cast(), 1) };
            match read {
                1 => return Ok(()),
                // The profiler has gone: so does the child.
                0 => return Err(io::Error::from_raw_os_error(libc::ECANCELED)),
                _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                _ => return Err(io::Error::last_os_error()),
            }
        }
    };
    // SAFETY: between fork and exec the closure makes system calls only; it does not allocate or take locks, and the
    // errors it makes are numbers.
    unsafe { command.pre_exec(wait) };
}

/// Lets the child of `command` have the descriptor `fd` of this process under its own number.
pub(super) fn inherit(command: &mut Command, fd: i32) {
    let keep = move || {
        // SAFETY: the descriptor is the child's copy; clearing its flags touches no memory.
        match unsafe { libc::fcntl(fd, libc::F_SETFD, 0) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: between fork and exec the closure makes one system call.
    unsafe { command.pre_exec(keep) };
}

/// Keeps the child of `command`, and all that it starts, on one CPU.
pub(super) fn pin(command: &mut Command, cpu: usize) {
    let pin = move || {
        let mut cpus = CpuSet::new();
        cpus.set(cpu)?;
        sched_setaffinity(Pid::from_raw(0), &cpus)?;
        Ok(())
    };
    // SAFETY: between fork and exec the closure fills memory of its own and makes one system call.
    unsafe { command.pre_exec(pin) };
}

/// Whether the owner has asked to stop since [`hear_interrupts`].
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn interrupted(_signal: libc::c_int) {
    // Relaxed: the flag stands for itself.
    INTERRUPTED.store(true, Ordering::Relaxed);
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

/// Whether the owner has asked to stop.
pub(super) fn is_interrupted() -> bool {
    // Relaxed: as in the handler.
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A descriptor that becomes readable when the process ends (`pidfd_open(2)`, Linux 5.3).
pub(super) fn pidfd_open(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and makes a descriptor or fails.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    match i32::try_from(fd) {
        // SAFETY: the kernel has just made this descriptor for us, and nobody else knows it.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        Ok(_) | Err(_) => Err(io::Error::last_os_error()),
    }
}

/// Takes the ended child's status and usage from the kernel.
pub(super) fn reap(pid: Pid) -> io::Result<(Ending, Usage)> {
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to writable memory of the right types.
        let reaped = unsafe { libc::wait4(pid.as_raw(), &raw mut status, 0, usage.as_mut_ptr()) };
        if reaped == pid.as_raw() {
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
