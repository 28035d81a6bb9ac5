//! A page of 512 bytes: its length and its checksum are checked once, then it is indexed.

/// Bytes of an ATA data block, whatever the drive's sectors are.
pub const SECTOR_BYTES: usize = 512;

/// What is wrong with a page that a drive returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Not as long as the page is, or as it says of itself.
    #[error("{page} has {bytes} bytes, not {needed}")]
    Length {
        /// The page.
        page: &'static str,
        /// How many bytes came.
        bytes: usize,
        /// How many it has.
        needed: usize,
    },
    /// The bytes do not add up to 0 modulo 256: the page was damaged on its way, or by the drive's firmware.
    #[error("the checksum of {page} is wrong, so that none of it is believed")]
    Checksum {
        /// The page.
        page: &'static str,
    },
    /// It is another page, or a revision that is not known.
    #[error("{page} does not begin as it should: {found:#06x}")]
    Unknown {
        /// The page.
        page: &'static str,
        /// What stands where its revision or its name should be.
        found: u16,
    },
}

/// A page of 512 bytes, little endian.
#[derive(Clone, Copy)]
pub(super) struct Sector<'a>(&'a [u8; SECTOR_BYTES]);

impl<'a> Sector<'a> {
    /// `bytes` as the page called `page`.
    pub(super) fn new(page: &'static str, bytes: &'a [u8]) -> Result<Self, PageError> {
        match bytes.first_chunk() {
            Some(sector) if bytes.len() == SECTOR_BYTES => Ok(Self(sector)),
            _ => Err(PageError::Length { page, bytes: bytes.len(), needed: SECTOR_BYTES }),
        }
    }

    /// As [`Sector::new`], for a page whose bytes add up to 0 (ACS-3, "data structure checksum").
    pub(super) fn checked(page: &'static str, bytes: &'a [u8]) -> Result<Self, PageError> {
        let sector = Self::new(page, bytes)?;
        if sector.adds_up() { Ok(sector) } else { Err(PageError::Checksum { page }) }
    }

    pub(super) fn adds_up(self) -> bool {
        self.0.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0
    }

    /// `N` bytes from `at`, which the caller knows to lie inside.
    pub(super) fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        debug_assert!(at + N <= SECTOR_BYTES, "a constant offset lies inside the page");
        self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    pub(super) fn byte(self, at: usize) -> u8 {
        let [byte] = self.bytes(at);
        byte
    }

    pub(super) fn u16(self, at: usize) -> u16 {
        u16::from_le_bytes(self.bytes(at))
    }

    pub(super) fn u32(self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    pub(super) fn u48(self, at: usize) -> u64 {
        let [b0, b1, b2, b3, b4, b5] = self.bytes(at);
        u64::from_le_bytes([b0, b1, b2, b3, b4, b5, 0, 0])
    }
}

/// What pages of bytes made by tests have in common.
#[cfg(test)]
pub(super) mod testing {
    use super::SECTOR_BYTES;

    /// Sets the last byte so that all add up to 0.
    pub(in crate::ata) fn seal(page: &mut [u8; SECTOR_BYTES]) {
        page[SECTOR_BYTES - 1] = 0;
        let sum = page.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        page[SECTOR_BYTES - 1] = sum.wrapping_neg();
    }

    /// Calls `parse` with every shorter prefix and demands an error of each.
    pub(in crate::ata) fn every_cut_is_an_error<T, E>(page: &[u8], parse: impl Fn(&[u8]) -> Result<T, E>) {
        assert!(parse(page).is_ok(), "the whole page is understood");
        for end in 0..page.len() {
            assert!(parse(&page[..end]).is_err(), "cut at {end}");
        }
    }

    /// Calls `parse` with every bit flipped once, and hands the outcome to `judge` with the flipped byte's place.
    pub(in crate::ata) fn every_bit_flip<T>(
        page: &[u8],
        parse: impl Fn(&[u8]) -> T,
        mut judge: impl FnMut(usize, T),
    ) {
        let mut flipped = page.to_vec();
        for at in 0..page.len() {
            for bit in 0..8 {
                flipped[at] ^= 1 << bit;
                judge(at, parse(&flipped));
                flipped[at] ^= 1 << bit;
            }
        }
    }
}
