//! Parsers of procfs texts, one file per kernel file.
//!
//! Each is a pure function over the bytes that [`crate::file`] read, in the kernel's own units (ticks, KiB,
//! sectors, hundredths), and writes into fixed storage. Only the files of
//! keys ([`keyed`], [`named`]) keep a memory between reads: where each key stood last time.

pub mod arp;
pub mod conntrack;
pub mod diskstats;
pub mod file_nr;
pub mod keyed;
pub mod loadavg;
pub mod meminfo;
pub mod mounts;
pub mod named;
pub mod net_dev;
pub mod netstat;
pub mod pressure;
pub mod random;
pub mod snmp6;
pub mod sockstat;
pub mod softnet;
pub mod stat;
pub mod udp_queues;
pub mod uptime;
pub mod vmstat;

/// What a parser could not make sense of. Fields and lines go by the kernel's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is over, or was cut, before this appeared.
    #[error("{what} is missing")]
    Missing {
        /// The line or field that was looked for.
        what: &'static str,
    },
    /// Something else stands where this should, or its number exceeds 64 bits.
    #[error("{what} is not as the kernel writes it")]
    Malformed {
        /// The line or field that was being read.
        what: &'static str,
    },
    /// There are more rows than the caller's storage holds. Arm anew with more.
    #[error("more than {limit} {what}")]
    TooMany {
        /// The kind of rows.
        what: &'static str,
        /// How many the storage holds.
        limit: usize,
    },
}

impl ParseError {
    /// For `ok_or`: `what` is missing.
    pub(crate) const fn missing(what: &'static str) -> Self {
        Self::Missing { what }
    }

    /// For `ok_or`: `what` is malformed.
    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::Malformed { what }
    }
}
