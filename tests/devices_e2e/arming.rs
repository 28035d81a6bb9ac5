//! Files that hang while a sensor is armed: at the start, when it is armed anew, and when the list is asked for.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};

use hearth_board::trees::home_server;
use hearth_board::{Content, Fault};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::ending::{demand_short, end_of, signal};
use super::stage::{PATIENCE, Stage};
use crate::{demand, set};

/// Read as the label of a series, and only while the sensor is armed.
const MODEL: &str = "sys/class/power_supply/BAT0/model_name";
/// What the device daemon knows of the first disk; read as labels, and only while the sensor is armed.
const UDEV: &str = "run/udev/data/b8:0";
const ADAPTER: &str = r#"{"power_supply":"ADP1"}"#;

fn program() -> OsString {
    std::env::var_os("HEARTH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_hearth").into())
}

/// The row of a sensor in the status.
fn row(stage: &Stage, sensor: &str) -> Value {
    let status: Value = serde_json::from_str(&stage.get("/v1/status")).expect("JSON");
    let rows = status["sensors"].as_array().expect("sensors");
    rows.iter().find(|row| row["sensor"] == sensor).expect("every sensor is listed").clone()
}

/// Asserts that this says that a read of `file` hangs, or where the kernel does not tell the file, of which source.
fn names(absent: &Value, file: &str, source: &str) {
    let (what, fix) = (absent["what"].as_str().unwrap_or(""), absent["fix"].as_str().unwrap_or(""));
    assert_eq!(absent["reason"], "stale", "{absent}");
    assert!(what.contains("has not come back"), "{absent}");
    let names_file = what.contains("a read of ") && what.ends_with(file);
    assert!(names_file || what.ends_with(source), "{absent}");
    assert!(fix.contains("sensors.disabled"), "{absent}");
}

#[test]
fn whatever_hangs_at_the_start_the_rest_is_served_and_each_comes_when_it_answers() {
    let board = home_server();
    let hung = [
        ("meminfo", "proc/meminfo", "meminfo"),
        ("thermal", "sys/class/thermal/thermal_zone0/type", "type"),
        ("power_supply", MODEL, "model_name"),
    ];
    for (_, path, _) in hung {
        board.fault(path, Fault::Hang);
    }
    let Some(stage) = set(board) else { return };
    demand(&stage, "node_hwmon_temp_celsius", r#"{"chip":"platform_coretemp_0","sensor":"temp1"}"#, "40");
    assert_eq!(stage.program.get("/readyz").0, 200);
    for (sensor, path, file) in hung {
        let row = row(&stage, sensor);
        assert_eq!(row["state"], "absent", "{row}");
        names(&row, file, row["source"].as_str().expect("a source"));
        assert_eq!(stage.board.reads(path), 1, "nobody asks {path} again");
    }
    for (sensor, path, _) in hung {
        stage.board.clear(path);
        stage.until(sensor, |stage| row(stage, sensor)["state"] == "armed");
    }
    demand(&stage, "node_power_supply_online", ADAPTER, "1");
}

#[test]
fn a_file_that_hangs_when_its_sensor_is_armed_anew_holds_up_no_reload() {
    let home = tempfile::tempdir().expect("a directory of the test's own");
    let config = home.path().join("hearth.toml");
    let configure = |text: &str| fs::write(&config, text).expect("written");
    configure("");
    let path = config.to_str().expect("a plain path");
    let board = home_server().file(UDEV, Content::text("E:ID_MODEL=disk\n"));
    let Some(stage) = Stage::set(board, &["--rate-hz", "100", "--config", path]) else { return };
    demand(&stage, "node_power_supply_online", ADAPTER, "1");
    stage.board.fault(UDEV, Fault::Hang);
    // The second setting concerns the sensor whose file hangs.
    configure("[sensors]\ndisabled = [\"loadavg\"]\nignored_disks = [\"ram#\"]\n");
    signal(&stage, Signal::SIGHUP);
    stage
        .until("the reload counts", |stage| stage.get("/v1/status").contains(r#""configuration_reloads":1"#));
    assert_eq!(row(&stage, "loadavg")["state"], "disabled");
    // It goes on as it was armed before, and says what it waits for.
    let disks = row(&stage, "disk_info");
    assert_eq!(disks["state"], "armed", "{disks}");
    let sources = disks["sources"].as_array().expect("sources");
    let anew = sources.iter().find(|source| source["source"] == "arming anew");
    names(anew.expect("what hangs is told"), "b8:0", "/proc/diskstats and /run/udev/data");
    stage.board.set("sys/class/power_supply/ADP1/online", Content::text("0\n"));
    demand(&stage, "node_power_supply_online", ADAPTER, "0");
    // What comes back was armed under the newest settings, and is taken over.
    stage.board.clear(UDEV);
    let is_told = |stage: &Stage| row(stage, "disk_info").to_string().contains("arming anew");
    stage.until("it is armed anew", |stage| !is_told(stage));
    demand(&stage, "node_power_supply_online", ADAPTER, "0");
}

#[test]
fn asked_to_end_while_a_file_hangs_at_the_start_it_ends_before_it_serves() {
    let board = home_server();
    board.fault(MODEL, Fault::Hang);
    let Some(mounted) = board.mount_or_say_why().expect("the board is mounted") else { return };
    let child = Command::new(program())
        .args(["run", "--listen=127.0.0.1:0", "--socket=", "--root"])
        .arg(mounted.dir())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    board.wait_for_reads(MODEL, 1, PATIENCE).expect("the sensor is armed");
    let pid = i32::try_from(child.id()).expect("a process number");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGTERM).expect("it runs");
    demand_short(end_of(pid, || board.clear(MODEL)));
    let output = child.wait_with_output().expect("it has ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("ended before everything was armed"), "{said}");
    assert!(!said.contains("serving at"), "{said}");
}

#[test]
fn the_list_of_sensors_names_what_hangs_and_lists_the_rest() {
    let board = home_server();
    board.fault(MODEL, Fault::Hang);
    let Some(mounted) = board.mount_or_say_why().expect("the board is mounted") else { return };
    let child = Command::new(program())
        .args(["sensors", "--root"])
        .arg(mounted.dir())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    end_of(i32::try_from(child.id()).expect("a process number"), || board.clear(MODEL));
    let output = child.wait_with_output().expect("it has ended");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    let row = |sensor: &str| *lines.iter().find(|line| line.starts_with(sensor)).expect("a row");
    let supplies = row("power_supply ");
    assert!(supplies.contains("stale: arming it has not come back: it waits for "), "{supplies}");
    assert!(supplies.contains("model_name") || supplies.contains("/sys/class/power_supply;"), "{supplies}");
    assert!(supplies.contains("; to do: ") && supplies.contains("sensors.disabled"), "{supplies}");
    for sensor in ["hwmon ", "thermal ", "stat ", "lane "] {
        assert!(row(sensor).contains(" series"), "{}", row(sensor));
    }
}
