//! `/proc/loadavg`: load averages and the number of tasks (`proc_loadavg(5)`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::Scan;

/// Where the text is, below the root.
pub const PATH: &str = "proc/loadavg";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// The text's quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loadavg {
    /// The average number of tasks that ran or waited for a disk over 1, 5 and 15 minutes, in hundredths.
    pub load_hundredths: [u64; 3],
    /// Tasks that run or could, now.
    pub runnable: u64,
    /// Tasks there are, threads counted singly.
    pub tasks: u64,
    /// The process number given out last in this process-number namespace.
    pub last_pid: u64,
}

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Missing`] where there is no complete line, [`ParseError::Malformed`] with the field.
pub fn parse(text: &[u8]) -> Result<Loadavg, ParseError> {
    let mut scan = Scan::text(text);
    if scan.peek().is_none() {
        return Err(ParseError::missing("load"));
    }
    let mut load_hundredths = [0; 3];
    for load in &mut load_hundredths {
        *load = scan.hundredths().ok_or(ParseError::malformed("load"))?;
    }
    let runnable = scan.u64().ok_or(ParseError::malformed("runnable tasks"))?;
    if !scan.byte(b'/') {
        return Err(ParseError::malformed("runnable tasks"));
    }
    let tasks = scan.u64().ok_or(ParseError::malformed("tasks"))?;
    let last_pid = scan.u64().ok_or(ParseError::malformed("last process number"))?;
    Ok(Loadavg { load_hundredths, runnable, tasks, last_pid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &[u8] = include_bytes!("../../fixtures/loadavg/6.18.txt");

    #[test]
    fn a_captured_line_is_read() {
        let expected = Loadavg { load_hundredths: [37, 36, 20], runnable: 2, tasks: 107, last_pid: 18_383 };
        assert_eq!(parse(LIVE), Ok(expected));
    }

    #[test]
    fn every_cut_is_an_error() {
        for end in 0..LIVE.len() {
            assert_eq!(parse(&LIVE[..end]), Err(ParseError::Missing { what: "load" }));
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (text, what) in [
            (&b"0.1 0.15 0.04 1/93 1\n"[..], "load"),
            (b"0.10 0.15 0.04 1 93 1\n", "runnable tasks"),
            (b"0.10 0.15 0.04 1/ 1\n", "last process number"),
            (b"0.10 0.15 0.04 1/93\n", "last process number"),
        ] {
            assert_eq!(parse(text), Err(ParseError::Malformed { what }));
        }
    }
}
