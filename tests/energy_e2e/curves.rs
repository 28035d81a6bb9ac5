//! What is reported is the energy under the power curves, by every road and over every wrap.

use std::time::Duration;

use hearth_board::trees::energy::{self, Machine, zone_path};

use super::rig::{
    ENERGY, PICOJOULES_PER_MICROJOULE, SECOND, counted_uj, demand, demand_truth, labels, millionths, set,
};
use super::stage::Stage;
use super::treadmill::Treadmill;

/// Moves board time on in steps that the program can follow, and holds the domains against their curves now and then.
/// `step` is a believable energy: 1000 J at most of any domain.
fn hold_to_curves(machine: &Machine, step: Duration, source: &str, domains: &[(&str, usize)]) {
    let Some(stage) = set(machine) else { return };
    for _ in 0..3 {
        for _ in 0..20 {
            stage.board.advance(step);
            stage.tick();
        }
        for (domain, package) in domains {
            let counter = machine.counter(*package, domain);
            demand_truth(&stage, &labels(domain, *package, source), &[counter]);
        }
    }
}

#[test]
fn a_clients_domains_are_their_power_curves_by_powercap() {
    let domains = [("package", 0), ("core", 0), ("uncore", 0), ("psys", 0)];
    hold_to_curves(&energy::intel_client(), 29 * SECOND, "powercap", &domains);
}

#[test]
fn a_clients_domains_are_their_power_curves_by_registers() {
    let domains = [("package", 0), ("core", 0), ("uncore", 0), ("psys", 0)];
    hold_to_curves(&energy::intel_client().without_powercap(), 29 * SECOND, "msr", &domains);
}

#[test]
fn a_silvermonts_microjoules_are_not_taken_for_fractions() {
    let domains = [("package", 0), ("core", 0)];
    hold_to_curves(&energy::intel_atom(), 97 * SECOND, "powercap", &domains);
    hold_to_curves(&energy::intel_atom().without_powercap(), 97 * SECOND, "msr", &domains);
}

#[test]
fn an_unknown_models_registers_are_believed_and_that_nobody_knows_it_is_said() {
    let machine = energy::intel_unknown_model();
    hold_to_curves(&machine, 29 * SECOND, "msr", &[("package", 0), ("core", 0), ("uncore", 0), ("psys", 0)]);
    let Some(stage) = set(&machine) else { return };
    let status = stage.get("/v1/status");
    assert!(status.contains("by the unit register: no source speaks of this model"), "{status}");
}

