//! A new process that stands at the door: everything is set up, and it waits for one byte before it executes its program.
//!
//! The child shares our memory until it executes (`CLONE_VM`), so that no page table is copied and no page is copied when
//! written: that would take longer than many a program, and part of it would be charged to the program. Unlike `vfork(2)`
//! we go on meanwhile, as counters are opened and energy is read while the child waits.
//!
//! What the child does until then is done on a stack of its own, from memory that was filled before, by bare system
//! calls: not even `errno` is touched, which it would share with our thread.
#![expect(unsafe_code, reason = "a child that shares our memory while it waits has no safe form")]

use std::arch::asm;
use std::ffi::{CString, c_char, c_void};
use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use super::sys::{self, Ending, Usage};

/// Bytes of the child's stack; it needs some hundred.
const STACK_BYTES: usize = 64 * 1024;
/// What the child ends with if its program cannot be executed; our parent is told by [`Room::errno`].
const NOT_RUN: isize = 127;

/// What a process is started with.
pub(super) struct Call {
    /// Files that may be the program, the first that can be executed.
    pub(super) paths: Vec<CString>,
    /// Its words.
    pub(super) arguments: Vec<CString>,
    /// Its environment, as `NAME=value`.
    pub(super) variables: Vec<CString>,
    /// Input, output, messages; ours where there is none.
    pub(super) streams: [Option<OwnedFd>; 3],
    /// A descriptor that is to stay open.
    pub(super) keeps: Option<RawFd>,
    /// The one CPU it may run on.
    pub(super) cpu: Option<usize>,
}

/// What the child stumbled over before its program began.
#[derive(Debug)]
pub(super) struct Failure {
    /// What it tried.
    pub(super) what: &'static str,
    /// What the kernel said.
    pub(super) source: io::Error,
}

/// [`Failure::what`] where everything was set up, and the program itself cannot be executed.
pub(super) const EXECUTING: &str = "run";
/// What the child tries, in this order.
const STAGES: [&str; 5] =
    ["make a process group", "keep it on its CPU", "set its streams up", "wait to be let go", EXECUTING];
const GROUP: i32 = 0;
const CPU: i32 = 1;
const STREAMS: i32 = 2;
const WAIT: i32 = 3;
const EXECUTE: i32 = 4;

/// All that the child reads and writes until it executes. It lies in our memory, and stays there until the child has
/// executed or ended.
struct Room {
    paths: Vec<*const c_char>,
    arguments: Vec<*const c_char>,
    /// For a script that does not name its interpreter: `/bin/sh`, the script, its words.
    script: Vec<*const c_char>,
    variables: Vec<*const c_char>,
    streams: [RawFd; 3],
    keeps: RawFd,
    cpus: libc::cpu_set_t,
    is_pinned: bool,
    waits: RawFd,
    door: RawFd,
    /// What went wrong, or zero, and at which stage: the child's only words.
    errno: AtomicI32,
    stage: AtomicI32,
    /// What the pointers point to.
    _call: Call,
    stack: Box<[MaybeUninit<u128>]>,
}

/// A process that we have started, and not yet taken leave of.
pub(super) struct Door {
    pid: libc::pid_t,
    pidfd: OwnedFd,
    door: Option<File>,
    room: Box<Room>,
    is_reaped: bool,
}

impl Door {
    /// Starts the process. It leads a process group of its own.
    ///
    /// # Errors
    /// The kernel makes no process.
    pub(super) fn open(call: Call) -> io::Result<Self> {
        let (waits, door) = pipe2(OFlag::O_CLOEXEC)?;
        let mut room = Box::new(Room::new(call, waits.as_raw_fd(), door.as_raw_fd()));
        let arg: *mut Room = &raw mut *room;
        let top = room.stack.as_mut_ptr_range().end.cast::<c_void>();
        let mut pidfd: RawFd = -1;
        let flags = libc::CLONE_VM | libc::CLONE_PIDFD | libc::SIGCHLD;
        // SAFETY: `top` is the end of a stack that lives, like all else that `enter` uses, in `room`, which is kept until
        // the child has executed or ended (see `drop`); `enter` keeps to the rules that its own comment gives.
        let pid = unsafe { libc::clone(enter, top, flags, arg.cast(), &raw mut pidfd) };
        if pid < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor for us, and nobody else knows it.
        let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
        drop(waits);
        Ok(Self { pid, pidfd, door: Some(File::from(door)), room, is_reaped: false })
    }

    pub(super) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// Becomes readable when the process ends.
    pub(super) fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Lets the program begin.
    ///
    /// # Errors
    /// The child is not there any more; [`Door::leave`] says why.
    pub(super) fn let_go(&mut self) -> io::Result<()> {
        match self.door.take() {
            Some(mut door) => door.write_all(&[1]),
            None => Ok(()),
        }
    }

