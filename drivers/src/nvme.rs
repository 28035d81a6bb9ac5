//! NVMe controllers: who they are, how they are, and their self-tests, by admin commands.
//!
//! ```text
//! command (what is asked) ─► device ─┬─ uring: IORING_OP_URING_CMD, waits no longer than it is told ─┬─► bytes
//!                                    └─ ioctl: NVME_IOCTL_ADMIN_CMD, where the ring is refused ──────┘     │
//! health, error_log, self_test, identify  ◄─ pure: bytes ─► quantities ◄───────────────────────────────────┘
//! ```
//!
//! - [`class`]: which controllers there are, without asking any.
//! - [`device`]: an open controller; [`Admin`] is what commands go through, so that tests answer from bytes.
//! - [`command`]: the few commands that are sent. None changes data; [`command::Command::self_test`] starts work.
//!
//! Layouts are those of the NVM Express Base Specification, revision 2.0, little endian; each parser names its figure.
//! Counters of 128 bits are kept in 64 with a flag ([`bytes::Count`]).

pub mod bytes;
pub mod class;
pub mod command;
pub mod device;
mod error;
pub mod error_log;
pub mod health;
pub mod identify;
mod ioctl;
pub mod self_test;
mod uring;

pub use device::{Access, Admin, Controller};
pub use error::{NvmeError, PageError, Status, Step};
