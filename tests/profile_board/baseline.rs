//! Net energy: what a command took beyond what the idle machine would have.

use super::furnace::{Furnace, MORE};
use super::rig::{Rig, number, runs};

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
        println!("{net_j} J net of {gross_j} J");
        // Edges are met within a millisecond or so in stretches of two seconds, and within far less than three percent,
        // or the floor would have been refused.
        assert!(net_j.abs() <= 0.06 * gross_j, "{net_j} J of {gross_j} J");
        assert!(
            export["hearth"]["baseline"]["stretches"]
                .as_array()
                .is_some_and(|stretches| stretches.len() == 3)
        );
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
