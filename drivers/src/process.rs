//! Processes: one's own account of itself, and the table of all.
//!
//! - [`stat`]: one line about a process, the same file for oneself and for any other;
//! - [`status`], [`limits`], [`statm`]: what else one's own process is asked;
//! - [`descriptors`]: how many files it has open;
//! - [`usage`]: what all threads of it have used together;
//! - [`table`]: all processes, for the slow lane.
//!
//! All files hang below a root. Times are in clock ticks of `USER_HZ` (100 a second on Linux), sizes of memory in
//! bytes or pages as the file has them.

pub mod descriptors;
pub(crate) mod directory;
pub mod limits;
pub mod stat;
pub mod statm;
pub mod status;
pub mod table;
pub mod usage;
