//! JSON: `results` with hyperfine's keys in hyperfine's meaning, so that what reads its exports reads these; and the whole
//! record as `hearth`, from which everything can be computed again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::read::ReadError;
use crate::profile::analysis::{Analysis, headline, headline_domains};
use crate::profile::figures::{is_estimated, net_refused};
use crate::profile::record::{FORMAT, Measured, Record};
use crate::profile::stats::interval::Interval;
use crate::profile::stats::summary::Summary;

/// A file as it is written.
#[derive(Serialize)]
struct File<'a> {
    results: Vec<Entry<'a>>,
    comparisons: Vec<Ratio<'a>>,
    hearth: &'a Record,
}

/// A command: hyperfine's keys in its order, then ours.
#[derive(Serialize)]
struct Entry<'a> {
    command: &'a str,
    mean: f64,
    stddev: Option<f64>,
    median: f64,
    user: f64,
    system: f64,
    min: f64,
    max: f64,
    times: Vec<f64>,
    exit_codes: Vec<Option<i32>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<&'a str, &'a str>,
    /// Median absolute deviation of the times.
    mad: f64,
    percentiles: Percentiles,
    energy: Energy<'a>,
}

/// Percentiles of a sample, in its unit.
#[derive(Serialize)]
struct Percentiles {
    p5: f64,
    p25: f64,
    p75: f64,
    p95: f64,
}

impl Percentiles {
    fn of(summary: &Summary) -> Self {
        let [p5, p25, p75, p95] = summary.percentiles;
        Self { p5, p25, p75, p95 }
    }
}

/// Joules of the headline domain; absent ones are null.
#[derive(Serialize)]
struct Energy<'a> {
    estimated: bool,
    /// Why there is none.
    missing: Option<&'a str>,
    mean_joules: Option<f64>,
    stddev_joules: Option<f64>,
    median_joules: Option<f64>,
    min_joules: Option<f64>,
    max_joules: Option<f64>,
    mad_joules: Option<f64>,
    percentiles_joules: Option<Percentiles>,
    net_mean_joules: Option<f64>,
    /// Why there is no net energy.
    net_refused: Option<String>,
    /// Watts of the idle machine with their 95 % interval.
    idle_watts: Option<Mean>,
    mean_watts: Option<f64>,
    mean_joule_seconds: Option<f64>,
    joules: Vec<Option<f64>>,
}

/// A mean and its 95 % interval.
#[derive(Clone, Copy, Serialize)]
struct Mean {
    mean: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Ratio<'a> {
    command: &'a str,
    reference: &'a str,
    pairs: usize,
    /// Whether energy and power are computed from watts the owner named.
    estimated: bool,
    /// Why energy and power are not compared though energy is measured.
    energy_missing: Option<&'a str>,
    energy: Option<Range>,
    time: Option<Range>,
    power: Option<Range>,
}

/// A ratio to the reference and its 95 % interval.
#[derive(Serialize)]
struct Range {
    ratio: f64,
    low: f64,
    high: f64,
}

impl From<Interval> for Range {
    fn from(interval: Interval) -> Self {
        Self { ratio: interval.estimate, low: interval.low, high: interval.high }
    }
}

/// A file as it is read back: the rest of it follows from the record.
#[derive(Deserialize)]
struct Kept {
    hearth: Record,
}

/// The record as JSON.
///
/// # Errors
/// A number that JSON has no word for.
pub fn write(record: &Record, analysis: &Analysis) -> Result<String, serde_json::Error> {
    let domains = headline_domains(&record.facts);
    let estimated = is_estimated(&record.facts);
    let idle = analysis.idle.as_ref();
    let idle_watts = idle.ok().map(|idle| Mean { mean: idle.estimate, low: idle.low, high: idle.high });
    let name = |at: usize| record.results.get(at).map_or("", |measured| measured.name.as_str());
    let results = record.results.iter().zip(&analysis.commands);
    let results = results.filter_map(|(measured, found)| {
        let (wall, user, system) = (found.wall_s?, found.user_s?, found.system_s?);
        let of = |of: fn(&Summary) -> f64| found.headline_j.as_ref().map(of);
        Some(Entry {
            command: &measured.name,
            mean: wall.mean,
            stddev: wall.stddev,
            median: wall.median,
            user: user.mean,
            system: system.mean,
            min: wall.min,
            max: wall.max,
            times: measured.figures(|run| run.wall_s),
            exit_codes: measured.runs.iter().map(|run| run.exit_code).collect(),
            parameters: parameters(measured),
            mad: wall.mad,
            percentiles: Percentiles::of(&wall),
            energy: Energy {
                estimated,
                missing: found.no_energy.as_deref(),
                mean_joules: of(|energy| energy.mean),
                stddev_joules: found.headline_j.and_then(|energy| energy.stddev),
                median_joules: of(|energy| energy.median),
                min_joules: of(|energy| energy.min),
                max_joules: of(|energy| energy.max),
                mad_joules: of(|energy| energy.mad),
                percentiles_joules: found.headline_j.as_ref().map(Percentiles::of),
                net_mean_joules: found.net_j.map(|energy| energy.mean),
                net_refused: net_refused(analysis, found),
                idle_watts,
                mean_watts: found.headline_w.map(|power| power.mean),
                mean_joule_seconds: found.energy_delay_js.map(|product| product.mean),
                joules: measured.runs.iter().map(|run| headline(&domains, &run.energy_j)).collect(),
            },
        })
    });
    let comparisons = analysis.comparisons.iter().map(|comparison| Ratio {
        command: name(comparison.command),
        reference: name(analysis.reference),
        pairs: comparison.pairs,
        estimated,
        energy_missing: comparison.no_energy.as_deref(),
        energy: comparison.energy.map(Range::from),
        time: comparison.time.map(Range::from),
        power: comparison.power.map(Range::from),
    });
    let file = File { results: results.collect(), comparisons: comparisons.collect(), hearth: record };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}

