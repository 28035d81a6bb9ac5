//! Drives: SMART and health logs. smartctl_exporter's names where it has the quantity.
//!
//! Its cumulative names do not end in `_total`; their type is therefore unknown here, as node_exporter's vmstat is.

use crate::{Scale, Unit, counter, gauge, unknown};

super::metrics! {
    /// What a drive is, serial number included.
    DEVICE = gauge("smartctl_device", Unit::None, "What the drive is; value 1.").labels(&["device", "interface", "protocol", "model_family", "model_name", "serial_number", "ata_additional_product_id", "firmware_version", "ata_version", "sata_version", "form_factor", "scsi_vendor", "scsi_product", "scsi_revision", "scsi_version"]).admin();
    /// What a drive is, for everyone.
    INFO = gauge("hearth_drive_info", Unit::None, "What the drive is, without its serial number, and how it is asked; value 1.").labels(&["device", "protocol", "model", "firmware", "access"]);
    /// The verdict as a set of states.
    VERDICT = gauge("hearth_drive_verdict", Unit::None, "Whether this is what is thought of the drive.").labels(&["device", "verdict"]);
    /// The verdict's causes.
    VERDICT_REASON = gauge("hearth_drive_verdict_reason", Unit::None, "Whether this speaks against the drive.").labels(&["device", "reason"]);
    /// What a poll took.
    POLL = gauge("hearth_drive_poll_seconds", Unit::Seconds, "How long the drive's last poll took.").labels(&["device"]).scale(Scale::NANO);
    /// The drive's own assessment.
    SMART_STATUS = gauge("smartctl_device_smart_status", Unit::None, "Whether the drive's own assessment is that it is well.").labels(&["device"]);
    /// Temperatures, and those the drive wants not to exceed.
    TEMPERATURE = gauge("smartctl_device_temperature", Unit::Celsius, "Temperature of the drive, or one of its limits.").labels(&["device", "temperature_type"]).history();
    /// Each of the drive's thermometers.
    SENSOR_TEMPERATURE = gauge("hearth_drive_sensor_temperature_celsius", Unit::Celsius, "Temperature of one thermometer in the drive.").labels(&["device", "sensor"]);
    /// Hours on, in seconds.
    POWER_ON = unknown("smartctl_device_power_on_seconds", "Seconds that the drive has been on; it counts hours.").labels(&["device"]).scale(Scale::times(3600));
    /// Power cycles.
    POWER_CYCLES = unknown("smartctl_device_power_cycle_count", "Times that the drive was switched on.").labels(&["device"]);
    /// Bytes read by the host. A word counts 1000 units of 512 bytes.
    BYTES_READ = unknown("smartctl_device_bytes_read", "Bytes that the host read, in steps of 512000.").labels(&["device"]).scale(Scale::times(512_000));
    /// Bytes written by the host. A word counts 1000 units of 512 bytes.
    BYTES_WRITTEN = unknown("smartctl_device_bytes_written", "Bytes that the host wrote, in steps of 512000.").labels(&["device"]).scale(Scale::times(512_000));
    /// Endurance used.
    PERCENTAGE_USED = gauge("smartctl_device_percentage_used", Unit::None, "Percentage of the endurance estimated by the maker that is used; may exceed 100.").labels(&["device"]);
    /// Spare.
    AVAILABLE_SPARE = gauge("smartctl_device_available_spare", Unit::None, "Percentage of spare capacity that is left.").labels(&["device"]);
    /// The spare's threshold.
    SPARE_THRESHOLD = gauge("smartctl_device_available_spare_threshold", Unit::None, "Percentage of spare below which the drive gives the alarm.").labels(&["device"]);
    /// The drive's alarms.
    CRITICAL_WARNING = gauge("smartctl_device_critical_warning", Unit::None, "The drive's alarms: 1 spare, 2 temperature, 4 reliability, 8 read only, 16 backup, 32 persistent memory.").labels(&["device"]);
    /// Data that could not be read back.
    MEDIA_ERRORS = unknown("smartctl_device_media_errors", "Times that the drive could not read data back correctly.").labels(&["device"]);
    /// Entries that were ever made in the error log.
    ERROR_LOG_ENTRIES = unknown("smartctl_device_num_err_log_entries", "Entries ever made in the drive's error log.").labels(&["device"]);
    /// Capacity of all namespaces.
    NVME_CAPACITY = gauge("smartctl_device_nvme_capacity_bytes", Unit::Bytes, "Capacity of the drive, all namespaces together.").labels(&["device"]);
    /// Status of the newest error.
    NEWEST_ERROR = gauge("hearth_drive_newest_error_status", Unit::None, "Status of the newest entry of the drive's error log, as the specification numbers it.").labels(&["device"]);
    /// Alarms of endurance groups.
    ENDURANCE_GROUPS = gauge("hearth_drive_endurance_group_warning", Unit::None, "Alarms of the drive's groups of media: 1 spare, 4 reliability, 8 read only.").labels(&["device"]);
    /// Read commands.
    HOST_READS = counter("hearth_drive_host_reads_total", Unit::None, "Read commands completed.").labels(&["device"]);
    /// Write commands.
    HOST_WRITES = counter("hearth_drive_host_writes_total", Unit::None, "Write commands completed.").labels(&["device"]);
    /// Time with commands outstanding.
    BUSY = counter("hearth_drive_busy_seconds_total", Unit::Seconds, "Seconds that the drive was busy; it counts minutes.").labels(&["device"]).scale(Scale::times(60));
    /// Power cuts without notice.
    UNSAFE_SHUTDOWNS = counter("hearth_drive_unsafe_shutdowns_total", Unit::None, "Times that power was lost without notice.").labels(&["device"]);
    /// Time too warm.
    WARNING_TEMPERATURE = counter("hearth_drive_warning_temperature_seconds_total", Unit::Seconds, "Seconds that the drive was warmer than it wants; it counts minutes.").labels(&["device"]).scale(Scale::times(60));
    /// Time far too warm.
    CRITICAL_TEMPERATURE = counter("hearth_drive_critical_temperature_seconds_total", Unit::Seconds, "Seconds that the drive was warmer than it bears; it counts minutes.").labels(&["device"]).scale(Scale::times(60));
    /// Times it slowed down to cool.
    THROTTLES = counter("hearth_drive_throttles_total", Unit::None, "Times that the drive slowed down to cool: light, heavy.").labels(&["device", "level"]);
    /// Time slowed down.
    THROTTLED = counter("hearth_drive_throttled_seconds_total", Unit::Seconds, "Seconds that the drive was slowed down to cool: light, heavy.").labels(&["device", "level"]);
    /// Progress of a self-test.
    SELF_TEST_DONE = gauge("hearth_drive_self_test_done_ratio", Unit::Ratio, "How much of the self-test that runs is done.").labels(&["device"]).scale(Scale::decimals(2));
    /// Result of the newest finished self-test.
    SELF_TEST_PASSED = gauge("hearth_drive_self_test_passed", Unit::None, "Whether the newest finished self-test of this kind found no fault.").labels(&["device", "kind"]);
    /// When it ended, by the drive's hours.
    SELF_TEST_AT = gauge("hearth_drive_self_test_at_seconds", Unit::Seconds, "Power-on time of the drive when its newest finished self-test of this kind ended.").labels(&["device", "kind"]).scale(Scale::times(3600));
}
