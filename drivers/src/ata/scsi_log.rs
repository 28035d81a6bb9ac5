//! The log pages in which SAS drives keep their health.
//!
//! SPC-5: LOG SENSE and most pages; SBC-4: start-stop and background scan. Bytes are big endian.

use super::page::PageError;

/// LOG SENSE: write error counters.
pub const WRITE_ERRORS: u8 = 0x02;
/// LOG SENSE: read error counters.
pub const READ_ERRORS: u8 = 0x03;
/// LOG SENSE: temperature.
pub const TEMPERATURE: u8 = 0x0d;
/// LOG SENSE: starts and stops.
pub const START_STOP: u8 = 0x0e;
/// LOG SENSE: results of self-tests.
pub const SELF_TESTS: u8 = 0x10;
/// LOG SENSE: background scan, whose first parameter counts the minutes of power.
pub const BACKGROUND_SCAN: u8 = 0x15;
/// LOG SENSE: informational exceptions, the drive's own verdict.
pub const EXCEPTIONS: u8 = 0x2f;
/// LOG SENSE: the pages that there are.
pub const SUPPORTED: u8 = 0x00;
/// Bytes asked of a log page; those read here are all shorter.
pub const LOG_BYTES: u16 = 512;

/// A temperature that the drive does not know.
const UNKNOWN_CELSIUS: u8 = 0xff;
/// FAILURE PREDICTION THRESHOLD EXCEEDED and WARNING: the codes of an exception.
const FAILURE_PREDICTED: u8 = 0x5d;

/// The parameters of a log page.
#[derive(Clone, Copy, Debug)]
pub struct LogPage<'a> {
    rest: &'a [u8],
}

impl<'a> LogPage<'a> {
    /// The page `code` in `bytes`, which may go on after it.
    ///
    /// # Errors
    /// [`PageError`]: another page, or one that stops before its length or inside a parameter.
    pub fn parse(code: u8, bytes: &'a [u8]) -> Result<Self, PageError> {
        const NAME: &str = "a log page";
        let wrong = |needed| PageError::Length { page: NAME, bytes: bytes.len(), needed };
        let (head, rest) = bytes.split_first_chunk::<4>().ok_or(wrong(4))?;
        if head[0] & 0x3f != code {
            return Err(PageError::Unknown { page: NAME, found: u16::from(head[0]) });
        }
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let page = Self { rest: rest.get(..length).ok_or(wrong(length + 4))? };
        // Parameters that do not fill the page exactly are not parameters.
        let filled = page.fold(0, |filled, (_, value)| filled + 4 + value.len());
        if filled == length { Ok(page) } else { Err(wrong(length + 4)) }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn value(mut self, wanted: u16) -> Option<&'a [u8]> {
        self.find(|(code, _)| *code == wanted).map(|(_, value)| value)
    }

    /// The value of a parameter as a number; `None` where it is not there or larger than 64 bits.
    #[must_use]
    pub fn number(self, wanted: u16) -> Option<u64> {
        let value = self.value(wanted).filter(|value| !value.is_empty())?;
        let (high, low) = value.split_at(value.len().saturating_sub(8));
        let fits = high.iter().all(|byte| *byte == 0);
        fits.then(|| low.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

impl<'a> Iterator for LogPage<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::from(head[3]))?;
        self.rest = rest;
        Some((u16::from_be_bytes([head[0], head[1]]), value))
    }
}

/// Errors of reading or writing over the drive's life; `None` what the drive does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorCounters {
    /// Corrected without delay, by the code alone.
    pub corrected_fast: Option<u64>,
    /// Corrected with a possible delay.
    pub corrected_delayed: Option<u64>,
    /// Read or written again.
    pub repeated: Option<u64>,
    /// Bytes that went through.
    pub bytes: Option<u64>,
    /// Not corrected: data was lost, or could not be written.
    pub uncorrected: Option<u64>,
}

/// Reads an error counter page.
///
/// # Errors
/// As for [`LogPage::parse`].
pub fn parse_errors(code: u8, bytes: &[u8]) -> Result<ErrorCounters, PageError> {
    let page = LogPage::parse(code, bytes)?;
    Ok(ErrorCounters {
        corrected_fast: page.number(0),
        corrected_delayed: page.number(1),
        repeated: page.number(2),
        bytes: page.number(5),
        uncorrected: page.number(6),
    })
}

