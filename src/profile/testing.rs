//! Records for tests, made of figures that are plain to follow.

use super::record::{Baseline, DomainFacts, FORMAT, Facts, Idle, Measured, Point, Record, Run};
use super::stats::random::Random;

/// A record of one package whose commands take so many joules and seconds, with noise of a part in a hundred.
pub(crate) fn record(commands: &[(&str, f64, f64)], runs: u32) -> Record {
    let mut random = Random::seeded(11);
    let mut results: Vec<Measured> = commands
        .iter()
        .map(|(name, ..)| Measured {
            name: (*name).to_owned(),
            command: format!("run {name}"),
            parameters: Vec::new(),
            runs: Vec::new(),
        })
        .collect();
    for round in 0..runs {
        for (measured, (_, joules, seconds)) in results.iter_mut().zip(commands) {
            let mut noisy = |value: f64| value * (1.0 + 0.01 * (random.unit() - 0.5));
            measured.runs.push(Run {
                round,
                began_s: f64::from(round),
                wall_s: noisy(*seconds),
                user_s: seconds / 2.0,
                system_s: seconds / 4.0,
                exit_code: Some(0),
                energy_j: vec![Some(noisy(*joules))],
                peak_w: vec![Some(joules / seconds * 1.5)],
                ..Run::default()
            });
        }
    }
    let package =
        DomainFacts { name: "package-0".to_owned(), source: "powercap".to_owned(), unit_j: 0.000_061 };
    Record {
        format: FORMAT,
        version: "0.0.0".to_owned(),
        began_unix_s: 1_767_225_600.0,
        seed: 4,
        facts: Facts {
            kernel: "Linux 6.12".to_owned(),
            processor: "a test's".to_owned(),
            cpus: 2,
            order: "randomized".to_owned(),
            rate_hz: 1000,
            domains: vec![package],
            ..Facts::default()
        },
        baseline: None,
        results,
        cut_short: false,
    }
}

/// Stretches of idleness at so many watts each, a little noisy.
pub(crate) fn baseline(watts: &[f64]) -> Baseline {
    let stretch = |watts: &f64| Idle {
        began_s: 0.0,
        seconds: 5.0,
        watts: vec![(0..5).map(|second| watts + 0.001 * f64::from(second)).collect()],
        error_w: vec![0.001],
    };
    Baseline { stretches: watts.iter().map(stretch).collect() }
}

/// Gives each run a curve of so many samples, that rises by half in its middle third.
pub(crate) fn with_curve(record: &mut Record, samples: u32) {
    for run in record.results.iter_mut().flat_map(|measured| &mut measured.runs) {
        let mean_w = run.energy_j[0].unwrap_or(0.0) / run.wall_s;
        let point = |at: u32| {
            let part = f64::from(at) / f64::from(samples);
            let watts = if (0.34..0.67).contains(&part) { mean_w * 1.5 } else { mean_w * 0.75 };
            Point { at_s: part * run.wall_s, watts: vec![Some(watts)] }
        };
        run.trace = (1..=samples).map(point).collect();
    }
}
