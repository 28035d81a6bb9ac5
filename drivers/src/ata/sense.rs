//! Sense data (SPC-5), and the ATA registers that SAT-4 puts into it.

/// Bytes that are kept of any sense data; libata and SAS adapters return at most 96.
pub const SENSE_BYTES: usize = 96;

/// The descriptor "ATA Status Return" and how long it is.
const ATA_STATUS_RETURN: u8 = 0x09;
const ATA_STATUS_RETURN_BYTES: usize = 14;
/// Fixed sense data up to the additional sense code and its qualifier.
const FIXED_BYTES: usize = 18;
/// "ATA pass through information available": only then are the fields of fixed sense data registers.
const ATA_INFORMATION: (u8, u8) = (0x00, 0x1d);

/// What is wrong with sense data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SenseError {
    /// There is none, or it stops before its end.
    #[error("the sense data stops after {bytes} bytes")]
    Short {
        /// How many came.
        bytes: usize,
    },
    /// Neither of the two formats.
    #[error("sense data of an unknown format: response code {response:#04x}")]
    Format {
        /// Its first byte.
        response: u8,
    },
}

/// Why a command failed, or what it has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sense {
    /// The sense key: 0 none, 1 recovered, 2 not ready, 5 illegal request, 0xB aborted.
    pub key: u8,
    /// The additional sense code.
    pub code: u8,
    /// Its qualifier.
    pub qualifier: u8,
    /// The ATA registers, where the answer carries them.
    pub registers: Option<Registers>,
}

/// The registers as the drive left them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// ERROR.
    pub error: u8,
    /// STATUS.
    pub status: u8,
    /// The low byte of COUNT.
    pub count: u8,
    /// The low 24 bits of LBA; all that the commands used here return.
    pub lba: u32,
}

impl Registers {
    /// Whether the drive aborted or failed the command: ERR (bit 0) or device fault (bit 5) of STATUS.
    #[must_use]
    pub const fn is_failed(self) -> bool {
        self.status & 0x21 != 0
    }
}

impl Sense {
    /// Illegal request: the device does not know the command, or not with these fields.
    #[must_use]
    pub const fn is_unsupported(self) -> bool {
        self.key == 0x05
    }

    /// Reads sense data of either format.
    ///
    /// # Errors
    /// [`SenseError`]; sense data without registers is no error.
    pub fn parse(bytes: &[u8]) -> Result<Self, SenseError> {
        let short = SenseError::Short { bytes: bytes.len() };
        match bytes.first().ok_or(short)? & 0x7f {
            0x70 | 0x71 => fixed(bytes.first_chunk().ok_or(short)?, bytes.len()),
            0x72 | 0x73 => described(bytes),
            response => Err(SenseError::Format { response }),
        }
    }
}

/// Fixed format: registers lie in INFORMATION and COMMAND-SPECIFIC INFORMATION (SAT-4, 12.2.2.7).
fn fixed(bytes: &[u8; FIXED_BYTES], available: usize) -> Result<Sense, SenseError> {
    let declared = usize::from(bytes[7]) + 8;
    if declared > available || declared < 14 {
        return Err(SenseError::Short { bytes: available });
    }
    let (code, qualifier) = (bytes[12], bytes[13]);
    let registers = ((code, qualifier) == ATA_INFORMATION).then(|| Registers {
        error: bytes[3],
        status: bytes[4],
        count: bytes[6],
        lba: u32::from_le_bytes([bytes[9], bytes[10], bytes[11], 0]),
    });
    Ok(Sense { key: bytes[2] & 0x0f, code, qualifier, registers })
}

