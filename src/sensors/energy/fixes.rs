//! What the owner can do about a counter that is not to be had.

use hearth_drivers::rapl::cpu::{Cpu, Vendor};
use hearth_drivers::rapl::domain::{BackEnd, Cause};
use hearth_hot::contract::Absent;

use super::choice::reason;

/// The absence of something on a road, with its fix.
pub(super) fn absent(road: BackEnd, cause: Cause, what: String, cpu: Option<&Cpu>) -> Absent {
    Absent { reason: reason(cause), what, fix: fix(road, cause, cpu).to_owned() }
}

fn fix(road: BackEnd, cause: Cause, cpu: Option<&Cpu>) -> &'static str {
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
        (Cause::Absent, _) if cpu.is_some_and(|cpu| cpu.is_guest) => {
            "none inside a virtual machine: read the host's counters on the host"
        }
        (Cause::Absent, BackEnd::Msr) => "modprobe msr, if the kernel has it (CONFIG_X86_MSR)",
        (Cause::Absent, BackEnd::Powercap) => match cpu.map(|cpu| cpu.vendor) {
            Some(Vendor::Amd | Vendor::Hygon) => {
                "modprobe intel_rapl_msr (it drives AMD too, since Linux 5.11)"
            }
            Some(Vendor::Intel) => "modprobe intel_rapl_msr (CONFIG_INTEL_RAPL)",
            Some(Vendor::Other) | None => "",
        },
        (Cause::Absent, BackEnd::Perf) => match cpu.map(|cpu| cpu.vendor) {
            Some(Vendor::Other) | None => "",
            Some(_) => "modprobe rapl (CONFIG_PERF_EVENTS_INTEL_RAPL); on AMD since Linux 5.8",
        },
        (Cause::Io | Cause::Malformed, _) => "",
    }
}
