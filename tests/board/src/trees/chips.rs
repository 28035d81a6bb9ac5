//! Monitoring chips, thermal zones, coolers and power supplies: `/sys/class/hwmon`, `thermal`, `power_supply`.

use super::{lines, over_time};
use crate::{Board, Content, Errno};
use std::time::Duration;

/// The numbers that the kernel gave to the chips: it numbers them anew at each start, as their drivers come up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The processor's own thermometer.
    pub coretemp: u32,
    /// The board's chip: voltages, fans and their control.
    pub super_io: u32,
    /// The NVMe drive, whose every reading is a command to it.
    pub nvme: u32,
    /// A power meter.
    pub power_meter: u32,
}

/// The numbers of one start.
pub const FIRST_START: Numbers = Numbers { coretemp: 0, super_io: 1, nvme: 2, power_meter: 3 };
/// Those of another: the same chips, none with its old number.
pub const SECOND_START: Numbers = Numbers { coretemp: 3, super_io: 0, nvme: 1, power_meter: 2 };

const CORETEMP: &str = "devices/platform/coretemp.0";
const SUPER_IO: &str = "devices/platform/nct6775.656";
const NVME: &str = "devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0";
const POWER_METER: &str = "devices/LNXSYSTM:00/LNXSYBUS:00/ACPI000D:00";

/// The temperature of the processor in m°C: up from 40 °C to 90 °C in 50 s, and down again.
#[must_use]
pub fn package_temperature_mc(elapsed: Duration) -> u128 {
    let in_cycle_ms = elapsed.as_millis() % 100_000;
    40_000 + in_cycle_ms.min(100_000 - in_cycle_ms)
}

/// The energy that the power meter has counted, in µJ: 45 W, from a start of its own.
#[must_use]
pub fn metered_energy_uj(elapsed: Duration) -> u128 {
    1_234_567_890 + 45 * elapsed.as_micros()
}

/// What the battery has left, in µWh: 36 W draw it down from 50 Wh.
#[must_use]
pub fn battery_energy_uwh(elapsed: Duration) -> u128 {
    50_000_000_u128.saturating_sub(elapsed.as_millis() * 10)
}

fn number(value: impl Fn(Duration) -> u128 + Send + Sync + 'static) -> Content {
    over_time(move |elapsed| format!("{}\n", value(elapsed)))
}

/// A chip of `device` under this number, with its attributes.
fn chip(board: Board, device: &str, number: u32, name: &str, attributes: &[(&str, &str)]) -> Board {
    let inner = format!("{device}/hwmon/hwmon{number}");
    let last = device.rsplit('/').next().unwrap_or(device);
    let board = board
        .symlink(&format!("sys/class/hwmon/hwmon{number}"), &format!("../../{inner}"))
        .symlink(&format!("sys/{inner}/device"), &format!("../../../{last}"))
        .file(&format!("sys/{inner}/name"), Content::text(&format!("{name}\n")));
    lines(board, &format!("sys/{inner}"), attributes)
}

/// Adds four chips under these numbers. Two channels of the board's chip have nothing to say at present
/// (`ENODATA`, `EAGAIN`), which is normal; a fan's header is empty, so that it stands at 0 RPM.
#[must_use]
pub fn hwmon(board: Board, numbers: Numbers) -> Board {
    let Numbers { coretemp, super_io, nvme, power_meter } = numbers;
    let board = chip(
        board,
        CORETEMP,
        coretemp,
        "coretemp",
        &[
            ("temp1_label", "Package id 0"),
            ("temp1_max", "84000"),
            ("temp1_crit", "100000"),
            ("temp1_crit_alarm", "0"),
            ("temp2_label", "Core 0"),
            ("temp2_input", "39000"),
            ("temp2_max", "84000"),
            ("temp2_crit", "100000"),
            ("temp2_crit_alarm", "0"),
        ],
    );
    let board = board
        .file(&format!("sys/{CORETEMP}/hwmon/hwmon{coretemp}/temp1_input"), number(package_temperature_mc));
    let board = chip(
        board,
        SUPER_IO,
        super_io,
        "nct6798",
        &[
            ("in0_input", "912"),
            ("in0_min", "0"),
            ("in0_max", "1744"),
            ("fan1_input", "812"),
            ("fan1_min", "0"),
            ("fan2_input", "0"),
            ("pwm1", "102"),
            ("pwm1_enable", "5"),
            ("pwm1_mode", "1"),
            ("temp1_label", "SYSTIN"),
            ("temp1_input", "31000"),
            ("temp2_label", "CPUTIN"),
            ("temp3_label", "AUXTIN0"),
            ("temp4_label", "AUXTIN1"),
            ("temp4_input", "-61000"),
            ("intrusion0_alarm", "1"),
        ],
    );
    let inner = format!("sys/{SUPER_IO}/hwmon/hwmon{super_io}");
    let board = board
        .file(&format!("{inner}/temp2_input"), Content::error(Errno::ENODATA))
        .file(&format!("{inner}/temp3_input"), Content::error(Errno::EAGAIN));
    let board = chip(
        board,
        NVME,
        nvme,
        "nvme",
        &[
            ("temp1_label", "Composite"),
            ("temp1_input", "37850"),
            ("temp1_min", "-273150"),
            ("temp1_max", "81850"),
            ("temp1_crit", "84850"),
            ("temp1_alarm", "0"),
        ],
    );
    let meter = [("power1_average", "45000000"), ("power1_average_interval", "1000"), ("curr1_input", "196")];
    chip(board, POWER_METER, power_meter, "power_meter", &meter)
        .file(&format!("sys/{POWER_METER}/hwmon/hwmon{power_meter}/energy1_input"), number(metered_energy_uj))
}

