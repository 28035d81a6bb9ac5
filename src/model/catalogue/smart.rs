//! What ATA and SAS disks have beyond [`super::drive`]: attributes, sleep, counters of errors. smartctl_exporter's names
//! where it has the quantity.

use crate::{Scale, Unit, counter, gauge, unknown};

super::metrics! {
    /// Attributes as the drive keeps them.
    ATTRIBUTE = gauge("smartctl_device_attribute", Unit::None, "An attribute as the drive keeps it: value, worst, thresh (normalised, higher is better) or raw (48 bits whose meaning is the maker's).").labels(&["device", "attribute_name", "attribute_flags_short", "attribute_flags_long", "attribute_value_type", "attribute_id"]);
    /// Parts of raw values that hold several.
    ATTRIBUTE_PART = gauge("hearth_drive_attribute_part", Unit::None, "A part of a raw attribute that holds more than one number: errors, operations, count.").labels(&["device", "attribute_name", "attribute_id", "part"]);
    /// Speed of the platters.
    ROTATION_RATE = gauge("smartctl_device_rotation_rate", Unit::None, "Turns of the platters a minute.").labels(&["device"]);
    /// Capacity.
    CAPACITY = gauge("smartctl_device_capacity_bytes", Unit::Bytes, "Capacity of the drive.").labels(&["device"]).scale(Scale::SECTORS);
    /// Capacity in blocks.
    CAPACITY_BLOCKS = gauge("smartctl_device_capacity_blocks", Unit::None, "Capacity of the drive in logical blocks.").labels(&["device"]);
    /// Sizes of blocks.
    BLOCK_SIZE = gauge("smartctl_device_block_size", Unit::None, "Bytes in a block: logical, physical.").labels(&["device", "blocks_type"]);
    /// Speed of the link.
    LINK_SPEED = gauge("smartctl_device_interface_speed", Unit::None, "Speed of the drive's link in bits a second: current, max.").labels(&["device", "speed_type"]).scale(Scale::times(1_000_000));
    /// What the drive does.
    STATE = gauge("smartctl_device_state", Unit::None, "What the drive does: 0 active, 1 standby, 2 sleep, 3 self-test, 4 off-line collection, 5 command transport.").labels(&["device"]);
    /// Entries of the log of self-tests.
    SELF_TESTS_LOGGED = gauge("smartctl_device_self_test_log_count", Unit::None, "Entries in the drive's log of self-tests.").labels(&["device", "self_test_log_type"]);
    /// Failures among them.
    SELF_TESTS_FAILED = gauge("smartctl_device_self_test_log_error_count", Unit::None, "Entries in the drive's log of self-tests that found a fault.").labels(&["device", "self_test_log_type"]);
    /// Whether it sleeps.
    ASLEEP = gauge("hearth_drive_asleep", Unit::None, "Whether the drive slept at the last poll, which then asked nothing more of it.").labels(&["device"]);
    /// Polls of a drive that was awake.
    POLLS = counter("hearth_drive_polls_total", Unit::None, "Polls that looked at the drive.").labels(&["device"]);
    /// Polls of a drive that slept.
    POLLS_SKIPPED = counter("hearth_drive_polls_skipped_total", Unit::None, "Polls that left the drive alone, as it slept.").labels(&["device"]);
    /// Polls that may have kept it awake.
    POLLS_IDLE = counter("hearth_drive_polls_idle_total", Unit::None, "Polls that looked at a drive nobody had read or written since the poll before: those may have kept it from its sleep.").labels(&["device"]);
    /// SAS: reads repeated.
    READ_REPEATED = unknown("smartctl_read_errors_corrected_by_rereads_rewrites", "Reads that had to be repeated.").labels(&["device"]);
    /// SAS: reads corrected at once.
    READ_FAST = unknown("smartctl_read_errors_corrected_by_eccfast", "Read errors corrected without delay.").labels(&["device"]);
    /// SAS: reads corrected with a delay.
    READ_DELAYED = unknown("smartctl_read_errors_corrected_by_eccdelayed", "Read errors corrected with a possible delay.").labels(&["device"]);
    /// SAS: reads lost.
    READ_UNCORRECTED = unknown("smartctl_read_total_uncorrected_errors", "Reads that could not be corrected.").labels(&["device"]);
    /// SAS: writes repeated.
    WRITE_REPEATED = unknown("smartctl_write_errors_corrected_by_rereads_rewrites", "Writes that had to be repeated.").labels(&["device"]);
    /// SAS: writes corrected at once.
    WRITE_FAST = unknown("smartctl_write_errors_corrected_by_eccfast", "Write errors corrected without delay.").labels(&["device"]);
    /// SAS: writes corrected with a delay.
    WRITE_DELAYED = unknown("smartctl_write_errors_corrected_by_eccdelayed", "Write errors corrected with a possible delay.").labels(&["device"]);
    /// SAS: writes lost.
    WRITE_UNCORRECTED = unknown("smartctl_write_total_uncorrected_errors", "Writes that could not be corrected.").labels(&["device"]);
    /// SAS: bytes.
    PROCESSED = counter("hearth_drive_processed_bytes_total", Unit::Bytes, "Bytes read or written over the drive's life, as a SAS drive counts them.").labels(&["device", "direction"]);
}
