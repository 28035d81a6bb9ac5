//! The energy of runs and of their phases.

use super::furnace::{BREAK, Furnace, MEND, NEAR_THE_END};
use super::rig::{Figures, ROUNDING, Rig, UNIT_J, hearth, number, runs};

#[test]
fn at_even_power_a_run_took_its_watts_times_its_time() {
    let Some(rig) = Rig::set(Furnace::new(20_000, &[])) else { return };
    let (_, export) = rig.profile(&["-N", "--idle-baseline", "off", "-r", "8", "--", "sleep", "0.2"]);
    assert_eq!(runs(&export, 0).len(), 8);
    for run in runs(&export, 0) {
        let figures = Figures::of(run);
        figures.hold(20.0 * figures.wall_s, 0.0);
        // What it says of itself is a count, and the power in the while in which the moves were read, which is no more
        // than all the while outside the run.
        let read_s = (figures.error_j - UNIT_J) / 20.0;
        println!("read within {read_s:.6} s");
        assert!(read_s > 0.0 && read_s <= figures.outside_s * 1.05 + UNIT_J / 20.0, "{figures:?}");
        let off_j = (figures.energy_j - 20.0 * figures.wall_s).abs();
        assert!(off_j <= UNIT_J + read_s * 20.0 + ROUNDING, "one count and the time of reading: {figures:?}");
    }
}

#[test]
fn power_that_rises_and_falls_within_a_run_is_in_its_energy() {
    let Some(rig) = Rig::set(Furnace::new(10_000, &[10_000, 40_000])) else { return };
    let line = format!("{}; sleep 0.15; {}; sleep 0.05", rig.turn("40000"), rig.turn("10000"));
    let (_, export) = rig.profile(&["--idle-baseline", "off", "-r", "5", "--", &line]);
    let spells = rig.furnace.spells(40_000);
    assert_eq!((runs(&export, 0).len(), spells.len()), (5, 5));
    for (run, spell) in runs(&export, 0).iter().zip(spells) {
        let figures = Figures::of(run);
        // What lies outside is taken off at the run's mean power, and was at 10 W.
        let mean_w = figures.energy_j / figures.wall_s;
        figures.hold(
            10.0 * figures.wall_s + 30.0 * spell.as_secs_f64(),
            (mean_w - 10.0).abs() * figures.outside_s,
        );
    }
}

#[test]
fn a_counter_that_begins_again_during_every_run_loses_nothing() {
    let Some(rig) = Rig::set(Furnace::new(20_000, &[])) else { return };
    let prepare = rig.turn(NEAR_THE_END);
    let (_, export) = rig.profile(&[
        "-N",
        "--idle-baseline",
        "off",
        "-r",
        "6",
        "--prepare",
        &prepare,
        "--",
        "sleep",
        "0.2",
    ]);
    // 1 J before its end, and 4 J a run.
    assert!(rig.furnace.wraps() >= 6, "it began again {} times", rig.furnace.wraps());
    for run in runs(&export, 0) {
        let figures = Figures::of(run);
        figures.hold(20.0 * figures.wall_s, 0.0);
    }
}

#[test]
fn energy_that_cannot_be_read_at_the_end_is_missing_and_not_wrong() {
    let Some(rig) = Rig::set(Furnace::new(20_000, &[])) else { return };
    let broken = format!("{}; sleep 0.05", rig.turn(BREAK));
    let passing = format!("{}; sleep 0.05; {}", rig.turn(BREAK), rig.turn(MEND));
    let mend = rig.turn(MEND);
    let arguments = ["--idle-baseline", "off", "-r", "5", "--prepare", &mend, "--order", "interleaved"];
    let whole = ["--vs", &passing, "--vs", "sleep 0.05", "--", &broken];
    let (said, export) = rig.profile(&[&arguments[..], &whole[..]].concat());
    for run in runs(&export, 0) {
        assert_eq!(number(&run["energy_j"][0]), None, "{run}");
        assert!(number(&run["wall_s"]).is_some_and(|wall_s| wall_s >= 0.05), "the rest is there: {run}");
    }
    assert_eq!(number(&export["results"][0]["energy"]["mean_joules"]), None);
    for run in runs(&export, 1).iter().filter(|run| !run["energy_j"][0].is_null()) {
        let figures = Figures::of(run);
        figures.hold(20.0 * figures.wall_s, 0.0);
    }
    for run in runs(&export, 2) {
        let figures = Figures::of(run);
        figures.hold(20.0 * figures.wall_s, 0.0);
    }
    assert!(said.contains("sleep 0.05"), "{said}");
}

#[test]
fn phases_add_up_to_their_run_in_time_and_in_the_energy_of_every_domain() {
    let Some(rig) = Rig::set(Furnace::new(10_000, &[10_000, 40_000])) else { return };
    let mark = |name: &str| format!("{} mark {name}", hearth());
    let (hot, cool) = (rig.turn("40000"), rig.turn("10000"));
    let line = format!("sleep 0.05; {hot}; {}; sleep 0.1; {cool}; {}; sleep 0.05", mark("hot"), mark("cool"));
    for rate in ["1000", "40", "1"] {
        let arguments = ["--idle-baseline", "off", "-r", "3", "--phases", "--rate-hz", rate, "--", &line];
        let (_, export) = rig.profile(&arguments);
        for run in runs(&export, 0) {
            let phases = run["phases"].as_array().expect("a list of phases");
            let names: Vec<&str> = phases.iter().filter_map(|phase| phase["name"].as_str()).collect();
            assert_eq!(names, ["start", "hot", "cool"]);
            let seconds = |phase: &serde_json::Value, key: &str| number(&phase[key]).expect("a time");
            let wall_s: f64 =
                phases.iter().map(|phase| seconds(phase, "ended_s") - seconds(phase, "began_s")).sum();
            assert!((wall_s - seconds(run, "wall_s")).abs() < ROUNDING, "{wall_s} s of {run}");
            let domains = run["energy_j"].as_array().expect("a list of domains");
            assert!(domains.len() > 1);
            for (at, domain) in domains.iter().enumerate() {
                let parts = phases.iter().map(|phase| number(&phase["energy_j"][at]).expect("energy"));
                let (sum_j, whole_j) = (parts.sum::<f64>(), number(domain).expect("energy"));
                assert!(
                    (sum_j - whole_j).abs() < ROUNDING,
                    "{sum_j} J of {whole_j} at {rate} Hz, domain {at}"
                );
            }
        }
    }
}
