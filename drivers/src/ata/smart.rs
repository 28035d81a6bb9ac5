//! SMART data, its thresholds, and the drive's own verdict (ACS-3, feature 0xB0).
//!
//! The layout of the 30 attributes was standardised up to ATA-3 and kept by every maker since (SFF-8035i); the rest of
//! the page is in ACS-3, "SMART READ DATA".

use super::page::{PageError, Sector};
use super::sense::Registers;

/// Attributes in a page.
pub const ATTRIBUTES_MAX: usize = 30;

const DATA: &str = "SMART data";
const THRESHOLDS: &str = "SMART thresholds";
const FIRST_AT: usize = 2;
const ENTRY_BYTES: usize = 12;
const OFFLINE_STATUS_AT: usize = 362;
const SELF_TEST_STATUS_AT: usize = 363;
const OFFLINE_SECONDS_AT: usize = 364;
const OFFLINE_CAPABILITY_AT: usize = 367;
const SHORT_MINUTES_AT: usize = 372;
const EXTENDED_MINUTES_AT: usize = 373;
const EXTENDED_MINUTES_WORD_AT: usize = 375;
/// In the byte of the extended test's minutes: they are in the word.
const MINUTES_IN_WORD: u8 = 0xff;
/// OFF-LINE DATA COLLECTION CAPABILITY: self-tests can be run.
const CAN_SELF_TEST: u8 = 1 << 4;

/// What the flags of an attribute say (SFF-8035i).
pub mod flag {
    /// Below its threshold the drive expects to fail, rather than to be merely old.
    pub const PREFAILURE: u16 = 1 << 0;
    /// Renewed while the drive works, not only by off-line collection.
    pub const ONLINE: u16 = 1 << 1;
    /// Measures performance.
    pub const PERFORMANCE: u16 = 1 << 2;
    /// Measures a rate of errors.
    pub const ERROR_RATE: u16 = 1 << 3;
    /// Counts events.
    pub const EVENT_COUNT: u16 = 1 << 4;
    /// Kept by the drive on its own.
    pub const SELF_PRESERVING: u16 = 1 << 5;
}

/// An attribute as the drive keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// What it is; the meaning is the maker's, see [`super::overlay`].
    pub id: u8,
    /// See [`flag`].
    pub flags: u16,
    /// The normalised value, 1 to 253, where higher is better.
    pub current: u8,
    /// The lowest normalised value so far.
    pub worst: u8,
    /// The raw value, all of its 48 bits.
    pub raw: u64,
    /// The byte behind it, which some makers use as a seventh of the raw value.
    pub extra: u8,
}

impl Attribute {
    /// Whether it is at or below a threshold. 0 is a threshold that nothing fails.
    #[must_use]
    pub const fn is_failed(&self, threshold: u8) -> bool {
        threshold != 0 && self.current <= threshold
    }

    /// Whether it has ever been at or below a threshold.
    #[must_use]
    pub const fn has_failed(&self, threshold: u8) -> bool {
        threshold != 0 && self.worst <= threshold
    }
}

/// How the last self-test went, or goes (ACS-3, "self-test execution status").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTestState {
    /// Completed without an error, or none was ever run.
    Passed,
    /// The host ended it.
    Aborted,
    /// A reset ended it.
    Interrupted,
    /// It could not go on, for a reason that the drive does not tell.
    Fatal,
    /// It failed in an element that the drive does not name.
    FailedUnknown,
    /// The electronics failed.
    FailedElectrical,
    /// The servo failed.
    FailedServo,
    /// A sector could not be read.
    FailedRead,
    /// The drive suspects that it was handled roughly.
    FailedHandling,
    /// A code that the specification keeps free.
    Reserved(u8),
    /// It runs.
    Running,
}

impl SelfTestState {
    /// Of the high nibble of a status byte.
    #[must_use]
    pub const fn of(status: u8) -> Self {
        match status >> 4 {
            0 => Self::Passed,
            1 => Self::Aborted,
            2 => Self::Interrupted,
            3 => Self::Fatal,
            4 => Self::FailedUnknown,
            5 => Self::FailedElectrical,
            6 => Self::FailedServo,
            7 => Self::FailedRead,
            8 => Self::FailedHandling,
            15 => Self::Running,
            code => Self::Reserved(code),
        }
    }

    /// Whether the drive found a fault; an aborted or interrupted test found none.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Fatal
                | Self::FailedUnknown
                | Self::FailedElectrical
                | Self::FailedServo
                | Self::FailedRead
                | Self::FailedHandling
        )
    }
}

