//! Self-test logs: 0x06 (21 entries, 28-bit addresses) and the extended 0x07 (19 entries a page, 48-bit addresses).
//!
//! Both are rings with the place of the newest entry; entries are given newest first. ACS-3 and SFF-8035i.

use super::page::{PageError, SECTOR_BYTES, Sector};
use super::smart::SelfTestState;

/// The short log, read by SMART READ LOG.
pub const LOG: u8 = 0x06;
/// The extended log, read by READ LOG EXT.
pub const EXTENDED_LOG: u8 = 0x07;
/// Entries that are kept of either.
pub const ENTRIES_MAX: usize = 21;
/// Pages of the extended log that are understood; drives have one or two.
pub const EXTENDED_PAGES_MAX: usize = 4;

const PAGE: &str = "self-test log";
const SHORT_ENTRIES: usize = 21;
const SHORT_ENTRY_BYTES: usize = 24;
const SHORT_FIRST_AT: usize = 2;
const SHORT_NEWEST_AT: usize = 508;
const EXTENDED_ENTRIES: usize = 19;
const EXTENDED_ENTRY_BYTES: usize = 26;
const EXTENDED_FIRST_AT: usize = 4;
const EXTENDED_NEWEST_AT: usize = 2;
/// In the number of a test: the drive did nothing else meanwhile.
const CAPTIVE: u8 = 0x80;

/// What was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Off-line data collection.
    Offline,
    /// The short test.
    Short,
    /// The extended test.
    Extended,
    /// The conveyance test.
    Conveyance,
    /// The selective test.
    Selective,
    /// A maker's own.
    Other(u8),
}

impl Kind {
    const fn of(number: u8) -> Self {
        match number & !CAPTIVE {
            0 => Self::Offline,
            1 => Self::Short,
            2 => Self::Extended,
            3 => Self::Conveyance,
            4 => Self::Selective,
            other => Self::Other(other),
        }
    }
}

/// One test that was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was run.
    pub kind: Kind,
    /// How it went.
    pub state: SelfTestState,
    /// How much was left of it, in percent.
    pub left_percent: u8,
    /// The drive's power-on hours then, modulo 65536.
    pub power_on_hours: u16,
    /// The first sector that failed, where one did.
    pub failing_sector: Option<u64>,
}

/// The log, newest entry first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTestLog {
    entries: [Option<Entry>; ENTRIES_MAX],
}

impl SelfTestLog {
    /// A log without entries.
    pub const EMPTY: Self = Self { entries: [None; ENTRIES_MAX] };

    /// The entries, newest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().flatten()
    }

    /// Entries that are failures and were not followed by a test of the same or a larger kind that passed.
    #[must_use]
    pub fn standing_failures(&self) -> usize {
        let (mut short_passed, mut extended_passed) = (false, false);
        let mut failures = 0;
        for entry in self.entries() {
            let passed = entry.state == SelfTestState::Passed;
            match entry.kind {
                Kind::Extended => extended_passed |= passed,
                Kind::Short => short_passed |= passed,
                _ => {}
            }
            let is_answered = extended_passed || (short_passed && entry.kind == Kind::Short);
            failures += usize::from(entry.state.is_failure() && !is_answered);
        }
        failures
    }

    /// Entries that are failures.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.entries().filter(|entry| entry.state.is_failure()).count()
    }
}

/// Reads the short log.
///
/// # Errors
/// [`PageError`]: not 512 bytes, a wrong checksum, or a newest entry beyond the last.
pub fn parse(page: &[u8]) -> Result<SelfTestLog, PageError> {
    let sector = Sector::checked(PAGE, page)?;
    let newest = usize::from(sector.byte(SHORT_NEWEST_AT));
    let entry = |slot: usize| {
        let at = SHORT_FIRST_AT + slot * SHORT_ENTRY_BYTES;
        let sector_number = u64::from(sector.u32(at + 5));
        entry_of(sector, at, Some(sector_number).filter(|lba| *lba < u64::from(u32::MAX)))
    };
    ring(newest, SHORT_ENTRIES, entry)
}

/// Reads the extended log: one page, or several of which each has its own checksum.
///
/// # Errors
/// As for [`parse`]; more than [`EXTENDED_PAGES_MAX`] pages are a wrong length.
pub fn parse_extended(pages: &[u8]) -> Result<SelfTestLog, PageError> {
    let wrong = PageError::Length { page: PAGE, bytes: pages.len(), needed: SECTOR_BYTES };
    let (sectors, rest) = pages.as_chunks::<SECTOR_BYTES>();
    let first =
        sectors.first().filter(|_| rest.is_empty() && sectors.len() <= EXTENDED_PAGES_MAX).ok_or(wrong)?;
    for sector in sectors {
        Sector::checked(PAGE, sector)?;
    }
    let newest = usize::from(Sector::new(PAGE, first)?.u16(EXTENDED_NEWEST_AT));
    let entry = |slot: usize| {
        let sector = sectors.get(slot / EXTENDED_ENTRIES)?;
        let sector = Sector::new(PAGE, sector).ok()?;
        let at = EXTENDED_FIRST_AT + slot % EXTENDED_ENTRIES * EXTENDED_ENTRY_BYTES;
        entry_of(sector, at, Some(sector.u48(at + 5)).filter(|lba| *lba < (1 << 48) - 1))
    };
    ring(newest, sectors.len() * EXTENDED_ENTRIES, entry)
}

