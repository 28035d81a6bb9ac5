//! Power modes: whether a drive may be asked at all.
//!
//! ACS-3, CHECK POWER MODE: the mode is in COUNT. SPC-5, REQUEST SENSE: the power condition is in the additional sense
//! code. Neither wakes a drive. A drive in ATA's SLEEP answers nothing and the kernel would reset it awake; no host puts
//! a disk to SLEEP unless its owner asks it to (`hdparm -Y`).

use super::sense::{Registers, Sense};

/// LOW POWER CONDITION ON and its kin.
const LOW_POWER: u8 = 0x5e;
/// NOT READY: started by a command only.
const STOPPED: (u8, u8, u8) = (2, 0x04, 0x02);

/// What a drive is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerMode {
    /// Spun down (or nearly): any command for data spins it up.
    Standby,
    /// Spinning, heads at rest or slower.
    Idle,
    /// Active, or idle: the drive does not say which.
    Active,
    /// A code that the specification does not name, so that nothing is known.
    Other(u8),
}

impl PowerMode {
    /// Of the registers that CHECK POWER MODE left.
    #[must_use]
    pub const fn of_ata(registers: Registers) -> Self {
        match registers.count {
            // Standby (also of drives that know no other), standby_y, and spun down behind a cache that is not.
            0x00 | 0x01 | 0x40 => Self::Standby,
            0x80..=0x83 => Self::Idle,
            0x41 | 0xff => Self::Active,
            code => Self::Other(code),
        }
    }

    /// Of the sense that a SCSI drive returns to REQUEST SENSE.
    #[must_use]
    pub fn of_scsi(sense: Sense) -> Self {
        match (sense.code, sense.qualifier) {
            // Standby and standby_y, by a timer or by a command; and the change towards it.
            (LOW_POWER, 0x02 | 0x04 | 0x09 | 0x0a | 0x43) => Self::Standby,
            (LOW_POWER, 0x01 | 0x03 | 0x05..=0x08 | 0x42) => Self::Idle,
            _ if (sense.key, sense.code, sense.qualifier) == STOPPED => Self::Standby,
            _ => Self::Active,
        }
    }

    /// Whether a command for data would spin it up.
    #[must_use]
    pub const fn is_asleep(self) -> bool {
        matches!(self, Self::Standby)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_specification_is_known() {
        let mode = |count| PowerMode::of_ata(Registers { error: 0, status: 0x50, count, lba: 0 });
        for (count, expected) in [
            (0x00, PowerMode::Standby),
            (0x01, PowerMode::Standby),
            (0x40, PowerMode::Standby),
            (0x41, PowerMode::Active),
            (0x80, PowerMode::Idle),
            (0x83, PowerMode::Idle),
            (0xff, PowerMode::Active),
            (0x55, PowerMode::Other(0x55)),
        ] {
            assert_eq!(mode(count), expected, "{count:#x}");
            assert_eq!(mode(count).is_asleep(), matches!(count, 0x00 | 0x01 | 0x40));
        }
    }

    #[test]
    fn a_stopped_scsi_drive_is_asleep() {
        let sense = |key, code, qualifier| Sense { key, code, qualifier, registers: None };
        assert_eq!(PowerMode::of_scsi(sense(0, 0, 0)), PowerMode::Active);
        for qualifier in [0x02, 0x04, 0x09, 0x0a, 0x43] {
            assert!(PowerMode::of_scsi(sense(0, 0x5e, qualifier)).is_asleep(), "{qualifier:#x}");
        }
        assert_eq!(PowerMode::of_scsi(sense(0, 0x5e, 0x05)), PowerMode::Idle);
        assert!(PowerMode::of_scsi(sense(2, 0x04, 0x02)).is_asleep());
        assert!(!PowerMode::of_scsi(sense(2, 0x3a, 0x00)).is_asleep());
    }
}