    /// Waits for its end; how that was and what it used, or why its program never began.
    ///
    /// # Errors
    /// The kernel does not say.
    pub(super) fn leave(&mut self) -> io::Result<Result<(Ending, Usage), Failure>> {
        let ended = sys::reap(self.pid)?;
        self.is_reaped = true;
        Ok(match self.room.errno.load(Ordering::Acquire) {
            0 => Ok(ended),
            errno => {
                let stage = self.room.stage.load(Ordering::Acquire);
                let stages = (0..).zip(STAGES);
                let what = stages.filter(|(at, _)| *at <= stage).last().map_or("start", |(_, what)| what);
                Err(Failure { what, source: io::Error::from_raw_os_error(errno) })
            }
        })
    }
}

impl Drop for Door {
    /// A process that still waits, or still runs, must not find the room gone.
    fn drop(&mut self) {
        if self.is_reaped {
            return;
        }
        // SAFETY: kill takes two numbers; the process is our child and not yet reaped, so the number is its own.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        if let Err(error) = sys::reap(self.pid) {
            tracing::warn!("process {} is not seen to end: {error}", self.pid);
        }
    }
}

impl Room {
    fn new(call: Call, waits: RawFd, door: RawFd) -> Self {
        let ended = |strings: &[CString]| -> Vec<*const c_char> {
            strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
        };
        let (paths, arguments, variables) =
            (ended(&call.paths), ended(&call.arguments), ended(&call.variables));
        let words = arguments.iter().skip(1).copied();
        let script = [SHELL.as_ptr(), ptr::null()].into_iter().chain(words).collect();
        let number = |fd: &Option<OwnedFd>| fd.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        let [input, output, messages] = &call.streams;
        // SAFETY: zeroes are an empty set.
        let mut cpus: libc::cpu_set_t = unsafe { MaybeUninit::zeroed().assume_init() };
        if let Some(cpu) = call.cpu.filter(|cpu| *cpu < CPUS_MAX) {
            // SAFETY: `cpu` is less than the set is large.
            unsafe { libc::CPU_SET(cpu, &mut cpus) };
        }
        Self {
            paths,
            arguments,
            script,
            variables,
            streams: [number(input), number(output), number(messages)],
            keeps: call.keeps.unwrap_or(-1),
            cpus,
            is_pinned: call.cpu.is_some(),
            waits,
            door,
            errno: AtomicI32::new(0),
            stage: AtomicI32::new(0),
            _call: call,
            stack: Box::new_uninit_slice(STACK_BYTES / size_of::<u128>()),
        }
    }
}

const SHELL: &std::ffi::CStr = c"/bin/sh";
/// As many as `cpu_set_t` has bits.
const CPUS_MAX: usize = libc::CPU_SETSIZE.unsigned_abs() as usize;

/// The child's whole life before its program.
///
/// It shares memory with a thread that goes on, and that thread's local storage: nothing here allocates, locks, panics,
/// or calls into the C library.
extern "C" fn enter(room: *mut c_void) -> i32 {
    // SAFETY: it is the room that `open` has made, which lives until we have executed or ended. Our parent reads of it only
    // what it does not change, and the two atomics.
    let room = unsafe { &mut *room.cast::<Room>() };
    let (stage, errno) = match prepare(room) {
        Ok(()) => (EXECUTE, execute(room)),
        Err(failed) => failed,
    };
    room.stage.store(stage, Ordering::Release);
    room.errno.store(errno, Ordering::Release);
    loop {
        // SAFETY: it ends this process, and touches no memory.
        let (Ok(_) | Err(_)) = unsafe { call(libc::SYS_exit_group, [NOT_RUN, 0, 0, 0]) };
    }
}

