//! The virtual board: `/proc`, `/sys` and `/dev` trees that answer like a machine, on a script.
//!
//! A test describes a machine ([`Board`]), mounts it at a directory ([`Board::mount`]) and starts the
//! program under test with `--root` on that directory. While it runs, the test turns the board's clock,
//! changes files, takes devices away and makes reads fail, and compares what the program reports with what
//! the board knows to be true.
//!
//! ```text
//!   test ── set / fault / advance ──▶ Board ◀── lookup / open / read ── kernel (FUSE) ◀── hearth --root DIR
//!        ◀── reads / wait_for_reads ──┘
//! ```
//!
//! What holds:
//! * **Nothing is cached.** Names and attributes live for zero seconds and files are read directly, so each
//!   `read(2)` of the program is one question to the board.
//! * **A pass is a read at offset 0.** It renders the content and keeps it with the open file; reads at later
//!   offsets continue in that text. Kernel files behave so (`fs/seq_file.c`, `fs/kernfs/file.c`), and a
//!   `pread` at offset 0 on a descriptor that stays open sees new content each time.
//! * **Board time is the test's.** It stands still until [`Board::advance`]; [`Board::in_real_time`] lets it
//!   run for people and for whole-program tests. Content functions see board time and never a clock.
//! * **A hanging read blocks nobody else.** Its answer is parked; the thread that serves goes on.
//! * **The mount never outlives the test.** Dropping [`Mounted`] answers every parked read and detaches the
//!   mount, while readers still hold files too, and also while a panic unwinds.
//!
//! A reader that may hang belongs in another process than the board (the program under test is one). A thread
//! of the same process would keep `/dev/fuse` open when the process is killed, and the kernel would wait for
//! an answer that nobody is left to give.
//!
//! Wrong use (a path that does not exist, content for a directory) panics with the caller's line: a board that
//! quietly ignored a misspelt path would make tests that cannot fail.
//!
//! Energy is counted as hardware counts it: a [`PowerCurve`] integrates exactly to picojoules, an
//! [`EnergyCounter`] holds 32 bits of it in the unit of its part, and registers and powercap zones show the same
//! counter ([`trees::energy`]).
//!
//! Absent on purpose: writing, device nodes, ioctl, memory mapping, permissions by user. Netlink and
//! the machine's own clocks are system calls that no file tree can answer for. `statfs(2)` is answered for whatever
//! place the board's own list of mounts names ([`Board::set_space`]).
//!
//! ```no_run
//! use hearth_board::{Board, Content, Fault, trees};
//! use std::time::Duration;
//!
//! let board = trees::linux_6_1().file("sys/class/thermal/thermal_zone0/temp", Content::text("41000\n"));
//! let Some(mounted) = board.mount_or_say_why()? else { return Ok(()) };
//! // start the program with: --root mounted.dir()
//! board.advance(Duration::from_secs(10));
//! board.wait_for_reads("proc/stat", 2, Duration::from_secs(30))?;
//! board.fault("sys/class/thermal/thermal_zone0/temp", Fault::Hang);
//! board.clear("sys/class/thermal/thermal_zone0/temp");
//! mounted.unmount()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod board;
mod clock;
mod content;
mod energy;
mod fault;
mod mount;
mod power;
mod proof;
mod served;
mod space;
mod state;
mod tree;
pub mod trees;

pub use board::{Board, WaitTimeout};
pub use content::{At, Content, Step};
pub use energy::{COUNTER_RANGE, EnergyCounter, EnergyUnit};
pub use fault::Fault;
pub use mount::{MountError, Mounted};
/// Kernel error numbers, as faults and steps name them.
pub use nix::errno::Errno;
pub use power::PowerCurve;
pub use proof::not_run;
pub use space::Space;
