//! One picture: how the commands compare, or what the only one draws.

use super::chart::forest;
use super::chart::power::Power;
use super::chart::scale::Scale;
use super::chart::spread::{self, Row};
use super::chart::{ChartError, Picture, Width, cut};
use crate::profile::analysis::{Analysis, Comparison, headline_domains};
use crate::profile::figures::{is_estimated, typical};
use crate::profile::record::{Measured, Record};

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum SvgError {
    /// The chart failed.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// There is nothing that could be drawn.
    #[error("there is no picture of a profile without runs")]
    Nothing,
}

/// Letters of a command in a picture's title at most.
const NAME_LETTERS: usize = 40;

/// The comparison as a picture; of a single command the curve of its power, or its runs if there is no curve.
///
/// # Errors
/// Nothing to draw.
pub fn write(record: &Record, analysis: &Analysis) -> Result<String, SvgError> {
    if let Some(picture) = forest(record, analysis, Width::Wide)? {
        let reference = record.results.get(analysis.reference).map_or("", |measured| measured.name.as_str());
        let estimated = if is_estimated(&record.facts) { "; energy and power are estimated" } else { "" };
        let name = cut(reference, NAME_LETTERS);
        return Ok(picture.file(&format!("Change beside {name}, with 95 % intervals{estimated}")));
    }
    if let [only] = &record.results[..]
        && let Some((words, picture)) = power(record, analysis, only, Width::Wide)?
    {
        return Ok(picture.file(&words));
    }
    match times(record, analysis, None, Width::Wide)? {
        Some(picture) => Ok(picture.file("Time of each run")),
        None => Err(SvgError::Nothing),
    }
}

/// Each comparison's energy, time and power.
pub(super) fn forest(
    record: &Record,
    analysis: &Analysis,
    width: Width,
) -> Result<Option<Picture>, ChartError> {
    let is_estimated = is_estimated(&record.facts);
    let (energy, power) =
        if is_estimated { ("energy, estimated", "power, estimated") } else { ("energy", "power") };
    let group = |comparison: &Comparison| forest::Group {
        name: record.results.get(comparison.command).map_or("", |measured| measured.name.as_str()),
        ratios: [(energy, comparison.energy), ("time", comparison.time), (power, comparison.power)]
            .into_iter()
            .filter_map(|(what, ratio)| Some((what, ratio?)))
            .collect(),
    };
    let groups = analysis.comparisons.iter().map(group).filter(|group| !group.ratios.is_empty());
    forest::draw(&groups.collect::<Vec<_>>(), width)
}

/// The power of a command's typical run, and what that is called.
pub(super) fn power(
    record: &Record,
    analysis: &Analysis,
    measured: &Measured,
    width: Width,
) -> Result<Option<(String, Picture)>, ChartError> {
    let Some((number, run)) = typical(measured) else { return Ok(None) };
    let domains = headline_domains(&record.facts);
    let idle_w = analysis.idle.as_ref().ok().map(|idle| idle.estimate);
    let time = Scale::of_time(run.wall_s, None);
    let (trace, phases) = (&run.trace, &run.phases);
    let power = Power { trace, domains: &domains, wall_s: run.wall_s, phases, idle_w, time };
    let count = measured.runs.len();
    let estimated = if is_estimated(&record.facts) { "Estimated power" } else { "Power" };
    let name = cut(&measured.name, NAME_LETTERS);
    let words = format!("{estimated} of {name} over time, run {number} of {count}, the middle one by time");
    Ok(power.draw(width)?.map(|picture| (words, picture)))
}

/// The time of every run.
pub(super) fn times(
    record: &Record,
    analysis: &Analysis,
    unit: Option<crate::profile::units::TimeUnit>,
    width: Width,
) -> Result<Option<Picture>, ChartError> {
    let fastest = analysis.commands.iter().filter_map(|found| found.wall_s).map(|wall| wall.mean);
    let scale = Scale::of_time(fastest.fold(f64::INFINITY, f64::min), unit);
    let results = record.results.iter();
    let rows: Vec<Row<'_>> = results
        .map(|measured| Row { name: &measured.name, figures: measured.figures(|run| run.wall_s) })
        .collect();
    spread::draw(&rows, &scale, width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::testing::{baseline, record, with_curve};

    fn written(record: &Record) -> String {
        write(record, &Analysis::of(record, 0)).unwrap()
    }

    #[test]
    fn several_commands_are_compared() {
        let mut record = record(&[("A", 10.0, 1.0), ("B & C", 9.0, 1.0)], 10);
        let text = written(&record);
        assert!(text.contains("\nB &amp; C\n") && text.contains("\npower\n"), "{text}");
        assert!(!text.contains("estimated"));
        record.facts.domains[0].source = "estimated".to_owned();
        let text = written(&record);
        assert!(text.contains("\nenergy, estimated\n") && text.contains("\npower, estimated\n"), "{text}");
        assert!(text.contains("energy and power are estimated</title>"), "{text}");
    }

    #[test]
    fn a_single_command_shows_its_power_or_else_its_times() {
        let mut record = record(&[("A", 10.0, 1.0)], 5);
        let text = written(&record);
        assert!(
            text.contains("<title>Time of each run</title>") && text.matches("<circle").count() == 5,
            "{text}"
        );
        with_curve(&mut record, 100);
        record.baseline = Some(baseline(&[3.0, 3.01]));
        let text = written(&record);
        assert!(
            text.contains("<title>Power of A over time, run ") && text.contains("idle machine"),
            "{text}"
        );
    }

    #[test]
    fn without_a_run_there_is_no_picture() {
        let mut record = record(&[("A", 10.0, 1.0)], 0);
        let nothing = |record: &Record| write(record, &Analysis::of(record, 0)).unwrap_err().to_string();
        assert_eq!(nothing(&record), "there is no picture of a profile without runs");
        record.results.clear();
        assert_eq!(nothing(&record), "there is no picture of a profile without runs");
    }
}
