//! Drivers: bytes from the kernel to quantities in units.
//!
//! ```text
//! file (opened once below a root, pread) ── bytes ──► proc::* (pure parsers over text) ──► quantities
//!                                                       in kernel units, into the caller's fixed storage
//! ```
//!
//! - [`mod@file`]: the system calls. Opening allocates; reading neither allocates nor opens.
//! - [`text`]: numbers, tokens and lines over bytes: what every text parser shares.
//! - [`proc`]: one file per kernel file: where it is, its words, a pure parser, a `Copy` error.
//!
//! Invariants: a text cut anywhere gives an error or fewer values, never a wrong number; a value the kernel
//! did not write is `None` or an error, never `0`; a number beyond its type is an error, never wrapped.
//! Absent on purpose: metric ids, samples, rings, clocks, logs, HTTP, and any conversion to floating point.

pub mod file;
pub mod proc;
pub mod text;
