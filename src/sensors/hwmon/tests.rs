use std::os::unix::fs::symlink;

use super::*;
use crate::sensors::crew::Crew;
use crate::sensors::testing::Files;
use hearth_hot::contract::State;
use hearth_hot::testing::Bench;

const SECOND_NS: u64 = 1_000_000_000;

/// A chip `hwmon` of the platform device `device`.
fn chip(files: &Files, hwmon: &str, device: &str, texts: &[(&str, &str)]) {
    let place = format!("sys/devices/platform/{device}");
    files.write(&format!("{place}/uevent"), "\n");
    for (name, text) in texts {
        files.write(&format!("sys/class/hwmon/{hwmon}/{name}"), text);
    }
    let link = files.root().join("sys/class/hwmon").join(hwmon).join("device");
    symlink(files.root().join(place), link).unwrap();
}

fn read(bench: &mut Bench, files: &Files, at_ns: u64) -> Result<State, Reason> {
    let state = bench.read_at(at_ns);
    Crew::below(files.root()).unwrap().wait_until_waiting(SENSOR.name, 0);
    state
}

#[test]
fn channels_have_node_exporters_names_and_the_kernels_units() {
    let files = Files::with(&[]);
    let texts = [
        ("name", "nct6775\n"),
        ("temp1_input", "41500\n"),
        ("temp1_label", "CPU \"fan\"\n"),
        ("temp1_crit", "100000\n"),
        ("in0_input", "904\n"),
        ("fan1_input", "1180\n"),
        ("pwm1", "128\n"),
        ("pwm1_enable", "5\n"),
        ("power1_average", "12500000\n"),
        ("energy1_input", "987654321\n"),
        ("humidity1_input", "45500\n"),
        ("temp2_input", "nan\n"),
        ("temp1_type", "4\n"),
    ];
    chip(&files, "hwmon3", "nct6775.656", &texts);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    assert_eq!(read(&mut bench, &files, 0), Ok(State::Steady));
    files.write("sys/class/hwmon/hwmon3/temp1_crit", "1\n");
    files.write("sys/class/hwmon/hwmon3/temp1_input", "-500\n");
    assert_eq!(read(&mut bench, &files, SECOND_NS), Ok(State::Steady));
    assert_eq!(read(&mut bench, &files, 2 * SECOND_NS), Ok(State::Steady));
    let value = |metric: &str, sensor: &str| {
        bench.value(metric, &[("chip", "platform_nct6775_656"), ("sensor", sensor)])
    };
    assert_eq!(value("node_hwmon_temp_celsius", "temp1"), Some(Ok(-500)));
    assert_eq!(value("node_hwmon_temp_crit_celsius", "temp1"), Some(Ok(100_000)), "limits are read once");
    assert_eq!(value("node_hwmon_temp_celsius", "temp2"), Some(Err(Reason::OutOfRange)));
    assert_eq!(value("node_hwmon_in_volts", "in0"), Some(Ok(904)));
    assert_eq!(value("node_hwmon_fan_rpm", "fan1"), Some(Ok(1180)));
    assert_eq!(
        (value("node_hwmon_pwm", "pwm1"), value("node_hwmon_pwm_enable", "pwm1")),
        (Some(Ok(128)), Some(Ok(5)))
    );
    assert_eq!(value("node_hwmon_power_average_watt", "power1"), Some(Ok(12_500_000)));
    assert_eq!(value("node_hwmon_energy_joule_total", "energy1"), Some(Ok(987_654_321)));
    assert_eq!(value("node_hwmon_humidity", "humidity1"), Some(Ok(45_500)));
    let label =
        "node_hwmon_sensor_label{chip=\"platform_nct6775_656\",sensor=\"temp1\",label=\"CPU \\\"fan\\\"\"}";
    assert!(bench.list().iter().any(|series| series == label), "{:?}", bench.list());
    let name = [("chip", "platform_nct6775_656"), ("chip_name", "nct6775")];
    assert_eq!(bench.value("node_hwmon_chip_names", &name), Some(Ok(1)));
    assert_eq!(bench.sources().len(), 7, "one for each kind: {:?}", bench.sources());
}

#[test]
fn every_attribute_of_the_driver_has_a_metric() {
    for def in hwmon::ATTRIBUTES {
        assert!(metric(def).is_some(), "{def:?}");
    }
}

#[test]
fn drives_are_left_to_the_drives_sensor_and_not_touched() {
    let files = Files::with(&[]);
    chip(&files, "hwmon0", "disk", &[("name", "nvme\n"), ("temp1_input", "30000\n")]);
    chip(&files, "hwmon1", "cpu", &[("name", "coretemp\n"), ("temp1_input", "40000\n")]);
    let bench = Bench::arm(&SENSOR, files.root()).unwrap();
    assert!(bench.list().iter().all(|series| !series.contains("platform_disk")), "{:?}", bench.list());
    let spare = bench.sources().iter().find(|source| source.name == "platform_disk");
    assert!(spare.is_some_and(|source| format!("{source:?}").contains("command to the drive")));
}

