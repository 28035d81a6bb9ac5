//! Drivers: bytes from the kernel to quantities in units.
//!
//! ```text
//! file (opened once below a root, pread) ── bytes ──► proc::*, process::* (pure parsers) ──► quantities
//! netlink (a socket, one buffer)         ── bytes ──► netlink::link                          in kernel units,
//!                                                                               into the caller's fixed storage
//! ```
//!
//! - [`mod@file`]: the system calls. Opening allocates; reading neither allocates nor opens.
//! - [`text`], [`label`]: numbers, tokens and lines over bytes, and short names held in place.
//! - [`proc`]: one file per kernel file: where it is, its words, a pure parser, a `Copy` error.
//! - [`process`]: one's own process and the table of all.
//! - [`netlink`], [`net_class`]: links and their counters, and what only sysfs says of a link.
//! - [`ata`]: ATA and SAS disks behind `SG_IO`: commands, pages, self-tests, and what must not be woken.
//! - [`perf`]: counts of events in CPUs and kernel, by descriptors of `perf_event_open`.
//! - [`link_tree`]: the same links from files below a root, and [`udev`]: what its daemon knows of a disk.
//! - [`class`]: devices of a class in sysfs; [`hwmon`], [`thermal`], [`power_supply`]: those that tell the box's health.
//! - [`nut`]: a UPS, by the server that watches it.
//! - [`nvme`]: admin commands to NVMe controllers, and their identity, health and self-tests.
//! - [`nvml`]: NVIDIA's GPUs, by the library of their driver.
//! - [`cgroup`]: control groups of version 2, and what each has used.
//! - [`rapl`]: the processor's energy counters, by three roads.
//! - [`clock`], [`identity`]: how the clock is kept, and what system this is.
//!
//! Invariants: a text cut anywhere gives an error or fewer values, never a wrong number; a value the kernel
//! did not write is `None` or an error, never `0`; a number beyond its type is an error, never wrapped.
//! Sockets, counters, the clock's discipline and the kernel's names are the machine's own, as are GPUs; all else hangs below a root.
//! Absent on purpose: metric ids, samples, rings, clocks, logs, HTTP, and any conversion to floating point.

pub mod ata;
pub mod cgroup;
pub mod class;
pub mod clock;
pub mod file;
pub mod hwmon;
pub mod identity;
pub mod label;
pub mod link_tree;
pub mod net_class;
pub mod netlink;
pub mod nut;
pub mod nvme;
pub mod nvml;
pub mod perf;
pub mod power_supply;
pub mod proc;
pub mod process;
pub mod rapl;
pub mod text;
pub mod thermal;
pub mod udev;
