//! A record as a file for other programs.
//!
//! - [`json`]: hyperfine's export with ours beside it, and the way back to a record.
//! - [`csv`]: one line a command, hyperfine's columns first.
//! - [`markdown`]: a table for a document.
//! - [`html`]: a report for a browser, in one file; [`svg`]: one picture of it.
//! - [`postcard`]: the record alone, small and exact; [`read`]: the way back from that and from JSON.

mod chart;
pub mod csv;
pub mod html;
pub mod json;
pub mod markdown;
pub mod postcard;
pub mod read;
pub mod svg;

pub use chart::ChartError;
