//! SCSI: what a device is.
//!
//! SPC-5: INQUIRY and its pages of vital product data; SAT-4: the page that says that an ATA drive is behind a
//! translation. Bytes are big endian.

use crate::label::Label;

use super::page::PageError;

/// INQUIRY: the page that a translation to ATA has.
pub const ATA_INFORMATION: u8 = 0x89;
/// INQUIRY: the page of the unit's serial number.
pub const SERIAL_NUMBER: u8 = 0x80;
/// Bytes of the page of a translation.
pub const ATA_INFORMATION_BYTES: u16 = 572;
/// Bytes asked of standard INQUIRY data.
pub const INQUIRY_BYTES: u16 = 96;

/// The fixed part of standard INQUIRY data.
const INQUIRY_NEEDED: usize = 36;
const INQUIRY_PAGE: &str = "INQUIRY data";

/// What kind of device answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// PERIPHERAL DEVICE TYPE: 0 a disk, 5 a CD, 0x0E a simplified disk.
    pub device_type: u8,
    /// Vendor; `ATA` where Linux translates.
    pub vendor: Label<8>,
    /// Product.
    pub product: Label<16>,
    /// Revision.
    pub revision: Label<4>,
}

impl Inquiry {
    /// Reads standard INQUIRY data.
    ///
    /// # Errors
    /// [`PageError::Length`] where less came than the fixed part, or than the data says there is.
    pub fn parse(bytes: &[u8]) -> Result<Self, PageError> {
        let wrong = |needed| PageError::Length { page: INQUIRY_PAGE, bytes: bytes.len(), needed };
        let fixed: &[u8; INQUIRY_NEEDED] = bytes.first_chunk().ok_or(wrong(INQUIRY_NEEDED))?;
        let declared = usize::from(fixed[4]) + 5;
        if declared.min(usize::from(INQUIRY_BYTES)) > bytes.len() || declared < INQUIRY_NEEDED {
            return Err(wrong(declared));
        }
        Ok(Self {
            device_type: fixed[0] & 0x1f,
            vendor: label(&fixed[8..16]),
            product: label(&fixed[16..32]),
            revision: label(&fixed[32..36]),
        })
    }

    /// Whether it is a disk.
    #[must_use]
    pub const fn is_disk(&self) -> bool {
        matches!(self.device_type, 0x00 | 0x0e)
    }
}

fn label<const N: usize>(bytes: &[u8]) -> Label<N> {
    Label::new(bytes.trim_ascii()).unwrap_or_default()
}

/// What a translation to ATA says.
#[derive(Clone, Copy, Debug)]
pub struct AtaInformation<'a> {
    /// Who translates, as `linux libata`.
    pub translator: Inquiry,
    /// The drive's IDENTIFY DEVICE page, as the translator keeps it: reading it does not reach the drive.
    pub identify: &'a [u8],
}

/// Reads ATA INFORMATION. A device that has it takes ATA commands.
///
/// # Errors
/// [`PageError`] where it is another page or stops early.
pub fn parse_ata_information(page: &[u8]) -> Result<AtaInformation<'_>, PageError> {
    const NAME: &str = "ATA information";
    const IDENTIFY_AT: usize = 60;
    let needed = usize::from(ATA_INFORMATION_BYTES);
    let wrong = PageError::Length { page: NAME, bytes: page.len(), needed };
    let head: &[u8; 36] = page.first_chunk().ok_or(wrong)?;
    if head[1] != ATA_INFORMATION {
        return Err(PageError::Unknown { page: NAME, found: u16::from(head[1]) });
    }
    let declared = usize::from(u16::from_be_bytes([head[2], head[3]])) + 4;
    if declared != needed || page.len() != needed {
        return Err(wrong);
    }
    let translator = Inquiry {
        device_type: head[0] & 0x1f,
        vendor: label(&head[8..16]),
        product: label(&head[16..32]),
        revision: label(&head[32..36]),
    };
    Ok(AtaInformation { translator, identify: page.get(IDENTIFY_AT..).ok_or(wrong)? })
}

/// Reads the unit's serial number.
///
/// # Errors
/// [`PageError`] where it is another page, stops early, or is longer than any serial number is.
pub fn parse_serial(page: &[u8]) -> Result<Label<32>, PageError> {
    const NAME: &str = "the serial number page";
    let wrong = |needed| PageError::Length { page: NAME, bytes: page.len(), needed };
    let (head, rest) = page.split_first_chunk::<4>().ok_or(wrong(4))?;
    if head[1] != SERIAL_NUMBER {
        return Err(PageError::Unknown { page: NAME, found: u16::from(head[1]) });
    }
    let needed = usize::from(u16::from_be_bytes([head[2], head[3]])) + 4;
    let serial = rest.get(..needed - 4).ok_or(wrong(needed))?.trim_ascii();
    Label::new(serial).ok_or(wrong(needed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ata::page::testing::{every_bit_flip, every_cut_is_an_error};

    const INQUIRY: &[u8] = include_bytes!("../../fixtures/scsi_inquiry/sas.bin");

    #[test]
    fn a_sas_disk_says_what_it_is() {
        let inquiry = Inquiry::parse(INQUIRY).unwrap();
        assert!(inquiry.is_disk());
        assert_eq!(
            (inquiry.vendor.as_bytes(), inquiry.product.as_bytes()),
            (&b"SEAGATE"[..], &b"ST4000NM0023"[..])
        );
        assert_eq!(inquiry.revision.as_bytes(), b"0004");
        every_cut_is_an_error(INQUIRY, Inquiry::parse);
        every_bit_flip(INQUIRY, Inquiry::parse, |at, outcome| {
            if !matches!(at, 0 | 4 | 8..36) {
                assert_eq!(outcome, Ok(inquiry), "byte {at} is not used");
            }
        });
    }

    #[test]
    fn the_page_of_a_translation_is_told_from_others() {
        let mut page = vec![0; usize::from(ATA_INFORMATION_BYTES)];
        page[1..4].copy_from_slice(&[0x89, 0x02, 0x38]);
        page[8..36].copy_from_slice(b"linux   libata          3.00");
        page[60] = 0x40;
        let told = parse_ata_information(&page).unwrap();
        let AtaInformation { translator, identify } = told;
        assert_eq!(
            (translator.vendor.as_bytes(), translator.product.as_bytes()),
            (&b"linux"[..], &b"libata"[..])
        );
        assert_eq!((identify.len(), identify[0]), (512, 0x40));
        every_cut_is_an_error(&page, |bytes| parse_ata_information(bytes).map(drop));
        page[1] = 0x83;
        assert!(parse_ata_information(&page).is_err());
    }

    #[test]
    fn a_serial_number_says_its_length() {
        let serial = [0, 0x80, 0, 8, b' ', b'Z', b'1', b'Z', b'0', b'A', b'B', b' '];
        assert_eq!(parse_serial(&serial).unwrap().as_bytes(), b"Z1Z0AB");
        every_cut_is_an_error(&serial, parse_serial);
        assert!(parse_serial(&[0, 0x83, 0, 1, b'Z']).is_err());
    }
}
