use super::*;
use hearth_drivers::ata::power::PowerMode;
use hearth_drivers::ata::scsi_log::Exceptions;
use hearth_drivers::ata::{sct, selftest_log, smart};

const IDENTIFY: &[u8] = include_bytes!("../../../../../drivers/fixtures/ata_identify/hard-disk.bin");
const DATA: &[u8] = include_bytes!("../../../../../drivers/fixtures/ata_smart/hard-disk.bin");
const LIMITS: &[u8] = include_bytes!("../../../../../drivers/fixtures/ata_thresholds/hard-disk.bin");
const LOG: &[u8] = include_bytes!("../../../../../drivers/fixtures/ata_selftest/short.bin");
const SCT: &[u8] = include_bytes!("../../../../../drivers/fixtures/ata_sct/hard-disk.bin");

fn identity() -> Identity {
    Identity::parse(IDENTIFY).unwrap()
}

fn reading() -> AtaReading {
    AtaReading {
        power: PowerMode::Active,
        data: smart::parse_data(DATA).unwrap(),
        thresholds: Some(smart::parse_thresholds(LIMITS).unwrap()),
        health: Some(Health::Passed),
        sct: Some(sct::parse(SCT).unwrap()),
        log: Some(selftest_log::parse(LOG).unwrap()),
    }
}

#[test]
fn what_a_drive_says_is_what_is_found() {
    let look = Look::of_ata(&identity(), &reading());
    assert_eq!((look.passed, look.power_on_hours, look.power_cycles), (Some(true), Some(20_111), Some(101)));
    assert_eq!(look.temperatures.now_mc, Some(38_000));
    assert_eq!(look.temperatures.lifetime, [Some(-2), Some(54)]);
    assert_eq!((look.tests.left_percent, look.tests.logged), (Some(70), Some([3, 1])));
    let findings = look.findings(identity().model.as_bytes(), Some(true));
    assert_eq!((findings.pending, findings.uncorrectable, findings.reallocated), (Some(8), Some(8), Some(0)));
    assert_eq!((findings.link_errors, findings.media_errors), (Some(0), Some(0)));
    assert_eq!((findings.hot_mc, findings.used_percent), (Some(60_000), None));
    assert_eq!(findings.self_tests.long, Some(Finished { passed: false, at_hours: 20_100 }));
    assert_eq!(findings.alarms, Alarms::default());
}

#[test]
fn without_sct_the_attribute_says_the_temperature() {
    let look = Look::of_ata(&identity(), &AtaReading { sct: None, ..reading() });
    assert_eq!((look.temperatures.now_mc, look.device_state), (Some(38_000), None));
    assert_eq!(look.temperatures.power_cycle, [None; 2]);
}

#[test]
fn only_prefailure_attributes_below_their_threshold_are_an_alarm() {
    let row = |flags, current, threshold| Row {
        attribute: Attribute { id: 5, flags, current, worst: current, raw: 3, extra: 0 },
        threshold,
    };
    let alarm = |row| Look::of_rows(b"any", [row].into_iter()).findings(b"any", None).alarms.attribute;
    assert!(alarm(row(flag::PREFAILURE, 10, Some(10))));
    assert!(!alarm(row(flag::PREFAILURE, 11, Some(10))));
    assert!(!alarm(row(flag::ONLINE, 10, Some(10))), "an old drive is no failing one");
    assert!(!alarm(row(flag::PREFAILURE, 0, Some(0))) && !alarm(row(flag::PREFAILURE, 0, None)));
}

#[test]
fn hours_of_the_log_follow_the_drives_own_beyond_its_sixteen_bits() {
    assert_eq!(unwrapped(100, Some(120)), 100);
    assert_eq!(unwrapped(100, Some(65_536 + 120)), 65_636);
    assert_eq!(unwrapped(65_000, Some(65_536 + 120)), 65_000);
    assert_eq!(unwrapped(100, None), 100);
    assert_eq!(unwrapped(100, Some(99)), 100);
}

#[test]
fn wear_is_taken_from_the_attribute_of_the_maker_on_flash_alone() {
    let row = Row {
        attribute: Attribute { id: 177, flags: 0, current: 91, worst: 91, raw: 0, extra: 0 },
        threshold: Some(0),
    };
    let look = Look::of_rows(b"Samsung SSD 870 EVO 1TB", [row].into_iter());
    let mut samsung = identity();
    assert_eq!(look.used_percent(&samsung), None);
    samsung.rotation = Rotation::None;
    assert_eq!(look.used_percent(&samsung), None, "Seagate's model, Samsung's attribute");
    samsung.model = hearth_drivers::label::Label::new(b"Samsung SSD 870 EVO 1TB").unwrap();
    assert_eq!(look.used_percent(&samsung), Some(9));
}

#[test]
fn a_sas_drive_that_predicts_its_failure_has_not_passed() {
    let none = SasReading {
        power: PowerMode::Active,
        celsius: None,
        celsius_max: None,
        exceptions: None,
        starts: None,
        power_on_seconds: None,
        reads: None,
        writes: None,
        self_test: None,
    };
    assert_eq!(Look::of_sas(&none), Look::EMPTY);
    let exceptions = Some(Exceptions { is_failing: true, code: (0x5d, 0x10), celsius: None });
    let reading = SasReading {
        celsius: Some(34),
        celsius_max: Some(55),
        exceptions,
        self_test: Some((2, 7)),
        power_on_seconds: Some(7200),
        ..none
    };
    let look = Look::of_sas(&reading);
    assert_eq!((look.passed, look.power_on_hours), (Some(false), Some(2)));
    let findings = look.findings(b"ST4000NM0023", None);
    assert_eq!((findings.temperature_mc, findings.hot_mc), (Some(34_000), Some(55_000)));
    assert_eq!(findings.self_tests.long, Some(Finished { passed: false, at_hours: 0 }));
    let aborted = SasReading { self_test: Some((1, 1)), ..none };
    assert_eq!(Look::of_sas(&aborted).tests.short, None);
    let lost = |reads: Option<u64>, writes: Option<u64>| {
        let counted =
            |uncorrected: Option<u64>| Some(ErrorCounters { uncorrected, ..ErrorCounters::default() });
        let reading = SasReading { reads: counted(reads), writes: counted(writes), ..none };
        Look::of_sas(&reading).findings(b"ST4000NM0023", None).media_errors
    };
    assert_eq!((lost(Some(3), Some(4)), lost(Some(3), None)), (Some(7), Some(3)));
    assert_eq!((lost(None, Some(4)), lost(None, None)), (Some(4), None), "writes that are lost count, too");
}
