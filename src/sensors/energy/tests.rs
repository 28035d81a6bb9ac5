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
        put(&files, second * watts << 14, second << 14);
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
