//! Connection tracking: entries, their limit, and the events of `/proc/net/stat/nf_conntrack`
//! (`net/netfilter/nf_conntrack_standalone.c`).
//!
//! The events stand on a line for each processor, in hexadecimal, below a line of names; which names there are changes
//! between kernels, so columns are found by name at each read. The files are not there while the module is not loaded.

use super::ParseError;
use crate::file::Delivery;
use crate::text::{Scan, lines};

/// Connections tracked now; see [`parse_number`].
pub const PATH_COUNT: &str = "proc/sys/net/netfilter/nf_conntrack_count";
/// Connections that may be tracked at once, 0 being without limit; see [`parse_number`].
pub const PATH_MAX: &str = "proc/sys/net/netfilter/nf_conntrack_max";
/// How the kernel hands out either of the two numbers.
pub const DELIVERY_NUMBER: Delivery = Delivery::Whole;
/// Events, see [`parse`].
pub const PATH_STAT: &str = "proc/net/stat/nf_conntrack";
/// How the kernel hands out the events.
pub const DELIVERY_STAT: Delivery = Delivery::Chunked;

/// The events that are kept, by the kernel's names.
const EVENTS: [&[u8]; Events::COUNT] =
    [b"found", b"invalid", b"ignore", b"insert", b"insert_failed", b"drop", b"early_drop", b"search_restart"];
/// Columns of the file at most; kernels had 16 or 17.
const COLUMNS_MAX: usize = 32;

/// Events summed over the processors. `None`: this kernel has no such column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    sums: [Option<u64>; Self::COUNT],
}

impl Events {
    const COUNT: usize = 8;

    /// Lookups that found an entry.
    #[must_use]
    pub const fn found(&self) -> Option<u64> {
        self.sums[0]
    }

    /// Packets that could not be tracked.
    #[must_use]
    pub const fn invalid(&self) -> Option<u64> {
        self.sums[1]
    }

    /// Packets that were already connected to an entry.
    #[must_use]
    pub const fn ignore(&self) -> Option<u64> {
        self.sums[2]
    }

    /// Entries made.
    #[must_use]
    pub const fn insert(&self) -> Option<u64> {
        self.sums[3]
    }

    /// Entries that could not be made, as there was one like them.
    #[must_use]
    pub const fn insert_failed(&self) -> Option<u64> {
        self.sums[4]
    }

    /// Packets dropped because there was no room for an entry.
    #[must_use]
    pub const fn drop(&self) -> Option<u64> {
        self.sums[5]
    }

    /// Entries given up to make room.
    #[must_use]
    pub const fn early_drop(&self) -> Option<u64> {
        self.sums[6]
    }

    /// Lookups begun anew because the table was resized.
    #[must_use]
    pub const fn search_restart(&self) -> Option<u64> {
        self.sums[7]
    }
}

/// Sums the events of all processors.
///
/// # Errors
/// [`ParseError::Missing`] when there is no line of names of at most 32 columns; [`ParseError::Malformed`] when a line
/// has another count of columns than the line of names, or holds something else than
/// hexadecimal numbers, or a sum exceeds 64 bits.
pub fn parse(text: &[u8]) -> Result<Events, ParseError> {
    let mut lines = lines(text);
    let mut events = Events::default();
    let mut columns = [None; COLUMNS_MAX];
    let names = columns_of(lines.next().unwrap_or_default(), &mut columns)
        .ok_or(ParseError::missing("line of names"))?;
    let columns = columns.get(..names).unwrap_or_default();
    for line in lines {
        add(line, columns, &mut events).ok_or(ParseError::malformed("processor line"))?;
    }
    Ok(events)
}

/// Finds the event that each column is, and says how many columns there are.
fn columns_of(names: &[u8], columns: &mut [Option<usize>; COLUMNS_MAX]) -> Option<usize> {
    let mut scan = Scan::new(names);
    let mut count = 0;
    while let Some(name) = scan.token() {
        *columns.get_mut(count)? = EVENTS.iter().position(|event| *event == name);
        count += 1;
    }
    (count > 0).then_some(count)
}

