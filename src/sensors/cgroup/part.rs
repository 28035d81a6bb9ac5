//! One file of a group and the slots it fills.

use hearth_drivers::cgroup::group::{GroupError, Others, read};
use hearth_drivers::cgroup::layers::Layer;
use hearth_drivers::cgroup::{io_stat, memory, number};
use hearth_drivers::file::KernelFile;
use hearth_drivers::proc::ParseError;
use hearth_drivers::proc::keyed::Keyed;
use hearth_drivers::proc::pressure::{self, Stalled};
use hearth_hot::contract::{Arming, Sheet, Slot};
use hearth_model::{Metric, Reason, catalogue::cgroup as metrics};

/// Directions of the two metrics about block devices, in the order of [`Sums`].
const DIRECTIONS: [&str; 3] = ["read", "write", "discard"];
/// Resources in the order of [`Others::pressure`].
const RESOURCES: [&str; 3] = ["cpu", "memory", "io"];

/// An open file and its slots.
pub(super) struct Part {
    file: KernelFile,
    content: Content,
}

enum Content {
    Number(Slot),
    Keys { keyed: Keyed, values: Box<[Option<u64>]>, slots: Box<[Slot]> },
    Io { bytes: [Slot; 3], operations: [Slot; 3] },
    Pressure { waiting: Option<Slot>, stalled: Option<Slot> },
}

/// The sums over devices; `None` where a device does not count.
type Sums = [Option<u64>; 3];

/// The files of a group beside its CPU times, each with its slots.
pub(super) fn parts(arming: &mut Arming<'_>, group: Others, label: &str, room: &mut [u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let numbers = [
        (group.memory_current, &metrics::MEMORY),
        (group.memory_peak, &metrics::MEMORY_PEAK),
        (group.pids, &metrics::TASKS),
    ];
    for (file, metric) in numbers {
        parts.extend(file.map(|file| Part { file, content: Content::Number(arming.slot(metric, &[label])) }));
    }
    if let Some(file) = group.memory_stat {
        let keys = [&memory::STAT_BYTES[..], &[memory::MAJOR_FAULTS]].concat();
        parts.extend(keyed(file, &keys, room, |key| match key {
            memory::MAJOR_FAULTS => arming.slot(&metrics::MAJOR_FAULTS, &[label]),
            _ => arming.slot(&metrics::MEMORY_USE, &[label, key]),
        }));
    }
    if let Some(file) = group.memory_events {
        parts.extend(keyed(file, &memory::EVENT_KEYS, room, |key| {
            arming.slot(&metrics::MEMORY_EVENTS, &[label, key])
        }));
    }
    if let Some(file) = group.io {
        let mut slots = |metric: &'static Metric| DIRECTIONS.map(|way| arming.slot(metric, &[label, way]));
        let content =
            Content::Io { bytes: slots(&metrics::IO_BYTES), operations: slots(&metrics::IO_OPERATIONS) };
        parts.push(Part { file, content });
    }
    for (file, resource) in group.pressure.into_iter().zip(RESOURCES) {
        // A file that cannot be read now gets both lines' slots, which then say why.
        let lines = file.as_ref().map(|file| read(file, room, pressure::parse));
        let Some(file) = file else { continue };
        let (some, full) = match lines {
            Some(Ok(lines)) => (lines.some.is_some(), lines.full.is_some()),
            _ => (true, true),
        };
        let mut slot = |kind| arming.slot(&metrics::PRESSURE, &[label, resource, kind]);
        let waiting = some.then(|| slot("waiting"));
        let stalled = full.then(|| slot("stalled"));
        parts.push(Part { file, content: Content::Pressure { waiting, stalled } });
    }
    parts
}

/// A file of keys with those of `wanted` that it has now; `None` where it has none of them.
fn keyed(file: KernelFile, wanted: &[&str], room: &mut [u8], slot: impl FnMut(&str) -> Slot) -> Option<Part> {
    let keyed = read(&file, room, |text| memory::arm(text, wanted)).ok()?;
    let slots: Box<[Slot]> = keyed.keys().map(|(key, _)| key).map(slot).collect();
    let values = vec![None; slots.len()].into();
    (!slots.is_empty()).then_some(Part { file, content: Content::Keys { keyed, values, slots } })
}

