//! The real program on machines with energy counters: the joules it reports are those of the machine's power curve, and
//! what cannot be read is said, with its reason.
//!
//! Board time is turned by the tests, far faster than real time; what a counter gains from one read to the next stays
//! below what the program believes of a domain, 1 kW for the real time between the reads and a second more.
//!
//! Where the board cannot be mounted (no `/dev/fuse`, no privilege) each test says so and has nothing to show.

#![expect(clippy::expect_used, reason = "a test says what failed by stopping")]

mod energy_e2e {
    #[path = "../hot_path/program.rs"]
    pub(crate) mod program;
    #[path = "../board_e2e/reader.rs"]
    pub(crate) mod reader;
    #[path = "../board_e2e/stage.rs"]
    #[expect(dead_code, reason = "what other tests need besides")]
    pub(crate) mod stage;
    pub(crate) mod treadmill;
}

use std::time::{Duration, Instant};

use energy_e2e::reader::Said;
use energy_e2e::stage::Stage;
use energy_e2e::treadmill::Treadmill;
use hearth_board::trees::energy::{self, Machine, zone_path};
use hearth_board::{EnergyCounter, Errno, Fault};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const ENERGY: &str = "hearth_energy_joules_total";
const SECOND: Duration = Duration::from_secs(1);
const PICOJOULES_PER_MICROJOULE: u128 = 1_000_000;
/// How often a value is looked for before the test gives it up.
const LOOKS: usize = 1_200;

/// What the snapshot calls a domain.
fn labels(domain: &str, package: usize, source: &str) -> String {
    format!(r#"{{"domain":"{domain}","package":"{package}","source":"{source}"}}"#)
}

/// A decimal number of units as whole millionths.
fn millionths(text: &str) -> u128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 6, "{text}");
    format!("{whole}{part:0<6}").parse().expect("a decimal number")
}

/// What a counter has counted, in whole µJ of its own unit.
fn counted_uj(counter: &EnergyCounter, elapsed: Duration) -> u128 {
    counter.unit().picojoules(counter.counts(elapsed)) / PICOJOULES_PER_MICROJOULE
}

/// A machine with the program on it, a hundred ticks a second.
fn set(machine: &Machine) -> Option<Stage> {
    let stage = Stage::set(machine.board.clone(), &["--rate-hz", "100"])?;
    stage.tick();
    Some(stage)
}

/// Waits until the series says exactly `wanted`. A counter that has not moved for seconds of real time has no value:
/// `nudge` moves it on.
fn demand(stage: &Stage, labels: &str, wanted: impl Fn() -> u128, nudge: impl Fn()) {
    let mut said = None;
    for _ in 0..LOOKS {
        stage.tick();
        said = stage.said(ENERGY, labels);
        match &said {
            Some(Ok(value)) if millionths(value) == wanted() => return,
            Some(Err(reason)) if reason == "not_counted" => nudge(),
            _ => {}
        }
    }
    panic!("{labels}: {said:?} in place of {} µJ", wanted());
}

/// Waits until a domain's total is what its counters have counted since board time zero, to the tick; and that is the
/// energy under the curve to one unit.
fn demand_truth(stage: &Stage, labels: &str, counters: &[&EnergyCounter]) {
    let board = &stage.board;
    let all = || counters.iter().map(|counter| counted_uj(counter, board.elapsed())).sum();
    demand(stage, labels, all, || board.advance(SECOND / 100));
    let elapsed = board.elapsed();
    for counter in counters {
        let unit_uj = counter.unit().picojoules(1) / PICOJOULES_PER_MICROJOULE + 1;
        let truth_uj = counter.energy_pj(elapsed) / PICOJOULES_PER_MICROJOULE;
        assert!(truth_uj.abs_diff(counted_uj(counter, elapsed)) <= unit_uj, "{labels} is off its curve");
    }
}

/// Waits until the series says this.
fn demand_said(stage: &Stage, family: &str, labels: &str, wanted: Option<&Said>) {
    stage.until(&format!("{family}{labels} {wanted:?}"), |stage| {
        stage.said(family, labels).as_ref() == wanted
    });
}

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
fn both_sockets_of_a_server_and_their_memory_are_their_power_curves_by_registers() {
    let domains = [("package", 0), ("package", 1), ("dram", 0), ("dram", 1)];
    hold_to_curves(&energy::intel_server().without_powercap(), 3 * SECOND, "msr", &domains);
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
    for _ in 0..10 {
        let earliest = stage.board.elapsed();
        let before = value(&stage);
        // A client on TCP sees energy change ten times a second: what is new was read after `earliest`.
        stage.until("the total goes on", |stage| value(stage).is_some_and(|now| Some(now) != before));
        let at = stage.board.elapsed();
        stage.tick();
        let (shown, latest) = (value(&stage), stage.board.elapsed());
        let Some(shown) = shown else { continue };
        let least = counted_uj(counter, earliest).saturating_sub(counted_uj(counter, armed) + 62);
        let most = counted_uj(counter, latest) - counted_uj(counter, begun) + 62;
        assert!((least..=most).contains(&shown), "{shown} µJ is not within {least}..{most}, {at:?}");
    }
    let watts = |family: &str| {
        let said = stage.said(family, r#"{"domain":"package","package":"0"}"#);
        millionths(&said.expect("the series is there").expect("a window of a second has passed"))
    };
    stage.until("a window of a second has passed", |stage| {
        let said = stage.said("hearth_power_watts", r#"{"domain":"package","package":"0"}"#);
        said.is_some_and(|said| said.is_ok())
    });
    let uncertainty_uw = watts("hearth_power_uncertainty_watts");
    // One update of 1 ms, and one tick, in a window of a second or more, of at most 45 W.
    assert!((1..=45_411 + 63).contains(&uncertainty_uw), "±{uncertainty_uw} µW");
}

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
    let (gaps_before, total_before) = (gaps(&stage), stage.said(ENERGY, &package));
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
    assert!(
        millionths(&total) <= at_most,
        "{total} J of {at_most} µJ since the gap, {total_before:?} before"
    );
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
