//! A record as a file for other programs.
//!
//! - [`json`]: hyperfine's export with ours beside it, and the way back to a record.
//! - [`csv`]: one line a command, hyperfine's columns first.
//! - [`markdown`]: a table for a document.

pub mod csv;
pub mod json;
pub mod markdown;
