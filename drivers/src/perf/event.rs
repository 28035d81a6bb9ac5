//! The events that are counted, and what `perf_event_open(2)` calls them.

use super::pmu::CorePmu;

/// `PERF_TYPE_HARDWARE`.
const TYPE_HARDWARE: u32 = 0;
/// `PERF_TYPE_SOFTWARE`.
const TYPE_SOFTWARE: u32 = 1;
/// `PERF_PMU_TYPE_SHIFT`: where a hardware event names one PMU of several, since Linux 5.13 (arm64: 6.6).
const PMU_TYPE_SHIFT: u32 = 32;

/// What `perf_event_open(2)` is asked for: `type` and `config` of `struct perf_event_attr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// The PMU: one of `PERF_TYPE_*`, or the number in its `type` file.
    pub kind: u32,
    /// The event, as that PMU codes it.
    pub config: u64,
}

/// An event of the CPU or of the kernel. The names are those of perf(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// `PERF_COUNT_HW_CPU_CYCLES`: clock cycles in which the CPU was not halted.
    Cycles,
    /// `PERF_COUNT_HW_INSTRUCTIONS`: instructions retired.
    Instructions,
    /// `PERF_COUNT_HW_BRANCH_INSTRUCTIONS`: branches retired.
    Branches,
    /// `PERF_COUNT_HW_BRANCH_MISSES`: branches predicted wrongly.
    BranchMisses,
    /// `PERF_COUNT_HW_CACHE_REFERENCES`: accesses to the last level of cache, as a rule.
    CacheReferences,
    /// `PERF_COUNT_HW_CACHE_MISSES`: of these, those that went to memory.
    CacheMisses,
    /// `PERF_COUNT_HW_STALLED_CYCLES_FRONTEND`: cycles without an instruction to issue.
    StalledFrontend,
    /// `PERF_COUNT_HW_STALLED_CYCLES_BACKEND`: cycles in which nothing could retire.
    StalledBackend,
    /// `PERF_COUNT_SW_CONTEXT_SWITCHES`.
    ContextSwitches,
    /// `PERF_COUNT_SW_CPU_MIGRATIONS`: tasks that came from another CPU.
    Migrations,
    /// `PERF_COUNT_SW_PAGE_FAULTS`.
    PageFaults,
    /// `PERF_COUNT_SW_PAGE_FAULTS_MIN`: page faults served from memory.
    MinorFaults,
    /// `PERF_COUNT_SW_PAGE_FAULTS_MAJ`: page faults served from a disk.
    MajorFaults,
    /// `PERF_COUNT_SW_TASK_CLOCK`: nanoseconds in which the task or cgroup ran.
    TaskClock,
    /// `PERF_COUNT_SW_CPU_CLOCK`: nanoseconds by the CPU's clock; of a whole CPU, the time itself.
    CpuClock,
}

impl Event {
    /// Events of the CPU's own counters, in families whose members mean most when they are counted together: the groups
    /// to try first.
    pub const HARDWARE: [&'static [Self]; 3] = [
        &[Self::Cycles, Self::Instructions, Self::Branches, Self::BranchMisses],
        &[Self::CacheReferences, Self::CacheMisses],
        &[Self::StalledFrontend, Self::StalledBackend],
    ];

