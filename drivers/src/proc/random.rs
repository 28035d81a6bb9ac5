//! `/proc/sys/kernel/random/*`: the entropy pool (`random(4)`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::Scan;

/// Where the bits of entropy available are, below the root.
pub const ENTROPY_AVAIL_PATH: &str = "proc/sys/kernel/random/entropy_avail";
/// Where the size of the pool in bits is, below the root. 256 since Linux 5.18, 4096 before.
pub const POOLSIZE_PATH: &str = "proc/sys/kernel/random/poolsize";
/// How the kernel hands either of them out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// Reads the `text` of either file: a number of bits.
///
/// # Errors
/// [`ParseError::Missing`] where there is no complete line, [`ParseError::Malformed`] where no number is.
pub fn parse(text: &[u8]) -> Result<u64, ParseError> {
    let mut scan = Scan::text(text);
    if scan.peek().is_none() {
        return Err(ParseError::missing("bits"));
    }
    let bits = scan.u64().ok_or(ParseError::malformed("bits"))?;
    if scan.at_line_end() { Ok(bits) } else { Err(ParseError::malformed("bits")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sizes_of_the_pool_are_read() {
        assert_eq!(parse(include_bytes!("../../fixtures/random/6.18.txt")), Ok(256));
        assert_eq!(parse(include_bytes!("../../fixtures/random/5.10-before-119.txt")), Ok(4096));
    }

    #[test]
    fn a_cut_or_foreign_text_is_an_error() {
        for cut in [&b""[..], b"2", b"25", b"256"] {
            assert_eq!(parse(cut), Err(ParseError::Missing { what: "bits" }));
        }
        for foreign in [&b"\n"[..], b"x\n", b"-1\n", b"256 7\n", b"25.6\n"] {
            assert_eq!(parse(foreign), Err(ParseError::Malformed { what: "bits" }));
        }
    }
}
