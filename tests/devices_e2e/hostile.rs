//! Files that hold anything but what the kernel writes, and devices that are called anything.

use std::cell::RefCell;

use hearth_board::trees::cgroup::{self, Usage};
use hearth_board::trees::{energy, home_server};
use hearth_board::{Board, Content};
use serde_json::Value;

use super::exposition::{Family, parsed};
use super::stage::Stage;
use crate::{demand, series, set, snapshot};

const MEGABYTE: usize = 1 << 20;
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

/// What a file may hold in the place of a number, and the reason that has to stand in the place of its value.
fn no_numbers() -> Vec<(Vec<u8>, &'static str)> {
    let texts: [&[u8]; 12] = [
        b"\n",
        b"nan\n",
        b"NaN\n",
        b"-inf\n",
        b"1e3\n",
        b"0x2a\n",
        b"4 2\n",
        b"--5\n",
        b"9223372036854775808\n",
        b"42",
        b"\xff\xfe\0\n",
        b"# HELP fake 1\n",
    ];
    let mut all: Vec<_> = texts.iter().map(|text| (text.to_vec(), "out_of_range")).collect();
    all.extend([(vec![b'7'; MEGABYTE], "out_of_range"), (vec![b'\n'; MEGABYTE], "out_of_range")]);
    all.push((Vec::new(), "not_counted"));
    all
}

/// A chip of a platform device with one good channel; `name` and the other channel's `number` and `label` are as given.
fn chip(board: Board, device: &str, hwmon: usize, name: &[u8], number: &[u8], label: &[u8]) -> Board {
    let inner = format!("devices/platform/{device}/hwmon/hwmon{hwmon}");
    let file = |file: &str| format!("sys/{inner}/{file}");
    board
        .symlink(&format!("sys/class/hwmon/hwmon{hwmon}"), &format!("../../{inner}"))
        .symlink(&file("device"), &format!("../../../{device}"))
        .file(&file("name"), Content::bytes(name))
        .file(&file("temp1_input"), Content::bytes(number))
        .file(&file("temp1_label"), Content::bytes(label))
        .file(&file("temp2_input"), Content::text("42000\n"))
}

fn zone(board: Board, number: usize, kind: &[u8], temperature: &[u8]) -> Board {
    let at = |file: &str| format!("sys/class/thermal/thermal_zone{number}/{file}");
    board
        .file(&at("type"), Content::bytes(kind))
        .file(&at("temp"), Content::bytes(temperature))
        .file(&at("trip_point_0_type"), Content::text("critical\n"))
        .file(&at("trip_point_0_temp"), Content::text("99000\n"))
}

fn supply(board: Board, name: &[u8], text: &[u8], capacity: &[u8]) -> Board {
    let at = |file: &[u8]| [b"sys/class/power_supply/", name, b"/", file].concat();
    board
        .file(&at(b"type"), Content::text("Battery\n"))
        .file(&at(b"serial_number"), Content::bytes(text))
        .file(&at(b"capacity"), Content::bytes(capacity))
        .file(&at(b"voltage_now"), Content::text("12000000\n"))
}

