//! IDENTIFY DEVICE: what a drive says it is (ACS-3, 256 words).

use crate::label::Label;

use super::page::{PageError, Sector};

const PAGE: &str = "IDENTIFY data";
/// The low byte of word 255 where its high byte is a checksum.
const HAS_CHECKSUM: u8 = 0xa5;
/// Words of feature sets are given where bits 15:14 of the last of them are 01.
const GIVEN_MASK: u16 = 0xc000;
const GIVEN: u16 = 0x4000;

/// What moves inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The drive does not tell.
    NotTold,
    /// Nothing: a solid-state drive.
    None,
    /// Platters, at so many turns a minute.
    Rpm(u16),
}

/// What of SMART a drive has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmartSupport {
    /// Nothing.
    None,
    /// It is there and was switched off (SMART DISABLE OPERATIONS).
    Disabled,
    /// It is there and on.
    Enabled,
}

/// A drive's own description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Model, blanks around it taken off.
    pub model: Label<40>,
    /// Serial number.
    pub serial: Label<20>,
    /// Revision of the firmware.
    pub firmware: Label<8>,
    /// World wide name, where there is one.
    pub wwn: Option<u64>,
    /// Platters or not.
    pub rotation: Rotation,
    /// SMART.
    pub smart: SmartSupport,
    /// Whether SMART self-tests are supported.
    pub has_self_test: bool,
    /// Whether logs can be read by 48-bit commands.
    pub has_general_logging: bool,
    /// Whether the drive has SMART Command Transport, and so a temperature of its own.
    pub has_sct: bool,
    /// Bytes in a logical sector.
    pub logical_sector_bytes: u32,
    /// Bytes in a physical sector.
    pub physical_sector_bytes: u32,
    /// Logical sectors.
    pub sectors: u64,
    /// Speed of a Serial ATA link now, in megabits a second, and the greatest that the drive can (words 77 and 76).
    pub link_mbps: [Option<u32>; 2],
    /// Advanced power management, 1 (least power) to 254 (never less than full speed); `None` where it is off.
    pub power_management: Option<u8>,
}

impl Identity {
    /// Reads a page.
    ///
    /// # Errors
    /// [`PageError`]: not 512 bytes, a wrong checksum where the drive keeps one (many old ones do not), or word 0 of
    /// something other than an ATA drive.
    pub fn parse(page: &[u8]) -> Result<Self, PageError> {
        let sector = Sector::new(PAGE, page)?;
        if sector.byte(510) == HAS_CHECKSUM && !sector.adds_up() {
            return Err(PageError::Checksum { page: PAGE });
        }
        let word = |number: usize| sector.u16(number * 2);
        // Bit 15 is a packet device; all zeros or all ones is no answer at all.
        let general = word(0);
        if general & 0x8000 != 0 || (general == 0 && word(27) == 0) {
            return Err(PageError::Unknown { page: PAGE, found: general });
        }
        let supported =
            |number: usize, bit: u32| word(83) & GIVEN_MASK == GIVEN && word(number) >> bit & 1 == 1;
        let enabled =
            |number: usize, bit: u32| word(87) & GIVEN_MASK == GIVEN && word(number) >> bit & 1 == 1;
        let extended = |bit: u32| word(84) & GIVEN_MASK == GIVEN && word(84) >> bit & 1 == 1;
        let smart = match (supported(82, 0), enabled(85, 0)) {
            (false, _) => SmartSupport::None,
            (true, false) => SmartSupport::Disabled,
            (true, true) => SmartSupport::Enabled,
        };
        let wwn =
            [108, 109, 110, 111].into_iter().fold(0, |name, number| name << 16 | u64::from(word(number)));
        Ok(Self {
            model: text::<40>(sector, 27),
            serial: text::<20>(sector, 10),
            firmware: text::<8>(sector, 23),
            wwn: (enabled(87, 8) && wwn != 0).then_some(wwn),
            rotation: rotation(word(217)),
            smart,
            has_self_test: extended(1),
            has_general_logging: extended(5),
            has_sct: word(206) & 1 == 1,
            logical_sector_bytes: sector_bytes(sector),
            physical_sector_bytes: physical_sector_bytes(sector),
            sectors: sectors(sector),
            link_mbps: link_mbps(word(77), word(76)),
            power_management: (enabled(86, 3)).then(|| sector.byte(91 * 2)).filter(|level| *level != 0),
        })
    }
}

/// Text of `N` bytes from word `first`: each word holds two characters, the first in its high byte.
fn text<const N: usize>(sector: Sector<'_>, first: usize) -> Label<N> {
    let mut bytes: [u8; N] = sector.bytes(first * 2);
    bytes.chunks_exact_mut(2).for_each(|pair| pair.reverse());
    let until_nul = bytes.split(|byte| *byte == 0).next().unwrap_or(&[]);
    Label::new(until_nul.trim_ascii()).unwrap_or_default()
}

const fn rotation(word: u16) -> Rotation {
    match word {
        1 => Rotation::None,
        0x0401..=0xfffe => Rotation::Rpm(word),
        _ => Rotation::NotTold,
    }
}

fn sectors(sector: Sector<'_>) -> u64 {
    let has_48_bits = sector.u16(83 * 2) & (GIVEN_MASK | 1 << 10) == GIVEN | 1 << 10;
    if has_48_bits {
        u64::from(sector.u32(100 * 2)) | u64::from(sector.u32(102 * 2)) << 32
    } else {
        u64::from(sector.u32(60 * 2))
    }
}

