//! Pressure stall information, once a second.
//!
//! The totals are computed by each read, which closes an interval whose busy time the kernel rounds down to its own
//! ticks (`collect_percpu_times` in `kernel/sched/psi.c`): reading every few milliseconds would lose most of the pressure,
//! for everybody on the machine.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::pressure::{self, Stalled};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reason, catalogue::pressure as metrics};

use super::{SECOND, Trouble, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "pressure",
    source: "/proc/pressure",
    lane: LaneKind::Steady,
    every: Every::Period(SECOND),
    budget: Duration::from_micros(50),
    metrics: &[metrics::ALL],
    arm,
};

/// A file, the metric of its `some` line and that of its `full` line, where the line means something.
type Row = (&'static str, Option<&'static Metric>, Option<&'static Metric>);

const FILES: [Row; 4] = [
    (pressure::CPU_PATH, Some(&metrics::CPU_WAITING), None),
    (pressure::IO_PATH, Some(&metrics::IO_WAITING), Some(&metrics::IO_STALLED)),
    (pressure::MEMORY_PATH, Some(&metrics::MEMORY_WAITING), Some(&metrics::MEMORY_STALLED)),
    (pressure::IRQ_PATH, None, Some(&metrics::IRQ_STALLED)),
];

struct Pressure {
    files: Box<[OneFile]>,
}

struct OneFile {
    text: KernelText,
    some: Option<Slot>,
    full: Option<Slot>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut files = Vec::new();
    let mut unopened_first = None;
    for (path, some, full) in FILES {
        match KernelText::open(arming.root(), path, pressure::DELIVERY) {
            Ok(text) => {
                let some = some.map(|metric| arming.slot(metric, &[]));
                let full = full.map(|metric| arming.slot(metric, &[]));
                files.push(OneFile { text, some, full });
            }
            // Not every kernel has every file (irq came with 6.1); none at all means that it is switched off.
            Err(error) => unopened_first = unopened_first.or(Some(error)),
        }
    }
    match unopened_first.filter(|_| files.is_empty()) {
        Some(error) => Err(unopened(&error, "boot a kernel with CONFIG_PSI, with psi=1 on its command line")),
        None => Ok(Box::new(Pressure { files: files.into() })),
    }
}

impl OneFile {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let read = pressure::parse(self.text.read()?)?;
        put(sheet, self.some, read.some);
        put(sheet, self.full, read.full);
        Ok(State::Steady)
    }

    fn fail(&self, sheet: &mut Sheet<'_>, reason: Reason) {
        for slot in [self.some, self.full].into_iter().flatten() {
            sheet.fail(slot, reason);
        }
    }
}

fn put(sheet: &mut Sheet<'_>, slot: Option<Slot>, line: Option<Stalled>) {
    match (slot, line) {
        (Some(slot), Some(line)) => sheet.count(slot, line.total_us),
        (Some(slot), None) => sheet.fail(slot, Reason::Absent),
        (None, _) => {}
    }
}

impl Sensor for Pressure {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut state = State::Steady;
        for file in &mut self.files {
            match settle(file.fill(sheet)) {
                Ok(State::Steady) => {}
                Ok(State::Changed) => state = State::Changed,
                Err(reason) => file.fail(sheet, reason),
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

    const SOME: &str = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\n";

    #[test]
    fn totals_are_microseconds_and_a_failing_file_fails_alone() {
        let both = format!("{SOME}full avg10=0.00 avg60=0.00 avg300=0.00 total=99\n");
        let files = Files::with(&[("proc/pressure/cpu", SOME), ("proc/pressure/io", &both)]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        bench.read_at(0).unwrap();
        let value = |bench: &Bench, name: &str| bench.value(name, &[]);
        assert_eq!(value(&bench, "node_pressure_cpu_waiting_seconds_total"), Some(Ok(1234)));
        assert_eq!(value(&bench, "node_pressure_io_stalled_seconds_total"), Some(Ok(99)));
        assert_eq!(value(&bench, "node_pressure_irq_stalled_seconds_total"), None);
        files.write("proc/pressure/cpu", "gibberish\n");
        bench.read_at(1).unwrap();
        assert_eq!(value(&bench, "node_pressure_cpu_waiting_seconds_total"), Some(Err(Reason::OutOfRange)));
        assert_eq!(value(&bench, "node_pressure_io_stalled_seconds_total"), Some(Ok(99)));
    }

    #[test]
    fn without_any_file_the_fix_is_named() {
        let absent = Bench::arm(&SENSOR, Files::with(&[]).root()).err().unwrap();
        assert_eq!(absent.reason, Reason::Absent);
        assert!(absent.fix.contains("psi=1"), "{}", absent.fix);
    }
}
