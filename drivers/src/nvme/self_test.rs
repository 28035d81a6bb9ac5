//! Log page 0x06, device self-test (Base Specification 2.0, figures 211 to 213).

use super::bytes::Page;
use super::error::{PageError, Status};

/// Bytes of the page, of its header and of a result.
const PAGE_BYTES: usize = 564;
const HEADER_BYTES: usize = 4;
const RESULT_BYTES: usize = 28;
/// Results there is room for.
pub const RESULTS_MAX: usize = 20;
const _: () = assert!(HEADER_BYTES + RESULTS_MAX * RESULT_BYTES == PAGE_BYTES);

/// A place without a result.
const UNUSED: u8 = 0xf;
/// Bits of what is valid in a result.
const VALID_NAMESPACE: u8 = 1 << 0;
const VALID_BLOCK: u8 = 1 << 1;
const VALID_CODE_TYPE: u8 = 1 << 2;
const VALID_CODE: u8 = 1 << 3;

/// A kind of self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Short.
    Short,
    /// Extended.
    Extended,
    /// The vendor's own.
    Vendor,
    /// A number that the specification does not have.
    Reserved(u8),
}

impl From<u8> for Kind {
    fn from(code: u8) -> Self {
        match code {
            1 => Self::Short,
            2 => Self::Extended,
            0xe => Self::Vendor,
            other => Self::Reserved(other),
        }
    }
}

/// How a self-test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No fault found.
    Passed,
    /// It ended before its end, which says nothing: by command, reset, format, sanitize or a namespace's removal.
    Aborted(u8),
    /// An error that kept it from going on.
    Fatal,
    /// A segment failed; `None` where it is not known which.
    Failed {
        /// The first segment that failed.
        segment: Option<u8>,
    },
    /// A number that the specification does not have.
    Reserved(u8),
}

impl Outcome {
    fn of(code: u8, segment: u8) -> Self {
        match code {
            0 => Self::Passed,
            1..=4 | 8 | 9 => Self::Aborted(code),
            5 => Self::Fatal,
            6 => Self::Failed { segment: None },
            7 => Self::Failed { segment: Some(segment) },
            other => Self::Reserved(other),
        }
    }
}

/// A self-test that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which kind.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// The controller's hours on at that time.
    pub power_on_hours: u64,
    /// The namespace that failed, if it is known.
    pub namespace: Option<u32>,
    /// The first logical block that failed, if it is known.
    pub block: Option<u64>,
    /// The status of what failed, if it is known.
    pub status: Option<Status>,
}

/// A self-test that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which kind.
    pub kind: Kind,
    /// How much is done, percent; `None` beyond 100, which the specification does not have.
    pub done_percent: Option<u8>,
}

/// What a controller says of its self-tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTestLog {
    /// The one that runs.
    pub running: Option<Running>,
    /// Those that ended, newest first; places without one are `None`.
    pub ended: [Option<Ended>; RESULTS_MAX],
}

impl SelfTestLog {
    /// The newest of a kind that ran to its end, passed or failed.
    #[must_use]
    pub fn newest_finished(&self, kind: Kind) -> Option<Ended> {
        let is_finished = |ended: &&Ended| {
            ended.kind == kind
                && matches!(ended.outcome, Outcome::Passed | Outcome::Fatal | Outcome::Failed { .. })
        };
        self.ended.iter().flatten().find(is_finished).copied()
    }
}

/// Takes the page apart. Bytes beyond it are left alone.
///
/// # Errors
/// [`PageError`] with fewer than 564 bytes.
pub fn parse(bytes: &[u8]) -> Result<SelfTestLog, PageError> {
    let page = Page::<PAGE_BYTES>::new(bytes)?;
    let kind = page.byte::<0>() & 0xf;
    let done = page.byte::<1>() & 0x7f;
    let done_percent = (done <= 100).then_some(done);
    let running = (kind != 0).then(|| Running { kind: Kind::from(kind), done_percent });
    let mut ended = [None; RESULTS_MAX];
    let results = bytes.get(HEADER_BYTES..PAGE_BYTES).unwrap_or_default().chunks_exact(RESULT_BYTES);
    for (place, result) in ended.iter_mut().zip(results) {
        *place = result_of(result)?;
    }
    Ok(SelfTestLog { running, ended })
}