fn parameters(measured: &Measured) -> BTreeMap<&str, &str> {
    measured.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The record of a file that [`write()`] made.
///
/// # Errors
/// Anything else.
pub fn read(text: &str) -> Result<Record, ReadError> {
    let Kept { hearth } = serde_json::from_str(text)?;
    if hearth.format == FORMAT { Ok(hearth) } else { Err(ReadError::Format(hearth.format)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::testing::{baseline, record};
    use serde_json::Value;

    fn written(record: &Record) -> String {
        write(record, &Analysis::of(record, 0)).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back_whole() {
        let record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 6);
        assert_eq!(read(&written(&record)).unwrap(), record);
    }

    #[test]
    fn what_is_no_export_or_of_another_format_is_refused() {
        let mut record = record(&[("A", 10.0, 1.0)], 5);
        record.format = 9;
        let error = read(&written(&record)).unwrap_err().to_string();
        assert!(error.contains("format 9; this program reads format 1"), "{error}");
        let hyperfines = "{\"results\": []}";
        let error = read(hyperfines).unwrap_err().to_string();
        assert!(error.contains("not an export of `hearth profile") && error.contains("hearth"), "{error}");
    }

    #[test]
    fn the_keys_are_hyperfines_in_its_order_with_energy_behind() {
        let mut record = record(&[("A", 10.0, 1.0)], 5);
        record.results[0].parameters = vec![("x".to_owned(), "1".to_owned())];
        record.results[0].runs[1].exit_code = None;
        record.results[0].runs[2].energy_j = vec![None];
        let text = written(&record);
        let value: Value = serde_json::from_str(&text).unwrap();
        let entry = &value["results"][0];
        assert_eq!(entry["parameters"]["x"], "1");
        assert_eq!((&entry["exit_codes"][1], &entry["energy"]["joules"][2]), (&Value::Null, &Value::Null));
        assert_eq!(entry["energy"]["mean_joules"], Value::Null, "a mean over some runs is no mean of all");
        let mut from = 0;
        for key in [
            "command",
            "mean",
            "stddev",
            "median",
            "user",
            "system",
            "min",
            "max",
            "times",
            "exit_codes",
            "parameters",
            "mad",
            "percentiles",
            "energy",
        ] {
            let quoted = format!("\"{key}\":");
            from += text[from..].find(&quoted).unwrap_or_else(|| panic!("{key} follows in its place"));
        }
    }

    #[test]
    fn spread_and_the_idle_machine_are_there_and_what_is_missing_has_its_reason() {
        let mut record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 10);
        record.baseline = Some(baseline(&[3.0, 3.01]));
        let value = |record: &Record| -> Value { serde_json::from_str(&written(record)).unwrap() };
        let entry = &value(&record)["results"][0];
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} in {entry}"));
        assert!(
            number(&entry["mad"]) > 0.0 && number(&entry["percentiles"]["p5"]) < number(&entry["median"])
        );
        let energy = &entry["energy"];
        assert!(number(&energy["mad_joules"]) > 0.0, "{energy}");
        assert!(number(&energy["percentiles_joules"]["p95"]) > number(&energy["median_joules"]), "{energy}");
        let idle = &energy["idle_watts"];
        assert!(number(&idle["low"]) < 3.007 && number(&idle["high"]) > 3.007, "{idle}");
        assert_eq!((&energy["net_refused"], &energy["missing"]), (&Value::Null, &Value::Null));
        record.baseline = Some(baseline(&[3.0, 4.0]));
        record.results[1].runs[0].energy_j = vec![None];
        let value = value(&record);
        let of = |at: usize, key: &str| value["results"][at]["energy"][key].as_str().unwrap().to_owned();
        assert!(of(0, "net_refused").starts_with("idle power went from 3.00 to 4.00 W"), "{value}");
        assert!(of(1, "missing").starts_with("in 1 of 10 runs") && of(1, "net_refused") == of(1, "missing"));
        assert_eq!(value["comparisons"][0]["energy_missing"], "1 of 10 runs of B have none");
        assert_eq!(value["results"][0]["energy"]["idle_watts"], Value::Null);
    }

    #[test]
    fn comparisons_name_both_sides() {
        let record = record(&[("A", 10.0, 1.0), ("B", 9.0, 1.0)], 10);
        let value: Value = serde_json::from_str(&written(&record)).unwrap();
        let comparison = &value["comparisons"][0];
        assert_eq!((&comparison["command"], &comparison["reference"]), (&"B".into(), &"A".into()));
        let ratio = comparison["energy"]["ratio"].as_f64().unwrap();
        assert!((ratio - 0.9).abs() < 0.01, "{ratio}");
    }
}
