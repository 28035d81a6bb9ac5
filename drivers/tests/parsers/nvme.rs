//! Rows of the table for pages of NVMe controllers: any bytes give a value, a doubt or an error.

use hearth_drivers::nvme::bytes::{Count, Temperature};
use hearth_drivers::nvme::{error_log, health, identify, self_test};

fn is_counted(count: Count) -> bool {
    !count.is_saturated || count.value == u64::MAX
}

fn is_measured(temperature: Temperature) -> bool {
    temperature.celsius().is_none_or(|celsius| (-73..=227).contains(&celsius))
}

pub(super) fn check_health(page: &[u8]) -> bool {
    let Ok(health) = health::parse(page) else {
        assert!(page.len() < 512, "a whole page is understood");
        return false;
    };
    let counts = [health.data_units_read, health.data_units_written, health.host_reads, health.host_writes];
    let more = [health.busy_minutes, health.power_cycles, health.power_on_hours, health.unsafe_shutdowns];
    assert!(counts.into_iter().chain(more).all(is_counted), "{health:?}");
    assert!([health.media_errors, health.error_log_entries].into_iter().all(is_counted), "{health:?}");
    assert!(is_measured(health.composite) && health.sensors.into_iter().all(is_measured), "{health:?}");
    assert!(health.spare_percent.is_none_or(|percent| percent <= 100), "{health:?}");
    true
}

pub(super) fn check_error_log(log: &[u8]) -> bool {
    let entries: Vec<_> = error_log::parse(log).collect();
    assert!(entries.len() <= log.len() / error_log::ENTRY_BYTES);
    assert!(entries.iter().all(|entry| entry.number > 0 && entry.status.0 < 0x8000), "{entries:?}");
    !entries.is_empty()
}

pub(super) fn check_self_test(page: &[u8]) -> bool {
    let Ok(log) = self_test::parse(page) else {
        assert!(page.len() < 564, "a whole page is understood");
        return false;
    };
    assert!(
        log.running.is_none_or(|running| running.done_percent.is_none_or(|percent| percent <= 100)),
        "{log:?}"
    );
    for kind in [self_test::Kind::Short, self_test::Kind::Extended] {
        assert!(log.newest_finished(kind).is_none_or(|ended| ended.kind == kind), "{log:?}");
    }
    true
}

pub(super) fn check_identify(page: &[u8]) -> bool {
    let Ok(identity) = identify::parse(page) else {
        assert!(page.len() < 4096, "a whole page is understood");
        return false;
    };
    for name in [identity.serial.as_bytes(), identity.model.as_bytes(), identity.firmware.as_bytes()] {
        assert!(
            page.windows(name.len().max(1)).any(|window| name.is_empty() || window == name),
            "{identity:?}"
        );
    }
    assert!((1..=256).contains(&identity.error_log_entries), "{identity:?}");
    true
}
