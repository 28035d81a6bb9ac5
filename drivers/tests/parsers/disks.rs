//! Rows of the table for the pages of disks.
//!
//! Most pages have a checksum, which damage breaks. So that more than that is reached, each is also read with its
//! checksum put right.

use hearth_drivers::ata::identify::Identity;
use hearth_drivers::ata::overlay::{Decoded, decode, format};
use hearth_drivers::ata::scsi::{self, Inquiry};
use hearth_drivers::ata::scsi_log::{self, LogPage};
use hearth_drivers::ata::sense::Sense;
use hearth_drivers::ata::smart::{ATTRIBUTES_MAX, SmartData};
use hearth_drivers::ata::{SECTOR_BYTES, sct, selftest_log, smart};

/// `page` with its last byte of each 512 such that they add up to 0.
fn resealed(page: &[u8]) -> Vec<u8> {
    let mut page = page.to_vec();
    for sector in page.chunks_exact_mut(SECTOR_BYTES) {
        sector[SECTOR_BYTES - 1] = 0;
        let sum = sector.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        sector[SECTOR_BYTES - 1] = sum.wrapping_neg();
    }
    page
}

fn adds_up(page: &[u8]) -> bool {
    page.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0
}

pub(super) fn check_identify(page: &[u8]) -> bool {
    for page in [page, &resealed(page)] {
        if let Ok(identity) = Identity::parse(page) {
            assert!(page.len() == SECTOR_BYTES && (page[510] != 0xa5 || adds_up(page)));
            assert_eq!(identity.model.as_bytes().trim_ascii(), identity.model.as_bytes());
        }
    }
    Identity::parse(page).is_ok()
}

pub(super) fn check_smart(page: &[u8]) -> bool {
    for page in [page, &resealed(page)] {
        if let Ok(data) = smart::parse_data(page) {
            assert!(page.len() == SECTOR_BYTES && adds_up(page));
            check_attributes(&data);
        }
    }
    smart::parse_data(page).is_ok()
}

fn check_attributes(data: &SmartData) {
    assert!(data.attributes().len() <= ATTRIBUTES_MAX);
    assert!(data.self_test_left_percent.is_none_or(|left| left <= 100));
    for attribute in data.attributes() {
        assert!(attribute.id != 0 && attribute.raw >> 48 == 0, "{attribute:?}");
        for model in [&b"ST8000VN004"[..], b"Maxtor 6Y120L0", b"SAMSUNG SV0412H", b"any"] {
            if let Decoded::Count(count) = decode(format(model, attribute.id), attribute) {
                assert!(count <= attribute.raw, "{attribute:?}");
            }
        }
    }
}

pub(super) fn check_thresholds(page: &[u8]) -> bool {
    for page in [page, &resealed(page)] {
        assert!(
            smart::parse_thresholds(page).is_ok_and(|limits| limits.of(0).is_none())
                || !adds_up(page)
                || page.len() != SECTOR_BYTES
        );
    }
    smart::parse_thresholds(page).is_ok()
}

pub(super) fn check_self_tests(page: &[u8]) -> bool {
    for page in [page, &resealed(page)] {
        if let Ok(log) = selftest_log::parse(page) {
            assert!(log.standing_failures() <= log.failures() && log.failures() <= log.entries().count());
            assert!(log.entries().all(|entry| entry.left_percent <= 100));
        }
    }
    selftest_log::parse(page).is_ok()
}

pub(super) fn check_extended_self_tests(pages: &[u8]) -> bool {
    for pages in [pages, &resealed(pages)] {
        if let Ok(log) = selftest_log::parse_extended(pages) {
            assert!(log.entries().count() <= selftest_log::ENTRIES_MAX);
            assert!(log.entries().all(|entry| entry.failing_sector.is_none_or(|sector| sector >> 48 == 0)));
        }
    }
    selftest_log::parse_extended(pages).is_ok()
}

pub(super) fn check_sct(page: &[u8]) -> bool {
    let status = sct::parse(page);
    assert!(status.is_err() || page.len() == SECTOR_BYTES);
    status.is_ok_and(|status| status.celsius != Some(i8::MIN))
}

pub(super) fn check_sense(bytes: &[u8]) -> bool {
    let sense = Sense::parse(bytes);
    assert!(sense.is_err() || bytes.len() >= 8);
    sense
        .is_ok_and(|sense| sense.key < 16 && sense.registers.is_none_or(|registers| registers.lba >> 24 == 0))
}

pub(super) fn check_inquiry(bytes: &[u8]) -> bool {
    // The same bytes as other pages of the same command.
    assert!(scsi::parse_ata_information(bytes).is_err() || bytes[1] == scsi::ATA_INFORMATION);
    assert!(scsi::parse_serial(bytes).is_err() || bytes[1] == scsi::SERIAL_NUMBER);
    Inquiry::parse(bytes).is_ok_and(|inquiry| inquiry.device_type < 0x20)
}

/// Every page that is known, by the code that stands in the first byte.
pub(super) fn check_scsi_log(bytes: &[u8]) -> bool {
    let Some(code) = bytes.first().map(|byte| byte & 0x3f) else { return false };
    let understood = match code {
        scsi_log::SUPPORTED => scsi_log::parse_supported(bytes).is_ok(),
        scsi_log::TEMPERATURE => scsi_log::parse_temperature(bytes).is_ok(),
        scsi_log::START_STOP => scsi_log::parse_starts(bytes).is_ok(),
        scsi_log::SELF_TESTS => {
            scsi_log::parse_self_tests(bytes).is_ok_and(|tests| tests.count() <= bytes.len() / 4)
        }
        scsi_log::BACKGROUND_SCAN => scsi_log::parse_power_on_seconds(bytes).is_ok(),
        scsi_log::EXCEPTIONS => scsi_log::parse_exceptions(bytes).is_ok(),
        code => scsi_log::parse_errors(code, bytes).is_ok(),
    };
    let filled =
        LogPage::parse(code, bytes).map(|page| page.map(|(_, value)| value.len() + 4).sum::<usize>());
    assert!(filled.is_err() || filled.is_ok_and(|filled| filled + 4 <= bytes.len()));
    understood
}