/// What is asked of the rest of the machine whatever one file does.
fn demand_the_rest(stage: &Stage) {
    demand(stage, "node_hwmon_temp_celsius", r#"{"chip":"platform_coretemp_0","sensor":"temp1"}"#, "40");
    demand(stage, "node_power_supply_online", r#"{"power_supply":"ADP1"}"#, "1");
    demand(stage, "hearth_cgroup_memory_bytes", r#"{"cgroup":"/system.slice/nginx.service"}"#, "16777216");
    assert_eq!(stage.program.get("/readyz").0, 200);
}

/// The exposition, which has to be valid for the official parser: it knows no word twice and no label unescaped.
fn families(stage: &Stage) -> Vec<Family> {
    let served = RefCell::new(String::new());
    stage.until("the exposition is served", |stage| {
        let (status, text) = stage.program.get_as("/metrics", OPENMETRICS);
        served.replace(text);
        status == 200
    });
    let text = served.into_inner();
    assert!(text.ends_with("# EOF\n"), "{text}");
    parsed("openmetrics", &text).into_values().collect()
}

/// Every value of a label key.
fn values<'a>(families: &'a [Family], key: &str) -> Vec<&'a str> {
    let labels = families.iter().flat_map(|family| family.samples.keys().map(|(_, labels)| labels));
    labels.filter_map(|labels| labels.get(key).map(String::as_str)).collect()
}

#[test]
fn a_file_that_holds_no_number_is_a_reason_and_its_neighbours_are_values() {
    let table = no_numbers();
    let mut board = home_server();
    for (at, (text, _)) in table.iter().enumerate() {
        board = chip(board, &format!("bad.{at}"), 100 + at, b"bad\n", text, b"label\n");
        board = zone(board, 100 + at, b"bad\n", text);
        board = supply(board, format!("BAD{at}").as_bytes(), b"1\n", text);
    }
    let Some(stage) = set(board) else { return };
    for (at, (text, reason)) in table.iter().enumerate() {
        let said = |family: &str, labels: &str| {
            let fails = |stage: &Stage| stage.said(family, labels) == Some(Err((*reason).to_owned()));
            let shown: Vec<u8> = text.iter().copied().take(20).collect();
            stage.until(
                &format!("{family}{labels} of {:?} {reason}", shown.escape_ascii().to_string()),
                fails,
            );
        };
        let (chip, zone) = (format!("platform_bad_{at}"), 100 + at);
        said("node_hwmon_temp_celsius", &format!(r#"{{"chip":"{chip}","sensor":"temp1"}}"#));
        said("node_thermal_zone_temp", &format!(r#"{{"zone":"{zone}","type":"bad"}}"#));
        said("node_power_supply_capacity", &format!(r#"{{"power_supply":"BAD{at}"}}"#));
        let good = format!(r#"{{"chip":"{chip}","sensor":"temp2"}}"#);
        demand(&stage, "node_hwmon_temp_celsius", &good, "42");
        let trip = format!(r#"{{"zone":"{zone}","type":"bad","trip":"0","action":"critical"}}"#);
        demand(&stage, "hearth_thermal_zone_trip_celsius", &trip, "99");
        let supply = format!(r#"{{"power_supply":"BAD{at}"}}"#);
        demand(&stage, "node_power_supply_voltage_volt", &supply, "12");
    }
    demand_the_rest(&stage);
    assert!(families(&stage).len() > 100);
}

#[test]
fn devices_may_be_called_anything() {
    let mut names = cgroup::hostile_names();
    let mut board = home_server();
    for (at, name) in names.iter().enumerate() {
        cgroup::put(&board, name, Usage::cpu(1_000));
        let line = [name.as_slice(), b"\n"].concat();
        board = chip(board, &format!("odd.{at}"), 100 + at, &line, b"41000\n", &line);
        board = zone(board, 100 + at, &line, b"41000\n");
    }
    // Neither is text, and with what is no text replaced they read alike.
    names.extend([b"BAT\xfe".to_vec(), b"BAT\xff".to_vec()]);
    for name in &names {
        board = supply(board, name, name, b"50\n");
    }
    let long = vec![b'x'; MEGABYTE];
    board = chip(board, "long.0", 200, &long, b"41000\n", &long);
    board = supply(zone(board, 200, &long, b"41000\n"), b"LONG", &long, b"50\n");
    let Some(stage) = set(board) else { return };
    let all = |family: &str, count: usize| {
        stage.until(&format!("{count} series of {family} have a value"), |stage| {
            let found = series(&snapshot(stage), family);
            found.iter().filter(|(_, value)| *value != "null").count() == count
        });
    };
    // Two channels of each chip that was added, of the two that the machine has six with a value.
    all("node_hwmon_temp_celsius", 2 * (cgroup::hostile_names().len() + 1) + 4);
    all("node_thermal_zone_temp", cgroup::hostile_names().len() + 1 + 2);
    all("node_power_supply_capacity", names.len() + 1 + 1);
    demand_the_rest(&stage);
    let families = families(&stage);
    let shown = |key: &str| values(&families, key);
    for name in &names {
        let text = String::from_utf8_lossy(name);
        assert!(shown("power_supply").contains(&&*text), "{text:?} among {:?}", shown("power_supply"));
    }
    assert!(shown("power_supply").contains(&"BAT\u{fffd} (2)"));
    for name in cgroup::hostile_names() {
        let text = String::from_utf8_lossy(&name).into_owned();
        // A text is cut to what a file's name may have.
        let is_there = |key: &str| {
            shown(key).iter().any(|shown| {
                !shown.is_empty() && text.starts_with(shown) && (text.len() > 255 || *shown == text)
            })
        };
        assert!(is_there("label") && is_there("type"), "{text:?}");
    }
    assert!(shown("label").iter().chain(&shown("type")).all(|text| text.len() <= 255));
}

#[test]
fn a_zone_with_an_impossible_unit_leaves_its_domain_to_the_registers() {
    let machine = energy::intel_client();
    let zones: [(&str, &str, &[u8]); 4] = [
        ("intel-rapl:0", "max_energy_range_uj", b"0\n"),
        ("intel-rapl:1", "max_energy_range_uj", b"nan\n"),
        ("intel-rapl:0:0", "max_energy_range_uj", b"100000000000000000000\n"),
        ("intel-rapl:0:1", "energy_uj", b""),
    ];
    for (zone, file, text) in zones {
        machine.board.set(&format!("sys/class/powercap/{zone}/{file}"), Content::bytes(text));
    }
    let Some(stage) = set(machine.board.clone()) else { return };
    stage.until("every domain is read by registers", |stage| {
        let found = series(&snapshot(stage), "hearth_energy_joules_total");
        found.len() == 4 && found.iter().all(|(labels, value)| labels["source"] == "msr" && value != "null")
    });
    let status: Value = serde_json::from_str(&stage.get("/v1/status")).expect("JSON");
    let sensors = status["sensors"].as_array().expect("sensors");
    let energy = sensors.iter().find(|sensor| sensor["sensor"] == "energy").expect("energy");
    let sources = energy["sources"].as_array().expect("sources");
    for (zone, file, _) in zones {
        let of_zone = |source: &&Value| {
            source["what"].as_str().is_some_and(|what| what.contains(&format!("{zone}/{file}")))
        };
        let found = sources.iter().find(of_zone).unwrap_or_else(|| panic!("{zone} among {sources:#?}"));
        assert_eq!(
            (&found["state"], &found["reason"]),
            (&"absent".into(), &"out_of_range".into()),
            "{found}"
        );
    }
    assert!(families(&stage).len() > 100);
}
