//! Processors and the run queue: `/proc/stat`, `/proc/loadavg`.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// CPU time in each mode, over all CPUs.
    ALL_SECONDS = counter("hearth_cpu_seconds_total", Unit::Seconds, "Seconds all CPUs together spent in each mode.").labels(&["mode"]).scale(Scale::CENTI).history();
    /// CPU time of each CPU in each mode.
    SECONDS = counter("node_cpu_seconds_total", Unit::Seconds, "Seconds the CPU spent in each mode.").labels(&["cpu", "mode"]).scale(Scale::CENTI);
    /// CPU time spent running guests.
    GUEST_SECONDS = counter("node_cpu_guest_seconds_total", Unit::Seconds, "Seconds the CPU spent running guests, already contained in user and nice time.").labels(&["cpu", "mode"]).scale(Scale::CENTI);
    /// Load average over 1 min.
    LOAD1 = gauge("node_load1", Unit::None, "Load average over 1 min.").scale(Scale::CENTI).history();
    /// Load average over 5 min.
    LOAD5 = gauge("node_load5", Unit::None, "Load average over 5 min.").scale(Scale::CENTI);
    /// Load average over 15 min.
    LOAD15 = gauge("node_load15", Unit::None, "Load average over 15 min.").scale(Scale::CENTI);
    /// Context switches.
    CONTEXT_SWITCHES = counter("node_context_switches_total", Unit::None, "Context switches on all CPUs.").history();
    /// Forks.
    FORKS = counter("node_forks_total", Unit::None, "Processes and threads started.");
    /// Interrupts.
    INTERRUPTS = counter("node_intr_total", Unit::None, "Interrupts served.").history();
    /// Softirqs by kind.
    SOFTIRQS = counter("node_softirqs_total", Unit::None, "Softirqs served, by kind.").labels(&["vector"]);
    /// Run queue.
    RUNNING = gauge("node_procs_running", Unit::None, "Processes that run or wait for a CPU.").history();
    /// Blocked processes.
    BLOCKED = gauge("node_procs_blocked", Unit::None, "Processes that wait for input or output.").history();
}
