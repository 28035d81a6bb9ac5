//! What the owner can do about a counter that is not to be had.

use hearth_drivers::rapl::cpu::{Cpu, Vendor};
use hearth_drivers::rapl::domain::{BackEnd, Cause};
use hearth_hot::contract::Absent;

use super::choice::reason;

/// What helps where nothing else does.
pub(super) const ON_THE_HOST: &str = "run Hearth on the host: its counters are not shown to virtual machines";

/// What is left where the processor counts nothing.
pub(super) const BY_CHIPS: &str =
    "nothing; a chip that measures the box's power is shown by hwmon, a UPS by ups";

/// What is known of the machine while its counters are looked for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The processor, if it is known.
    pub(super) cpu: Option<&'a Cpu>,
    /// It says of itself that it is a virtual machine's, or its registers do.
    pub(super) is_virtual: bool,
}

/// The absence of something on a road, with its fix.
pub(super) fn absent(road: BackEnd, cause: Cause, what: String, place: Place<'_>) -> Absent {
    Absent { reason: reason(cause), what, fix: fix(road, cause, place).to_owned() }
}

fn fix(road: BackEnd, cause: Cause, place: Place<'_>) -> &'static str {
    let vendor = place.cpu.map_or(Vendor::Other, |cpu| cpu.vendor);
    match (cause, road) {
        (Cause::NoPermission, BackEnd::Perf) => {
            "give Hearth CAP_PERFMON (AmbientCapabilities=CAP_PERFMON in its unit), or set kernel.perf_event_paranoid to 0 or less"
        }
        (Cause::NoPermission, BackEnd::Powercap) => {
            "run Hearth as root, or with CAP_DAC_READ_SEARCH as an ambient capability (AmbientCapabilities= in its unit; \
             the bounding set alone does nothing), or chmod 0444 this energy_uj at each boot: any local user can then \
             watch what the CPU computes (CVE-2020-8694)"
        }
        (Cause::NoPermission, BackEnd::Msr) => {
            "run Hearth as root, or with CAP_SYS_RAWIO and read access to /dev/cpu/*/msr"
        }
        (Cause::Absent | Cause::Hollow | Cause::NoCounter, _) if place.is_virtual => ON_THE_HOST,
        // What the processor lacks no module brings.
        (Cause::NoCounter | Cause::Hollow, _) => "nothing: this processor does not have it",
        (Cause::Absent, road) => match (road, vendor) {
            (_, Vendor::Other) => BY_CHIPS,
            (BackEnd::Msr, _) => "modprobe msr, if the kernel has it (CONFIG_X86_MSR)",
            (BackEnd::Powercap, Vendor::Intel) => "modprobe intel_rapl_msr (CONFIG_INTEL_RAPL)",
            (BackEnd::Powercap, Vendor::Amd | Vendor::Hygon) => {
                "modprobe intel_rapl_msr (it drives AMD too, since Linux 5.11)"
            }
            (BackEnd::Perf, _) => "modprobe rapl (CONFIG_PERF_EVENTS_INTEL_RAPL); on AMD since Linux 5.8",
        },
        (Cause::Io, _) => {
            "look at the kernel's log for the driver that answers; it is looked for again each minute"
        }
        (Cause::Malformed, _) => {
            "nothing: this kernel writes it in a way that Hearth does not know; please report it"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(cause: Cause, vendor: Vendor, is_virtual: bool) -> [&'static str; 3] {
        let cpu = Cpu { vendor, family: 6, model: 158, is_guest: false };
        let place = Place { cpu: Some(&cpu), is_virtual };
        [BackEnd::Perf, BackEnd::Powercap, BackEnd::Msr].map(|road| fix(road, cause, place))
    }

    #[test]
    fn a_module_is_named_only_where_it_can_help() {
        for vendor in [Vendor::Intel, Vendor::Amd, Vendor::Hygon] {
            assert!(advice(Cause::Absent, vendor, false).iter().all(|fix| fix.contains("modprobe")));
            for is_virtual in [false, true] {
                let fixes = advice(Cause::NoCounter, vendor, is_virtual);
                assert!(fixes.iter().all(|fix| !fix.contains("modprobe")), "{fixes:?}");
            }
        }
        assert_eq!(advice(Cause::Absent, Vendor::Other, false), [BY_CHIPS; 3]);
        assert_eq!(advice(Cause::Absent, Vendor::Intel, true), [ON_THE_HOST; 3]);
    }

    #[test]
    fn every_absence_says_what_to_do_or_that_there_is_nothing() {
        use Cause::{Absent, Hollow, Io, Malformed, NoCounter, NoPermission};
        for cause in [Absent, NoCounter, Hollow, NoPermission, Io, Malformed] {
            for vendor in [Vendor::Intel, Vendor::Amd, Vendor::Hygon, Vendor::Other] {
                assert!(advice(cause, vendor, false).iter().all(|fix| !fix.is_empty()), "{cause:?}");
            }
        }
    }

    #[test]
    fn a_refusal_has_a_way_out_on_every_road_wherever_it_is() {
        for is_virtual in [false, true] {
            let fixes = advice(Cause::NoPermission, Vendor::Other, is_virtual);
            for (fix, word) in fixes.iter().zip(["CAP_PERFMON", "CAP_DAC_READ_SEARCH", "CAP_SYS_RAWIO"]) {
                assert!(fix.contains(word), "{fix}");
            }
        }
    }
}
