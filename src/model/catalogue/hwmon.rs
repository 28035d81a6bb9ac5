//! Monitoring chips: `/sys/class/hwmon`. Names, units and labels are node_exporter's.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// Temperature.
    TEMP = gauge("node_hwmon_temp_celsius", Unit::Celsius, "Temperature.").labels(&["chip", "sensor"]).scale(Scale::MILLI).history();
    /// Whether the temperature is out of its limits.
    TEMP_ALARM = gauge("node_hwmon_temp_alarm", Unit::None, "Whether the temperature is out of its limits.").labels(&["chip", "sensor"]);
    /// Whether the temperature's sensor is broken.
    TEMP_FAULT = gauge("node_hwmon_temp_fault", Unit::None, "Whether the temperature's sensor is broken.").labels(&["chip", "sensor"]);
    /// Whether the temperature is critical. node_exporter gives this flag a temperature's name and scale.
    TEMP_CRIT_ALARM = gauge("node_hwmon_temp_crit_alarm_celsius", Unit::None, "Above 0 while the temperature is critical.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether the temperature is below its least; named and scaled as the critical one.
    TEMP_MIN_ALARM = gauge("node_hwmon_temp_min_alarm_celsius", Unit::None, "Above 0 while the temperature is below its least.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is above its greatest.
    TEMP_MAX_ALARM = gauge("node_hwmon_temp_max_alarm_celsius", Unit::None, "Above 0 while the temperature is above its greatest.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether the chip acts against it.
    TEMP_EMERGENCY_ALARM = gauge("node_hwmon_temp_emergency_alarm_celsius", Unit::None, "Above 0 while the chip acts against the temperature.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is critically low.
    TEMP_LCRIT_ALARM = gauge("node_hwmon_temp_lcrit_alarm_celsius", Unit::None, "Above 0 while the temperature is critically low.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Least temperature allowed.
    TEMP_MIN = gauge("node_hwmon_temp_min_celsius", Unit::Celsius, "Least temperature allowed.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Greatest temperature allowed.
    TEMP_MAX = gauge("node_hwmon_temp_max_celsius", Unit::Celsius, "Greatest temperature allowed.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Temperature below which the alarm of the greatest one ends.
    TEMP_MAX_HYST = gauge("node_hwmon_temp_max_hyst_celsius", Unit::Celsius, "Temperature below which the alarm of the greatest one ends.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Critical temperature.
    TEMP_CRIT = gauge("node_hwmon_temp_crit_celsius", Unit::Celsius, "Critical temperature.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Temperature below which the critical alarm ends.
    TEMP_CRIT_HYST = gauge("node_hwmon_temp_crit_hyst_celsius", Unit::Celsius, "Temperature below which the critical alarm ends.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Temperature at which the chip itself acts.
    TEMP_EMERGENCY = gauge("node_hwmon_temp_emergency_celsius", Unit::Celsius, "Temperature at which the chip itself acts.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Critically low temperature.
    TEMP_LCRIT = gauge("node_hwmon_temp_lcrit_celsius", Unit::Celsius, "Critically low temperature.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Highest temperature seen by the chip.
    TEMP_HIGHEST = gauge("node_hwmon_temp_highest_celsius", Unit::Celsius, "Highest temperature seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Lowest temperature seen by the chip.
    TEMP_LOWEST = gauge("node_hwmon_temp_lowest_celsius", Unit::Celsius, "Lowest temperature seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Voltage.
    IN = gauge("node_hwmon_in_volts", Unit::Volts, "Voltage.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether the voltage is out of its limits.
    IN_ALARM = gauge("node_hwmon_in_alarm", Unit::None, "Whether the voltage is out of its limits.").labels(&["chip", "sensor"]);
    /// Whether the voltage is below its least.
    IN_MIN_ALARM = gauge("node_hwmon_in_min_alarm_volts", Unit::None, "Above 0 while the voltage is below its least.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is above its greatest.
    IN_MAX_ALARM = gauge("node_hwmon_in_max_alarm_volts", Unit::None, "Above 0 while the voltage is above its greatest.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is critically high.
    IN_CRIT_ALARM = gauge("node_hwmon_in_crit_alarm_volts", Unit::None, "Above 0 while the voltage is critically high.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is critically low.
    IN_LCRIT_ALARM = gauge("node_hwmon_in_lcrit_alarm_volts", Unit::None, "Above 0 while the voltage is critically low.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Least voltage allowed.
    IN_MIN = gauge("node_hwmon_in_min_volts", Unit::Volts, "Least voltage allowed.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Greatest voltage allowed.
    IN_MAX = gauge("node_hwmon_in_max_volts", Unit::Volts, "Greatest voltage allowed.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Critically high voltage.
    IN_CRIT = gauge("node_hwmon_in_crit_volts", Unit::Volts, "Critically high voltage.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Critically low voltage.
    IN_LCRIT = gauge("node_hwmon_in_lcrit_volts", Unit::Volts, "Critically low voltage.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Highest voltage seen by the chip.
    IN_HIGHEST = gauge("node_hwmon_in_highest_volts", Unit::Volts, "Highest voltage seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Lowest voltage seen by the chip.
    IN_LOWEST = gauge("node_hwmon_in_lowest_volts", Unit::Volts, "Lowest voltage seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Speed of a fan.
    FAN = gauge("node_hwmon_fan_rpm", Unit::None, "Revolutions of the fan per minute.").labels(&["chip", "sensor"]).history();
    /// Whether the fan's speed is out of its limits.
    FAN_ALARM = gauge("node_hwmon_fan_alarm", Unit::None, "Whether the fan's speed is out of its limits.").labels(&["chip", "sensor"]);
    /// Whether the fan is slower than its least.
    FAN_MIN_ALARM = gauge("node_hwmon_fan_min_alarm", Unit::None, "Above 0 while the fan is slower than its least.").labels(&["chip", "sensor"]);
    /// Whether it is faster than its greatest.
    FAN_MAX_ALARM = gauge("node_hwmon_fan_max_alarm", Unit::None, "Above 0 while the fan is faster than its greatest.").labels(&["chip", "sensor"]);
    /// Whether the fan is broken.
    FAN_FAULT = gauge("node_hwmon_fan_fault", Unit::None, "Whether the fan is broken.").labels(&["chip", "sensor"]);
    /// Least speed allowed.
    FAN_MIN = gauge("node_hwmon_fan_min_rpm", Unit::None, "Least revolutions of the fan per minute allowed.").labels(&["chip", "sensor"]);
    /// Greatest speed allowed.
    FAN_MAX = gauge("node_hwmon_fan_max_rpm", Unit::None, "Greatest revolutions of the fan per minute allowed.").labels(&["chip", "sensor"]);
    /// Duty of a fan.
    PWM = gauge("node_hwmon_pwm", Unit::None, "Duty of the fan, of 255.").labels(&["chip", "sensor"]);
    /// Who sets the duty.
    PWM_ENABLE = gauge("node_hwmon_pwm_enable", Unit::None, "Who sets the duty: 0 nobody, at full speed, 1 whoever writes it, from 2 the chip.").labels(&["chip", "sensor"]);
    /// Current.
    CURR = gauge("node_hwmon_curr_amps", Unit::Amperes, "Current.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether the current is out of its limits.
    CURR_ALARM = gauge("node_hwmon_curr_alarm", Unit::None, "Whether the current is out of its limits.").labels(&["chip", "sensor"]);
    /// Whether the current is below its least.
    CURR_MIN_ALARM = gauge("node_hwmon_curr_min_alarm_amps", Unit::None, "Above 0 while the current is below its least.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is above its greatest.
    CURR_MAX_ALARM = gauge("node_hwmon_curr_max_alarm_amps", Unit::None, "Above 0 while the current is above its greatest.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is critically high.
    CURR_CRIT_ALARM = gauge("node_hwmon_curr_crit_alarm_amps", Unit::None, "Above 0 while the current is critically high.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Whether it is critically low.
    CURR_LCRIT_ALARM = gauge("node_hwmon_curr_lcrit_alarm_amps", Unit::None, "Above 0 while the current is critically low.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Least current allowed.
    CURR_MIN = gauge("node_hwmon_curr_min_amps", Unit::Amperes, "Least current allowed.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Greatest current allowed.
    CURR_MAX = gauge("node_hwmon_curr_max_amps", Unit::Amperes, "Greatest current allowed.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Critically high current.
    CURR_CRIT = gauge("node_hwmon_curr_crit_amps", Unit::Amperes, "Critically high current.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Critically low current.
    CURR_LCRIT = gauge("node_hwmon_curr_lcrit_amps", Unit::Amperes, "Critically low current.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Highest current seen by the chip.
    CURR_HIGHEST = gauge("node_hwmon_curr_highest_amps", Unit::Amperes, "Highest current seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Lowest current seen by the chip.
    CURR_LOWEST = gauge("node_hwmon_curr_lowest_amps", Unit::Amperes, "Lowest current seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MILLI);
    /// Power now.
    POWER = gauge("node_hwmon_power_watt", Unit::Watts, "Power now.").labels(&["chip", "sensor"]).scale(Scale::MICRO).history();
    /// Power on average.
    POWER_AVERAGE = gauge("node_hwmon_power_average_watt", Unit::Watts, "Power on average over the chip's own interval.").labels(&["chip", "sensor"]).scale(Scale::MICRO).history();
    /// Whether the power is out of its limits.
    POWER_ALARM = gauge("node_hwmon_power_alarm", Unit::None, "Whether the power is out of its limits.").labels(&["chip", "sensor"]);
    /// Whether the power is above its greatest.
    POWER_MAX_ALARM = gauge("node_hwmon_power_max_alarm_watt", Unit::None, "Above 0 while the power is above its greatest.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Whether it is critically high.
    POWER_CRIT_ALARM = gauge("node_hwmon_power_crit_alarm_watt", Unit::None, "Above 0 while the power is critically high.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Limit that is kept.
    POWER_CAP = gauge("node_hwmon_power_cap_watt", Unit::Watts, "Power that the chip limits itself to.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Greatest limit that may be set.
    POWER_CAP_MAX = gauge("node_hwmon_power_cap_max_watt", Unit::Watts, "Greatest limit of power that may be set.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Least limit that may be set.
    POWER_CAP_MIN = gauge("node_hwmon_power_cap_min_watt", Unit::Watts, "Least limit of power that may be set.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Greatest power allowed.
    POWER_MAX = gauge("node_hwmon_power_max_watt", Unit::Watts, "Greatest power allowed.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Critically high power.
    POWER_CRIT = gauge("node_hwmon_power_crit_watt", Unit::Watts, "Critically high power.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Highest power seen by the chip.
    POWER_INPUT_HIGHEST = gauge("node_hwmon_power_input_highest_watt", Unit::Watts, "Highest power seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Lowest power seen by the chip.
    POWER_INPUT_LOWEST = gauge("node_hwmon_power_input_lowest_watt", Unit::Watts, "Lowest power seen by the chip.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// Energy used since the driver was loaded.
    ENERGY = counter("node_hwmon_energy_joule_total", Unit::Joules, "Energy used since the driver was loaded.").labels(&["chip", "sensor"]).scale(Scale::MICRO).paced();
    /// Humidity. The kernel's unit is a thousandth of a percent, so 5 decimals make a ratio.
    HUMIDITY = gauge("node_hwmon_humidity", Unit::None, "Relative humidity as a ratio.").labels(&["chip", "sensor"]).scale(Scale::decimals(5));
    /// Whether the case was opened.
    INTRUSION = gauge("node_hwmon_intrusion_alarm", Unit::None, "Whether the case was opened.").labels(&["chip", "sensor"]);
    /// Frequency; the kernel's unit is the hertz.
    FREQUENCY = gauge("node_hwmon_freq_freq_mhz", Unit::None, "Frequency in megahertz.").labels(&["chip", "sensor"]).scale(Scale::MICRO);
    /// What the driver calls a chip.
    CHIP_NAMES = gauge("node_hwmon_chip_names", Unit::None, "What the driver calls the chip; value 1.").labels(&["chip", "chip_name"]);
    /// What the board's maker calls a channel.
    SENSOR_LABEL = gauge("node_hwmon_sensor_label", Unit::None, "What the board's maker calls the channel; value 1.").labels(&["chip", "sensor", "label"]);
}
