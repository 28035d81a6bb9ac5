//! Pages of drives whose values are known from elsewhere: captured ones, and ones rebuilt from published listings.
//!
//! What stands in the tables here is what `fixtures/README.md` and `tests/fixtures/README.md` name; the bytes are in files.

#[cfg(test)]
mod tests {
    use hearth_drivers::ata::identify::{Identity, Rotation, SmartSupport};
    use hearth_drivers::ata::overlay::{Decoded, decode, format};
    use hearth_drivers::ata::selftest_log::{self, Kind};
    use hearth_drivers::ata::smart::{self, SelfTestState, SmartData, Thresholds};
    use hearth_drivers::nvme::bytes::Temperature;
    use hearth_drivers::nvme::health::Warnings;
    use hearth_drivers::nvme::{error_log, health, identify};

    macro_rules! page {
        ($path:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))
        };
    }

    #[test]
    fn an_emulated_nvme_drive_says_what_was_done_to_it() {
        let health = health::parse(page!("tests/fixtures/qemu/nvme-smart.bin")).unwrap();
        assert_eq!(health.warnings, Warnings(0x0a));
        assert!(health.warnings.has(Warnings::TEMPERATURE) && health.warnings.has(Warnings::READ_ONLY));
        assert_eq!(health.composite, Temperature::Kelvin(323));
        assert_eq!(health.composite.celsius(), Some(50));
        let data = [health.data_units_read, health.data_units_written, health.host_reads, health.host_writes];
        assert_eq!(
            data.map(|count| (count.value, count.is_saturated)),
            [132, 66, 132, 64].map(|n| (n, false))
        );
        assert_eq!(error_log::parse(page!("tests/fixtures/qemu/nvme-errors.bin")).count(), 0);
        let identity = identify::parse(page!("tests/fixtures/qemu/nvme-identify.bin")).unwrap();
        assert_eq!(identity.model.as_bytes(), b"QEMU NVMe Ctrl");
        assert_eq!(identity.serial.as_bytes(), b"HEARTH-FIXED");
        let limits = [identity.warning, identity.critical];
        assert_eq!(limits, [Temperature::Kelvin(343), Temperature::Kelvin(373)]);
        assert!(!identity.has_self_test, "QEMU plays no self-test");
    }

    #[test]
    fn an_emulated_ata_drive_says_what_was_done_to_it() {
        let identity = Identity::parse(page!("tests/fixtures/qemu/ata-identify.bin")).unwrap();
        assert_eq!(identity.model.as_bytes(), b"QEMU HARDDISK");
        assert_eq!(identity.serial.as_bytes(), b"HEARTH-ATA");
        assert_eq!((identity.smart, identity.rotation), (SmartSupport::Enabled, Rotation::NotTold));
        assert_eq!(identity.sectors, (64 << 20) / 512);

        let data = smart::parse_data(page!("tests/fixtures/qemu/ata-smart.bin")).unwrap();
        let ids: Vec<u8> = data.attributes().iter().map(|attribute| attribute.id).collect();
        assert_eq!(ids, [1, 3, 4, 5, 9, 12, 190]);
        assert_eq!((data.offline_status, data.self_test), (0x82, SelfTestState::Passed));
        let limits = smart::parse_thresholds(page!("tests/fixtures/qemu/ata-thresholds.bin")).unwrap();
        let limits: Vec<_> = ids.iter().map(|id| limits.of(*id).unwrap()).collect();
        assert_eq!(limits, [6, 0, 20, 36, 0, 0, 50]);

        let log = selftest_log::parse(page!("tests/fixtures/qemu/ata-selftests.bin")).unwrap();
        let [entry] = log.entries().collect::<Vec<_>>()[..] else { panic!("{log:?}") };
        assert_eq!(
            (entry.kind, entry.state, entry.power_on_hours),
            (Kind::Short, SelfTestState::Passed, 0x1234)
        );
    }

    #[test]
    fn a_log_of_errors_is_not_taken_for_another_page_with_values() {
        // SMART READ LOG 01h, which Hearth does not ask for: it keeps no count that the attributes lack.
        let errors = page!("tests/fixtures/qemu/ata-errors.bin");
        assert_eq!(errors.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0, "its checksum is valid");
        assert_eq!(errors[452..454], [0, 0], "no error");
        assert_eq!(selftest_log::parse(errors).unwrap().entries().count(), 0);
        assert!(smart::parse_data(errors).unwrap().attributes().is_empty());
    }

    #[test]
    fn a_drive_of_another_maker_is_read_as_nvme_cli_published_it() {
        let health = health::parse(page!("fixtures/nvme_health/published-970-evo.bin")).unwrap();
        assert_eq!((health.warnings, health.composite.celsius()), (Warnings(0), Some(36)));
        assert_eq!((health.spare_percent, health.spare_threshold_percent), (Some(100), Some(10)));
        assert_eq!(health.used_percent, 0);
        let data = [health.data_units_read, health.data_units_written, health.host_reads, health.host_writes];
        assert_eq!(data.map(|count| count.value), [2_596_428, 10_054_124, 49_978_298, 115_758_107]);
        let life = [health.busy_minutes, health.power_cycles, health.power_on_hours, health.unsafe_shutdowns];
        assert_eq!(life.map(|count| count.value), [502, 688, 912, 27]);
        assert_eq!([health.media_errors, health.error_log_entries].map(|count| count.value), [0, 1]);
        let sensors = health.sensors.map(|sensor| sensor.celsius());
        assert_eq!(sensors, [Some(36), Some(39), None, None, None, None, None, None]);
        assert_eq!((health.throttles, health.throttled_seconds), ([0, 0], [0, 0]));
    }

    /// Number, flags, value, worst, threshold, raw value.
    type Row = (u8, u16, u8, u8, u8, u64);

    /// A Seagate whose seek error rate is below its threshold: 2156 errors among a million seeks.
    const SEAGATE: &[Row] = &[
        (1, 0x000f, 117, 99, 6, 157_273_256),
        (3, 0x0003, 93, 92, 0, 0),
        (4, 0x0032, 100, 100, 20, 59),
        (5, 0x0033, 100, 100, 36, 0),
        (7, 0x000f, 27, 27, 30, 9_259_950_491_626),
        (9, 0x0032, 100, 100, 0, 57),
        (10, 0x0013, 100, 100, 97, 0),
        (12, 0x0032, 100, 100, 20, 48),
        (183, 0x0032, 100, 100, 0, 0),
        (184, 0x0032, 100, 100, 99, 0),
        (187, 0x0032, 100, 100, 0, 0),
        (188, 0x0032, 100, 100, 0, 0),
        (189, 0x003a, 100, 100, 0, 0),
        // 34 (Min/Max 33/38) and 34 (0 18 0 0 0): the bytes above are limits.
        (190, 0x0022, 66, 48, 45, 34 | 33 << 16 | 38 << 24),
        (191, 0x0032, 100, 100, 0, 0),
        (192, 0x0032, 100, 100, 0, 32),
        (193, 0x0032, 100, 100, 0, 59),
        (194, 0x0022, 34, 52, 0, 34 | 18 << 32),
        (195, 0x001a, 29, 17, 0, 157_273_256),
        (197, 0x0012, 100, 100, 0, 0),
        (198, 0x0010, 100, 100, 0, 0),
        (199, 0x003e, 200, 200, 0, 0),
        (240, 0x0000, 100, 253, 0, 271_738_285_850_674),
        (241, 0x0000, 100, 253, 0, 163_727_096),
        (242, 0x0000, 100, 253, 0, 1_954_503_573),
    ];

    /// A Western Digital that has reallocated more than its threshold allows, with sectors pending.
    const WESTERN: &[Row] = &[
        (1, 0x002f, 200, 200, 51, 158),
        (3, 0x0027, 185, 185, 21, 1725),
        (4, 0x0032, 96, 96, 0, 4400),
        (5, 0x0033, 76, 76, 140, 990),
        (7, 0x002e, 200, 200, 0, 0),
        (9, 0x0032, 95, 95, 0, 4041),
        (10, 0x0033, 100, 100, 51, 0),
        (11, 0x0032, 100, 100, 0, 0),
        (12, 0x0032, 99, 99, 0, 1973),
        (192, 0x0032, 200, 200, 0, 168),
        (193, 0x0032, 183, 183, 0, 53_405),
        (194, 0x0022, 99, 87, 0, 48),
        (196, 0x0032, 191, 191, 0, 9),
        (197, 0x0032, 200, 200, 0, 15),
        (198, 0x0030, 100, 253, 0, 0),
        (199, 0x0032, 200, 200, 0, 0),
        (200, 0x0009, 100, 253, 51, 0),
    ];

    /// Demands each row of a published listing, and gives those that the drive says have failed.
    fn failing(rows: &[Row], data: &SmartData, limits: &Thresholds) -> Vec<u8> {
        let found: Vec<Row> = data
            .attributes()
            .iter()
            .map(|one| (one.id, one.flags, one.current, one.worst, limits.of(one.id).unwrap(), one.raw))
            .collect();
        assert_eq!(found, rows);
        let failed =
            data.attributes().iter().filter(|one| limits.of(one.id).is_some_and(|at| one.is_failed(at)));
        failed.map(|one| one.id).collect()
    }

    #[test]
    fn a_failing_seagate_is_read_as_smartctl_published_it() {
        let data = smart::parse_data(page!("fixtures/ata_smart/published-st1500dl003.bin")).unwrap();
        let limits =
            smart::parse_thresholds(page!("fixtures/ata_thresholds/published-st1500dl003.bin")).unwrap();
        assert_eq!(failing(SEAGATE, &data, &limits), [7]);
        assert_eq!((data.offline_status, data.offline_seconds), (0x82, 623));
        assert_eq!((data.self_test, data.self_test_left_percent), (SelfTestState::FailedUnknown, None));
        assert_eq!((data.short_test_minutes, data.extended_test_minutes), (Some(1), Some(265)));
        let decoded =
            |id| decode(format(b"ST1500DL003-9VT16L", id), data.attribute(id).expect("it is listed"));
        assert_eq!(decoded(7), Decoded::Errors { errors: 2156, operations: 1_001_450 });
        assert_eq!(decoded(1), Decoded::Errors { errors: 0, operations: 157_273_256 });
        assert_eq!(decoded(9), Decoded::Seconds(57 * 3600));
        assert_eq!(decoded(190), Decoded::Temperature { millicelsius: 34_000, range: Some([33, 38]) });
        let log = selftest_log::parse(page!("fixtures/ata_selftest/published-st1500dl003.bin")).unwrap();
        let kinds: Vec<Kind> = log.entries().map(|entry| entry.kind).collect();
        assert_eq!((kinds.len(), kinds[0], kinds[9]), (13, Kind::Extended, Kind::Conveyance));
        assert_eq!((log.failures(), log.standing_failures()), (13, 13));
        let hours: Vec<u16> = log.entries().map(|entry| entry.power_on_hours).collect();
        assert_eq!(hours, [57, 57, 57, 54, 54, 54, 54, 54, 52, 52, 52, 52, 52]);
        assert!(
            log.entries()
                .all(|entry| (entry.state, entry.left_percent) == (SelfTestState::FailedUnknown, 90))
        );
    }

    #[test]
    fn a_worn_western_digital_is_read_as_smartctl_published_it() {
        let data = smart::parse_data(page!("fixtures/ata_smart/published-wd2500bevs.bin")).unwrap();
        let limits =
            smart::parse_thresholds(page!("fixtures/ata_thresholds/published-wd2500bevs.bin")).unwrap();
        assert_eq!(failing(WESTERN, &data, &limits), [5]);
        assert_eq!((data.offline_status, data.offline_seconds), (0, 8100));
        assert_eq!((data.short_test_minutes, data.extended_test_minutes), (Some(2), Some(96)));
        let decoded =
            |id| decode(format(b"WDC WD2500BEVS-26VAT0", id), data.attribute(id).expect("it is listed"));
        assert_eq!([decoded(5), decoded(197)], [Decoded::Count(990), Decoded::Count(15)]);
        assert_eq!(decoded(9), Decoded::Seconds(4041 * 3600));
        assert_eq!(decoded(194), Decoded::Temperature { millicelsius: 48_000, range: None });
    }
}
