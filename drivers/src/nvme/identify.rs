//! What a controller is: Identify Controller (Base Specification 2.0, figure 275).

use super::bytes::{Count, Page, Temperature};
use super::error::PageError;
use crate::label::Label;

/// Bytes of the page.
const PAGE_BYTES: usize = 4096;
/// Optional admin commands: the self-test.
const OACS_SELF_TEST: u16 = 1 << 4;
/// The NVM subsystem runs one self-test at a time, rather than one for each controller.
const DSTO_ONE_AT_A_TIME: u8 = 1 << 0;

/// Who a controller is, and what it can do of what is asked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Serial number, without the spaces around it.
    pub serial: Label<20>,
    /// Model, without the spaces around it.
    pub model: Label<40>,
    /// Revision of the firmware, without the spaces around it.
    pub firmware: Label<8>,
    /// PCI vendor.
    pub vendor: u16,
    /// Revision of the specification: major, minor, tertiary; zeros before 1.2.
    pub version: [u16; 3],
    /// Whether self-tests can be started.
    pub has_self_test: bool,
    /// Whether one self-test runs in the whole subsystem at a time.
    pub is_self_test_single: bool,
    /// How long an extended self-test takes, minutes; 0 where that is not said.
    pub extended_self_test_minutes: u16,
    /// Entries that the error log holds, 1 to 256.
    pub error_log_entries: u16,
    /// Warning temperature.
    pub warning: Temperature,
    /// Critical temperature.
    pub critical: Temperature,
    /// Capacity of all namespaces in bytes; 0 where namespaces are not managed.
    pub capacity_bytes: Count,
    /// Capacity that belongs to no namespace, in bytes.
    pub unallocated_bytes: Count,
}

/// Takes the page apart. Bytes beyond it are left alone.
///
/// # Errors
/// [`PageError`] with fewer than 4096 bytes.
pub fn parse(bytes: &[u8]) -> Result<Identity, PageError> {
    let page = Page::<PAGE_BYTES>::new(bytes)?;
    let [tertiary, minor, major_low, major_high] = page.at::<80, 4>();
    Ok(Identity {
        serial: text(page.at::<4, 20>()),
        model: text(page.at::<24, 40>()),
        firmware: text(page.at::<64, 8>()),
        vendor: page.u16::<0>(),
        version: [u16::from_le_bytes([major_low, major_high]), minor.into(), tertiary.into()],
        has_self_test: page.u16::<256>() & OACS_SELF_TEST != 0,
        is_self_test_single: page.byte::<318>() & DSTO_ONE_AT_A_TIME != 0,
        extended_self_test_minutes: page.u16::<316>(),
        // The field counts from zero.
        error_log_entries: u16::from(page.byte::<262>()) + 1,
        warning: page.temperature::<266>(),
        critical: page.temperature::<268>(),
        capacity_bytes: page.count::<280>(),
        unallocated_bytes: page.count::<296>(),
    })
}

/// ASCII, padded with spaces (section 1.5); some controllers pad with NUL. Other bytes stay as they are.
fn text<const N: usize>(field: [u8; N]) -> Label<N> {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_padding(byte)).unwrap_or(N);
    let end = field.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    Label::new(&field[start..end]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Vec<u8> {
        let mut page = vec![0; PAGE_BYTES];
        let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &0x1b36_u16.to_le_bytes());
        put(4, b"S0123              \0");
        put(24, b"A Drive 1TB                             ");
        put(64, b"1.0a    ");
        put(80, &[0, 4, 1, 0]);
        put(256, &(1_u16 << 4 | 1).to_le_bytes());
        put(262, &[63]);
        put(266, &343_u16.to_le_bytes());
        put(268, &373_u16.to_le_bytes());
        put(280, &1_000_204_886_016_u128.to_le_bytes());
        put(296, &4096_u128.to_le_bytes());
        put(316, &35_u16.to_le_bytes());
        put(318, &[1]);
        page
    }

    #[test]
    fn every_field_is_at_its_place() {
        let identity = parse(&page()).unwrap();
        assert_eq!(identity.serial.as_bytes(), b"S0123");
        assert_eq!(identity.model.as_bytes(), b"A Drive 1TB");
        assert_eq!(identity.firmware.as_bytes(), b"1.0a");
        assert_eq!((identity.vendor, identity.version), (0x1b36, [1, 4, 0]));
        assert!(identity.has_self_test && identity.is_self_test_single);
        assert_eq!((identity.extended_self_test_minutes, identity.error_log_entries), (35, 64));
        assert_eq!((identity.warning.celsius(), identity.critical.celsius()), (Some(70), Some(100)));
        assert_eq!(identity.capacity_bytes.value, 1_000_204_886_016);
        assert_eq!(identity.unallocated_bytes.value, 4096);
    }

    #[test]
    fn a_page_cut_anywhere_is_too_short() {
        let page = page();
        for end in 0..page.len() {
            assert_eq!(parse(&page[..end]).unwrap_err().bytes, end);
        }
    }

    #[test]
    fn a_bit_that_flips_gives_an_identity_all_the_same() {
        let page = page();
        for bit in 0..520 * 8 {
            let mut flipped = page.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let identity = parse(&flipped).unwrap();
            assert!(identity.serial.as_bytes().len() <= 20 && identity.error_log_entries >= 1, "bit {bit}");
        }
    }

    #[test]
    fn names_of_padding_or_of_no_text_are_kept_as_they_are() {
        assert!(text(*b"    ").is_empty());
        assert!(text([0; 4]).is_empty());
        assert_eq!(text(*b"a\"\n\xff").as_bytes(), b"a\"\n\xff");
        assert_eq!(text(*b" a b").as_bytes(), b"a b");
    }
}
