//! `/proc/uptime`: time since boot and time idle (`proc_uptime(5)`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::Scan;

/// Where the text is, below the root.
pub const PATH: &str = "proc/uptime";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// The text's quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// Time since boot, time in suspend included, in hundredths of a second.
    pub up_hundredths_s: u64,
    /// Time all CPUs together were idle, in hundredths of a second.
    pub idle_hundredths_s: u64,
}

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Missing`] where there is no complete line, [`ParseError::Malformed`] with the field.
pub fn parse(text: &[u8]) -> Result<Uptime, ParseError> {
    let mut scan = Scan::text(text);
    if scan.peek().is_none() {
        return Err(ParseError::missing("uptime"));
    }
    Ok(Uptime {
        up_hundredths_s: scan.hundredths().ok_or(ParseError::malformed("uptime"))?,
        idle_hundredths_s: scan.hundredths().ok_or(ParseError::malformed("idle time"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &[u8] = include_bytes!("../../fixtures/uptime/6.18.txt");

    #[test]
    fn a_captured_line_is_read() {
        assert_eq!(parse(LIVE), Ok(Uptime { up_hundredths_s: 176_171, idle_hundredths_s: 321_352 }));
    }

    #[test]
    fn every_cut_is_an_error() {
        for end in 0..LIVE.len() {
            assert_eq!(parse(&LIVE[..end]), Err(ParseError::Missing { what: "uptime" }));
        }
        assert_eq!(parse(b"1.00 2\n"), Err(ParseError::Malformed { what: "idle time" }));
    }
}