/// Everything up to the moment it is let go.
fn prepare(room: &Room) -> Result<(), (i32, i32)> {
    let at = |stage: i32, answer: Result<isize, i32>| answer.map_err(|errno| (stage, errno));
    // SAFETY: two numbers.
    at(GROUP, unsafe { call(libc::SYS_setpgid, [0, 0, 0, 0]) })?;
    if room.is_pinned {
        let (size, cpus) = (size_of::<libc::cpu_set_t>().cast_signed(), address(&raw const room.cpus));
        // SAFETY: `cpus` is a set of that size.
        at(CPU, unsafe { call(libc::SYS_sched_setaffinity, [0, size, cpus, 0]) })?;
    }
    for (number, stream) in room.streams.iter().enumerate() {
        if *stream >= 0 {
            // SAFETY: three numbers. Descriptors are the child's own, as they were copied with it.
            at(STREAMS, unsafe { call(libc::SYS_dup3, [number_of(*stream), number.cast_signed(), 0, 0]) })?;
        }
    }
    if room.keeps >= 0 {
        let set_flags = number_of(libc::F_SETFD);
        // SAFETY: three numbers.
        at(STREAMS, unsafe { call(libc::SYS_fcntl, [number_of(room.keeps), set_flags, 0, 0]) })?;
    }
    // Rust's runtime ignores SIGPIPE, which would be passed on; signals that it handles become usual by executing.
    let usual = KernelAction::default();
    let (pipe, size) = (number_of(libc::SIGPIPE), size_of::<u64>().cast_signed());
    // SAFETY: `usual` is laid out as the kernel wants it, and nothing is written back.
    at(STREAMS, unsafe { call(libc::SYS_rt_sigaction, [pipe, address(&raw const usual), 0, size]) })?;
    let none = 0_u64;
    let set_mask = number_of(libc::SIG_SETMASK);
    // SAFETY: `none` is a set of eight bytes, and nothing is written back.
    at(STREAMS, unsafe { call(libc::SYS_rt_sigprocmask, [set_mask, address(&raw const none), 0, size]) })?;
    // Else it would keep the door open itself, and never learn that the profiler has gone.
    // SAFETY: a number.
    at(WAIT, unsafe { call(libc::SYS_close, [number_of(room.door), 0, 0, 0]) })?;
    let mut byte = 0_u8;
    loop {
        let place = (&raw mut byte).addr().cast_signed();
        // SAFETY: one byte is written, to `byte`.
        match unsafe { call(libc::SYS_read, [number_of(room.waits), place, 1, 0]) } {
            Ok(1) => return Ok(()),
            Ok(_) => return Err((WAIT, libc::ECANCELED)),
            Err(libc::EINTR) => {}
            Err(errno) => return Err((WAIT, errno)),
        }
    }
}

/// Executes the first path that can be, as `execvp(3)` does; returns only if none can: why.
fn execute(room: &mut Room) -> i32 {
    let mut refused = libc::ENOENT;
    let variables = address(room.variables.as_ptr());
    for path in room.paths.iter().take_while(|path| !path.is_null()) {
        let tried = [address(*path), address(room.arguments.as_ptr()), variables, 0];
        // SAFETY: a string and two lists of strings that end with a null, all kept in the room.
        match unsafe { call(libc::SYS_execve, tried) } {
            // A text without a word on who reads it is the shell's.
            Err(libc::ENOEXEC) => {
                if let Some(script) = room.script.get_mut(1) {
                    *script = *path;
                }
                let tried = [address(SHELL.as_ptr()), address(room.script.as_ptr()), variables, 0];
                // SAFETY: as above.
                if let Err(errno) = unsafe { call(libc::SYS_execve, tried) } {
                    return errno;
                }
            }
            Err(libc::ENOENT | libc::ENOTDIR) => {}
            Err(libc::EACCES) => refused = libc::EACCES,
            Err(errno) => return errno,
            Ok(_) => {}
        }
    }
    refused
}

fn address<T>(pointer: *const T) -> isize {
    pointer.expose_provenance().cast_signed()
}

/// A number as a register holds it; numbers here are small, so nothing is lost.
const fn number_of(number: i32) -> isize {
    number as isize
}

/// The kernel's `struct sigaction` (include/uapi/asm-generic/signal.h); zeroes are what is usual.
#[repr(C)]
#[derive(Default)]
struct KernelAction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

/// A system call that leaves `errno` alone.
///
/// # Safety
/// As for the call that `number` names.
#[cfg(target_arch = "x86_64")]
unsafe fn call(number: libc::c_long, arguments: [isize; 4]) -> Result<isize, i32> {
    let [first, second, third, fourth] = arguments;
    let answer: isize;
    // SAFETY: the registers are those of Linux' calling convention; the kernel spoils rcx and r11 and no other.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r10") fourth,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    checked(answer)
}

/// As above.
///
/// # Safety
/// As for the call that `number` names.
#[cfg(target_arch = "aarch64")]
unsafe fn call(number: libc::c_long, arguments: [isize; 4]) -> Result<isize, i32> {
    let [first, second, third, fourth] = arguments;
    let answer: isize;
    // SAFETY: the registers are those of Linux' calling convention; the kernel spoils no other.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") first => answer,
            in("x1") second,
            in("x2") third,
            in("x3") fourth,
            options(nostack),
        );
    }
    checked(answer)
}

/// The kernel answers with an error's number below zero.
fn checked(answer: isize) -> Result<isize, i32> {
    match i32::try_from(answer) {
        Ok(errno) if (-4095..0).contains(&errno) => Err(-errno),
        Ok(_) | Err(_) => Ok(answer),
    }
}
