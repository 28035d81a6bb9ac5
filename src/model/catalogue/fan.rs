//! Fans that Hearth drives itself.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// Duty a fan was given.
    DUTY = gauge("hearth_fan_duty_ratio", Unit::Ratio, "Duty the fan was given.").labels(&["fan"]).scale(Scale::MILLI).history();
    /// Temperature a fan follows.
    TEMPERATURE = gauge("hearth_fan_temperature_celsius", Unit::Celsius, "Temperature the fan follows.").labels(&["fan"]).scale(Scale::MILLI);
    /// Whether a fan runs at full speed for want of a temperature.
    FAILSAFE = gauge("hearth_fan_failsafe", Unit::None, "Whether the fan runs at full speed for want of a temperature.").labels(&["fan"]);
    /// Times a fan could not be driven.
    FAILURES = counter("hearth_fan_failures_total", Unit::None, "Times the fan could not be driven.").labels(&["fan"]);
}
