//! What the owner configured for the sensor of energy.

use hearth_model::attribution::Tariff;

/// How energy is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnergyConfig {
    /// The road to the processor's counters.
    pub source: EnergySource,
    /// What a kilowatt-hour costs, if that is known.
    pub tariff: Option<Tariff>,
    /// The currency that is in.
    pub currency: String,
}

/// A road to the processor's energy counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnergySource {
    /// For each domain the first of the others, in their order, that has it.
    #[default]
    Auto,
    /// Events of the kernel's `power` PMU.
    Perf,
    /// Zones of `/sys/class/powercap`.
    Powercap,
    /// Registers by `/dev/cpu/N/msr`.
    Msr,
}