/// The temperature now and the one the drive is made for, in degrees Celsius.
///
/// # Errors
/// As for [`LogPage::parse`].
pub fn parse_temperature(bytes: &[u8]) -> Result<[Option<u8>; 2], PageError> {
    let page = LogPage::parse(TEMPERATURE, bytes)?;
    let celsius = |code| page.value(code)?.get(1).copied().filter(|celsius| *celsius != UNKNOWN_CELSIUS);
    Ok([celsius(0), celsius(1)])
}

/// What a SCSI drive thinks of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceptions {
    /// Whether it predicts its failure.
    pub is_failing: bool,
    /// The code and qualifier of what it has to say; 0, 0 for nothing.
    pub code: (u8, u8),
    /// The most recent temperature in degrees Celsius.
    pub celsius: Option<u8>,
}

/// Reads the page of informational exceptions; `None` where it holds no parameter 0.
///
/// # Errors
/// As for [`LogPage::parse`].
pub fn parse_exceptions(bytes: &[u8]) -> Result<Option<Exceptions>, PageError> {
    let page = LogPage::parse(EXCEPTIONS, bytes)?;
    let Some([code, qualifier, rest @ ..]) = page.value(0) else { return Ok(None) };
    let celsius = rest.first().copied().filter(|celsius| !matches!(*celsius, 0 | UNKNOWN_CELSIUS));
    Ok(Some(Exceptions { is_failing: *code == FAILURE_PREDICTED, code: (*code, *qualifier), celsius }))
}

/// Starts since the drive was made.
///
/// # Errors
/// As for [`LogPage::parse`].
pub fn parse_starts(bytes: &[u8]) -> Result<Option<u64>, PageError> {
    Ok(LogPage::parse(START_STOP, bytes)?.number(4).filter(|starts| *starts != u64::from(u32::MAX)))
}

/// Seconds with power, out of the page of the background scan.
///
/// # Errors
/// As for [`LogPage::parse`].
pub fn parse_power_on_seconds(bytes: &[u8]) -> Result<Option<u64>, PageError> {
    let minutes = LogPage::parse(BACKGROUND_SCAN, bytes)?.value(0).and_then(|status| status.first_chunk());
    Ok(minutes.map(|minutes| u64::from(u32::from_be_bytes(*minutes)) * 60))
}

/// The self-tests that are kept, newest first, as (self-test code, result) of SPC-5.
///
/// # Errors
/// As for [`LogPage::parse`].
pub fn parse_self_tests(bytes: &[u8]) -> Result<impl Iterator<Item = (u8, u8)>, PageError> {
    let page = LogPage::parse(SELF_TESTS, bytes)?;
    // Entries that were never written have neither a code nor a result nor a time.
    let written = page.filter(|(_, value)| value.iter().take(4).any(|byte| *byte != 0));
    Ok(written.filter_map(|(_, value)| value.first().map(|byte| (byte >> 5, byte & 0x0f))))
}

/// The log pages that a drive has, out of page 0.
///
/// # Errors
/// [`PageError`] where it is another page or stops early.
pub fn parse_supported(bytes: &[u8]) -> Result<Supported, PageError> {
    const NAME: &str = "the list of log pages";
    let wrong = |needed| PageError::Length { page: NAME, bytes: bytes.len(), needed };
    let (head, rest) = bytes.split_first_chunk::<4>().ok_or(wrong(4))?;
    if head[0] & 0x3f != 0 {
        return Err(PageError::Unknown { page: NAME, found: u16::from(head[0]) });
    }
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let listed = rest.get(..length).ok_or(wrong(length + 4))?;
    Ok(Supported(listed.iter().fold(0, |pages, page| pages | 1 << (page & 0x3f))))
}

/// A set of log pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supported(u64);

