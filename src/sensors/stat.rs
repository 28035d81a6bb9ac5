//! CPU time, interrupts, context switches, forks and the run queue.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::stat::{self, Columns, Cpu, MODES, Mode, SOFTIRQ_NAMES, SOFTIRQS, Ticks};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::cpu, catalogue::system};

use super::{SECOND, Trouble, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "stat",
    source: "/proc/stat",
    lane: LaneKind::Steady,
    every: Every::Period(SECOND),
    budget: Duration::from_micros(200),
    metrics: &[cpu::ALL, &[&system::BOOT_TIME]],
    arm,
};

/// The modes that are not part of another: what `node_cpu_seconds_total` is labelled with.
const MAIN_MODES: usize = 8;

/// An idle or iowait counter that jumps back by more than this many ticks (3 s) was truly reset, by CPU hotplug.
const RESET_TICKS: u64 = 300;

struct Stat {
    text: KernelText,
    /// Room for what one read finds.
    found: Box<[Cpu]>,
    cpus: Box<[CpuSlots]>,
    total: CpuSlots,
    softirqs: Box<[Slot]>,
    boot_time: Slot,
    switches: Slot,
    forks: Slot,
    interrupts: Slot,
    running: Slot,
    blocked: Slot,
}

/// One CPU's slots and what was last shown in them.
struct CpuSlots {
    id: u32,
    modes: Box<[Slot]>,
    shown: [u64; MODES],
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), stat::PATH, stat::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let mut found = vec![Cpu::NONE; text.read().map_or(0, stat::cpu_lines)].into_boxed_slice();
    let first = text.read().map_err(Trouble::from).and_then(|text| Ok(stat::parse(text, &mut found)?));
    let first = first.map_err(|trouble| trouble.absent(&SENSOR))?;
    let total = CpuSlots::named(0, &first.total, |mode| {
        (mode < MAIN_MODES).then(|| arming.slot(&cpu::ALL_SECONDS, &[Mode::ALL[mode].name()]))
    });
    let cpus = found.iter().map(|cpu| one_cpu(arming, cpu)).collect();
    let kinds = SOFTIRQ_NAMES.iter().take(first.softirqs.given().len());
    let softirqs = kinds.map(|kind| arming.slot(&cpu::SOFTIRQS, &[kind])).collect();
    Ok(Box::new(Stat {
        text,
        found: vec![Cpu::NONE; found.len()].into_boxed_slice(),
        cpus,
        total,
        softirqs,
        boot_time: arming.slot(&system::BOOT_TIME, &[]),
        switches: arming.slot(&cpu::CONTEXT_SWITCHES, &[]),
        forks: arming.slot(&cpu::FORKS, &[]),
        interrupts: arming.slot(&cpu::INTERRUPTS, &[]),
        running: arming.slot(&cpu::RUNNING, &[]),
        blocked: arming.slot(&cpu::BLOCKED, &[]),
    }))
}

fn one_cpu(arming: &mut Arming<'_>, cpu: &Cpu) -> CpuSlots {
    let id = cpu.id.to_string();
    CpuSlots::named(cpu.id, &cpu.ticks, |mode| {
        let name = Mode::ALL[mode].name();
        Some(match name.strip_prefix("guest") {
            Some("") => arming.slot(&cpu::GUEST_SECONDS, &[&id, "user"]),
            Some(_) => arming.slot(&cpu::GUEST_SECONDS, &[&id, "nice"]),
            None => arming.slot(&cpu::SECONDS, &[&id, name]),
        })
    })
}

impl CpuSlots {
    fn named(id: u32, ticks: &Ticks, slot: impl FnMut(usize) -> Option<Slot>) -> Self {
        let modes = (0..ticks.given().len()).map_while(slot).collect();
        Self { id, modes, shown: [0; MODES] }
    }

    fn fill(&mut self, ticks: &Ticks, sheet: &mut Sheet<'_>) {
        for (mode, (slot, &now)) in self.modes.iter().zip(ticks.given()).enumerate() {
            let shown = &mut self.shown[mode];
            // The kernel computes idle and iowait afresh at each read and may come out a little lower than before; a
            // counter that steps back would read as a reset.
            if now >= *shown || *shown - now > RESET_TICKS {
                *shown = now;
            }
            sheet.count(*slot, *shown);
        }
    }
}

