//! Log page 0x02, SMART and health information (Base Specification 2.0, figure 208).

use super::bytes::{Count, Page, Temperature};
use super::error::PageError;

/// Bytes of the page.
const PAGE_BYTES: usize = 512;
/// Percent of spare there can be.
const SPARE_PERCENT_MAX: u8 = 100;

/// The controller's alarms: the byte `critical_warning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warnings(pub u8);

impl Warnings {
    /// Spare is below its threshold.
    pub const SPARE: u8 = 1 << 0;
    /// A temperature is beyond a threshold.
    pub const TEMPERATURE: u8 = 1 << 1;
    /// Reliability is degraded by media or internal errors.
    pub const RELIABILITY: u8 = 1 << 2;
    /// All media are read only.
    pub const READ_ONLY: u8 = 1 << 3;
    /// The backup of volatile memory has failed.
    pub const BACKUP: u8 = 1 << 4;
    /// The persistent memory region is read only or unreliable.
    pub const PERSISTENT_MEMORY: u8 = 1 << 5;
    /// Bits without a meaning yet.
    pub const RESERVED: u8 = 0b1100_0000;

    /// Whether one of the bits `mask` is set.
    #[must_use]
    pub const fn has(self, mask: u8) -> bool {
        self.0 & mask != 0
    }
}

/// What a controller says of itself. Names are the specification's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Alarms.
    pub warnings: Warnings,
    /// Composite temperature.
    pub composite: Temperature,
    /// Spare that is left, percent; `None` beyond 100, which the specification does not have.
    pub spare_percent: Option<u8>,
    /// Spare below which there is an alarm, percent; `None` beyond 100.
    pub spare_threshold_percent: Option<u8>,
    /// Endurance used by the vendor's estimate, percent; 255 stands for that and more.
    pub used_percent: u8,
    /// Alarms of the endurance groups, as bits like [`Warnings`].
    pub endurance_group_warnings: u8,
    /// Data read in units of 1000 × 512 bytes; 0 where it is not reported.
    pub data_units_read: Count,
    /// Data written in units of 1000 × 512 bytes; 0 where it is not reported.
    pub data_units_written: Count,
    /// Read commands completed.
    pub host_reads: Count,
    /// Write commands completed.
    pub host_writes: Count,
    /// Minutes with commands outstanding.
    pub busy_minutes: Count,
    /// Power cycles.
    pub power_cycles: Count,
    /// Hours on.
    pub power_on_hours: Count,
    /// Losses of power without notice.
    pub unsafe_shutdowns: Count,
    /// Times that data could not be read back correctly.
    pub media_errors: Count,
    /// Entries ever made in the error log.
    pub error_log_entries: Count,
    /// Minutes above the warning temperature.
    pub warning_temperature_minutes: u32,
    /// Minutes above the critical temperature.
    pub critical_temperature_minutes: u32,
    /// Thermometers 1 to 8.
    pub sensors: [Temperature; 8],
    /// Times that the controller slowed down to cool, lightly and heavily.
    pub throttles: [u32; 2],
    /// Seconds for which it was slowed down, lightly and heavily.
    pub throttled_seconds: [u32; 2],
}

