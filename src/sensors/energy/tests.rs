use super::*;
use crate::sensors::testing::Files;
use hearth_hot::testing::Bench;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;
const RANGE: &str = "262143328850\n";

/// One package of a client with its cores: ticks of 2^-14 J.
fn client() -> Files {
    let files = Files::with(&[
        ("sys/class/powercap/intel-rapl:0/name", "package-0\n"),
        ("sys/class/powercap/intel-rapl:0/max_energy_range_uj", RANGE),
        ("sys/class/powercap/intel-rapl:0:0/name", "core\n"),
        ("sys/class/powercap/intel-rapl:0:0/max_energy_range_uj", RANGE),
    ]);
    put(&files, 0, 0);
    files
}

fn put(files: &Files, package_ticks: u64, core_ticks: u64) {
    for (zone, ticks) in [("intel-rapl:0", package_ticks), ("intel-rapl:0:0", core_ticks)] {
        let text = format!("{}\n", (ticks & 0xffff_ffff) * 61_035 / 1000);
        files.write(&format!("sys/class/powercap/{zone}/energy_uj"), &text);
    }
}

fn energy(bench: &Bench, domain: &str) -> Option<Reading> {
    let labels = [("domain", domain), ("package", "0"), ("source", "powercap")];
    bench.value("hearth_energy_joules_total", &labels)
}

fn gaps(bench: &Bench) -> Option<Reading> {
    let labels = [("domain", "package"), ("package", "0"), ("source", "powercap")];
    bench.value("hearth_energy_uncertain_intervals_total", &labels)
}

fn power(bench: &Bench, domain: &str) -> Option<Reading> {
    bench.value("hearth_power_watts", &[("domain", domain), ("package", "0")])
}

#[test]
fn energy_is_exact_in_microjoules_over_wraps_and_power_waits_for_its_window() {
    let files = client();
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    let watts = 1000;
    for second in 0..600 {
        put(&files, (second * watts) << 14, second << 14);
        assert_eq!(bench.read_at(second * SECOND), Ok(State::Steady));
    }
    // 599 kJ: two wraps of 262144 J, not a microjoule off.
    assert_eq!(energy(&bench, "package"), Some(Ok(599_000_000_000)));
    assert_eq!(energy(&bench, "core"), Some(Ok(599_000_000)));
    assert_eq!(power(&bench, "package"), Some(Ok(1_000_000_000)));
    let uncertainty = bench.value("hearth_power_uncertainty_watts", &[("domain", "core"), ("package", "0")]);
    assert_eq!(uncertainty, Some(Ok(1000 + 62)), "an update of 1 ms in 1 s, and a tick");
    assert_eq!(gaps(&bench), Some(Ok(0)));
}

#[test]
fn zones_go_on_from_where_node_exporter_sees_them_and_do_not_wrap() {
    let files = client();
    put(&files, 0xffff_c000, 0);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    bench.read_at(0).unwrap();
    put(&files, 0x1_0000_4000, 0);
    bench.read_at(SECOND).unwrap();
    let labels = [("index", "0"), ("path", "/sys/class/powercap/intel-rapl:0")];
    assert_eq!(bench.value("node_rapl_package_joules_total", &labels), Some(Ok(262_145_000_000)));
    assert_eq!(energy(&bench, "package"), Some(Ok(2_000_000)));
    let core = [("index", "0"), ("path", "/sys/class/powercap/intel-rapl:0:0")];
    assert_eq!(bench.value("node_rapl_core_joules_total", &core), Some(Ok(0)));
}

#[test]
fn sleep_a_long_gap_and_a_counter_that_went_back_are_uncertain_once_each_and_add_nothing() {
    let files = client();
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    put(&files, 1 << 20, 0);
    bench.read_at(0).unwrap();
    bench.sleep(3600 * SECOND);
    put(&files, 1 << 21, 0);
    bench.read_at(SECOND).unwrap();
    assert_eq!((energy(&bench, "package"), gaps(&bench)), (Some(Err(Reason::Uncertain)), Some(Ok(1))));
    assert_eq!(power(&bench, "package"), Some(Err(Reason::Uncertain)));
    bench.read_at(2 * SECOND).unwrap();
    assert_eq!((energy(&bench, "package"), gaps(&bench)), (Some(Ok(0)), Some(Ok(1))));
    bench.read_at(300 * SECOND).unwrap();
    assert_eq!((energy(&bench, "package"), gaps(&bench)), (Some(Err(Reason::Uncertain)), Some(Ok(2))));
    put(&files, 7, 0);
    bench.read_at(301 * SECOND).unwrap();
    assert_eq!((energy(&bench, "package"), gaps(&bench)), (Some(Err(Reason::Uncertain)), Some(Ok(3))));
    put(&files, 7 + (1 << 14), 0);
    bench.read_at(302 * SECOND).unwrap();
    assert_eq!((energy(&bench, "package"), gaps(&bench)), (Some(Ok(1_000_000)), Some(Ok(3))));
    put(&files, 7 + (3 << 14), 0);
    bench.read_at(303 * SECOND).unwrap();
    assert_eq!(power(&bench, "package"), Some(Ok(2_000_000)));
}

