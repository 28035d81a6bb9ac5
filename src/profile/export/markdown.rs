//! Markdown: hyperfine's table with joules beside the times.

use std::fmt::Write;

use crate::profile::analysis::Analysis;
use crate::profile::record::Record;
use crate::profile::sort::Sort;
use crate::profile::stats::summary::Summary;
use crate::profile::units::{TimeUnit, spread};

/// The record as a table in the order wanted; columns of energy only where there is any.
#[must_use]
pub fn write(record: &Record, analysis: &Analysis, unit: Option<TimeUnit>, sort: Sort) -> String {
    let fastest = analysis
        .commands
        .iter()
        .filter_map(|found| found.wall_s)
        .map(|wall| wall.mean)
        .fold(f64::INFINITY, f64::min);
    let unit = unit.unwrap_or_else(|| TimeUnit::fitting(fastest));
    let has_energy = analysis.commands.iter().any(|found| found.headline_j.is_some());
    let reference = analysis.commands.get(analysis.reference).and_then(|found| found.wall_s);
    let name = unit.name();
    let mut out = format!("| Command | Mean [{name}] | Min [{name}] | Max [{name}] | Relative |");
    let estimated = record.facts.domains.iter().any(super::super::record::DomainFacts::is_estimated);
    if has_energy {
        out.push_str(if estimated {
            " Energy [J, estimated] | Power [W, estimated] |"
        } else {
            " Energy [J] | Power [W] |"
        });
    }
    out.push_str(if has_energy {
        "\n|:---|---:|---:|---:|---:|---:|---:|\n"
    } else {
        "\n|:---|---:|---:|---:|---:|\n"
    });
    let row = |at: &usize| record.results.get(*at).zip(analysis.commands.get(*at));
    for (measured, found) in sort.order(analysis).iter().filter_map(row) {
        let Some(wall) = found.wall_s else { continue };
        let scaled = |seconds: f64| seconds * unit.per_second();
        let relative = reference.map_or_else(String::new, |reference| relative(&wall, &reference));
        let mean = spread(scaled(wall.mean), wall.stddev.map(scaled), 1);
        // Within a table a bar ends the cell, also between backquotes.
        let command = measured.name.replace('|', "\\|").replace('\n', " ");
        let mut line = format!(
            "| `{command}` | {mean} | {:.1} | {:.1} | {relative} |",
            scaled(wall.min),
            scaled(wall.max)
        );
        if has_energy {
            let cell = |summary: &Option<Summary>| {
                summary.as_ref().map_or_else(String::new, |summary| spread(summary.mean, summary.stddev, 3))
            };
            let written = write!(line, " {} | {} |", cell(&found.headline_j), cell(&found.headline_w));
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// How many times as long as the reference, with the uncertainty of both.
fn relative(wall: &Summary, reference: &Summary) -> String {
    if wall == reference {
        return "1.00".to_owned();
    }
    let ratio = wall.mean / reference.mean;
    let parts = wall.variation().zip(reference.variation());
    spread(ratio, parts.map(|(one, other)| ratio * one.hypot(other)), 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::testing::record;

    #[test]
    fn the_table_is_hyperfines_with_energy_beside_it() {
        let mut record = record(&[("A | B", 10.0, 0.1), ("C", 9.0, 0.2)], 5);
        let text = write(&record, &Analysis::of(&record, 0), None, Sort::Command);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "| Command | Mean [ms] | Min [ms] | Max [ms] | Relative | Energy [J] | Power [W] |"
        );
        assert!(lines[2].starts_with("| `A \\| B` | 100.") && lines[2].contains(" | 1.00 | "), "{text}");
        assert!(lines[3].contains(" | 2.0"), "{text}");
        let sorted = write(&record, &Analysis::of(&record, 0), None, Sort::Energy);
        assert_eq!(sorted.lines().skip(2).collect::<Vec<_>>(), [lines[3], lines[2]]);
        for run in record.results.iter_mut().flat_map(|measured| &mut measured.runs) {
            run.energy_j.clear();
        }
        let text = write(&record, &Analysis::of(&record, 0), Some(TimeUnit::Second), Sort::Command);
        assert!(text.starts_with(
            "| Command | Mean [s] | Min [s] | Max [s] | Relative |\n|:---|---:|---:|---:|---:|\n"
        ));
    }
}
