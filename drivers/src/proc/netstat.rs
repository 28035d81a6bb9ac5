//! Protocol counters of `/proc/net/netstat` and `/proc/net/snmp` (`net/ipv4/proc.c`).
//!
//! Two lines belong together: `Tcp:` and the names, then `Tcp:` and the numbers. A number may be negative
//! (`Tcp MaxConn` is -1 when there is no limit).

use super::ParseError;
use super::named::{Each, Format};
use crate::text::{Scan, lines};

/// `/proc/net/netstat`: extended counters of TCP, IP and MPTCP.
pub const NETSTAT: Format = Format { path: "proc/net/netstat", parse };
/// `/proc/net/snmp`: the counters of RFC 1213 and its successors.
pub const SNMP: Format = Format { path: "proc/net/snmp", parse };

/// Gives each number with its protocol and name, in the text's order.
///
/// # Errors
/// [`ParseError::Malformed`] when a pair of lines differs in its protocol or its count, or holds something that is no number.
pub fn parse(text: &[u8], each: &mut Each<'_>) -> Result<(), ParseError> {
    let mut lines = lines(text);
    while let (Some(names), Some(numbers)) = (lines.next(), lines.next()) {
        parse_pair(names, numbers, each).ok_or(ParseError::malformed("pair of lines"))?;
    }
    Ok(())
}

fn parse_pair(names: &[u8], numbers: &[u8], each: &mut Each<'_>) -> Option<()> {
    let mut names = Scan::new(names);
    let mut numbers = Scan::new(numbers);
    let protocol = names.token()?;
    if numbers.token()? != protocol {
        return None;
    }
    let protocol = protocol.strip_suffix(b":")?;
    while let Some(name) = names.token() {
        each(protocol, name, numbers.i64()?);
    }
    numbers.at_line_end().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "pair of lines" };

    const CAPTURED: &[u8] = include_bytes!("../../fixtures/snmp/6.18.txt");

    fn all(text: &[u8]) -> Result<Vec<(String, i64)>, ParseError> {
        let mut found = Vec::new();
        parse(text, &mut |protocol, key, value| {
            let name = [protocol, b" ", key].concat();
            found.push((String::from_utf8(name).unwrap(), value));
        })?;
        Ok(found)
    }

    #[test]
    fn a_captured_file_gives_its_numbers_by_name() {
        let found = all(CAPTURED).unwrap();
        let value = |name: &str| found.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
        assert_eq!(value("Ip InReceives"), Some(2882));
        assert_eq!(value("Ip OutTransmits"), Some(2013));
        assert_eq!(value("Tcp MaxConn"), Some(-1));
        assert_eq!(value("IcmpMsg InType3"), Some(1));
        assert_eq!(value("UdpLite MemErrors"), Some(0));
        assert_eq!(found.len(), 20 + 29 + 1 + 15 + 9 + 9);
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
    fn lines_that_do_not_belong_together_are_refused() {
        for text in [
            "Ip: A\nIcmp: 1\n",
            "Ip: A B\nIp: 1\n",
            "Ip: A\nIp: 1 2\n",
            "Ip A\nIp 1\n",
            "Ip: A\nIp: x\n",
            "\n\n",
        ] {
            assert_eq!(all(text.as_bytes()), Err(MALFORMED), "{text:?}");
        }
        assert_eq!(all(b"Ip: A\nIp: 1\nTcp: B\nUdp: 2\n"), Err(MALFORMED));
        assert_eq!(all(b"Ip: A\nIp: 9223372036854775808\n"), Err(MALFORMED));
    }

    #[test]
    fn the_live_files_give_what_another_parser_finds_in_them() {
        use procfs::FromRead;
        let text = std::fs::read("/proc/net/snmp").unwrap();
        let ours = all(&text).unwrap();
        let theirs = procfs::net::Snmp::from_read(text.as_slice()).unwrap();
        let value =
            |name: &str| ours.iter().find(|(found, _)| found == name).map(|(_, value)| *value).unwrap();
        assert_eq!(u64::try_from(value("Ip InReceives")).unwrap(), theirs.ip_in_receives);
        assert_eq!(u64::try_from(value("Tcp OutSegs")).unwrap(), theirs.tcp_out_segs);
        assert_eq!(u64::try_from(value("Udp NoPorts")).unwrap(), theirs.udp_no_ports);
        assert_eq!(value("Tcp MaxConn"), theirs.tcp_max_conn);
    }
}