/// Takes the page apart. Bytes beyond it are left alone.
///
/// # Errors
/// [`PageError`] with fewer than 512 bytes.
pub fn parse(bytes: &[u8]) -> Result<Health, PageError> {
    let page = Page::<PAGE_BYTES>::new(bytes)?;
    let percent = |byte: u8| (byte <= SPARE_PERCENT_MAX).then_some(byte);
    Ok(Health {
        warnings: Warnings(page.byte::<0>()),
        composite: page.temperature::<1>(),
        spare_percent: percent(page.byte::<3>()),
        spare_threshold_percent: percent(page.byte::<4>()),
        used_percent: page.byte::<5>(),
        endurance_group_warnings: page.byte::<6>(),
        data_units_read: page.count::<32>(),
        data_units_written: page.count::<48>(),
        host_reads: page.count::<64>(),
        host_writes: page.count::<80>(),
        busy_minutes: page.count::<96>(),
        power_cycles: page.count::<112>(),
        power_on_hours: page.count::<128>(),
        unsafe_shutdowns: page.count::<144>(),
        media_errors: page.count::<160>(),
        error_log_entries: page.count::<176>(),
        warning_temperature_minutes: page.u32::<192>(),
        critical_temperature_minutes: page.u32::<196>(),
        sensors: [
            page.temperature::<200>(),
            page.temperature::<202>(),
            page.temperature::<204>(),
            page.temperature::<206>(),
            page.temperature::<208>(),
            page.temperature::<210>(),
            page.temperature::<212>(),
            page.temperature::<214>(),
        ],
        throttles: [page.u32::<216>(), page.u32::<220>()],
        throttled_seconds: [page.u32::<224>(), page.u32::<228>()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page whose every field is told from every other by its value.
    fn page() -> [u8; 512] {
        let mut page = [0; 512];
        let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[0b0010_0101]);
        put(1, &311_u16.to_le_bytes());
        put(3, &[97, 10, 103, 0b100]);
        for (number, at) in (32..192).step_by(16).enumerate() {
            put(at, &(1_000_000_007 + number as u128).to_le_bytes());
        }
        for (number, at) in [192, 196, 216, 220, 224, 228].into_iter().enumerate() {
            put(at, &(70_001 + u32::try_from(number).unwrap()).to_le_bytes());
        }
        for (number, at) in (200..216).step_by(2).enumerate() {
            put(at, &(301 + u16::try_from(number).unwrap()).to_le_bytes());
        }
        page
    }

    #[test]
    fn every_field_is_at_its_place() {
        let health = parse(&page()).unwrap();
        assert_eq!(health.warnings, Warnings(0b10_0101));
        assert!(health.warnings.has(Warnings::SPARE) && !health.warnings.has(Warnings::READ_ONLY));
        assert_eq!(health.composite.celsius(), Some(38));
        assert_eq!((health.spare_percent, health.spare_threshold_percent), (Some(97), Some(10)));
        assert_eq!((health.used_percent, health.endurance_group_warnings), (103, 4));
        let counts = [
            health.data_units_read,
            health.data_units_written,
            health.host_reads,
            health.host_writes,
            health.busy_minutes,
            health.power_cycles,
            health.power_on_hours,
            health.unsafe_shutdowns,
            health.media_errors,
            health.error_log_entries,
        ];
        assert!(counts.iter().map(|count| count.value).eq(1_000_000_007..1_000_000_017), "{counts:?}");
        assert_eq!(
            (health.warning_temperature_minutes, health.critical_temperature_minutes),
            (70_001, 70_002)
        );
        assert_eq!((health.throttles, health.throttled_seconds), ([70_003, 70_004], [70_005, 70_006]));
        assert!(health.sensors.iter().map(|sensor| sensor.celsius()).eq((28..36).map(Some)));
    }

    #[test]
    fn a_page_cut_anywhere_is_too_short() {
        let page = page();
        for end in 0..page.len() {
            assert_eq!(parse(&page[..end]), Err(PageError { bytes: end, wanted: 512 }));
        }
    }

    #[test]
    fn a_bit_that_flips_changes_its_own_field_or_nothing() {
        let page = page();
        let whole = parse(&page).unwrap();
        for bit in 0..page.len() * 8 {
            let mut flipped = page;
            flipped[bit / 8] ^= 1 << (bit % 8);
            let health = parse(&flipped).unwrap();
            let is_field = matches!(bit / 8, 0..=6 | 32..=231);
            assert_eq!(health != whole, is_field, "bit {bit}");
        }
    }

    #[test]
    fn what_cannot_be_is_no_value() {
        let mut page = page();
        page[3] = 101;
        page[4] = 255;
        page[1..3].copy_from_slice(&999_u16.to_le_bytes());
        page[32..48].fill(0xff);
        let health = parse(&page).unwrap();
        assert_eq!((health.spare_percent, health.spare_threshold_percent), (None, None));
        assert_eq!(health.composite, Temperature::Implausible(999));
        assert_eq!(health.data_units_read, Count { value: u64::MAX, is_saturated: true });
    }
}
