//! Why an event is not counted, for people.

use hearth_drivers::perf::OpenError;
use hearth_drivers::perf::pmu;
use hearth_hot::contract::{Absent, Arming};
use hearth_model::Reason;

use super::roster::{DESCRIPTORS_MAX, NoGroup};

/// Above which `kernel.perf_event_paranoid` keeps who has no privilege from whole CPUs and cgroups.
const PARANOID_MAX: i32 = 0;

/// Why `what` could not be opened, and what to do.
pub(super) fn absent(arming: &Arming<'_>, what: &str, error: OpenError) -> Absent {
    let (reason, cause, fix) = match error {
        OpenError::Unsupported(_) => {
            let fix = "nothing: this CPU, or the kernel's driver for it, does not count it";
            (Reason::Absent, String::new(), fix.to_owned())
        }
        OpenError::Refused(_) => {
            let (cause, fix) = privilege(pmu::paranoid(arming.root()));
            (Reason::NoPermission, cause, fix)
        }
        OpenError::NoKernel => {
            let fix = "use a kernel with CONFIG_PERF_EVENTS, or allow perf_event_open in the filter of system calls";
            (Reason::Absent, String::new(), fix.to_owned())
        }
        OpenError::Gone(_) => {
            let fix = "nothing: its CPU or group went meanwhile; it is looked for again each minute";
            (Reason::Gone, String::new(), fix.to_owned())
        }
        OpenError::Descriptors(_) => {
            let fix = "raise the limit of open files (LimitNOFILE=8192 in the service's unit)";
            (Reason::IoError, String::new(), fix.to_owned())
        }
        OpenError::Hierarchy(_) => {
            let fix = "mount cgroup version 2 at /sys/fs/cgroup, with a kernel that has CONFIG_CGROUP_PERF";
            (Reason::Absent, String::new(), fix.to_owned())
        }
        OpenError::TooLarge | OpenError::Os(_) => {
            let fix = "nothing: the kernel answers in a way that Hearth does not know; please report it";
            (Reason::IoError, String::new(), fix.to_owned())
        }
    };
    Absent { reason, what: format!("perf_event_open of {what}: {error}{cause}"), fix }
}

/// Why a call was refused when `kernel.perf_event_paranoid` is this, and the way out.
fn privilege(paranoid: Option<i32>) -> (String, String) {
    match paranoid {
        Some(value) if value > PARANOID_MAX => (
            format!("; kernel.perf_event_paranoid is {value}, and Hearth lacks CAP_PERFMON"),
            "grant CAP_PERFMON (AmbientCapabilities=CAP_PERFMON in the service's unit), or run \
             `sysctl kernel.perf_event_paranoid=0`"
                .to_owned(),
        ),
        Some(value) => (
            format!(
                "; kernel.perf_event_paranoid is {value} and allows it, so a filter of system calls refuses"
            ),
            "grant perf_event_open in the container's or the unit's filter of system calls".to_owned(),
        ),
        None => (
            format!("; /{} cannot be read", pmu::PARANOID_PATH),
            "grant CAP_PERFMON and show the container /proc/sys, or run Hearth outside it".to_owned(),
        ),
    }
}

/// That the CPUs' own counters are not there at all.
pub(super) fn no_hardware(arming: &Arming<'_>, error: OpenError) -> Absent {
    let found = absent(arming, "cycles", error);
    if !matches!(error, OpenError::Unsupported(_)) {
        return found;
    }
    if pmu::is_virtual(arming.root()) {
        return Absent {
            what: format!("{}; this is a virtual machine without PMU", found.what),
            fix: "let the host pass its PMU on (with KVM: `-cpu host,pmu=on`)".to_owned(),
            ..found
        };
    }
    Absent {
        what: format!("{}; the kernel has no driver for this CPU's PMU", found.what),
        fix: "boot a newer kernel, or switch the PMU on in the firmware".to_owned(),
        ..found
    }
}

/// Notes in the list of sources that `name` could not be opened.
pub(super) fn note(arming: &mut Arming<'_>, name: &str, trouble: NoGroup) {
    match trouble {
        NoGroup::Open(error) => {
            let absent = absent(arming, name, error);
            arming.lacks(name, absent);
        }
        NoGroup::Full => arming.spares(name, full()),
    }
}

/// The same, for a sensor that has nothing else.
pub(super) fn full_absent() -> Absent {
    Absent { reason: Reason::OutOfRange, what: full(), fix: "disable counters".to_owned() }
}

/// That counters have all the descriptors they may take.
pub(super) fn full() -> String {
    format!("counters have the {DESCRIPTORS_MAX} descriptors that they may take")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_drivers::file::Errno;
    use hearth_hot::contract::{LaneKind, SensorConfig};
    use hearth_hot::testing::Bench;

    use crate::sensors::testing::Files;

    fn with<T>(files: &Files, ask: impl FnOnce(&mut Arming<'_>) -> T) -> T {
        let config: SensorConfig = Bench::config();
        ask(&mut Arming::new(files.root(), &config, LaneKind::Slow, &[]))
    }

    #[test]
    fn what_is_refused_says_the_value_found_and_both_ways_out() {
        let files = Files::with(&[(pmu::PARANOID_PATH, "2\n")]);
        let refused = OpenError::Refused(Errno(libc::EACCES));
        let absent = with(&files, |arming| absent(arming, "cycles", refused));
        assert_eq!(absent.reason, Reason::NoPermission);
        assert!(absent.what.contains("kernel.perf_event_paranoid is 2"), "{}", absent.what);
        assert!(
            absent.fix.contains("CAP_PERFMON") && absent.fix.contains("sysctl kernel.perf_event_paranoid=0")
        );
    }

    #[test]
    fn a_refusal_that_the_kernel_would_not_make_is_a_filters() {
        let files = Files::with(&[(pmu::PARANOID_PATH, "-1\n")]);
        let refused = OpenError::Refused(Errno(libc::EPERM));
        let absent = with(&files, |arming| absent(arming, "cycles", refused));
        assert!(absent.what.contains("is -1 and allows it"), "{}", absent.what);
        assert!(absent.fix.contains("filter of system calls"), "{}", absent.fix);
    }

    #[test]
    fn a_virtual_machine_is_told_from_a_cpu_without_driver() {
        let unsupported = OpenError::Unsupported(Errno(libc::ENOENT));
        let guest = Files::with(&[("proc/cpuinfo", "flags\t: fpu hypervisor sse\n")]);
        let absent = with(&guest, |arming| no_hardware(arming, unsupported));
        assert!(absent.what.contains("virtual machine without PMU"), "{}", absent.what);
        assert!(absent.fix.contains("pmu=on"), "{}", absent.fix);
        let bare = Files::with(&[("proc/cpuinfo", "flags\t: fpu sse\n")]);
        let absent = with(&bare, |arming| no_hardware(arming, unsupported));
        assert!(absent.what.contains("no driver"), "{}", absent.what);
        assert_eq!(absent.reason, Reason::Absent);
    }
}
