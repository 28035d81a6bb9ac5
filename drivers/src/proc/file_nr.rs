//! `/proc/sys/fs/file-nr`: open files of the whole system (kernel `Documentation/admin-guide/sysctl/fs.rst`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::Scan;

/// Where the text is, below the root.
pub const PATH: &str = "proc/sys/fs/file-nr";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// The text's quantities, in file handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileNr {
    /// Handles in use.
    pub allocated: u64,
    /// Handles allocated but not in use: always 0 since Linux 2.6.
    pub free: u64,
    /// The most there may be. Up to 2^63 - 1.
    pub max: u64,
}

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Missing`] where there is no complete line, [`ParseError::Malformed`] with the field.
pub fn parse(text: &[u8]) -> Result<FileNr, ParseError> {
    let mut scan = Scan::text(text);
    if scan.peek().is_none() {
        return Err(ParseError::missing("file-nr"));
    }
    Ok(FileNr {
        allocated: scan.u64().ok_or(ParseError::malformed("allocated"))?,
        free: scan.u64().ok_or(ParseError::malformed("free"))?,
        max: scan.u64().ok_or(ParseError::malformed("max"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &[u8] = include_bytes!("../../fixtures/file_nr/6.18.txt");

    #[test]
    fn a_captured_line_is_read() {
        assert_eq!(parse(LIVE), Ok(FileNr { allocated: 659, free: 0, max: 2_466_170 }));
        let unlimited = parse(include_bytes!("../../fixtures/file_nr/6.12-captured.txt")).unwrap();
        assert_eq!(unlimited.max, 9_223_372_036_854_775_807);
    }

    #[test]
    fn every_cut_is_an_error() {
        for end in 0..LIVE.len() {
            assert_eq!(parse(&LIVE[..end]), Err(ParseError::Missing { what: "file-nr" }));
        }
        assert_eq!(parse(b"1\t2\n"), Err(ParseError::Malformed { what: "max" }));
    }
}
