//! A machine with energy counters, the program on it, and what that must say of them.

use std::time::Duration;

use hearth_board::EnergyCounter;
use hearth_board::trees::energy::Machine;

use super::reader::Said;
use super::stage::Stage;

pub(crate) const ENERGY: &str = "hearth_energy_joules_total";
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const PICOJOULES_PER_MICROJOULE: u128 = 1_000_000;
/// How often a value is looked for before the test gives it up.
pub(crate) const LOOKS: usize = 1_200;

/// What the snapshot calls a domain.
pub(crate) fn labels(domain: &str, package: usize, source: &str) -> String {
    format!(r#"{{"domain":"{domain}","package":"{package}","source":"{source}"}}"#)
}

/// A decimal number of units as whole millionths.
pub(crate) fn millionths(text: &str) -> u128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 6, "{text}");
    format!("{whole}{part:0<6}").parse().expect("a decimal number")
}

/// What a counter has counted, in whole µJ of its own unit.
pub(crate) fn counted_uj(counter: &EnergyCounter, elapsed: Duration) -> u128 {
    counter.unit().picojoules(counter.counts(elapsed)) / PICOJOULES_PER_MICROJOULE
}

/// A machine with the program on it, a hundred ticks a second.
pub(crate) fn set(machine: &Machine) -> Option<Stage> {
    let stage = Stage::set(machine.board.clone(), &["--rate-hz", "100"])?;
    stage.tick();
    Some(stage)
}

/// Waits until the series says exactly `wanted`. A counter that has not moved for seconds of real time has no value:
/// `nudge` moves it on.
pub(crate) fn demand(stage: &Stage, labels: &str, wanted: impl Fn() -> u128, nudge: impl Fn()) {
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
pub(crate) fn demand_truth(stage: &Stage, labels: &str, counters: &[&EnergyCounter]) {
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
pub(crate) fn demand_said(stage: &Stage, family: &str, labels: &str, wanted: Option<&Said>) {
    stage.until(&format!("{family}{labels} {wanted:?}"), |stage| {
        stage.said(family, labels).as_ref() == wanted
    });
}
