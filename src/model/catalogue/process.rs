//! Hearth's own process, and the busiest others.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// CPU time Hearth itself has used.
    CPU = counter("process_cpu_seconds_total", Unit::Seconds, "CPU time Hearth itself has used.").scale(Scale::MICRO).history();
    /// Memory Hearth itself holds.
    RESIDENT = gauge("process_resident_memory_bytes", Unit::Bytes, "Memory Hearth itself holds.").history();
    /// Address space of Hearth itself.
    VIRTUAL = gauge("process_virtual_memory_bytes", Unit::Bytes, "Address space of Hearth itself.");
    /// Files Hearth itself holds open.
    OPEN_FILES = gauge("process_open_fds", Unit::None, "Files Hearth itself holds open.");
    /// Files Hearth itself may hold open.
    MAX_FILES = gauge("process_max_fds", Unit::None, "Files Hearth itself may hold open.");
    /// When Hearth started, in seconds since 1970.
    START_TIME = gauge("process_start_time_seconds", Unit::Seconds, "When Hearth started, in seconds since 1970.").scale(Scale::CENTI);
    /// Threads of Hearth itself.
    THREADS = gauge("hearth_threads", Unit::None, "Threads of Hearth itself.");
    /// Times a thread of Hearth gave up its CPU to wait, and so was woken later.
    WAKEUPS = counter("hearth_wakeups_total", Unit::None, "Times a thread of Hearth gave up its CPU to wait, and so was woken later.").history();
    /// CPU time of all processes of this name since they are watched.
    TOP_CPU = counter("hearth_top_cpu_seconds_total", Unit::Seconds, "CPU time of all processes of this name since they are watched.").labels(&["name"]).admin().scale(Scale::CENTI);
    /// Memory held by all processes of this name.
    TOP_RESIDENT = gauge("hearth_top_resident_memory_bytes", Unit::Bytes, "Memory held by all processes of this name.").labels(&["name"]).admin();
    /// Processes of this name.
    TOP_COUNT = gauge("hearth_top_processes", Unit::None, "Processes of this name.").labels(&["name"]).admin();
}
