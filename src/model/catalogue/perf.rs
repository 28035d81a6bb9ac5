//! Performance counters: `perf_event_open(2)`. Where a counter shared its hardware with others, counts are estimates
//! over the whole time, and the running ratio says of how much.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// Events over all CPUs of a PMU.
    EVENTS = counter("hearth_perf_events_total", Unit::None, "Events on all CPUs of the PMU together.").labels(&["event", "pmu"]);
    /// How much of the time was counted.
    RUNNING = gauge("hearth_perf_running_ratio", Unit::Ratio, "Share of the time since the last reading in which the event's counter ran; below 1 the counts are estimates.").labels(&["event", "pmu"]).scale(Scale::MICRO);
    /// Clock cycles.
    CYCLES = counter("node_perf_cpucycles_total", Unit::None, "Clock cycles of the CPU while it was not halted.").labels(&["cpu"]);
    /// Instructions.
    INSTRUCTIONS = counter("node_perf_instructions_total", Unit::None, "Instructions retired.").labels(&["cpu"]);
    /// Branches.
    BRANCHES = counter("node_perf_branch_instructions_total", Unit::None, "Branches retired.").labels(&["cpu"]);
    /// Mispredicted branches.
    BRANCH_MISSES = counter("node_perf_branch_misses_total", Unit::None, "Branches that were predicted wrongly.").labels(&["cpu"]);
    /// Cache accesses.
    CACHE_REFERENCES = counter("node_perf_cache_refs_total", Unit::None, "Accesses to the last level of cache, as a rule.").labels(&["cpu"]);
    /// Cache misses.
    CACHE_MISSES = counter("node_perf_cache_misses_total", Unit::None, "Accesses to the last level of cache that went to memory, as a rule.").labels(&["cpu"]);
    /// Cycles without anything to issue.
    STALLED_FRONTEND = counter("node_perf_stalled_cycles_frontend_total", Unit::None, "Cycles in which there was no instruction to issue.").labels(&["cpu"]);
    /// Cycles without anything to retire.
    STALLED_BACKEND = counter("node_perf_stalled_cycles_backend_total", Unit::None, "Cycles in which no instruction could retire.").labels(&["cpu"]);
    /// Context switches.
    CONTEXT_SWITCHES = counter("node_perf_context_switches_total", Unit::None, "Switches from one task to another.").labels(&["cpu"]);
    /// Migrations.
    MIGRATIONS = counter("node_perf_cpu_migrations_total", Unit::None, "Tasks that came from another CPU.").labels(&["cpu"]);
    /// Page faults.
    PAGE_FAULTS = counter("node_perf_page_faults_total", Unit::None, "Page faults.").labels(&["cpu"]);
    /// Minor page faults.
    MINOR_FAULTS = counter("node_perf_minor_faults_total", Unit::None, "Page faults served from memory.").labels(&["cpu"]);
    /// Major page faults.
    MAJOR_FAULTS = counter("node_perf_major_faults_total", Unit::None, "Page faults served from a disk.").labels(&["cpu"]);
    /// Speed of a CPU.
    FREQUENCY = gauge("hearth_cpu_effective_frequency_hertz", Unit::Hertz, "Mean frequency of the CPU while it was not halted, by its own registers.").labels(&["cpu"]);
    /// Events of a cgroup.
    CGROUP_EVENTS = counter("hearth_cgroup_perf_events_total", Unit::None, "Events of the cgroup's programs on all CPUs together.").labels(&["cgroup", "event"]);
    /// How much of a cgroup's time was counted.
    CGROUP_RUNNING = gauge("hearth_cgroup_perf_running_ratio", Unit::Ratio, "Share of the cgroup's running time since the last reading in which the event's counter ran; below 1 the counts are estimates.").labels(&["cgroup", "event"]).scale(Scale::MICRO);
}
