//! Load averages.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::loadavg;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::cpu};

use super::{Trouble, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "loadavg",
    source: "/proc/loadavg",
    lane: LaneKind::Steady,
    // The kernel renews the averages every 5 s.
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_micros(50),
    metrics: &[&[&cpu::LOAD1, &cpu::LOAD5, &cpu::LOAD15]],
    arm,
};

struct Loadavg {
    text: KernelText,
    loads: [Slot; 3],
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let text = KernelText::open(arming.root(), loadavg::PATH, loadavg::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let loads = [&cpu::LOAD1, &cpu::LOAD5, &cpu::LOAD15].map(|metric| arming.slot(metric, &[]));
    Ok(Box::new(Loadavg { text, loads }))
}

impl Loadavg {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let read = loadavg::parse(self.text.read()?)?;
        for (slot, load) in self.loads.iter().zip(read.load_hundredths) {
            sheet.count(*slot, load);
        }
        Ok(State::Steady)
    }
}

impl Sensor for Loadavg {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    #[test]
    fn the_three_averages_are_hundredths() {
        let files = Files::with(&[("proc/loadavg", "0.39 12.00 0.04 1/93 8031\n")]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        bench.read_at(0).unwrap();
        assert_eq!(bench.value("node_load1", &[]), Some(Ok(39)));
        assert_eq!(bench.value("node_load5", &[]), Some(Ok(1200)));
        assert_eq!(bench.value("node_load15", &[]), Some(Ok(4)));
        files.write("proc/loadavg", "nonsense\n");
        assert_eq!(bench.read_at(1), Err(Reason::OutOfRange));
    }

    #[test]
    fn without_proc_it_is_absent_and_says_what_was_tried() {
        let absent = Bench::arm(&SENSOR, Files::with(&[]).root()).err().unwrap();
        assert_eq!(absent.reason, Reason::Absent);
        assert!(absent.what.contains("proc/loadavg"), "{}", absent.what);
        assert_eq!(absent.fix, "mount /proc");
    }
}
