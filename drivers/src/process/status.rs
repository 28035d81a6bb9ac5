//! How often a process gave up its processor: `/proc/[pid]/status` (`proc_pid_status(5)`).

use crate::file::Delivery;
use crate::proc::ParseError;
use crate::text::{Scan, lines};

/// One's own process, below the root. Its switches are those of the main thread alone; a thread's are in
/// `proc/self/task/[tid]/status`.
pub const PATH_SELF: &str = "proc/self/status";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// Context switches of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// It waited for something.
    pub voluntary: u64,
    /// Its time was up, or another was more urgent.
    pub involuntary: u64,
}

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Missing`] when the two lines are not there, [`ParseError::Malformed`] when one has no number.
pub fn parse(text: &[u8]) -> Result<Switches, ParseError> {
    let mut voluntary = None;
    let mut involuntary = None;
    for line in lines(text) {
        let mut scan = Scan::new(line);
        let place = if scan.prefix(b"voluntary_ctxt_switches:") {
            &mut voluntary
        } else if scan.prefix(b"nonvoluntary_ctxt_switches:") {
            &mut involuntary
        } else {
            continue;
        };
        let number = scan.u64().filter(|_| scan.at_line_end());
        *place = Some(number.ok_or(ParseError::malformed("ctxt_switches"))?);
    }
    Ok(Switches {
        voluntary: voluntary.ok_or(ParseError::missing("voluntary_ctxt_switches"))?,
        involuntary: involuntary.ok_or(ParseError::missing("nonvoluntary_ctxt_switches"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &[u8] =
        b"Name:\tcat\nThreads:\t1\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t3\n";

    #[test]
    fn a_captured_text_is_read_and_every_cut_is_an_error() {
        assert_eq!(parse(CAPTURED), Ok(Switches { voluntary: 150, involuntary: 3 }));
        for length in 0..CAPTURED.len() {
            assert!(matches!(parse(&CAPTURED[..length]), Err(ParseError::Missing { .. })), "{length} bytes");
        }
    }

    #[test]
    fn a_line_without_its_number_is_malformed() {
        for text in ["voluntary_ctxt_switches:\t\n", "voluntary_ctxt_switches:\t1 2\n"] {
            assert_eq!(parse(text.as_bytes()), Err(ParseError::Malformed { what: "ctxt_switches" }));
        }
    }

    #[test]
    fn this_process_has_both_numbers() {
        assert!(parse(&std::fs::read("/proc/self/status").unwrap()).is_ok());
    }
}
