//! What each block device is: its number and what the device daemon knows of it.

use std::time::Duration;

use hearth_drivers::file::{KernelText, ReadError};
use hearth_drivers::proc::diskstats::{self, Disk};
use hearth_drivers::udev::Properties;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::disk};

use super::{Trouble, pattern, settle, unopened};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "disk_info",
    source: "/proc/diskstats and /run/udev/data",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(30)),
    budget: Duration::from_micros(200),
    metrics: &[&[&disk::INFO]],
    arm,
};

struct DiskInfo {
    text: KernelText,
    /// Every row of the text, in its order; devices that are left out have no slot.
    rows: Box<[Row]>,
}

struct Row {
    name: Box<[u8]>,
    number: (u32, u32),
    slot: Option<Slot>,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let mut text = KernelText::open(arming.root(), diskstats::PATH, diskstats::DELIVERY)
        .map_err(|error| unopened(&error, "mount /proc"))?;
    let rows = match text.read() {
        Ok(text) => diskstats::parse(text).flatten().map(|disk| row(arming, &disk)).collect(),
        // A machine without block devices has an empty text.
        Err(_) => Box::default(),
    };
    Ok(Box::new(DiskInfo { text, rows }))
}

fn row(arming: &mut Arming<'_>, found: &Disk<'_>) -> Row {
    let name = String::from_utf8_lossy(found.name);
    let (major, minor) = (found.major, found.minor);
    let ignored = pattern::any_matches(&arming.config().ignored_disks, &name);
    let slot = (!ignored).then(|| {
        // The number is known even where the daemon's file cannot be read.
        let known = Properties::of_block_device(arming.root(), major, minor).unwrap_or_default();
        let labels = [
            &name,
            &*major.to_string(),
            &minor.to_string(),
            known.get("ID_PATH"),
            known.get("ID_WWN"),
            known.get("ID_MODEL"),
            serial(&known),
            known.get("ID_REVISION"),
        ];
        arming.slot(&disk::INFO, &labels)
    });
    Row { name: found.name.into(), number: (major, minor), slot }
}

/// The short serial number is the drive's own; the long one has vendor and model before it.
fn serial(known: &Properties) -> &str {
    match known.get("SCSI_IDENT_SERIAL") {
        "" => known.get("ID_SERIAL_SHORT"),
        scsi => scsi,
    }
}

impl DiskInfo {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let text = match self.text.read() {
            Err(ReadError::Empty) => &[],
            other => other?,
        };
        let mut rows = self.rows.iter();
        for disk in diskstats::parse(text) {
            let disk = disk?;
            let is_it = |row: &&Row| *row.name == *disk.name && row.number == (disk.major, disk.minor);
            let Some(row) = rows.next().filter(is_it) else { return Err(Trouble::Outgrown) };
            if let Some(slot) = row.slot {
                sheet.set(slot, 1);
            }
        }
        Ok(if rows.next().is_some() { State::Changed } else { State::Steady })
    }
}

impl Sensor for DiskInfo {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    const SDA: &str = "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n";
    const SDB: &str = "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11\n";

    #[test]
    fn a_device_is_what_the_daemon_knows_of_it() {
        let udev = "S:disk\nE:ID_MODEL=WDC_WD40\nE:ID_SERIAL_SHORT=WX1\nE:ID_PATH=pci-0000\nE:ID_WWN=0x5\n";
        let files = Files::with(&[("proc/diskstats", &[SDA, SDB].concat()), ("run/udev/data/b8:0", udev)]);
        let mut config = Bench::config();
        config.ignored_disks = vec!["*b".to_owned()];
        let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        let info = "node_disk_info{device=\"sda\",major=\"8\",minor=\"0\",path=\"pci-0000\",wwn=\"0x5\",\
                    model=\"WDC_WD40\",serial=\"WX1\",revision=\"\"}";
        assert_eq!(bench.list(), [info]);
    }

    #[test]
    fn another_device_under_the_same_name_asks_for_arming() {
        let files = Files::with(&[("proc/diskstats", SDA)]);
        let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        files.write("proc/diskstats", &SDA.replace(" 0 sda", " 32 sda"));
        assert_eq!(bench.read_at(1), Ok(State::Changed));
        files.write("proc/diskstats", "");
        assert_eq!(bench.read_at(2), Ok(State::Changed));
        files.write("proc/diskstats", "8 0 sda x\n");
        assert_eq!(bench.read_at(3), Err(Reason::OutOfRange));
    }
}
