//! Batteries, mains and small UPS that the kernel itself knows.

use std::time::Duration;

use hearth_drivers::class::Attribute;
use hearth_drivers::power_supply::{self as supplies, NUMBERS, STATE_FILE, STATES, Supply};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef};
use hearth_model::{Metric, Reason, catalogue::power_supply as metrics};

use super::attributes::{Attributes, Pace};
use super::rounds::Plan;
use super::unopened;

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "power_supply",
    source: "/sys/class/power_supply",
    lane: LaneKind::Slow,
    // Drivers ask batteries over slow buses, and a charge does not move faster.
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_millis(1),
    metrics: &[metrics::ALL],
    arm,
};

/// The metrics of [`NUMBERS`], in their order.
static METRICS: [&Metric; NUMBERS.len()] = [
    &metrics::ONLINE,
    &metrics::PRESENT,
    &metrics::CAPACITY,
    &metrics::CYCLES,
    &metrics::TO_EMPTY,
    &metrics::TO_FULL,
    &metrics::VOLTAGE,
    &metrics::VOLTAGE_MIN_DESIGN,
    &metrics::VOLTAGE_MAX_DESIGN,
    &metrics::VOLTAGE_MIN,
    &metrics::VOLTAGE_MAX,
    &metrics::CURRENT,
    &metrics::CURRENT_MAX,
    &metrics::POWER,
    &metrics::ENERGY,
    &metrics::ENERGY_FULL,
    &metrics::ENERGY_FULL_DESIGN,
    &metrics::CHARGE,
    &metrics::CHARGE_FULL,
    &metrics::CHARGE_FULL_DESIGN,
    &metrics::CHARGE_COUNTER,
    &metrics::TEMP,
];

const FIX: &str = "nothing where the box has no battery; a UPS on a cable is read through upsd, see [ups]";

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let found = supplies::supplies(arming.root()).map_err(|error| unopened(&error, FIX))?;
    if found.is_empty() {
        let what = format!("{} is empty", arming.path("sys/class/power_supply").display());
        return Err(Absent { reason: Reason::Absent, what, fix: FIX.to_owned() });
    }
    let mut plan = Plan::new(SENSOR.name);
    plan.watch(arming.root(), supplies::CLASS);
    for supply in &found {
        arm_supply(arming, &mut plan, supply);
    }
    plan.arm(arming.root())
}

fn arm_supply(arming: &mut Arming<'_>, plan: &mut Plan, supply: &Supply) {
    let kind = supply.text("type");
    let labels = [
        &*supply.name,
        &kind,
        &supply.text("technology"),
        &supply.text("manufacturer"),
        &supply.text("model_name"),
        &supply.text("serial_number"),
        &supply.text("scope"),
    ];
    plan.constant(arming.slot(&metrics::INFO, &labels));
    let (mut attributes, mut slots) = (Attributes::default(), Vec::new());
    let mut refused = None;
    for at in &supply.numbers {
        match Attribute::open(&supply.directory, NUMBERS[*at].0) {
            Ok(attribute) => {
                slots.push(arming.slot(METRICS[*at], &[&supply.name]));
                attributes.number(attribute, Pace::Polled);
            }
            Err(error) => refused = Some(error),
        }
    }
    if supply.has_state {
        match Attribute::open(&supply.directory, STATE_FILE) {
            Ok(attribute) => {
                slots.extend(STATES.iter().map(|state| arming.slot(&metrics::STATE, &[&supply.name, state])));
                attributes.words(attribute, &STATES);
            }
            Err(error) => refused = Some(error),
        }
    }
    match refused.filter(|_| slots.is_empty()) {
        Some(error) => arming.lacks(&supply.name, unopened(&error, "plug it in again")),
        None => arming.uses(&supply.name, "the kernel's units", format!("{kind}, {} series", slots.len())),
    }
    plan.errand(supply.name.clone(), slots, Box::new(attributes));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::crew::Crew;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    #[test]
    fn a_battery_tells_its_charge_and_state_and_a_hostile_name_is_kept() {
        let at = |file: &str| format!("sys/class/power_supply/BAT\"0\n/{file}");
        let texts = [
            ("type", "Battery\n"),
            ("capacity", "87\n"),
            ("voltage_now", "12345678\n"),
            ("power_now", "garbage\n"),
            ("temp", "-15\n"),
            ("status", "Discharging\n"),
            ("serial_number", "\u{1}x\n"),
        ];
        let files = Files::with(&[]);
        texts.iter().for_each(|(file, text)| files.write(&at(file), text));
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        bench.read_at(0).unwrap();
        Crew::below(files.root()).unwrap().wait_until_waiting(SENSOR.name, 0);
        bench.read_at(1).unwrap();
        let name = ("power_supply", "BAT\"0\n");
        let value = |bench: &Bench, metric: &str| bench.value(metric, &[name]);
        assert_eq!(value(&bench, "node_power_supply_capacity"), Some(Ok(87)));
        assert_eq!(value(&bench, "node_power_supply_voltage_volt"), Some(Ok(12_345_678)));
        assert_eq!(value(&bench, "node_power_supply_power_watt"), Some(Err(Reason::OutOfRange)));
        assert_eq!(value(&bench, "node_power_supply_temp_celsius"), Some(Ok(-15)));
        let state =
            |bench: &Bench, state| bench.value("hearth_power_supply_state", &[name, ("state", state)]);
        assert_eq!(state(&bench, "Discharging"), Some(Ok(1)));
        assert_eq!(state(&bench, "Full"), Some(Ok(0)));
        assert!(bench.list().iter().any(|series| series.contains("serial_number=\"\\u{1}x\"")));
    }

    #[test]
    fn a_box_without_a_battery_says_so() {
        let absent = Bench::arm(&SENSOR, Files::with(&[]).root()).err().unwrap();
        assert_eq!(absent.reason, Reason::Absent);
    }
}
