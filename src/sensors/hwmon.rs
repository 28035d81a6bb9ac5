//! Monitoring chips: temperatures, voltages, fans, currents, power.
//!
//! A chip behind a slow bus may take milliseconds to answer, or not answer at all, so that each is an errand of its own.
//! Chips that are drives are left to the drives' sensor: each reading is a command to the drive.

use std::time::Duration;

use hearth_drivers::class::Attribute;
use hearth_drivers::hwmon::{self, AttributeDef, Chip, Kind, cleaned};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef};
use hearth_model::{Metric, Reason, catalogue::hwmon as metrics};

use super::attributes::{Attributes, Pace, Sleep};
use super::crew::Crew;
use super::rounds::Plan;
use super::{SECOND, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "hwmon",
    source: "/sys/class/hwmon",
    lane: LaneKind::Slow,
    every: Every::Period(SECOND),
    budget: Duration::from_millis(1),
    metrics: &[metrics::ALL],
    arm,
};

const FIX: &str = "nothing on a virtual machine, which has none; else load the drivers of the board's chips (sensors-detect names them)";

/// The metric of an attribute.
fn metric(def: &AttributeDef) -> Option<&'static Metric> {
    Some(match (def.kind, def.name) {
        (Kind::Temperature, "input") => &metrics::TEMP,
        (Kind::Temperature, "alarm") => &metrics::TEMP_ALARM,
        (Kind::Temperature, "fault") => &metrics::TEMP_FAULT,
        (Kind::Temperature, "crit_alarm") => &metrics::TEMP_CRIT_ALARM,
        (Kind::Temperature, "min") => &metrics::TEMP_MIN,
        (Kind::Temperature, "max") => &metrics::TEMP_MAX,
        (Kind::Temperature, "max_hyst") => &metrics::TEMP_MAX_HYST,
        (Kind::Temperature, "crit") => &metrics::TEMP_CRIT,
        (Kind::Temperature, "crit_hyst") => &metrics::TEMP_CRIT_HYST,
        (Kind::Temperature, "emergency") => &metrics::TEMP_EMERGENCY,
        (Kind::Temperature, "lcrit") => &metrics::TEMP_LCRIT,
        (Kind::Voltage, "input") => &metrics::IN,
        (Kind::Voltage, "alarm") => &metrics::IN_ALARM,
        (Kind::Voltage, "min") => &metrics::IN_MIN,
        (Kind::Voltage, "max") => &metrics::IN_MAX,
        (Kind::Voltage, "crit") => &metrics::IN_CRIT,
        (Kind::Voltage, "lcrit") => &metrics::IN_LCRIT,
        (Kind::Fan, "input") => &metrics::FAN,
        (Kind::Fan, "alarm") => &metrics::FAN_ALARM,
        (Kind::Fan, "fault") => &metrics::FAN_FAULT,
        (Kind::Fan, "min") => &metrics::FAN_MIN,
        (Kind::Fan, "max") => &metrics::FAN_MAX,
        (Kind::Pwm, "") => &metrics::PWM,
        (Kind::Pwm, "enable") => &metrics::PWM_ENABLE,
        (Kind::Current, "input") => &metrics::CURR,
        (Kind::Current, "alarm") => &metrics::CURR_ALARM,
        (Kind::Current, "min") => &metrics::CURR_MIN,
        (Kind::Current, "max") => &metrics::CURR_MAX,
        (Kind::Current, "crit") => &metrics::CURR_CRIT,
        (Kind::Power, "input") => &metrics::POWER,
        (Kind::Power, "average") => &metrics::POWER_AVERAGE,
        (Kind::Power, "alarm") => &metrics::POWER_ALARM,
        (Kind::Power, "cap") => &metrics::POWER_CAP,
        (Kind::Power, "cap_max") => &metrics::POWER_CAP_MAX,
        (Kind::Power, "cap_min") => &metrics::POWER_CAP_MIN,
        (Kind::Power, "max") => &metrics::POWER_MAX,
        (Kind::Power, "crit") => &metrics::POWER_CRIT,
        (Kind::Energy, "input") => &metrics::ENERGY,
        (Kind::Humidity, "input") => &metrics::HUMIDITY,
        (Kind::Intrusion, "alarm") => &metrics::INTRUSION,
        (Kind::Temperature, "min_alarm") => &metrics::TEMP_MIN_ALARM,
        (Kind::Temperature, "max_alarm") => &metrics::TEMP_MAX_ALARM,
        (Kind::Temperature, "emergency_alarm") => &metrics::TEMP_EMERGENCY_ALARM,
        (Kind::Temperature, "lcrit_alarm") => &metrics::TEMP_LCRIT_ALARM,
        (Kind::Temperature, "highest") => &metrics::TEMP_HIGHEST,
        (Kind::Temperature, "lowest") => &metrics::TEMP_LOWEST,
        (Kind::Voltage, "min_alarm") => &metrics::IN_MIN_ALARM,
        (Kind::Voltage, "max_alarm") => &metrics::IN_MAX_ALARM,
        (Kind::Voltage, "crit_alarm") => &metrics::IN_CRIT_ALARM,
        (Kind::Voltage, "lcrit_alarm") => &metrics::IN_LCRIT_ALARM,
        (Kind::Voltage, "highest") => &metrics::IN_HIGHEST,
        (Kind::Voltage, "lowest") => &metrics::IN_LOWEST,
        (Kind::Fan, "min_alarm") => &metrics::FAN_MIN_ALARM,
        (Kind::Fan, "max_alarm") => &metrics::FAN_MAX_ALARM,
        (Kind::Current, "min_alarm") => &metrics::CURR_MIN_ALARM,
        (Kind::Current, "max_alarm") => &metrics::CURR_MAX_ALARM,
        (Kind::Current, "crit_alarm") => &metrics::CURR_CRIT_ALARM,
        (Kind::Current, "lcrit_alarm") => &metrics::CURR_LCRIT_ALARM,
        (Kind::Current, "lcrit") => &metrics::CURR_LCRIT,
        (Kind::Current, "highest") => &metrics::CURR_HIGHEST,
        (Kind::Current, "lowest") => &metrics::CURR_LOWEST,
        (Kind::Power, "max_alarm") => &metrics::POWER_MAX_ALARM,
        (Kind::Power, "crit_alarm") => &metrics::POWER_CRIT_ALARM,
        (Kind::Power, "input_highest") => &metrics::POWER_INPUT_HIGHEST,
        (Kind::Power, "input_lowest") => &metrics::POWER_INPUT_LOWEST,
        (Kind::Frequency, "input") => &metrics::FREQUENCY,
        _ => return None,
    })
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let chips = hwmon::chips(arming.root()).map_err(|error| unopened(&error, FIX))?;
    if chips.is_empty() {
        let what = format!("{} has no chip", arming.path("sys/class/hwmon").display());
        return Err(Absent { reason: Reason::Absent, what, fix: FIX.to_owned() });
    }
    let mut plan = Plan::new(SENSOR.name);
    plan.watch(arming.root(), hwmon::CLASS);
    let costs = Crew::costs(arming.root(), SENSOR.name);
    for chip in &chips {
        if chip.is_drive() {
            arming.spares(
                &chip.key,
                "each reading is a command to the drive, so that the drives' sensor reads it",
            );
        } else {
            arm_chip(arming, &mut plan, chip, &costs);
        }
    }
    plan.arm(arming.root())
}

