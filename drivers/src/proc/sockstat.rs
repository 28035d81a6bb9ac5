//! Sockets in use: `/proc/net/sockstat` and `/proc/net/sockstat6` (`net/ipv4/proc.c`, `net/ipv6/proc.c`).
//!
//! Each line is a protocol, then names and numbers in turn. `mem` counts pages, `memory` bytes, all else sockets.

use super::ParseError;
use super::named::{Each, Format};
use crate::text::{Scan, lines};

/// `/proc/net/sockstat`: all sockets, and those of IPv4.
pub const SOCKSTAT: Format = Format { path: "proc/net/sockstat", parse };
/// `/proc/net/sockstat6`: those of IPv6.
pub const SOCKSTAT6: Format = Format { path: "proc/net/sockstat6", parse };

/// Gives each number with its protocol and name, in the text's order.
///
/// # Errors
/// [`ParseError::Malformed`] when a line has no protocol, or a name without a number.
pub fn parse(text: &[u8], each: &mut Each<'_>) -> Result<(), ParseError> {
    for bytes in lines(text) {
        parse_line(bytes, each).ok_or(ParseError::malformed("protocol line"))?;
    }
    Ok(())
}

fn parse_line(line: &[u8], each: &mut Each<'_>) -> Option<()> {
    let mut scan = Scan::new(line);
    let protocol = scan.token()?.strip_suffix(b":")?;
    while let Some(key) = scan.token() {
        let value = scan.i64()?;
        // A number goes to its end: "2x" is not 2.
        if !matches!(scan.peek(), None | Some(b' ')) {
            return None;
        }
        each(protocol, key, value);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "protocol line" };

    const CAPTURED: &[u8] = b"sockets: used 15
TCP: inuse 2 orphan 0 tw 2 alloc 2 mem 160
UDP: inuse 0 mem 0
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
";

    fn all(text: &[u8]) -> Result<Vec<(String, i64)>, ParseError> {
        let mut found = Vec::new();
        parse(text, &mut |protocol, key, value| {
            let name = [protocol, b" ", key].concat();
            found.push((String::from_utf8(name).unwrap(), value));
        })?;
        Ok(found)
    }

    #[test]
    fn a_captured_file_gives_its_numbers_by_protocol_and_name() {
        let found = all(CAPTURED).unwrap();
        let names: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(names[..3], [("sockets used", 15), ("TCP inuse", 2), ("TCP orphan", 0)]);
        assert_eq!(names[5..7], [("TCP mem", 160), ("UDP inuse", 0)]);
        assert_eq!(names[10..], [("FRAG inuse", 0), ("FRAG memory", 0)]);
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
    fn a_line_that_is_not_of_this_form_is_refused() {
        for text in ["a: b 1\nTCP: inuse\n", "a: b 1\nTCP inuse 1\n", "a: b 1\nTCP: inuse 2x\n", "a: b 1\n\n"]
        {
            assert_eq!(all(text.as_bytes()), Err(MALFORMED), "{text:?}");
        }
    }

    #[test]
    fn the_live_files_are_of_this_form() {
        let found = all(&std::fs::read("/proc/net/sockstat").unwrap()).unwrap();
        assert!(found.iter().any(|(name, value)| name == "TCP inuse" && *value >= 0), "{found:?}");
        match std::fs::read("/proc/net/sockstat6") {
            Ok(text) => assert!(all(&text).unwrap().iter().any(|(name, _)| name == "UDP6 inuse")),
            Err(error) => eprintln!("IPv6 not checked here: {error}"),
        }
    }
}
