//! Packet backlog of each processor: `/proc/net/softnet_stat` (`net/core/net-procfs.c`).
//!
//! One line for each processor that is online, numbers in hexadecimal. Kernels added columns at the end: 9 to begin
//! with, 10 since 2.6.35, 11 since 3.11, 13 since 5.14, 15 since 6.3.

use super::ParseError;
use crate::file::Delivery;
use crate::text::{Scan, lines};

/// Path below the root.
pub const PATH: &str = "proc/net/softnet_stat";
/// How the kernel hands it out.
pub const DELIVERY: Delivery = Delivery::Chunked;

const COLUMN_PROCESSED: usize = 0;
const COLUMN_DROPPED: usize = 1;
const COLUMN_TIME_SQUEEZE: usize = 2;
const COLUMN_RECEIVED_RPS: usize = 9;
const COLUMN_FLOW_LIMIT: usize = 10;
const COLUMN_BACKLOG: usize = 11;
const COLUMN_CPU: usize = 12;
/// Columns of the oldest form.
const COLUMNS_MIN: usize = 9;
/// Columns that are kept; further ones are skipped.
const COLUMNS_KEPT: usize = 13;

/// One processor's counters, all 32 bits wide in the kernel. `None`: this kernel has no such column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softnet {
    /// Which line of the file: the processor's number only as long as all before it are online.
    pub row: usize,
    /// The processor's number.
    pub cpu: Option<u32>,
    /// Packets taken from devices.
    pub processed: u32,
    /// Packets dropped because the backlog was full.
    pub dropped: u32,
    /// Times that polling ended with work left, for want of budget or time.
    pub time_squeezed: u32,
    /// Interrupts received to process packets for another processor.
    pub received_rps: Option<u32>,
    /// Packets dropped by the flow limit.
    pub flow_limited: Option<u32>,
    /// Packets waiting now.
    pub backlog_packets: Option<u32>,
}

/// Gives each processor's counters in the file's order.
///
/// # Errors
/// [`ParseError::Malformed`] when a line has fewer than nine numbers, or one beyond 32 bits.
pub fn parse(text: &[u8], mut each: impl FnMut(&Softnet)) -> Result<(), ParseError> {
    for (row, line) in lines(text).enumerate() {
        each(&parse_line(row, line).ok_or(ParseError::malformed("processor line"))?);
    }
    Ok(())
}

fn parse_line(row: usize, line: &[u8]) -> Option<Softnet> {
    let mut columns = [None; COLUMNS_KEPT];
    let mut count = 0_usize;
    let mut scan = Scan::new(line);
    while !scan.at_line_end() {
        let value = u32::try_from(scan.hex()?).ok()?;
        if let Some(column) = columns.get_mut(count) {
            *column = Some(value);
        }
        count += 1;
    }
    if count < COLUMNS_MIN {
        return None;
    }
    Some(Softnet {
        row,
        cpu: columns[COLUMN_CPU],
        processed: columns[COLUMN_PROCESSED]?,
        dropped: columns[COLUMN_DROPPED]?,
        time_squeezed: columns[COLUMN_TIME_SQUEEZE]?,
        received_rps: columns[COLUMN_RECEIVED_RPS],
        flow_limited: columns[COLUMN_FLOW_LIMIT],
        backlog_packets: columns[COLUMN_BACKLOG],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "processor line" };

    const CAPTURED: &[u8] = b"\
00000010 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
00000b35 00000001 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000009 0000000a 0000000b 00000003 00000000 00000000
";

    fn all(text: &[u8]) -> Result<Vec<Softnet>, ParseError> {
        let mut found = Vec::new();
        parse(text, |row| found.push(*row))?;
        Ok(found)
    }

    #[test]
    fn a_captured_file_gives_each_processors_counters() {
        let found = all(CAPTURED).unwrap();
        assert_eq!((found[0].row, found[0].cpu, found[0].processed), (0, Some(0), 16));
        assert_eq!(
            found[1],
            Softnet {
                row: 1,
                cpu: Some(3),
                processed: 0xb35,
                dropped: 1,
                time_squeezed: 2,
                received_rps: Some(9),
                flow_limited: Some(10),
                backlog_packets: Some(11),
            }
        );
    }

    #[test]
    fn older_kernels_have_fewer_columns() {
        for columns in 9..=15 {
            let line = format!("{}\n", vec!["00000001"; columns].join(" "));
            let row = all(line.as_bytes()).unwrap()[0];
            let expected = |from| (columns > from).then_some(1);
            assert_eq!(
                [row.received_rps, row.flow_limited, row.backlog_packets, row.cpu],
                [expected(9), expected(10), expected(11), expected(12)],
                "{columns} columns"
            );
        }
    }

    #[test]
    fn every_shorter_prefix_gives_fewer_processors_and_no_other_numbers() {
        let whole = all(CAPTURED).unwrap();
        for length in 0..CAPTURED.len() {
            let found = all(&CAPTURED[..length]).unwrap();
            assert_eq!(found, whole[..found.len()], "{length} bytes");
            assert!(found.len() < whole.len(), "{length} bytes");
        }
    }

    #[test]
    fn a_line_too_short_or_with_something_else_is_refused() {
        for text in ["0 0 0 0 0 0 0 0\n", "0 0 0 0 0 0 0 0 x\n", "100000000 0 0 0 0 0 0 0 0\n", "\n"] {
            assert_eq!(all(text.as_bytes()), Err(MALFORMED), "{text:?}");
        }
    }

    #[test]
    fn the_live_file_has_a_line_for_each_processor() {
        match std::fs::read("/proc/net/softnet_stat") {
            Ok(text) => assert!(!all(&text).unwrap().is_empty()),
            Err(error) => eprintln!("not checked here: {error}"),
        }
    }
}
