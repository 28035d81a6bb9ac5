//! A run in which the counter begins again more than once between its edges.

use super::furnace::Furnace;
use super::rig::{Figures, Rig, number, runs};

/// What the furnace draws.
const WATTS: f64 = 950.0;
/// After so many joules its counter begins again. Half of it is as much as can flow between two looks a second apart on a
/// machine that may draw a kilowatt, and half a second more.
const RANGE_J: f64 = 3000.0;
/// A machine that stands still for longer is not followed, and says so: it is asked again.
const TRIES: usize = 3;

#[test]
fn a_run_longer_than_the_range_of_the_counter_is_followed_or_missing_and_never_wrong() {
    let Some(rig) = Rig::set(Furnace::with_range(950_000, 3_000_000_000)) else { return };
    for _ in 0..TRIES {
        let (_, export) = rig.profile(&["-N", "--idle-baseline", "off", "-r", "1", "--", "sleep", "5"]);
        let run = &runs(&export, 0)[0];
        if number(&run["energy_j"][0]).is_none() {
            println!("asked again: a look came too late");
            continue;
        }
        let figures = Figures::of(run);
        assert!(figures.energy_j > 1.5 * RANGE_J, "it began again: {figures:?}");
        figures.hold(WATTS * figures.wall_s, 0.0);
        return;
    }
    println!("NOT SHOWN: this machine stood still for half a second in each of {TRIES} runs");
}
