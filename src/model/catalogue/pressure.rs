//! Pressure stall information: `/proc/pressure`.

use crate::{Scale, Unit, counter};

super::metrics! {
    /// Time some task waited for cpu.
    CPU_WAITING = counter("node_pressure_cpu_waiting_seconds_total", Unit::Seconds, "Seconds in which at least one task waited for cpu.").scale(Scale::MICRO).history();
    /// Time some task waited for io.
    IO_WAITING = counter("node_pressure_io_waiting_seconds_total", Unit::Seconds, "Seconds in which at least one task waited for io.").scale(Scale::MICRO).history();
    /// Time all tasks waited for io.
    IO_STALLED = counter("node_pressure_io_stalled_seconds_total", Unit::Seconds, "Seconds in which all non-idle tasks waited for io.").scale(Scale::MICRO);
    /// Time some task waited for memory.
    MEMORY_WAITING = counter("node_pressure_memory_waiting_seconds_total", Unit::Seconds, "Seconds in which at least one task waited for memory.").scale(Scale::MICRO).history();
    /// Time all tasks waited for memory.
    MEMORY_STALLED = counter("node_pressure_memory_stalled_seconds_total", Unit::Seconds, "Seconds in which all non-idle tasks waited for memory.").scale(Scale::MICRO);
    /// Time all tasks were held up by interrupts.
    IRQ_STALLED = counter("node_pressure_irq_stalled_seconds_total", Unit::Seconds, "Seconds in which all non-idle tasks were held up by interrupts.").scale(Scale::MICRO).history();
}
