//! How well the machine's clock is kept: `adjtimex(2)`, the time zone, and the clock sources.
//!
//! The first two are the machine's own and have no path; they only read. Clock sources are files below a root.

use std::ffi::CStr;
use std::io;

use crate::file::{Delivery, Errno};
use crate::label::Label;
use crate::text::Scan;

/// The clock sources that this machine has; see [`names`].
pub const PATH_AVAILABLE: &str = "sys/devices/system/clocksource/clocksource0/available_clocksource";
/// The clock source in use; see [`names`].
pub const PATH_CURRENT: &str = "sys/devices/system/clocksource/clocksource0/current_clocksource";
/// How the kernel hands either of them out.
pub const DELIVERY: Delivery = Delivery::Whole;

/// Nanoseconds in a microsecond.
const NS_PER_US: i64 = 1000;
/// Parts per million are kept with 16 bits behind the point.
pub const FREQUENCY_FRACTION_BITS: u32 = 16;

/// The kernel's clock discipline. Fields have the names of `struct timex`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timex {
    /// Whether anything keeps the clock: the call's answer is not `TIME_ERROR`.
    pub is_synchronized: bool,
    /// `STA_*` bits of `linux/timex.h`.
    pub status: i32,
    /// What is still to be corrected.
    pub offset_ns: i64,
    /// Correction of the frequency, parts per million times 2^16.
    pub frequency_ppm_scaled: i64,
    /// Greatest possible error.
    pub max_error_us: i64,
    /// Estimated error.
    pub estimated_error_us: i64,
    /// Time constant of the loop.
    pub loop_time_constant: i64,
    /// Length of a clock tick.
    pub tick_us: i64,
    /// International atomic time less universal time.
    pub tai_offset_s: i32,
    /// Frequency of the pulse, parts per million times 2^16.
    pub pps_frequency_ppm_scaled: i64,
    /// Jitter of the pulse.
    pub pps_jitter_ns: i64,
    /// Length of a calibration interval: 2 to this many seconds.
    pub pps_shift: i32,
    /// Stability of the pulse, parts per million times 2^16.
    pub pps_stability_ppm_scaled: i64,
    /// Pulses whose jitter was too great.
    pub pps_jitter_exceeded: i64,
    /// Calibration intervals.
    pub pps_calibrations: i64,
    /// Calibration errors.
    pub pps_errors: i64,
    /// Calibrations whose stability was too poor.
    pub pps_stability_exceeded: i64,
}

/// Gives the kernel's answer its units: times are in nanoseconds or microseconds as `STA_NANO` says.
fn in_units(raw: &libc::timex, state: i32) -> Timex {
    let ns_per_unit = if raw.status & libc::STA_NANO == 0 { NS_PER_US } else { 1 };
    Timex {
        is_synchronized: state != libc::TIME_ERROR,
        status: raw.status,
        offset_ns: raw.offset.saturating_mul(ns_per_unit),
        frequency_ppm_scaled: raw.freq,
        max_error_us: raw.maxerror,
        estimated_error_us: raw.esterror,
        loop_time_constant: raw.constant,
        tick_us: raw.tick,
        tai_offset_s: raw.tai,
        pps_frequency_ppm_scaled: raw.ppsfreq,
        pps_jitter_ns: raw.jitter.saturating_mul(ns_per_unit),
        pps_shift: raw.shift,
        pps_stability_ppm_scaled: raw.stabil,
        pps_jitter_exceeded: raw.jitcnt,
        pps_calibrations: raw.calcnt,
        pps_errors: raw.errcnt,
        pps_stability_exceeded: raw.stbcnt,
    }
}

/// Asks the kernel how it keeps the clock. Changes nothing and needs no privilege.
///
/// # Errors
/// [`Errno`]; `EPERM` or `ENOSYS` where a sandbox forbids the call.
pub fn read_timex() -> Result<Timex, Errno> {
    let mut raw = sys::zeroed_timex();
    let state = sys::adjtimex(&mut raw);
    if state < 0 { Err(Errno::of(&io::Error::last_os_error())) } else { Ok(in_units(&raw, state)) }
}

/// The time zone in force at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Seconds east of universal time.
    pub offset_s: i64,
    /// Short name, as `CET`.
    pub name: Label<15>,
}

