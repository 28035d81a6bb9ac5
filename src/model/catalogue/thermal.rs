//! Thermal zones and cooling devices: `/sys/class/thermal`.

use crate::{Scale, Unit, gauge};

super::metrics! {
    /// Temperature of a zone.
    TEMP = gauge("node_thermal_zone_temp", Unit::Celsius, "Temperature of the zone in degrees Celsius.").labels(&["zone", "type"]).scale(Scale::MILLI).history();
    /// State of a cooling device.
    COOLING = gauge("node_cooling_device_cur_state", Unit::None, "How far the cooling device is turned up.").labels(&["name", "type"]);
    /// Greatest state of a cooling device.
    COOLING_MAX = gauge("node_cooling_device_max_state", Unit::None, "How far the cooling device can be turned up.").labels(&["name", "type"]);
    /// Temperature at which the kernel acts.
    TRIP = gauge("hearth_thermal_zone_trip_celsius", Unit::Celsius, "Temperature at which the kernel acts.").labels(&["zone", "type", "trip", "action"]).scale(Scale::MILLI);
}
