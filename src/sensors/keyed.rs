//! Texts of one key and one number a line: memory and paging.

use std::time::Duration;

use hearth_drivers::file::KernelText;
use hearth_drivers::proc::keyed::{KeyUnit, Keyed};
use hearth_drivers::proc::{meminfo, vmstat};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reason, catalogue};

use super::{SECOND, Trouble, settle, unopened};

pub(super) const MEMINFO: SensorDef = SensorDef {
    name: "meminfo",
    source: "/proc/meminfo",
    lane: LaneKind::Steady,
    every: Every::Period(SECOND),
    budget: Duration::from_micros(100),
    metrics: &[catalogue::memory::ALL],
    arm: arm_meminfo,
};

pub(super) const VMSTAT: SensorDef = SensorDef {
    name: "vmstat",
    source: "/proc/vmstat",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(2)),
    budget: Duration::from_micros(200),
    metrics: &[catalogue::vmstat::ALL],
    arm: arm_vmstat,
};

struct KeyedText {
    text: KernelText,
    keyed: Keyed,
    values: Box<[Option<u64>]>,
    slots: Box<[Slot]>,
}

fn arm_meminfo(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), meminfo::PATH, meminfo::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let keyed = text.read().map_err(Trouble::from).and_then(|text| Ok(meminfo::arm(text)?));
    let keyed = keyed.map_err(|trouble| trouble.absent(&MEMINFO))?;
    Ok(Box::new(KeyedText::new(arming, text, keyed, memory_metric)))
}

fn arm_vmstat(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), vmstat::PATH, vmstat::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let wanted = |key: &str| vmstat_metric(key, KeyUnit::Count).is_some();
    let keyed = text.read().map_err(Trouble::from).and_then(|text| Ok(vmstat::arm(text, wanted)?));
    let keyed = keyed.map_err(|trouble| trouble.absent(&VMSTAT))?;
    Ok(Box::new(KeyedText::new(arming, text, keyed, vmstat_metric)))
}

/// node_exporter's name for a key of meminfo; a key that the catalogue does not know is left out.
fn memory_metric(key: &str, unit: KeyUnit) -> Option<&'static Metric> {
    let key = key.replace('(', "_").replace(')', "");
    let unit = if unit == KeyUnit::Kib { "_bytes" } else { "" };
    named(catalogue::memory::ALL, &format!("node_memory_{key}{unit}"))
}

fn vmstat_metric(key: &str, _unit: KeyUnit) -> Option<&'static Metric> {
    named(catalogue::vmstat::ALL, &format!("node_vmstat_{key}"))
}

fn named(family: &[&'static Metric], name: &str) -> Option<&'static Metric> {
    family.iter().copied().find(|metric| metric.name == name)
}

impl KeyedText {
    fn new(
        arming: &mut Arming<'_>,
        text: KernelText,
        all: Keyed,
        metric: fn(&str, KeyUnit) -> Option<&'static Metric>,
    ) -> Self {
        let known = |key: &str, unit| metric(key, unit).is_some();
        let keyed = all.only(known);
        let metrics: Vec<_> = keyed.keys().filter_map(|(key, unit)| metric(key, unit)).collect();
        let slots: Box<[Slot]> = metrics.into_iter().map(|metric| arming.slot(metric, &[])).collect();
        Self { text, values: vec![None; keyed.len()].into(), keyed, slots }
    }

    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        self.keyed.read(self.text.read()?, &mut self.values)?;
        for (slot, value) in self.slots.iter().zip(&self.values) {
            match value {
                Some(value) => sheet.count(*slot, *value),
                None => sheet.fail(*slot, Reason::Absent),
            }
        }
        Ok(State::Steady)
    }
}

impl Sensor for KeyedText {
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
    fn keys_go_by_node_exporters_names_and_unknown_ones_are_left_out() {
        let text = "MemTotal:  1000 kB\nActive(anon):  70 kB\nNewThing: 5 kB\nHugePages_Total:  3\n";
        let files = Files::with(&[("proc/meminfo", text)]);
        let mut bench = Bench::arm(&MEMINFO, files.root()).unwrap();
        bench.read_at(0).unwrap();
        assert_eq!(bench.series().len(), 3);
        assert_eq!(bench.value("node_memory_MemTotal_bytes", &[]), Some(Ok(1000)));
        assert_eq!(bench.value("node_memory_Active_anon_bytes", &[]), Some(Ok(70)));
        assert_eq!(bench.value("node_memory_HugePages_Total", &[]), Some(Ok(3)));
    }

    #[test]
    fn a_key_that_is_gone_is_absent_and_the_others_stay() {
        let files = Files::with(&[("proc/vmstat", "nr_free_pages 9\npgpgin 10\noom_kill 0\n")]);
        let mut bench = Bench::arm(&VMSTAT, files.root()).unwrap();
        files.write("proc/vmstat", "nr_free_pages 9\noom_kill 2\n");
        bench.read_at(0).unwrap();
        assert_eq!(bench.value("node_vmstat_oom_kill", &[]), Some(Ok(2)));
        assert_eq!(bench.value("node_vmstat_pgpgin", &[]), Some(Err(Reason::Absent)));
        assert_eq!(bench.series().len(), 2);
    }
}