fn add(line: &[u8], columns: &[Option<usize>], events: &mut Events) -> Option<()> {
    let mut scan = Scan::new(line);
    for column in columns {
        let value = scan.hex()?;
        if let Some(sum) = column.and_then(|event| events.sums.get_mut(event)) {
            *sum = Some(sum.unwrap_or(0).checked_add(value)?);
        }
    }
    scan.at_line_end().then_some(())
}

/// Reads the text of [`PATH_COUNT`] or [`PATH_MAX`].
///
/// # Errors
/// [`ParseError::Malformed`] when it is not one whole line with one number.
pub fn parse_number(text: &[u8]) -> Result<u64, ParseError> {
    let mut scan = Scan::text(text);
    let number = scan.u64().filter(|_| scan.at_line_end());
    number.ok_or(ParseError::malformed("number of connections"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_NAMES: ParseError = ParseError::Missing { what: "line of names" };

    const CAPTURED: &[u8] = b"\
entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
00000009  00000000 00000001 00000000 00000002 00000003 00000000 00000000 00000004 00000005 00000006 00000007 00000000  00000000 00000000 00000000 00000008
00000009  00000000 000000f0 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000010
";

    #[test]
    fn events_are_found_by_name_and_summed_over_the_processors() {
        let events = parse(CAPTURED).unwrap();
        assert_eq!((events.found(), events.invalid(), events.ignore()), (Some(0xf1), Some(2), Some(3)));
        assert_eq!((events.insert(), events.insert_failed(), events.drop()), (Some(4), Some(5), Some(6)));
        assert_eq!((events.early_drop(), events.search_restart()), (Some(7), Some(0x18)));
    }

    #[test]
    fn a_column_that_a_kernel_does_not_have_is_none() {
        let events = parse(b"entries found\n1 2\n").unwrap();
        assert_eq!((events.found(), events.drop()), (Some(2), None));
    }

    #[test]
    fn every_shorter_prefix_is_refused_or_leaves_whole_lines_out() {
        let header = CAPTURED.iter().position(|byte| *byte == b'\n').unwrap();
        for length in 0..CAPTURED.len() {
            match parse(&CAPTURED[..length]) {
                Err(error) => {
                    assert!(length <= header, "{length} bytes");
                    assert_eq!(error, NO_NAMES);
                }
                Ok(events) => {
                    assert!(matches!(events.found(), None | Some(1)), "{length} bytes");
                }
            }
        }
    }

    #[test]
    fn a_line_that_does_not_fit_the_names_is_refused() {
        for text in ["", "\n1\n"] {
            assert_eq!(parse(text.as_bytes()), Err(NO_NAMES), "{text:?}");
        }
        let wide = format!("{}\n", "a ".repeat(COLUMNS_MAX + 1));
        assert_eq!(parse(wide.as_bytes()), Err(NO_NAMES));
        for text in
            ["found drop\n1\n", "found drop\n1 2\n1 2 3\n", "found\nx\n", "found\nffffffffffffffff\n1\n"]
        {
            let malformed = ParseError::Malformed { what: "processor line" };
            assert_eq!(parse(text.as_bytes()), Err(malformed), "{text:?}");
        }
    }

    #[test]
    fn the_two_numbers_stand_alone_on_a_whole_line() {
        assert_eq!(parse_number(b"262144\n"), Ok(262_144));
        for text in ["", "262144", "\n", "-1\n", "1 2\n"] {
            assert!(parse_number(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_live_files_are_read_where_the_module_is_loaded() {
        for path in [PATH_COUNT, PATH_MAX, PATH_STAT] {
            match std::fs::read(std::path::Path::new("/").join(path)) {
                Ok(text) if path == PATH_STAT => assert!(parse(&text).unwrap().found().is_some()),
                Ok(text) => assert!(parse_number(&text).is_ok()),
                Err(error) => eprintln!("{path} not checked here: {error}"),
            }
        }
    }
}
