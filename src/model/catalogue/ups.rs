//! UPS, as a server of Network UPS Tools tells of them. Names are those of the exporters for it where they have the
//! quantity; values are theirs too: percent, seconds, volts.

use crate::{Scale, Unit, gauge};

super::metrics! {
    /// Whether the server answered.
    UP = gauge("hearth_ups_up", Unit::None, "Whether the UPS could be asked.").labels(&["ups"]);
    /// States of a UPS.
    STATUS = gauge("network_ups_tools_ups_status", Unit::None, "Whether the UPS is in this state: OL on line, OB on battery, LB battery low.").labels(&["ups", "flag"]);
    /// Charge.
    CHARGE = gauge("network_ups_tools_battery_charge", Unit::None, "Charge of the battery in percent.").labels(&["ups"]).scale(Scale::MILLI).history();
    /// Run time left.
    RUNTIME = gauge("network_ups_tools_battery_runtime", Unit::None, "Seconds for which the battery would last.").labels(&["ups"]).scale(Scale::MILLI);
    /// Voltage of the battery.
    BATTERY_VOLTAGE = gauge("network_ups_tools_battery_voltage", Unit::Volts, "Voltage of the battery.").labels(&["ups"]).scale(Scale::MILLI);
    /// Nominal voltage of the battery.
    BATTERY_VOLTAGE_NOMINAL = gauge("network_ups_tools_battery_voltage_nominal", Unit::Volts, "Nominal voltage of the battery.").labels(&["ups"]).scale(Scale::MILLI);
    /// Voltage of the mains.
    INPUT_VOLTAGE = gauge("network_ups_tools_input_voltage", Unit::Volts, "Voltage of the mains.").labels(&["ups"]).scale(Scale::MILLI);
    /// Nominal voltage of the mains.
    INPUT_VOLTAGE_NOMINAL = gauge("network_ups_tools_input_voltage_nominal", Unit::Volts, "Nominal voltage of the mains.").labels(&["ups"]).scale(Scale::MILLI);
    /// Frequency of the mains.
    INPUT_FREQUENCY = gauge("network_ups_tools_input_frequency", Unit::Hertz, "Frequency of the mains.").labels(&["ups"]).scale(Scale::MILLI);
    /// Voltage given to the load.
    OUTPUT_VOLTAGE = gauge("network_ups_tools_output_voltage", Unit::Volts, "Voltage given to the load.").labels(&["ups"]).scale(Scale::MILLI);
    /// Load.
    LOAD = gauge("network_ups_tools_ups_load", Unit::None, "Load in percent.").labels(&["ups"]).scale(Scale::MILLI);
    /// Apparent power.
    POWER = gauge("network_ups_tools_ups_power", Unit::None, "Apparent power of the load, in volt-amperes.").labels(&["ups"]).scale(Scale::MILLI);
    /// Nominal apparent power.
    POWER_NOMINAL = gauge("network_ups_tools_ups_power_nominal", Unit::None, "Nominal apparent power, in volt-amperes.").labels(&["ups"]).scale(Scale::MILLI);
    /// Real power.
    REALPOWER = gauge("network_ups_tools_ups_realpower", Unit::Watts, "Real power of the load.").labels(&["ups"]).scale(Scale::MILLI);
    /// Nominal real power.
    REALPOWER_NOMINAL = gauge("network_ups_tools_ups_realpower_nominal", Unit::Watts, "Nominal real power.").labels(&["ups"]).scale(Scale::MILLI);
    /// Temperature.
    TEMPERATURE = gauge("network_ups_tools_ups_temperature", Unit::Celsius, "Temperature of the UPS.").labels(&["ups"]).scale(Scale::MILLI);
    /// Load in watts, and whether it was measured.
    LOAD_WATTS = gauge("hearth_ups_load_watts", Unit::Watts, "Real power of the load: measured by the UPS, or computed from its share of the nominal power.").labels(&["ups", "source"]).scale(Scale::MILLI).history();
}