fn arm_chip(arming: &mut Arming<'_>, plan: &mut Plan, chip: &Chip, costs: &[(String, String)]) {
    let mut attributes = Attributes::default();
    let mut slots = Vec::new();
    let mut refused = None;
    for channel in &chip.channels {
        let Some(metric) = metric(channel.def) else { continue };
        match Attribute::open(&chip.directory, &channel.file) {
            Ok(attribute) => {
                slots.push(arming.slot(metric, &[&chip.key, &channel.sensor()]));
                let pace = if channel.def.pace == hwmon::Pace::Once { Pace::Once } else { Pace::Polled };
                attributes.number(attribute, pace);
            }
            // What can be written and not read (a reset, say) has no value to show.
            Err(error) => refused = Some(error),
        }
    }
    if let Some(error) = refused.filter(|_| slots.is_empty()) {
        return arming.lacks(&chip.key, unopened(&error, "load the chip's driver anew"));
    }
    if slots.is_empty() {
        return arming.spares(&chip.key, "it has no channel that measures");
    }
    if chip.wakes_when_read()
        && let Ok(status) = Attribute::open(&chip.directory, "device/power/runtime_status")
    {
        attributes.let_sleep(Sleep(status));
    }
    let chip_name = cleaned(&chip.name);
    if !chip_name.is_empty() {
        plan.constant(arming.slot(&metrics::CHIP_NAMES, &[&chip.key, &chip_name]));
    }
    for (sensor, label) in &chip.labels {
        plan.constant(arming.slot(&metrics::SENSOR_LABEL, &[&chip.key, sensor, label]));
    }
    // The kernel's number is part of the name: another device under it is another errand.
    let errand = format!("{} {}", chip.hwmon, chip.key);
    let cost = costs.iter().find(|(name, _)| *name == errand).map_or("", |(_, cost)| cost);
    note(arming, chip, slots.len(), cost);
    plan.errand(errand, slots, Box::new(attributes));
}

/// Says what a chip has, group by group.
fn note(arming: &mut Arming<'_>, chip: &Chip, read: usize, cost: &str) {
    let mut kinds: Vec<(Kind, &'static str, usize)> = Vec::new();
    for channel in chip.channels.iter().filter(|channel| ["input", "average", ""].contains(&channel.def.name))
    {
        match kinds.iter_mut().find(|(kind, ..)| *kind == channel.def.kind) {
            Some((.., count)) => *count += 1,
            None => kinds.push((channel.def.kind, channel.def.unit, 1)),
        }
    }
    let left_out = match chip.left_out {
        0 => String::new(),
        left_out => format!(", {left_out} more left out"),
    };
    if kinds.is_empty() {
        return arming.uses(
            &chip.key,
            "flags",
            format!("{} {}: {read} attributes{left_out}{cost}", chip.hwmon, chip.name),
        );
    }
    for (kind, unit, count) in kinds {
        let how = format!(
            "{} of {}: channels {count}; attributes of the chip {read}{left_out}{cost}",
            chip.hwmon,
            if chip.name.is_empty() { "a chip without a name" } else { &chip.name },
        );
        arming.uses(format!("{} {}", chip.key, kind.name()), unit, how);
    }
}

#[cfg(test)]
mod tests;
