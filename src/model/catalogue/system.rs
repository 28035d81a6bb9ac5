//! The system as a whole: time, clock discipline, files, entropy, identity.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// When the kernel booted, in seconds since 1970.
    BOOT_TIME = gauge("node_boot_time_seconds", Unit::Seconds, "When the kernel booted, in seconds since 1970.");
    /// System time in seconds since 1970.
    TIME = gauge("node_time_seconds", Unit::Seconds, "System time in seconds since 1970.").scale(Scale::NANO);
    /// Offset of the local time zone.
    ZONE_OFFSET = gauge("node_time_zone_offset_seconds", Unit::Seconds, "Offset of the local time zone.").labels(&["time_zone"]);
    /// A clock source the kernel could use; value 1.
    CLOCKSOURCE_AVAILABLE = gauge("node_time_clocksource_available_info", Unit::None, "A clock source the kernel could use; value 1.").labels(&["device", "clocksource"]);
    /// The clock source the kernel uses; value 1.
    CLOCKSOURCE_CURRENT = gauge("node_time_clocksource_current_info", Unit::None, "The clock source the kernel uses; value 1.").labels(&["device", "clocksource"]);
    /// Open files.
    FILES_ALLOCATED = gauge("node_filefd_allocated", Unit::None, "Open files.").history();
    /// Files that can be open at once.
    FILES_MAXIMUM = gauge("node_filefd_maximum", Unit::None, "Files that can be open at once.");
    /// Bits of entropy available.
    ENTROPY = gauge("node_entropy_available_bits", Unit::None, "Bits of entropy available.");
    /// Bits the entropy pool can hold.
    ENTROPY_POOL = gauge("node_entropy_pool_size_bits", Unit::None, "Bits the entropy pool can hold.");
    /// The running kernel; value 1.
    UNAME = gauge("node_uname_info", Unit::None, "The running kernel; value 1.").labels(&["sysname", "release", "version", "machine", "nodename", "domainname"]);
    /// The operating system; value 1.
    OS_INFO = gauge("node_os_info", Unit::None, "The operating system; value 1.").labels(&["id", "id_like", "name", "pretty_name", "version", "version_codename", "version_id", "variant", "variant_id", "build_id", "image_id", "image_version"]);
    /// The operating system's version as major.minor.
    OS_VERSION = gauge("node_os_version", Unit::None, "The operating system's version as major.minor.").labels(&["id", "id_like", "name"]).scale(Scale::MICRO);
    /// Whether SELinux is on.
    SELINUX = gauge("node_selinux_enabled", Unit::None, "Whether SELinux is on.");
    /// Offset between the local clock and its reference.
    TIMEX_OFFSET = gauge("node_timex_offset_seconds", Unit::Seconds, "Offset between the local clock and its reference.").scale(Scale::NANO);
    /// Frequency the clock is adjusted to.
    TIMEX_FREQUENCY = gauge("node_timex_frequency_adjustment_ratio", Unit::Ratio, "Frequency the clock is adjusted to.").scale(Scale::decimals(18));
    /// Largest error of the clock.
    TIMEX_MAX_ERROR = gauge("node_timex_maxerror_seconds", Unit::Seconds, "Largest error of the clock.").scale(Scale::MICRO);
    /// Estimated error of the clock.
    TIMEX_ESTIMATED_ERROR = gauge("node_timex_estimated_error_seconds", Unit::Seconds, "Estimated error of the clock.").scale(Scale::MICRO);
    /// Status bits of the clock.
    TIMEX_STATUS = gauge("node_timex_status", Unit::None, "Status bits of the clock.");
    /// Whether the clock is synchronised.
    TIMEX_SYNC = gauge("node_timex_sync_status", Unit::None, "Whether the clock is synchronised.");
    /// Time constant of the phase-locked loop.
    TIMEX_CONSTANT = gauge("node_timex_loop_time_constant", Unit::None, "Time constant of the phase-locked loop.");
    /// Seconds between clock ticks.
    TIMEX_TICK = gauge("node_timex_tick_seconds", Unit::Seconds, "Seconds between clock ticks.").scale(Scale::MICRO);
    /// Offset to international atomic time.
    TIMEX_TAI = gauge("node_timex_tai_offset_seconds", Unit::Seconds, "Offset to international atomic time.");
    /// Frequency of the pulse per second.
    PPS_FREQUENCY = gauge("node_timex_pps_frequency_hertz", Unit::Hertz, "Frequency of the pulse per second.").scale(Scale::decimals(18));
    /// Jitter of the pulse per second.
    PPS_JITTER = gauge("node_timex_pps_jitter_seconds", Unit::Seconds, "Jitter of the pulse per second.").scale(Scale::NANO);
    /// Interval of the pulse per second.
    PPS_SHIFT = gauge("node_timex_pps_shift_seconds", Unit::Seconds, "Interval of the pulse per second.");
    /// Stability of the pulse per second.
    PPS_STABILITY = gauge("node_timex_pps_stability_hertz", Unit::Hertz, "Stability of the pulse per second.").scale(Scale::decimals(18));
    /// Times the jitter limit was exceeded.
    PPS_JITTER_EXCEEDED = counter("node_timex_pps_jitter_total", Unit::None, "Times the jitter limit was exceeded.");
    /// Calibration intervals.
    PPS_CALIBRATIONS = counter("node_timex_pps_calibration_total", Unit::None, "Calibration intervals.");
    /// Calibration errors.
    PPS_ERRORS = counter("node_timex_pps_error_total", Unit::None, "Calibration errors.");
    /// Times the stability limit was exceeded.
    PPS_STABILITY_EXCEEDED = counter("node_timex_pps_stability_exceeded_total", Unit::None, "Times the stability limit was exceeded.");
}
