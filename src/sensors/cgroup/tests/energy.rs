//! Who used the energy, on a machine whose one package counts in powercap.

use super::*;

/// One package; a tick is 2^-14 J, which the kernel takes for 61035 nJ.
fn machine_with_energy() -> Files {
    let files = machine();
    files.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
    files.write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n");
    joules(&files, 0);
    files
}

fn joules(files: &Files, joules: u64) {
    let text = format!("{}\n", ((joules << 14) & 0xffff_ffff) * 61_035 / 1000);
    files.write("sys/class/powercap/intel-rapl:0/energy_uj", &text);
}

fn total(bench: &Bench, part: &str) -> i64 {
    bench.value(&format!("hearth_{part}_energy_joules_total"), &[]).unwrap().unwrap()
}

fn group(bench: &Bench, group: &str) -> i64 {
    of(bench, "hearth_cgroup_energy_joules_total", group, &[]).unwrap().unwrap()
}

fn demand_sum(bench: &Bench, groups: &[&str]) {
    let parts: i64 = groups.iter().map(|name| group(bench, name)).sum();
    let rest: i64 = ["gone_cgroups", "idle", "unattributed"].iter().map(|part| total(bench, part)).sum();
    assert_eq!(parts + rest, total(bench, "attributed"));
}

/// Ten seconds of an idle machine that draws 6 W, from `second` on.
fn idle(files: &Files, bench: &mut Bench, second: u64, from_joules: u64) {
    for step in 0..=10 {
        joules(files, from_joules + 6 * step);
        bench.read_at((second + step) * SECOND).unwrap();
    }
}

#[test]
fn a_service_has_the_joules_of_its_cpu_time_above_the_idle_floor() {
    let files = machine_with_energy();
    for (path, usage_us) in [("s", 500), ("s/db", 300), ("s/web", 100)] {
        used(&files, path, usage_us);
    }
    count(&files, 3);
    let config = with(|config| {
        config.energy.tariff = Tariff::parse("0.36");
        config.energy.currency = "EUR".to_owned();
    });
    let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
    let groups = ["/s", "/s/db", "/s/web"];
    idle(&files, &mut bench, 0, 0);
    demand_sum(&bench, &groups);
    assert_eq!(bench.value("hearth_idle_power_watts", &[]), Some(Ok(6_000_000)));
    let before = total(&bench, "unattributed");
    // A second at 16 W: of a whole second of CPU time, half is the slice's, of that 300 and 100 ms of its services.
    used(&files, "", 1_000_000);
    for (path, usage_us) in [("s", 500_500), ("s/db", 300_300), ("s/web", 100_100)] {
        used(&files, path, usage_us);
    }
    joules(&files, 60 + 16);
    bench.read_at(11 * SECOND).unwrap();
    demand_sum(&bench, &groups);
    let shares = groups.map(|name| group(&bench, name));
    assert_eq!(shares, [1_000_000, 3_000_000, 1_000_000]);
    assert_eq!(total(&bench, "unattributed") - before, 5_000_000);
    assert_eq!(of(&bench, "hearth_cgroup_power_watts", "/s/db", &[]), Some(Ok(3_000_000)));
    let cost = of(&bench, "hearth_cgroup_energy_cost_total", "/s/db", &[("currency", "EUR")]);
    assert_eq!(cost, Some(Ok(300)), "3 J at 0.36 a kilowatt-hour, in thousand-millionths");
}

#[test]
fn joules_stay_with_a_group_when_others_come_and_the_sensor_is_armed_anew() {
    let files = machine_with_energy();
    for path in ["a", "b"] {
        used(&files, path, 0);
    }
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    bench.read_at(0).unwrap();
    used(&files, "", 500_000);
    used(&files, "a", 300_000);
    used(&files, "b", 200_000);
    joules(&files, 10);
    bench.read_at(SECOND).unwrap();
    assert_eq!((group(&bench, "/a"), group(&bench, "/b")), (3_000_000, 2_000_000));
    // One goes, one comes; a name that is used again is another group.
    fs::remove_dir_all(files.root().join(TREE).join("b")).unwrap();
    used(&files, "c", 100_000);
    let mut after = Bench::arm(&SENSOR, files.root()).unwrap();
    used(&files, "", 1_000_000);
    used(&files, "a", 600_000);
    joules(&files, 20);
    after.read_at(2 * SECOND).unwrap();
    demand_sum(&after, &["/a", "/c"]);
    assert_eq!((group(&after, "/a"), total(&after, "gone_cgroups")), (6_000_000, 2_000_000));
    assert_eq!(group(&after, "/c"), 0, "what it used before it was followed is not of this interval");
    assert_eq!(total(&after, "attributed"), 20_000_000, "nothing is lost between two armings");
    drop(bench);
}

#[test]
fn a_counter_that_fails_for_a_while_loses_nothing() {
    let files = machine_with_energy();
    used(&files, "a", 0);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    bench.read_at(0).unwrap();
    files.write("sys/class/powercap/intel-rapl:0/energy_uj", "NaN\n");
    used(&files, "", 100_000);
    used(&files, "a", 100_000);
    bench.read_at(SECOND).unwrap();
    let value = of(&bench, "hearth_cgroup_energy_joules_total", "/a", &[]);
    assert_eq!(value, Some(Err(Reason::OutOfRange)));
    let cpu = of(&bench, "hearth_cgroup_cpu_seconds_total", "/a", &[("mode", "user")]);
    assert_eq!(cpu, Some(Ok(100_000)), "everything else goes on");
    joules(&files, 20);
    bench.read_at(2 * SECOND).unwrap();
    // 0.1 s of two seconds of one CPU.
    assert_eq!((group(&bench, "/a"), total(&bench, "attributed")), (1_000_000, 20_000_000));
    demand_sum(&bench, &["/a"]);
}

#[test]
fn in_a_container_energy_is_not_divided_by_a_part_of_the_cpu_time() {
    let files = machine_with_energy();
    put(&files, "", "cgroup.events", "populated 1\nfrozen 0\n");
    let bench = Bench::arm(&SENSOR, files.root()).unwrap();
    let told = bench.sources().iter().find(|source| source.name == "energy of groups").unwrap();
    assert!(matches!(&told.outcome, SourceOutcome::Absent(absent) if absent.what.contains("container")));
    assert_eq!(bench.value("hearth_attributed_energy_joules_total", &[]), None);
}
