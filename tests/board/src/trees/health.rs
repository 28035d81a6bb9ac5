//! What tells the box's health: monitoring chips, a thermal zone, what cools it, a supply.
//!
//! The chip of the NVMe drive is there to be left alone: each of its readings would be a command to the drive.

use super::lines;
use crate::Board;

const CORETEMP: &str = "devices/platform/coretemp.0";
const NCT6775: &str = "devices/platform/nct6775.656";
const NVME: &str = "devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0";

pub(super) fn add(board: Board) -> Board {
    let coretemp = [
        ("name", "coretemp"),
        ("temp1_label", "Package id 0"),
        ("temp1_input", "43000"),
        ("temp1_crit", "100000"),
        ("temp1_crit_alarm", "0"),
        ("temp2_label", "Core 0"),
        ("temp2_input", "41000"),
    ];
    let nct6775 = [
        ("name", "nct6775"),
        ("in0_input", "904"),
        ("fan1_input", "1180"),
        ("fan1_alarm", "0"),
        ("pwm1", "102"),
        ("pwm1_enable", "5"),
        ("temp1_input", "34500"),
    ];
    let nvme = [("name", "nvme"), ("temp1_input", "37850"), ("temp1_max", "81850"), ("temp1_min", "-273150")];
    let board = chip(board, 0, NVME, &nvme);
    let board = chip(board, 1, CORETEMP, &coretemp);
    let board = chip(board, 2, NCT6775, &nct6775);
    let zone = [
        ("type", "x86_pkg_temp"),
        ("temp", "43000"),
        ("trip_point_0_temp", "98000"),
        ("trip_point_0_type", "critical"),
    ];
    let board = lines(board, "sys/class/thermal/thermal_zone0", &zone);
    let cooler = [("type", "Processor"), ("cur_state", "0"), ("max_state", "10")];
    let board = lines(board, "sys/class/thermal/cooling_device0", &cooler);
    lines(board, "sys/class/power_supply/AC", &[("type", "Mains"), ("online", "1")])
}

/// A chip of the device at `place`, as the class leads to it.
fn chip(board: Board, number: u32, place: &str, files: &[(&str, &str)]) -> Board {
    let directory = format!("{place}/hwmon/hwmon{number}");
    let up = "../".repeat(directory.matches('/').count() - place.matches('/').count());
    lines(board, &format!("sys/{directory}"), files)
        .symlink(&format!("sys/{directory}/device"), up.trim_end_matches('/'))
        .symlink(&format!("sys/class/hwmon/hwmon{number}"), &format!("../../{directory}"))
}
