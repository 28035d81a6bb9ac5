//! Graphics processors, by the library of their driver. Those whose driver has a monitoring chip are among
//! [`super::hwmon`].

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// Energy since the driver was loaded.
    ENERGY = counter("hearth_gpu_energy_joules_total", Unit::Joules, "Energy that the GPU has used since its driver was loaded.").labels(&["gpu", "source"]).scale(Scale::MILLI).paced().history();
    /// Power now.
    POWER = gauge("hearth_gpu_power_watts", Unit::Watts, "Power of the GPU and its memory, over the last second where the GPU tells a mean; off by up to 5 W.").labels(&["gpu"]).scale(Scale::MILLI).paced().history();
    /// Temperature of the chip.
    TEMPERATURE = gauge("hearth_gpu_temperature_celsius", Unit::Celsius, "Temperature of the GPU's chip.").labels(&["gpu"]).history();
    /// Share of time in which it computed.
    UTILIZATION = gauge("hearth_gpu_utilization_ratio", Unit::Ratio, "Share of the GPU's last sample period, of 1 s or less, in which something ran on it.").labels(&["gpu"]).scale(Scale::decimals(2)).paced().history();
    /// What a GPU is called.
    INFO = gauge("hearth_gpu_info", Unit::None, "What the maker calls the GPU; value 1.").labels(&["gpu", "name"]);
}
