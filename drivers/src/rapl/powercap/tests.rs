use super::*;
use std::fs;
use std::path::PathBuf;

/// Zones below a directory of one test's own, removed at its end.
struct Tree(PathBuf);

impl Tree {
    fn new(test: &str, zones: &[(&str, &str, &str, &str)]) -> Self {
        let tree = Self(std::env::temp_dir().join(format!("hearth-powercap-{}-{test}", std::process::id())));
        fs::create_dir_all(tree.0.join(PATH).join("intel-rapl")).unwrap();
        for (directory, name, energy_uj, range_uj) in zones {
            tree.write(&format!("{directory}/name"), &format!("{name}\n"));
            tree.write(&format!("{directory}/energy_uj"), energy_uj);
            tree.write(&format!("{directory}/max_energy_range_uj"), range_uj);
        }
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(PATH).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn found(&self) -> Vec<(String, String, u64)> {
        let row = |mut found: Found| {
            let raw = found.registers[0].read().unwrap();
            (found.key.to_string(), found.counting.unit.to_string(), raw)
        };
        find(&self.0).found.into_iter().map(row).collect()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

const ESU14_RANGE: &str = "262143328850\n";

#[test]
fn a_servers_zones_are_matched_by_name_and_place_and_counted_in_the_units_behind_their_ranges() {
    let zones = [
        ("intel-rapl:1", "package-1", "61035\n", ESU14_RANGE),
        ("intel-rapl:0", "package-0", "61\n", ESU14_RANGE),
        ("intel-rapl:0:0", "dram", "30\n", "65712999613\n"),
        ("intel-rapl:1:0", "dram", "15\n", "65712999613\n"),
        ("intel-rapl:2", "psys", "5000000\n", "4294967295000000\n"),
    ];
    let tree = Tree::new("server", &zones);
    let wanted = [
        ("package-0", "61.035156 µJ", 1),
        ("package-1", "61.035156 µJ", 1000),
        ("psys-0", "1000000 µJ", 5),
        ("dram-0", "15.3 µJ", 2),
        ("dram-1", "15.3 µJ", 1),
    ];
    assert_eq!(tree.found(), wanted.map(|(key, unit, raw)| (key.to_owned(), unit.to_owned(), raw)));
}

#[test]
fn dies_have_their_own_parts_and_a_second_road_to_a_package_is_spared() {
    let zones = [
        ("intel-rapl-mmio:0", "package-0", "9\n", ESU14_RANGE),
        ("intel-rapl:0", "package-0", "7\n", ESU14_RANGE),
        ("intel-rapl:1", "package-1-die-1", "7\n", ESU14_RANGE),
        ("intel-rapl:1:1", "core", "7\n", ESU14_RANGE),
        ("intel-rapl:3", "mystery", "7\n", ESU14_RANGE),
    ];
    let tree = Tree::new("dies", &zones);
    let keys: Vec<String> = tree.found().into_iter().map(|(key, ..)| key).collect();
    assert_eq!(keys, ["package-0", "package-1-die-1", "core-1-die-1"]);
    let spares = find(&tree.0).spares;
    assert_eq!(spares[0].1, "unknown kind of zone: \"mystery\"");
    assert_eq!(spares[1].0, "intel-rapl-mmio:0");
    assert!(spares[1].1.contains("intel-rapl:0"), "{}", spares[1].1);
}

#[test]
fn what_no_driver_writes_is_named_and_the_other_zones_go_on() {
    for (energy_uj, range_uj) in [
        ("NaN\n", ESU14_RANGE),
        ("-5\n", ESU14_RANGE),
        ("", ESU14_RANGE),
        ("12", ESU14_RANGE),
        ("262143400000\n", ESU14_RANGE),
        ("1\n", "0\n"),
        ("1\n", "inf\n"),
        ("1\n", "99999999999999999999\n"),
    ] {
        let zones = [
            ("intel-rapl:0", "package-0", energy_uj, range_uj),
            ("intel-rapl:1", "package-1", "1\n", ESU14_RANGE),
        ];
        let tree = Tree::new("malformed", &zones);
        let finds = find(&tree.0);
        assert_eq!(finds.found.len(), 1, "{energy_uj:?} of {range_uj:?}");
        assert_eq!((finds.lacks.len(), finds.lacks[0].cause), (1, Cause::Malformed), "{:?}", finds.lacks);
        assert!(finds.lacks[0].name.starts_with("package-0"), "{:?}", finds.lacks);
    }
}

#[test]
fn a_range_that_no_unit_makes_counts_in_microjoules() {
    let tree = Tree::new("odd", &[("other-rapl:0", "package-0", "1000\n", "1000\n")]);
    assert_eq!(tree.found(), [("package-0".to_owned(), "1 µJ".to_owned(), 1000)]);
    let mut finds = find(&tree.0);
    assert_eq!(finds.found[0].counting.range, Range::Below(1001));
    assert!(finds.found[0].how.contains("no unit fits"), "{}", finds.found[0].how);
    tree.write("other-rapl:0/energy_uj", "1001\n");
    assert!(finds.found[0].registers[0].read().is_err(), "beyond its own range");
}

#[test]
fn without_zones_the_place_that_was_looked_at_is_named() {
    let tree = Tree::new("none", &[]);
    let finds = find(&tree.0);
    assert_eq!(finds.lacks[0].cause, Cause::Absent);
    assert!(finds.lacks[0].what.contains("/sys/class/powercap"), "{:?}", finds.lacks);
    assert_eq!(find(Path::new("/nowhere")).lacks[0].cause, Cause::Absent);
}

#[test]
fn the_unit_is_the_one_that_makes_the_range() {
    assert_eq!(unit_nj(262_143_328_850), Some(61_035));
    assert_eq!(unit_nj(65_532_610_987), Some(15_258));
    assert_eq!(unit_nj(65_712_999_613), Some(15_300));
    assert_eq!(unit_nj(4_294_967_295_000_000), Some(1_000_000_000));
    assert_eq!(unit_nj(262_143_328_851), None);
    assert_eq!((unit_nj(0), unit_nj(u64::MAX)), (None, None));
}

#[test]
fn a_turbos_peak_is_twice_its_limit_and_a_register_of_ones_is_no_limit() {
    let tree = Tree::new("limit", &[("intel-rapl:0", "package-0", "1\n", ESU14_RANGE)]);
    for (limit_uw, watts) in [("125000000\n", 1000), ("700000000\n", 1400), ("18446744073709551615\n", 1000)]
    {
        tree.write("intel-rapl:0/constraint_0_max_power_uw", limit_uw);
        assert_eq!(find(&tree.0).found[0].counting.power_max_w, watts);
    }
}
