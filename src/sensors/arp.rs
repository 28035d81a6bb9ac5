//! Neighbours known by ARP, for each interface.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::arp;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::sockets};

use super::{Trouble, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "arp",
    source: "/proc/net/arp",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(15)),
    budget: Duration::from_micros(200),
    metrics: &[&[&sockets::ARP_ENTRIES]],
    arm,
};

struct Arp {
    text: KernelText,
    devices: Box<[Device]>,
}

struct Device {
    name: Box<[u8]>,
    entries: i64,
    slot: Slot,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), arp::PATH, arp::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let mut names: Vec<Box<[u8]>> = Vec::new();
    let parsed = text.read().map_err(Trouble::from).and_then(|text| {
        Ok(arp::parse(text, |neighbour| {
            if !names.iter().any(|name| **name == *neighbour.device) {
                names.push(neighbour.device.into());
            }
        })?)
    });
    parsed.map_err(|trouble| trouble.absent(&SENSOR))?;
    // The file's order is that of a hash table.
    names.sort_unstable();
    let device = |name: Box<[u8]>| {
        let slot = arming.slot(&sockets::ARP_ENTRIES, &[&String::from_utf8_lossy(&name)]);
        Device { name, entries: 0, slot }
    };
    Ok(Box::new(Arp { text, devices: names.into_iter().map(device).collect() }))
}

impl Arp {
    /// An interface that has lost its last neighbour has none; it stays until the sensor is armed anew.
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let devices = &mut self.devices;
        devices.iter_mut().for_each(|device| device.entries = 0);
        let mut state = State::Steady;
        arp::parse(self.text.read()?, |neighbour| {
            match devices.iter_mut().find(|device| *device.name == *neighbour.device) {
                Some(device) => device.entries += 1,
                None => state = State::Changed,
            }
        })?;
        for device in devices {
            sheet.set(device.slot, device.entries);
        }
        Ok(state)
    }
}

impl Sensor for Arp {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const HEADING: &str = "IP address       HW type     Flags       HW address            Mask     Device\n";

    fn table(devices: &[&str]) -> String {
        let row = |device: &&str| format!("10.0.0.1 0x1 0x2 02:00:5e:10:00:01 * {device}\n");
        HEADING.to_owned() + &devices.iter().map(row).collect::<String>()
    }

    #[test]
    fn neighbours_are_counted_by_interface() {
        let files = Files::with(&[("proc/net/arp", &table(&["eth0", "br0", "eth0"]))]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        assert_eq!(bench.value("node_arp_entries", &[("device", "eth0")]), Some(Ok(2)));
        assert_eq!(bench.value("node_arp_entries", &[("device", "br0")]), Some(Ok(1)));
    }

    #[test]
    fn an_interface_without_neighbours_has_none_and_a_new_one_asks_for_arming() {
        let files = Files::with(&[("proc/net/arp", &table(&["eth0"]))]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        files.write("proc/net/arp", &table(&[]));
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        assert_eq!(bench.value("node_arp_entries", &[("device", "eth0")]), Some(Ok(0)));
        files.write("proc/net/arp", &table(&["eth0", "wlan0"]));
        assert_eq!(bench.read_at(1), Ok(State::Changed));
        files.write("proc/net/arp", &(table(&["eth0"]) + "10.0.0.1 0x1\n"));
        assert_eq!(bench.read_at(2), Err(Reason::OutOfRange));
    }
}