/// The entry at `at`; `None` where nothing was ever written there.
fn entry_of(sector: Sector<'_>, at: usize, failing_sector: Option<u64>) -> Option<Entry> {
    let (number, status, power_on_hours) = (sector.byte(at), sector.byte(at + 1), sector.u16(at + 2));
    if number == 0 && status == 0 && power_on_hours == 0 {
        return None;
    }
    let state = SelfTestState::of(status);
    Some(Entry {
        kind: Kind::of(number),
        state,
        left_percent: (status & 0x0f).min(10) * 10,
        power_on_hours,
        failing_sector: failing_sector.filter(|_| state.is_failure()),
    })
}

/// Goes from the newest entry (counted from 1; 0 for an empty log) backwards around the ring.
fn ring(
    newest: usize,
    slots: usize,
    entry: impl Fn(usize) -> Option<Entry>,
) -> Result<SelfTestLog, PageError> {
    let mut log = SelfTestLog::EMPTY;
    let Some(newest) = newest.checked_sub(1) else { return Ok(log) };
    if newest >= slots {
        return Err(PageError::Unknown { page: PAGE, found: u16::try_from(newest).unwrap_or(u16::MAX) });
    }
    let backwards = (0..slots).map(|back| (newest + slots - back) % slots);
    let written = backwards.map_while(entry);
    log.entries.iter_mut().zip(written).for_each(|(place, entry)| *place = Some(entry));
    Ok(log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ata::page::testing::{every_bit_flip, every_cut_is_an_error, seal};

    /// See `fixtures/README.md`.
    const SHORT: &[u8] = include_bytes!("../../fixtures/ata_selftest/short.bin");
    const EXTENDED: &[u8] = include_bytes!("../../fixtures/ata_selftest_ext/extended.bin");

    #[test]
    fn entries_come_newest_first() {
        let log = parse(SHORT).unwrap();
        let told: Vec<_> =
            log.entries().map(|entry| (entry.kind, entry.state, entry.power_on_hours)).collect();
        assert_eq!(
            told,
            [
                (Kind::Short, SelfTestState::Passed, 20_112),
                (Kind::Extended, SelfTestState::FailedRead, 20_100),
                (Kind::Short, SelfTestState::Aborted, 12),
            ]
        );
        let failed = log.entries().nth(1).unwrap();
        assert_eq!((failed.failing_sector, failed.left_percent), (Some(0x0123_4567), 90));
        assert_eq!(log.entries().next().unwrap().failing_sector, None);
        assert_eq!((log.failures(), log.standing_failures()), (1, 1));
    }

    #[test]
    fn the_extended_log_has_longer_addresses() {
        let log = parse_extended(EXTENDED).unwrap();
        let newest = log.entries().next().unwrap();
        assert_eq!((newest.kind, newest.state), (Kind::Extended, SelfTestState::FailedRead));
        assert_eq!(newest.failing_sector, Some(0x0003_4567_89ab));
        assert_eq!(log.entries().count(), 2);
    }

    /// A log whose entries, oldest first, are these pairs of number and status.
    fn log_of(tests: &[(u8, u8)], newest: u8) -> [u8; SECTOR_BYTES] {
        let mut page = [0; SECTOR_BYTES];
        page[0] = 1;
        for (slot, (number, status)) in tests.iter().enumerate() {
            let at = SHORT_FIRST_AT + slot * SHORT_ENTRY_BYTES;
            page[at..at + 3].copy_from_slice(&[*number, *status, 7]);
        }
        page[SHORT_NEWEST_AT] = newest;
        seal(&mut page);
        page
    }

    #[test]
    fn a_passed_test_answers_the_failures_before_it() {
        // An extended test that passes answers all; a short one only short ones.
        let standing = |tests: &[(u8, u8)]| {
            parse(&log_of(tests, u8::try_from(tests.len()).unwrap())).unwrap().standing_failures()
        };
        assert_eq!(standing(&[(1, 0x70), (2, 0x00)]), 0);
        assert_eq!(standing(&[(1, 0x70), (1, 0x00)]), 0);
        assert_eq!(standing(&[(2, 0x70), (1, 0x00)]), 1);
        assert_eq!(standing(&[(2, 0x00), (1, 0x70)]), 1);
        assert_eq!(standing(&[(2, 0x70), (2, 0x10)]), 1);
    }

    #[test]
    fn the_ring_wraps_and_its_place_must_exist() {
        let mut page = log_of(&[(1, 0); 21], 3);
        let log = parse(&page).unwrap();
        assert_eq!(log.entries().count(), 21);
        page[SHORT_NEWEST_AT] = 22;
        seal(&mut page);
        assert_eq!(parse(&page), Err(PageError::Unknown { page: PAGE, found: 21 }));
        page[SHORT_NEWEST_AT] = 0;
        seal(&mut page);
        assert_eq!(parse(&page), Ok(SelfTestLog::EMPTY));
    }

    #[test]
    fn every_cut_is_an_error_and_every_flipped_bit_is_noticed() {
        every_cut_is_an_error(SHORT, parse);
        every_cut_is_an_error(EXTENDED, parse_extended);
        every_bit_flip(SHORT, parse, |at, outcome| assert!(outcome.is_err(), "byte {at}"));
        every_bit_flip(EXTENDED, parse_extended, |at, outcome| assert!(outcome.is_err(), "byte {at}"));
        assert!(parse_extended(&EXTENDED.repeat(5)).is_err());
        assert!(parse_extended(&EXTENDED.repeat(2)).is_ok());
    }
}
