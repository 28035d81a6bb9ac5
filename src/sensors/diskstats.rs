//! Block devices: requests, bytes and times.

use std::time::Duration;

use hearth_drivers::file::{KernelText, ReadError};
use hearth_drivers::proc::diskstats::{self, Disk};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reason, catalogue::disk};

use super::{SECOND, Trouble, pattern, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "diskstats",
    source: "/proc/diskstats",
    lane: LaneKind::Steady,
    every: Every::Period(SECOND),
    budget: Duration::from_micros(200),
    metrics: &[&METRICS],
    arm,
};

/// In the order of [`numbers`].
const METRICS: [&Metric; 17] = [
    &disk::READS,
    &disk::READS_MERGED,
    &disk::READ_BYTES,
    &disk::READ_TIME,
    &disk::WRITES,
    &disk::WRITES_MERGED,
    &disk::WRITTEN_BYTES,
    &disk::WRITE_TIME,
    &disk::IO_NOW,
    &disk::IO_TIME,
    &disk::IO_TIME_WEIGHTED,
    &disk::DISCARDS,
    &disk::DISCARDS_MERGED,
    &disk::DISCARDED_SECTORS,
    &disk::DISCARD_TIME,
    &disk::FLUSHES,
    &disk::FLUSH_TIME,
];

struct Diskstats {
    text: KernelText,
    /// Every row of the text, in its order: partitions and the like have no slots.
    rows: Box<[Row]>,
}

struct Row {
    name: Box<[u8]>,
    slots: Box<[Slot]>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), diskstats::PATH, diskstats::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let rows = match text.read() {
        Ok(text) => diskstats::parse(text).flatten().map(|disk| row(arming, &disk)).collect(),
        // A machine without block devices has an empty text.
        Err(ReadError::Empty) => Box::default(),
        Err(error) => return Err(Trouble::from(error).absent(&SENSOR)),
    };
    Ok(Box::new(Diskstats { text, rows }))
}

fn row(arming: &mut Arming<'_>, found: &Disk<'_>) -> Row {
    let name = String::from_utf8_lossy(found.name);
    let given = numbers(found);
    let ignored = pattern::any_matches(&arming.config().ignored_disks, &name);
    let wanted = METRICS.iter().zip(given).filter(|(_, number)| !ignored && number.is_some());
    let slots = wanted.map(|(metric, _)| arming.slot(metric, &[&name])).collect();
    Row { name: found.name.into(), slots }
}

/// What a row says, in the order of [`METRICS`]; what an older kernel does not count is at the end.
fn numbers(disk: &Disk<'_>) -> [Option<u64>; 17] {
    let requests = |of: Option<diskstats::Requests>| {
        [of.map(|of| of.ios), of.map(|of| of.merges), of.map(|of| of.sectors), of.map(|of| of.ms)]
    };
    let [reads, reads_merged, read, read_ms] = requests(Some(disk.reads));
    let [writes, writes_merged, written, write_ms] = requests(Some(disk.writes));
    let [discards, discards_merged, discarded, discard_ms] = requests(disk.discards);
    [
        reads,
        reads_merged,
        read,
        read_ms,
        writes,
        writes_merged,
        written,
        write_ms,
        Some(disk.in_flight),
        Some(disk.io_ms),
        Some(disk.weighted_io_ms),
        discards,
        discards_merged,
        discarded,
        discard_ms,
        disk.flushes.map(|of| of.ios),
        disk.flushes.map(|of| of.ms),
    ]
}

impl Diskstats {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let text = match self.text.read() {
            Err(ReadError::Empty) => &[],
            other => other?,
        };
        let mut rows = self.rows.iter();
        for disk in diskstats::parse(text) {
            let disk = disk?;
            let Some(row) = rows.next().filter(|row| *row.name == *disk.name) else {
                return Err(Trouble::Outgrown);
            };
            for (slot, number) in row.slots.iter().zip(numbers(&disk)) {
                match number {
                    Some(number) => sheet.count(*slot, number),
                    None => sheet.fail(*slot, Reason::Absent),
                }
            }
        }
        Ok(if rows.next().is_some() { State::Changed } else { State::Steady })
    }
}

impl Sensor for Diskstats {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const SDA: &str = "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";
    const PART: &str = "   8       1 sda1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";
    const OLD: &str = "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11\n";

    #[test]
    fn devices_have_all_their_kernel_counts_and_ignored_ones_nothing() {
        let files = Files::with(&[("proc/diskstats", &[SDA, PART, OLD].concat())]);
        let mut config = Bench::config();
        config.ignored_disks = vec!["sd*1".to_owned()];
        let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
        bench.read_at(0).unwrap();
        assert_eq!(bench.series().len(), 17 + 11);
        let sda = [("device", "sda")];
        assert_eq!(bench.value("node_disk_read_bytes_total", &sda), Some(Ok(3)));
        assert_eq!(bench.value("node_disk_io_now", &sda), Some(Ok(9)));
        assert_eq!(bench.value("node_disk_flush_requests_time_seconds_total", &sda), Some(Ok(17)));
        assert_eq!(bench.value("node_disk_flush_requests_total", &[("device", "sdb")]), None);
    }

    #[test]
    fn a_disk_that_comes_or_goes_asks_for_arming() {
        let files = Files::with(&[("proc/diskstats", SDA)]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        files.write("proc/diskstats", &[SDA, OLD].concat());
        assert_eq!(bench.read_at(1), Ok(State::Changed));
        files.write("proc/diskstats", "");
        assert_eq!(bench.read_at(2), Ok(State::Changed));
    }

    #[test]
    fn a_garbled_row_is_out_of_range_and_nothing_is_made_up() {
        let files = Files::with(&[("proc/diskstats", SDA)]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        files.write("proc/diskstats", "   8       0 sda 1 2 x\n");
        assert_eq!(bench.read_at(0), Err(Reason::OutOfRange));
    }
}