    /// The name that perf(1) has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cycles => "cycles",
            Self::Instructions => "instructions",
            Self::Branches => "branches",
            Self::BranchMisses => "branch-misses",
            Self::CacheReferences => "cache-references",
            Self::CacheMisses => "cache-misses",
            Self::StalledFrontend => "stalled-cycles-frontend",
            Self::StalledBackend => "stalled-cycles-backend",
            Self::ContextSwitches => "context-switches",
            Self::Migrations => "cpu-migrations",
            Self::PageFaults => "page-faults",
            Self::MinorFaults => "minor-faults",
            Self::MajorFaults => "major-faults",
            Self::TaskClock => "task-clock",
            Self::CpuClock => "cpu-clock",
        }
    }

    /// Whether the kernel counts it, so that it takes none of the CPU's counters.
    #[must_use]
    pub const fn is_software(self) -> bool {
        matches!(self.parts(), (TYPE_SOFTWARE, _))
    }

    /// Whether it happens in the kernel alone, so that who may only watch programs counts none of it.
    #[must_use]
    pub const fn is_kernel_only(self) -> bool {
        matches!(self, Self::ContextSwitches | Self::Migrations)
    }

    /// The generic code: the kernel finds the PMU.
    #[must_use]
    pub const fn code(self) -> Code {
        let (kind, config) = self.parts();
        Code { kind, config }
    }

    /// The code of a hardware event on one of several core PMUs; of a software event the generic one.
    #[must_use]
    pub fn code_on(self, pmu: &CorePmu) -> Code {
        let generic = self.code();
        if self.is_software() {
            return generic;
        }
        Code { config: generic.config | u64::from(pmu.kind) << PMU_TYPE_SHIFT, ..generic }
    }

    const fn parts(self) -> (u32, u64) {
        match self {
            Self::Cycles => (TYPE_HARDWARE, 0),
            Self::Instructions => (TYPE_HARDWARE, 1),
            Self::CacheReferences => (TYPE_HARDWARE, 2),
            Self::CacheMisses => (TYPE_HARDWARE, 3),
            Self::Branches => (TYPE_HARDWARE, 4),
            Self::BranchMisses => (TYPE_HARDWARE, 5),
            Self::StalledFrontend => (TYPE_HARDWARE, 7),
            Self::StalledBackend => (TYPE_HARDWARE, 8),
            Self::CpuClock => (TYPE_SOFTWARE, 0),
            Self::TaskClock => (TYPE_SOFTWARE, 1),
            Self::PageFaults => (TYPE_SOFTWARE, 2),
            Self::ContextSwitches => (TYPE_SOFTWARE, 3),
            Self::Migrations => (TYPE_SOFTWARE, 4),
            Self::MinorFaults => (TYPE_SOFTWARE, 5),
            Self::MajorFaults => (TYPE_SOFTWARE, 6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_kernels_header() {
        use perf_event::events::{Hardware, Software};
        for (event, code) in [
            (Event::Cycles, Hardware::CPU_CYCLES),
            (Event::Instructions, Hardware::INSTRUCTIONS),
            (Event::CacheReferences, Hardware::CACHE_REFERENCES),
            (Event::CacheMisses, Hardware::CACHE_MISSES),
            (Event::Branches, Hardware::BRANCH_INSTRUCTIONS),
            (Event::BranchMisses, Hardware::BRANCH_MISSES),
            (Event::StalledFrontend, Hardware::STALLED_CYCLES_FRONTEND),
            (Event::StalledBackend, Hardware::STALLED_CYCLES_BACKEND),
        ] {
            assert_eq!(event.code(), Code { kind: 0, config: code.into() }, "{}", event.name());
            assert!(!event.is_software());
        }
        for (event, code) in [
            (Event::CpuClock, Software::CPU_CLOCK),
            (Event::TaskClock, Software::TASK_CLOCK),
            (Event::PageFaults, Software::PAGE_FAULTS),
            (Event::ContextSwitches, Software::CONTEXT_SWITCHES),
            (Event::Migrations, Software::CPU_MIGRATIONS),
            (Event::MinorFaults, Software::PAGE_FAULTS_MIN),
            (Event::MajorFaults, Software::PAGE_FAULTS_MAJ),
        ] {
            assert_eq!(event.code(), Code { kind: 1, config: code.into() }, "{}", event.name());
            assert!(event.is_software());
        }
    }

    #[test]
    fn one_pmu_of_several_is_named_in_the_upper_half() {
        let atom = CorePmu { name: "cpu_atom".to_owned(), kind: 10, cpus: Some(vec![16, 17]) };
        assert_eq!(Event::Instructions.code_on(&atom), Code { kind: 0, config: 0xa_0000_0001 });
        assert_eq!(Event::PageFaults.code_on(&atom), Event::PageFaults.code());
    }
}
