//! Disks: `/proc/diskstats` and what sysfs says of the same devices.

use super::law::{DISK_NVME0N1, DISK_SDA, DISK_SDA1, Law};
use super::{lines, over_time};
use crate::Board;
use std::time::Duration;

const SDA: &str = "devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda";
const NVME0N1: &str = "devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1";

pub(super) fn add(board: Board) -> Board {
    let board = board
        .file("proc/diskstats", over_time(diskstats))
        .symlink("sys/block/sda", &format!("../{SDA}"))
        .symlink("sys/block/nvme0n1", &format!("../{NVME0N1}"))
        .symlink("sys/class/block/sda", &format!("../../{SDA}"))
        .symlink("sys/class/block/sda1", &format!("../../{SDA}/sda1"))
        .symlink("sys/class/block/nvme0n1", &format!("../../{NVME0N1}"))
        .file(&format!("sys/{SDA}/stat"), over_time(|elapsed| stat(&DISK_SDA, elapsed)))
        .file(&format!("sys/{SDA}/sda1/stat"), over_time(|elapsed| stat(&DISK_SDA1, elapsed)))
        .file(&format!("sys/{NVME0N1}/stat"), over_time(|elapsed| stat(&DISK_NVME0N1, elapsed)));
    let sda = [
        ("dev", "8:0"),
        ("size", "7814037168"),
        ("removable", "0"),
        ("ro", "0"),
        ("queue/rotational", "1"),
        ("queue/logical_block_size", "512"),
        ("queue/physical_block_size", "4096"),
        ("device/model", "WDC WD40EFRX-68N"),
        ("device/vendor", "ATA     "),
        ("device/state", "running"),
        ("sda1/dev", "8:1"),
        ("sda1/partition", "1"),
        ("sda1/size", "7814035087"),
        ("sda1/start", "2048"),
    ];
    let nvme0n1 = [
        ("dev", "259:0"),
        ("size", "976773168"),
        ("removable", "0"),
        ("ro", "0"),
        ("queue/rotational", "0"),
        ("queue/logical_block_size", "512"),
        ("queue/physical_block_size", "512"),
    ];
    lines(lines(board, &format!("sys/{SDA}"), &sda), &format!("sys/{NVME0N1}"), &nvme0n1)
}

/// `block/genhd.c`, `diskstats_show`.
fn diskstats(elapsed: Duration) -> String {
    let row = |major: u32, minor: u32, name: &str, laws: &[Law; 17]| {
        let columns = laws.iter().map(|law| format!(" {}", law.at(elapsed))).collect::<String>();
        format!("{major:4} {minor:7} {name}{columns}\n")
    };
    row(259, 0, "nvme0n1", &DISK_NVME0N1) + &row(8, 0, "sda", &DISK_SDA) + &row(8, 1, "sda1", &DISK_SDA1)
}

/// `block/genhd.c`, `part_stat_show`.
fn stat(laws: &[Law; 17], elapsed: Duration) -> String {
    let columns = laws.iter().map(|law| format!("{:8}", law.at(elapsed))).collect::<Vec<_>>();
    columns.join(" ") + "\n"
}
