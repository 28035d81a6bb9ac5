//! Interface counters of `/proc/net/dev`: sixteen columns behind each name (`net/core/net-procfs.c`).

use super::ParseError;
use crate::file::Delivery;
use crate::netlink::FoldedCounters;
use crate::text::{Scan, lines};

/// Path below the root.
pub const PATH: &str = "proc/net/dev";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Chunked;
/// Lines of headings.
const HEADINGS: usize = 2;

/// Gives each interface's name and counters to `each`, in the file's order.
///
/// # Errors
/// [`ParseError::Malformed`] when a line has no name or fewer than sixteen numbers.
pub fn parse(text: &[u8], mut each: impl FnMut(&[u8], &FoldedCounters)) -> Result<(), ParseError> {
    for line in lines(text).skip(HEADINGS) {
        let (name, counters) = parse_line(line).ok_or(ParseError::malformed("interface line"))?;
        each(name, &counters);
    }
    Ok(())
}

fn parse_line(line: &[u8]) -> Option<(&[u8], FoldedCounters)> {
    // An interface may itself have colons in its name (an alias of old); the last one ends it.
    let colon = memchr::memrchr(b':', line)?;
    let (name, counters) = line.split_at(colon);
    let name = name.trim_ascii_start();
    let mut scan = Scan::new(counters.get(1..)?);
    let counters = FoldedCounters {
        rx_bytes: scan.u64()?,
        rx_packets: scan.u64()?,
        rx_errors: scan.u64()?,
        rx_dropped: scan.u64()?,
        rx_fifo: scan.u64()?,
        rx_frame: scan.u64()?,
        rx_compressed: scan.u64()?,
        rx_multicast: scan.u64()?,
        tx_bytes: scan.u64()?,
        tx_packets: scan.u64()?,
        tx_errors: scan.u64()?,
        tx_dropped: scan.u64()?,
        tx_fifo: scan.u64()?,
        tx_collisions: scan.u64()?,
        tx_carrier: scan.u64()?,
        tx_compressed: scan.u64()?,
    };
    (!name.is_empty() && scan.at_line_end()).then_some((name, counters))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "interface line" };

    const CAPTURED: &[u8] = b"Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  122863     100    0    0    0     0          0         0   122863     100    0    0    0     0       0          0
  eth0: 79527422    2785    1    2    3     4          5         6   241285    1924    7    8    9    10      11         12
";

    fn all(text: &[u8]) -> Result<Vec<(String, FoldedCounters)>, ParseError> {
        let mut found = Vec::new();
        parse(text, |name, counters| found.push((String::from_utf8_lossy(name).into_owned(), *counters)))?;
        Ok(found)
    }

    #[test]
    fn each_column_is_taken_for_what_its_heading_says() {
        let found = all(CAPTURED).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].0, "lo");
        let (name, eth0) = &found[1];
        assert_eq!(name, "eth0");
        assert_eq!(
            (eth0.rx_bytes, eth0.rx_packets, eth0.rx_errors, eth0.rx_dropped),
            (79_527_422, 2785, 1, 2)
        );
        assert_eq!((eth0.rx_fifo, eth0.rx_frame, eth0.rx_compressed, eth0.rx_multicast), (3, 4, 5, 6));
        assert_eq!((eth0.tx_bytes, eth0.tx_packets, eth0.tx_errors, eth0.tx_dropped), (241_285, 1924, 7, 8));
        assert_eq!((eth0.tx_fifo, eth0.tx_collisions, eth0.tx_carrier, eth0.tx_compressed), (9, 10, 11, 12));
    }

    #[test]
    fn every_shorter_prefix_gives_fewer_interfaces_and_no_other_numbers() {
        let whole = all(CAPTURED).unwrap();
        for length in 0..CAPTURED.len() {
            let found = all(&CAPTURED[..length]).unwrap();
            assert_eq!(found, whole[..found.len()], "{length} bytes");
            assert!(found.len() < whole.len(), "{length} bytes");
        }
    }

    #[test]
    fn a_line_with_a_column_too_few_or_too_many_is_refused() {
        let text = b"a\nb\nlo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n";
        assert_eq!(all(text), Err(MALFORMED));
        let text = b"a\nb\nlo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";
        assert_eq!(all(text), Err(MALFORMED));
        assert_eq!(all(b"a\nb\nlo 1\n"), Err(MALFORMED));
    }

    #[test]
    fn a_colon_in_a_name_belongs_to_the_name() {
        let text = b"a\nb\neth0:1:5 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        assert_eq!(all(text).unwrap()[0].0, "eth0:1");
    }
}
