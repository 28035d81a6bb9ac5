//! Chips, zones and supplies of the board: what is read, what is left alone, what hangs.

use hearth_board::{Content, Errno, Fault, trees};

use super::stage::Stage;

/// The package's temperature by class and by device: one file.
const PACKAGE: &str = "sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_input";
const CPU: &str = r#"{"chip":"platform_coretemp_0","sensor":"temp1"}"#;
const BOARD: &str = r#"{"chip":"platform_nct6775_656","sensor":"temp1"}"#;
const TEMP: &str = "node_hwmon_temp_celsius";

#[test]
fn chips_zones_and_supplies_are_shown_and_the_drives_chip_is_never_asked() {
    let Some(stage) = Stage::set(trees::home_server(), &[]) else { return };
    let shows = |family: &str, labels: &str, value: &str| {
        stage.until(&format!("{family}{labels}"), |stage| {
            stage.said(family, labels) == Some(Ok(value.to_owned()))
        });
    };
    shows(TEMP, CPU, "40");
    shows(TEMP, BOARD, "31");
    shows("node_hwmon_temp_crit_celsius", CPU, "100");
    let label = r#"{"chip":"platform_coretemp_0","sensor":"temp1","label":"Package id 0"}"#;
    shows("node_hwmon_sensor_label", label, "1");
    shows("node_hwmon_fan_rpm", r#"{"chip":"platform_nct6775_656","sensor":"fan1"}"#, "812");
    shows("node_thermal_zone_temp", r#"{"zone":"1","type":"x86_pkg_temp"}"#, "40");
    let trip = r#"{"zone":"0","type":"acpitz","trip":"0","action":"critical"}"#;
    shows("hearth_thermal_zone_trip_celsius", trip, "119");
    shows("node_power_supply_online", r#"{"power_supply":"ADP1"}"#, "1");
    stage.board.set(PACKAGE, Content::text("51000\n"));
    shows(TEMP, CPU, "51");
    let nvme = "sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/hwmon/hwmon2";
    for file in ["temp1_input", "temp1_min", "temp1_max"] {
        assert_eq!(stage.board.reads(&format!("{nvme}/{file}")), 0, "{file} is a command to the drive");
    }
}

#[test]
fn a_chip_that_fails_hangs_or_has_nothing_just_now_says_so_and_harms_no_other() {
    let Some(stage) = Stage::set(trees::home_server(), &[]) else { return };
    let says = |reason: &str| {
        stage.until(reason, |stage| stage.said(TEMP, CPU) == Some(Err(reason.to_owned())));
        assert_eq!(stage.said(TEMP, BOARD), Some(Ok("31".to_owned())), "the other chip is read on");
    };
    stage.until("both chips are read", |stage| {
        stage.said(TEMP, CPU) == Some(Ok("40".to_owned()))
            && stage.said(TEMP, BOARD).is_some_and(|said| said.is_ok())
    });
    stage.board.fault(PACKAGE, Fault::Error(Errno::EAGAIN));
    says("not_counted");
    stage.board.fault(PACKAGE, Fault::Error(Errno::EIO));
    says("io_error");
    stage.board.fault(PACKAGE, Fault::Hang);
    says("stale");
    // The other chip is asked again and again meanwhile.
    let other = "sys/devices/platform/nct6775.656/hwmon/hwmon1/temp1_input";
    stage.board.set(other, Content::text("36000\n"));
    stage.until("the other chip is read on", |stage| stage.said(TEMP, BOARD) == Some(Ok("36".to_owned())));
    stage.board.clear(PACKAGE);
    stage.until("it is back", |stage| stage.said(TEMP, CPU) == Some(Ok("40".to_owned())));
}