fn result_of(bytes: &[u8]) -> Result<Option<Ended>, PageError> {
    let page = Page::<RESULT_BYTES>::new(bytes)?;
    let (code, outcome) = (page.byte::<0>() >> 4, page.byte::<0>() & 0xf);
    // Fresh controllers fill the places with zeros, which would be a test of no kind.
    if outcome == UNUSED || code == 0 {
        return Ok(None);
    }
    let valid = page.byte::<2>();
    let has = |mask: u8| valid & mask != 0;
    let status = u16::from(page.byte::<24>() & 7) << 8 | u16::from(page.byte::<25>());
    Ok(Some(Ended {
        kind: Kind::from(code),
        outcome: Outcome::of(outcome, page.byte::<1>()),
        power_on_hours: page.u64::<4>(),
        namespace: has(VALID_NAMESPACE).then(|| page.u32::<12>()),
        block: has(VALID_BLOCK).then(|| page.u64::<16>()),
        status: (has(VALID_CODE_TYPE) && has(VALID_CODE)).then_some(Status(status)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(first: u8, segment: u8, valid: u8, hours: u64) -> [u8; RESULT_BYTES] {
        let mut bytes = [0; RESULT_BYTES];
        bytes[..3].copy_from_slice(&[first, segment, valid]);
        bytes[4..12].copy_from_slice(&hours.to_le_bytes());
        bytes[12..16].copy_from_slice(&1_u32.to_le_bytes());
        bytes[16..24].copy_from_slice(&77_u64.to_le_bytes());
        bytes[24..26].copy_from_slice(&[2, 0x81]);
        bytes
    }

    fn page() -> Vec<u8> {
        let mut page = vec![0x2, 0x80 | 42, 0, 0];
        page.extend(result(0x21, 0, 0, 1200));
        page.extend(result(0x27, 3, 0xf, 1100));
        page.extend(result(0x10, 0, 0, 1000));
        page.extend(result(0xe6, 0, 0, 900));
        page.resize(PAGE_BYTES, 0xff);
        page
    }

    #[test]
    fn progress_and_results_are_told() {
        let log = parse(&page()).unwrap();
        assert_eq!(log.running, Some(Running { kind: Kind::Extended, done_percent: Some(42) }));
        assert_eq!(log.ended.iter().flatten().count(), 4);
        assert_eq!(log.ended[0].unwrap().outcome, Outcome::Aborted(1));
        assert_eq!(log.ended[3].unwrap().kind, Kind::Vendor);
        let failed = log.newest_finished(Kind::Extended).unwrap();
        assert_eq!((failed.outcome, failed.power_on_hours), (Outcome::Failed { segment: Some(3) }, 1100));
        assert_eq!((failed.namespace, failed.block, failed.status), (Some(1), Some(77), Some(Status(0x281))));
        let short = log.newest_finished(Kind::Short).unwrap();
        assert_eq!((short.outcome, short.power_on_hours, short.block), (Outcome::Passed, 1000, None));
    }

    #[test]
    fn a_page_of_zeros_is_a_drive_that_was_never_tested() {
        let log = parse(&[0; PAGE_BYTES]).unwrap();
        assert_eq!((log.running, log.ended), (None, [None; RESULTS_MAX]));
    }

    #[test]
    fn a_page_cut_anywhere_is_too_short() {
        let page = page();
        for end in 0..page.len() {
            assert_eq!(parse(&page[..end]), Err(PageError { bytes: end, wanted: PAGE_BYTES }));
        }
    }

    #[test]
    fn a_bit_that_flips_gives_another_value_a_reserved_one_or_none() {
        let page = page();
        let whole = parse(&page).unwrap();
        let mut changed = 0;
        for bit in 0..page.len() * 8 {
            let mut flipped = page.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            changed += usize::from(parse(&flipped).unwrap() != whole);
        }
        // At least the first two bytes and, of four results, the first byte and the hours have a meaning.
        assert!(changed >= 11 + 4 * 9 * 8, "{changed}");
    }

    #[test]
    fn what_the_specification_does_not_have_is_told_as_such() {
        let mut page = page();
        page[..2].copy_from_slice(&[0x5, 101]);
        page[4] = 0x2c;
        let log = parse(&page).unwrap();
        assert_eq!(log.running, Some(Running { kind: Kind::Reserved(5), done_percent: None }));
        assert_eq!(log.ended[0].unwrap().outcome, Outcome::Reserved(0xc));
    }
}
