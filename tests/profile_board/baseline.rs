//! Net energy: what a command took beyond what the idle machine would have.

use super::furnace::{Furnace, MORE};
use super::rig::{Figures, ROUNDING, Rig, number, runs};

/// A machine that stands still for a tenth of a second just as idleness is measured is not idle: it is asked again.
const TRIES: usize = 5;

#[test]
fn a_command_that_does_nothing_takes_nothing_beyond_an_even_floor() {
    let Some(rig) = Rig::set(Furnace::new(20_000, &[])) else { return };
    let arguments = ["-N", "--idle-baseline", "2", "-r", "4", "--", "sleep", "0.2"];
    for _ in 0..TRIES {
        let (said, export) = rig.profile(&arguments);
        let energy = &export["results"][0]["energy"];
        let gross_j = number(&energy["mean_joules"]).expect("there is energy");
        let Some(net_j) = number(&energy["net_mean_joules"]) else {
            assert!(said.contains("more than 3 %"), "{said}");
            continue;
        };
        let stretches = export["hearth"]["baseline"]["stretches"].as_array().expect("a list of stretches");
        assert_eq!(stretches.len(), 3, "before, between and after");
        let errors_w = stretches.iter().map(|stretch| number(&stretch["error_w"][0]).expect("a bound"));
        let error_w = errors_w.fold(0.0, f64::max);
        let figures: Vec<Figures> = runs(&export, 0).iter().map(Figures::of).collect();
        let of_each = 1.0 / f64::from(u32::try_from(figures.len()).expect("a few"));
        let error_j: f64 = figures.iter().map(|run| (run.error_j + error_w * run.wall_s) * of_each).sum();
        println!("{net_j} J net of {gross_j} J, says ±{error_j}");
        assert!(net_j.abs() <= error_j + ROUNDING, "{net_j} ± {error_j} J of {gross_j} J");
        return;
    }
    panic!("the floor was refused {TRIES} times");
}

#[test]
fn a_floor_that_rises_gives_no_net_energy_and_says_why() {
    let Some(rig) = Rig::set(Furnace::new(20_000, &[])) else { return };
    let line = rig.turn(MORE);
    let (said, export) = rig.profile(&["--idle-baseline", "2", "-r", "5", "--", &line]);
    let energy = &export["results"][0]["energy"];
    assert!(number(&energy["mean_joules"]).is_some() && energy["net_mean_joules"].is_null(), "{energy}");
    assert!(said.contains("idle power went from") && said.contains("more than 3 %"), "{said}");
    assert_eq!(runs(&export, 0).len(), 5);
}
