//! Control groups: what each service, container or session has used. `cgroup` is the group's path below the tree's root.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// CPU time of the group.
    CPU = counter("hearth_cgroup_cpu_seconds_total", Unit::Seconds, "CPU time of the group and all groups in it.")
        .labels(&["cgroup", "mode"]).scale(Scale::MICRO);
    /// Time the group's limit kept it from running.
    THROTTLED = counter("hearth_cgroup_cpu_throttled_seconds_total", Unit::Seconds, "Time that the group's CPU limit kept it from running, each CPU counted.")
        .labels(&["cgroup"]).scale(Scale::MICRO);
    /// Periods of the limit.
    PERIODS = counter("hearth_cgroup_cpu_periods_total", Unit::None, "Periods of the group's CPU limit that have passed.")
        .labels(&["cgroup"]);
    /// Periods in which the limit was met.
    THROTTLED_PERIODS = counter("hearth_cgroup_cpu_throttled_periods_total", Unit::None, "Periods in which the group used up its CPU limit.")
        .labels(&["cgroup"]);
    /// Memory charged to the group.
    MEMORY = gauge("hearth_cgroup_memory_bytes", Unit::Bytes, "Memory charged to the group and all groups in it.")
        .labels(&["cgroup"]);
    /// The most it ever was.
    MEMORY_PEAK = gauge("hearth_cgroup_memory_peak_bytes", Unit::Bytes, "The most memory that was ever charged to the group.")
        .labels(&["cgroup"]);
    /// What it is used for.
    MEMORY_USE = gauge("hearth_cgroup_memory_use_bytes", Unit::Bytes, "What the group's memory is used for: anon, file (with shmem in it), kernel.")
        .labels(&["cgroup", "use"]);
    /// Page faults that waited for a disk.
    MAJOR_FAULTS = counter("hearth_cgroup_memory_major_faults_total", Unit::None, "Page faults of the group that waited for a disk.")
        .labels(&["cgroup"]);
    /// How often a memory limit was met.
    MEMORY_EVENTS = counter("hearth_cgroup_memory_events_total", Unit::None, "Times that a memory limit of the group was met: high, max, oom, oom_kill.")
        .labels(&["cgroup", "event"]);
    /// Bytes read, written and discarded.
    IO_BYTES = counter("hearth_cgroup_io_bytes_total", Unit::Bytes, "Bytes between the group and block devices; what stands before another device is left out.")
        .labels(&["cgroup", "direction"]);
    /// Requests.
    IO_OPERATIONS = counter("hearth_cgroup_io_operations_total", Unit::None, "Requests of the group to block devices; what stands before another device is left out.")
        .labels(&["cgroup", "direction"]);
    /// Time lost waiting.
    PRESSURE = counter("hearth_cgroup_pressure_seconds_total", Unit::Seconds, "Seconds in which at least one task of the group waited for the resource (waiting), or all did (stalled).")
        .labels(&["cgroup", "resource", "kind"]).scale(Scale::MICRO);
    /// Tasks.
    TASKS = gauge("hearth_cgroup_tasks", Unit::None, "Processes and threads in the group and all groups in it.")
        .labels(&["cgroup"]);
    /// Groups that are not followed.
    LEFT_OUT = gauge("hearth_cgroups_left_out", Unit::None, "Groups that are there and not followed: ignored, too deep, or more than the limit.");
}