#[test]
fn a_chip_that_comes_asks_for_arming() {
    let files = Files::with(&[]);
    chip(&files, "hwmon0", "one", &[("name", "one\n"), ("temp1_input", "40000\n")]);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    assert_eq!(read(&mut bench, &files, 0), Ok(State::Steady));
    chip(&files, "hwmon1", "two", &[("name", "two\n"), ("temp1_input", "40000\n")]);
    assert_eq!(read(&mut bench, &files, SECOND_NS), Ok(State::Steady), "it is not looked for at every read");
    assert!(
        read(&mut bench, &files, 11 * SECOND_NS).is_ok(),
        "this asks, and the answer may be there at once"
    );
    assert_eq!(read(&mut bench, &files, 12 * SECOND_NS), Ok(State::Changed));
}

#[test]
fn a_box_without_chips_says_what_to_do() {
    let absent = Bench::arm(&SENSOR, Files::with(&[]).root()).err().unwrap();
    assert_eq!(absent.reason, Reason::Absent);
    assert!(absent.fix.contains("sensors-detect"));
}

#[test]
fn a_graphics_card_that_sleeps_is_left_asleep() {
    let files = Files::with(&[("sys/devices/platform/card/power/runtime_status", "suspended\n")]);
    chip(&files, "hwmon0", "card", &[("name", "amdgpu\n"), ("power1_average", "9000000\n")]);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    let value = |bench: &Bench| {
        bench.value("node_hwmon_power_average_watt", &[("chip", "platform_card"), ("sensor", "power1")])
    };
    (0..2).for_each(|second| assert!(read(&mut bench, &files, second * SECOND_NS).is_ok()));
    assert_eq!(value(&bench), Some(Err(Reason::NotCounted)));
    files.write("sys/devices/platform/card/power/runtime_status", "active\n");
    (2..4).for_each(|second| assert!(read(&mut bench, &files, second * SECOND_NS).is_ok()));
    assert_eq!(value(&bench), Some(Ok(9_000_000)));
}

#[test]
fn every_attribute_that_the_driver_takes_has_a_metric() {
    for def in hwmon::ATTRIBUTES {
        assert!(metric(def).is_some(), "{def:?}");
    }
}

#[test]
fn flags_of_single_limits_extremes_and_frequencies_have_node_exporters_names() {
    let files = Files::with(&[]);
    let texts = [
        ("name", "ltc2945\n"),
        ("temp1_max_alarm", "1\n"),
        ("temp1_emergency_alarm", "0\n"),
        ("temp1_highest", "61500\n"),
        ("in1_min_alarm", "1\n"),
        ("in1_lowest", "11800\n"),
        ("curr1_lcrit", "100\n"),
        ("curr1_highest", "2500\n"),
        ("fan1_min_alarm", "1\n"),
        ("power1_input_highest", "30000000\n"),
        ("freq1_input", "1500000000\n"),
    ];
    chip(&files, "hwmon0", "ltc2945.1", &texts);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    read(&mut bench, &files, 0).unwrap();
    read(&mut bench, &files, SECOND_NS).unwrap();
    for (metric, sensor, value) in [
        ("node_hwmon_temp_max_alarm_celsius", "temp1", 1),
        ("node_hwmon_temp_emergency_alarm_celsius", "temp1", 0),
        ("node_hwmon_temp_highest_celsius", "temp1", 61_500),
        ("node_hwmon_in_min_alarm_volts", "in1", 1),
        ("node_hwmon_in_lowest_volts", "in1", 11_800),
        ("node_hwmon_curr_lcrit_amps", "curr1", 100),
        ("node_hwmon_curr_highest_amps", "curr1", 2_500),
        ("node_hwmon_fan_min_alarm", "fan1", 1),
        ("node_hwmon_power_input_highest_watt", "power1", 30_000_000),
        ("node_hwmon_freq_freq_mhz", "freq1", 1_500_000_000),
    ] {
        let labels = [("chip", "platform_ltc2945_1"), ("sensor", sensor)];
        assert_eq!(bench.value(metric, &labels), Some(Ok(value)), "{metric}");
    }
    // Once a round has been made, a chip's line says what asking it took.
    let again = Bench::arm(&SENSOR, files.root()).unwrap();
    let told = format!("{:?}", again.sources());
    assert!(told.contains(" ms a poll"), "{told}");
}
