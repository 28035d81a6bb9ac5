//! What passes through the network at every tick: the counters of the busiest kind of link, fresh whenever they are read.
//!
//! Pressure is not read here although it is a handful of microseconds as well: each read of `/proc/pressure` closes an
//! interval whose busy time the kernel rounds down to its own ticks, so that reading it faster than those loses
//! pressure for everybody on the machine.

use std::time::Duration;

use hearth_drivers::file::{Delivery, KernelText};
use hearth_drivers::net_class::parse_number;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::network};

use super::{Trouble, pattern};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "traffic",
    source: "/sys/class/net/*/statistics",
    lane: LaneKind::Steady,
    every: Every::Tick,
    budget: Duration::from_micros(50),
    metrics: &[&[&network::TICK_RX_BYTES, &network::TICK_TX_BYTES]],
    arm,
};

/// Links followed at every tick; what the ring of every tick holds by default.
const LINKS_MAX: usize = 2;

struct Traffic {
    counters: Vec<(KernelText, Slot)>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut counters = Vec::new();
    let mut names = links(arming);
    names.truncate(LINKS_MAX);
    for name in names {
        for (file, metric) in [("rx_bytes", &network::TICK_RX_BYTES), ("tx_bytes", &network::TICK_TX_BYTES)] {
            let path = format!("sys/class/net/{name}/statistics/{file}");
            // A link that went between listing and opening is found missing at the next arming.
            if let Ok(text) = KernelText::open(arming.root(), &path, Delivery::Whole) {
                counters.push((text, arming.slot(metric, &[&name])));
            }
        }
    }
    if counters.is_empty() {
        let what = "there is no network link but the loopback in /sys/class/net".to_owned();
        let fix = "nothing if the box has no network; else load its network card's driver".to_owned();
        return Err(Absent { reason: Reason::Absent, what, fix });
    }
    Ok(Box::new(Traffic { counters }))
}

/// The links there are, in the order in which they are wanted: those with hardware behind them first, then the others
/// by name; never the loopback.
fn links(arming: &Arming<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let listed = std::fs::read_dir(arming.path("sys/class/net"));
    for entry in listed.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "lo" && !pattern::any_matches(&arming.config().ignored_interfaces, &name) {
            let virtual_link = !entry.path().join("device").exists();
            found.push((virtual_link, name));
        }
    }
    found.sort();
    found.into_iter().map(|(_, name)| name).collect()
}

impl Sensor for Traffic {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut state = State::Steady;
        for (text, slot) in &mut self.counters {
            match text.read().map_err(Trouble::from).map(parse_number) {
                Ok(Ok(bytes)) => sheet.count(*slot, bytes),
                Ok(Err(_not_a_number)) => sheet.fail(*slot, Reason::OutOfRange),
                Err(trouble) => {
                    // The file of a link that has gone answers with an error for good: look which links there are.
                    sheet.fail(*slot, trouble.reason());
                    state = State::Changed;
                }
            }
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    fn link(files: &Files, name: &str, rx: &str, tx: &str) {
        files.write(&format!("sys/class/net/{name}/statistics/rx_bytes"), rx);
        files.write(&format!("sys/class/net/{name}/statistics/tx_bytes"), tx);
    }

    #[test]
    fn links_with_hardware_come_first_and_the_loopback_never() {
        let files = Files::with(&[("sys/class/net/wan/device/vendor", "0x8086\n")]);
        for name in ["br0", "lo", "veth7", "wan"] {
            link(&files, name, "1\n", "2\n");
        }
        let bench = Bench::arm(&SENSOR, files.root()).unwrap();
        let names: Vec<&str> = bench.series().iter().map(|key| &*key.labels[0]).collect();
        assert_eq!(names, ["wan", "wan", "br0", "br0"]);
    }

    #[test]
    fn counters_are_bytes_and_a_bad_one_fails_alone() {
        let files = Files::with(&[]);
        link(&files, "eth0", "18446744073709551615\n", "7\n");
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        let device = [("device", "eth0")];
        let value = |bench: &Bench, way| bench.value(&format!("hearth_network_{way}_bytes_total"), &device);
        assert_eq!(value(&bench, "receive"), Some(Err(Reason::OutOfRange)));
        assert_eq!(value(&bench, "transmit"), Some(Ok(7)));
        files.write("sys/class/net/eth0/statistics/tx_bytes", "");
        assert_eq!(bench.read_at(1), Ok(State::Changed), "an empty file is a link on its way out");
        assert_eq!(value(&bench, "transmit"), Some(Err(Reason::IoError)));
    }

    #[test]
    fn a_machine_without_links_has_no_such_series() {
        let files = Files::with(&[]);
        link(&files, "lo", "1\n", "1\n");
        let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
        assert_eq!(absent.reason, Reason::Absent);
    }
}
