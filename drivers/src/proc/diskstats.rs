//! `/proc/diskstats`: counters of block devices (kernel `Documentation/admin-guide/iostats.rst`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::Scan;

/// Where the text is, below the root.
pub const PATH: &str = "proc/diskstats";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Chunked;

/// What "sector" means in this file, whatever the device's own sectors are.
pub const SECTOR_BYTES: u64 = 512;

/// Requests of one kind that were completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests {
    /// Requests completed.
    pub ios: u64,
    /// Requests merged into a neighbour before they were issued.
    pub merges: u64,
    /// Sectors of [`SECTOR_BYTES`] covered.
    pub sectors: u64,
    /// Time spent on the requests, overlapping ones counted each, in milliseconds.
    pub ms: u64,
}

/// Flush requests that were completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flushes {
    /// Requests completed.
    pub ios: u64,
    /// Time spent on them, in milliseconds.
    pub ms: u64,
}

/// One device or partition. Counters count from its appearance; those in milliseconds wrap at 2^32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk<'a> {
    /// Major device number.
    pub major: u32,
    /// Minor device number.
    pub minor: u32,
    /// The kernel's name, such as `nvme0n1p2`.
    pub name: &'a [u8],
    /// Reads.
    pub reads: Requests,
    /// Writes.
    pub writes: Requests,
    /// Requests issued and not yet completed.
    pub in_flight: u64,
    /// Time with at least one request in flight, in milliseconds.
    pub io_ms: u64,
    /// [`Disk::io_ms`] weighted by the requests in flight.
    pub weighted_io_ms: u64,
    /// Discards; `None` before Linux 4.18.
    pub discards: Option<Requests>,
    /// Flushes; `None` before Linux 5.5.
    pub flushes: Option<Flushes>,
}

/// The rows of `text` in the kernel's order: devices as they were found, partitions after their device.
///
/// A row is [`ParseError::Malformed`] where it is not a device with 14, 18 or at least 20 fields; the rows
/// after it are still read.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Result<Disk<'_>, ParseError>> {
    crate::text::lines(text).map(row)
}

/// Reads one line.
fn row(line: &[u8]) -> Result<Disk<'_>, ParseError> {
    let mut scan = Scan::new(line);
    let major = scan.u32().ok_or(ParseError::malformed("major"))?;
    let minor = scan.u32().ok_or(ParseError::malformed("minor"))?;
    let name = scan.token().ok_or(ParseError::malformed("name"))?;
    let reads = requests(&mut scan, "reads")?;
    let writes = requests(&mut scan, "writes")?;
    let in_flight = scan.u64().ok_or(ParseError::malformed("in flight"))?;
    let io_ms = scan.u64().ok_or(ParseError::malformed("io ms"))?;
    let weighted_io_ms = scan.u64().ok_or(ParseError::malformed("weighted io ms"))?;
    let discards = if scan.at_line_end() { None } else { Some(requests(&mut scan, "discards")?) };
    let flushes = if scan.at_line_end() { None } else { Some(flushes(&mut scan)?) };
    Ok(Disk { major, minor, name, reads, writes, in_flight, io_ms, weighted_io_ms, discards, flushes })
}

/// Reads the four numbers of a kind of request.
fn requests(scan: &mut Scan<'_>, what: &'static str) -> Result<Requests, ParseError> {
    let mut next = || scan.u64().ok_or(ParseError::malformed(what));
    Ok(Requests { ios: next()?, merges: next()?, sectors: next()?, ms: next()? })
}

/// Reads the two numbers of flushes.
fn flushes(scan: &mut Scan<'_>) -> Result<Flushes, ParseError> {
    let mut next = || scan.u64().ok_or(ParseError::malformed("flushes"));
    Ok(Flushes { ios: next()?, ms: next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &[u8] = include_bytes!("../../fixtures/diskstats/6.12.txt");
    const OLD: &[u8] = include_bytes!("../../fixtures/diskstats/4.14.txt");
    const MIDDLE: &[u8] = include_bytes!("../../fixtures/diskstats/4.19.txt");

    fn first(text: &[u8]) -> Disk<'_> {
        parse(text).next().unwrap().unwrap()
    }

    #[test]
    fn a_row_of_twenty_fields_is_read() {
        let expected = Disk {
            major: 259,
            minor: 0,
            name: b"nvme0n1",
            reads: Requests { ios: 184_302, merges: 20_119, sectors: 14_730_902, ms: 40_211 },
            writes: Requests { ios: 902_817, merges: 411_202, sectors: 61_220_488, ms: 1_200_347 },
            in_flight: 3,
            io_ms: 402_116,
            weighted_io_ms: 1_309_455,
            discards: Some(Requests { ios: 5120, merges: 17, sectors: 410_023_936, ms: 2210 }),
            flushes: Some(Flushes { ios: 88_102, ms: 66_687 }),
        };
        assert_eq!(first(NEW), expected);
    }

    #[test]
    fn what_an_old_kernel_does_not_count_is_none() {
        assert_eq!((first(OLD).discards, first(OLD).flushes), (None, None));
        assert_eq!(first(MIDDLE).discards.unwrap().sectors, 8_388_608);
        assert_eq!(first(MIDDLE).flushes, None);
    }

    #[test]
    fn a_cut_text_gives_the_rows_before_the_cut() {
        for text in [NEW, MIDDLE, OLD] {
            let whole: Vec<_> = parse(text).map(Result::unwrap).collect();
            for end in 0..text.len() {
                let rows: Vec<_> = parse(&text[..end]).map(Result::unwrap).collect();
                let newlines = text[..end].iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(rows, whole[..newlines]);
            }
        }
    }

    #[test]
    fn a_row_between_the_known_lengths_is_malformed_and_the_next_still_read() {
        let full = b"8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17";
        let blanks: Vec<_> = (0..full.len()).filter(|at| full[*at] == b' ').collect();
        for (fields, blank) in (1..20).zip(blanks) {
            let mut text = full[..blank].to_vec();
            text.push(b'\n');
            text.extend(full);
            text.push(b'\n');
            let rows: Vec<_> = parse(&text).collect();
            assert_eq!(rows[0].is_ok(), matches!(fields, 14 | 18), "{fields} fields");
            assert_eq!(rows[1].map(|disk| disk.flushes), Ok(Some(Flushes { ios: 16, ms: 17 })));
        }
    }
}