/// SMART data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmartData {
    slots: [Attribute; ATTRIBUTES_MAX],
    used: usize,
    /// Off-line data collection, the byte as it is; bit 7 says that it starts by itself.
    pub offline_status: u8,
    /// Seconds that off-line data collection takes.
    pub offline_seconds: u16,
    /// The last self-test.
    pub self_test: SelfTestState,
    /// While a self-test runs, the share of it that is left, in percent (steps of 10).
    pub self_test_left_percent: Option<u8>,
    /// Whether the drive runs self-tests.
    pub can_self_test: bool,
    /// Minutes that a short self-test takes; `None` where there is none.
    pub short_test_minutes: Option<u16>,
    /// Minutes that an extended self-test takes; `None` where there is none.
    pub extended_test_minutes: Option<u16>,
}

impl SmartData {
    /// The attributes, in the order of the drive's slots; unused slots are left out.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        self.slots.get(..self.used).unwrap_or(&self.slots)
    }

    /// The attribute of this number.
    #[must_use]
    pub fn attribute(&self, id: u8) -> Option<&Attribute> {
        self.attributes().iter().find(|attribute| attribute.id == id)
    }
}

/// Reads SMART data.
///
/// # Errors
/// [`PageError`] where it is not 512 bytes long or its checksum is wrong.
pub fn parse_data(page: &[u8]) -> Result<SmartData, PageError> {
    let sector = Sector::checked(DATA, page)?;
    let mut slots = [Attribute { id: 0, flags: 0, current: 0, worst: 0, raw: 0, extra: 0 }; ATTRIBUTES_MAX];
    let mut used = 0;
    let found = (0..ATTRIBUTES_MAX).map(|slot| attribute_at(sector, FIRST_AT + slot * ENTRY_BYTES));
    for (place, attribute) in slots.iter_mut().zip(found.filter(|attribute| attribute.id != 0)) {
        *place = attribute;
        used += 1;
    }
    let status = sector.byte(SELF_TEST_STATUS_AT);
    let self_test = SelfTestState::of(status);
    let can_self_test = sector.byte(OFFLINE_CAPABILITY_AT) & CAN_SELF_TEST != 0;
    let extended = match sector.byte(EXTENDED_MINUTES_AT) {
        MINUTES_IN_WORD => sector.u16(EXTENDED_MINUTES_WORD_AT),
        minutes => u16::from(minutes),
    };
    let told = |minutes: u16| (can_self_test && minutes != 0).then_some(minutes);
    Ok(SmartData {
        slots,
        used,
        offline_status: sector.byte(OFFLINE_STATUS_AT),
        offline_seconds: sector.u16(OFFLINE_SECONDS_AT),
        self_test,
        self_test_left_percent: (self_test == SelfTestState::Running).then_some((status & 0x0f).min(10) * 10),
        can_self_test,
        short_test_minutes: told(u16::from(sector.byte(SHORT_MINUTES_AT))),
        extended_test_minutes: told(extended),
    })
}

fn attribute_at(sector: Sector<'_>, at: usize) -> Attribute {
    Attribute {
        id: sector.byte(at),
        flags: sector.u16(at + 1),
        current: sector.byte(at + 3),
        worst: sector.byte(at + 4),
        raw: sector.u48(at + 5),
        extra: sector.byte(at + 11),
    }
}

/// The threshold of each attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Number and threshold, in the order of the drive's slots; a number of 0 is an unused slot.
    slots: [(u8, u8); ATTRIBUTES_MAX],
}

impl Thresholds {
    /// Of a drive that has none: nothing fails.
    pub const NONE: Self = Self { slots: [(0, 0); ATTRIBUTES_MAX] };

    /// The threshold of the attribute `id`; `None` where the drive has none for it.
    #[must_use]
    pub fn of(&self, id: u8) -> Option<u8> {
        self.slots.iter().find(|(found, _)| *found == id && id != 0).map(|(_, threshold)| *threshold)
    }
}

/// Reads SMART thresholds.
///
/// # Errors
/// As for [`parse_data`].
pub fn parse_thresholds(page: &[u8]) -> Result<Thresholds, PageError> {
    let sector = Sector::checked(THRESHOLDS, page)?;
    let mut slots = Thresholds::NONE.slots;
    for (slot, place) in slots.iter_mut().enumerate() {
        let at = FIRST_AT + slot * ENTRY_BYTES;
        *place = (sector.byte(at), sector.byte(at + 1));
    }
    Ok(Thresholds { slots })
}

