//! Block devices: `/proc/diskstats`, `/sys/block`.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// Reads completed.
    READS = counter("node_disk_reads_completed_total", Unit::None, "Reads completed.").labels(&["device"]);
    /// Reads merged with neighbours before they were sent.
    READS_MERGED = counter("node_disk_reads_merged_total", Unit::None, "Reads merged with neighbours before they were sent.").labels(&["device"]);
    /// Bytes read.
    READ_BYTES = counter("node_disk_read_bytes_total", Unit::Bytes, "Bytes read.").labels(&["device"]).scale(Scale::SECTORS).history();
    /// Seconds spent by all reads.
    READ_TIME = counter("node_disk_read_time_seconds_total", Unit::Seconds, "Seconds spent by all reads.").labels(&["device"]).scale(Scale::MILLI);
    /// Writes completed.
    WRITES = counter("node_disk_writes_completed_total", Unit::None, "Writes completed.").labels(&["device"]);
    /// Writes merged with neighbours before they were sent.
    WRITES_MERGED = counter("node_disk_writes_merged_total", Unit::None, "Writes merged with neighbours before they were sent.").labels(&["device"]);
    /// Bytes written.
    WRITTEN_BYTES = counter("node_disk_written_bytes_total", Unit::Bytes, "Bytes written.").labels(&["device"]).scale(Scale::SECTORS).history();
    /// Seconds spent by all writes.
    WRITE_TIME = counter("node_disk_write_time_seconds_total", Unit::Seconds, "Seconds spent by all writes.").labels(&["device"]).scale(Scale::MILLI);
    /// Requests in flight.
    IO_NOW = gauge("node_disk_io_now", Unit::None, "Requests in flight.").labels(&["device"]);
    /// Seconds with at least one request in flight.
    IO_TIME = counter("node_disk_io_time_seconds_total", Unit::Seconds, "Seconds with at least one request in flight.").labels(&["device"]).scale(Scale::MILLI).history();
    /// Seconds with requests in flight, times their number.
    IO_TIME_WEIGHTED = counter("node_disk_io_time_weighted_seconds_total", Unit::Seconds, "Seconds with requests in flight, times their number.").labels(&["device"]).scale(Scale::MILLI);
    /// Discards completed.
    DISCARDS = counter("node_disk_discards_completed_total", Unit::None, "Discards completed.").labels(&["device"]);
    /// Discards merged with neighbours before they were sent.
    DISCARDS_MERGED = counter("node_disk_discards_merged_total", Unit::None, "Discards merged with neighbours before they were sent.").labels(&["device"]);
    /// Sectors of 512 bytes discarded.
    DISCARDED_SECTORS = counter("node_disk_discarded_sectors_total", Unit::None, "Sectors of 512 bytes discarded.").labels(&["device"]);
    /// Seconds spent by all discards.
    DISCARD_TIME = counter("node_disk_discard_time_seconds_total", Unit::Seconds, "Seconds spent by all discards.").labels(&["device"]).scale(Scale::MILLI);
    /// Flushes completed.
    FLUSHES = counter("node_disk_flush_requests_total", Unit::None, "Flushes completed.").labels(&["device"]);
    /// Seconds spent by all flushes.
    FLUSH_TIME = counter("node_disk_flush_requests_time_seconds_total", Unit::Seconds, "Seconds spent by all flushes.").labels(&["device"]).scale(Scale::MILLI);
    /// What a device is.
    INFO = gauge("node_disk_info", Unit::None, "What the block device is; value 1.").labels(&["device", "major", "minor", "path", "wwn", "model", "serial", "revision"]).admin();
}
