//! What the kernel says of a disk without asking it: its bus, whether it is suspended, what it did of late.

use std::ffi::OsStr;
use std::fs;
use std::time::Duration;

use hearth_drivers::ata::drive::Bus;
use hearth_drivers::file::{Delivery, KernelText, OpenError};

use crate::sensors::drive::worker::Place;

/// What a disk did since it was looked at before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    /// Somebody read or wrote.
    Used,
    /// Nobody did.
    Quiet,
    /// It was not looked at before, or the kernel does not say.
    Unknown,
}

/// Files below `/sys/block/NAME`, open. One that is not there says nothing.
pub(super) struct Facts {
    pub(super) bus: Bus,
    /// Whether its medium can be taken out, as that of sticks and card readers.
    pub(super) is_removable: bool,
    /// `device/power/runtime_status`.
    runtime_status: Result<KernelText, OpenError>,
    /// `stat` of the kernel's `Documentation/block/stat.rst`.
    stat: Result<KernelText, OpenError>,
    requests_seen: Option<u64>,
}

impl Facts {
    pub(super) fn of(place: &Place) -> Self {
        Self {
            bus: bus(place),
            is_removable: is_removable(place),
            runtime_status: open(place, "device/power/runtime_status"),
            stat: open(place, "stat"),
            requests_seen: None,
        }
    }

    /// Whether the kernel has suspended the disk: any command would resume it.
    pub(super) fn is_suspended(&mut self) -> bool {
        let Ok(text) = &mut self.runtime_status else { return false };
        text.read().is_ok_and(|status| matches!(status.trim_ascii(), b"suspended" | b"suspending"))
    }

    /// Whether somebody read or wrote since the last call. Commands of health are not counted by the kernel.
    pub(super) fn activity(&mut self) -> Activity {
        let Ok(text) = &mut self.stat else { return Activity::Unknown };
        let now = match text.read() {
            Ok(stat) => requests(stat),
            Err(_) => None,
        };
        let seen = std::mem::replace(&mut self.requests_seen, now);
        match (seen, now) {
            (Some(seen), Some(now)) if seen == now => Activity::Quiet,
            (Some(_), Some(_)) => Activity::Used,
            (None, _) | (_, None) => Activity::Unknown,
        }
    }
}

fn open(place: &Place, file: &str) -> Result<KernelText, OpenError> {
    KernelText::open(&place.root, &format!("sys/block/{}/{file}", place.name), Delivery::Whole)
}

fn is_removable(place: &Place) -> bool {
    open(place, "removable").is_ok_and(|mut text| text.read().is_ok_and(|flag| flag.trim_ascii() == b"1"))
}

/// Reads and writes completed: the first and the fifth number of `stat`.
fn requests(stat: &[u8]) -> Option<u64> {
    let mut words = stat.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut number = |at| core::str::from_utf8(words.nth(at)?).ok()?.parse::<u64>().ok();
    let (reads, writes) = (number(0)?, number(3)?);
    Some(reads.wrapping_add(writes))
}

/// The link of a disk goes through its bus: `../devices/pci…/usb1/1-1/…/block/sda`.
fn bus(place: &Place) -> Bus {
    let link = fs::read_link(place.root.join("sys/block").join(&*place.name));
    let is_usb = |step: &OsStr| {
        let number = step.as_encoded_bytes().strip_prefix(b"usb");
        number.is_some_and(|number| number.first().is_some_and(u8::is_ascii_digit))
    };
    match link {
        Ok(link) if link.iter().any(is_usb) => Bus::Usb,
        Ok(_) | Err(_) => Bus::Other,
    }
}

/// Sectors of 512 bytes, and the bytes in a logical and in a physical one, as the kernel knows them without asking.
pub(super) fn size(place: &Place) -> Option<Size> {
    let number = |file: &str| {
        let mut text = open(place, file).ok()?;
        core::str::from_utf8(text.read().ok()?.trim_ascii()).ok()?.parse::<u64>().ok()
    };
    let bytes =
        |file: &str| number(file).and_then(|bytes| u32::try_from(bytes).ok()).filter(|bytes| *bytes >= 512);
    let logical_bytes = bytes("queue/logical_block_size")?;
    let physical_bytes = bytes("queue/physical_block_size").unwrap_or(logical_bytes);
    let blocks = number("size")? / u64::from(logical_bytes / 512);
    Some(Size { blocks, logical_bytes, physical_bytes })
}