#[test]
fn a_counter_that_stands_still_is_not_counted_rather_than_zero_watts() {
    let files = client();
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    // The package draws 100 W, its cores show nothing; then the package freezes too.
    for second in 0..=5 {
        put(&files, (second * 100) << 14, 0);
        bench.read_at(second * SECOND).unwrap();
    }
    assert_eq!(energy(&bench, "core"), Some(Ok(0)), "500 J are no proof yet");
    put(&files, 600 << 14, 0);
    bench.read_at(6 * SECOND).unwrap();
    bench.read_at(7 * SECOND).unwrap();
    assert_eq!(energy(&bench, "core"), Some(Err(Reason::NotCounted)));
    assert_eq!(power(&bench, "core"), Some(Err(Reason::NotCounted)));
    assert_eq!(energy(&bench, "package"), Some(Ok(600_000_000)));
    bench.read_at(12 * SECOND).unwrap();
    assert_eq!(power(&bench, "package"), Some(Err(Reason::NotCounted)));
    // It comes to itself, and what it had counted meanwhile is not lost.
    put(&files, 1200 << 14, 1 << 14);
    bench.read_at(13 * SECOND).unwrap();
    assert_eq!(energy(&bench, "package"), Some(Ok(1_200_000_000)));
    assert_eq!(energy(&bench, "core"), Some(Ok(1_000_000)));
    assert_eq!(gaps(&bench), Some(Ok(0)));
}

#[test]
fn a_counter_with_a_value_that_is_none_fails_alone_and_loses_nothing() {
    let files = client();
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    bench.read_at(0).unwrap();
    for (second, text) in (1..).zip(["NaN\n", "-1\n", "", "1", "262143999999\n", "18446744073709551616\n"]) {
        put(&files, 0, second << 14);
        files.write("sys/class/powercap/intel-rapl:0/energy_uj", text);
        assert_eq!(bench.read_at(second * SECOND), Ok(State::Steady));
        assert!(
            matches!(energy(&bench, "package"), Some(Err(Reason::OutOfRange | Reason::IoError))),
            "{text:?}"
        );
        assert!(matches!(power(&bench, "package"), Some(Err(_))));
        assert_eq!(energy(&bench, "core").unwrap(), Ok(i64::try_from(second * 1_000_000).unwrap()));
    }
    put(&files, 50 << 14, 7 << 14);
    bench.read_at(7 * SECOND).unwrap();
    assert_eq!((energy(&bench, "package"), gaps(&bench)), (Some(Ok(50_000_000)), Some(Ok(0))));
}

#[test]
fn arming_anew_keeps_the_totals_and_a_lost_zone_is_gone_until_it_comes_again() {
    let files = client();
    let (root, config) = (files.root().to_owned(), Bench::config());
    let mut bench = Bench::arm(&SENSOR, &root).unwrap();
    bench.read_at(0).unwrap();
    put(&files, 1 << 14, 1 << 14);
    bench.read_at(SECOND).unwrap();
    // The driver is unloaded: arming again finds nothing, and says that these were there.
    std::fs::rename(root.join("sys"), root.join("away")).unwrap();
    bench.rearm(&SENSOR, &root, &config).unwrap();
    assert_eq!(bench.read_at(2 * SECOND), Ok(State::Steady));
    assert_eq!(energy(&bench, "package"), Some(Err(Reason::Gone)));
    assert_eq!(bench.read_at(12 * SECOND), Ok(State::Changed), "it looks again after ten seconds");
    // The hardware has counted on meanwhile.
    std::fs::rename(root.join("away"), root.join("sys")).unwrap();
    put(&files, 30 << 14, 3 << 14);
    bench.rearm(&SENSOR, &root, &config).unwrap();
    assert_eq!(bench.read_at(20 * SECOND), Ok(State::Steady));
    assert_eq!(
        (energy(&bench, "package"), energy(&bench, "core")),
        (Some(Ok(30_000_000)), Some(Ok(3_000_000)))
    );
    assert_eq!(gaps(&bench), Some(Ok(0)));
    assert_eq!(bench.read_at(40 * SECOND), Ok(State::Steady), "all are there again");
}

/// What the sensor says of its sources, as `name: outcome`.
fn told(files: &Files) -> Vec<String> {
    use hearth_hot::source::SourceOutcome;
    let sources = Bench::sources_of(&SENSOR, files.root(), &Bench::config());
    let tell = |source: hearth_hot::source::Source| match source.outcome {
        SourceOutcome::Used { unit, how } => format!("{}: {unit} by {how}", source.name),
        SourceOutcome::Spare { why } => format!("{}: spare: {why}", source.name),
        SourceOutcome::Absent(absent) => format!("{}: {}; {}", source.name, absent.what, absent.fix),
    };
    sources.into_iter().map(tell).collect()
}

