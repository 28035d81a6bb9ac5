//! Batteries and mains: `/sys/class/power_supply`. Names and labels are node_exporter's.

use crate::{Scale, Unit, gauge};

super::metrics! {
    /// Whether a supply is plugged in.
    ONLINE = gauge("node_power_supply_online", Unit::None, "Whether the supply is plugged in.").labels(&["power_supply"]);
    /// Whether a battery is there.
    PRESENT = gauge("node_power_supply_present", Unit::None, "Whether the battery is there.").labels(&["power_supply"]);
    /// Charge in percent.
    CAPACITY = gauge("node_power_supply_capacity", Unit::None, "Charge in percent.").labels(&["power_supply"]).history();
    /// Times charged.
    CYCLES = gauge("node_power_supply_cyclecount", Unit::None, "Times the battery was charged.").labels(&["power_supply"]);
    /// Time until empty.
    TO_EMPTY = gauge("node_power_supply_time_to_empty_seconds", Unit::Seconds, "Time until the battery is empty.").labels(&["power_supply"]);
    /// Time until full.
    TO_FULL = gauge("node_power_supply_time_to_full_seconds", Unit::Seconds, "Time until the battery is full.").labels(&["power_supply"]);
    /// Voltage now.
    VOLTAGE = gauge("node_power_supply_voltage_volt", Unit::Volts, "Voltage now.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Least voltage by design.
    VOLTAGE_MIN_DESIGN = gauge("node_power_supply_voltage_min_design", Unit::Volts, "Least voltage by design.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Greatest voltage by design.
    VOLTAGE_MAX_DESIGN = gauge("node_power_supply_voltage_max_design", Unit::Volts, "Greatest voltage by design.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Least voltage.
    VOLTAGE_MIN = gauge("node_power_supply_voltage_min", Unit::Volts, "Least voltage.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Greatest voltage.
    VOLTAGE_MAX = gauge("node_power_supply_voltage_max", Unit::Volts, "Greatest voltage.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Current now.
    CURRENT = gauge("node_power_supply_current_ampere", Unit::Amperes, "Current now.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Greatest current.
    CURRENT_MAX = gauge("node_power_supply_current_max", Unit::Amperes, "Greatest current.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Power now.
    POWER = gauge("node_power_supply_power_watt", Unit::Watts, "Power now.").labels(&["power_supply"]).scale(Scale::MICRO).history();
    /// Energy now.
    ENERGY = gauge("node_power_supply_energy_watthour", Unit::None, "Energy now, in watt-hours.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Energy when full.
    ENERGY_FULL = gauge("node_power_supply_energy_full", Unit::None, "Energy when full, in watt-hours.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Energy when full, by design.
    ENERGY_FULL_DESIGN = gauge("node_power_supply_energy_full_design", Unit::None, "Energy when full by design, in watt-hours.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Charge now.
    CHARGE = gauge("node_power_supply_charge_ampere", Unit::None, "Charge now, in ampere-hours.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Charge when full.
    CHARGE_FULL = gauge("node_power_supply_charge_full", Unit::None, "Charge when full, in ampere-hours.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Charge when full, by design.
    CHARGE_FULL_DESIGN = gauge("node_power_supply_charge_full_design", Unit::None, "Charge when full by design, in ampere-hours.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Charge as the supply counts it.
    CHARGE_COUNTER = gauge("node_power_supply_charge_counter", Unit::None, "Charge as the supply counts it, in ampere-hours.").labels(&["power_supply"]).scale(Scale::MICRO);
    /// Temperature.
    TEMP = gauge("node_power_supply_temp_celsius", Unit::Celsius, "Temperature.").labels(&["power_supply"]).scale(Scale::decimals(1));
    /// What a supply is.
    INFO = gauge("node_power_supply_info", Unit::None, "What the supply is; value 1.").labels(&["power_supply", "type", "technology", "manufacturer", "model_name", "serial_number", "scope"]).admin();
    /// State of a battery. A label would freeze it: it changes while the series stays.
    STATE = gauge("hearth_power_supply_state", Unit::None, "Whether the supply is in this state.").labels(&["power_supply", "state"]);
}
