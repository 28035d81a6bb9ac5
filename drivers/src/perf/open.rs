//! Opening events, through `perf-event2`. Allocates; closing is dropping.

use std::fs::File;

use perf_event::events::Raw;
use perf_event::{Builder, Counter, ReadFormat};

use super::child::ChildEvent;
use super::event::Code;
use super::group::EventGroup;
use super::layout::EVENTS_MAX;
use crate::file::Errno;

pub(crate) mod descriptor;

pub(crate) use descriptor::owned;

/// What a group counts.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// Whatever runs on this CPU. Needs `CAP_PERFMON` or `kernel.perf_event_paranoid` of 0 or less.
    Cpu(u32),
    /// What the programs of a cgroup do on this CPU (`PERF_FLAG_PID_CGROUP`). Needs the same.
    CgroupOnCpu {
        /// The cgroup's directory, in the hierarchy that has the `perf_event` controller.
        directory: &'a File,
        /// The CPU.
        cpu: u32,
    },
}

/// Why an event is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No PMU of this machine counts this event.
    #[error("no PMU counts it: {0}")]
    Unsupported(Errno),
    /// A privilege is lacking, or a filter of system calls forbids it.
    #[error("refused: {0}")]
    Refused(Errno),
    /// The group has more events than the CPU has counters, or than this program reads at once.
    #[error("the group is larger than the PMU")]
    TooLarge,
    /// The CPU is not online, or the process has ended.
    #[error("there is no such CPU or process: {0}")]
    Gone(Errno),
    /// The directory is no cgroup of the hierarchy with the `perf_event` controller, or the kernel was built without
    /// `CONFIG_CGROUP_PERF`.
    #[error("the directory is not in perf_event's hierarchy of cgroups: {0}")]
    Hierarchy(Errno),
    /// The program has too many files open.
    #[error("no descriptor is left: {0}")]
    Descriptors(Errno),
    /// The kernel was built without `CONFIG_PERF_EVENTS`, or a filter of system calls hides it.
    #[error("the kernel has no perf_event_open")]
    NoKernel,
    /// Something else, as the kernel says it.
    #[error("perf_event_open failed: {0}")]
    Os(Errno),
}

impl OpenError {
    fn of(error: &std::io::Error) -> Self {
        // perf-event2 makes E2BIG, an attribute of newer kernels, an error of its own.
        let unsupported = error.kind() == std::io::ErrorKind::Unsupported && error.raw_os_error().is_none();
        let errno = if unsupported { Errno(libc::E2BIG) } else { Errno::of(error) };
        match errno.0 {
            libc::ENOENT | libc::EOPNOTSUPP | libc::ENXIO => Self::Unsupported(errno),
            libc::EACCES | libc::EPERM => Self::Refused(errno),
            libc::ENODEV | libc::ESRCH => Self::Gone(errno),
            libc::EMFILE | libc::ENFILE => Self::Descriptors(errno),
            libc::ENOSYS => Self::NoKernel,
            _ => Self::Os(errno),
        }
    }
}

/// Opens a group of at most [`EVENTS_MAX`] events that are counted together, and starts it. A single event is a group
/// of one.
///
/// # Errors
/// [`OpenError`]; nothing stays open then.
pub fn open_group(codes: &[Code], target: Target<'_>) -> Result<EventGroup, OpenError> {
    let Some((first, rest)) = codes.split_first().filter(|_| codes.len() <= EVENTS_MAX) else {
        return Err(OpenError::TooLarge);
    };
    let mut leader =
        counting(*first, target).build().map_err(|error| match (OpenError::of(&error), target) {
            (OpenError::Os(errno @ Errno(libc::EINVAL | libc::EBADF)), Target::CgroupOnCpu { .. }) => {
                OpenError::Hierarchy(errno)
            }
            (error, _) => error,
        })?;
    let mut others = Vec::with_capacity(rest.len());
    for code in rest {
        let other = counting(*code, target).build_with_group(&mut leader);
        others.push(other.map_err(|error| match OpenError::of(&error) {
            // So the kernel answers when the group could not be scheduled on an empty PMU.
            OpenError::Os(Errno(libc::EINVAL | libc::ENOSPC)) => OpenError::TooLarge,
            other => other,
        })?);
    }
    let ids = [&leader].into_iter().chain(&others).map(Counter::id).collect();
    let others = others.into_iter().map(owned).collect();
    Ok(EventGroup::handed(owned(leader), others, ids))
}

