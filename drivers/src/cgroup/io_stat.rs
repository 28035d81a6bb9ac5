//! `io.stat`: what a group and all groups in it read and wrote, one line a block device.
//!
//! Where devices stand before others (device mapper over a disk), the same bytes are on both lines: see
//! [`super::layers`].

use crate::file::Delivery;
use crate::proc::ParseError;
use crate::text::{Scan, lines};

/// The file's name in the group's directory; there with the `io` controller alone.
pub const FILE: &str = "io.stat";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// What passed between the group and one device since the group was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceIo {
    /// The device's number, major and minor.
    pub device: (u32, u32),
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes given back to the device (discarded); `None` where the kernel does not count them (before 5.0).
    pub discarded_bytes: Option<u64>,
    /// Discards; `None` likewise.
    pub discards: Option<u64>,
}

/// Gives each device's line in the text's order. A device that the group did nothing with may have a line without any
/// number (`8:0`), which is passed over; so are the numbers of other controllers (`cost.usage=`).
///
/// # Errors
/// In the place of a line: [`ParseError::Malformed`] where it does not begin with a device's number or has a number that
/// is none, [`ParseError::Missing`] where it has some of the numbers and not all of reads and writes.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Result<DeviceIo, ParseError>> + '_ {
    lines(text).filter_map(|line| parse_line(line).transpose())
}

fn parse_line(line: &[u8]) -> Result<Option<DeviceIo>, ParseError> {
    let mut scan = Scan::new(line);
    let number = ParseError::malformed("device number");
    let major = scan.u32().ok_or(number)?;
    if !scan.byte(b':') || !scan.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        return Err(number);
    }
    let device = (major, scan.u32().ok_or(number)?);
    let mut found = [None; KEYS.len()];
    while let Some(token) = scan.token() {
        for ((key, what), value) in KEYS.iter().zip(&mut found) {
            let Some(digits) = token.strip_prefix(*key) else { continue };
            let mut scan = Scan::new(digits);
            let number = scan.u64().filter(|_| scan.at_line_end());
            *value = Some(number.ok_or(ParseError::malformed(what))?);
        }
    }
    let [read_bytes, written_bytes, reads, writes, discarded_bytes, discards] = found;
    if found.iter().all(Option::is_none) {
        return Ok(None);
    }
    Ok(Some(DeviceIo {
        device,
        read_bytes: read_bytes.ok_or(ParseError::missing("rbytes"))?,
        written_bytes: written_bytes.ok_or(ParseError::missing("wbytes"))?,
        reads: reads.ok_or(ParseError::missing("rios"))?,
        writes: writes.ok_or(ParseError::missing("wios"))?,
        discarded_bytes,
        discards,
    }))
}

/// What a wanted word begins with, and the key's name.
const KEYS: [(&[u8], &str); 6] = [
    (b"rbytes=", "rbytes"),
    (b"wbytes=", "wbytes"),
    (b"rios=", "rios"),
    (b"wios=", "wios"),
    (b"dbytes=", "dbytes"),
    (b"dios=", "dios"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = include_bytes!("../../fixtures/cgroup_io/6.12.txt");

    fn read(text: &[u8]) -> Vec<DeviceIo> {
        parse(text).map(Result::unwrap).collect()
    }

    #[test]
    fn each_active_device_has_its_numbers() {
        let found = read(TWO);
        let devices: Vec<_> = found.iter().map(|line| line.device).collect();
        assert_eq!(devices, [(253, 0), (259, 0)], "8:0 has no numbers");
        let first = DeviceIo {
            device: (253, 0),
            read_bytes: 180_224,
            written_bytes: 1_048_576,
            reads: 11,
            writes: 256,
            discarded_bytes: Some(50_331_648),
            discards: Some(3),
        };
        assert_eq!(found[0], first);
    }

    #[test]
    fn every_cut_text_gives_whole_lines_alone() {
        let whole = read(TWO);
        for end in 0..TWO.len() {
            let cut = read(&TWO[..end]);
            assert_eq!(cut[..], whole[..cut.len()], "{end}");
        }
    }

    #[test]
    fn what_is_no_device_or_no_number_is_named() {
        for (text, what) in [
            (&b"sda rbytes=1\n"[..], "device number"),
            (b"8 rbytes=1\n", "device number"),
            (b"8: 0 rbytes=1\n", "device number"),
            (b"8:0 rbytes=x\n", "rbytes"),
            (b"8:0 rbytes=1 dios=18446744073709551616\n", "dios"),
            (b"8:0 wios=1x\n", "wios"),
        ] {
            assert_eq!(parse(text).next(), Some(Err(ParseError::Malformed { what })));
        }
        let half = parse(b"8:0 rbytes=1 wbytes=2 rios=3\n").next();
        assert_eq!(half, Some(Err(ParseError::Missing { what: "wios" })));
    }
}
