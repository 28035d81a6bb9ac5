//! Control groups, version 2 (kernel `Documentation/admin-guide/cgroup-v2.rst`).
//!
//! ```text
//! mountinfo ─► place (where the tree is) ─► walk (which groups there are) ─► group (its files, kept open)
//!                                                                              │ pread
//!                                            cpu_stat, io_stat, memory, number ◄┘ (pure parsers)
//! ```
//!
//! - [`place`]: the tree of version 2, also beside one of version 1 (hybrid), and why there is none.
//! - [`walk`]: the groups below it, a bounded number of them to a bounded depth, by inode: names are used again.
//! - [`group`]: what one group's files say now, read without opening or allocating.
//! - [`layers`]: which block devices only stand before others, so that bytes are not counted twice.
//!
//! A group's CPU time includes that of the groups in it; so a group whose time did not move has none in it whose did.
//! Reading most of these files makes the kernel collect what CPUs counted apart, at a cost that grows with what was
//! busy (`cgroup_rstat_flush`). A group that is removed while its files are open answers `ENODEV`.

pub mod cpu_stat;
pub mod group;
pub mod io_stat;
pub mod layers;
pub mod memory;
pub mod number;
pub mod place;
pub mod walk;
