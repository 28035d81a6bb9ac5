//! What cannot be read, or not be believed, is said; the rest goes on, and nothing is counted twice.

use std::time::Instant;

use hearth_board::trees::energy::{self, zone_path};
use hearth_board::{Errno, Fault};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::rig::{ENERGY, SECOND, counted_uj, demand, demand_said, demand_truth, labels, millionths, set};
use super::stage::Stage;

#[test]
fn a_zone_that_fails_fails_alone_and_loses_nothing_once_it_answers() {
    let machine = energy::intel_client();
    let Some(stage) = set(&machine) else { return };
    let core = labels("core", 0, "powercap");
    for errno in [Errno::EIO, Errno::ENODATA] {
        machine.fail_zone("intel-rapl:0:0", errno);
        stage.board.advance(20 * SECOND);
        demand_said(&stage, ENERGY, &core, Some(&Err("io_error".to_owned())));
        demand_truth(&stage, &labels("package", 0, "powercap"), &[machine.counter(0, "package")]);
        stage.board.clear(&format!("{}/energy_uj", zone_path("intel-rapl:0:0")));
        demand_truth(&stage, &core, &[machine.counter(0, "core")]);
    }
}

#[test]
fn a_counter_that_stands_still_is_not_zero_watts() {
    let machine = energy::intel_client();
    let Some(stage) = set(&machine) else { return };
    let package = labels("package", 0, "powercap");
    let counter = machine.counter(0, "package");
    stage.board.advance(10 * SECOND);
    demand_truth(&stage, &package, &[counter]);
    counter.freeze(stage.board.elapsed());
    stage.until("a frozen counter is told from an idle one", |stage| {
        stage.board.advance(SECOND / 100);
        stage.said(ENERGY, &package) == Some(Err("not_counted".to_owned()))
    });
    let power = stage.said("hearth_power_watts", r#"{"domain":"package","package":"0"}"#);
    assert_eq!(power, Some(Err("not_counted".to_owned())));
    demand_truth(&stage, &labels("psys", 0, "powercap"), &[machine.counter(0, "psys")]);
    counter.thaw(stage.board.elapsed());
    stage.board.advance(10 * SECOND);
    let counted = || counted_uj(counter, stage.board.elapsed());
    demand(&stage, &package, counted, || stage.board.advance(SECOND / 100));
}

#[test]
fn a_counter_that_goes_back_is_in_doubt_and_counts_on_from_there() {
    let machine = energy::intel_client();
    let Some(stage) = set(&machine) else { return };
    let package = labels("package", 0, "powercap");
    let counter = machine.counter(0, "package");
    stage.board.advance(10 * SECOND);
    demand_truth(&stage, &package, &[counter]);
    // 100 kJ back, as after a suspend: forward it would be more than anything draws.
    let now = stage.board.elapsed();
    counter.restart(now, counter.raw(now).wrapping_sub(1_638_400_000));
    stage.tick();
    demand_said(&stage, "hearth_energy_uncertain_intervals_total", &package, Some(&Ok("1".to_owned())));
    stage.board.advance(10 * SECOND);
    demand_truth(&stage, &package, &[counter]);
}

#[test]
fn a_gap_too_long_for_the_counter_is_told_and_counted_on_from() {
    // 4096 J a range: at 1 kW nobody knows after a second how often it began again.
    let machine = energy::intel_fine_units(20);
    let Some(stage) = set(&machine) else { return };
    let package = labels("package", 0, "powercap");
    let counter = machine.counter(0, "package");
    let gaps = |stage: &Stage| {
        let said = stage.said("hearth_energy_uncertain_intervals_total", &package);
        said.expect("the series is there").expect("a count").parse::<u64>().expect("a whole number")
    };
    let pid = Pid::from_raw(stage.program.pid().try_into().expect("a process number"));
    let gaps_before = gaps(&stage);
    kill(pid, Signal::SIGSTOP).expect("the program can be stopped");
    // The time that it stands is what is tested: nothing is waited for.
    let until = Instant::now() + 3 * SECOND;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
    stage.board.advance(1_000 * SECOND);
    let missed = counted_uj(counter, stage.board.elapsed());
    kill(pid, Signal::SIGCONT).expect("the program goes on");
    stage.until("the gap is told", |stage| gaps(stage) > gaps_before);
    stage.board.advance(SECOND);
    stage.until("the total goes on", |stage| {
        stage.board.advance(SECOND / 100);
        stage.said(ENERGY, &package).is_some_and(|said| said.is_ok())
    });
    let total = stage.said(ENERGY, &package).expect("the series is there").expect("a value");
    let at_most = counted_uj(counter, stage.board.elapsed()) - missed;
    assert!(millionths(&total) <= at_most, "{total} J of {at_most} µJ since the gap");
}

#[test]
fn a_zone_that_is_taken_away_is_gone_alone_and_comes_back_under_its_name() {
    let machine = energy::intel_client();
    let Some(stage) = set(&machine) else { return };
    let uncore = labels("uncore", 0, "powercap");
    stage.board.advance(20 * SECOND);
    demand_truth(&stage, &uncore, &[machine.counter(0, "uncore")]);
    let before = millionths(&stage.said(ENERGY, &uncore).expect("there").expect("a value"));
    let paths = ["sys/class/powercap/intel-rapl:0:1".to_owned(), zone_path("intel-rapl:0:1")];
    let registers = ["dev/cpu/0/msr", "dev/cpu/1/msr"];
    paths.iter().for_each(|path| stage.board.fault(path, Fault::Vanished));
    // Nor by its register, which would take its place.
    registers.iter().for_each(|path| stage.board.fault(path, Fault::Denied));
    stage.until("the zone is gone", |stage| !matches!(stage.said(ENERGY, &uncore), Some(Ok(_))));
    stage.board.advance(20 * SECOND);
    demand_truth(&stage, &labels("package", 0, "powercap"), &[machine.counter(0, "package")]);
    paths.iter().for_each(|path| stage.board.clear(path));
    stage.until("the zone is back", |stage| {
        stage.board.advance(SECOND / 10);
        matches!(stage.said(ENERGY, &uncore), Some(Ok(_)))
    });
    let after = millionths(&stage.said(ENERGY, &uncore).expect("there").expect("a value"));
    let most = counted_uj(machine.counter(0, "uncore"), stage.board.elapsed());
    assert!((before..=most).contains(&after), "{after} µJ after {before}, of {most}");
}

#[test]
fn a_processor_that_goes_offline_takes_the_cores_sum_and_leaves_the_package() {
    let machine = energy::amd_zen3();
    let Some(stage) = set(&machine) else { return };
    let (core, package) = (labels("core", 0, "msr"), labels("package", 0, "msr"));
    let cores = [machine.counter(0, "core-0"), machine.counter(0, "core-1")];
    demand_truth(&stage, &core, &cores);
    stage.board.fault("dev/cpu/1", Fault::Vanished);
    // A sum that lacks a core would be too small: there is none.
    stage.until("the sum is gone", |stage| !matches!(stage.said(ENERGY, &core), Some(Ok(_))));
    stage.board.advance(10 * SECOND);
    demand_truth(&stage, &package, &[machine.counter(0, "package")]);
    stage.board.clear("dev/cpu/1");
    stage.until("the sum is back", |stage| {
        stage.board.advance(SECOND / 100);
        matches!(stage.said(ENERGY, &core), Some(Ok(_)))
    });
    let total = millionths(&stage.said(ENERGY, &core).expect("there").expect("a value"));
    let most = cores.iter().map(|core| counted_uj(core, stage.board.elapsed())).sum();
    assert!(total <= most, "{total} µJ of {most}");
}

#[test]
fn a_package_that_is_there_twice_is_counted_once() {
    let Some(stage) = set(&energy::intel_mmio_duplicate()) else { return };
    let snapshot = stage.get("/v1/snapshot");
    let (_, family) = snapshot.split_once(&format!(r#""name":"{ENERGY}""#)).expect("the family is there");
    let family = family.split(r#"{"name":""#).next().expect("a family ends");
    assert_eq!(family.matches(r#""domain":"package""#).count(), 1, "{family}");
    assert!(stage.get("/v1/status").contains("intel-rapl-mmio:0"), "the duplicate is named");
}

#[test]
fn what_has_no_energy_says_why_and_serves_the_rest() {
    for (machine, reason, words) in [
        (energy::intel_no_permission(), "no_permission", "CAP_DAC_READ_SEARCH"),
        (energy::intel_all_zero(), "absent", "reads 0"),
        (energy::intel_client().without_msr().without_powercap(), "absent", "modprobe"),
    ] {
        let Some(stage) = set(&machine) else { return };
        let status = stage.get("/v1/status");
        let (_, row) = status.split_once(r#"{"sensor":"energy","#).expect("the sensor is listed");
        let row = row.split(r#"{"sensor":""#).next().expect("a row ends");
        assert!(row.contains(&format!(r#""state":"absent","reason":"{reason}""#)), "{row}");
        assert!(row.contains(words), "{row}");
        assert!(!stage.get("/v1/snapshot").contains(ENERGY), "no series without a counter");
        assert!(matches!(stage.said("node_load1", "{}"), Some(Ok(_))), "the rest is served");
        assert_eq!(stage.program.get("/readyz").0, 200);
    }
}