fn sector_bytes(sector: Sector<'_>) -> u32 {
    let sizes = sector.u16(106 * 2);
    let has_long_sectors = sizes & (GIVEN_MASK | 1 << 12) == GIVEN | 1 << 12;
    // Words, two bytes each.
    if has_long_sectors { sector.u32(117 * 2).saturating_mul(2) } else { 512 }
}

/// Bits 3 to 0 of word 106 are the power of two of logical sectors in a physical one.
fn physical_sector_bytes(sector: Sector<'_>) -> u32 {
    let sizes = sector.u16(106 * 2);
    let has_several = sizes & (GIVEN_MASK | 1 << 13) == GIVEN | 1 << 13;
    let power = if has_several { u32::from(sizes & 0xf) } else { 0 };
    sector_bytes(sector).saturating_mul(1 << power)
}

/// Generations 1 to 3 of Serial ATA are 1.5, 3 and 6 gigabits a second. Word 76 is all zeros or all ones where the link is
/// not Serial ATA; bits 1 to 3 are the generations, and bits 3 to 1 of word 77 the number of the one in use.
const fn link_mbps(now: u16, able: u16) -> [Option<u32>; 2] {
    const GENERATIONS: [u32; 3] = [1500, 3000, 6000];
    if matches!(able, 0 | 0xffff) {
        return [None; 2];
    }
    let now = match now >> 1 & 0b111 {
        1 => Some(GENERATIONS[0]),
        2 => Some(GENERATIONS[1]),
        3 => Some(GENERATIONS[2]),
        _ => None,
    };
    let most = match able >> 1 & 0b111 {
        0 => None,
        1 => Some(GENERATIONS[0]),
        2 | 3 => Some(GENERATIONS[1]),
        _ => Some(GENERATIONS[2]),
    };
    [now, most]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_links_speed_is_told_where_it_is_serial_ata() {
        assert_eq!(link_mbps(0b0110, 0b1110), [Some(6000), Some(6000)]);
        assert_eq!(link_mbps(0b0010, 0b0110), [Some(1500), Some(3000)]);
        assert_eq!(link_mbps(0b0010, 0b0010), [Some(1500), Some(1500)]);
        assert_eq!(link_mbps(0, 0b1110), [None, Some(6000)], "an old drive tells what it can alone");
        assert_eq!([link_mbps(0b0110, 0), link_mbps(0b0110, 0xffff)], [[None; 2]; 2]);
    }
    use crate::ata::page::testing::{every_bit_flip, every_cut_is_an_error};

    /// See `fixtures/README.md`.
    const HARD_DISK: &[u8] = include_bytes!("../../fixtures/ata_identify/hard-disk.bin");

    #[test]
    fn texts_and_features_of_a_drive_are_read() {
        let identity = Identity::parse(HARD_DISK).unwrap();
        assert_eq!(identity.model.as_bytes(), b"ST8000VN004-2M2101");
        assert_eq!(
            (identity.serial.as_bytes(), identity.firmware.as_bytes()),
            (&b"WSD0ABCD"[..], &b"SC60"[..])
        );
        assert_eq!(identity.wwn, Some(0x5000_c500_dead_beef));
        assert_eq!((identity.rotation, identity.smart), (Rotation::Rpm(7200), SmartSupport::Enabled));
        assert!(identity.has_self_test && identity.has_general_logging && identity.has_sct);
        assert_eq!(identity.physical_sector_bytes % 512, 0);
        assert_eq!((identity.logical_sector_bytes, identity.sectors), (512, 15_628_053_168));
        assert_eq!(identity.power_management, Some(128));
    }

    #[test]
    fn smart_that_is_off_is_told_from_smart_that_is_not_there() {
        let mut page = HARD_DISK.to_vec();
        page[510..].fill(0);
        page[85 * 2] &= !1;
        assert_eq!(Identity::parse(&page).unwrap().smart, SmartSupport::Disabled);
        page[82 * 2] &= !1;
        assert_eq!(Identity::parse(&page).unwrap().smart, SmartSupport::None);
        page[82 * 2] |= 1;
        // Words that the drive does not vouch for.
        page[83 * 2 + 1] |= 0xc0;
        assert_eq!(Identity::parse(&page).unwrap().smart, SmartSupport::None);
    }

    #[test]
    fn a_page_without_a_checksum_is_read_and_one_of_a_packet_device_is_not() {
        let mut page = HARD_DISK.to_vec();
        page[510..].fill(0);
        assert!(Identity::parse(&page).is_ok());
        page[1] = 0x85;
        assert_eq!(
            Identity::parse(&page),
            Err(PageError::Unknown { page: PAGE, found: u16::from_le_bytes([page[0], 0x85]) })
        );
        assert!(Identity::parse(&[0; 512]).is_err() && Identity::parse(&[0xff; 512]).is_err());
    }

    #[test]
    fn every_cut_is_an_error_and_every_flipped_bit_is_noticed() {
        every_cut_is_an_error(HARD_DISK, Identity::parse);
        every_bit_flip(HARD_DISK, Identity::parse, |at, outcome| match at {
            // The byte that says that there is a checksum: without it the page is as good as before.
            510 => assert!(outcome.is_ok()),
            _ => assert_eq!(outcome, Err(PageError::Checksum { page: PAGE }), "byte {at}"),
        });
    }

    #[test]
    fn speeds_outside_the_specification_are_not_told() {
        assert_eq!(
            [0, 1, 2, 0x400].map(rotation),
            [Rotation::NotTold, Rotation::None, Rotation::NotTold, Rotation::NotTold]
        );
        assert_eq!(
            [5400, 0xfffe, 0xffff].map(rotation),
            [Rotation::Rpm(5400), Rotation::Rpm(0xfffe), Rotation::NotTold]
        );
    }
}
