//! IPv6 protocol counters of `/proc/net/snmp6` (`net/ipv6/proc.c`): one name and one number on each line.
//!
//! The names join protocol and key (`Udp6InErrors`); [`parse`] leaves them joined and gives no protocol. The file is
//! not there when IPv6 is not.

use super::ParseError;
use super::named::{Each, Format};
use crate::text::{Scan, lines};

/// `/proc/net/snmp6`.
pub const SNMP6: Format = Format { path: "proc/net/snmp6", parse };

/// Gives each number with its name, in the text's order.
///
/// # Errors
/// [`ParseError::Malformed`] when a line is not a name and a number.
pub fn parse(text: &[u8], each: &mut Each<'_>) -> Result<(), ParseError> {
    for bytes in lines(text) {
        let mut scan = Scan::new(bytes);
        let (Some(key), Some(value), true) = (scan.token(), scan.i64(), scan.at_line_end()) else {
            return Err(ParseError::malformed("name and number"));
        };
        each(b"", key, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "name and number" };

    const CAPTURED: &[u8] = include_bytes!("../../fixtures/snmp6/6.18.txt");

    fn all(text: &[u8]) -> Result<Vec<(String, i64)>, ParseError> {
        let mut found = Vec::new();
        parse(text, &mut |_, key, value| found.push((String::from_utf8_lossy(key).into_owned(), value)))?;
        Ok(found)
    }

    #[test]
    fn a_captured_file_gives_its_numbers_by_name() {
        let found = all(CAPTURED).unwrap();
        assert_eq!(found[0], ("Ip6InReceives".to_owned(), 1));
        assert_eq!(found.last().unwrap().0, "UdpLite6MemErrors");
        assert!(found.iter().any(|(name, _)| name == "Udp6RcvbufErrors"));
        assert_eq!(found.len(), CAPTURED.split(|byte| *byte == b'\n').count() - 1);
    }

    #[test]
    fn every_shorter_prefix_gives_fewer_numbers_and_no_others() {
        let whole = all(CAPTURED).unwrap();
        for length in 0..CAPTURED.len() {
            let found = all(&CAPTURED[..length]).unwrap();
            assert_eq!(found, whole[..found.len()], "{length} bytes");
            assert!(found.len() < whole.len(), "{length} bytes");
        }
    }

    #[test]
    fn a_line_that_is_no_name_and_number_is_refused() {
        for text in ["A 1\nB\n", "A 1\nB x\n", "A 1\nB 1 2\n", "A 1\n\n"] {
            assert_eq!(all(text.as_bytes()), Err(MALFORMED), "{text:?}");
        }
    }

    #[test]
    fn the_live_file_gives_what_another_parser_finds_in_it() {
        use procfs::FromRead;
        let Ok(text) = std::fs::read("/proc/net/snmp6") else {
            eprintln!("not checked here: no IPv6");
            return;
        };
        let ours = all(&text).unwrap();
        let theirs = procfs::net::Snmp6::from_read(text.as_slice()).unwrap();
        let value =
            |name: &str| ours.iter().find(|(found, _)| found == name).map(|(_, value)| *value).unwrap();
        assert_eq!(u64::try_from(value("Ip6InReceives")).unwrap(), theirs.ip_in_receives);
        assert_eq!(u64::try_from(value("Udp6OutDatagrams")).unwrap(), theirs.udp_out_datagrams);
    }
}