fn virtual_device(board: Board, class: &str, name: &str, attributes: &[(&str, &str)]) -> Board {
    let inner = format!("devices/virtual/{class}/{name}");
    let board = board.symlink(&format!("sys/class/{class}/{name}"), &format!("../../{inner}"));
    lines(board, &format!("sys/{inner}"), attributes)
}

/// Adds two thermal zones, of which the second follows [`package_temperature_mc`], and two coolers.
#[must_use]
pub fn thermal(board: Board) -> Board {
    let zone0 = [
        ("type", "acpitz"),
        ("temp", "27800"),
        ("mode", "enabled"),
        ("policy", "step_wise"),
        ("trip_point_0_type", "critical"),
        ("trip_point_0_temp", "119000"),
    ];
    let zone1 = [
        ("type", "x86_pkg_temp"),
        ("mode", "enabled"),
        ("policy", "step_wise"),
        ("trip_point_0_type", "passive"),
        ("trip_point_0_temp", "0"),
        ("trip_point_1_type", "passive"),
        ("trip_point_1_temp", "95000"),
    ];
    let board = virtual_device(board, "thermal", "thermal_zone0", &zone0);
    let board = virtual_device(board, "thermal", "thermal_zone1", &zone1)
        .file("sys/devices/virtual/thermal/thermal_zone1/temp", number(package_temperature_mc));
    let cooler = [("type", "Processor"), ("max_state", "10"), ("cur_state", "0")];
    let board = virtual_device(board, "thermal", "cooling_device0", &cooler);
    let fan = [("type", "Fan"), ("max_state", "1"), ("cur_state", "1")];
    virtual_device(board, "thermal", "cooling_device1", &fan)
}

/// Adds mains that are on, and a battery that runs down by [`battery_energy_uwh`].
#[must_use]
pub fn power_supply(board: Board) -> Board {
    let adapter = "devices/platform/ACPI0003:00/power_supply/ADP1";
    let battery = "devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C0A:00/power_supply/BAT0";
    let board = board
        .symlink("sys/class/power_supply/ADP1", &format!("../../{adapter}"))
        .symlink("sys/class/power_supply/BAT0", &format!("../../{battery}"))
        .file(&format!("sys/{battery}/energy_now"), number(battery_energy_uwh))
        .file(
            &format!("sys/{battery}/capacity"),
            number(|elapsed| battery_energy_uwh(elapsed) * 100 / 50_000_000),
        )
        // This one has no clock of its own to tell how long it lasts.
        .file(&format!("sys/{battery}/time_to_empty_now"), Content::error(Errno::ENODATA));
    let board = lines(board, &format!("sys/{adapter}"), &[("type", "Mains"), ("online", "1")]);
    lines(
        board,
        &format!("sys/{battery}"),
        &[
            ("type", "Battery"),
            ("status", "Discharging"),
            ("present", "1"),
            ("technology", "Li-ion"),
            ("manufacturer", "BOARD"),
            ("model_name", "DELL 7VJRD4C"),
            ("serial_number", "1234"),
            ("cycle_count", "117"),
            ("voltage_min_design", "11400000"),
            ("voltage_now", "12011000"),
            ("power_now", "36000000"),
            ("energy_full_design", "55000000"),
            ("energy_full", "50000000"),
            ("capacity_level", "Normal"),
        ],
    )
}