impl Stat {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let read = stat::parse(self.text.read()?, &mut self.found)?;
        self.total.fill(&read.total, sheet);
        let online = &self.found[..read.cpus];
        if online.len() != self.cpus.len()
            || online.iter().zip(&self.cpus).any(|(cpu, slots)| cpu.id != slots.id)
        {
            return Err(Trouble::Outgrown);
        }
        for (slots, cpu) in self.cpus.iter_mut().zip(online) {
            slots.fill(&cpu.ticks, sheet);
        }
        let softirqs: &Columns<SOFTIRQS> = &read.softirqs;
        for (slot, &count) in self.softirqs.iter().zip(softirqs.given()) {
            sheet.count(*slot, count);
        }
        sheet.count(self.boot_time, read.btime);
        sheet.count(self.switches, read.ctxt);
        sheet.count(self.forks, read.processes);
        sheet.count(self.interrupts, read.intr);
        sheet.count(self.running, read.procs_running);
        sheet.count(self.blocked, read.procs_blocked);
        Ok(State::Steady)
    }
}

impl Sensor for Stat {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const REST: &str = "intr 900 1 2\nctxt 800\nbtime 1700000000\nprocesses 70\nprocs_running 2\nprocs_blocked 1\n\
                        softirq 55 1 2 3 4 5 6 7 8 9 10\n";

    fn text(iowait: u32) -> String {
        format!(
            "cpu  30 2 20 200 {iowait} 1 1 0 4 1\ncpu0 10 1 10 100 {iowait} 0 1 0 4 0\ncpu2 20 1 10 100 0 1 0 0 0 1\n{REST}"
        )
    }

    #[test]
    fn modes_guests_and_totals_are_ticks() {
        let files = Files::with(&[("proc/stat", &text(9))]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        bench.read_at(0).unwrap();
        let cpu = |cpu, mode| bench.value("node_cpu_seconds_total", &[("cpu", cpu), ("mode", mode)]);
        assert_eq!(cpu("0", "user"), Some(Ok(10)));
        assert_eq!(cpu("2", "idle"), Some(Ok(100)));
        assert_eq!(cpu("0", "guest"), None);
        let guest = bench.value("node_cpu_guest_seconds_total", &[("cpu", "0"), ("mode", "user")]);
        assert_eq!(guest, Some(Ok(4)));
        assert_eq!(bench.value("hearth_cpu_seconds_total", &[("mode", "iowait")]), Some(Ok(9)));
        assert_eq!(bench.value("node_forks_total", &[]), Some(Ok(70)));
        assert_eq!(bench.value("node_softirqs_total", &[("vector", "RCU")]), Some(Ok(10)));
        assert_eq!(bench.value("node_boot_time_seconds", &[]), Some(Ok(1_700_000_000)));
    }

    #[test]
    fn a_small_step_back_is_held_and_a_large_one_is_a_reset() {
        let files = Files::with(&[("proc/stat", &text(1000))]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        let mut iowait = |now| {
            files.write("proc/stat", &text(now));
            bench.read_at(0).unwrap();
            bench.value("node_cpu_seconds_total", &[("cpu", "0"), ("mode", "iowait")])
        };
        assert_eq!(iowait(1000), Some(Ok(1000)));
        assert_eq!(iowait(990), Some(Ok(1000)));
        assert_eq!(iowait(10), Some(Ok(10)));
    }

    #[test]
    fn a_cpu_that_comes_or_goes_asks_for_arming() {
        let files = Files::with(&[("proc/stat", &text(9))]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        files.write("proc/stat", &text(9).replace("cpu2", "cpu1"));
        assert_eq!(bench.read_at(1), Ok(State::Changed));
        files.write("proc/stat", &format!("cpu  1 1 1 1\n{REST}"));
        assert_eq!(bench.read_at(2), Ok(State::Changed));
    }
}