/// Descriptor format: a header of 8 bytes, then descriptors, each with its type and length first.
fn described(bytes: &[u8]) -> Result<Sense, SenseError> {
    let short = SenseError::Short { bytes: bytes.len() };
    let (header, rest) = bytes.split_first_chunk::<8>().ok_or(short)?;
    let mut rest = rest.get(..usize::from(header[7])).ok_or(short)?;
    let mut registers = None;
    while let Some((head, after)) = rest.split_first_chunk::<2>() {
        let [kind, length] = *head;
        let body = after.get(..usize::from(length)).ok_or(short)?;
        if kind == ATA_STATUS_RETURN {
            // Where the descriptor is too short, the registers are not in it.
            registers =
                rest.first_chunk().filter(|_| body.len() + 2 >= ATA_STATUS_RETURN_BYTES).map(returned);
        }
        rest = after.get(body.len()..).ok_or(short)?;
    }
    Ok(Sense { key: header[1] & 0x0f, code: header[2], qualifier: header[3], registers })
}

fn returned(descriptor: &[u8; ATA_STATUS_RETURN_BYTES]) -> Registers {
    Registers {
        error: descriptor[3],
        status: descriptor[13],
        count: descriptor[5],
        lba: u32::from_le_bytes([descriptor[7], descriptor[9], descriptor[11], 0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ata::page::testing::{every_bit_flip, every_cut_is_an_error};

    /// What libata answers to CHECK POWER MODE with CK_COND, by `ata_gen_passthru_sense` and the descriptor of SAT-4:
    /// recovered error, 00/1D, one ATA descriptor with COUNT 0xff and STATUS 0x50.
    pub(crate) const DESCRIBED: [u8; 22] =
        [0x72, 1, 0, 0x1d, 0, 0, 0, 14, 9, 12, 0, 0, 0, 0xff, 0, 0x4f, 0, 0xc2, 0, 0xf4, 0x40, 0x50];

    /// The same in the fixed format.
    const FIXED: [u8; 18] = [0xf0, 0, 1, 0, 0x50, 0x40, 0xff, 10, 0, 0x4f, 0xc2, 0xf4, 0, 0x1d, 0, 0, 0, 0];

    #[test]
    fn both_formats_give_the_same_registers() {
        let described = Sense::parse(&DESCRIBED).unwrap();
        assert_eq!(
            described.registers,
            Some(Registers { error: 0, status: 0x50, count: 0xff, lba: 0x00f4_c24f })
        );
        assert_eq!(Sense::parse(&FIXED).unwrap(), described);
        assert!(!described.registers.unwrap().is_failed());
    }

    #[test]
    fn sense_without_registers_is_told_from_sense_with_them() {
        // Illegal request, invalid command operation code: a bridge that knows no pass-through.
        let refused = [0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0];
        let sense = Sense::parse(&refused).unwrap();
        assert_eq!((sense.key, sense.code, sense.registers), (5, 0x20, None));
        assert!(sense.is_unsupported());
        // Another descriptor (INFORMATION) before the one that is looked for.
        let mut two = vec![0x72, 1, 0, 0x1d, 0, 0, 0, 26, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        two.extend(&DESCRIBED[8..]);
        assert_eq!(Sense::parse(&two).unwrap().registers.unwrap().count, 0xff);
    }

    #[test]
    fn every_cut_of_either_format_is_an_error() {
        every_cut_is_an_error(&DESCRIBED, Sense::parse);
        every_cut_is_an_error(&FIXED, Sense::parse);
    }

    #[test]
    fn a_flipped_bit_changes_the_sense_or_nothing_that_is_used() {
        for page in [&DESCRIBED[..], &FIXED[..]] {
            let mut errors = 0;
            every_bit_flip(page, Sense::parse, |_, outcome| errors += usize::from(outcome.is_err()));
            // The format, the length and, where there are descriptors, their lengths.
            assert!(errors > 0, "no flip was noticed");
        }
    }

    #[test]
    fn unknown_formats_are_named() {
        assert_eq!(Sense::parse(&[0; 32]), Err(SenseError::Format { response: 0 }));
        assert_eq!(Sense::parse(&[]), Err(SenseError::Short { bytes: 0 }));
    }
}