impl Supported {
    /// Whether a page is in it.
    #[must_use]
    pub const fn has(self, page: u8) -> bool {
        self.0 >> (page & 0x3f) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ata::page::testing::{every_bit_flip, every_cut_is_an_error};

    const WARM: &[u8] = include_bytes!("../../fixtures/scsi_log/temperature.bin");
    const ERRORS: &[u8] = include_bytes!("../../fixtures/scsi_log/read-errors.bin");
    const FAILING: &[u8] = include_bytes!("../../fixtures/scsi_log/exceptions.bin");
    const STARTS: &[u8] = include_bytes!("../../fixtures/scsi_log/start-stop.bin");
    const SCAN: &[u8] = include_bytes!("../../fixtures/scsi_log/background-scan.bin");
    const TESTS: &[u8] = include_bytes!("../../fixtures/scsi_log/self-tests.bin");

    #[test]
    fn log_pages_give_their_quantities() {
        assert_eq!(parse_temperature(WARM), Ok([Some(34), Some(60)]));
        assert_eq!(
            parse_errors(READ_ERRORS, ERRORS),
            Ok(ErrorCounters {
                corrected_fast: Some(3_456_789_012),
                corrected_delayed: Some(7),
                repeated: Some(2),
                bytes: Some(123_456_789_012_345),
                uncorrected: Some(1),
            })
        );
        let failing = Exceptions { is_failing: true, code: (0x5d, 0x10), celsius: Some(34) };
        assert_eq!(parse_exceptions(FAILING), Ok(Some(failing)));
        assert_eq!(parse_starts(STARTS), Ok(Some(212)));
        assert_eq!(parse_power_on_seconds(SCAN), Ok(Some(1_234_567 * 60)));
        assert_eq!(parse_self_tests(TESTS).unwrap().collect::<Vec<_>>(), [(1, 0), (2, 7)]);
    }

    #[test]
    fn what_a_drive_does_not_know_is_none() {
        let mut unknown = WARM.to_vec();
        unknown[9] = 0xff;
        assert_eq!(parse_temperature(&unknown), Ok([None, Some(60)]));
        // A counter of more than 64 bits, and one of no bits at all.
        let wide = [0x03, 0, 0, 17, 0, 6, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
        assert_eq!(parse_errors(READ_ERRORS, &wide), Ok(ErrorCounters::default()));
        assert_eq!(parse_exceptions(&[0x2f, 0, 0, 0]), Ok(None));
    }

    #[test]
    fn every_cut_of_a_log_page_is_an_error() {
        every_cut_is_an_error(WARM, parse_temperature);
        every_cut_is_an_error(ERRORS, |bytes| parse_errors(READ_ERRORS, bytes));
        every_cut_is_an_error(FAILING, parse_exceptions);
        every_cut_is_an_error(STARTS, parse_starts);
        every_cut_is_an_error(SCAN, parse_power_on_seconds);
        every_cut_is_an_error(TESTS, |bytes| parse_self_tests(bytes).map(drop));
    }

    #[test]
    fn a_flip_in_the_frame_is_an_error_and_elsewhere_another_value() {
        every_bit_flip(WARM, parse_temperature, |at, outcome| match at {
            2 | 3 => assert!(outcome.is_err(), "byte {at}"),
            // A longer parameter may swallow the next one, which is then missing.
            7 | 13 => assert_ne!(outcome, Ok([Some(34), Some(60)]), "byte {at}"),
            0 => assert!(outcome.is_err() || outcome == Ok([Some(34), Some(60)])),
            9 | 15 => assert_ne!(outcome, Ok([Some(34), Some(60)])),
            _ => assert!(outcome.is_ok(), "byte {at}"),
        });
        let whole = parse_errors(READ_ERRORS, ERRORS);
        every_bit_flip(
            ERRORS,
            |bytes| parse_errors(READ_ERRORS, bytes),
            |at, outcome| match at {
                2 | 3 => assert!(outcome.is_err(), "byte {at}"),
                7..16 => assert_ne!(outcome, whole, "byte {at}"),
                _ => {}
            },
        );
    }

    #[test]
    fn another_page_is_not_taken_for_the_one_asked_for() {
        assert_eq!(parse_temperature(STARTS), Err(PageError::Unknown { page: "a log page", found: 0x0e }));
    }

    #[test]
    fn a_list_of_pages_says_its_length() {
        let list = [0, 0, 0, 3, 0, 0x0d, 0x2f];
        let pages = parse_supported(&list).unwrap();
        assert!(pages.has(TEMPERATURE) && pages.has(EXCEPTIONS) && !pages.has(START_STOP));
        every_cut_is_an_error(&list, parse_supported);
        assert!(parse_supported(WARM).is_err());
    }
}
