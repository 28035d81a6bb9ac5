use super::*;
use std::fs;
use std::os::unix::fs::FileExt;

/// A tree with one package and its memory, 61 µJ a tick.
fn tree(package_uj: u64, dram_uj: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let zones = [("intel-rapl:0", "package-0", package_uj), ("intel-rapl:0:0", "dram", dram_uj)];
    for (zone, name, energy_uj) in zones {
        let at = dir.path().join("sys/class/powercap").join(zone);
        fs::create_dir_all(&at).unwrap();
        fs::write(at.join("name"), format!("{name}\n")).unwrap();
        fs::write(at.join("max_energy_range_uj"), "262143328850\n").unwrap();
        fs::write(at.join("energy_uj"), format!("{energy_uj:012}\n")).unwrap();
    }
    dir
}

/// Writes in place, so that no reader finds half a number; always as many digits.
fn set(dir: &tempfile::TempDir, energy_uj: u64) {
    let at = dir.path().join("sys/class/powercap/intel-rapl:0/energy_uj");
    let file = fs::File::options().write(true).open(at).unwrap();
    file.write_all_at(format!("{energy_uj:012}\n").as_bytes(), 0).unwrap();
}

#[test]
fn totals_begin_with_the_first_reading_and_a_wrap_loses_nothing() {
    let dir = tree(262_143_000_000, 5_000_000);
    let mut meters = Meters::open(dir.path()).unwrap();
    let names: Vec<String> = meters.facts().into_iter().map(|facts| facts.name).collect();
    assert_eq!(names[0], "package-0");
    let clock = SystemClock::new().unwrap();
    let first = meters.read(&clock);
    // 328 850 µJ to the range's end and a tick beyond, then another million.
    set(&dir, 1_000_000);
    let second = meters.read(&clock);
    let joules = between(&first, &second, second.at_ns - first.at_ns);
    let package = joules[0].unwrap();
    assert!((package - 1.328_9).abs() < 0.000_3, "{package}");
    assert_eq!(joules.last().unwrap(), &Some(0.0));
}

#[test]
fn an_edge_is_where_the_counter_has_moved_or_where_patience_ends() {
    let dir = tree(1_000_000, 0);
    let mut meters = Meters::open(dir.path()).unwrap();
    let clock = SystemClock::new().unwrap();
    let begun_ns = clock.monotonic_ns();
    let still = meters.read_at_edge(&clock);
    assert!(
        clock.monotonic_ns() - begun_ns >= 3_000_000,
        "it waits for what does not come, but not for ever"
    );
    assert!(still.leader_ns >= 1_500_000, "and does not pretend that it came: {still:?}");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (2..200).for_each(|step| set(&dir, step * 1_000_000)));
        let moved = meters.read_at_edge(&clock);
        writer.join().unwrap();
        assert!(moved.totals.at_ns > still.totals.at_ns, "{moved:?} {still:?}");
    });
    let last = meters.read(&clock);
    assert!(last.totals_uj[0] > still.totals.totals_uj[0], "{last:?} {still:?}");
}

#[test]
fn what_lies_outside_the_run_is_not_charged() {
    let at = |at_ns, total_uj| Totals { at_ns, totals_uj: vec![Some(total_uj), None] };
    assert_eq!(between(&at(0, 0), &at(1_000_000_000, 10_000_000), 900_000_000), [Some(9.0), None]);
    assert_eq!(between(&at(0, 5), &at(10, 4), 10), [None, None], "less than before is no energy");
}

#[test]
fn a_failed_read_spoils_its_run_and_not_the_next() {
    let dir = tree(1_000_000, 0);
    let mut meters = Meters::open(dir.path()).unwrap();
    let clock = SystemClock::new().unwrap();
    let first = meters.read(&clock);
    let at = dir.path().join("sys/class/powercap/intel-rapl:0/energy_uj");
    fs::write(&at, "not a number\n").unwrap();
    assert_eq!(meters.read(&clock).totals_uj[0], None);
    set(&dir, 2_000_000);
    assert_eq!(meters.read(&clock).totals_uj[0], None, "an interval with a hole in it is not known");
    meters.begin(&clock);
    assert!(meters.read(&clock).totals_uj[0] >= first.totals_uj[0]);
}

#[test]
fn what_was_counted_before_a_run_in_doubt_or_not_is_none_of_its_business() {
    let dir = tree(200_000_000_000, 0);
    let mut meters = Meters::open(dir.path()).unwrap();
    let clock = SystemClock::new().unwrap();
    meters.read(&clock);
    // 100 kJ in no time: nobody believes it.
    set(&dir, 100_000_000_000);
    meters.begin(&clock);
    let from = meters.read(&clock);
    set(&dir, 100_001_000_000);
    let joules = between(&from, &meters.read(&clock), u64::MAX);
    assert!((joules[0].unwrap() - 1.0).abs() < 0.000_1, "{joules:?}");
    set(&dir, 90_000_000_000);
    meters.follow(&clock);
    assert_eq!(meters.read(&clock).totals_uj[0], None, "within the run it is not known");
}

#[test]
fn a_sample_that_is_missing_is_missing_alone() {
    let dir = tree(1_000_000, 0);
    let mut meters = Meters::open(dir.path()).unwrap();
    let clock = SystemClock::new().unwrap();
    let mut totals_uj = [None; 2];
    meters.read_into(now(&clock), &mut totals_uj);
    assert_eq!(totals_uj, [Some(0), Some(0)]);
    fs::write(dir.path().join("sys/class/powercap/intel-rapl:0/energy_uj"), "no number\n").unwrap();
    meters.read_into(now(&clock), &mut totals_uj);
    assert_eq!(totals_uj, [None, Some(0)]);
    set(&dir, 1_500_000);
    meters.read_into(now(&clock), &mut totals_uj);
    assert!(totals_uj[0].is_some_and(|total_uj| total_uj.abs_diff(500_000) < 100), "{totals_uj:?}");
}

#[test]
fn the_error_is_what_both_edges_leave_open_at_the_runs_power_and_a_unit() {
    let edge = |at_ns, total_uj| Edge {
        totals: Totals { at_ns, totals_uj: vec![Some(total_uj), Some(total_uj), None] },
        leader_ns: 1_000_000,
        others_ns: 3_000_000,
    };
    let (from, to) = (edge(0, 0), edge(2_000_000_000, 20_000_000));
    let span = Span { from: &from, to: &to, run_ns: 1_000_000_000 };
    let domain = DomainFacts { name: String::new(), source: String::new(), unit_j: 0.001 };
    assert_eq!(span.energy_j(), [Some(10.0), Some(10.0), None]);
    let errors = span.error_j(&[domain.clone(), domain.clone(), domain]);
    let [Some(leader_j), Some(other_j), None] = errors[..] else { panic!("{errors:?}") };
    assert!((leader_j - 0.021_021).abs() < 1e-6 && (other_j - 0.061_184).abs() < 1e-6, "{errors:?}");
}

#[test]
fn a_machine_without_counters_says_so_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Meters::open(dir.path()).err().unwrap();
    assert!(!missing.what.is_empty() && missing.fix.contains("hearth sensors"), "{missing:?}");
}
