//! Chips, thermal zones, coolers and supplies.

use std::time::Duration;

use hearth_board::trees::chips::{self, FIRST_START, SECOND_START};
use hearth_board::trees::{home_server, linux_6_1};
use hearth_board::{Errno, Fault};

use crate::{demand, series, set, snapshot};

const SECOND: Duration = Duration::from_secs(1);
const CORETEMP: &str = "sys/devices/platform/coretemp.0/hwmon";
const NVME: &str = "sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/hwmon";

#[test]
fn chips_are_known_by_their_devices_and_say_what_their_files_say() {
    for numbers in [FIRST_START, SECOND_START] {
        let Some(stage) = set(chips::hwmon(linux_6_1(), numbers)) else { return };
        let core = r#"{"chip":"platform_coretemp_0","sensor":"temp1"}"#;
        demand(&stage, "node_hwmon_temp_celsius", core, "40");
        stage.board.advance(27 * SECOND);
        demand(&stage, "node_hwmon_temp_celsius", core, "67");
        let board = |sensor: &str| format!(r#"{{"chip":"platform_nct6775_656","sensor":"{sensor}"}}"#);
        demand(&stage, "node_hwmon_fan_rpm", &board("fan2"), "0");
        demand(&stage, "node_hwmon_in_volts", &board("in0"), "0.912");
        demand(&stage, "node_hwmon_temp_celsius", &board("temp4"), "-61");
        // No data is no value, and no zero.
        for sensor in ["temp2", "temp3"] {
            let said = stage.said("node_hwmon_temp_celsius", &board(sensor));
            assert!(!matches!(said, Some(Ok(_))), "{sensor}: {said:?}");
        }
        for limit in ["temp1_min", "temp1_max"] {
            let file = format!("{NVME}/hwmon{}/{limit}", numbers.nvme);
            assert_eq!(stage.board.reads(&file), 0, "{limit} of a drive is a command to it");
        }
    }
}

#[test]
fn a_channel_that_hangs_or_fails_harms_no_other_chip() {
    let Some(stage) = set(home_server()) else { return };
    let core = r#"{"chip":"platform_coretemp_0","sensor":"temp1"}"#;
    let fan = r#"{"chip":"platform_nct6775_656","sensor":"fan1"}"#;
    let file = "sys/devices/platform/nct6775.656/hwmon/hwmon1/fan1_input";
    demand(&stage, "node_hwmon_fan_rpm", fan, "812");
    for (fault, at_c) in [(Fault::Error(Errno::EIO), "53"), (Fault::Hang, "66")] {
        stage.board.fault(file, fault);
        stage.board.advance(13 * SECOND);
        demand(&stage, "node_hwmon_temp_celsius", core, at_c);
        stage.until("the fan has no speed", |stage| {
            matches!(stage.said("node_hwmon_fan_rpm", fan), Some(Err(_)))
        });
        stage.board.clear(file);
        demand(&stage, "node_hwmon_fan_rpm", fan, "812");
    }
    stage.board.fault(&format!("{CORETEMP}/hwmon0"), Fault::Vanished);
    stage.board.fault("sys/class/hwmon/hwmon0", Fault::Vanished);
    stage.until("the chip is gone", |stage| {
        !matches!(stage.said("node_hwmon_temp_celsius", core), Some(Ok(_)))
    });
    demand(&stage, "node_hwmon_fan_rpm", fan, "812");
}

#[test]
fn zones_coolers_and_supplies_say_what_their_files_say() {
    let Some(stage) = set(home_server()) else { return };
    stage.board.advance(75 * SECOND);
    demand(&stage, "node_thermal_zone_temp", r#"{"zone":"1","type":"x86_pkg_temp"}"#, "65");
    let coolers = series(&snapshot(&stage), "node_cooling_device_max_state");
    assert_eq!(coolers.len(), 2);
    assert_eq!((&coolers[0].0["type"], coolers[0].1.as_str()), (&"Processor".into(), "10"));
    demand(&stage, "node_power_supply_online", r#"{"power_supply":"ADP1"}"#, "1");
    demand(&stage, "node_power_supply_energy_watthour", r#"{"power_supply":"BAT0"}"#, "49.25");
    let discharging = r#"{"power_supply":"BAT0","state":"Discharging"}"#;
    demand(&stage, "hearth_power_supply_state", discharging, "1");
}
