//! Thermal zones, where the kernel acts on them, and what cools.

use std::time::Duration;

use hearth_drivers::class::Attribute;
use hearth_drivers::thermal::{self, Cooler, Zone};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef};
use hearth_model::{Reason, catalogue::thermal as metrics};

use super::attributes::{Attributes, Pace};
use super::rounds::Plan;
use super::{SECOND, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "thermal",
    source: "/sys/class/thermal",
    lane: LaneKind::Slow,
    every: Every::Period(SECOND),
    budget: Duration::from_millis(1),
    metrics: &[metrics::ALL],
    arm,
};

const FIX: &str = "nothing on a virtual machine, which has no zones; else boot a kernel with CONFIG_THERMAL and the platform's drivers";

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let found = thermal::look(arming.root()).map_err(|error| unopened(&error, FIX))?;
    if found.zones.is_empty() && found.coolers.is_empty() {
        let what =
            format!("{} has neither zones nor cooling devices", arming.path("sys/class/thermal").display());
        return Err(Absent { reason: Reason::Absent, what, fix: FIX.to_owned() });
    }
    let mut plan = Plan::new(SENSOR.name);
    plan.watch(arming.root(), thermal::CLASS);
    for zone in &found.zones {
        arm_zone(arming, &mut plan, zone);
    }
    for cooler in &found.coolers {
        arm_cooler(arming, &mut plan, cooler);
    }
    plan.arm(arming.root())
}

fn arm_zone(arming: &mut Arming<'_>, plan: &mut Plan, zone: &Zone) {
    let name = format!("zone {} {}", zone.name, zone.kind);
    let temperature = match Attribute::open(&zone.directory, "temp") {
        Ok(temperature) => temperature,
        Err(error) => {
            return arming.lacks(name, unopened(&error, "nothing: its driver offers no temperature"));
        }
    };
    let mut attributes = Attributes::default();
    let mut slots = vec![arming.slot(&metrics::TEMP, &[&zone.name, &zone.kind])];
    attributes.number(temperature, Pace::Polled);
    let mut trips = 0;
    for trip in &zone.trips {
        // A trip point that cannot be read is the zone's own affair.
        let Ok(attribute) = Attribute::open(&zone.directory, &trip.file) else { continue };
        let labels = [&zone.name, &zone.kind, &*trip.number.to_string(), &trip.kind];
        slots.push(arming.slot(&metrics::TRIP, &labels));
        attributes.number(attribute, Pace::Once);
        trips += 1;
    }
    arming.uses(&name, "m°C", format!("thermal_zone{}, trip points: {trips}", zone.name));
    plan.errand(name, slots, Box::new(attributes));
}

fn arm_cooler(arming: &mut Arming<'_>, plan: &mut Plan, cooler: &Cooler) {
    let name = format!("cooling device {} {}", cooler.name, cooler.kind);
    let open = |file| Attribute::open(&cooler.directory, file);
    let (now, most) = match (open("cur_state"), open("max_state")) {
        (Ok(now), Ok(most)) => (now, most),
        (Err(error), _) | (_, Err(error)) => {
            return arming.lacks(name, unopened(&error, "nothing: its driver offers no state"));
        }
    };
    let labels: [&str; 2] = [&cooler.name, &cooler.kind];
    let slots = vec![arming.slot(&metrics::COOLING, &labels), arming.slot(&metrics::COOLING_MAX, &labels)];
    let mut attributes = Attributes::default();
    attributes.number(now, Pace::Polled);
    attributes.number(most, Pace::Once);
    arming.uses(&name, "steps", format!("cooling_device{}", cooler.name));
    plan.errand(name, slots, Box::new(attributes));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::crew::Crew;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    #[test]
    fn a_zone_has_a_temperature_trip_points_and_a_cooler() {
        let files = Files::with(&[
            ("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n"),
            ("sys/class/thermal/thermal_zone0/temp", "45500\n"),
            ("sys/class/thermal/thermal_zone0/trip_point_0_temp", "100000\n"),
            ("sys/class/thermal/thermal_zone0/trip_point_0_type", "critical\n"),
            ("sys/class/thermal/cooling_device2/type", "Processor\n"),
            ("sys/class/thermal/cooling_device2/cur_state", "1\n"),
            ("sys/class/thermal/cooling_device2/max_state", "10\n"),
            ("sys/class/thermal/cooling_device3/type", "blind\n"),
        ]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        bench.read_at(0).unwrap();
        Crew::below(files.root()).unwrap().wait_until_waiting(SENSOR.name, 0);
        files.write("sys/class/thermal/thermal_zone0/trip_point_0_temp", "1\n");
        for second in 1..3 {
            bench.read_at(second).unwrap();
            Crew::below(files.root()).unwrap().wait_until_waiting(SENSOR.name, 0);
        }
        let zone = [("zone", "0"), ("type", "x86_pkg_temp")];
        assert_eq!(bench.value("node_thermal_zone_temp", &zone), Some(Ok(45_500)));
        let trip = [("zone", "0"), ("type", "x86_pkg_temp"), ("trip", "0"), ("action", "critical")];
        assert_eq!(bench.value("hearth_thermal_zone_trip_celsius", &trip), Some(Ok(100_000)), "read once");
        let cooler = [("name", "2"), ("type", "Processor")];
        assert_eq!(bench.value("node_cooling_device_cur_state", &cooler), Some(Ok(1)));
        assert_eq!(bench.value("node_cooling_device_max_state", &cooler), Some(Ok(10)));
        let names: Vec<_> = bench.sources().iter().map(|source| source.name.as_str()).collect();
        assert_eq!(names, ["zone 0 x86_pkg_temp", "cooling device 2 Processor", "cooling device 3 blind"]);
    }

    #[test]
    fn without_zones_the_fix_is_named() {
        let absent = Bench::arm(&SENSOR, Files::with(&[]).root()).err().unwrap();
        assert!(absent.fix.contains("CONFIG_THERMAL"), "{absent:?}");
    }
}
