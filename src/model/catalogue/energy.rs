//! Energy and power of the processor: RAPL, by perf, powercap or registers.
//!
//! Domains overlap (psys holds package, package holds core and uncore), so that nothing here may be added up.

use crate::{Metric, Scale, Unit, counter, gauge};

/// A counter of node_exporter's rapl collector, which has a metric for each kind of zone.
const fn zone(name: &'static str, help: &'static str) -> Metric {
    counter(name, Unit::Joules, help).labels(&["index", "path"]).scale(Scale::MICRO).paced()
}

super::metrics! {
    /// Energy of one domain since Hearth watches it.
    ENERGY = counter("hearth_energy_joules_total", Unit::Joules, "Energy that the domain has drawn since Hearth watches it; domains overlap and must not be added up.").labels(&["domain", "package", "source"]).scale(Scale::MICRO).every_tick().paced().history();
    /// Intervals whose energy is not in the total.
    GAPS = counter("hearth_energy_uncertain_intervals_total", Unit::None, "Intervals whose energy is not in the total: a wrap may have been missed, the machine slept or the counter went back.").labels(&["domain", "package", "source"]);
    /// Mean power of the last second.
    POWER = gauge("hearth_power_watts", Unit::Watts, "Mean power of the domain over the last window of 1 s or more.").labels(&["domain", "package"]).scale(Scale::MICRO).paced().history();
    /// How far off the power may be.
    UNCERTAINTY = gauge("hearth_power_uncertainty_watts", Unit::Watts, "How far the mean power may be off either way: one update of the counter (1 ms) and one of its ticks over the window.").labels(&["domain", "package"]).scale(Scale::MICRO).paced();
    /// Whether the processor blurs its counters.
    FILTERING = gauge("hearth_energy_filtering", Unit::None, "Whether the processor blurs its energy counters over milliseconds (1) or not (0).");
    /// Zones of packages, and of dies.
    PACKAGE = zone("node_rapl_package_joules_total", "Energy of the package as its zone counts it, without wraps.");
    /// Platform zones.
    PSYS = zone("node_rapl_psys_joules_total", "Energy of the platform as its zone counts it, without wraps.");
    /// Memory zones.
    DRAM = zone("node_rapl_dram_joules_total", "Energy of the memory as its zone counts it, without wraps.");
    /// Core zones.
    CORE = zone("node_rapl_core_joules_total", "Energy of the cores as their zone counts it, without wraps.");
    /// Uncore zones.
    UNCORE = zone("node_rapl_uncore_joules_total", "Energy of the package beside its cores as its zone counts it, without wraps.");
}
