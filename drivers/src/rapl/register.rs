//! One opened counter of any back end, and its raw value.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use super::perf;
use crate::file::{Errno, KernelText, ReadError};
use crate::text::Scan;

/// How often one read is tried again after a signal interrupted it.
const INTERRUPTIONS_MAX: u32 = 8;

/// Why a counter has no value now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The kernel refused the read.
    #[error("the energy counter could not be read: {0}")]
    Read(#[from] ReadError),
    /// What came back is no number, or has the wrong length.
    #[error("the energy counter is not as the kernel writes it")]
    Malformed,
    /// A number above the range that the counter has by its own account.
    #[error("the energy counter is beyond its own range")]
    OutOfRange,
    /// The event did not run all the time: its CPU went away.
    #[error("the energy event was not counted all the time")]
    NotCounted,
}

/// An opened counter.
#[derive(Debug)]
pub enum Register {
    /// `energy_uj` of a powercap zone.
    Powercap {
        /// The open file.
        text: KernelText,
        /// How its microjoules are turned into ticks.
        scale: Scale,
    },
    /// A model-specific register.
    Msr {
        /// `/dev/cpu/N/msr`, open.
        device: File,
        /// The register's number, which is its offset in the file.
        register: u32,
    },
    /// An event of the `power` PMU.
    Perf {
        /// What `perf_event_open(2)` gave, or what a test hands over in its place.
        event: File,
    },
}

/// What the numbers of a powercap zone stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Whole microjoules of a 32-bit register, multiplied with so many nanojoules.
    Nanojoules(u64),
    /// Microjoules up to this many: no unit fits the range that the zone says it has.
    Microjoules {
        /// `max_energy_range_uj`.
        range_uj: u64,
    },
}

impl Scale {
    /// The raw counter behind `energy_uj`. The file rounds down, so the counter is the least that gives as much.
    ///
    /// # Errors
    /// [`Fault::OutOfRange`] beyond what 32 bits, or the zone's range, can be.
    pub fn raw(self, energy_uj: u64) -> Result<u64, Fault> {
        match self {
            Self::Nanojoules(unit_nj) => {
                let unit_nj = unit_nj.max(1);
                let raw = match energy_uj.checked_mul(1000) {
                    Some(energy_nj) => u128::from(energy_nj.div_ceil(unit_nj)),
                    None => (u128::from(energy_uj) * 1000).div_ceil(u128::from(unit_nj)),
                };
                match u32::try_from(raw) {
                    Ok(raw) => Ok(raw.into()),
                    Err(_beyond_32_bits) => Err(Fault::OutOfRange),
                }
            }
            Self::Microjoules { range_uj } if energy_uj <= range_uj => Ok(energy_uj),
            Self::Microjoules { .. } => Err(Fault::OutOfRange),
        }
    }
}

/// Reads the text of `energy_uj`.
///
/// # Errors
/// [`Fault::Malformed`] where it is no decimal number of 64 bits on a line of its own.
pub fn parse_energy_uj(text: &[u8]) -> Result<u64, Fault> {
    let mut scan = Scan::text(text);
    scan.u64().filter(|_| scan.at_line_end()).ok_or(Fault::Malformed)
}

impl Register {
    /// The counter now: one system call.
    ///
    /// # Errors
    /// What [`Fault`] says.
    pub fn read(&mut self) -> Result<u64, Fault> {
        match self {
            Self::Powercap { text, scale } => scale.raw(parse_energy_uj(text.read()?)?),
            Self::Msr { device, register } => Ok(read_msr(device, *register)? & u64::from(u32::MAX)),
            Self::Perf { event } => {
                let mut bytes = [0; perf::READ_BYTES];
                let length = uninterrupted(|| event.read(&mut bytes))?;
                perf::parse_read(bytes.get(..length).unwrap_or(&[]))
            }
        }
    }
}

/// All 64 bits of a register.
///
/// # Errors
/// [`Fault::Read`] as the kernel answers: `EIO` where the processor has no such register; [`Fault::Malformed`] where
/// fewer than 8 bytes came.
pub fn read_msr(device: &File, register: u32) -> Result<u64, Fault> {
    let mut bytes = [0; 8];
    let length = uninterrupted(|| device.read_at(&mut bytes, register.into()))?;
    if length == bytes.len() { Ok(u64::from_le_bytes(bytes)) } else { Err(Fault::Malformed) }
}

fn uninterrupted(mut read: impl FnMut() -> io::Result<usize>) -> Result<usize, ReadError> {
    let mut interruptions = 0;
    loop {
        match read() {
            Ok(length) => return Ok(length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted && interruptions < INTERRUPTIONS_MAX => {
                interruptions += 1;
            }
            Err(error) => return Err(ReadError::Os(Errno::of(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_register_value_survives_the_way_through_microjoules() {
        for unit_nj in [61_035_u64, 15_258, 15_300, 32_000, 1_000_000_000, 1907] {
            for raw in [0, 1, 2, 999, 65_535, 123_456_789, u64::from(u32::MAX) - 1, u64::from(u32::MAX)] {
                assert_eq!(Scale::Nanojoules(unit_nj).raw(raw * unit_nj / 1000), Ok(raw), "{unit_nj} nJ");
            }
        }
    }

    #[test]
    fn a_number_beyond_the_range_is_refused() {
        let scale = Scale::Nanojoules(61_035);
        assert_eq!(scale.raw(262_143_328_850), Ok(u32::MAX.into()));
        assert_eq!(scale.raw(262_143_400_000), Err(Fault::OutOfRange));
        assert_eq!(scale.raw(u64::MAX), Err(Fault::OutOfRange));
        let scale = Scale::Microjoules { range_uj: 10 };
        assert_eq!((scale.raw(10), scale.raw(11)), (Ok(10), Err(Fault::OutOfRange)));
    }

    #[test]
    fn only_a_whole_number_on_its_line_is_energy() {
        assert_eq!(parse_energy_uj(b"262143328850\n"), Ok(262_143_328_850));
        for text in [
            &b""[..],
            b"\n",
            b"12",
            b"-5\n",
            b"NaN\n",
            b"1.5\n",
            b"0x10\n",
            b"7 8\n",
            b"18446744073709551616\n",
        ] {
            assert_eq!(parse_energy_uj(text), Err(Fault::Malformed), "{}", text.escape_ascii());
        }
    }
}
