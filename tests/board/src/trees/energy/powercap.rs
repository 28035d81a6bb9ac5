//! `/sys/class/powercap`: a control type, its zones and theirs, as links into `/sys/devices/virtual/powercap`.

use super::super::{lines, over_time};
use crate::{Board, EnergyCounter};

const DEVICES: &str = "sys/devices/virtual/powercap";
const CLASS: &str = "sys/class/powercap";

/// The directory of a zone: `intel-rapl:0:1` lies in `intel-rapl:0`, and that in `intel-rapl`.
#[must_use]
pub fn zone_path(zone: &str) -> String {
    let ends = zone.match_indices(':').map(|(at, _)| at).chain([zone.len()]);
    ends.fold(DEVICES.to_owned(), |path, end| format!("{path}/{}", &zone[..end]))
}

/// A control type without zones (`powercap_register_control_type`).
pub(super) fn control_type(board: Board, name: &str) -> Board {
    let board = board.symlink(&format!("{CLASS}/{name}"), &format!("../../devices/virtual/powercap/{name}"));
    let board = board.symlink(&format!("{DEVICES}/{name}/subsystem"), "../../../../class/powercap");
    lines(board, &format!("{DEVICES}/{name}"), &[("enabled", "1"), ("uevent", "")])
}

/// A zone that shows `counter` in the kernel's own unit for it (`powercap_register_zone`), with the files and modes
/// that `drivers/powercap/powercap_sys.c` and `intel_rapl_common.c` give it.
pub(super) fn zone(board: Board, zone: &str, name: &str, counter: &EnergyCounter) -> Board {
    let path = zone_path(zone);
    let inner = path.trim_start_matches("sys/").to_owned();
    let depth = path.matches('/').count();
    let shown = counter.clone();
    let board = board
        .symlink(&format!("{CLASS}/{zone}"), &format!("../../{inner}"))
        .symlink(&format!("{path}/subsystem"), &format!("{}class/powercap", "../".repeat(depth)))
        .file(
            &format!("{path}/energy_uj"),
            over_time(move |elapsed| format!("{}\n", shown.powercap_uj(elapsed))),
        );
    let range_uj = counter.unit().powercap_range_uj().to_string();
    let board = lines(
        board,
        &path,
        &[
            ("name", name),
            ("max_energy_range_uj", &range_uj),
            ("enabled", "1"),
            ("uevent", ""),
            ("constraint_0_name", "long_term"),
            ("constraint_0_power_limit_uw", "65000000"),
            ("constraint_0_time_window_us", "27983872"),
            ("constraint_0_max_power_uw", "65000000"),
        ],
    );
    board.set_mode(&format!("{path}/energy_uj"), 0o400);
    board.set_mode(&format!("{path}/enabled"), 0o644);
    board
}