/// The drive's own verdict: SMART RETURN STATUS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// No threshold is exceeded.
    Passed,
    /// A threshold is exceeded.
    Failed,
}

impl Health {
    /// Out of the middle and high byte of LBA: 4F C2 as they were sent, or F4 2C. `None` for anything else, which
    /// bridges return that lose the registers.
    #[must_use]
    pub const fn of(registers: Registers) -> Option<Self> {
        match registers.lba & 0x00ff_ff00 {
            0x00c2_4f00 => Some(Self::Passed),
            0x002c_f400 => Some(Self::Failed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ata::page::testing::{every_bit_flip, every_cut_is_an_error};

    /// See `fixtures/README.md`.
    const HARD_DISK: &[u8] = include_bytes!("../../fixtures/ata_smart/hard-disk.bin");
    const LIMITS: &[u8] = include_bytes!("../../fixtures/ata_thresholds/hard-disk.bin");

    #[test]
    fn attributes_keep_their_48_bits() {
        let data = parse_data(HARD_DISK).unwrap();
        let ids: Vec<u8> = data.attributes().iter().map(|attribute| attribute.id).collect();
        assert_eq!(ids, [1, 3, 4, 5, 7, 9, 10, 12, 187, 188, 190, 194, 197, 198, 199, 240]);
        let seek = data.attribute(7).unwrap();
        assert_eq!((seek.flags, seek.current, seek.worst, seek.raw), (0x000f, 81, 60, 0x0003_089a_bcde));
        assert_eq!(data.attribute(197).unwrap().raw, 8);
        assert_eq!(data.attribute(2), None);
    }

    #[test]
    fn a_running_self_test_says_how_much_is_left() {
        let data = parse_data(HARD_DISK).unwrap();
        assert_eq!((data.self_test, data.self_test_left_percent), (SelfTestState::Running, Some(70)));
        assert_eq!((data.short_test_minutes, data.extended_test_minutes), (Some(1), Some(703)));
        assert!(data.can_self_test);
        assert_eq!((data.offline_status, data.offline_seconds), (0x82, 575));
    }

    #[test]
    fn an_attribute_fails_at_its_threshold_and_never_at_zero() {
        let attribute = Attribute { id: 5, flags: 0x33, current: 36, worst: 10, raw: 0, extra: 0 };
        assert!(attribute.is_failed(36) && attribute.is_failed(37) && !attribute.is_failed(35));
        assert!(attribute.has_failed(35) && !attribute.has_failed(9));
        let lowest = Attribute { current: 0, worst: 0, ..attribute };
        assert!(!lowest.is_failed(0) && !lowest.has_failed(0));
        let limits = parse_thresholds(LIMITS).unwrap();
        assert_eq!(
            [limits.of(1), limits.of(5), limits.of(190), limits.of(2)],
            [Some(6), Some(10), Some(40), None]
        );
        assert_eq!(limits.of(0), None);
    }

    #[test]
    fn every_cut_is_an_error_and_every_flipped_bit_is_noticed() {
        every_cut_is_an_error(HARD_DISK, parse_data);
        every_cut_is_an_error(LIMITS, parse_thresholds);
        every_bit_flip(HARD_DISK, parse_data, |at, outcome| {
            assert_eq!(outcome, Err(PageError::Checksum { page: DATA }), "byte {at}");
        });
        every_bit_flip(LIMITS, parse_thresholds, |at, outcome| {
            assert_eq!(outcome, Err(PageError::Checksum { page: THRESHOLDS }), "byte {at}");
        });
        let long = [HARD_DISK, &[0]].concat();
        assert_eq!(parse_data(&long), Err(PageError::Length { page: DATA, bytes: 513, needed: 512 }));
    }

    #[test]
    fn the_verdict_is_in_the_registers_or_nowhere() {
        let registers = |lba| Registers { error: 0, status: 0x50, count: 0, lba };
        assert_eq!(Health::of(registers(0x00c2_4f01)), Some(Health::Passed));
        assert_eq!(Health::of(registers(0x002c_f400)), Some(Health::Failed));
        assert_eq!(Health::of(registers(0)), None);
        assert_eq!(Health::of(registers(0x002c_4f00)), None);
    }

    #[test]
    fn an_aborted_self_test_is_no_failure() {
        let failing: Vec<u8> = (0..16).filter(|code| SelfTestState::of(code << 4).is_failure()).collect();
        assert_eq!(failing, [3, 4, 5, 6, 7, 8]);
        assert_eq!(SelfTestState::of(0x9a), SelfTestState::Reserved(9));
    }
}
