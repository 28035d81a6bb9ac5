//! A process's memory in pages: `/proc/[pid]/statm` (`proc_pid_statm(5)`).

use crate::file::Delivery;
use crate::proc::ParseError;
use crate::text::Scan;

/// One's own process, below the root.
pub const PATH_SELF: &str = "proc/self/statm";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// The columns that still mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statm {
    /// Address space, pages.
    pub size_pages: u64,
    /// Memory in use, pages.
    pub resident_pages: u64,
    /// Of those, pages of files and shared memory.
    pub shared_pages: u64,
    /// Program code, pages.
    pub text_pages: u64,
    /// Data and stack, pages.
    pub data_pages: u64,
}

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Malformed`] when it is not one whole line of seven numbers.
pub fn parse(text: &[u8]) -> Result<Statm, ParseError> {
    let mut scan = Scan::text(text);
    let mut number = || scan.u64().ok_or(ParseError::malformed("memory of the process"));
    let [size_pages, resident_pages, shared_pages, text_pages] = [number()?, number()?, number()?, number()?];
    let (_libraries, data_pages, _dirty) = (number()?, number()?, number()?);
    if scan.at_line_end() {
        Ok(Statm { size_pages, resident_pages, shared_pages, text_pages, data_pages })
    } else {
        Err(ParseError::malformed("memory of the process"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &[u8] = b"765 380 351 5 0 74 0\n";

    #[test]
    fn a_captured_line_is_read() {
        let expected =
            Statm { size_pages: 765, resident_pages: 380, shared_pages: 351, text_pages: 5, data_pages: 74 };
        assert_eq!(parse(CAPTURED), Ok(expected));
    }

    #[test]
    fn a_cut_or_foreign_text_is_an_error() {
        let malformed = Err(ParseError::Malformed { what: "memory of the process" });
        for length in 0..CAPTURED.len() {
            assert_eq!(parse(&CAPTURED[..length]), malformed);
        }
        for text in ["1 2 3 4 5 6\n", "1 2 3 4 5 6 7 8\n", "1 2 x 4 5 6 7\n"] {
            assert_eq!(parse(text.as_bytes()), malformed);
        }
    }

    #[test]
    fn this_process_uses_no_more_than_its_address_space() {
        let memory = parse(&std::fs::read("/proc/self/statm").unwrap()).unwrap();
        assert!(memory.resident_pages <= memory.size_pages && memory.size_pages > 0, "{memory:?}");
    }
}
