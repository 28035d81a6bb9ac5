//! What a process may use at most: `/proc/[pid]/limits` (`proc_pid_limits(5)`, `getrlimit(2)`).

use crate::file::Delivery;
use crate::proc::ParseError;
use crate::text::{Scan, lines};

/// One's own process, below the root.
pub const PATH_SELF: &str = "proc/self/limits";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;
const UNLIMITED: &[u8] = b"unlimited";

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// No more than this.
    Most(u64),
    /// None.
    Unlimited,
}

/// The soft limits, which are those in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open files.
    pub open_files: Limit,
    /// Bytes of address space.
    pub address_space_bytes: Limit,
}

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Missing`] when a line is not there, [`ParseError::Malformed`] when it has no limit.
pub fn parse(text: &[u8]) -> Result<Limits, ParseError> {
    Ok(Limits {
        open_files: limit(text, "Max open files")?,
        address_space_bytes: limit(text, "Max address space")?,
    })
}

fn limit(text: &[u8], name: &'static str) -> Result<Limit, ParseError> {
    let line = lines(text).find_map(|line| line.strip_prefix(name.as_bytes()));
    let mut scan = Scan::new(line.ok_or(ParseError::missing(name))?);
    scan.skip_blanks();
    if scan.prefix(UNLIMITED) {
        return Ok(Limit::Unlimited);
    }
    scan.u64().map(Limit::Most).ok_or(ParseError::malformed(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &[u8] = b"Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            20000                1048576              files     
Max address space         unlimited            unlimited            bytes     
";

    #[test]
    fn the_limits_in_force_are_read() {
        let expected = Limits { open_files: Limit::Most(20_000), address_space_bytes: Limit::Unlimited };
        assert_eq!(parse(CAPTURED), Ok(expected));
    }

    #[test]
    fn every_cut_is_an_error() {
        for length in 0..CAPTURED.len() {
            assert!(matches!(parse(&CAPTURED[..length]), Err(ParseError::Missing { .. })), "{length} bytes");
        }
    }

    #[test]
    fn a_limit_that_is_none_is_malformed() {
        let text = b"Max open files            none\nMax address space 1\n";
        assert_eq!(parse(text), Err(ParseError::Malformed { what: "Max open files" }));
    }

    #[test]
    fn this_process_may_open_files() {
        let limits = parse(&std::fs::read("/proc/self/limits").unwrap()).unwrap();
        assert_ne!(limits.open_files, Limit::Most(0));
    }
}