impl Part {
    /// Reads the file into its slots. Says whether there was a device that `layers` does not know.
    pub(super) fn fill(
        &mut self,
        room: &mut [u8],
        layers: &[Layer],
        sheet: &mut Sheet<'_>,
    ) -> Result<bool, GroupError> {
        let mut is_strange = false;
        match &mut self.content {
            Content::Number(slot) => sheet.count(*slot, read(&self.file, room, number::parse)?),
            Content::Keys { keyed, values, slots } => {
                read(&self.file, room, |text| keyed.read(text, values))?;
                for (slot, value) in slots.iter().zip(values.iter()) {
                    put(sheet, *slot, *value);
                }
            }
            Content::Io { bytes, operations } => {
                let (byte_sums, operation_sums);
                (byte_sums, operation_sums, is_strange) = read(&self.file, room, |text| sums(text, layers))?;
                for (slot, sum) in
                    bytes.iter().chain(operations.iter()).zip(byte_sums.into_iter().chain(operation_sums))
                {
                    put(sheet, *slot, sum);
                }
            }
            Content::Pressure { waiting, stalled } => {
                let lines = read(&self.file, room, pressure::parse)?;
                for (slot, line) in [(*waiting, lines.some), (*stalled, lines.full)] {
                    if let Some(slot) = slot {
                        put(sheet, slot, line.map(|line: Stalled| line.total_us));
                    }
                }
            }
        }
        Ok(is_strange)
    }

    /// Says in all its slots why there is nothing.
    pub(super) fn fail(&self, sheet: &mut Sheet<'_>, reason: Reason) {
        let mut fail = |slot: &Slot| sheet.fail(*slot, reason);
        match &self.content {
            Content::Number(slot) => fail(slot),
            Content::Keys { slots, .. } => slots.iter().for_each(fail),
            Content::Io { bytes, operations } => bytes.iter().chain(operations).for_each(fail),
            Content::Pressure { waiting, stalled } => waiting.iter().chain(stalled).for_each(fail),
        }
    }
}

fn put(sheet: &mut Sheet<'_>, slot: Slot, value: Option<u64>) {
    match value {
        Some(value) => sheet.count(slot, value),
        None => sheet.fail(slot, Reason::Absent),
    }
}

/// Bytes and requests over all devices that do not stand before others, and whether one was unknown.
fn sums(text: &[u8], layers: &[Layer]) -> Result<(Sums, Sums, bool), ParseError> {
    let (mut bytes, mut operations) = ([Some(0_u64); 3], [Some(0_u64); 3]);
    let mut is_strange = false;
    for line in io_stat::parse(text) {
        let line = line?;
        match layers.binary_search_by_key(&line.device, |layer| layer.device) {
            Ok(at) if layers.get(at).is_some_and(|layer| layer.is_upper) => continue,
            Ok(_) => {}
            Err(_) => is_strange = true,
        }
        let more_bytes = [Some(line.read_bytes), Some(line.written_bytes), line.discarded_bytes];
        let more_operations = [Some(line.reads), Some(line.writes), line.discards];
        for (sum, more) in
            bytes.iter_mut().chain(&mut operations).zip(more_bytes.into_iter().chain(more_operations))
        {
            *sum = sum.zip(more).and_then(|(sum, more)| sum.checked_add(more));
        }
    }
    Ok((bytes, operations, is_strange))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_added_up_but_for_those_that_stand_before_others() {
        let layers = [(7, true), (8, false), (253, true)]
            .map(|(major, is_upper)| Layer { device: (major, 0), is_upper });
        let line = |major: u32| format!("{major}:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n");
        let known = [line(7), line(8), line(253)].concat();
        let once = ([Some(1), Some(2), Some(5)], [Some(3), Some(4), Some(6)], false);
        assert_eq!(sums(known.as_bytes(), &layers), Ok(once));
        let strange = [line(8), line(9)].concat();
        let twice = ([Some(2), Some(4), Some(10)], [Some(6), Some(8), Some(12)], true);
        assert_eq!(sums(strange.as_bytes(), &layers), Ok(twice));
        let old = "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n";
        assert_eq!(
            sums(old.as_bytes(), &layers),
            Ok(([Some(1), Some(2), None], [Some(3), Some(4), None], false))
        );
        assert_eq!(
            sums(b"", &layers),
            Ok(([Some(0); 3], [Some(0); 3], false)),
            "nothing was read or written"
        );
        assert!(sums(b"8:0 rbytes=x\n", &layers).is_err());
    }
}
