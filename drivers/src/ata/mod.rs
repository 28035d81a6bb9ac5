//! ATA and SAS disks behind `SG_IO`: what they are, how they feel, and their self-tests.
//!
//! ```text
//! cdb (pure) ──► sg (the one system call, with a time-out) ──► bytes and sense
//!                                                               │
//!    identify, smart, selftest_log, sct, scsi, scsi_log ◄───────┤ pages of 512 bytes and SCSI pages (pure)
//!              power, smart::Health                     ◄───────┘ registers out of sense data (pure)
//! overlay: what a raw attribute counts, by model; the raw 48 bits are always given too
//! drive: all of it in the order that never wakes a sleeping disk
//! ```
//!
//! Specifications, by the names used in the files: ACS-3 (ATA commands), SAT-4 (ATA inside SCSI), SPC-5 and SBC-4 (SCSI).
//!
//! Invariants: a page of the wrong length or with a wrong checksum is an error; a value that a drive marks as unknown is
//! `None`; a sleeping drive is asked for its power mode and nothing else. Every call may take as long as its time-out,
//! and longer while the kernel resets the link: call from a thread that may wait.
//! Absent on purpose: writing anything to a disk but the start and the abort of a self-test.

pub mod cdb;
pub mod drive;
pub mod identify;
pub mod overlay;
mod page;
pub mod power;
pub mod scsi;
pub mod scsi_log;
pub mod sct;
pub mod selftest_log;
pub mod sense;
pub mod sg;
pub mod smart;

pub use page::{PageError, SECTOR_BYTES};
