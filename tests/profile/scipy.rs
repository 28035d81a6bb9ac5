//! Every statistic beside what numpy and SciPy make of the same samples: those of a table that is kept, and where SciPy
//! is installed others that it draws on the spot.

use std::process::Command;

use hearth::profile::stats::interval::{Interval, of_mean, of_ratio};
use hearth::profile::stats::summary::Summary;
use hearth::profile::stats::trouble::drift;
use serde_json::Value;

use super::bca;

/// Written by `scipy_values.py 1`.
const KEPT: &str = include_str!("scipy_values.json");
/// Intervals are drawn: so many seeds make a mean of their ends that is worth comparing.
const SEEDS: u32 = 5;
/// By what part of its width such a mean may be off at either end.
const DRAWN: f64 = 0.08;

fn list(row: &Value, key: &str) -> Vec<f64> {
    let list = row[key].as_array().unwrap_or_else(|| panic!("no {key} in {row}"));
    list.iter().map(|value| value.as_f64().expect("a number")).collect()
}

fn near(what: &str, row: &Value, ours: f64, theirs: f64, by: f64) {
    let (shape, count) = (&row["shape"], row["first"].as_array().map_or(0, Vec::len));
    assert!((ours - theirs).abs() <= by, "{what} of {count} {shape} values: {ours}, and by SciPy {theirs}");
}

/// The mean of both ends over some seeds.
fn ends(interval: impl Fn(u64) -> (f64, f64)) -> (f64, f64) {
    let all: Vec<(f64, f64)> = (0..SEEDS).map(|seed| interval(u64::from(seed))).collect();
    let mean = |end: fn(&(f64, f64)) -> f64| all.iter().map(end).sum::<f64>() / f64::from(SEEDS);
    (mean(|ends| ends.0), mean(|ends| ends.1))
}

fn compare_ends(what: &str, row: &Value, key: &str, interval: impl Fn(u64) -> (f64, f64)) {
    let theirs = list(row, key);
    let (low, high) = ends(interval);
    let by = (theirs[1] - theirs[0]) * DRAWN;
    near(&format!("{what}, the lower end,"), row, low, theirs[0], by);
    near(&format!("{what}, the upper end,"), row, high, theirs[1], by);
}

/// Holds everything against the rows; how many intervals were among it.
fn compare(rows: &Value) -> usize {
    let rows = rows.as_array().expect("a list");
    let mut intervals = 0;
    for row in rows {
        let (first, second) = (list(row, "first"), list(row, "second"));
        let pairs: Vec<(f64, f64)> = first.iter().copied().zip(second).collect();
        let summary = Summary::of(&first).expect("there are values");
        let exactly = |what: &str, ours: f64, theirs: &Value| {
            near(what, row, ours, theirs.as_f64().expect("a number"), 1e-10);
        };
        exactly("mean", summary.mean, &row["mean"]);
        exactly("standard deviation", summary.stddev.expect("of several"), &row["stddev"]);
        exactly("median", summary.median, &row["median"]);
        exactly("MAD", summary.mad, &row["mad"]);
        for (ours, theirs) in summary.percentiles.iter().zip(list(row, "percentiles")) {
            near("a percentile", row, *ours, theirs, 1e-10);
        }
        // Told from 1 % and three standard deviations on.
        let [risen, score] = list(row, "trend")[..] else { panic!("no trend in {row}") };
        if let Some(ours) = drift(&first) {
            near("the rise", row, ours, risen, 1e-10);
        }
        assert_eq!(drift(&first).is_some(), score.abs() > 3.0 && risen.abs() > 0.01, "{row}");
        if row["mean_interval"].is_array() {
            intervals += 4;
            let of = |interval: Option<Interval>| {
                let interval = interval.expect("there are enough");
                (interval.low, interval.high)
            };
            compare_ends("mean", row, "mean_interval", |seed| of(of_mean(&first, seed)));
            compare_ends("ratio", row, "ratio_interval", |seed| of(of_ratio(&pairs, seed)));
            let mean = |sample: &[f64]| Summary::of(sample).map_or(0.0, |summary| summary.mean);
            compare_ends("BCa of the mean", row, "bca_mean", |seed| bca::interval(&first, mean, 2000, seed));
            let ratio = |pairs: &[(f64, f64)]| {
                pairs.iter().map(|pair| pair.1).sum::<f64>() / pairs.iter().map(|pair| pair.0).sum::<f64>()
            };
            compare_ends("BCa of the ratio", row, "bca_ratio", |seed| {
                bca::interval(&pairs, ratio, 2000, seed)
            });
        }
        // Never narrower than Student's, and of many even values hardly wider.
        let (ours, student) = (of_mean(&first, 1).expect("there are enough"), list(row, "student"));
        let wider = (ours.high - ours.low) / (student[1] - student[0]);
        assert!(wider > 0.998, "{wider} of Student's width: {row}");
        if row["shape"] == "normal" && first.len() == 100 {
            assert!(wider < 1.35, "{wider} of Student's width: {row}");
        }
    }
    intervals
}

#[test]
fn statistics_are_those_of_scipy_on_the_samples_that_are_kept() {
    let rows: Value = serde_json::from_str(KEPT).expect("JSON");
    assert_eq!((rows.as_array().map(Vec::len), compare(&rows)), (Some(30), 40));
}

/// What SciPy says of the samples of this seed; none where there is no SciPy.
fn scipy(seed: &str) -> Option<Value> {
    // Debian's comes first: one that the owner has put before it seldom has SciPy.
    for python in ["/usr/bin/python3", "python3"] {
        match Command::new(python).args(["-c", "import scipy"]).output() {
            Ok(output) if output.status.success() => {}
            Ok(_) | Err(_) => continue,
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/profile/scipy_values.py");
        let output = Command::new(python).args([script, seed]).output().expect("it started before");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return Some(serde_json::from_slice(&output.stdout).expect("JSON"));
    }
    println!("NOT RUN LIVE: no python3 here has SciPy; .ci/install test installs it");
    None
}

#[test]
fn statistics_are_those_of_the_scipy_that_is_installed() {
    if let Some(rows) = scipy("2026") {
        assert_eq!(compare(&rows), 40);
    }
}

#[test]
fn a_statistic_that_is_off_is_found() {
    let mut rows: Value = serde_json::from_str(KEPT).expect("JSON");
    let median = rows[0]["median"].as_f64().expect("a number");
    rows[0]["median"] = (median + 1e-6).into();
    assert!(std::panic::catch_unwind(|| compare(&rows)).is_err());
}
