//! SCT status (ACS-3, log 0xE0): the drive's own temperature, without the makers' ways of writing attribute 194.
//!
//! Reading it costs one command. It has no checksum, so that an unknown revision is refused.

use super::page::{PageError, Sector};

/// The log.
pub const LOG: u8 = 0xe0;

const PAGE: &str = "SCT status";
/// A temperature that the drive does not know.
const UNKNOWN: i8 = -128;
/// Models that freeze when they are asked (kernel `drivers/hwmon/drivetemp.c`).
const FREEZING: &[&[u8]] = &[b"TOSHIBA DT01ACA"];

/// What the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctStatus {
    /// 0 active, 1 standby, 2 sleep, 3 self-test in the background, 4 off-line collection, 5 SCT in the background.
    pub device_state: u8,
    /// Now, in degrees Celsius.
    pub celsius: Option<i8>,
    /// Least and most since power-on.
    pub power_cycle: [Option<i8>; 2],
    /// Least and most ever.
    pub lifetime: [Option<i8>; 2],
}

/// Whether a model can be asked without harm.
#[must_use]
pub fn may_ask(model: &[u8]) -> bool {
    !FREEZING.iter().any(|prefix| model.starts_with(prefix))
}

/// Reads the log's first page.
///
/// # Errors
/// [`PageError`]: not 512 bytes, or a format version other than 2 and 3.
pub fn parse(page: &[u8]) -> Result<SctStatus, PageError> {
    let sector = Sector::new(PAGE, page)?;
    let version = sector.u16(0);
    if !matches!(version, 2 | 3) {
        return Err(PageError::Unknown { page: PAGE, found: version });
    }
    let celsius = |at| Some(i8::from_le_bytes(sector.bytes(at))).filter(|celsius| *celsius != UNKNOWN);
    Ok(SctStatus {
        device_state: sector.byte(10),
        celsius: celsius(200),
        power_cycle: [celsius(201), celsius(202)],
        lifetime: [celsius(203), celsius(204)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ata::page::testing::{every_bit_flip, every_cut_is_an_error};

    /// See `fixtures/README.md`.
    const HARD_DISK: &[u8] = include_bytes!("../../fixtures/ata_sct/hard-disk.bin");

    #[test]
    fn temperatures_have_a_sign_and_may_be_unknown() {
        let status = parse(HARD_DISK).unwrap();
        assert_eq!(status.celsius, Some(38));
        assert_eq!((status.power_cycle, status.lifetime), ([Some(21), Some(43)], [Some(-2), Some(54)]));
        assert_eq!(status.device_state, 0);
        let mut cold = HARD_DISK.to_vec();
        cold[200] = 0x80;
        cold[201] = 0xf6;
        let status = parse(&cold).unwrap();
        assert_eq!((status.celsius, status.power_cycle[0]), (None, Some(-10)));
    }

    #[test]
    fn models_that_freeze_are_not_asked() {
        assert!(!may_ask(b"TOSHIBA DT01ACA300"));
        assert!(may_ask(b"TOSHIBA HDWD130") && may_ask(b"ST8000VN004-2M2101") && may_ask(b""));
    }

    #[test]
    fn cuts_and_flips_are_errors_or_other_temperatures() {
        every_cut_is_an_error(HARD_DISK, parse);
        let whole = parse(HARD_DISK).unwrap();
        every_bit_flip(HARD_DISK, parse, |at, outcome| match at {
            // 2 becomes 3, the other version that is known.
            0 => assert!(outcome.is_err() || outcome == Ok(whole)),
            1 => assert!(outcome.is_err()),
            10 | 200..=204 => assert_ne!(outcome, Ok(whole)),
            _ => assert_eq!(outcome, Ok(whole), "byte {at} is not used"),
        });
    }
}
