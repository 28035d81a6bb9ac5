//! `/proc/pressure/*`: time lost waiting for a resource (kernel `Documentation/accounting/psi.rst`).

use super::ParseError;
use crate::file::Delivery;
use crate::text::Scan;

/// Where the text of CPU pressure is, below the root. Opening any of these answers `EOPNOTSUPP` where
/// pressure is compiled in but switched off.
pub const CPU_PATH: &str = "proc/pressure/cpu";
/// Where the text of disk pressure is, below the root.
pub const IO_PATH: &str = "proc/pressure/io";
/// Where the text of memory pressure is, below the root.
pub const MEMORY_PATH: &str = "proc/pressure/memory";
/// Where the text of interrupt pressure is, below the root. Since Linux 6.1, where the kernel was built to
/// account interrupt time; it has a `full` line alone.
pub const IRQ_PATH: &str = "proc/pressure/irq";
/// How the kernel hands any of them out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// One line: how long tasks waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// The share of time over the last 10, 60 and 300 seconds, in hundredths of a percent. The kernel renews
    /// it every 2 seconds.
    pub avg_percent_hundredths: [u64; 3],
    /// The time since boot, in microseconds, up to the moment of reading.
    pub total_us: u64,
}

/// The text's two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// Time in which at least one task waited; `None` where the kernel has no such line.
    pub some: Option<Stalled>,
    /// Time in which all tasks waited at once; `None` where the kernel has no such line.
    pub full: Option<Stalled>,
}

/// Reads `text`.
///
/// # Errors
/// [`ParseError::Missing`] where there is no complete line of either kind, [`ParseError::Malformed`] with the
/// field where such a line is not as it should.
pub fn parse(text: &[u8]) -> Result<Pressure, ParseError> {
    let mut scan = Scan::text(text);
    let mut pressure = Pressure { some: None, full: None };
    while scan.peek().is_some() {
        if scan.prefix(b"some ") {
            pressure.some = Some(stalled(&mut scan)?);
        } else if scan.prefix(b"full ") {
            pressure.full = Some(stalled(&mut scan)?);
        }
        scan.next_line();
    }
    if pressure.some.is_none() && pressure.full.is_none() {
        return Err(ParseError::missing("some or full"));
    }
    Ok(pressure)
}

/// Reads one line past its first word.
fn stalled(scan: &mut Scan<'_>) -> Result<Stalled, ParseError> {
    let mut avg_percent_hundredths = [0; 3];
    let windows: [(&[u8], &'static str); 3] =
        [(b"avg10=", "avg10"), (b"avg60=", "avg60"), (b"avg300=", "avg300")];
    for ((key, what), avg) in windows.into_iter().zip(&mut avg_percent_hundredths) {
        *avg = after(scan, key).and_then(Scan::hundredths).ok_or(ParseError::malformed(what))?;
    }
    let total_us = after(scan, b"total=").and_then(Scan::u64).ok_or(ParseError::malformed("total"))?;
    Ok(Stalled { avg_percent_hundredths, total_us })
}

/// Moves past `key`, to the number after it.
fn after<'s, 'a>(scan: &'s mut Scan<'a>, key: &[u8]) -> Option<&'s mut Scan<'a>> {
    scan.skip_blanks();
    if scan.prefix(key) { Some(scan) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &[u8] = include_bytes!("../../fixtures/pressure/6.18-io.txt");
    const IRQ: &[u8] = include_bytes!("../../fixtures/pressure/6.1-irq.txt");
    const OLD_CPU: &[u8] = include_bytes!("../../fixtures/pressure/5.10-captured-cpu.txt");

    #[test]
    fn both_lines_of_a_captured_text_are_read() {
        let pressure = parse(LIVE).unwrap();
        let some = Stalled { avg_percent_hundredths: [16, 45, 37], total_us: 11_048_870 };
        let full = Stalled { avg_percent_hundredths: [16, 44, 35], total_us: 10_375_945 };
        assert_eq!(pressure, Pressure { some: Some(some), full: Some(full) });
    }

    #[test]
    fn a_line_that_the_kernel_does_not_write_is_none() {
        let irq = parse(IRQ).unwrap();
        assert_eq!((irq.some, irq.full.unwrap().total_us), (None, 3_084_711));
        let old = parse(OLD_CPU).unwrap();
        let total_us = OLD_CPU.rsplit(|byte| *byte == b'=').next().unwrap().trim_ascii_end();
        assert_eq!(old.some.unwrap().total_us.to_string().as_bytes(), total_us);
        assert_eq!(old.full, None);
    }

    #[test]
    fn a_cut_text_gives_an_error_or_its_first_line() {
        let whole = parse(LIVE).unwrap();
        let second = LIVE.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for end in 0..LIVE.len() {
            let expected = if end < second {
                Err(ParseError::Missing { what: "some or full" })
            } else {
                Ok(Pressure { some: whole.some, full: None })
            };
            assert_eq!(parse(&LIVE[..end]), expected, "{end}");
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (text, what) in [
            (&b"some avg10=1.5 avg60=0.00 avg300=0.00 total=0\n"[..], "avg10"),
            (b"some avg10=1.50 avg300=0.00 total=0\n", "avg60"),
            (b"full avg10=1.50 avg60=0.00 avg300=0.00\n", "total"),
        ] {
            assert_eq!(parse(text), Err(ParseError::Malformed { what }));
        }
    }
}
