//! Files of one number: `memory.current`, `memory.peak`, `pids.current`.

use crate::file::Delivery;
use crate::proc::ParseError;
use crate::text::Scan;

/// Memory charged to the group and all groups in it, in bytes.
pub const MEMORY_CURRENT: &str = "memory.current";
/// The most it ever was, in bytes. Since Linux 5.19.
pub const MEMORY_PEAK: &str = "memory.peak";
/// Processes and threads in the group and all groups in it.
pub const PIDS_CURRENT: &str = "pids.current";
/// How the kernel hands any of them out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Malformed`] where it is not one complete line of one number.
pub fn parse(text: &[u8]) -> Result<u64, ParseError> {
    let mut scan = Scan::text(text);
    let number = scan.u64().filter(|_| scan.at_line_end() && !scan.next_line());
    number.ok_or(ParseError::malformed("number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_one_number_is_read_and_nothing_else() {
        assert_eq!(parse(b"18446744073709551615\n"), Ok(u64::MAX));
        for text in [&b""[..], b"12", b"12 13\n", b"12\n13\n", b"max\n", b"-1\n", b"18446744073709551616\n"] {
            assert_eq!(parse(text), Err(ParseError::Malformed { what: "number" }), "{text:?}");
        }
    }
}