/// Opens one event of the process `pid` and of all that it will start, to be counted from its next `execve(2)` on.
/// Each event is a descriptor of its own: the kernel refuses to read a group that is inherited.
///
/// Where the kernel's part of a program may not be counted (`kernel.perf_event_paranoid` of 2 without `CAP_PERFMON`),
/// the program's own part is, and [`ChildEvent::is_user_only`] says so.
///
/// # Errors
/// [`OpenError`]; [`OpenError::Refused`] as well for an event that only the kernel's part has.
pub fn open_child(code: Code, pid: i32, is_kernel_only: bool) -> Result<ChildEvent, OpenError> {
    let mut builder = of_process(code, pid);
    builder.inherit(true).enable_on_exec(true);
    build_child(builder, is_kernel_only)
}

/// Opens the event of [`open_child`] for the process `pid` alone, and never lets it count: whether it could be counted is
/// known then, and what the kernel does once for the first event of a kind (it patches its own code) is done as long as
/// this is held.
///
/// # Errors
/// As [`open_child`].
pub fn open_idle(code: Code, pid: i32, is_kernel_only: bool) -> Result<ChildEvent, OpenError> {
    build_child(of_process(code, pid), is_kernel_only)
}

fn of_process(code: Code, pid: i32) -> Builder<'static> {
    let mut builder = raw(code);
    builder.read_format(ReadFormat::TOTAL_TIME_ENABLED | ReadFormat::TOTAL_TIME_RUNNING);
    builder.observe_pid(pid).any_cpu().enabled(false);
    builder
}

fn build_child(mut builder: Builder<'_>, is_kernel_only: bool) -> Result<ChildEvent, OpenError> {
    match builder.build().map_err(|error| OpenError::of(&error)) {
        Ok(counter) => Ok(ChildEvent::handed(owned(counter), false)),
        Err(OpenError::Refused(_)) if !is_kernel_only => {
            builder.exclude_kernel(true).exclude_hv(true);
            let counter = builder.build().map_err(|error| OpenError::of(&error))?;
            Ok(ChildEvent::handed(owned(counter), true))
        }
        Err(error) => Err(error),
    }
}

/// An event that counts user, kernel and hypervisor alike: `perf-event2` leaves out all but the first, with which
/// switches of context count nothing and the msr PMU refuses.
fn raw(code: Code) -> Builder<'static> {
    let mut builder = Builder::new(Raw::new(code.config));
    builder.attrs_mut().type_ = code.kind;
    builder.exclude_kernel(false).exclude_hv(false);
    builder
}

fn counting(code: Code, target: Target<'_>) -> Builder<'_> {
    let mut builder = raw(code);
    builder.read_format(
        ReadFormat::GROUP | ReadFormat::TOTAL_TIME_ENABLED | ReadFormat::TOTAL_TIME_RUNNING | ReadFormat::ID,
    );
    builder.enabled(true);
    let cpu = match target {
        Target::Cpu(cpu) => {
            builder.any_pid();
            cpu
        }
        Target::CgroupOnCpu { directory, cpu } => {
            builder.observe_cgroup(directory);
            cpu
        }
    };
    // A number beyond `usize` cannot be: CPUs have 32 bits.
    builder.one_cpu(usize::try_from(cpu).unwrap_or(usize::MAX));
    builder
}