/// The time zone that the machine's settings (`TZ`, `/etc/localtime`) give for a moment, in seconds since 1970.
///
/// The first call may read files and allocate.
///
/// # Errors
/// [`Errno`]; `EOVERFLOW` when the year does not fit, `ENAMETOOLONG` when the name has more than 15 bytes.
pub fn zone_at(unix_seconds: i64) -> Result<Zone, Errno> {
    let Some(local) = sys::local_time(unix_seconds) else {
        return Err(Errno::of(&io::Error::last_os_error()));
    };
    let name = Label::new(local.name.to_bytes()).ok_or(Errno(libc::ENAMETOOLONG))?;
    Ok(Zone { offset_s: local.offset_s, name })
}

/// The names in the text of [`PATH_AVAILABLE`] or [`PATH_CURRENT`], best first.
pub fn names(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut scan = Scan::text(text);
    core::iter::from_fn(move || scan.token())
}

/// What the C library says of a moment.
struct LocalTime {
    offset_s: i64,
    name: &'static CStr,
}

#[expect(unsafe_code, reason = "adjtimex and localtime_r have no safe form in the libraries in use")]
mod sys {
    use core::mem::MaybeUninit;
    use std::ffi::CStr;

    use super::LocalTime;

    /// A request to change nothing: `modes` is 0.
    pub(super) fn zeroed_timex() -> libc::timex {
        // SAFETY: `timex` is a C struct of integers only, for which all bits zero is a value.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }

    pub(super) fn adjtimex(raw: &mut libc::timex) -> i32 {
        // SAFETY: the kernel reads and writes one `timex` at the address, which the exclusive reference keeps valid.
        unsafe { libc::adjtimex(raw) }
    }

    pub(super) fn local_time(unix_seconds: i64) -> Option<LocalTime> {
        let mut local = MaybeUninit::<libc::tm>::zeroed();
        // SAFETY: both addresses are of this function's own variables; localtime_r writes one `tm` and keeps neither.
        let filled = unsafe { libc::localtime_r(&raw const unix_seconds, local.as_mut_ptr()) };
        if filled.is_null() {
            return None;
        }
        // SAFETY: zeroed to begin with, all of it integers and one pointer that may be null, and filled since.
        let local = unsafe { local.assume_init() };
        if local.tm_zone.is_null() {
            return None;
        }
        // SAFETY: the C library points `tm_zone` to a NUL-terminated name in its own storage, which lives as long as
        // the process: glibc and musl intern zone names and never free them.
        let name = unsafe { CStr::from_ptr(local.tm_zone) };
        Some(LocalTime { offset_s: local.tm_gmtoff, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_unit_that_the_status_says() {
        let mut raw = sys::zeroed_timex();
        (raw.offset, raw.jitter, raw.maxerror) = (-7, 3, 16);
        let micro = in_units(&raw, libc::TIME_OK);
        assert_eq!((micro.offset_ns, micro.pps_jitter_ns, micro.max_error_us), (-7000, 3000, 16));
        raw.status = libc::STA_NANO;
        let nano = in_units(&raw, libc::TIME_ERROR);
        assert_eq!((nano.offset_ns, nano.pps_jitter_ns, nano.max_error_us), (-7, 3, 16));
        assert_eq!((micro.is_synchronized, nano.is_synchronized), (true, false));
        assert_eq!(nano.status, libc::STA_NANO);
    }

    #[test]
    fn the_kernel_tells_how_it_keeps_this_machines_clock() {
        match read_timex() {
            // The kernel allows a tick of 9000 to 11000 microseconds.
            Ok(timex) => assert!((9_000..=11_000).contains(&timex.tick_us), "{timex:?}"),
            Err(errno) => eprintln!("not checked here: adjtimex: {errno}"),
        }
    }

    #[test]
    fn a_zone_has_a_name_and_is_less_than_a_day_from_universal_time() {
        let zone = zone_at(1_700_000_000).unwrap();
        assert!(zone.offset_s.abs() < 86_400, "{zone:?}");
        assert!(!zone.name.is_empty());
        assert_eq!(zone_at(i64::MAX).unwrap_err(), Errno(libc::EOVERFLOW));
    }

    #[test]
    fn clock_sources_are_the_words_of_a_whole_line() {
        assert_eq!(
            names(b"kvm-clock tsc acpi_pm \n").collect::<Vec<_>>(),
            [&b"kvm-clock"[..], b"tsc", b"acpi_pm"]
        );
        assert_eq!(names(b"tsc\n").collect::<Vec<_>>(), [b"tsc"]);
        for cut in ["", "ts", "tsc", "\n"] {
            assert_eq!(names(cut.as_bytes()).count(), 0, "{cut:?}");
        }
    }
}
