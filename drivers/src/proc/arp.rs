//! IPv4 neighbours: `/proc/net/arp` (`net/ipv4/arp.c`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::{Scan, lines};

/// Path below the root.
pub const PATH: &str = "proc/net/arp";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Chunked;
/// `ATF_COM` of `linux/if_arp.h`: the hardware address is known.
const ATF_COM: u64 = 2;

/// One neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour<'a> {
    /// The interface it is behind.
    pub device: &'a [u8],
    /// Whether it answered, so that its hardware address is known.
    pub is_complete: bool,
}

/// Gives each neighbour in the file's order, which is that of a hash table.
///
/// # Errors
/// [`ParseError::Malformed`] when a line does not have the six columns of the heading.
pub fn parse(text: &[u8], mut each: impl FnMut(Neighbour<'_>)) -> Result<(), ParseError> {
    for bytes in lines(text).skip(1) {
        each(parse_line(bytes).ok_or(ParseError::malformed("neighbour line"))?);
    }
    Ok(())
}

fn parse_line(line: &[u8]) -> Option<Neighbour<'_>> {
    let mut scan = Scan::new(line);
    let (_address, _hardware_type) = (scan.token()?, scan.token()?);
    let mut flags = Scan::new(scan.token()?.strip_prefix(b"0x")?);
    let is_complete = flags.hex()? & ATF_COM != 0;
    let (_hardware_address, _mask) = (scan.token()?, scan.token()?);
    let device = scan.token()?;
    (flags.at_line_end() && scan.at_line_end()).then_some(Neighbour { device, is_complete })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "neighbour line" };

    const CAPTURED: &[u8] = b"\
IP address       HW type     Flags       HW address            Mask     Device
192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0
192.0.2.7        0x1         0x0         00:00:00:00:00:00     *        br-lan
192.0.2.9        0x1         0x6         02:fc:00:00:00:09     *        eth0
";

    fn all(text: &[u8]) -> Result<Vec<(String, bool)>, ParseError> {
        let mut found = Vec::new();
        parse(text, |neighbour| {
            found.push((String::from_utf8_lossy(neighbour.device).into_owned(), neighbour.is_complete));
        })?;
        Ok(found)
    }

    #[test]
    fn a_captured_file_gives_each_neighbours_device() {
        let expected = [("eth0".to_owned(), true), ("br-lan".to_owned(), false), ("eth0".to_owned(), true)];
        assert_eq!(all(CAPTURED).unwrap(), expected);
    }

    #[test]
    fn every_shorter_prefix_gives_fewer_neighbours() {
        let whole = all(CAPTURED).unwrap();
        for length in 0..CAPTURED.len() {
            let found = all(&CAPTURED[..length]).unwrap();
            assert_eq!(found, whole[..found.len()], "{length} bytes");
            assert!(found.len() < whole.len(), "{length} bytes");
        }
    }

    #[test]
    fn a_line_without_the_six_columns_is_refused() {
        for line in ["a 0x1 0x2 b *", "a 0x1 2 b * eth0", "a 0x1 0xg b * eth0", "a 0x1 0x2 b * eth0 more", ""]
        {
            let text = format!("heading\n{line}\n");
            assert_eq!(all(text.as_bytes()), Err(MALFORMED), "{line:?}");
        }
    }

    #[test]
    fn the_live_table_has_the_neighbours_that_another_parser_finds() {
        use procfs::FromRead;
        let text = std::fs::read("/proc/net/arp").unwrap();
        match procfs::net::ArpEntries::from_read(text.as_slice()) {
            Ok(theirs) => assert_eq!(all(&text).unwrap().len(), theirs.0.len()),
            Err(error) => eprintln!("not compared here: {error}"),
        }
    }
}
