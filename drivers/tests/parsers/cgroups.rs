//! Rows of the table for control groups.

use hearth_drivers::cgroup::{cpu_stat, io_stat, memory};

use super::Value::{self, Number};

pub(super) fn of_cpu(text: &[u8]) -> Vec<Value> {
    let Ok(read) = cpu_stat::parse(text) else { return Vec::new() };
    let held = read.throttling.map(|held| [held.periods, held.throttled_periods, held.throttled_us]);
    let times = [read.usage_us, read.user_us, read.system_us];
    times.into_iter().chain(held.into_iter().flatten()).map(Number).collect()
}

pub(super) fn of_io(text: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    for line in io_stat::parse(text).flatten() {
        let (major, minor) = line.device;
        let always = [line.read_bytes, line.written_bytes, line.reads, line.writes];
        let numbers = [major.into(), minor.into()].into_iter().chain(always);
        values.extend(numbers.chain(line.discarded_bytes).chain(line.discards).map(Number));
    }
    values
}

/// All keys that are read of any of these files.
pub(super) fn of_memory(text: &[u8]) -> Vec<Value> {
    let single = [memory::MAJOR_FAULTS, memory::DESCENDANTS];
    let keys = [&memory::STAT_BYTES[..], &memory::EVENT_KEYS[..], &single[..]].concat();
    super::of_keyed(memory::arm(text, &keys).ok(), text)
}