#[test]
fn each_die_of_a_package_is_its_own_power_curve_by_powercap_and_by_registers() {
    for (machine, source) in
        [(energy::intel_two_dies(), "powercap"), (energy::intel_two_dies().without_powercap(), "msr")]
    {
        let Some(stage) = set(&machine) else { return };
        for _ in 0..20 {
            stage.board.advance(3 * SECOND);
            stage.tick();
        }
        for die in [0, 1] {
            let labels = format!(r#"{{"domain":"die","package":"0-die-{die}","source":"{source}"}}"#);
            demand_truth(&stage, &labels, &[machine.counter(0, &format!("die-{die}"))]);
        }
        assert!(!stage.get("/v1/snapshot").contains(r#""domain":"package""#), "nobody counts the whole");
    }
}

#[test]
fn both_sockets_of_a_server_and_their_memory_are_their_power_curves_by_registers() {
    let domains = [("package", 0), ("package", 1), ("dram", 0), ("dram", 1)];
    hold_to_curves(&energy::intel_server().without_powercap(), 3 * SECOND, "msr", &domains);
}

#[test]
fn a_servers_memory_by_powercap_is_in_the_unit_that_powercap_takes_it_for() {
    let machine = energy::intel_server();
    let Some(stage) = set(&machine) else { return };
    for _ in 0..10 {
        stage.board.advance(3 * SECOND);
        stage.tick();
    }
    for package in [0, 1] {
        demand_truth(&stage, &labels("package", package, "powercap"), &[machine.counter(package, "package")]);
        // 15.3 µJ a count, 0.27 % more than the 2^-16 J of the register.
        let dram = machine.counter(package, "dram");
        let unit_nj = u128::from(dram.unit().powercap_nj());
        let shown = || dram.counts(stage.board.elapsed()) * unit_nj / 1_000;
        demand(&stage, &labels("dram", package, "powercap"), shown, || stage.board.advance(SECOND / 100));
    }
    assert!(stage.get("/v1/status").contains("counts the same in other units"), "the difference is told");
}

#[test]
fn sapphire_rapids_has_memory_in_the_packages_unit_and_a_platform_in_joules() {
    let domains = [("package", 0), ("package", 1), ("dram", 0), ("dram", 1), ("psys", 0)];
    hold_to_curves(&energy::intel_sapphire_rapids(), 3 * SECOND / 2, "powercap", &domains);
}

#[test]
fn amd_cores_are_counted_once_each_though_their_threads_show_them_twice() {
    for machine in [energy::amd_zen2(), energy::amd_zen3(), energy::hygon()] {
        let Some(stage) = set(&machine) else { return };
        let cores = [machine.counter(0, "core-0"), machine.counter(0, "core-1")];
        demand_truth(&stage, &labels("core", 0, "msr"), &cores);
        for _ in 0..3 {
            stage.board.advance(20 * SECOND);
            demand_truth(&stage, &labels("package", 0, "msr"), &[machine.counter(0, "package")]);
            demand_truth(&stage, &labels("core", 0, "msr"), &cores);
        }
    }
}

#[test]
fn two_thousand_wraps_of_four_zones_lose_no_tick() {
    let machine = energy::intel_fine_units(18);
    let zones = [
        ("intel-rapl:0", "package"),
        ("intel-rapl:0:0", "core"),
        ("intel-rapl:0:1", "uncore"),
        ("intel-rapl:1", "psys"),
    ];
    let treadmills = zones.map(|(zone, domain)| {
        (domain, Treadmill::put(&machine.board, &zone_path(zone), machine.counter(0, domain), 950))
    });
    let Some(stage) = Stage::set(machine.board.clone(), &["--rate-hz", "1000"]) else { return };
    stage.tick();
    let wraps = || treadmills.iter().map(|(_, treadmill)| treadmill.wraps()).sum::<u128>();
    treadmills.iter().for_each(|(_, treadmill)| treadmill.run(true));
    while wraps() < 2_000 {
        (0..20).for_each(|_| stage.tick());
    }
    treadmills.iter().for_each(|(_, treadmill)| treadmill.run(false));
    for (domain, treadmill) in &treadmills {
        let labels = labels(domain, 0, "powercap");
        let gaps = stage.said("hearth_energy_uncertain_intervals_total", &labels);
        assert_eq!(
            gaps,
            Some(Ok("0".to_owned())),
            "the machine stood still for seconds, so nothing is shown"
        );
        let counter = treadmill.counter();
        demand(&stage, &labels, || counted_uj(counter, treadmill.elapsed()), || treadmill.nudge());
        let truth_uj = counter.energy_pj(treadmill.elapsed()) / PICOJOULES_PER_MICROJOULE;
        assert!(truth_uj - counted_uj(counter, treadmill.elapsed()) <= 4, "{domain} is off its curve");
        println!("{domain}: {} wraps, {truth_uj} µJ, not one tick lost", treadmill.wraps());
    }
}

#[test]
fn in_real_time_a_total_lies_between_the_curve_before_and_after_its_read() {
    let machine = energy::intel_client();
    let counter = machine.counter(0, "package");
    let board = machine.board.clone().let_time_run();
    let begun = board.elapsed();
    let Some(stage) = Stage::set(board, &["--rate-hz", "100"]) else { return };
    stage.tick();
    let armed = stage.board.elapsed();
    let labels = labels("package", 0, "powercap");
    let value = |stage: &Stage| match stage.said(ENERGY, &labels) {
        Some(Ok(value)) => Some(millionths(&value)),
        _ => None,
    };
    let mut held = 0;
    for _ in 0..10 {
        let (earliest, before) = (stage.board.elapsed(), value(&stage));
        // A client on TCP sees energy change ten times a second: what is new was read after `earliest`.
        stage.until("the total goes on", |stage| value(stage).is_some_and(|now| Some(now) != before));
        let (shown, latest) = (value(&stage), stage.board.elapsed());
        // A machine that stands still for seconds has no value now and then.
        let Some(shown) = shown else { continue };
        let least = counted_uj(counter, earliest).saturating_sub(counted_uj(counter, armed) + 62);
        let most = counted_uj(counter, latest) - counted_uj(counter, begun) + 62;
        assert!((least..=most).contains(&shown), "{shown} µJ is not within {least}..{most}");
        held += 1;
    }
    assert!(held > 0, "no total was ever shown");
    let watts = |family: &str| {
        let said = stage.said(family, r#"{"domain":"package","package":"0"}"#);
        millionths(&said.expect("the series is there").expect("a window of a second has passed"))
    };
    stage.until("a window of a second has passed", |stage| {
        let said = stage.said("hearth_power_watts", r#"{"domain":"package","package":"0"}"#);
        said.is_some_and(|said| said.is_ok())
    });
    let uncertainty_uw = watts("hearth_power_uncertainty_watts");
    // One update of 1 ms, and one tick, in a window of a second or more, of at most 45 W: twice that where reads come
    // late.
    assert!((1..=2 * 45_411 + 63).contains(&uncertainty_uw), "±{uncertainty_uw} µW");
}

#[test]
fn zones_are_named_as_node_exporter_names_them_and_begin_at_their_counters_value() {
    let machine = energy::intel_client();
    let Some(stage) = set(&machine) else { return };
    let counter = machine.counter(0, "package");
    let labels = r#"{"index":"0","path":"/sys/class/powercap/intel-rapl:0"}"#;
    let range = 1_u128 << 32;
    let start = u128::from(counter.raw(Duration::ZERO));
    for _ in 0..3 {
        stage.board.advance(25 * SECOND);
        stage.until("the zone's total is the register's without its wraps", |stage| {
            stage.board.advance(SECOND / 100);
            stage.tick();
            stage.tick();
            let counts = start + counter.counts(stage.board.elapsed());
            let wanted = counter.unit().picojoules(counts) / PICOJOULES_PER_MICROJOULE;
            let said = stage.said("node_rapl_package_joules_total", labels);
            // The register's value at the beginning is rounded down by itself.
            matches!(said, Some(Ok(value)) if millionths(&value).abs_diff(wanted) <= 1)
        });
    }
    assert!(start + counter.counts(stage.board.elapsed()) > range, "it began again meanwhile");
}