/// Whether the kernel takes the disk for one with platters; `None` where it does not say.
pub(super) fn has_platters(place: &Place) -> Option<bool> {
    let mut text = open(place, "queue/rotational").ok()?;
    match text.read().ok()?.trim_ascii() {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

/// A disk's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Logical blocks.
    pub(super) blocks: u64,
    /// Bytes in a logical block.
    pub(super) logical_bytes: u32,
    /// Bytes in a physical one.
    pub(super) physical_bytes: u32,
}

/// After how long without requests the kernel suspends the disk, if it does (`device/power/control` is `auto`).
pub(super) fn autosuspend(place: &Place) -> Option<Duration> {
    let read = |file: &str| {
        let mut text = open(place, &format!("device/power/{file}")).ok()?;
        Some(String::from_utf8_lossy(text.read().ok()?.trim_ascii()).into_owned())
    };
    let delay_ms = read("autosuspend_delay_ms")?.parse().ok()?;
    (read("control")? == "auto").then_some(Duration::from_millis(delay_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;

    const STAT: &str = "  100  1  2  3  50  4  5  6  0  7  8\n";

    fn place(files: &Files) -> Place {
        Place::new(files.root(), "sda")
    }

    #[test]
    fn only_reads_and_writes_are_activity() {
        let files = Files::with(&[("sys/block/sda/stat", STAT)]);
        let mut facts = Facts::of(&place(&files));
        assert_eq!((facts.activity(), facts.activity()), (Activity::Unknown, Activity::Quiet));
        files.write("sys/block/sda/stat", &STAT.replace("50", "51"));
        assert_eq!((facts.activity(), facts.activity()), (Activity::Used, Activity::Quiet));
        files.write("sys/block/sda/stat", "100 1 2\n");
        assert_eq!(facts.activity(), Activity::Unknown);
        assert_eq!(Facts::of(&place(&Files::with(&[]))).activity(), Activity::Unknown);
    }

    #[test]
    fn a_suspended_disk_is_told_from_one_that_is_not() {
        let path = "sys/block/sda/device/power/runtime_status";
        let files = Files::with(&[(path, "active\n")]);
        let mut facts = Facts::of(&place(&files));
        assert!(!facts.is_suspended());
        files.write(path, "suspended\n");
        assert!(facts.is_suspended());
        assert!(!Facts::of(&place(&Files::with(&[]))).is_suspended());
    }

    #[test]
    fn a_stick_is_told_from_a_disk() {
        let is = |flag| Facts::of(&place(&Files::with(&[("sys/block/sda/removable", flag)]))).is_removable;
        assert!(is("1\n") && !is("0\n"));
        assert!(!Facts::of(&place(&Files::with(&[]))).is_removable);
    }

    #[test]
    fn the_kernels_own_timer_counts_where_it_is_on() {
        let power = "sys/block/sda/device/power/";
        let at = |control, delay| {
            let files = Files::with(&[
                (&*format!("{power}control"), control),
                (&*format!("{power}autosuspend_delay_ms"), delay),
            ]);
            autosuspend(&place(&files))
        };
        assert_eq!(at("auto\n", "600000\n"), Some(Duration::from_secs(600)));
        assert_eq!(at("on\n", "600000\n"), None);
        assert_eq!(at("auto\n", "-1\n"), None);
    }

    #[test]
    fn the_kernel_knows_a_disks_size_and_whether_it_turns() {
        let files = Files::with(&[
            ("sys/block/sda/size", "31251759104\n"),
            ("sys/block/sda/queue/logical_block_size", "4096\n"),
            ("sys/block/sda/queue/physical_block_size", "4096\n"),
            ("sys/block/sda/queue/rotational", "0\n"),
        ]);
        let whole = Size { blocks: 3_906_469_888, logical_bytes: 4096, physical_bytes: 4096 };
        assert_eq!((size(&place(&files)), has_platters(&place(&files))), (Some(whole), Some(false)));
        files.write("sys/block/sda/queue/logical_block_size", "0\n");
        files.write("sys/block/sda/queue/rotational", "-1\n");
        assert_eq!((size(&place(&files)), has_platters(&place(&files))), (None, None));
    }

    #[test]
    fn the_bus_is_a_step_of_the_link() {
        let bus_of = |target: &str| {
            let files = Files::with(&[("sys/block/keep", "")]);
            std::os::unix::fs::symlink(target, files.root().join("sys/block/sda")).unwrap();
            bus(&place(&files))
        };
        assert_eq!(bus_of("../devices/pci0/usb2/2-1/2-1:1.0/host4/target4/4:0:0:0/block/sda"), Bus::Usb);
        assert_eq!(bus_of("../devices/pci0/ata1/host0/target0/0:0:0:0/block/sda"), Bus::Other);
        assert_eq!(bus_of("../devices/usbish/block/sda"), Bus::Other);
    }
}