/// The description of an Intel client with four threads on two cores.
fn describe(files: &Files, flags: &str) {
    let text = format!(
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 158\nflags\t\t: {flags}\n\n"
    );
    files.write("proc/cpuinfo", &text);
    files.write("sys/devices/system/cpu/online", "0-3\n");
    for cpu in 0..4 {
        let topology = format!("sys/devices/system/cpu/cpu{cpu}/topology");
        files.write(&format!("{topology}/physical_package_id"), "0\n");
        files.write(&format!("{topology}/core_id"), &format!("{}\n", cpu % 2));
    }
}

#[test]
fn each_source_says_what_became_of_it() {
    let files = client();
    describe(&files, "fpu");
    for (name, text) in [("name", "package-0\n"), ("energy_uj", "7\n"), ("max_energy_range_uj", RANGE)] {
        files.write(&format!("sys/class/powercap/intel-rapl-mmio:0/{name}"), text);
    }
    let told = told(&files);
    let has = |start: &str, words: &str| {
        assert!(
            told.iter().any(|line| line.starts_with(start) && line.contains(words)),
            "{start}: {told:#?}"
        );
    };
    has("package-0: µJ by powercap intel-rapl:0", "ticks of 61.035156 µJ, range 262143 J");
    has("core-0: µJ by powercap intel-rapl:0:0", "");
    has("intel-rapl-mmio:0: spare", "the same package-0 as /sys/class/powercap/intel-rapl:0");
    has("power PMU: ", "modprobe rapl");
    has("msr of package 0: cannot open /dev/cpu/0/msr", "modprobe msr");
    has("energy filtering: ", "modprobe msr");
}

#[test]
fn a_machine_without_counters_is_absent_with_the_fix_for_its_kind() {
    let files = Files::with(&[]);
    describe(&files, "fpu hypervisor");
    let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
    assert_eq!(absent.reason, Reason::Absent);
    assert!(absent.fix.contains("virtual machine"), "{absent:?}");
    describe(&files, "fpu");
    let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
    assert!(absent.fix.contains("modprobe"), "{absent:?}");
    let absent = Bench::arm(&SENSOR, Files::with(&[]).root()).err().unwrap();
    assert!(absent.what.contains("known of this processor") && absent.fix.contains("hwmon"), "{absent:?}");
}

#[test]
fn the_owner_may_choose_the_road() {
    let files = client();
    describe(&files, "fpu");
    let mut registers = vec![0_u8; 0x700];
    registers[0x606..0x60e].copy_from_slice(&0xa_0e03_u64.to_le_bytes());
    registers[0x611..0x619].copy_from_slice(&5_u64.to_le_bytes());
    let path = files.root().join("dev/cpu/0/msr");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, &registers).unwrap();
    let mut config = Bench::config();
    config.energy.source = hearth_hot::contract::EnergySource::Msr;
    let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
    bench.read_at(0).unwrap();
    registers[0x611..0x619].copy_from_slice(&(5 + (2_u64 << 14)).to_le_bytes());
    std::fs::write(&path, &registers).unwrap();
    bench.read_at(SECOND).unwrap();
    let labels = [("domain", "package"), ("package", "0"), ("source", "msr")];
    assert_eq!(bench.value("hearth_energy_joules_total", &labels), Some(Ok(2_000_000)));
    assert_eq!(bench.value("hearth_energy_filtering", &[]), Some(Ok(0)), "its capabilities read 0");
    // Left to itself, Hearth takes the zones and says how the registers compare.
    let told = told(&files);
    assert!(
        told.iter()
            .any(|line| line.contains("package-0 by msr: spare: powercap is preferred, but they DISAGREE"))
    );
    bench.rearm(&SENSOR, files.root(), &Bench::config()).unwrap();
    assert_eq!(
        bench.series().iter().filter(|key| key.labels.iter().any(|label| &**label == "msr")).count(),
        0
    );
}

#[test]
fn what_exceeds_the_counters_of_a_tick_is_read_once_a_second() {
    let files = Files::with(&[]);
    for package in 0..9 {
        for (name, text) in [
            ("name", format!("package-{package}\n")),
            ("max_energy_range_uj", RANGE.to_owned()),
            ("energy_uj", "0\n".to_owned()),
        ] {
            files.write(&format!("sys/class/powercap/intel-rapl:{package}/{name}"), &text);
        }
    }
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    bench.read_at(0).unwrap();
    for package in 0..9 {
        files.write(&format!("sys/class/powercap/intel-rapl:{package}/energy_uj"), "1000000\n");
    }
    let energy = |bench: &Bench, package: &str| {
        let labels = [("domain", "package"), ("package", package), ("source", "powercap")];
        bench.value("hearth_energy_joules_total", &labels).unwrap()
    };
    bench.read_at(SECOND - MS).unwrap();
    assert!(energy(&bench, "7").unwrap() > 999_000);
    assert_eq!(energy(&bench, "8"), Ok(0));
    bench.read_at(SECOND).unwrap();
    assert!(energy(&bench, "8").unwrap() > 999_000);
}
